//! A terminal for tests and pictures: a program in a pseudo-terminal, every byte it writes kept, and an
//! emulator that shows what a person would see and answers what a terminal would answer.

use alacritty_terminal::Term;
use alacritty_terminal::event::{Event, EventListener, WindowSize};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::{Config, TermMode};
use alacritty_terminal::vte::ansi::{Processor, Rgb};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, kill_process};
use rustix::termios::{Termios, tcgetattr};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub use alacritty_terminal::term::cell::Flags;
pub use alacritty_terminal::vte::ansi::{Color, NamedColor};
pub use rustix::process::Signal;

/// How long a condition may take before it counts as never.
const PATIENCE: Duration = Duration::from_secs(15);

/// A program that is about to be started in a terminal.
pub struct Setup {
    program: PathBuf,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    folder: Option<PathBuf>,
    columns: u16,
    rows: u16,
    patience: Duration,
}

impl Setup {
    /// The program sees nothing of the environment of the tests but `PATH`: an empty home, UTC, UTF-8, a
    /// terminal of 80×24 with all colours, no engine.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned());
        let env = [
            ("PATH", path.as_str()),
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
        ];
        Self {
            program: program.into(),
            args: Vec::new(),
            env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            folder: None,
            columns: 80,
            rows: 24,
            patience: PATIENCE,
        }
    }

    pub fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// An empty value removes the variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        if value.is_empty() {
            self.env.remove(name);
        } else {
            self.env.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        (self.columns, self.rows) = (columns, rows);
        self
    }

    /// How long each condition may take.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    #[track_caller]
    pub fn start(self) -> Terminal {
        Terminal::start(self)
    }
}

/// A running program and the terminal it runs in. Dropping it ends the program.
pub struct Terminal {
    shared: Arc<Shared>,
    master: Box<dyn MasterPty + Send>,
    input: Sender<Vec<u8>>,
    child: Mutex<Program>,
    /// Our own handle on the program's end: it shows the line settings and the unread input, and keeps the
    /// terminal alive until they were looked at.
    tty: Option<OwnedFd>,
    before: Termios,
    after: Option<Termios>,
    patience: Duration,
    home: TempDir,
}

struct Program {
    child: Box<dyn Child + Send + Sync>,
    exit: Option<ExitStatus>,
}

impl Program {
    fn exit(&mut self) -> Option<ExitStatus> {
        if self.exit.is_none() {
            self.exit = self.child.try_wait().expect("a child can be waited for");
        }
        self.exit.clone()
    }
}

struct Shared {
    stalled: AtomicBool,
    /// Bytes a second that are taken at most; 0 for as many as come.
    rate: AtomicUsize,
    state: Mutex<State>,
    news: Condvar,
}

struct State {
    term: Term<Replies>,
    parser: Processor,
    chunks: Vec<(Instant, Vec<u8>)>,
    copied: Vec<String>,
    replies: Receiver<Event>,
    ended: bool,
}

/// Where the emulator leaves its answers.
struct Replies(Sender<Event>);

impl EventListener for Replies {
    fn send_event(&self, event: Event) {
        // The receiver lives beside the emulator: it cannot be gone while the emulator speaks.
        let _ = self.0.send(event);
    }
}

struct Size {
    columns: usize,
    rows: usize,
}

impl Dimensions for Size {
    fn total_lines(&self) -> usize {
        self.rows
    }
    fn screen_lines(&self) -> usize {
        self.rows
    }
    fn columns(&self) -> usize {
        self.columns
    }
}

impl Terminal {
    #[track_caller]
    fn start(setup: Setup) -> Self {
        let size = PtySize { rows: setup.rows, cols: setup.columns, pixel_width: 0, pixel_height: 0 };
        let pair = portable_pty::native_pty_system().openpty(size).expect("a pseudo-terminal opens");
        let name = pair.master.tty_name().expect("the terminal has a name");
        let tty = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())
            .expect("the terminal opens by its name");
        let before = tcgetattr(&tty).expect("the terminal has line settings");

        let home = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a home folder is made");
        let mut command = CommandBuilder::new(&setup.program);
        command.args(&setup.args);
        command.env_clear();
        command.env("HOME", home.path());
        for (name, value) in &setup.env {
            command.env(name, value);
        }
        command.cwd(setup.folder.as_deref().unwrap_or(home.path()));

