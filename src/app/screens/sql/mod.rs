//! This folder knows what is asked of a log in SQL, and the table that answers it.
//! It may use the model, services and the rest of the app.
//! It never runs a statement: that is the loop's.

mod keys;
pub(in crate::app) mod layout;
mod run;
pub(in crate::app) mod view;

pub use layout::{SqlColumn, columns as sql_columns, lines as sql_lines, rows_place as sql_rows_place};
pub use view::{SqlAnswer, SqlView};
