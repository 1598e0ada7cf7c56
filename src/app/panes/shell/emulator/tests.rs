//! What the emulator makes of bytes.

use super::super::strings::STRING_MAX;
use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(0);

fn emulator() -> Emulator {
    Emulator::new(Size { columns: 20, rows: 4 }, 100, true)
}

fn after(bytes: &[u8]) -> (Emulator, EmulatorOutput) {
    let mut emulator = emulator();
    let heard = emulator.feed(bytes, NOW);
    (emulator, heard)
}

fn rows(emulator: &Emulator) -> Vec<String> {
    let mut rows = vec![String::new(); emulator.size().rows as usize];
    emulator.each_cell(|_, row, cell| {
        rows[row as usize].push(cell.character);
        rows[row as usize].extend(cell.marks);
    });
    rows.iter().map(|row| row.trim_end().to_string()).collect()
}

fn first(bytes: &[u8]) -> String {
    rows(&after(bytes).0)[0].clone()
}

#[test]
fn a_part_of_the_screen_that_scrolls_leaves_a_view_of_the_history_within_it() {
    for held in ["", "\x1b[?2026h"] {
        let (mut emulator, _) = after(b"1\r\n2\r\n3\r\n4\r\n5\r\n6");
        emulator.scroll(1);
        emulator.feed(format!("{held}\x1b[2;3r\x1b[3H{}", "\n".repeat(90)).as_bytes(), NOW);
        emulator.release(Timestamp(i64::MAX));
        assert_eq!(emulator.scrolled(), emulator.history());
        assert_eq!(rows(&emulator)[0], "1", "{held:?}");
    }
}

#[test]
fn what_is_not_understood_is_swallowed() {
    let odd: [&[u8]; 10] = [
        b"\x1b]777;notify;x;y\x07",
        b"\x1b]8;;http://x\x1b\\",
        b"\x1bPq#0;2;0;0;0\x1b\\",
        b"\x1b_Gf=24;AAAA\x1b\\",
        b"\x1b^pm\x1b\\",
        b"\x1bXsos\x1b\\",
        b"\x1b[>4;2m",
        b"\x1b[?9999h",
        b"\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23;24;25;26;27;28;29;30;31;32;33;34z",
        b"\x1b%G",
    ];
    for sequence in odd {
        let bytes = [b"a".as_slice(), sequence, b"b"].concat();
        assert_eq!(first(&bytes), "ab", "{}", String::from_utf8_lossy(sequence).escape_debug());
    }
}

#[test]
fn programs_that_ask_are_answered() {
    let answers = |bytes: &[u8]| String::from_utf8(after(bytes).1.answers).unwrap();
    assert_eq!(answers(b"\x1b[c"), "\x1b[?62;22c");
    assert_eq!(answers(b"ab\x1b[6n"), "\x1b[1;3R");
    assert_eq!(answers(b"\x1b[5n"), "\x1b[0n");
    assert_eq!(answers(b"\x1b[18t"), "\x1b[8;4;20t");
    assert_eq!(answers(b"\x1b[14t"), "\x1b[4;64;160t");
    assert_eq!(answers(b"\x1b]11;?\x07"), "\x1b]11;rgb:0000/0000/0000\x07");
    assert_eq!(answers(b"\x1b]4;1;?\x07"), "\x1b]4;1;rgb:cdcd/0000/0000\x07");
    assert!(answers(b"\x1b[>c").starts_with("\x1b[>0;"));
    assert_eq!(answers(b"\x1b[?2004$p"), "\x1b[?2004;2$y");
    assert!(answers(&b"\x1b[c".repeat(100_000)).len() <= ANSWERS_MAX);
}

#[test]
fn the_clipboard_can_be_filled_but_never_read() {
    assert_eq!(after(b"\x1b]52;c;aGk=\x07").1.clipboard.as_deref(), Some("hi"));
    assert_eq!(after(b"\x1b]52;c;?\x07").1, EmulatorOutput::default());
}

#[test]
fn old_programs_find_their_alternate_screen() {
    let (mut emulator, _) = after(b"shell\x1b[?47h");
    assert_eq!(rows(&emulator)[0], "");
    emulator.feed(b"\x1b[1;1Hfull\x1b[?47l", NOW);
    assert_eq!(rows(&emulator)[0], "shell");
    let (emulator, _) = after(b"\x1b[?1048h\x1b[3;3H\x1b[?1048lx\x1b[?1047hy\x1b[?1047l");
    assert_eq!(rows(&emulator)[0], "x");
}

