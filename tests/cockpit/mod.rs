//! The true program in a terminal: draws, works, and gives the terminal back.

mod audit;
mod blueprints;
mod bundle;
mod command_line;
mod compose;
mod contexts;
mod cp;
mod demo;
mod editor;
mod endurance;
pub mod engine;
mod exec;
mod fleet;
mod floods;
mod hostile;
mod logs;
mod pager;
mod secrets;
mod shell;
mod slow_terminal;
mod terminal;
mod up;
mod why;
