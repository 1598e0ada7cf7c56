//! What fills the screen for a while: events, transfers, compose.

pub mod compose;
pub(in crate::app) mod events;
pub(in crate::app) mod transfers;
