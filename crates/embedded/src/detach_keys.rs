//! The keys that detach a client: read from text as Docker writes them, and found in what the client types.

use super::response::ApiError;

/// Docker's own: ctrl-p, ctrl-q.
const DEFAULT: [u8; 2] = [0x10, 0x11];

/// Looks for the keys in a stream of bytes, however it is cut.
#[derive(Debug)]
pub(crate) struct DetachKeys {
    keys: Vec<u8>,
    /// The number of keys received so far.
    met: usize,
}

impl DetachKeys {
    /// `ctrl-p,ctrl-q`, `a,b`; nothing means Docker's own keys.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        if text.is_empty() {
            return Ok(DetachKeys { keys: DEFAULT.to_vec(), met: 0 });
        }
        let keys = text.split(',').map(key).collect::<Option<Vec<u8>>>();
        // Docker calls this its own failure.
        let keys = keys.ok_or_else(|| ApiError::failed(format!("Invalid escape keys ({text}) provided")))?;
        Ok(DetachKeys { keys, met: 0 })
    }

    /// What of the bytes is for the program, and whether the client has detached. The beginning of a sequence is held
    /// back until the next key says what it was.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> (Vec<u8>, bool) {
        let mut through = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            if byte != self.keys[self.met] && self.met > 0 {
                through.extend_from_slice(&self.keys[..self.met]);
                self.met = 0;
            }
            if byte == self.keys[self.met] {
                self.met += 1;
            } else {
                through.push(byte);
            }
            if self.met == self.keys.len() {
                return (through, true);
            }
        }
        (through, false)
    }
}

/// One key: a character of ASCII, or `ctrl-` and a letter or one of `@[\]^_`.
fn key(text: &str) -> Option<u8> {
    let one = |text: &str| <[u8; 1]>::try_from(text.as_bytes()).ok().map(|[byte]| byte);
    match text.strip_prefix("ctrl-") {
        Some(rest) => {
            one(rest).map(|key| key.to_ascii_uppercase()).filter(|key| (0x40..0x60).contains(key)).map(|key| key & 0x1f)
        }
        None => one(text).filter(u8::is_ascii),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_as_docker_writes_them() {
        assert_eq!(key("ctrl-p"), Some(0x10));
        assert_eq!(key("ctrl-@"), Some(0));
        assert_eq!(key("ctrl-\\"), Some(0x1c));
        assert_eq!(key("a"), Some(b'a'));
        for bad in ["foo", "ctrl-", "ctrl-pp", "ctrl-1", "", "é"] {
            assert_eq!(key(bad), None, "{bad}");
        }
        let refused = DetachKeys::parse("foo").expect_err("no key");
        assert_eq!(refused.message, "Invalid escape keys (foo) provided");
    }

    #[test]
    fn the_sequence_is_found_however_it_is_cut() {
        let mut whole = DetachKeys::parse("").expect("reads");
        assert_eq!(whole.take(b"ab\x10\x11cd"), (b"ab".to_vec(), true));
        let mut cut = DetachKeys::parse("").expect("reads");
        assert_eq!(cut.take(b"ab\x10"), (b"ab".to_vec(), false));
        assert_eq!(cut.take(b"x\x10"), (b"\x10x".to_vec(), false));
        assert_eq!(cut.take(b"\x10"), (b"\x10".to_vec(), false));
        assert_eq!(cut.take(b"\x11"), (Vec::new(), true));
    }
}
