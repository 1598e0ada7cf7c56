//! What real programs wrote (`recorded/*.bytes`), as screens: against what another terminal made of the same bytes
//! (`recorded/*.txt` tmux, `recorded/*.xterm.txt` xterm where tmux is none), and as snapshots with colours. `recorded/README.md` tells how they were made.

use bowline::app::{Emulator, ShellCell};
use bowline::model::{Size, Timestamp};
use std::collections::BTreeMap;
use std::path::PathBuf;

const SIZE: Size = Size { columns: 80, rows: 24 };

/// Rows on which ours differs for a reason; no rows means all. `recorded/notes.md` says more.
const DIFFERENT: &[(&str, &[usize], &str)] = &[
    ("invalid", &[], "how many U+FFFD bad bytes are worth is every terminal's own affair"),
    ("wide", &[2, 5, 21, 22], "the xterm composed accents, dropped joiners and a mark that was set behind a movement"),
    ("vttest-1-2", &[], "132 columns: a pane has the columns it has"),
    ("vttest-1-4", &[], "132 columns"),
    ("vttest-2-3", &[], "132 columns"),
    ("vttest-2-5", &[], "132 columns"),
    ("vttest-8-8", &[], "132 columns"),
    ("vttest-8-9", &[], "132 columns"),
    ("vttest-8-10", &[], "132 columns"),
    ("vttest-8-11", &[], "132 columns"),
    ("vttest-8-12", &[], "132 columns"),
    ("vttest-3-8-1", &[7], "the British set: ASCII is shown"),
    ("vttest-3-9-1", &[], "Latin-1 as a national set: nobody sends it to a UTF-8 terminal"),
    ("vttest-3-10-1", &[], "the same"),
    ("vttest-3-11-1", &[], "the same, by single shifts"),
    ("vttest-3-11-2", &[], "the same, by single shifts"),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/shell/recorded")
}

/// The recordings by name.
fn recordings() -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder()).expect("the recordings are there");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let recorded = paths.filter(|path| path.extension().is_some_and(|extension| extension == "bytes"));
    recorded
        .map(|path| {
            let name = path.file_stem().expect("named").to_string_lossy().into_owned();
            (name, std::fs::read(&path).expect("readable"))
        })
        .collect()
}

/// The screen after these bytes, fed in pieces of this many.
fn after(bytes: &[u8], pieces: usize) -> Emulator {
    let mut emulator = Emulator::new(SIZE, 100, true);
    for (number, piece) in bytes.chunks(pieces).enumerate() {
        emulator.feed(piece, Timestamp(number as i64));
    }
    // What a program still held back when the recording ended.
    emulator.release(Timestamp(i64::MAX));
    emulator
}

fn text(emulator: &Emulator) -> Vec<String> {
    let mut rows = vec![String::new(); usize::from(SIZE.rows)];
    emulator.each_cell(|_, row, cell| {
        let row = &mut rows[usize::from(row)];
        row.push(if cell.character == '\t' { ' ' } else { cell.character });
        row.extend(cell.marks);
    });
    rows.iter().map(|row| row.trim_end().to_string()).collect()
}

/// The screen as text, and each run of cells of one look below it.
fn described(emulator: &Emulator) -> String {
    let mut looks: Vec<(u16, u16, String)> = Vec::new();
    emulator.each_cell(|column, row, cell| {
        let look = look(&cell);
        let same = looks.last().is_some_and(|(last, _, known)| *last == row && *known == look);
        if !same {
            looks.push((row, column, look));
        }
    });
    let styled = looks.iter().filter(|(.., look)| !look.is_empty());
    let styled: Vec<String> = styled.map(|(row, column, look)| format!("{row:>2},{column:<2} {look}")).collect();
    let caret =
        emulator.caret().map_or("hidden".to_string(), |(column, row, shape)| format!("{row},{column} {shape:?}"));
    let title = emulator.title();
    format!("{}\n\ncursor {caret}  title {title:?}\n{}\n", text(emulator).join("\n"), styled.join("\n"))
}

fn look(cell: &ShellCell) -> String {
    let sgr = cell.sgr;
    let mut words = Vec::new();
    words.extend(sgr.foreground.map(|color| format!("{color:?}")));
    words.extend(sgr.background.map(|color| format!("on {color:?}")));
    let flags = [
        (sgr.bold, "bold"),
        (sgr.dim, "dim"),
        (sgr.italic, "italic"),
        (sgr.underline, "underline"),
        (sgr.reverse, "reverse"),
        (cell.strike, "strike"),
    ];
    words.extend(flags.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_string()));
    words.join(" ")
}

#[test]
fn programs_look_as_in_another_terminal() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for (name, bytes) in recordings() {
        let different = DIFFERENT.iter().find(|(different, ..)| *different == name).map(|(_, rows, _)| *rows);
        // Where tmux is not an xterm, an xterm's own screen was taken down beside it.
        let read = |ending: &str| std::fs::read_to_string(folder().join(format!("{name}{ending}"))).ok();
        let expected = read(".xterm.txt").or_else(|| read(".txt")).expect("what it should look like");
        let expected: Vec<&str> = expected.lines().map(str::trim_end).collect();
        let shown = text(&after(&bytes, 4096));
        checked += 1;
        for (row, shown) in shown.iter().enumerate() {
            let wanted = expected.get(row).copied().unwrap_or_default();
            let excused = different.is_some_and(|rows| rows.is_empty() || rows.contains(&row));
            if shown != wanted && !excused {
                wrong.push(format!("{name} row {row}\n  then {wanted:?}\n  ours {shown:?}"));
            }
        }
    }
    assert!(checked >= 10, "only {checked} recordings");
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn programs_look_as_they_did() {
    for (name, bytes) in recordings() {
        insta::assert_snapshot!(format!("program_{name}"), described(&after(&bytes, 4096)));
    }
}

#[test]
fn it_does_not_matter_how_the_bytes_arrive() {
    for (name, bytes) in recordings() {
        let whole = described(&after(&bytes, usize::MAX));
        for pieces in [1, 7, 1000] {
            assert_eq!(described(&after(&bytes, pieces)), whole, "{name} in pieces of {pieces}");
        }
    }
}
