//! What is told of a transfer, from what the engine says of it: bounded, and no oftener than an eye can follow.

use super::lines::Said;
use crate::engine::stream::{StreamClosed, StreamSink};
use crate::model::{Part, Problem, Progress, Stage, StreamEvent, Transferred, secret, text};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Between two tellings.
pub const PACE: Duration = Duration::from_millis(100);
/// Parts that are told; an image has at most 127 layers.
const PARTS: usize = 200;
/// Lines of output that are told at once.
const LINES: usize = 500;
/// The longest line, characters.
const LINE: usize = 4000;
/// The longest word of an engine for a part's state, characters.
const WORDS: usize = 80;

/// Data that this machine sends, counted as it goes.
#[derive(Debug)]
pub struct Sent {
    /// A name for the data: a build's context, a file.
    pub name: &'static str,
    /// Bytes that went.
    pub count: Arc<AtomicU64>,
    /// Bytes there are, if known.
    pub total: Option<u64>,
    /// Words on what was left out.
    pub notes: Option<mpsc::Receiver<String>>,
}

/// What hides the secrets in lines of output, which come one after the other.
pub type Veil = Box<dyn FnMut(&str) -> String + Send + Sync>;

/// The tally of one transfer.
pub struct Tally {
    progress: Progress,
    veil: Veil,
    output: Output,
    sent: Option<Sent>,
    dirty: bool,
    last: Option<Instant>,
    /// The engine said that it is done.
    pub done: bool,
    /// The result, as far as reported.
    pub result: Transferred,
}

impl Default for Tally {
    fn default() -> Tally {
        let mut lines = secret::Lines::default();
        Tally::through(Box::new(move |line| lines.told(line).into_owned()))
    }
}

impl Tally {
    /// A tally whose lines go through this.
    pub fn through(veil: Veil) -> Tally {
        Tally {
            progress: Progress::default(),
            veil,
            output: Output::default(),
            sent: None,
            dirty: false,
            last: None,
            done: false,
            result: Transferred::default(),
        }
    }

    /// Begins anew, for another attempt.
    pub fn again(&mut self, why: Problem, attempt: u32) {
        self.progress.parts.clear();
        self.progress.left_out = 0;
        self.progress.again = Some((why, attempt));
        (self.done, self.dirty, self.result) = (false, true, Transferred::default());
    }

    /// The attempt that was announced is under way.
    pub fn trying(&mut self) {
        self.dirty |= self.progress.again.take().is_some();
    }

    /// A line of our own.
    pub fn note(&mut self, line: &str) {
        let line = text::clean(line);
        self.progress.lines.push((self.veil)(&line));
        self.dirty = true;
    }

    /// Counts what is sent from here as a part.
    pub fn sends(&mut self, sent: Sent) {
        let (name, words) = (sent.name.into(), "running".into());
        let part = Part { name, words, stage: Stage::Moving, total: sent.total, ..Part::default() };
        self.progress.parts.insert(0, part);
        self.sent = Some(sent);
        self.dirty = true;
    }

    /// Marks what is sent from here as complete.
    pub fn all_sent(&mut self) {
        self.look();
        if self.sent.take().is_some()
            && let Some(part) = self.progress.parts.first_mut()
        {
            (part.stage, part.total, part.words) = (Stage::Done, Some(part.done), "whole".into());
            self.dirty = true;
        }
    }

    /// True while something is counted elsewhere.
    pub fn counts(&self) -> bool {
        self.sent.is_some()
    }

    /// Looks at what is counted elsewhere.
    pub fn look(&mut self) {
        let Some(sent) = &mut self.sent else { return };
        let mut notes = Vec::new();
        while let Some(Ok(note)) = sent.notes.as_mut().map(mpsc::Receiver::try_recv) {
            notes.push(note);
        }
        let count = sent.count.load(Ordering::Relaxed);
        if let Some(part) = self.progress.parts.first_mut() {
            self.dirty |= part.done != count;
            part.done = count;
        }
        notes.iter().for_each(|note| self.note(note));
    }

    /// Takes in what a program wrote.
    pub fn wrote(&mut self, bytes: &[u8]) {
        self.output.write(bytes);
        self.take_output();
    }

    fn take_output(&mut self) {
        self.dirty |= !self.output.lines.is_empty();
        let lines = self.output.lines.drain(..);
        self.progress.lines.extend(lines.map(|line| (self.veil)(&line)));
    }

    /// Lines that were not told yet.
    pub fn lines(&self) -> &[String] {
        &self.progress.lines
    }

