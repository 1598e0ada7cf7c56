//! Whatever a container writes into its log: a line is taken apart, or not, in time that grows with its length.
#![no_main]

use bowline::model::{LogEntry, LogFields, log_level};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut entry = LogEntry::default();
    for line in data.split(|byte| *byte == b'\n') {
        log_level::of(line);
        entry.take(line);
        let Ok(text) = std::str::from_utf8(line) else { continue };
        if let Some(fields) = LogFields::read(text) {
            assert!(fields.others().count() <= fields.fields.len());
            assert!(fields.message.len() <= text.len());
        }
    }
});
