//! One session on the screen: a shell, a command, an attached main process.

use super::copy_mode::CopyMode;
use super::emulator::{Emulator, EmulatorOutput};
use crate::app::options::LogOptions;
use crate::app::panes::log::LogView;
use crate::model::{
    Batch, Id, LineMark, Problem, SessionInfo, Size, Source, Stream, StreamEvent, StreamId, Timestamp, secret, text,
};

/// The kind of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A shell of the container.
    Shell,
    /// The same as root, whoever the container runs as.
    RootShell,
    /// A command of the user's.
    Command,
    /// The main process.
    Attach,
    /// A shell in a debug sidecar.
    Sidecar,
}

/// The end of a session.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ended {
    /// Exit code, where known.
    pub code: Option<i64>,
    /// The reason, if it did not end by itself.
    pub problem: Option<Problem>,
    /// Shells that were tried in vain.
    pub tried: Vec<String>,
    /// Nothing was written.
    pub is_blank: bool,
}

/// The view of a session's output.
#[derive(Debug)]
pub enum Body {
    /// A terminal.
    Terminal(Box<Emulator>),
    /// Lines: the session has no terminal.
    Lines(Box<Lines>),
}

/// The output of a session without a terminal, in lines.
#[derive(Debug)]
pub struct Lines {
    /// The lines, with the stream that each came from.
    pub view: LogView,
    /// The part of a line received so far, by stream.
    rest: [Vec<u8>; 2],
}

/// Longest line kept, bytes: more is another line.
const LINE_MAX: usize = 64 * 1024;

/// A session.
#[derive(Debug)]
pub struct Tab {
    /// Its stream.
    pub stream: StreamId,
    /// The source that it was opened with.
    pub source: Source,
    /// In which container.
    pub id: Id,
    /// The container's name when it was opened.
    pub name: String,
    /// The kind of the session.
    pub kind: Kind,
    /// The session as the engine opened it, once it is open.
    pub began: Option<SessionInfo>,
    /// The time at which it was asked for.
    pub since: Timestamp,
    /// The end, once it has ended.
    pub ended: Option<Ended>,
    /// The view of its output.
    pub body: Body,
    /// True if it rang or ended while another was on screen.
    pub calls: bool,
    /// A walk through its scrollback.
    pub copy: Option<CopyMode>,
    /// Whether it may write to the clipboard; none until it tried to.
    pub clipboard: Option<bool>,
    /// The exit code, if it is known before the end.
    code: Option<i64>,
    tried: Vec<String>,
}

impl Tab {
    /// A session that has been asked for.
    pub fn new(
        stream: StreamId,
        (source, id): (Source, Id),
        kind: Kind,
        name: &str,
        body: Body,
        now: Timestamp,
    ) -> Tab {
        Tab {
            stream,
            source,
            id,
            name: name.to_string(),
            kind,
            began: None,
            since: now,
            ended: None,
            body,
            calls: false,
            copy: None,
            clipboard: None,
            code: None,
            tried: Vec::new(),
        }
    }

    /// True while it can be typed into.
    pub fn takes_input(&self) -> bool {
        self.ended.is_none() && self.began.as_ref().is_none_or(|began| began.input) && self.emulator().is_some()
    }

    /// True if it has ended and there is nothing to be read of it: it never began, or what was to be run is not there. Exit codes
    /// 126 and 127 say so by the shells' convention, which engines follow.
    pub fn never_ran(&self) -> bool {
        let Some(ended) = &self.ended else { return false };
        let refused = matches!(ended.code, Some(126 | 127)) && ended.is_blank;
        self.began.is_none() || refused || !ended.tried.is_empty()
    }

    /// True if nothing was written.
    fn is_blank(&self) -> bool {
        match &self.body {
            Body::Terminal(emulator) => emulator.text().trim().is_empty(),
            Body::Lines(lines) => lines.view.ring.is_empty(),
        }
    }

    /// True if a line can be sent to it: it takes input, and has no terminal to type into.
    pub fn takes_lines(&self) -> bool {
        self.ended.is_none() && self.emulator().is_none() && self.began.as_ref().is_some_and(|began| began.input)
    }

    /// Its terminal.
    pub fn emulator(&self) -> Option<&Emulator> {
        match &self.body {
            Body::Terminal(emulator) => Some(emulator),
            Body::Lines(_) => None,
        }
    }

    /// Its terminal, to change it.
    pub fn emulator_mut(&mut self) -> Option<&mut Emulator> {
        match &mut self.body {
            Body::Terminal(emulator) => Some(emulator),
            Body::Lines(_) => None,
        }
    }

    /// Its label: container, command, and the user where that is not root or was asked to be.
    pub fn label(&self) -> String {
        let word = match (self.kind, &self.began) {
            (Kind::Attach, _) => "attached".to_string(),
            (Kind::Sidecar, _) => "sidecar".to_string(),
            (_, Some(began)) => short(&began.command),
            (Kind::Shell | Kind::RootShell, None) => "shell".to_string(),
            (Kind::Command, None) => match &self.source {
                Source::Exec(exec) => match &exec.program {
                    crate::model::Program::Argv(argv) => short(&argv.join(" ")),
                    crate::model::Program::Shell => "shell".to_string(),
                },
                _ => String::new(),
            },
        };
        let user = match self.kind {
            Kind::RootShell => Some("root"),
            Kind::Shell | Kind::Command | Kind::Attach | Kind::Sidecar => self.user_apart(),
        };
        let user = user.map(|user| format!(" as {user}")).unwrap_or_default();
        format!("{} {word}{user}", self.name)
    }