    /// Takes in what the engine said.
    pub fn hear(&mut self, said: &Said) {
        self.dirty = true;
        self.result(said);
        if !said.stream.is_empty() {
            self.output.write(said.stream.as_bytes());
            self.take_output();
        }
        if said.status.is_empty() {
            return;
        }
        // The name of the tag stands where a layer's does.
        if said.id.is_empty() || said.status.starts_with("Pulling from") {
            self.note(&said.status);
            return;
        }
        let id: String = text::clean(&said.id).chars().take(WORDS).collect();
        let known = self.progress.parts.iter().position(|part| part.name == id);
        let part = match known {
            Some(index) => &mut self.progress.parts[index],
            None if self.progress.parts.len() >= PARTS => {
                self.progress.left_out += 1;
                return;
            }
            None => {
                self.progress.parts.push(Part { name: id, ..Part::default() });
                let last = self.progress.parts.len() - 1;
                &mut self.progress.parts[last]
            }
        };
        let (stage, whole) = stage(&said.status);
        if stage != part.stage {
            part.done = 0;
        }
        part.stage = stage;
        part.words = secret::fit(&said.status).chars().take(WORDS).collect();
        part.total = said.total.or(part.total);
        part.done = said.current.unwrap_or(part.done);
        if whole || stage.is_over() {
            part.done = part.total.unwrap_or(part.done);
        }
    }

    /// What says that it is done, and what came of it.
    fn result(&mut self, said: &Said) {
        let short = |text: &str| secret::fit(text.trim()).chars().take(300).collect::<String>();
        if let Some(digest) = said.status.strip_prefix("Digest: ").or(said.aux("Digest")) {
            self.result.digest = Some(short(digest));
        }
        if let Some((_, rest)) = said.status.split_once(": digest: ") {
            self.result.digest = rest.split(' ').next().map(short);
            self.done = true;
        }
        if let Some(words) = said.status.strip_prefix("Status: ") {
            self.result.words = short(words);
            self.done = true;
        }
        // Podman's way to say that a pull is done: the id of the image where a layer's stands.
        self.done |= said.status == "Download complete" && said.id.len() == 64;
        self.done |= said.aux("Digest").is_some();
        if let Some(id) = said.aux("ID") {
            self.result.image = Some(short(id));
        }
        for line in said.stream.lines() {
            if let Some(id) = line.strip_prefix("Successfully built ") {
                self.result.image.get_or_insert(short(id));
                self.done = true;
            }
            let loaded = line.strip_prefix("Loaded image: ").or(line.strip_prefix("Loaded image ID: "));
            let loaded = loaded.or(line.strip_prefix("Loaded image(s): "));
            if let Some(name) = loaded {
                let known = self.result.image.take().filter(|known| known.len() < 300);
                self.result.image = Some(known.map_or(short(name), |known| format!("{known}, {}", short(name))));
                self.done = true;
            }
        }
    }

    /// When it is to be told next, if there is anything to tell.
    pub fn due(&self) -> Option<Instant> {
        let now = self.progress.lines.len() >= LINES;
        self.dirty.then(|| self.last.filter(|_| !now).map_or_else(Instant::now, |last| last + PACE))
    }

    /// Tells it if it is time to.
    pub async fn tell_if_due(&mut self, outlet: &StreamSink) -> Result<(), StreamClosed> {
        if self.due().is_some_and(|due| due <= Instant::now()) { self.tell(outlet).await } else { Ok(()) }
    }

    /// Tells it now.
    pub async fn tell(&mut self, outlet: &StreamSink) -> Result<(), StreamClosed> {
        self.look();
        let told = self.progress.clone();
        self.progress.lines.clear();
        (self.dirty, self.last) = (false, Some(Instant::now()));
        outlet.chunk(StreamEvent::Progress(Arc::new(told))).await
    }

    /// A line that has not ended is one at the end.
    pub fn finish(&mut self) {
        self.output.flush();
        self.take_output();
    }
}

/// How far a layer is by the engine's word, and whether that stage is through.
fn stage(status: &str) -> (Stage, bool) {
    match status {
        "Downloading" | "Pushing" | "Loading layer" | "Copying" => (Stage::Moving, false),
        "Verifying Checksum" | "Download complete" => (Stage::Moving, true),
        "Extracting" => (Stage::Unpacking, false),
        "Pull complete" | "Pushed" => (Stage::Done, false),
        "Already exists" | "Layer already exists" => (Stage::Known, false),
        _ if status.starts_with("Mounted from") => (Stage::Known, false),
        _ => (Stage::Waiting, false),
    }
}

/// Output as lines of plain text: colours and movements of the cursor are dropped, a carriage return begins the line anew.
#[derive(Default)]
struct Output {
    parser: vte::Parser,
    line: Line,
    lines: Vec<String>,
}

#[derive(Default)]
struct Line {
    text: String,
    length: usize,
    returned: bool,
    ended: Vec<String>,
}

