//! Sessions: keys in, effects and screens out, without any runtime.

mod budget;
mod harness;
mod histories;
mod keys;
mod screens;
mod shells;
