//! Which lines belong together: a traceback is one entry of a log, however many lines it has.
//!
//! A line belongs to the one before it by what both look like; nothing is kept but the kind of the entry. Lines of one stream are
//! given one after the other, as they come.

use super::log::Level;
use super::log_level;

/// The entry that the last line of a stream belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogEntry {
    level: Level,
    trace: Trace,
}

/// What an entry's further lines look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Trace {
    /// It is no traceback.
    #[default]
    None,
    /// Java, Node and .NET: `    at …`.
    Frames,
    /// Python, up to the line that names the exception.
    Python,
    /// Python, behind that line.
    PythonCause,
    /// Python, behind the words that lead to another traceback.
    PythonLink,
    /// Go: goroutines.
    Go,
    /// Rust: the next line is the message.
    RustMessage,
    /// Rust: notes, causes and frames.
    Rust,
    /// Node: the next line is the source, whatever it is.
    NodeSource,
    /// Node: the next line points into the source.
    NodePointer,
    /// Node: what was thrown follows.
    NodeThrown,
}

impl LogEntry {
    /// Takes the next line of the stream: its level, and whether it goes on with the entry before it. Then its level is that of
    /// the entry.
    pub fn take(&mut self, line: &[u8]) -> (Level, bool) {
        let line = line.trim_ascii_end();
        if let Some(trace) = self.continues(line) {
            self.trace = trace;
            return (self.level, true);
        }
        let level = log_level::of(line);
        self.trace = begins(line);
        self.level = if self.trace == Trace::None || level > Level::Warn { level } else { Level::Error };
        (self.level, false)
    }

    /// What the entry is after a line, if the line belongs to it.
    fn continues(&self, line: &[u8]) -> Option<Trace> {
        match line.first() {
            None => (self.trace != Trace::None).then_some(self.trace),
            _ if self.trace == Trace::NodeSource => Some(Trace::NodePointer),
            _ if self.trace == Trace::NodePointer => Some(Trace::NodeThrown),
            _ if self.trace == Trace::RustMessage => Some(Trace::Rust),
            Some(b' ' | b'\t') => self.continues_indented(line),
            Some(first) if self.level >= Level::Warn => self.continues_unindented(*first, line),
            Some(_) => None,
        }
    }

    fn continues_indented(&self, line: &[u8]) -> Option<Trace> {
        let text = line.trim_ascii_start();
        match self.trace {
            Trace::None if is_frame(text) => Some(Trace::Frames),
            // What else is indented belongs to a line that is one of a log, unless it is one itself.
            Trace::None => (self.level != Level::None && log_level::of(text) == Level::None).then_some(Trace::None),
            Trace::PythonCause => (!text.is_empty()).then_some(Trace::PythonCause),
            trace => Some(trace),
        }
    }

    fn continues_unindented(&self, first: u8, line: &[u8]) -> Option<Trace> {
        let starts = |heads: &[&str]| heads.iter().any(|head| line.starts_with(head.as_bytes()));
        match self.trace {
            Trace::Python if is_exception(line) || is_name(line) => return Some(Trace::PythonCause),
            Trace::PythonCause if starts(PYTHON_LINKS) => return Some(Trace::PythonLink),
            Trace::Go if is_of_goroutine(line) => return Some(Trace::Go),
            Trace::Rust if starts(&["note: ", "stack backtrace:", "Stack backtrace:", "Caused by:", "Location:"]) => {
                return Some(Trace::Rust);
            }
            Trace::Frames if starts(&["Node.js v", "}", "Stack trace:", "#"]) => return Some(Trace::Frames),
            _ => {}
        }
        match first {
            b'C' if starts(&["Caused by:"]) => Some(Trace::Frames),
            b'S' if starts(&["Stack trace:", "Stack backtrace:"]) => Some(Trace::Frames),
            b'g' if starts(&["goroutine "]) => Some(Trace::Go),
            b'[' if starts(&["[signal "]) => Some(Trace::Go),
            // Below a line that tells of it; behind another traceback only where words lead to it.
            b'T' if matches!(self.trace, Trace::None | Trace::PythonLink) && starts(&[TRACEBACK]) => {
                Some(Trace::Python)
            }
            // What was thrown stands below the line that tells of it.
            b'A'..=b'Z' | b'a'..=b'z'
                if matches!(self.trace, Trace::None | Trace::NodeThrown) && is_exception(line) =>
            {
                Some(Trace::Frames)
            }
            _ => None,
        }
    }
}