impl Output {
    fn write(&mut self, bytes: &[u8]) {
        self.parser.advance(&mut self.line, bytes);
        self.lines.append(&mut self.line.ended);
    }

    fn flush(&mut self) {
        if !self.line.text.is_empty() {
            self.line.end();
        }
        self.lines.append(&mut self.line.ended);
    }
}

impl Line {
    fn end(&mut self) {
        self.ended.push(text::clean(&self.text).into_owned());
        self.begin();
    }

    fn begin(&mut self) {
        self.text.clear();
        (self.length, self.returned) = (0, false);
    }
}

impl vte::Perform for Line {
    fn print(&mut self, c: char) {
        if self.returned {
            self.begin();
        }
        if self.length < LINE {
            self.text.push(c);
        }
        self.length += 1;
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => self.end(),
            b'\r' => self.returned = true,
            b'\t' => self.print(' '),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::Lines;
    use super::*;

    fn heard(text: &str) -> Tally {
        let mut tally = Tally::default();
        for said in Lines::default().read(text.as_bytes()).unwrap() {
            tally.hear(&said);
        }
        tally
    }

    #[test]
    fn layers_go_through_their_stages() {
        let mut tally = heard(concat!(
            "{\"status\":\"Pulling from library/x\",\"id\":\"latest\"}\n",
            "{\"status\":\"Already exists\",\"id\":\"a\"}\n",
            "{\"status\":\"Downloading\",\"id\":\"b\",\"progressDetail\":{\"current\":10,\"total\":40}}\n",
            "{\"status\":\"Waiting\",\"id\":\"c\"}\n",
        ));
        let stages: Vec<Stage> = tally.progress.parts.iter().map(|part| part.stage).collect();
        assert_eq!(stages, [Stage::Known, Stage::Moving, Stage::Waiting]);
        assert_eq!(tally.progress.parts[1].share(true), Some(0.125));
        let more = concat!(
            "{\"status\":\"Download complete\",\"id\":\"b\",\"progressDetail\":{}}\n",
            "{\"status\":\"Extracting\",\"id\":\"b\",\"progressDetail\":{\"current\":20,\"total\":40}}\n",
        );
        let said = Lines::default().read(more.as_bytes()).unwrap();
        tally.hear(&said[0]);
        assert_eq!(tally.progress.parts[1].share(true), Some(0.5));
        tally.hear(&said[1]);
        assert_eq!(tally.progress.parts[1].share(true), Some(0.75));
        assert!(!tally.done);
    }

    #[test]
    fn only_what_the_engine_calls_done_is() {
        let pull = heard("{\"status\":\"Digest: sha256:d\"}\n{\"status\":\"Status: Image is up to date for x\"}\n");
        assert!(pull.done);
        assert_eq!(pull.result.digest.as_deref(), Some("sha256:d"));
        assert_eq!(pull.result.words, "Image is up to date for x");
        let push = heard("{\"status\":\"v1: digest: sha256:e size: 528\"}\n");
        assert_eq!((push.done, push.result.digest.as_deref()), (true, Some("sha256:e")));
        let build = heard("{\"aux\":{\"ID\":\"sha256:long\"}}\n");
        assert!(!build.done, "each stage tells an id");
        assert_eq!(heard("{\"stream\":\"Successfully built abc\\n\"}\n").result.image.as_deref(), Some("abc"));
        let load = heard("{\"stream\":\"Loaded image: a:1\\n\"}\n{\"stream\":\"Loaded image: b:1\\n\"}\n");
        assert_eq!((load.done, load.result.image.as_deref()), (true, Some("a:1, b:1")));
        assert!(heard(&format!("{{\"status\":\"Download complete\",\"id\":\"{}\"}}\n", "a".repeat(64))).done);
    }

    #[test]
    fn output_is_plain_lines() {
        let mut tally = heard(concat!(
            "{\"stream\":\"Step 1\"}\n{\"stream\":\"\\n\"}\n",
            "{\"stream\":\"\\u001b[31mred\\u001b[0m and \\u001b]0;title\\u0007plain\\r\\n\"}\n",
            "{\"stream\":\"10%\\r50%\\r100%\\n\\u202eleft\"}\n",
        ));
        tally.finish();
        assert_eq!(tally.progress.lines, ["Step 1", "red and plain", "100%", "<U+202E>left"]);
    }

    #[test]
    fn nothing_grows_without_bound() {
        let mut tally = Tally::default();
        for number in 0..1000 {
            tally.hear(&Said { id: format!("layer{number}"), status: "Waiting".into(), ..Said::default() });
        }
        assert_eq!((tally.progress.parts.len(), tally.progress.left_out), (PARTS, 800));
        tally.hear(&Said { stream: "x".repeat(1 << 20), ..Said::default() });
        assert!(tally.output.line.text.len() <= LINE);
    }
}
