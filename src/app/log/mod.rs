//! The log tail: a byte-bounded ring of raw lines, of one instance or of several merged by time, and a view that decodes only
//! what is visible.

mod aside;
mod decode;
mod merge;
mod names;
mod pages;
mod ring;
mod search;
mod text;
mod view;

pub use decode::{Piece, Sgr, SgrColor};
pub use merge::{Doing, Members, Merge, TOGETHER, Voice};
pub use ring::{Ring, Woven};
pub use view::{LogView, Preferences, Stamps, VisibleLine};
