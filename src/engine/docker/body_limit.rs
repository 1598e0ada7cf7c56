//! What an answer may look like while it comes: what is none is let go of before it takes memory.

/// The longest answer that is taken in, bytes: the processes of a container may be tens of thousands.
pub const ANSWER_MAX: usize = 8 << 20;
/// The longest object that is inspected.
const WHOLE_MAX: usize = 32 << 20;
/// The longest list: one of ten thousand containers has a third of it.
const LIST_MAX: usize = 64 << 20;
/// The longest entry of a list: its labels may be many.
const ENTRY_MAX: usize = 1 << 20;

/// Looks at an answer piece by piece.
pub trait BodyLimit {
    /// Takes note of the next bytes.
    ///
    /// # Errors
    /// In words, why this cannot become a proper answer.
    fn pass(&mut self, bytes: &[u8]) -> Result<(), String>;
}

/// Any answer that is not too long.
#[derive(Debug, Default)]
pub struct Any {
    length: usize,
}

impl BodyLimit for Any {
    fn pass(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.length += bytes.len();
        if self.length > ANSWER_MAX { Err(too_long()) } else { Ok(()) }
    }
}

/// The message for a response that is too long.
pub fn too_long() -> String {
    format!("a response of more than {} MiB", ANSWER_MAX >> 20)
}

/// A whole object, which is cut after it is read: only what no memory should hold is refused.
#[derive(Debug, Default)]
pub struct Whole {
    length: usize,
}

impl BodyLimit for Whole {
    fn pass(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.length += bytes.len();
        if self.length > WHOLE_MAX { Err(format!("an object of more than {} MiB", WHOLE_MAX >> 20)) } else { Ok(()) }
    }
}

/// The outline of a JSON array, whose entries are parsed later: only their length counts here.
#[derive(Debug, Default)]
pub struct Outline {
    length: usize,
    /// Brackets and braces that are open.
    depth: usize,
    in_string: bool,
    /// The byte before was a backslash in a string.
    escaped: bool,
    /// Bytes since the present entry began.
    entry: usize,
    over: bool,
}

impl BodyLimit for Outline {
    fn pass(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.length += bytes.len();
        if self.length > LIST_MAX {
            return Err(format!("a list of more than {} MiB", LIST_MAX >> 20));
        }
        bytes.iter().try_for_each(|byte| self.step(*byte))
    }
}

impl Outline {
    fn step(&mut self, byte: u8) -> Result<(), String> {
        self.entry += 1;
        if self.entry > ENTRY_MAX {
            return Err(format!("a list with an entry of more than {} MiB", ENTRY_MAX >> 20));
        }
        if self.in_string {
            self.in_string = self.escaped || byte != b'"';
            self.escaped = !self.escaped && byte == b'\\';
            return Ok(());
        }
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'[' if self.depth == 0 && !self.over => self.depth = 1,
            _ if self.depth == 0 => return Err("it is not a list".into()),
            b'"' => self.in_string = true,
            b'[' | b'{' => self.depth += 1,
            b']' | b'}' => {
                self.depth -= 1;
                self.over = self.depth == 0;
            }
            b',' if self.depth == 1 => self.entry = 0,
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sieve(pieces: &[&[u8]]) -> Result<(), String> {
        let mut outline = Outline::default();
        pieces.iter().try_for_each(|piece| outline.pass(piece))
    }

    #[test]
    fn a_list_passes_however_it_is_cut() {
        let list = br#" [{"Names":["/a]}","\\\"["],"x":{"y":[1,2]}}, {} ,null] "#;
        for cut in 0..list.len() {
            assert_eq!(sieve(&[&list[..cut], &list[cut..]]), Ok(()), "cut at {cut}");
        }
        assert_eq!(sieve(&[b"[]\n"]), Ok(()));
        let long: Vec<u8> = b"[".iter().chain(br#"{"Id":"abc"},"#.iter().cycle().take(40 << 20)).copied().collect();
        assert_eq!(sieve(&[&long]), Ok(()), "many entries are no fault");
    }

    #[test]
    fn what_is_no_list_is_known_by_its_first_byte() {
        for other in [&b"{}"[..], b"<html>", b"\x00\xff", b"null", b"[] []", b"]", b"[]x"] {
            assert!(sieve(&[other]).is_err(), "{other:?}");
        }
    }

    #[test]
    fn an_entry_without_end_is_let_go_of() {
        for begin in [&b"["[..], b"[\"", b"[{\"Id\":\"", b"[[[[{"] {
            let fill = vec![b'x'; ENTRY_MAX];
            assert!(sieve(&[begin, &fill]).is_err());
        }
        let mut whole = Whole::default();
        assert!(whole.pass(&vec![0; WHOLE_MAX]).is_ok() && whole.pass(b"x").is_err());
        let mut any = Any::default();
        assert!(any.pass(&vec![0; ANSWER_MAX]).is_ok() && any.pass(b"x").is_err());
    }
}