        let (tell, replies) = mpsc::channel();
        let config = Config { scrolling_history: 1000, kitty_keyboard: true, ..Config::default() };
        let dimensions = Size { columns: setup.columns.into(), rows: setup.rows.into() };
        let shared = Arc::new(Shared {
            stalled: AtomicBool::new(false),
            rate: AtomicUsize::new(0),
            state: Mutex::new(State {
                term: Term::new(config, &dimensions, Replies(tell)),
                parser: Processor::new(),
                chunks: Vec::new(),
                copied: Vec::new(),
                replies,
                ended: false,
            }),
            news: Condvar::new(),
        });
        let reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let mut writer = pair.master.take_writer().expect("the terminal can be written");
        let (input, typed) = mpsc::channel::<Vec<u8>>();
        // A thread of its own: a program that does not read must not stop the one that listens to it.
        thread::spawn(move || {
            while let Ok(bytes) = typed.recv() {
                if writer.write_all(&bytes).and_then(|()| writer.flush()).is_err() {
                    break;
                }
            }
        });
        let child = match pair.slave.spawn_command(command) {
            Ok(child) => child,
            Err(why) => panic!("{} does not start: {why}", setup.program.display()),
        };
        drop(pair.slave);
        let (listener, answers) = (Arc::clone(&shared), input.clone());
        thread::spawn(move || listen(&listener, reader, &answers));
        Self {
            shared,
            master: pair.master,
            input,
            child: Mutex::new(Program { child, exit: None }),
            tty: Some(tty),
            before,
            after: None,
            patience: setup.patience,
            home,
        }
    }

    /// The home folder the program was given.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn process_id(&self) -> u32 {
        self.program().child.process_id().expect("a started program has an id")
    }

    /// Types keys: plain characters as they are, the others by name, as in `jj<enter>/err<esc><ctrl-d>`.
    /// `<lt>` is the character `<`.
    #[track_caller]
    pub fn type_keys(&mut self, keys: &str) {
        let application = self.screen().modes.contains(TermMode::APP_CURSOR);
        for key in keys_in(keys) {
            self.send(&key.bytes(application));
            if key == Key::Named("esc".to_owned()) {
                // An escape followed at once by another key is Alt and that key.
                self.wait_until_input_is_read();
            }
        }
    }

    /// Sends bytes as the terminal would.
    pub fn send(&mut self, bytes: &[u8]) {
        // A program that has ended reads nothing more; the test sees that by other means.
        let _ = self.input.send(bytes.to_vec());
    }

    /// Pastes a text, in brackets if the program asked for them.
    pub fn paste(&mut self, text: &str) {
        let bracketed = self.screen().modes.contains(TermMode::BRACKETED_PASTE);
        let bytes = if bracketed { format!("\x1b[200~{text}\x1b[201~") } else { text.to_owned() };
        self.send(bytes.as_bytes());
    }

    /// Presses and releases a mouse button (0 left, 1 middle, 2 right) on a cell, both counted from 0.
    pub fn click(&mut self, button: u8, column: u16, row: u16) {
        let (column, row) = (column + 1, row + 1);
        self.send(format!("\x1b[<{button};{column};{row}M\x1b[<{button};{column};{row}m").as_bytes());
    }

    /// Turns the wheel by a number of notches over a cell; a negative number turns it up.
    pub fn wheel(&mut self, notches: i16, column: u16, row: u16) {
        let button = if notches < 0 { 64 } else { 65 };
        let notch = format!("\x1b[<{button};{};{}M", column + 1, row + 1);
        self.send(notch.repeat(notches.unsigned_abs().into()).as_bytes());
    }

    /// The window gains or loses the focus.
    pub fn focus(&mut self, gained: bool) {
        self.send(if gained { b"\x1b[I" } else { b"\x1b[O" });
    }

    #[track_caller]
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.state().term.resize(Size { columns: columns.into(), rows: rows.into() });
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("the terminal can be resized");
    }

    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.process_id()).ok().and_then(Pid::from_raw).expect("an id is a positive number");
        kill_process(id, signal).expect("the program can be signalled");
    }

    /// What is on the screen now.
    pub fn screen(&self) -> Screen {
        Screen::of(&mut self.state())
    }

    /// Waits until a text is on the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> Screen {
        self.wait_until(&format!("{text:?} on the screen"), |screen| screen.contains(text))
    }

    /// Waits until a text is no longer on the screen.
    #[track_caller]
    pub fn wait_gone(&self, text: &str) -> Screen {
        self.wait_until(&format!("{text:?} gone from the screen"), |screen| !screen.contains(text))
    }

    /// Waits until the screen is as wanted; panics with the whole screen when that never happens.
    #[track_caller]
    pub fn wait_until(&self, what: &str, wanted: impl Fn(&Screen) -> bool) -> Screen {
        let deadline = Instant::now() + self.patience;
        let mut state = self.state();
        // What a program wrote just before its end may still be on its way for a moment.
        let mut last_look = false;
        loop {
            let screen = Screen::of(&mut state);
            if wanted(&screen) {
                return screen;
            }
            let now = Instant::now();
            if now >= deadline || state.ended || last_look {
                drop(state);
                let why = if now >= deadline { "the time is over" } else { "the program has ended" };
                panic!("waiting for {what}: {why}\n{screen}");
            }
            // Also looked at without news: a synchronized update that is never finished shows after a while.
            let pause = (deadline - now).min(Duration::from_millis(100));
            let (next, waited) = self.shared.news.wait_timeout(state, pause).expect(UNBROKEN);
            state = next;
            last_look = waited.timed_out() && self.program().exit().is_some();
        }
    }

    /// Waits until nothing was written for a while, and returns what is then on the screen.
    #[track_caller]
    pub fn wait_still(&self, quiet: Duration) -> Screen {
        let deadline = Instant::now() + self.patience;
        let started = Instant::now();
        let mut state = self.state();
        loop {
            let last = state.chunks.last().map_or(started, |(when, _)| *when).max(started);
            let still = last.elapsed();
            if still >= quiet || state.ended {
                return Screen::of(&mut state);
            }
            if Instant::now() >= deadline {
                let screen = Screen::of(&mut state);
                drop(state);
                panic!("waiting for {quiet:?} without output: there always is some\n{screen}");
            }
            state = self.shared.news.wait_timeout(state, quiet - still).expect(UNBROKEN).0;
        }
    }

    /// Waits until the program has read all that was typed.
    #[track_caller]
    pub fn wait_until_input_is_read(&self) {
        // The kernel hands typed bytes over a moment after they were written, and says of none on their way:
        // so the queue must be seen empty for a while.
        const EMPTY_FOR: Duration = Duration::from_millis(25);
        let deadline = Instant::now() + self.patience;
        let mut empty_since = None;
        while let Some(tty) = &self.tty {
            let now = Instant::now();
            let unread = rustix::io::ioctl_fionread(tty).unwrap_or(0);
            empty_since = if unread == 0 { empty_since.or(Some(now)) } else { None };
            if empty_since.is_some_and(|since| now - since >= EMPTY_FOR) || self.state().ended {
                return;
            }
            assert!(now < deadline, "the program does not read its input\n{}", self.screen());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until the program has ended and all it wrote has been read.
    #[track_caller]
    pub fn wait_exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + self.patience;
        let status = loop {
            if let Some(status) = self.program().exit() {
                break status;
            }
            assert!(Instant::now() < deadline, "the program does not end\n{}", self.screen());
            thread::sleep(Duration::from_millis(2));
        };
        if let Some(tty) = &self.tty {
            self.after = tcgetattr(tty).ok();
        }
        self.resume();
        // With our handle closed nobody holds the terminal, and the reader comes to the end.
        self.tty = None;
        let mut state = self.state();
        while !state.ended && Instant::now() < deadline {
            state = self.shared.news.wait_timeout(state, Duration::from_millis(100)).expect(UNBROKEN).0;
        }
        assert!(state.ended, "the program has ended, yet something still holds its terminal");
        status
    }

    /// Takes nothing more of what the program writes, until [`Terminal::resume`] or its end: a connection that hangs.
    pub fn stall(&self) {
        self.shared.stalled.store(true, Ordering::Relaxed);
    }

    /// Takes that many bytes a second at most from now on, until [`Terminal::resume`] or the end: a slow connection.
    pub fn throttle(&self, bytes_a_second: usize) {
        self.shared.rate.store(bytes_a_second, Ordering::Relaxed);
    }

    /// Takes everything as it comes again.
    pub fn resume(&self) {
        self.shared.rate.store(0, Ordering::Relaxed);
        self.shared.stalled.store(false, Ordering::Relaxed);
    }

    /// Lets go of the bytes so far: a long session writes more than anybody wants to keep. Marks begin anew.
    pub fn forget_bytes(&self) {
        self.state().chunks.clear();
    }

    pub fn has_ended(&self) -> bool {
        self.program().exit().is_some()
    }

    /// All bytes written so far.
    pub fn raw_bytes(&self) -> Vec<u8> {
        self.raw_since(0)
    }

    /// How many bytes were written so far: a mark for [`Terminal::raw_since`].
    pub fn mark(&self) -> usize {
        self.state().chunks.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    pub fn raw_since(&self, mark: usize) -> Vec<u8> {
        let state = self.state();
        state.chunks.iter().flat_map(|(_, bytes)| bytes).skip(mark).copied().collect()
    }

    /// The bytes as they came, with the time of each reading.
    pub fn raw_chunks(&self) -> Vec<(Instant, Vec<u8>)> {
        self.state().chunks.clone()
    }

    /// What the program put on the clipboard, oldest first.
    pub fn copied(&self) -> Vec<String> {
        self.state().copied.clone()
    }

    /// Whether the terminal is as it was before the program came; says what is not.
    pub fn terminal_is_given_back(&self) -> Result<(), String> {
        let screen = self.screen();
        let mut left = Vec::new();
        let mut check = |fine: bool, what: &str| {
            if !fine {
                left.push(what.to_owned());
            }
        };
        check(!screen.modes.contains(TermMode::ALT_SCREEN), "the alternate screen is still shown");
        check(screen.cursor_visible(), "the cursor is hidden");
        check(!screen.modes.intersects(TermMode::MOUSE_MODE), "the mouse is still reported");
        check(!screen.modes.contains(TermMode::BRACKETED_PASTE), "pasted text is still bracketed");
        check(!screen.modes.contains(TermMode::FOCUS_IN_OUT), "the focus is still reported");
        check(!screen.modes.intersects(TermMode::KITTY_KEYBOARD_PROTOCOL), "keys are still reported by protocol");
        check(!screen.modes.contains(TermMode::APP_CURSOR), "cursor keys are still in application mode");
        {
            let state = self.state();
            let pen = &state.term.grid().cursor.template;
            let plain =
                pen.fg == Color::Named(NamedColor::Foreground) && pen.bg == Color::Named(NamedColor::Background);
            check(plain && pen.flags.is_empty(), "text would still be written in colour");
        }
        let now = self.after.clone().or_else(|| self.tty.as_ref().and_then(|tty| tcgetattr(tty).ok()));
        match now {
            Some(now) if format!("{now:?}") == format!("{:?}", self.before) => {}
            Some(now) => check(false, &format!("the line settings are {now:?}, they were {:?}", self.before)),
            None => check(false, "the line settings cannot be read"),
        }
        if left.is_empty() { Ok(()) } else { Err(format!("{}\n{screen}", left.join("; "))) }
    }

    fn program(&self) -> MutexGuard<'_, Program> {
        self.child.lock().expect(UNBROKEN)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().expect(UNBROKEN)
    }
}

