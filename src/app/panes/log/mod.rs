//! This folder knows the log tail: a byte-bounded ring of raw lines, of one container or of several merged by time.
//! It may use the model and what splits text.
//! It never decodes a line that is not visible, and never cleans the bytes that it keeps.

pub(in crate::app) mod bookmarks;
mod columns;
pub(in crate::app) mod commands;
mod filter_commands;
mod filters;
mod held_back;
mod highlight;
mod histogram;
mod history;
mod hits;
mod laid_out;
mod life_cycle;
mod log_event;
mod matches;
mod merged_log;
mod merged_window;
mod pages;
mod ring;
mod search;
mod selection;
mod short_names;
mod shown;
mod sql;
mod take_away;
mod text;
mod view;
mod whole_line;
mod window;

pub use filters::Chip;
pub use highlight::Highlights;
pub use histogram::{Bar, Histogram};
pub use history::{HistorySearch, HistoryState};
pub use merged_log::{LogSource, MergedLog, SourceSet, StreamStatus, TOGETHER};
pub use ring::{Inserted, Ring};
pub use view::{LogView, VisibleLine};
pub(in crate::app) use whole_line::OpenLine;
