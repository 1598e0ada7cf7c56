//! One binary for all integration tests: it links once, and the support modules are compiled once.

mod cockpit;
mod embedded;
mod engine;
mod faults;
mod readme;
mod rooms;
mod sessions;
mod shell;
mod support;
