//! The log tail: a byte-bounded ring of raw lines, of one container or of several merged by time, and a view that decodes only
//! what is visible.

mod decode;
mod held_back;
mod merged_log;
mod pages;
mod ring;
mod search;
mod short_names;
mod text;
mod view;

pub use decode::{Piece, Sgr, SgrColor};
pub use merged_log::{LogSource, MergedLog, SourceSet, StreamStatus, TOGETHER};
pub use ring::{Inserted, Ring};
pub use view::{LogView, VisibleLine};