const UNBROKEN: &str = "nobody panics with the terminal in hand";

impl Drop for Terminal {
    fn drop(&mut self) {
        // Whatever the test came to, its program must not stay behind.
        let Ok(program) = self.child.get_mut() else { return };
        if program.exit.is_none() {
            let _ = program.child.kill(); // it may already have ended
            let _ = program.child.wait();
        }
    }
}

/// Portions a second in which a slow terminal takes its bytes.
const PORTIONS: usize = 20;

/// Reads until the terminal is closed; shows what is read to the emulator and writes its answers back.
fn listen(shared: &Shared, mut reader: Box<dyn Read + Send>, answers: &Sender<Vec<u8>>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        while shared.stalled.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(2));
        }
        let rate = shared.rate.load(Ordering::Relaxed);
        let most = if rate == 0 { buffer.len() } else { (rate / PORTIONS).clamp(1, buffer.len()) };
        let read = match reader.read(&mut buffer[..most]) {
            Ok(0) | Err(_) => break,
            Ok(read) => &buffer[..read],
        };
        if rate > 0 {
            thread::sleep(Duration::from_secs(1) / PORTIONS as u32);
        }
        let mut state = shared.state.lock().expect(UNBROKEN);
        let State { term, parser, chunks, copied, replies, .. } = &mut *state;
        chunks.push((Instant::now(), read.to_vec()));
        parser.advance(term, read);
        let size = (term.columns(), term.screen_lines());
        for event in replies.try_iter() {
            if let Event::ClipboardStore(_, text) = &event {
                copied.push(text.clone());
            }
            if let Some(answer) = answer(event, size) {
                // Nobody listens any more once the program has ended.
                let _ = answers.send(answer.into_bytes());
            }
        }
        drop(state);
        shared.news.notify_all();
    }
    shared.state.lock().expect(UNBROKEN).ended = true;
    shared.news.notify_all();
}

