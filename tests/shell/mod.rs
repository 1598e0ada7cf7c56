//! The emulator against what real programs write, and its keys against what a real xterm sends.

mod keys;
mod programs;
