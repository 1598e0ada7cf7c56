//! This room knows the terminal: raw mode, the bytes of a frame, giving everything back, signals of suspension.
//! It may use crossterm, terminput (which event some bytes are), ratatui's buffer, rustix and tokio's waiting.
//! It never knows what is on the screen or why; it is the only place that says stdout.

mod clipboard;
mod encode;
mod input;
mod input_parser;
mod raw;
mod writer;

pub use clipboard::Refused;
use crossterm::{cursor, event, execute, style, terminal};
use encode::Encoder;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use writer::Writer;

pub use input::Input;
pub use raw::Raw;

/// Something that frames can be shown on.
pub trait Screen {
    /// True if a frame would be written at once: the last one is out.
    fn is_free(&self) -> bool;
    /// True if there is no terminal any more, as far as a frame has told.
    fn is_gone(&self) -> bool;
    /// An empty buffer of the screen's size to paint the next frame into.
    fn blank(&mut self, size: (u16, u16)) -> &mut Buffer;
    /// Shows what was painted into the buffer given by [`Screen::blank`], with the cursor at a place or hidden.
    fn show(&mut self, cursor: Option<Cursor>);
    /// Forgets what is on the screen: the next frame is painted whole.
    fn invalidate(&mut self);
    /// Turns mouse reports on or off.
    fn mouse(&mut self, on: bool);
    /// While the mouse is on: reports every movement, or only its buttons.
    fn motion(&mut self, on: bool);
    /// Puts a text into the clipboard of whoever sits at the terminal.
    ///
    /// # Errors
    /// Why this terminal does not take it.
    fn copy(&mut self, text: &str) -> Result<(), Refused>;
    /// Gives the terminal back, stops the process until it is continued, and takes the terminal again.
    /// False, with nothing done, where no shell could continue it.
    fn suspend(&mut self) -> bool;
    /// Lends the terminal to another program, as it was before it was taken over. To be called while it is free; until it is
    /// taken again it is not, and nothing is written to it.
    fn lend(&mut self);
    /// Takes it again, in whatever state that program has left it.
    fn take_again(&mut self);
}

/// Modes that are switched on, other than by crossterm's names: buttons, the wheel and drags, coordinates in SGR form.
/// Not every movement of the mouse: that would be a message for each cell crossed.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1003l\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// Every movement, and back to drags.
const MOTION_ON: &str = "\x1b[?1003h";
const MOTION_OFF: &str = "\x1b[?1003l\x1b[?1002h";

/// What a program that was killed may have left behind: a keyboard protocol, keys and the keypad in application mode, other
/// forms of keys with modifiers, a part of the screen that scrolls alone (setting that moves the cursor, hence its place is
/// kept), no wrapping, insertion, another character set.
const TIDY: &str = "\x1b[<u\x1b[?1l\x1b>\x1b[>4m\x1b7\x1b[r\x1b8\x1b[?7h\x1b[4l\x1b(B\x0f";

/// The terminal was lent in this process: whoever had it may have left it in any state.
static LENT: AtomicBool = AtomicBool::new(false);

/// The terminal shows a frame of ours. Not so after it was lent, until the next one is out.
static SHOWS: AtomicBool = AtomicBool::new(false);

/// The cursor of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The position.
    pub at: Position,
    /// Its form, as DECSCUSR numbers it: 0 is the terminal's own.
    pub shape: u8,
}

/// The terminal of this process, taken over until dropped.
pub struct Terminal {
    writer: Writer,
    encoder: Encoder,
    shown: Buffer,
    next: Buffer,
    mouse: bool,
    motion: bool,
    /// The last setting for mouse movements.
    told_motion: bool,
    /// Text for the clipboard, sent with the next frame; the last one wins.
    clip: Option<Vec<u8>>,
    /// Another program has the terminal.
    lent: bool,
    /// The line settings as they were before the terminal was taken over.
    before: Option<Termios>,
}

