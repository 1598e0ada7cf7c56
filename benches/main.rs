//! Micro-benchmarks of what happens with every message, every frame and every byte. Whole-program figures are measured from
//! outside: see `README.md` in this folder.

mod cockpit;
#[path = "../tests/support/fixtures.rs"]
mod fixtures;
mod log_lines;
mod log_work;
mod sampler;
mod streams;
mod world;

criterion::criterion_main!(cockpit::benches, streams::benches, log_lines::benches, log_work::benches, sampler::benches);
