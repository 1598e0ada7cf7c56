//! This folder knows the files of a container or a volume: folders to walk through, files to look at, copies both ways, edits.
//! It may use the model, widgets and the heart of app.
//! It never touches a file: what is read and written comes and goes as streams and effects.

mod copies;
mod edits;
mod folder;
mod follow;
pub(in crate::app) mod pane;
mod view;

pub use copies::CopyJob;
pub use edits::UnsavedEdits;
pub use folder::{FilesView, VolumeFiles};
pub use pane::Files;
pub use view::{FileForm, FileRow, FileView};
