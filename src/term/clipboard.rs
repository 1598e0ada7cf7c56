//! The clipboard of whoever sits at the terminal, over the terminal itself (OSC 52): works through SSH.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// Most bytes of text: terminals take 100,000 characters of base64 and less (xterm, tmux, kitty's first piece).
const TEXT_MAX: usize = 74_000;
/// GNU screen takes strings of so many bytes at once; longer ones come in pieces.
const SCREEN_PIECE: usize = 250;

/// The programs between bowline and the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Around {
    /// tmux.
    pub tmux: bool,
    /// GNU screen.
    pub screen: bool,
    /// A terminal known to take no OSC 52.
    pub deaf: Option<&'static str>,
}

/// The reason why the terminal does not take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The cause.
    pub cause: String,
    /// The hint.
    pub mend: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.cause, self.mend)
    }
}

impl Around {
    /// As the environment tells it.
    pub fn of_process() -> Around {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        Around::of(&variable("TERM"), &variable("TERM_PROGRAM"), !variable("TMUX").is_empty())
    }

    fn of(term: &str, program: &str, tmux: bool) -> Around {
        let deaf = match (term, program) {
            ("linux", _) => Some("the Linux console"),
            (_, "Apple_Terminal") => Some("Terminal.app"),
            _ => None,
        };
        Around { tmux, screen: !tmux && term.starts_with("screen"), deaf: deaf.filter(|_| !tmux) }
    }
}

/// The bytes that put a text into the clipboard.
pub fn sequence(text: &str, around: &Around) -> Result<Vec<u8>, Refused> {
    if let Some(deaf) = around.deaf {
        let mend = "M turns bowline's mouse off; then select text with the terminal";
        return Err(Refused { cause: format!("{deaf} does not support the clipboard (OSC 52)"), mend });
    }
    if text.len() > TEXT_MAX {
        let cause = format!("{} bytes are too many for the clipboard (at most {TEXT_MAX})", text.len());
        return Err(Refused { cause, mend: "select less, or save the output to a file" });
    }
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(text)).into_bytes();
    Ok(if around.tmux {
        // tmux fills its own buffer from the plain form (set-clipboard on), and hands the wrapped one through
        // (allow-passthrough on): whichever it is set to.
        [plain.clone(), wrapped(b"\x1bPtmux;", &doubled(&plain))].concat()
    } else if around.screen {
        plain.chunks(SCREEN_PIECE).flat_map(|piece| wrapped(b"\x1bP", piece)).collect()
    } else {
        plain
    })
}

fn wrapped(begin: &[u8], inside: &[u8]) -> Vec<u8> {
    [begin, inside, b"\x1b\\"].concat()
}

/// Each ESC twice, as tmux wants it within its wrapping.
fn doubled(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| if *byte == 0x1b { vec![0x1b, 0x1b] } else { vec![*byte] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_terminal_gets_the_text_in_base64() {
        assert_eq!(sequence("hi", &Around::default()).unwrap(), b"\x1b]52;c;aGk=\x07");
    }

    #[test]
    fn tmux_gets_it_for_itself_and_to_hand_through() {
        let around = Around::of("tmux-256color", "tmux", true);
        let bytes = sequence("hi", &around).unwrap();
        assert_eq!(bytes, b"\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\");
    }

    #[test]
    fn screen_gets_it_in_pieces() {
        let around = Around::of("screen.xterm-256color", "", false);
        let bytes = sequence(&"x".repeat(600), &around).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let pieces: Vec<&str> =
            text.split_terminator("\x1b\\").map(|piece| piece.strip_prefix("\x1bP").unwrap()).collect();
        assert!(pieces.len() > 3 && pieces.iter().all(|piece| piece.len() <= SCREEN_PIECE));
        assert_eq!(pieces.concat(), format!("\x1b]52;c;{}\x07", STANDARD.encode("x".repeat(600))));
    }

    #[test]
    fn a_terminal_that_would_not_take_it_is_named() {
        let linux = sequence("x", &Around::of("linux", "", false)).unwrap_err();
        assert!(linux.to_string().contains("Linux console"));
        let long = sequence(&"x".repeat(TEXT_MAX + 1), &Around::default()).unwrap_err();
        assert!(long.to_string().contains("74001 bytes"));
    }
}