fn answer(event: Event, (columns, rows): (usize, usize)) -> Option<String> {
    match event {
        Event::PtyWrite(text) => Some(text),
        // A dark terminal: the background is black, all else is light.
        Event::ColorRequest(index, answer) => {
            let light = if index == NamedColor::Background as usize { 0 } else { 0xd0 };
            Some(answer(Rgb { r: light, g: light, b: light }))
        }
        Event::TextAreaSizeRequest(answer) => {
            let (num_cols, num_lines) = (columns as u16, rows as u16);
            Some(answer(WindowSize { num_lines, num_cols, cell_width: 8, cell_height: 16 }))
        }
        _ => None,
    }
}

/// A cell of the screen. A wide character leaves the cell after it empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub fg: Color,
    pub bg: Color,
    pub flags: Flags,
}

/// What was on the screen at one moment.
#[derive(Debug, Clone)]
pub struct Screen {
    pub cells: Vec<Vec<Cell>>,
    pub modes: TermMode,
    /// Column and row, from 0.
    pub cursor: (usize, usize),
}

impl Screen {
    fn of(state: &mut State) -> Self {
        let late = state.parser.sync_timeout().sync_timeout().is_some_and(|until| Instant::now() >= until);
        if late {
            let State { term, parser, .. } = state;
            parser.stop_sync(term);
        }
        let grid = state.term.grid();
        let cell = |row: usize, column: usize| {
            let cell = &grid[Line(row as i32)][Column(column)];
            let spacer = cell.flags.intersects(Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER);
            let mut text = if spacer { String::new() } else { cell.c.to_string() };
            text.extend(cell.zerowidth().into_iter().flatten());
            Cell { text, fg: cell.fg, bg: cell.bg, flags: cell.flags }
        };
        let row = |row| (0..grid.columns()).map(|column| cell(row, column)).collect();
        let cursor = grid.cursor.point;
        Self {
            cells: (0..grid.screen_lines()).map(row).collect(),
            modes: *state.term.mode(),
            cursor: (cursor.column.0, usize::try_from(cursor.line.0).unwrap_or(0)),
        }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.cells.first().map_or(0, Vec::len)
    }

