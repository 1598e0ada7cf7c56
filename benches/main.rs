//! Micro-benchmarks of what happens with every message, every frame and every byte. Whole-program figures are measured from
//! outside: see `README.md` in this folder.

mod cockpit;
#[path = "../tests/support/fixtures.rs"]
mod fixtures;
mod log_lines;
mod sampler;
mod streams;
mod world;

criterion::criterion_main!(cockpit::benches, streams::benches, log_lines::benches, sampler::benches);
