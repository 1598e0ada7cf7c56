//! Whatever a container writes into a shell: the emulator stays whole, in bounds and bounded, however the bytes are cut.
//!
//! The first bytes choose sizes and cuts, the rest is the container's output.
#![no_main]

use bowline::app::Emulator;
use bowline::model::{Timestamp, Size};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((head, output)) = data.split_at_checked(4) else { return };
    let size = |columns: u8, rows: u8| Size { columns: u16::from(columns), rows: u16::from(rows) };
    let mut emulator = Emulator::new(size(head[0], head[1]), 100, true);
    let cut = usize::from(head[2]).max(1);
    for (number, piece) in output.chunks(cut).enumerate() {
        let heard = emulator.feed(piece, Timestamp(number as i64));
        assert!(heard.answers.len() <= 16 * 1024);
        if number == usize::from(head[3]) {
            emulator.resize(size(head[3], head[2]));
            emulator.scroll(i32::from(head[0]));
        }
    }
    emulator.release(Timestamp(i64::MAX));
    let bounds = emulator.size();
    emulator.each_cell(|column, row, cell| {
        assert!(column < bounds.columns && row < bounds.rows);
        assert!(cell.marks.len() <= 8);
    });
    assert!(emulator.title().chars().count() <= 1024);
    let _ = emulator.text();
});