    /// The rows as text, without the blanks at their ends.
    pub fn rows(&self) -> Vec<String> {
        (0..self.cells.len()).map(|row| self.row(row)).collect()
    }

    pub fn row(&self, row: usize) -> String {
        let text: String = self.cells[row].iter().map(|cell| cell.text.as_str()).collect();
        text.trim_end().to_owned()
    }

    pub fn text(&self) -> String {
        self.rows().join("\n")
    }

    /// The row of the list that the cursor is on; empty if none is.
    pub fn cursor_row(&self) -> String {
        self.rows().into_iter().find(|row| row.starts_with('▌')).unwrap_or_default()
    }

    pub fn contains(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// Column and row of the first place where a text begins.
    pub fn find(&self, text: &str) -> Option<(usize, usize)> {
        self.cells.iter().enumerate().find_map(|(row, cells)| {
            let line: String = cells.iter().map(|cell| cell.text.as_str()).collect();
            let at = line.find(text)?;
            let mut bytes = 0;
            let column = cells.iter().position(|cell| {
                let here = bytes >= at;
                bytes += cell.text.len();
                here
            });
            Some((column?, row))
        })
    }

    pub fn cell(&self, column: usize, row: usize) -> &Cell {
        &self.cells[row][column]
    }

    /// The cell in which a text begins.
    #[track_caller]
    pub fn style_of(&self, text: &str) -> &Cell {
        let Some((column, row)) = self.find(text) else { panic!("{text:?} is not on the screen\n{self}") };
        self.cell(column, row)
    }

    pub fn cursor_visible(&self) -> bool {
        self.modes.contains(TermMode::SHOW_CURSOR)
    }

    pub fn alternate(&self) -> bool {
        self.modes.contains(TermMode::ALT_SCREEN)
    }
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.cells.first().map_or(0, Vec::len);
        writeln!(f, "┌{}┐", "─".repeat(width))?;
        for cells in &self.cells {
            let text: String = cells.iter().map(|cell| cell.text.as_str()).collect();
            writeln!(f, "│{text}│")?;
        }
        writeln!(f, "└{}┘ cursor {:?}, modes {:?}", "─".repeat(width), self.cursor, self.modes)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Char(char),
    Named(String),
}

fn keys_in(keys: &str) -> Vec<Key> {
    let mut found = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|after| after.split_once('>'));
        if let Some((name, after)) = named {
            found.push(Key::Named(name.to_lowercase()));
            rest = after;
        } else {
            found.push(Key::Char(c));
            rest = &rest[c.len_utf8()..];
        }
    }
    found
}

