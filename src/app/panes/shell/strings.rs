//! Strings that a container sends, bounded: a title or a clipboard may be as long as it likes.

/// Longest string (title, clipboard, …) taken from a container, bytes: the parser itself would keep any length.
pub(super) const STRING_MAX: usize = 128 * 1024;

/// Watches over strings that a container sends (`OSC …`), which the parser would keep however long they are.
#[derive(Debug, Default)]
pub(super) struct Strings {
    state: Outside,
    /// Bytes of the present string.
    pub length: usize,
}

/// Where in the stream of bytes the last piece ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Outside {
    /// In text.
    #[default]
    Text,
    /// Behind an ESC.
    Escape,
    /// In an operating system command.
    String,
    /// In one that became too long: what follows is left out.
    TooLong,
}

/// Ends whatever sequence is under way (ECMA-48, CAN).
const CANCEL: &[u8] = &[0x18];

impl Strings {
    /// Hands the bytes on in pieces.
    pub fn pass(&mut self, bytes: &[u8], mut to: impl FnMut(&[u8])) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match self.state {
                Outside::Text => self.text(rest, &mut to),
                Outside::Escape => self.escape(rest, &mut to),
                Outside::String => self.string(rest, &mut to),
                Outside::TooLong => self.too_long(rest),
            };
            rest = &rest[used..];
        }
    }

    fn text(&mut self, bytes: &[u8], to: &mut impl FnMut(&[u8])) -> usize {
        let mut from = 0;
        while let Some(step) = memchr::memchr(0x1b, &bytes[from..]) {
            let next = from + step + 1;
            match bytes.get(next) {
                None => self.state = Outside::Escape,
                Some(byte) if goes_on_escaping(*byte) => {
                    self.state = Outside::Escape;
                    to(&bytes[..=next]);
                    return next + 1;
                }
                Some(b']') => {
                    (self.state, self.length) = (Outside::String, 0);
                    to(&bytes[..=next]);
                    return next + 1;
                }
                Some(_) => {}
            }
            from = next;
        }
        to(bytes);
        bytes.len()
    }

    fn escape(&mut self, bytes: &[u8], to: &mut impl FnMut(&[u8])) -> usize {
        match bytes[0] {
            b']' => (self.state, self.length) = (Outside::String, 0),
            0x1b => {}
            byte if goes_on_escaping(byte) => {}
            _ => self.state = Outside::Text,
        }
        to(&bytes[..1]);
        1
    }

    fn string(&mut self, bytes: &[u8], to: &mut impl FnMut(&[u8])) -> usize {
        let room = STRING_MAX - self.length;
        let window = &bytes[..bytes.len().min(room)];
        if let Some(at) = end_of_string(window) {
            self.state = if window[at] == 0x1b { Outside::Escape } else { Outside::Text };
            to(&window[..=at]);
            return at + 1;
        }
        self.length += window.len();
        to(window);
        if self.length >= STRING_MAX {
            self.state = Outside::TooLong;
            to(CANCEL);
        }
        window.len()
    }

    fn too_long(&mut self, bytes: &[u8]) -> usize {
        match end_of_string(bytes) {
            // The parser must see the ESC of whatever begins here; `ESC \` ends nothing any more and does nothing.
            Some(at) if bytes[at] == 0x1b => {
                self.state = Outside::Text;
                at
            }
            Some(at) => {
                self.state = Outside::Text;
                at + 1
            }
            None => bytes.len(),
        }
    }
}

/// BEL, ESC, CAN and SUB end a string.
fn end_of_string(bytes: &[u8]) -> Option<usize> {
    let first = memchr::memchr3(0x07, 0x1b, 0x18, bytes);
    let cancelled = memchr::memchr(0x1a, &bytes[..first.unwrap_or(bytes.len())]);
    cancelled.or(first)
}

/// Bytes behind an ESC that do not end its effect: controls are executed on the way, others are passed over.
fn goes_on_escaping(byte: u8) -> bool {
    matches!(byte, 0x00..=0x17 | 0x19 | 0x1c..=0x1f | 0x7f..)
}
