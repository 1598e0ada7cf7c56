//! A line of a log as it is printed: text for people and pipes, or one object of JSON (pure).

use crate::model::log_text::{Piece, Sgr, SgrColor, decode, pieces, seen};
use crate::model::{LineMark, log_json};
use std::io::Write;

/// The colours of the containers' names, as SGR numbers: none that means good or bad.
const NAME_COLORS: [u8; 6] = [36, 35, 34, 96, 95, 94];

/// How lines are printed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Format {
    /// One object of JSON for each line.
    pub json: bool,
    /// With the engine's time stamp before each line.
    pub timestamps: bool,
    /// In colours: the output is a terminal that has them.
    pub color: bool,
    /// Bytes as the container wrote them.
    pub raw: bool,
}

/// Prints lines of some containers.
#[derive(Debug)]
pub struct Printer {
    format: Format,
    names: Vec<String>,
    /// The names before the lines, as wide as the longest; none where there is one container.
    prefixes: Vec<String>,
    scratch: String,
}

impl Printer {
    /// For containers of these names, in their order.
    pub fn new(format: Format, names: Vec<String>) -> Printer {
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        let prefix = |(place, name): (usize, &String)| {
            let padded = format!("{name:width$} | ");
            let color = NAME_COLORS[place % NAME_COLORS.len()];
            if format.color { format!("\x1b[{color}m{padded}\x1b[0m") } else { padded }
        };
        let prefixes =
            if names.len() > 1 { names.iter().enumerate().map(prefix).collect() } else { vec![String::new()] };
        Printer { format, names, prefixes, scratch: String::new() }
    }

    /// Prints one line of one of them.
    pub fn print(&mut self, container: usize, mark: &LineMark, bytes: &[u8], out: &mut Vec<u8>) {
        if self.format.json {
            let name = &self.names[container];
            log_json::write(name, mark, bytes, self.format.raw, &mut self.scratch, out);
        } else {
            self.print_text(container, mark, bytes, out);
        }
        out.push(b'\n');
    }

    fn print_text(&mut self, container: usize, mark: &LineMark, bytes: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(self.prefixes[container].as_bytes());
        if self.format.timestamps {
            out.extend_from_slice(log_json::stamp(mark.at).as_bytes());
            out.push(b' ');
        }
        if self.format.raw {
            out.extend_from_slice(bytes);
        } else if self.format.color && bytes.contains(&0x1b) {
            pieces(&decode(bytes, usize::MAX)).iter().for_each(|piece| print_piece(piece, out));
        } else {
            out.extend_from_slice(seen(bytes, &mut self.scratch));
        }
        if let Some(cut) = mark.cut() {
            out.extend_from_slice(format!(" … {cut}").as_bytes());
        }
    }
}

fn print_piece(piece: &Piece, out: &mut Vec<u8>) {
    let sgr = sgr(&piece.sgr);
    if sgr.is_empty() {
        out.extend_from_slice(piece.text.as_bytes());
    } else {
        // Memory takes all that is written.
        drop(write!(out, "\x1b[{sgr}m{}\x1b[0m", piece.text));
    }
}

/// A style as numbers of SGR; empty for none.
fn sgr(style: &Sgr) -> String {
    let flags = [(style.bold, 1), (style.dim, 2), (style.italic, 3), (style.underline, 4), (style.reverse, 7)];
    let mut numbers: Vec<String> = flags.iter().filter(|(on, _)| *on).map(|(_, number)| number.to_string()).collect();
    let color = |color: SgrColor, layer: u8| match color {
        SgrColor::Indexed(index) => format!("{layer};5;{index}"),
        SgrColor::Rgb(r, g, b) => format!("{layer};2;{r};{g};{b}"),
    };
    numbers.extend(style.foreground.map(|wanted| color(wanted, 38)));
    numbers.extend(style.background.map(|wanted| color(wanted, 48)));
    numbers.join(";")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Level, Timestamp};

    fn printed(format: Format, names: &[&str], bytes: &[u8]) -> String {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut out = Vec::new();
        let mark = LineMark { at: Timestamp(1_795_240_800_000_000_005), level: Level::Error, ..LineMark::default() };
        let last = names.len() - 1;
        Printer::new(format, names).print(last, &mark, bytes, &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn nothing_that_acts_on_a_terminal_is_printed_and_colours_only_where_they_are_wanted() {
        let hostile = b"\x1b]0;owned\x07a\x1b[31mred\x1b[0m\x1b[?1049h\x9b2J";
        assert_eq!(printed(Format::default(), &["web"], hostile), "ared\u{fffd}2J\n");
        let color = Format { color: true, ..Format::default() };
        assert_eq!(printed(color, &["web"], hostile), "a\x1b[38;5;1mred\x1b[0m\u{fffd}2J\n");
        assert_eq!(printed(color, &["web"], b"plain"), "plain\n");
    }

    #[test]
    fn what_is_missing_at_the_end_of_a_line_is_said_in_every_form() {
        let mark = LineMark { cut_kib: 36, ..LineMark::default() };
        let printed = |format: Format| {
            let mut out = Vec::new();
            Printer::new(format, vec!["web".into()]).print(0, &mark, b"begin", &mut out);
            String::from_utf8(out).expect("text")
        };
        assert_eq!(printed(Format::default()), "begin … 36 KiB cut\n");
        assert_eq!(printed(Format { raw: true, ..Format::default() }), "begin … 36 KiB cut\n");
        let json: serde_json::Value =
            serde_json::from_str(&printed(Format { json: true, ..Format::default() })).unwrap();
        assert_eq!((&json["cut"], &json["cut_kib"]), (&true.into(), &36.into()));
    }

    #[test]
    fn several_containers_have_their_names_before_each_line() {
        assert_eq!(printed(Format::default(), &["long-name", "db"], b"x"), "db        | x\n");
        let color = Format { color: true, timestamps: true, ..Format::default() };
        let wanted = "\x1b[35mdb | \x1b[0m2026-11-21T06:00:00.000000005Z x\n";
        assert_eq!(printed(color, &["ab", "db"], b"x"), wanted);
    }
}