impl Key {
    #[track_caller]
    fn bytes(&self, application: bool) -> Vec<u8> {
        let name = match self {
            Key::Char('\n') => return b"\r".to_vec(),
            Key::Char(c) => return c.to_string().into_bytes(),
            Key::Named(name) => name.as_str(),
        };
        let arrow = |letter: char| if application { format!("\x1bO{letter}") } else { format!("\x1b[{letter}") };
        let text = match name {
            "enter" | "cr" => "\r".to_owned(),
            "esc" => "\x1b".to_owned(),
            "tab" => "\t".to_owned(),
            "s-tab" | "backtab" => "\x1b[Z".to_owned(),
            "space" => " ".to_owned(),
            "bs" | "backspace" => "\x7f".to_owned(),
            "lt" => "<".to_owned(),
            "up" => arrow('A'),
            "down" => arrow('B'),
            "right" => arrow('C'),
            "left" => arrow('D'),
            "home" => arrow('H'),
            "end" => arrow('F'),
            "ins" => "\x1b[2~".to_owned(),
            "del" => "\x1b[3~".to_owned(),
            "pgup" => "\x1b[5~".to_owned(),
            "pgdn" => "\x1b[6~".to_owned(),
            "f1" => "\x1bOP".to_owned(),
            "f2" => "\x1bOQ".to_owned(),
            "f3" => "\x1bOR".to_owned(),
            "f4" => "\x1bOS".to_owned(),
            "f5" => "\x1b[15~".to_owned(),
            "ctrl-space" => "\0".to_owned(),
            _ => {
                let (modifier, key) = name.rsplit_once('-').unwrap_or(("", name));
                let mut letters = key.chars();
                match (modifier, letters.next(), letters.next()) {
                    ("ctrl" | "c", Some(c @ ('a'..='z' | '[' | '\\' | ']' | '^' | '_')), None) => {
                        char::from(c.to_ascii_uppercase() as u8 & 0x1f).to_string()
                    }
                    ("alt" | "a", Some(c), None) => format!("\x1b{c}"),
                    _ => panic!("<{name}> names no key"),
                }
            }
        };
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell command in a terminal; it ends by itself or with its terminal.
    fn shell(command: &str) -> Terminal {
        Setup::new("/bin/sh").args(&["-c", command]).size(40, 6).start()
    }

    #[test]
    fn a_program_is_seen_typed_to_and_waited_for() {
        let mut terminal = shell("echo name?; read name; echo hello $name; exit 3");
        terminal.wait_for("name?");
        terminal.type_keys("bo<enter>");
        let screen = terminal.wait_for("hello bo");
        assert_eq!(screen.row(0), "name?");
        assert_eq!(screen.find("bo"), Some((0, 1)));
        assert_eq!(terminal.wait_exit().exit_code(), 3);
        assert!(terminal.raw_bytes().ends_with(b"hello bo\r\n"));
        assert_eq!(terminal.terminal_is_given_back(), Ok(()));
    }

    #[test]
    fn colours_and_attributes_are_seen_cell_by_cell() {
        let terminal = shell("printf 'a\\033[1;31mred\\033[0;48;2;1;2;3mback\\033[0m\\033[4;7mx\\033[0m 表b'; read x");
        let screen = terminal.wait_for("表b");
        let red = screen.style_of("red");
        assert_eq!((red.fg, red.flags), (Color::Named(NamedColor::Red), Flags::BOLD));
        assert_eq!(screen.style_of("back").bg, Color::Spec(Rgb { r: 1, g: 2, b: 3 }));
        assert_eq!(screen.style_of("x").flags, Flags::UNDERLINE | Flags::INVERSE);
        assert_eq!(screen.find("b").map(|at| at.1), Some(0));
        let wide = screen.find("表").expect("it is there");
        assert_eq!(screen.cell(wide.0 + 1, wide.1).text, "");
        assert_eq!(screen.cell(wide.0 + 2, wide.1).text, "b");
    }

    #[test]
    fn a_new_size_reaches_the_program() {
        let mut terminal = shell("trap 'stty size' WINCH; echo ready; while :; do read x; done");
        terminal.wait_for("ready");
        terminal.resize(50, 9);
        let screen = terminal.wait_for("9 50");
        assert_eq!((screen.cells.len(), screen.cells[0].len()), (9, 50));
    }

    #[test]
    fn a_question_to_the_terminal_is_answered() {
        let terminal =
            shell("stty raw -echo; printf 'abc\\033[6n'; head -c 6 | tr -d '\\033' | tr R r; stty sane; read x");
        terminal.wait_for("[1;4r");
    }

    #[test]
    fn what_is_copied_is_kept() {
        let terminal = shell("printf '\\033]52;c;aGVsbG8=\\007done'; read x");
        terminal.wait_for("done");
        assert_eq!(terminal.copied(), ["hello"]);
    }

    #[test]
    fn an_escape_is_read_before_the_next_key() {
        let mut terminal =
            shell("stty raw -echo; echo ready; dd bs=9 count=1 2>/dev/null | od -An -tx1; head -c 1; stty sane");
        terminal.wait_for("ready");
        terminal.type_keys("<esc>j");
        let screen = terminal.wait_for("1b");
        assert!(!screen.contains("1b 6a"), "{screen}");
    }

    #[test]
    fn a_signal_ends_the_program_and_is_told_apart() {
        let mut terminal = shell("echo ready; read x");
        terminal.wait_for("ready");
        terminal.signal(Signal::TERM);
        assert!(!terminal.wait_exit().success());
    }

    #[test]
    fn a_terminal_that_is_not_given_back_is_named_in_every_part() {
        let mut terminal =
            shell("stty -echo; printf '\\033[?1049h\\033[?25l\\033[?1000h\\033[?2004h\\033[?1004h\\033[31mx'");
        terminal.wait_exit();
        let left = terminal.terminal_is_given_back().expect_err("nothing was given back");
        for part in ["alternate screen", "cursor", "mouse", "pasted", "focus", "colour", "line settings"] {
            assert!(left.contains(part), "{part} is missing in {left}");
        }
    }

    #[test]
    fn a_wait_in_vain_shows_the_screen() {
        let terminal = Setup::new("/bin/sh").args(&["-c", "echo here; read x"]);
        let terminal = terminal.patience(Duration::from_millis(400)).start();
        let waiting = std::panic::AssertUnwindSafe(|| terminal.wait_for("there"));
        let message =
            *std::panic::catch_unwind(waiting).expect_err("it never comes").downcast::<String>().expect("text");
        assert!(message.contains("\"there\"") && message.contains("│here"), "{message}");
    }

    #[test]
    fn a_wait_for_a_program_that_has_ended_is_soon_over() {
        let terminal = shell("echo early");
        let waiting = std::panic::AssertUnwindSafe(|| terminal.wait_for("late"));
        let message =
            *std::panic::catch_unwind(waiting).expect_err("it never comes").downcast::<String>().expect("text");
        assert!(message.contains("the program has ended") && message.contains("│early"), "{message}");
    }

    #[test]
    fn a_half_finished_synchronized_update_shows_in_the_end() {
        let terminal = shell("printf '\\033[?2026hhalf'; read x");
        terminal.wait_for("half");
    }
}
