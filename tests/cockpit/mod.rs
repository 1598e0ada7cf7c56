//! The true program in a terminal: draws, works, and gives the terminal back.

mod command_line;
mod demo;
mod engine;
mod hostile;
mod terminal;
