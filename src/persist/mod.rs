//! This room knows what outlives the program: the sizes of panes, the columns of logs, the commands that were run, drafts of edited files, texts
//! that are read in another program, files that an operator writes for it, blueprints and the last values of their variables, bowline's
//! own log, and how a file is written whole or not at all.
//! It may use model, and the files of this machine.
//! It never says app, ui, engine or tokio, and never writes a secret down.

pub mod atomic;
pub mod blueprints;
pub mod bundle_file;
pub mod carried;
mod drafts;
pub mod exec_history;
mod folder_lock;
mod limits_files;
mod log_columns;
mod masking;
pub mod own_log;
mod pane_sizes;
pub mod partial_file;
mod state_file;
mod text_file;
pub mod tilde;
mod toml_files;

pub use drafts::Drafts;
pub use limits_files::limits_files;
pub use log_columns::LogColumnsFile;
pub use pane_sizes::PaneSizesFile;
pub use text_file::TextFile;
pub use toml_files::toml_files;

use crate::model::Problem;
use std::io;
use std::path::Path;

/// Why something will not be known in the next run.
fn forgotten(what: &str, path: &Path, error: &io::Error) -> Problem {
    let hint = "bowline keeps running, but this is lost when it quits";
    Problem::new(format!("remember {what}"), format!("{}: {error}", path.display()), hint)
}
