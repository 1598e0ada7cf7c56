//! This folder knows images on their way: those under way, those that have ended, the form that begins one, and its keys.
//! It may use the model and the rest of the app.
//! It never does I/O: streams are opened and closed by effects, what they tell comes as messages.

pub(in crate::app) mod bundle;
pub(in crate::app) mod form;
pub(in crate::app) mod keys;
pub(in crate::app) mod list;
mod run;

pub use form::TransferKind;
pub use list::{TransferEnd, TransferView, Transfers, TransfersOverlay};