#[test]
fn the_screen_in_reverse_reverses_every_cell() {
    let (emulator, _) = after(b"\x1b[?5ha\x1b[7mb");
    let mut reversed = Vec::new();
    emulator.each_cell(|column, row, cell| {
        if row == 0 && column < 2 {
            reversed.push(cell.sgr.reverse);
        }
    });
    assert_eq!(reversed, [true, false]);
}

#[test]
fn cursor_shapes_are_told_by_their_number() {
    let shape = |bytes: &[u8]| after(bytes).0.caret().map(|(.., shape)| shape.number());
    assert_eq!(shape(b""), Some(0));
    assert_eq!(shape(b"\x1b[2 q"), Some(2), "a steady block is a choice");
    assert_eq!(shape(b"\x1b[5 q"), Some(5));
    assert_eq!(shape(b"\x1b[6 q"), Some(6));
    assert_eq!(shape(b"\x1b[3 q\x1b[0 q"), Some(0));
    assert_eq!(shape(b"\x1b[?25l"), None);
}

#[test]
fn a_held_back_screen_is_shown_when_its_time_is_over() {
    let (mut emulator, _) = after(b"\x1b[?2026hlate");
    assert_eq!(rows(&emulator)[0], "");
    let due = emulator.release_at().unwrap();
    emulator.release(NOW);
    assert_eq!(rows(&emulator)[0], "", "not yet");
    emulator.release(due);
    assert_eq!(rows(&emulator)[0], "late");
    assert_eq!(emulator.release_at(), None);
}

#[test]
fn endless_strings_marks_and_repetitions_stay_bounded() {
    let mut emulator = emulator();
    emulator.feed(b"a\x1b]0;", NOW);
    for _ in 0..64 {
        emulator.feed(&[b'x'; 64 * 1024], NOW);
    }
    emulator.feed(b"\x07b", NOW);
    assert_eq!(rows(&emulator)[0], "ab");
    assert!(emulator.title().len() <= 1024);
    emulator.feed("\r\u{301}".repeat(10_000).as_bytes(), NOW);
    let mut most = 0;
    emulator.each_cell(|_, _, cell| most = most.max(cell.marks.len()));
    assert!(most <= 8, "{most} marks on one cell");
}

#[test]
fn repetitions_write_a_bounded_number_of_characters() {
    for repeat in ["\x1b[9999b", "\x1b[065535;b", "\x1b[0000065535b", "\x1b[65535b"] {
        let mut emulator = Emulator::new(Size { columns: 80, rows: 24 }, 100_000, true);
        let bytes = format!("x{}", repeat.repeat(1000));
        emulator.feed(bytes.as_bytes(), NOW);
        let lines = emulator.history() + 24;
        assert!(lines * 80 <= bytes.len() * 17 + 20_000 + 24 * 80, "{repeat:?} wrote {lines} lines");
    }
    let (emulator, _) = after(b"ab\x1b[5bc");
    assert_eq!(rows(&emulator)[0], "abbbbbbc");
}

#[test]
fn what_follows_a_flood_of_repetitions_is_shown_however_it_is_cut() {
    let bytes = format!("{}^C\r\nbusy box b5b prompt # ", "x\x1b[65535b\r\n".repeat(3000));
    for size in [bytes.len(), 8192, 1000, 128, 7] {
        let mut emulator = Emulator::new(Size { columns: 80, rows: 24 }, 100, true);
        bytes.as_bytes().chunks(size).for_each(|piece| drop(emulator.feed(piece, NOW)));
        let shown = rows(&emulator);
        assert_eq!(shown.last().map(String::as_str), Some("busy box b5b prompt #"), "in pieces of {size}");
    }
}

#[test]
fn a_screen_drawn_by_repetition_again_and_again_stays_whole() {
    let mut emulator = Emulator::new(Size { columns: 160, rows: 45 }, 100, true);
    let frame: String = (1..=45).map(|row| format!("\x1b[{row};1H=\x1b[159b")).collect();
    emulator.feed(frame.repeat(40).as_bytes(), NOW);
    assert!(rows(&emulator).iter().all(|row| *row == "=".repeat(160)));
}