/// True if there is a terminal to draw on.
pub fn is_present() -> bool {
    io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// Columns and rows of the terminal. Where it does not know them, as a serial line, they are what `COLUMNS` and `LINES` say,
/// or 80 and 24.
pub fn size() -> (u16, u16) {
    let told = [rustix::stdio::stdout(), rustix::stdio::stdin(), rustix::stdio::stderr()]
        .into_iter()
        .find_map(|place| rustix::termios::tcgetwinsize(place).ok());
    let said = |name: &str| std::env::var(name).ok().and_then(|text| text.trim().parse().ok());
    let (columns, rows) = told.map_or((0, 0), |size| (size.ws_col, size.ws_row));
    (known(columns, said("COLUMNS"), 80), known(rows, said("LINES"), 24))
}

/// The first of them that is more than nothing.
fn known(told: u16, said: Option<u16>, usual: u16) -> u16 {
    [told, said.unwrap_or(0)].into_iter().find(|count| *count > 0).unwrap_or(usual)
}

/// The terminal behind a descriptor, opened a second time and never waited for: that concerns nobody else who has it open,
/// as a flag on the descriptor that a shell has lent would. None where it cannot be opened: its name may belong to another
/// user or to another mount namespace, and then it may not be ours to control either.
fn open_again(known: rustix::fd::BorrowedFd<'_>, access: OFlags) -> Option<OwnedFd> {
    let flags = access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let name = rustix::termios::ttyname(known, Vec::new()).ok();
    let named = name.and_then(|name| rustix::fs::open(name, flags, Mode::empty()).ok());
    named.or_else(|| rustix::fs::open("/dev/tty", flags, Mode::empty()).ok())
}

/// Standard output for tasks without a screen.
pub fn plain_output() -> impl Write {
    io::stdout().lock()
}

impl Terminal {
    /// Takes the terminal over. A panic gives it back before it is reported.
    ///
    /// # Errors
    /// When the terminal cannot be put into raw mode.
    pub fn take(mouse: bool, synchronized: bool, on_free: Arc<dyn Fn() + Send + Sync>) -> io::Result<Terminal> {
        install_panic_hook();
        let mut taken = Terminal {
            writer: Writer::start(on_free)?,
            encoder: Encoder::new(synchronized),
            shown: Buffer::empty(Rect::ZERO),
            next: Buffer::empty(Rect::ZERO),
            mouse,
            motion: false,
            told_motion: false,
            clip: None,
            lent: false,
            before: None,
        };
        taken.enter()?;
        Ok(taken)
    }

    fn enter(&mut self) -> io::Result<()> {
        // What a shell has set meanwhile holds; what an editor has left does not.
        self.before = tcgetattr(rustix::stdio::stdin()).ok();
        terminal::enable_raw_mode()?;
        let mut out = Vec::new();
        if LENT.load(Ordering::Relaxed) {
            // On the screen on which it was left: each has a keyboard protocol of its own.
            out.extend_from_slice(TIDY.as_bytes());
        }
        execute!(
            out,
            terminal::EnterAlternateScreen,
            cursor::Hide,
            event::EnableBracketedPaste,
            event::EnableFocusChange
        )?;
        if self.mouse {
            out.extend_from_slice(MOUSE_ON.as_bytes());
        }
        self.told_motion = false;
        self.encoder.forget_shape();
        // As one write before the first frame.
        self.encoder.prepend(&out);
        self.invalidate();
        Ok(())
    }

    fn give_back(&mut self) {
        self.writer.finish();
        restore();
    }
}

impl Screen for Terminal {
    fn is_free(&self) -> bool {
        !self.lent && self.writer.is_free()
    }

    fn is_gone(&self) -> bool {
        self.writer.is_gone()
    }

    fn blank(&mut self, (width, height): (u16, u16)) -> &mut Buffer {
        let area = Rect { x: 0, y: 0, width, height };
        if self.next.area != area {
            self.next.resize(area);
        }
        self.next.reset();
        &mut self.next
    }

    fn show(&mut self, cursor: Option<Cursor>) {
        if self.writer.has_failed() {
            self.invalidate();
        }
        if self.mouse && self.motion != self.told_motion {
            self.told_motion = self.motion;
            self.encoder.prepend(if self.motion { MOTION_ON.as_bytes() } else { MOTION_OFF.as_bytes() });
        }
        if let Some(clip) = self.clip.take() {
            self.encoder.prepend(&clip);
        }
        if self.shown.area != self.next.area {
            self.encoder.repaint();
            self.shown = Buffer::empty(self.next.area);
        }
        if let Some(bytes) = self.encoder.encode(&self.shown, &self.next, cursor) {
            self.writer.submit(bytes);
            SHOWS.store(true, Ordering::Relaxed);
        }
        std::mem::swap(&mut self.shown, &mut self.next);
    }

    fn invalidate(&mut self) {
        self.shown = Buffer::empty(Rect::ZERO);
    }

    fn mouse(&mut self, on: bool) {
        self.mouse = on;
        self.encoder.prepend(if on { MOUSE_ON.as_bytes() } else { MOUSE_OFF.as_bytes() });
        self.told_motion = false;
    }

    fn motion(&mut self, on: bool) {
        self.motion = on;
    }

    fn copy(&mut self, text: &str) -> Result<(), Refused> {
        self.clip = Some(clipboard::sequence(text, &clipboard::Around::of_process())?);
        Ok(())
    }

    fn suspend(&mut self) -> bool {
        if !can_stop() {
            return false;
        }
        self.give_back();
        stop();
        if let Err(error) = self.enter() {
            tracing::error!("set up the terminal again: {error}");
        }
        true
    }

    fn lend(&mut self) {
        self.give_back();
        self.lent = true;
        LENT.store(true, Ordering::Relaxed);
        SHOWS.store(false, Ordering::Relaxed);
    }

    fn take_again(&mut self) {
        self.lent = false;
        let stdin = rustix::stdio::stdin();
        // What was typed to the editor and not read by it is no command.
        let unread = tcflush(stdin, QueueSelector::IFlush);
        // Raw mode is left to what is found when it is entered: that must be the user's settings, not the editor's.
        let settled = self.before.as_ref().map_or(Ok(()), |before| tcsetattr(stdin, OptionalActions::Now, before));
        let entered = self.enter();
        let errors = [unread, settled].into_iter().filter_map(Result::err).map(io::Error::from);
        for error in errors.chain(entered.err()) {
            tracing::error!("set up the terminal again: {error}");
        }
    }
}

/// True if a shell could continue this process. A shell with jobs gives each a process group of its own; one in the session
/// leader's group has no such shell above it (`ssh -t host bowline`, `xterm -e bowline`) and would sleep for ever.
fn can_stop() -> bool {
    !rustix::process::getsid(None).is_ok_and(|session| session == rustix::process::getpgrp())
}

/// Stops this process until it is continued. As ctrl-z in a shell does: the whole foreground group stops, bowline's parent in a
/// pipeline too. Does nothing where no shell could continue it.
pub fn stop() {
    if !can_stop() {
        return;
    }
    if let Err(error) = rustix::process::kill_current_process_group(rustix::process::Signal::STOP) {
        tracing::warn!("suspend: {error}");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Gives the terminal back as it was. Safe to call at any time, more than once; does not wait for a terminal that
/// takes nothing more.
pub fn restore() {
    let mut out = Vec::new();
    let composed = execute!(
        out,
        terminal::EndSynchronizedUpdate,
        event::DisableFocusChange,
        event::DisableBracketedPaste,
        style::ResetColor,
        cursor::Show,
        terminal::LeaveAlternateScreen
    );
    let mut bytes = MOUSE_OFF.as_bytes().to_vec();
    if LENT.load(Ordering::Relaxed) {
        bytes.extend_from_slice(TIDY.as_bytes());
        if !SHOWS.load(Ordering::Relaxed) {
            // Which screen it is nobody knows; leaving the other one without having entered it would move the cursor.
            bytes.extend_from_slice(b"\x1b[?1049h");
        }
    }
    if encode::has_shaped() {
        bytes.extend_from_slice(b"\x1b[0 q");
    }
    bytes.extend_from_slice(&out);
    let written = writer::write_patiently(bytes);
    let cooked = terminal::disable_raw_mode();
    // The terminal may be gone (SIGHUP); there is nobody to tell but the log.
    for error in [composed, written, cooked].into_iter().filter_map(Result::err) {
        tracing::debug!("restore the terminal: {error}");
    }
}

fn install_panic_hook() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            tracing::error!("{panic}");
            report(panic);
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_the_terminal_does_not_know_is_what_the_environment_says_or_the_usual_one() {
        assert_eq!([known(160, Some(100), 80), known(0, Some(100), 80)], [160, 100]);
        assert_eq!([known(0, None, 80), known(0, Some(0), 24)], [80, 24]);
    }
}