    /// As whom it runs, where that is not root.
    fn user_apart(&self) -> Option<&str> {
        self.began.as_ref().map(|began| began.user.as_str()).filter(|user| !matches!(*user, "" | "root" | "0"))
    }

    /// Takes what its stream brought.
    pub fn take(&mut self, chunk: StreamEvent, now: Timestamp, logs: &LogOptions) -> EmulatorOutput {
        match chunk {
            StreamEvent::Began(began) => {
                // A main process without a terminal writes plain lines.
                if !began.tty && matches!(self.body, Body::Terminal(_)) {
                    let lines = Lines::new(self.id.clone(), &self.name, self.stream, logs);
                    (self.body, self.copy) = (Body::Lines(Box::new(lines)), None);
                }
                self.began = Some(began);
            }
            StreamEvent::Exited(code) => self.code = code,
            StreamEvent::NoShell(tried) => self.tried = tried,
            StreamEvent::Output(stream, bytes) => match &mut self.body {
                Body::Terminal(emulator) => return emulator.feed(&bytes, now),
                Body::Lines(lines) => lines.feed(stream, &bytes, now),
            },
            _ => {}
        }
        EmulatorOutput::default()
    }

    /// Ends the session.
    pub fn end(&mut self, problem: Option<Problem>, now: Timestamp) {
        if let Body::Lines(lines) = &mut self.body {
            lines.finish(now);
        }
        let (tried, is_blank) = (std::mem::take(&mut self.tried), self.is_blank());
        self.ended = Some(Ended { code: self.code, problem, tried, is_blank });
    }

    /// The source for the same session again.
    pub fn source_at(&self, size: Size) -> Source {
        let mut source = self.source.clone();
        match &mut source {
            Source::Exec(exec) => exec.size = size,
            Source::Attach { size: old, .. } | Source::Sidecar { size: old, .. } => *old = size,
            _ => {}
        }
        source
    }
}

/// The program's name without its folder, and its arguments.
fn short(command: &str) -> String {
    let (program, rest) = command.split_once(' ').map_or((command, ""), |(program, rest)| (program, rest));
    let program = program.rsplit('/').next().unwrap_or(program);
    let line = if rest.is_empty() { program.to_string() } else { format!("{program} {rest}") };
    text::clean(&secret::command(&line)).chars().take(32).collect()
}

impl Lines {
    /// No output yet.
    pub fn new(id: Id, name: &str, stream: StreamId, logs: &LogOptions) -> Lines {
        Lines { view: LogView::new(id, name, stream, logs), rest: Default::default() }
    }

    fn feed(&mut self, stream: Stream, bytes: &[u8], now: Timestamp) {
        let rest = &mut self.rest[stream as usize];
        let mut batch = Batch::default();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let ended = piece.ends_with(b"\n");
            rest.extend_from_slice(if ended { &piece[..piece.len() - 1] } else { piece });
            if ended || rest.len() >= LINE_MAX {
                push(&mut batch, rest, stream, now);
                rest.clear();
            }
        }
        if !batch.lines.is_empty() {
            self.view.take(StreamEvent::Lines(batch));
        }
        // One unfinished line has room on the screen: that of the stream that spoke last, if it left one.
        let mut unfinished = Batch::default();
        let last =
            [stream, Stream::Out, Stream::Err].into_iter().find(|stream| !self.rest[*stream as usize].is_empty());
        if let Some(stream) = last {
            push(&mut unfinished, &self.rest[stream as usize], stream, now);
        }
        self.view.take(StreamEvent::Partial(unfinished));
    }

    fn finish(&mut self, now: Timestamp) {
        let mut batch = Batch::default();
        for (stream, rest) in [Stream::Out, Stream::Err].into_iter().zip(&mut self.rest) {
            if !rest.is_empty() {
                push(&mut batch, rest, stream, now);
                rest.clear();
            }
        }
        if !batch.lines.is_empty() {
            self.view.take(StreamEvent::Lines(batch));
        }
    }

    /// The bytes of one stream, as far as they are kept, lines ended.
    pub fn bytes_of(&self, stream: Stream) -> Vec<u8> {
        let ring = &self.view.ring;
        let mut out = Vec::new();
        for (mark, line) in (ring.first()..ring.end()).filter_map(|number| ring.line(number)) {
            if mark.stream == stream {
                out.extend_from_slice(line);
                out.push(b'\n');
            }
        }
        out
    }
}

fn push(batch: &mut Batch, line: &[u8], stream: Stream, at: Timestamp) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let start = batch.bytes.len() as u32;
    batch.bytes.extend_from_slice(line);
    batch.lines.push(LineMark { start, len: line.len() as u32, at, stream, ..LineMark::default() });
}
