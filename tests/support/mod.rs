//! What tests stand on: a terminal, an auditor of bytes, a fault proxy, a real engine.
#![allow(dead_code, reason = "a toolbox: not every tool is used at all times")]

pub mod audit;
pub mod docker;
pub mod dockerd;
pub mod fixtures;
pub mod interrupts;
mod not_run;
pub mod proxy;
pub mod pty;
pub mod registry;
pub mod vitals;
pub mod wait;

pub use not_run::{absent, not_run};

/// The program itself in a terminal of 80×24, not yet started.
pub fn bowline(args: &[&str]) -> pty::Setup {
    pty::Setup::new(env!("CARGO_BIN_EXE_bowline")).args(args)
}