#[test]
fn no_way_into_a_string_is_overlooked() {
    for begin in [b"\x1b]0;".as_slice(), b"\x1b\0]0;", b"\x1b\x7f]0;", b"\x1b\x1b]0;", b"\x1b\x80]0;", b"\x1bP\x1b]0;"]
    {
        for cut in 0..begin.len() {
            let mut emulator = emulator();
            emulator.feed(&begin[..cut], NOW);
            emulator.feed(&begin[cut..], NOW);
            emulator.feed(&vec![b'x'; STRING_MAX * 2], NOW);
            emulator.feed(b"\x07seen", NOW);
            assert_eq!(rows(&emulator)[0], "seen", "{begin:?} cut at {cut}");
            assert_eq!(emulator.strings.length, STRING_MAX, "it was watched: {begin:?} cut at {cut}");
        }
    }
}

#[test]
fn answers_keep_the_order_of_the_questions() {
    let answers = String::from_utf8(after(b"\x1b]11;?\x07\x1b[c").1.answers).unwrap();
    assert_eq!(answers, "\x1b]11;rgb:0000/0000/0000\x07\x1b[?62;22c");
}

#[test]
fn each_synchronized_update_has_a_time_of_its_own() {
    let mut emulator = emulator();
    emulator.feed(b"\x1b[?2026hone", NOW);
    let later = NOW.plus_seconds(0.1);
    emulator.feed(b"\x1b[?2026l\x1b[?2026htwo", later);
    assert_eq!(emulator.release_at(), Some(later.plus_seconds(HOLD_SECONDS)));
    emulator.feed(&[b'x'; HELD_MAX + 1], later);
    assert_eq!(emulator.release_at(), None, "what is too much is shown");
}

#[test]
fn a_string_that_became_too_long_ends_where_it_ends() {
    for end in [b"\x07".as_slice(), b"\x1b\\", b"\x18", b"\x1a", b"\x1b[m"] {
        let mut emulator = emulator();
        emulator.feed(b"\x1b]52;c;", NOW);
        emulator.feed(&vec![b'x'; STRING_MAX * 2], NOW);
        let heard = emulator.feed(&[end, b"seen"].concat(), NOW);
        assert_eq!(rows(&emulator)[0], "seen", "{end:?}");
        assert_eq!(heard.clipboard, None);
    }
}

#[test]
fn the_whole_text_is_history_and_screen() {
    let (emulator, _) = after(b"1\r\n2\r\n3\r\n4\r\n5\r\n6");
    assert_eq!(emulator.history(), 2);
    assert_eq!(emulator.text(), "1\n2\n3\n4\n5\n6\n");
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_give_the_same_screen(
        bytes in prop::collection::vec(prop_oneof![Just(0x1bu8), Just(b'['), Just(b']'), Just(b'b'), Just(0x07), Just(b'?'),
            Just(b'h'), Just(b'9'), Just(b';'), Just(0x18), any::<u8>()], 0..400),
        cuts in prop::collection::vec(1usize..40, 0..40),
    ) {
        let whole = rows(&after(&bytes).0);
        let mut emulator = emulator();
        let mut rest = bytes.as_slice();
        for cut in cuts {
            let (piece, left) = rest.split_at(cut.min(rest.len()));
            emulator.feed(piece, NOW);
            rest = left;
        }
        emulator.feed(rest, NOW);
        prop_assert_eq!(rows(&emulator), whole);
    }

    #[test]
    fn any_sizes_in_any_order_keep_it_whole(steps in prop::collection::vec((0u16..200, 0u16..60, "[a-z\u{1b}\\[0-9;HJKmr漢\r\n]{0,60}"), 0..12)) {
        let mut emulator = emulator();
        for (columns, rows, text) in steps {
            emulator.resize(Size { columns, rows });
            emulator.feed(text.as_bytes(), NOW);
            emulator.scroll(3);
            let size = emulator.size();
            let mut inside = true;
            emulator.each_cell(|x, y, _| inside &= x < size.columns && y < size.rows);
            prop_assert!(inside);
            emulator.to_bottom();
        }
    }
}
