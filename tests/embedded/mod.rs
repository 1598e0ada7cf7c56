//! The embedded engine, asked from outside: by hand-written HTTP, by bollard, and by the `docker` command line.

mod copy;
mod crash;
mod docker_cli;
mod exec;
mod stock;
mod storm;
pub mod support;
mod terminals;
mod through_bollard;
mod wire;