const TRACEBACK: &str = "Traceback (most recent call last):";
const PYTHON_LINKS: &[&str] = &["During handling of the above exception", "The above exception was the direct cause"];

/// The traceback that a line begins.
fn begins(line: &[u8]) -> Trace {
    let starts = |head: &str| line.starts_with(head.as_bytes());
    match line.first() {
        Some(b'T') if starts(TRACEBACK) => Trace::Python,
        Some(b't') if starts("thread '") && memchr::memmem::find(line, b"panicked at").is_some() => {
            if line.ends_with(b":") { Trace::RustMessage } else { Trace::Rust }
        }
        Some(b'p') if starts("panic: ") => Trace::Go,
        Some(b'f') if starts("fatal error: ") => Trace::Go,
        Some(b'/' | b'f') if is_place_of_node(line) => Trace::NodeSource,
        Some(b'E') if starts("Error: ") => Trace::Rust,
        Some(b'E') if starts("Exception in thread ") => Trace::Frames,
        Some(b'U') if starts("Unhandled exception") || starts("Uncaught ") => Trace::Frames,
        Some(b'A'..=b'Z' | b'a'..=b'z') if is_exception(line) => Trace::Frames,
        _ => Trace::None,
    }
}

/// `at …(`, `File "…"`, `... 12 more`, `from …:12:in`: one call of a stack.
fn is_frame(text: &[u8]) -> bool {
    let starts = |head: &str| text.starts_with(head.as_bytes());
    (starts("at ") && text.len() > 4 && (text.contains(&b'(') || text.contains(&b':') || text.contains(&b'/')))
        || (starts("... ") && text.ends_with(b" more"))
        || starts("Suppressed: ")
        || starts("File \"")
        || (starts("from ") && text.contains(&b':'))
        || starts("--- End of ")
}

/// `java.io.IOException: …`, `ValueError: …`, `app.errors.NotFound: …` only if its name says what it is.
fn is_exception(line: &[u8]) -> bool {
    let name = line.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"._$".contains(byte)));
    let (name, behind) = line.split_at(name.unwrap_or(line.len()));
    let is_end = behind.is_empty() || behind.starts_with(b": ") || behind == b":" || behind.starts_with(b" [");
    let ends = [&b"Exception"[..], b"Error", b"Throwable", b"Interrupt", b"SystemExit"];
    is_end && name.len() > 6 && ends.iter().any(|end| name.ends_with(end))
}

/// `redis.exceptions.Timeout: …`, or such a name alone: what ends a traceback of Python.
fn is_name(line: &[u8]) -> bool {
    let name = line.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"._".contains(byte)));
    let (name, behind) = line.split_at(name.unwrap_or(line.len()));
    name.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && (behind.is_empty() || behind.starts_with(b": ") || behind == b":")
}

/// A line below Go's panic: a call, a goroutine, a register.
fn is_of_goroutine(line: &[u8]) -> bool {
    let heads = ["goroutine ", "created by ", "[signal ", "exit status ", "panic: ", "...", "runtime stack:"];
    let is_call = || line.ends_with(b")") && memchr::memchr2(b'(', b' ', line).is_some_and(|at| line[at] == b'(');
    let is_register = || line.len() < 32 && memchr::memmem::find(line, b" 0x").is_some();
    heads.iter().any(|head| line.starts_with(head.as_bytes())) || is_call() || is_register()
}

/// `/app/index.js:3`, `file:///app/index.mjs:3`
fn is_place_of_node(line: &[u8]) -> bool {
    let Some(colon) = memchr::memrchr(b':', line) else { return false };
    let (path, number) = (&line[..colon], &line[colon + 1..]);
    let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let is_path = path.starts_with(b"/") || path.starts_with(b"file:///") || path.starts_with(b"node:");
    is_number && is_path && [&b".js"[..], b".mjs", b".cjs", b".ts"].iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
mod tests;
