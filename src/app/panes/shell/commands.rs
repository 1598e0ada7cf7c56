//! What the shell pane does when a command is given, a stream brings something, or somebody scrolls.

use super::copy_mode::{CopyMode, Motion};
use super::emulator::Emulator;
use super::tab::{Body, Tab};
use super::view::Shells;
use crate::app::action::Action;
use crate::app::command::{Command, KeyContext};
use crate::app::component::{Answers, Component, Cx, FAR, Handled, answer};
use crate::app::msg::Effect;
use crate::app::options::{LogOptions, Options, TimestampFormat};
use crate::app::overlay::Overlay;
use crate::app::subscriptions::{Slot, Wants};
use crate::app::widgets::prompt::{Prompt, ShellText, TextFor};
use crate::app::widgets::units;
use crate::model::{Problem, Stream, StreamEvent, StreamId};
use Command as C;
use alacritty_terminal::selection::SelectionType;

/// The commands of the shell pane.
pub(in crate::app) const ANSWERS: &Answers<Shells> = &[
    (C::NextShell, |shells, _| shells.turn_by(1)),
    (C::PreviousShell, |shells, _| shells.turn_by(-1)),
    (C::AnotherShell, Shells::another),
    (C::Reopen, Shells::reopen),
    (C::CloseShell, Shells::close),
    (C::LeaveShell, Shells::leave),
    (C::SendLine, |shells, cx| vec![shells.ask_line(cx)]),
    (C::SaveOutput, |shells, cx| shells.ask_where(cx).into_iter().collect()),
    (C::Scrollback, Shells::begin_copy),
    (C::Down, |shells, _| shells.go(Motion::Lines(1))),
    (C::Up, |shells, _| shells.go(Motion::Lines(-1))),
    (C::PageDown, |shells, cx| shells.go(Motion::Lines(shells.half_page(cx)))),
    (C::PageUp, |shells, cx| shells.go(Motion::Lines(-shells.half_page(cx)))),
    (C::First, |shells, _| shells.go(Motion::First)),
    (C::Last, |shells, _| shells.go(Motion::Last)),
    (C::Left, |shells, _| shells.go(Motion::Left)),
    (C::Right, |shells, _| shells.go(Motion::Right)),
    (C::CopyNextWord, |shells, _| shells.go(Motion::NextWord)),
    (C::CopyPreviousWord, |shells, _| shells.go(Motion::PreviousWord)),
    (C::CopyLineStart, |shells, _| shells.go(Motion::LineStart)),
    (C::CopyLineEnd, |shells, _| shells.go(Motion::LineEnd)),
    (C::Select, |shells, _| shells.select(SelectionType::Simple)),
    (C::SelectLines, |shells, _| shells.select(SelectionType::Lines)),
    (C::SelectBlock, |shells, _| shells.select(SelectionType::Block)),
    (C::SearchNext, |shells, cx| shells.search_on(cx, true)),
    (C::SearchPrevious, |shells, cx| shells.search_on(cx, false)),
    (C::Filter, |shells, _| shells.ask_search()),
    (C::Copy, |shells, _| shells.copy()),
    (C::LeaveScrollback, |shells, _| shells.end_copy()),
];

impl Component for Shells {
    fn command(&mut self, cx: &Cx, command: Command) -> Handled {
        answer(ANSWERS, self, cx, command)
    }

    /// Scrolls what a session wrote.
    fn scroll(&mut self, cx: &Cx, rows: isize) {
        let size = self.size(cx);
        match self.active_mut().map(|tab| &mut tab.body) {
            Some(Body::Terminal(emulator)) => emulator.scroll(-rows.clamp(-FAR, FAR) as i32),
            Some(Body::Lines(lines)) if rows <= -FAR => lines.view.to_first(),
            Some(Body::Lines(lines)) if rows >= FAR => lines.view.follow(),
            Some(Body::Lines(lines)) => {
                let without_stamps = LogOptions { timestamps: TimestampFormat::None, ..cx.options.logs };
                lines.view.scroll_by(rows, size.rows as usize, size.columns as usize, &without_stamps);
            }
            None => {}
        }
    }

    fn typed(&mut self, cx: &Cx, what: &TextFor, text: &str) -> Vec<Action> {
        let asked = match what {
            TextFor::Search => self.search(cx, text),
            TextFor::Shell(ShellText::SaveAs(stream)) => self.save_as(cx, *stream, text.trim()),
            TextFor::Shell(ShellText::Line(stream)) => Some(self.send_line(cx, *stream, text)),
            TextFor::Filter | TextFor::Log(_) | TextFor::Files(_) | TextFor::Sql(_) => None,
        };
        asked.into_iter().collect()
    }

    /// Names the streams of the sessions that run.
    fn name_streams(&self, _: &Options, wants: &mut Wants) {
        for tab in self.tabs.iter().filter(|tab| tab.ended.is_none()) {
            wants.add(tab.stream, Slot::Shell, || tab.source.clone());
        }
    }

    fn receive(&mut self, cx: &Cx, stream: StreamId, _: Slot, event: StreamEvent) -> Vec<Action> {
        self.take(cx, stream, event)
    }

    fn ended(&mut self, cx: &Cx, stream: StreamId, _: Slot, problem: Option<Problem>) -> Vec<Action> {
        self.end(cx, stream, problem)
    }
}

impl Shells {
    fn turn_by(&mut self, steps: isize) -> Vec<Action> {
        self.turn(steps);
        Vec::new()
    }

