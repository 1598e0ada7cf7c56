//! What is done when a pane asks for it, or when something was chosen, answered or typed.

use super::action::Action;
use super::cockpit;
use super::command::{Command, KeyContext};
use super::focus::{focus, focus_detail, leave_shell};
use super::input;
use super::layout::DetailTab;
use super::msg::Effect;
use super::operations::volume_plan;
use super::overlay::Overlay;
use super::screens::events::keys::go_to;
use super::screens::transfers::keys as transfers;
use super::state::App;
use super::widgets::confirm::Confirm;
use super::widgets::menus;
use super::widgets::notice::Notice;
use super::widgets::prompt::{Prompt, TextFor};
use crate::model::OperationKind;
use crate::model::text::clean_lines;

impl App {
    /// Does it.
    pub(super) fn perform(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Command(command) => return input::command(self, command),
            Action::Effect(effect) => return vec![effect],
            Action::Refuse(why) => self.notice = Some(Notice::warn(why, self.now)),
            Action::Notice(notice) => self.notice = Some(notice),
            Action::NoticeUnless(keys, notice) => {
                if self.place() != keys {
                    self.notice = Some(notice);
                }
            }
            Action::Open(overlay) => match *overlay {
                Overlay::Prompt(prompt) => self.ask_text(prompt),
                other => self.overlays.push(other),
            },
            Action::Typed(keys, what, text) => return self.typed(keys, &what, &text),
            Action::Scroll(keys, rows) => self.scroll_pane(keys, rows),
            Action::LogTime(id, at) => {
                // What is gone to is the log of one.
                self.log = self.log.take().filter(|view| view.merge.is_none());
                self.log_time = Some((id, at));
                return focus_detail(self, DetailTab::Log);
            }
            Action::Log(choice) => return self.choose_in_log(choice),
            Action::AddGraph(graph) => self.add_graph(*graph),
            Action::RemoveGraph(index, name) => self.remove_graph(index, &name),
            Action::AskSql(name, columns) => self.open_sql(name, columns),
            Action::EditSql(statement) => self.edit_sql(&statement),
            Action::RunSql(statement) => return self.run_sql(&statement),
            Action::CopyTable(table, text_of) => {
                return vec![Effect::Copy(clean_lines(&String::from_utf8_lossy(&text_of(&table))).into_owned())];
            }
            Action::LogOptions(logs) => self.options.logs = logs,
            Action::LogColumns(columns) => {
                self.options.log_columns = columns.clone();
                return vec![Effect::SaveLogColumns(columns)];
            }
            Action::Confirm(confirm) => self.overlays.push(Overlay::Confirm(*confirm)),
            Action::Plan(operations) => {
                let losses = volume_plan::losses(&operations, &self.snapshot);
                self.overlays.push(Overlay::Confirm(Confirm::of(operations, losses, &self.snapshot)));
            }
            Action::Kill(signal, targets, Some(notes)) => {
                self.plan_for_many(OperationKind::Kill(signal), targets, notes)
            }
            Action::Kill(signal, targets, None) => {
                self.overlays.push(Overlay::Confirm(Confirm::new(
                    OperationKind::Kill(signal),
                    &targets,
                    &self.snapshot,
                )));
            }
            Action::SignalProcess(container, pid, signal) => menus::plan_signal(self, &container, pid, signal),
            Action::Sort(column) => self.fleet.sort_by(column, &self.snapshot),
            Action::ToggleColumn(column) => {
                self.fleet.toggle_column(column);
                // Several columns may be chosen in a row.
                let asked = self.with_fleet(|list, cx| list.ask_columns(cx, Some(column)));
                return self.carry_out([asked]);
            }
            Action::SortList(column) => {
                self.list_mut().into_iter().for_each(|list| list.sort_by(column));
                self.rebuild_list();
            }
            Action::SortProcesses(sort) => {
                if let Some(view) = &mut self.processes {
                    view.sort_by(sort);
                }
            }
            Action::ChooseEngine(engine) => self.choose_engine(engine),
            Action::Group(grouping) => self.fleet.group_by(grouping, &self.snapshot),
            Action::Compare(rival) => {
                let refused = self.inspect.as_mut().and_then(|view| view.begin_comparison(rival, &self.streams));
                return self.carry_out(refused.map(Action::Refuse));
            }
            Action::EditAgain(file) => {
                let asked = self.files.edit_again(&file);
                return self.carry_out(asked);
            }
            Action::WriteBack(file) => self.with_files(|files, cx| files.replace_kept(cx, &file)),
            Action::EditAnew(file) => {
                let asked = self.with_files(|files, cx| files.edit_instead(cx, &file));
                return self.carry_out(asked);
            }
            Action::Key(key) => return input::key(self, &key),
            Action::Focus(pane) => return focus(self, pane),
            Action::LeaveShell => leave_shell(self),
            Action::Paste(stream, bytes) => {
                let asked = self.with_shells(|shells, cx| shells.paste_into(cx, stream, bytes));
                return self.carry_out(asked);
            }
            Action::AllowClipboard(stream, text) => {
                self.shells.of(stream).into_iter().for_each(|tab| tab.clipboard = Some(true));
                return vec![Effect::Copy(text)];
            }
            Action::CloseShell(stream) => {
                let asked = self.with_shells(|shells, cx| shells.drop_tab(cx, stream));
                return self.carry_out(asked);
            }
            Action::CopyOut(copy) => self.with_files(|files, cx| files.begin_out(cx, copy)),
            Action::CopyIn(copy) => self.with_files(|files, cx| files.begin_in(cx, copy, None)),
            Action::Move(transfer) => {
                self.begin_transfer(transfer);
            }
            Action::TransferForm(kind) => transfers::open_form(self, kind),
            Action::EditTransfer(transfer) => transfers::open_form_of(self, &transfer),
            Action::CancelTransfer(stream) => return self.cancel_transfer(stream),
            Action::RetryTransfer(stream) => self.retry_transfer(stream),
            Action::Compose(run) => self.begin_compose(run),
            Action::ComposeAnswered(stream, answer) => self.compose_told(stream, *answer),
            Action::ComposeUnanswered(stream, problem) => self.compose_ended(stream, problem),
            Action::ComposeRan(site) => self.forget_drift(&site),
            Action::Agreed(confirm) => return self.agreed(*confirm),
            Action::RetryFailed(ask) => return self.retry_failed(ask),
            Action::GoTo(id, name) => return go_to(self, &id, &name),
            Action::Remember(sign, help, text) => drop(self.typed.insert((sign, help), text)),
            Action::Run(exec, name, ran) => return self.run_command(*exec, &name, ran),
            Action::FindProject(path, project) => return self.find_project(path, project),
            Action::Quit => return cockpit::quit(self),
        }
        Vec::new()
    }

    /// Does what a pane asks for.
    pub(super) fn carry_out(&mut self, actions: impl IntoIterator<Item = Action>) -> Vec<Effect> {
        actions.into_iter().flat_map(|action| self.perform(action)).collect()
    }

    /// Gives a command to the pane of these keys. None: it is none of its own, and the next one is asked.
    pub(super) fn pane_command(&mut self, keys: KeyContext, command: Command) -> Option<Vec<Effect>> {
        let actions = self.with_pane(keys, |pane, cx| pane.command(cx, command))??;
        Some(self.carry_out(actions))
    }

    /// A text was typed for what has these keys.
    fn typed(&mut self, keys: KeyContext, what: &TextFor, text: &str) -> Vec<Effect> {
        if let Some(overlay) = self.overlays.iter_mut().rev().find(|overlay| overlay.pane_context() == keys) {
            let actions = overlay.layer_mut().typed(what, text);
            return self.carry_out(actions);
        }
        match self.with_pane(keys, |pane, cx| pane.typed(cx, what, text)) {
            Some(actions) => return self.carry_out(actions),
            None if matches!(what, TextFor::Filter | TextFor::Search) => {}
            None => self.notice = Some(Notice::warn("nothing done: it is gone", self.now)),
        }
        Vec::new()
    }

    /// Puts a prompt on the screen. One for a filter or a search is empty: what was typed before is one arrow up away.
    pub(super) fn ask_text(&mut self, mut prompt: Prompt) {
        prompt.open(&self.typed);
        self.overlays.push(Overlay::Prompt(prompt));
    }
}
