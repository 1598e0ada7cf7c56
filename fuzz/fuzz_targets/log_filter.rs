//! Whatever is typed as a filter and whatever a container writes: lines are taken apart and told in order, in bounds.
//!
//! The first line is the filter, the first byte after it chooses cuts, the rest is what the engine sends of a log.
#![no_main]

use bowline::engine::logs::demux::Demux;
use bowline::engine::logs::lines::{LINE_CAP, Lines};
use bowline::model::{LogExcerpt, LogFilter, LogFilters, Stream, Timestamp};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

fuzz_target!(|data: &[u8]| {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return };
    let Ok(Some(filter)) = LogFilter::parse(&String::from_utf8_lossy(&data[..end])) else { return };
    let Some((cut, sent)) = data[end + 1..].split_first() else { return };
    for tty in [false, true] {
        let (mut demux, mut lines) = (Demux::new(tty), Lines::new(tty));
        let mut all = |_: Timestamp, _: Stream, _: &[u8]| true;
        for piece in sent.chunks(usize::from(*cut).max(1)) {
            if demux.feed(piece, |piece| lines.piece(piece, &mut all)).is_err() {
                break;
            }
        }
        lines.finish(&mut all);
        let mut excerpt = LogExcerpt::new(Arc::new(LogFilters(vec![filter.clone()])));
        for mark in &lines.batch.lines {
            assert!(mark.len as usize <= LINE_CAP);
            excerpt.take(mark, lines.batch.line(mark));
        }
        assert!(excerpt.count <= lines.batch.lines.len() as u64);
        let passed = excerpt.kept.lines.iter().filter(|mark| !mark.context).count();
        assert_eq!(passed as u64, excerpt.count);
        assert!(excerpt.kept.lines.len() <= lines.batch.lines.len());
    }
});
