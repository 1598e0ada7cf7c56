//! The log tail: a byte-bounded ring of raw lines, and a view that decodes only what is visible.

mod decode;
mod ring;
mod search;
mod view;

pub use decode::{Piece, Sgr, SgrColor};
pub use ring::Ring;
pub use view::{LogView, Preferences, Stamps, VisibleLine};
