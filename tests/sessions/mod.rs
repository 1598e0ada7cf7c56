//! Sessions: keys in, effects and screens out, without any runtime.

mod budget;
mod commands;
mod compose;
mod docker_lines;
mod engines;
mod files;
mod groups;
pub mod harness;
mod histories;
mod inspect;
mod keys;
pub mod lists;
mod log_filters;
mod log_take_away;
mod log_windows;
mod merged_logs;
mod operations;
mod overlays;
mod questions;
mod refusals;
mod screens;
mod secrets;
mod shells;
mod slips;
mod transfers;
mod volumes;
mod why;
