//! The embedded engine, asked from outside: by hand-written HTTP, by bollard, and by the `docker` command line.

mod crash;
mod docker_cli;
mod support;
mod through_bollard;
mod wire;