    /// The pane is left; the tab of what never ran goes.
    fn leave(&mut self, cx: &Cx) -> Vec<Action> {
        let failed = self.active().filter(|tab| tab.never_ran()).map(|tab| tab.stream);
        let mut asked = failed.map(|stream| self.drop_tab(cx, stream)).unwrap_or_default();
        if cx.focused && asked.is_empty() {
            asked.push(Action::LeaveShell);
        }
        asked
    }

    fn begin_copy(&mut self, _: &Cx) -> Vec<Action> {
        if let Some(tab) = self.active_mut()
            && let Body::Terminal(emulator) = &mut tab.body
        {
            tab.copy = Some(CopyMode::begin(emulator));
        }
        Vec::new()
    }

    /// The walk through the scrollback on screen, with its terminal.
    fn copying(&mut self) -> Option<(&mut CopyMode, &mut Emulator)> {
        let tab = self.active_mut()?;
        match (&mut tab.copy, &mut tab.body) {
            (Some(copy), Body::Terminal(emulator)) => Some((copy, emulator)),
            (_, Body::Terminal(_) | Body::Lines(_)) => None,
        }
    }

    fn half_page(&self, cx: &Cx) -> i32 {
        i32::from(self.size(cx).rows / 2).max(1)
    }

    fn go(&mut self, motion: Motion) -> Vec<Action> {
        if let Some((copy, emulator)) = self.copying() {
            copy.go(emulator, motion);
        }
        Vec::new()
    }

    fn select(&mut self, kind: SelectionType) -> Vec<Action> {
        if let Some((copy, emulator)) = self.copying() {
            copy.select(emulator, kind);
        }
        Vec::new()
    }

    fn ask_search(&mut self) -> Vec<Action> {
        let help = "upwards; capitals match case; n N for next and previous";
        let prompt = Prompt::search(KeyContext::Scrollback).help(help);
        self.copying().map(|_| Action::Open(Box::new(Overlay::Prompt(prompt)))).into_iter().collect()
    }

    fn search_on(&mut self, cx: &Cx, forward: bool) -> Vec<Action> {
        let Some((copy, emulator)) = self.copying() else { return Vec::new() };
        if copy.search.is_empty() {
            return vec![cx.no_search()];
        }
        let missed = !copy.find(emulator, forward);
        missed.then(|| cx.warn(format!("'{}' not found in the scrollback", copy.search))).into_iter().collect()
    }

    /// Searches the scrollback for what was typed.
    fn search(&mut self, cx: &Cx, what: &str) -> Option<Action> {
        let (copy, emulator) = self.copying()?;
        copy.search = what.to_string();
        let missed = !what.is_empty() && !copy.find(emulator, true);
        missed.then(|| cx.warn(format!("'{what}' not found in the scrollback")))
    }

    /// Text goes to the clipboard, and the walk ends.
    fn copy(&mut self) -> Vec<Action> {
        let Some((copy, emulator)) = self.copying() else { return Vec::new() };
        let copied = copy.text(emulator);
        self.end_copy();
        if copied.is_empty() { Vec::new() } else { vec![Action::Effect(Effect::Copy(copied))] }
    }

    fn end_copy(&mut self) -> Vec<Action> {
        if let Some((_, emulator)) = self.copying() {
            CopyMode::end(emulator);
        }
        self.active_mut().into_iter().for_each(|tab| tab.copy = None);
        Vec::new()
    }

    fn ask_where(&mut self, cx: &Cx) -> Option<Action> {
        let tab = self.active()?;
        let (words, stamp) = (units::file_words(&tab.label()), units::file_stamp(cx.now, cx.options.logs.zone));
        let help = "a path; separate stderr goes to a file beside it";
        let (path, what) = (format!("{words}-{stamp}.txt"), TextFor::Shell(ShellText::SaveAs(tab.stream)));
        let prompt = Prompt::new("save as ", help, &path, KeyContext::Shell, what);
        Some(Action::Open(Box::new(Overlay::Prompt(prompt))))
    }

    fn ask_line(&mut self, cx: &Cx) -> Action {
        let Some(tab) = self.active().filter(|tab| tab.takes_lines()) else {
            return cx.warn("this session has no stdin to send a line to");
        };
        let help = "enter sends it with a newline";
        let prompt = Prompt::new("send ", help, "", KeyContext::Shell, TextFor::Shell(ShellText::Line(tab.stream)));
        Action::Open(Box::new(Overlay::Prompt(prompt)))
    }

    /// A line goes to a session without a terminal.
    fn send_line(&mut self, cx: &Cx, stream: StreamId, line: &str) -> Action {
        match self.of(stream).filter(|tab| tab.takes_lines()) {
            Some(_) => Action::Effect(Effect::Send(stream, format!("{line}\n").into_bytes())),
            None => cx.warn("nothing sent: the session has ended"),
        }
    }

    /// Saves what a session wrote; standard error beside it, where it is told apart.
    fn save_as(&mut self, cx: &Cx, stream: StreamId, path: &str) -> Option<Action> {
        if path.is_empty() {
            return None;
        }
        let Some(tab) = self.of(stream) else { return Some(cx.warn("nothing saved: the tab was closed")) };
        Some(Action::Effect(Effect::Save(files_of(tab, path))))
    }
}

/// The files in which a session's output is saved.
fn files_of(tab: &Tab, path: &str) -> Vec<(String, Vec<u8>)> {
    let lines = match &tab.body {
        Body::Terminal(emulator) => return vec![(path.to_string(), emulator.text().into_bytes())],
        Body::Lines(lines) => lines,
    };
    let mut files = vec![(path.to_string(), lines.bytes_of(Stream::Out))];
    let errors = lines.bytes_of(Stream::Err);
    if !errors.is_empty() {
        files.push((format!("{path}.stderr"), errors));
    }
    files
}
