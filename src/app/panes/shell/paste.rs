//! Pasted text on its way into a shell.

/// The text as a terminal sends it: line ends as the enter key makes them, no control characters that could act, and
/// between brackets if the program asked for them.
pub fn prepared(text: &str, bracketed: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 12);
    if bracketed {
        out.extend_from_slice(b"\x1b[200~");
    }
    let mut last = '\0';
    for c in text.chars() {
        match c {
            '\n' if last == '\r' => {}
            '\n' | '\r' => out.push(b'\r'),
            '\t' => out.push(b'\t'),
            // ESC could end the brackets; the others would act as keys.
            c if c.is_control() => {}
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        last = c;
    }
    if bracketed {
        out.extend_from_slice(b"\x1b[201~");
    }
    out
}

/// True if a shell without brackets would run a line of it at once.
pub fn is_many_lines(text: &str) -> bool {
    text.contains(['\n', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn line_ends_become_enter_and_brackets_cannot_be_left() {
        assert_eq!(prepared("a\r\nb\nc", false), b"a\rb\rc");
        assert_eq!(prepared("x\x1b[201~rm -rf /\n", true), b"\x1b[200~x[201~rm -rf /\r\x1b[201~");
    }

    proptest! {
        #[test]
        fn only_its_own_brackets_are_sequences(text in any::<String>()) {
            let sent = prepared(&text, true);
            let escapes = sent.iter().filter(|byte| **byte == 0x1b).count();
            prop_assert_eq!(escapes, 2);
            prop_assert!(sent.starts_with(b"\x1b[200~") && sent.ends_with(b"\x1b[201~"));
        }
    }
}
