//! Geometry of what lies above the cockpit, shared by `update` (scrolling, mouse) and by `draw`.

use super::command::{COMMANDS, Command, CommandSpec, KeyContext};
use super::footer_hints::hints;
use super::layout::DetailTab;
use super::overlay::Overlay;
use super::panes::column::ColumnKind;
use super::panes::resource::{self, DetailLine};
use super::panes::sampling;
use super::screens::compose;
use super::screens::why;
use super::state::App;
use super::widgets::confirm::Confirm;
use super::widgets::fields::{Fields, FormField};
use super::widgets::fit::{Priority, fit};
pub use super::widgets::frame::{buttons, inner, whole};
use super::widgets::menu::{Menu, MenuItem};
use super::widgets::question::Question;
use super::widgets::text::{Text, TextBody};
use super::widgets::wrap;
use crate::model::{Kind, Operation, OperationId, Snapshot, Tone};
pub use crate::services::why::RunSign;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// A line of a text above the cockpit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpLine {
    /// A heading.
    Heading(String),
    /// Keys and what they do.
    Keys(String, &'static str),
    /// A line beside the matter.
    Text(String),
    /// A line of what is told, and how to feel about it.
    Toned(String, Option<Tone>),
    /// What a container did from a time to a time.
    Runs {
        /// The first time.
        first: String,
        /// The last time.
        last: String,
        /// The signs, the oldest first.
        signs: Vec<RunSign>,
    },
    /// What those signs mean.
    RunSigns,
}

impl HelpLine {
    /// What it says, unless it is there only to order others.
    fn text(&self) -> Option<&str> {
        match self {
            HelpLine::Toned(text, _) => Some(text),
            HelpLine::Heading(_)
            | HelpLine::Keys(..)
            | HelpLine::Text(_)
            | HelpLine::Runs { .. }
            | HelpLine::RunSigns => None,
        }
    }
}

/// What stands at the left edge of a log. In ASCII the signs are `|`, `:`, `>` and `*`.
const LOG_SIGNS: [&str; 4] = [
    "▎ (|) standard output, ╏ (:) standard error",
    "their colour is the level: red error, yellow warning, green info, blue debug",
    "▌ (>) the line gone to, under the cursor or selected, * a bookmark",
    "dim lines are context around what passes a filter, or fields behind the message",
];

/// The help screen: a view of the command table. The keys of the place where it was asked for come first.
fn help_lines(app: &App, text: &Text, place: KeyContext) -> Vec<HelpLine> {
    let mut lines = vec![
        HelpLine::Text("Capitals change the engine; lower-case and control keys never do.".into()),
        HelpLine::Text(String::new()),
    ];
    let others = KeyContext::ALL.into_iter().filter(|context| *context != place && *context != KeyContext::Anywhere);
    for room in [place, KeyContext::Anywhere].into_iter().chain(others) {
        if room == KeyContext::Logs && text.filter.is_empty() {
            lines.push(HelpLine::Heading("Signs in logs".into()));
            lines.extend(LOG_SIGNS.map(|sign| HelpLine::Text(sign.into())));
        }
        lines.extend(help_of(app, text, room));
    }
    lines.extend(sampling::under_way(&app.snapshot).flat_map(sampling::lines).map(HelpLine::Text));
    lines.push(HelpLine::Text(format!("Configuration: {}", app.options.config_path)));
    lines
}

/// The keys of one place, as far as what is searched for is in them.
fn help_of(app: &App, text: &Text, context: KeyContext) -> Vec<HelpLine> {
    let line = |spec: &CommandSpec| {
        let keys: Vec<String> =
            app.options.keymap.keys_at(context, spec.command).iter().map(ToString::to_string).collect();
        let shown = text.shows(spec.doc) || text.shows(spec.name) || keys.contains(&text.filter);
        shown.then(|| HelpLine::Keys(keys.join(" "), spec.doc))
    };
    let keys: Vec<HelpLine> = COMMANDS.iter().filter(|spec| spec.is_at(context)).filter_map(line).collect();
    if keys.is_empty() {
        return keys;
    }
    let heading = format!(
        "Keys {}",
        if context == KeyContext::Anywhere { "everywhere".into() } else { format!("in {}", context.title()) }
    );
    let lines = std::iter::once(HelpLine::Heading(heading)).chain(keys);
    lines.chain([HelpLine::Text(String::new())]).collect()
}

/// The lines of a text that are shown, for so many columns.
pub fn text_lines(app: &App, text: &Text, width: u16) -> Vec<HelpLine> {
    match &text.body {
        TextBody::Help(place) => help_lines(app, text, *place),
        TextBody::Results(id) => {
            let lines = result_lines(app, *id, width).into_iter().filter(|(line, _)| text.shows(line));
            lines.map(|(line, tone)| HelpLine::Toned(line, tone)).collect()
        }
        TextBody::Why(id) => {
            let lines = why::lines::lines(app, id, width).into_iter();
            lines.filter(|line| text.filter.is_empty() || line.text().is_some_and(|line| text.shows(line))).collect()
        }
        TextBody::Lines { lines, breaks, .. } => {
            let shown = lines.iter().filter(|line| text.shows(line));
            let rows = shown.flat_map(|line| wrap::lines(line, width.into(), *breaks));
            rows.map(|row| HelpLine::Toned(row.to_string(), None)).collect()
        }
    }
}

/// The place of what lies above the cockpit, frame included.
pub fn area(app: &App, overlay: &Overlay) -> Rect {
    overlay.overlay().area(app)
}

/// Columns and rows of a menu.
pub(super) fn menu_size(menu: &Menu, width: u16) -> (u16, u16) {
    let columns = menu_columns(menu).min(width.saturating_sub(2));
    if menu.query.is_some() {
        return (columns, PALETTE_ROWS);
    }
    let table = MenuTable::new(menu, columns.saturating_sub(4));
    let rows: usize = menu.shown().map(|item| table.sentence(item).len()).sum();
    (columns, rows as u16 + 2)
}

/// Rows of a palette, whatever of it is shown.
const PALETTE_ROWS: u16 = 18;

/// Columns and rows of a plan.
pub(super) fn confirm_size(confirm: &Confirm, snapshot: &Snapshot, width: u16) -> (u16, u16) {
    let volumes = u16::from(confirm.volumes().is_some() || confirm.force().is_some());
    let columns = 76.min(width.saturating_sub(2));
    let text = columns.saturating_sub(4) as usize;
    let losses: usize = confirm.losses.iter().map(|loss| wrap::words(loss, text).len()).sum();
    // Targets, a blank line, what is lost, a blank line, the buttons, the frame.
    // And the docker command.
    let effects = confirm.effects.iter().take(8).filter(|effects| !effects.is_empty()).count() as u16;
    let command = command_rows(confirm, snapshot, text).len() as u16 + 1;
    (columns, confirm.targets.len().min(8) as u16 + effects + 1 + losses as u16 + volumes + command + 4)
}

/// Columns and rows of a question.
pub(super) fn question_size(question: &Question, width: u16) -> (u16, u16) {
    let columns = 66.min(width.saturating_sub(2));
    let text = columns.saturating_sub(4) as usize;
    let lines: usize = question.lines.iter().map(|line| wrap::words(line, text).len()).sum();
    (columns, lines as u16 + 4)
}

/// Columns and rows of a form.
pub(super) fn form_size(form: &Fields) -> (u16, u16) {
    (84, form.fields.iter().map(FormField::rows).sum::<u16>() + 4)
}

/// The docker commands of a plan, as far as they are shown: the first, and how many more.
pub fn command_rows(confirm: &Confirm, snapshot: &Snapshot, width: usize) -> Vec<String> {
    let line = |operation: &Operation| operation.docker_line().shown(snapshot.host_of(operation.id.engine()));
    let first = confirm.targets.first().map(line).unwrap_or_default();
    let more = match confirm.targets.len() {
        0 | 1 => String::new(),
        many => format!("   and {} more", many - 1),
    };
    let mut rows = wrap::words(&format!("{first}{more}"), width);
    if rows.len() > 4 {
        rows.truncate(4);
        rows.extend(["…".to_string()]);
    }
    rows
}

/// Columns and rows of a text: it is as small as what it says, whatever of that is searched for.
pub(super) fn text_size(app: &App, text: &Text) -> (u16, u16) {
    let most = whole(app.size);
    let all = Text { filter: String::new(), ..text.clone() };
    let lines = text_lines(app, &all, inner(most).width.min(if all.is_lines() { u16::MAX } else { 80 }));
    let width = |line: &HelpLine| match line {
        HelpLine::Toned(line, _) if all.is_lines() => line.width(),
        HelpLine::Toned(..)
        | HelpLine::Heading(_)
        | HelpLine::Keys(..)
        | HelpLine::Text(_)
        | HelpLine::Runs { .. }
        | HelpLine::RunSigns => 80,
    };
    let columns = lines.iter().map(width).chain([text.title().width() + 2]).max().unwrap_or(0);
    let fit = |count: usize, most: u16| u16::try_from(count).unwrap_or(u16::MAX).min(most);
    (fit(columns + 4, most.width), fit(lines.len() + 2, most.height))
}

/// Where the fields of a form stand, without its foot: the one with the focus is on screen, whole.
pub fn field_places(form: &Fields, inner: Rect) -> Vec<(usize, Rect)> {
    let rows = Rect { height: inner.height.saturating_sub(2), ..inner };
    let until: u16 = form.fields.iter().take(form.focus + 1).map(FormField::rows).sum();
    let mut skip = until.saturating_sub(rows.height);
    let mut y = rows.y;
    let mut places = Vec::new();
    for (index, field) in form.fields.iter().enumerate() {
        let height = field.rows();
        if skip > 0 {
            skip = skip.saturating_sub(height);
        } else if y + height <= rows.bottom() {
            places.push((index, Rect { y, height, ..rows }));
            y += height;
        } else {
            break;
        }
    }
    places
}

/// The lines of the results screen: a headline, then each target with its result, failures in full.
pub fn result_lines(app: &App, id: OperationId, width: u16) -> Vec<(String, Option<Tone>)> {
    let Some(bulk) = app.result(id) else { return Vec::new() };
    let count = bulk.targets.len();
    let what = bulk.kind.spec().kind.count(count);
    let mut lines = vec![(format!("{} {what}: {}", bulk.kind.spec().word, bulk.standing()), None)];
    for (operation, result) in &bulk.targets {
        let (text, tone) = match result {
            None if app.snapshot.containers.get(&operation.id).is_some_and(|one| one.waiting == Some(bulk.kind)) => {
                ("queued: too many others are running".to_string(), Tone::Busy)
            }
            None => (bulk.kind.spec().pending.to_string(), Tone::Busy),
            Some(Ok(word)) if word.is_empty() => (bulk.kind.spec().done.to_string(), Tone::Good),
            Some(Ok(word)) => (format!("{}: {word}", bulk.kind.spec().done), Tone::Good),
            Some(Err(problem)) if problem.hint.is_empty() => (problem.cause.clone(), Tone::Bad),
            Some(Err(problem)) => (format!("{} ({})", problem.cause, problem.hint), Tone::Bad),
        };
        let wrapped = wrap::words(&format!("{}  {text}", operation.name), width as usize);
        lines.extend(wrapped.into_iter().map(|line| (line, Some(tone))));
    }
    lines.push((String::new(), None));
    for (act, _) in &bulk.targets {
        let command = wrap::words(&act.docker_line().shown(app.snapshot.host_of(act.id.engine())), width as usize);
        lines.extend(command.into_iter().map(|line| (line, Some(Tone::Plain))));
    }
    lines
}

/// Columns that a menu wants, frame included: so many that its longest row is whole, whatever of it is shown.
fn menu_columns(menu: &Menu) -> u16 {
    let table = MenuTable::new(menu, u16::MAX);
    let sentence = menu.items().iter().map(|item| item.detail.width() as u16).max().unwrap_or(0);
    let row = table.before + sentence + table.key;
    row.max(menu.title.width() as u16 + 2) + 4
}

/// Sentences that have fewer columns than these beside the labels stand below them; in a palette they are left out then,
/// since many rows are worth more there.
const SENTENCE_LEAST: u16 = 16;

/// The positions of the columns of a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MenuTable {
    /// Columns of the labels.
    pub label: u16,
    /// Columns before the sentences: the sign of what is in force, the labels, a gap.
    pub before: u16,
    /// Columns of the sentences.
    pub sentence: u16,
    /// Columns of the keys behind them, with a gap.
    pub key: u16,
    /// The treatment of a longer sentence.
    long: Long,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Long {
    Wrapped,
    Below,
    LeftOut,
}

impl MenuTable {
    /// Of a menu that has so many columns inside.
    pub fn new(menu: &Menu, width: u16) -> MenuTable {
        let longest = |of: fn(&MenuItem) -> &str| menu.items().iter().map(|item| of(item).width()).max().unwrap_or(0);
        let labels = longest(|item| &item.label) as u16;
        let label = labels.min(width / 2);
        let key = match longest(|item| &item.key) as u16 {
            0 => 0,
            key => key + 2,
        };
        let before = label + 4;
        let sentence = width.saturating_sub(before + key);
        let long = match (sentence < SENTENCE_LEAST, menu.query.is_some()) {
            (false, _) => Long::Wrapped,
            (true, false) => {
                return MenuTable { label, before: 4, sentence: width.saturating_sub(4), key, long: Long::Below };
            }
            (true, true) => {
                let label = labels.min(width.saturating_sub(key + 2));
                return MenuTable { label, before: width, sentence: 0, key, long: Long::LeftOut };
            }
        };
        MenuTable { label, before, sentence, key, long }
    }

    /// The sentence of a row in lines; one at least, which stands beside the label.
    pub fn sentence(&self, item: &MenuItem) -> Vec<String> {
        let wrapped = || wrap::words(&item.detail, self.sentence.into());
        match self.long {
            Long::Wrapped => wrapped(),
            Long::Below if item.detail.is_empty() => vec![String::new()],
            Long::Below => std::iter::once(String::new()).chain(wrapped()).collect(),
            Long::LeftOut => vec![String::new()],
        }
    }
}

/// Where the rows of a menu stand, as far as they are on screen, the one under the cursor among them: which, where, and its
/// sentence in lines.
pub fn menu_places(menu: &Menu, inner: Rect) -> Vec<(usize, Rect, Vec<String>)> {
    let above = u16::from(menu.query.is_some());
    let rows = Rect { y: inner.y + above, height: inner.height.saturating_sub(above), ..inner };
    let table = MenuTable::new(menu, inner.width);
    let sentences: Vec<Vec<String>> = menu.shown().map(|item| table.sentence(item)).collect();
    let before: usize = sentences.iter().take(menu.cursor_row()).map(Vec::len).sum();
    let until = before + sentences.get(menu.cursor_row()).map_or(0, Vec::len);
    // A row that has more lines than there is room for stands at the top.
    let mut skip = until.saturating_sub(rows.height.into()).min(before);
    let mut y = rows.y;
    let mut places = Vec::new();
    for (index, sentence) in sentences.into_iter().enumerate() {
        let height = sentence.len() as u16;
        if skip > 0 {
            skip = skip.saturating_sub(sentence.len());
        } else if y < rows.bottom() {
            places.push((index, Rect { y, height: height.min(rows.bottom() - y), ..rows }, sentence));
            y += height;
        }
    }
    places
}

/// What the right of the footer says is under way, and the column where it begins.
pub fn under_way_place(app: &App) -> Option<(String, u16)> {
    let text = app.under_way()?;
    let width = (text.width() as u16).min(app.size.0 / 2);
    Some((text, app.size.0.saturating_sub(1 + width)))
}

/// Where the sentence in the footer stands: one that is longer than the line takes rows above it. None if there is none.
pub fn notice_place(app: &App) -> Option<Rect> {
    let (notice, footer) = (app.notice.as_ref()?, app.places().footer);
    // What lies above the cockpit has those rows itself.
    let most = if app.overlays.is_empty() { footer.bottom() / 3 } else { 1 };
    let rows = wrap::words(&notice.text, footer.width.saturating_sub(2).into()).len();
    let height = u16::try_from(rows).unwrap_or(u16::MAX).min(most).max(1);
    let hidden = footer.height == 0 || matches!(app.overlays.last(), Some(Overlay::Prompt(_)));
    (!hidden).then(|| Rect { y: footer.bottom().saturating_sub(height), height, ..footer })
}

/// Where the footer shows hints: columns from and to, and the command. None while a sentence or a prompt stands there.
pub fn hint_places(app: &App) -> Vec<(u16, u16, String, &'static str, Command)> {
    if app.notice.is_some() || matches!(app.overlays.last(), Some(Overlay::Prompt(_))) {
        return Vec::new();
    }
    let end = under_way_place(app).map_or(app.size.0, |(_, from)| from.saturating_sub(2));
    let hints = hints(app);
    let width = |hint: &(String, &'static str, Command)| (hint.0.width() + 1 + hint.1.width()) as u16;
    // Help stays in sight, whatever else has to go.
    let weight = |hint: &(String, &'static str, Command)| match hint.2 {
        Command::Back | Command::Cancel | Command::Yes | Command::No if !app.overlays.is_empty() => Priority::Most,
        Command::Help if app.overlays.is_empty() => Priority::Most,
        _ => Priority::Usual,
    };
    let parts: Vec<(Priority, u16)> = hints.iter().map(|hint| (weight(hint), width(hint))).collect();
    // Behind the last there need be no gap.
    let columns = fit(&parts, (end + HINT_GAP).saturating_sub(1), HINT_GAP);
    let whole = hints.into_iter().zip(parts).zip(columns).filter(|((_, part), columns)| part.1 == *columns);
    let mut x = 1;
    let places = whole.map(|((hint, part), _)| {
        let from = x;
        x += part.1 + HINT_GAP;
        (from, from + part.1, hint.0, hint.1, hint.2)
    });
    places.collect()
}

/// Columns between two hints.
const HINT_GAP: u16 = 3;

/// The tabs of the shell pane in its title: columns from and to, the label, and which.
pub fn shell_tabs(app: &App) -> Vec<(u16, u16, String, usize)> {
    let Some(area) = app.places().shell else { return Vec::new() };
    let mut seen: Vec<String> = Vec::new();
    let labels = app.shells.tabs.iter().map(|tab| {
        let code = tab.ended.as_ref().and_then(|ended| ended.code);
        let label = code.map_or(tab.label(), |code| format!("{} exit {code}", tab.label()));
        let twins = seen.iter().filter(|known| **known == label).count();
        seen.push(label.clone());
        mark_calls(if twins > 0 { format!("{label} {}", twins + 1) } else { label }, tab.calls)
    });
    let labels: Vec<String> = labels.collect();
    place_tabs(area, labels, app.shells.active, TITLE_SIDE)
}

/// Columns that the title of a log of several leaves to how that is doing, where it can.
const WORDS_SIDE: u16 = 26;

/// Columns of a title that its tabs leave to what stands at its right end, where that is how something is doing.
const TITLE_SIDE: u16 = 16;
/// The margin of a title that is a count.
const COUNT_SIDE: u16 = 6;

fn mark_calls(label: String, calls: bool) -> String {
    if calls { format!("{label} !") } else { label }
}

/// The tabs that a title has room for, with columns from and to: the one in front before all, the others as far as something is
/// left for what stands at the right end (`beside`).
fn place_tabs(area: Rect, labels: Vec<String>, front: usize, beside: u16) -> Vec<(u16, u16, String, usize)> {
    let (from, to) = (area.x + 2, area.right().saturating_sub(3));
    let weight = |index: usize| if index == front { Priority::Most } else { Priority::Usual };
    let tabs = labels.iter().enumerate().map(|(index, label)| (weight(index), label.width() as u16));
    let parts: Vec<(Priority, u16)> = tabs.chain([(Priority::High, beside)]).collect();
    let columns = fit(&parts, (to + TAB_GAP).saturating_sub(from), TAB_GAP);
    let mut x = from;
    let shown = labels.into_iter().enumerate().zip(columns).filter(|((index, _), columns)| {
        // Only the one in front is worth its beginning.
        *columns > 0 && (*index == front || *columns == parts[*index].1)
    });
    let places = shown.map(|((index, label), columns)| {
        let from = x;
        x += columns + TAB_GAP;
        (from, from + columns, label, index)
    });
    places.collect()
}

/// Columns between two tabs.
const TAB_GAP: u16 = 3;

/// The shell whose label is at a position.
pub(super) fn shell_tab_at(app: &App, at: ratatui::layout::Position) -> Option<usize> {
    let title = app.places().shell.filter(|area| area.y == at.y)?;
    let hit = shell_tabs(app).into_iter().find(|(from, to, ..)| (*from..*to).contains(&at.x));
    hit.filter(|_| title.contains(at)).map(|(.., index)| index)
}

/// The tabs of the pane of logs in its title: columns from and to, the label, and which.
pub fn detail_tabs(app: &App) -> Vec<(u16, u16, String, DetailTab)> {
    let Some(area) = app.places().logs else { return Vec::new() };
    if let Some(group) = app.group_told() {
        let places = place_tabs(area, vec![group.name.clone()], 0, 0);
        return places.into_iter().map(|(from, to, label, _)| (from, to, label, app.detail)).collect();
    }
    // While the cursor moves on, the old log stays a moment: its title says whose it is, renamed or removed.
    let whose = app.log.as_ref().filter(|_| app.detail == DetailTab::Log).map(|view| {
        if let Some(merge) = &view.merge {
            let others = DetailTab::ALL.iter().filter(|tab| **tab != DetailTab::Log);
            let beside: usize = others.map(|tab| tab.label().width() + 3).sum();
            let room = usize::from(area.width).saturating_sub(beside + usize::from(WORDS_SIDE));
            let title = format!("Logs {}", merge.title());
            return if title.width() <= room {
                title
            } else {
                format!("Logs {}", merge.short_title(room.saturating_sub(5)))
            };
        }
        let name = app.snapshot.containers.get(&view.id).map_or(view.name.as_str(), |container| &container.name);
        format!("Logs {name}")
    });
    let label = |tab: DetailTab| match &whose {
        Some(whose) if tab == DetailTab::Log => whose.clone(),
        _ => tab.label().to_string(),
    };
    let (tabs, labels): (Vec<DetailTab>, Vec<String>) = if app.view == Kind::Container {
        DetailTab::ALL.into_iter().map(|tab| (tab, label(tab))).unzip()
    } else {
        let name =
            app.list().and_then(|list| list.selected()).map_or_else(|| "Details".into(), |row| row.name.to_string());
        let name = if app.view == Kind::System { "The engine".to_string() } else { name };
        let inspect = app.inspects().then(|| (DetailTab::Inspect, DetailTab::Inspect.label().to_string()));
        let files = (app.view == Kind::Volume).then(|| (DetailTab::Files, DetailTab::Files.label().to_string()));
        std::iter::once((DetailTab::Log, name)).chain(inspect).chain(files).unzip()
    };
    let front = tabs.iter().position(|tab| *tab == app.front_tab()).unwrap_or(0);
    let places = place_tabs(area, labels, front, TITLE_SIDE);
    places.into_iter().map(|(from, to, label, index)| (from, to, label, tabs[index])).collect()
}

/// What is told of the row under the cursor, beside a list that is not of containers; with its secrets, or without.
pub fn detail_lines(app: &App, revealed: bool) -> Vec<DetailLine> {
    let row = app.list().and_then(|list| list.selected());
    let Some(row) = row else { return Vec::new() };
    if row.under.is_some() {
        return resource::lines_of_service(&row.id, &app.snapshot);
    }
    let lines = resource::list_of(app.view).and_then(|list| (list.lines)(&row.of, &app.snapshot, app.now, revealed));
    let mut lines = lines.unwrap_or_default();
    if app.view == Kind::Project {
        compose::add_drift(app, &row.of, &mut lines);
    }
    lines
}

/// The lists there are, as tabs in the title of the one on screen: columns from and to, the label, and which. Where there is
/// little room only that one.
pub fn view_tabs(app: &App) -> Vec<(u16, u16, String, Kind)> {
    let lists = resource::LISTS.iter().map(|list| (list.kind, list.tab, list.command));
    let views = std::iter::once((Kind::Container, "Containers", Command::FocusFleet)).chain(lists);
    let Some(area) = app.places().fleet else { return Vec::new() };
    // How the rows are chosen and sorted is told before the other lists' whole names; where one can go stays in sight.
    let beside = COUNT_SIDE + words_beside(app);
    let room = usize::from(area.width.saturating_sub(5 + beside));
    // Whole names, their beginnings, or the keys that lead there; the one on screen has its name.
    let mut forms = [0, 1, 2].into_iter().map(|form| -> Vec<String> {
        let label = |(kind, name, command): (Kind, &str, Command)| match form {
            _ if form == 0 || kind == app.view => name.to_string(),
            1 => name.chars().take(3).collect(),
            _ => app.options.keymap.shown(command).unwrap_or_default(),
        };
        views.clone().map(label).collect()
    });
    let width = |labels: &[String]| labels.iter().map(|label| label.width() + usize::from(TAB_GAP)).sum::<usize>();
    let (kinds, labels): (Vec<Kind>, Vec<String>) = match forms.find(|labels| width(labels) <= room) {
        Some(labels) => (views.clone().map(|(kind, ..)| kind).collect(), labels),
        None => views.clone().filter(|view| view.0 == app.view).map(|(kind, name, _)| (kind, name.to_string())).unzip(),
    };
    let front = kinds.iter().position(|kind| *kind == app.view).unwrap_or(0);
    let places = place_tabs(area, labels, front, beside);
    places.into_iter().map(|(from, to, label, index)| (from, to, label, kinds[index])).collect()
}

/// Columns of what the title of the list says beside how many rows there are.
fn words_beside(app: &App) -> u16 {
    let (filter, marked) = match app.list() {
        None => (app.fleet.filter_text.trim(), app.fleet.marked()),
        Some(list) => (list.filter.as_str(), list.marked()),
    };
    let sorted = app.view == Kind::Container && (app.fleet.sort.kind != ColumnKind::Name || app.fleet.descending);
    let failed = app.snapshot.inventories.values().any(|one| one.problems.contains_key(&app.view));
    // A filter hides some, so that the count takes two numbers.
    let filter = if filter.is_empty() { 0 } else { filter.width() as u16 + 16 };
    let marked = if marked > 0 { 11 } else { 0 };
    let sorted = if sorted { app.fleet.sort.name.width() as u16 + 8 } else { 0 };
    (filter + marked + sorted).max(if failed { WORDS_SIDE } else { 0 })
}

/// The list whose tab is at a position.
pub(super) fn view_tab_at(app: &App, at: ratatui::layout::Position) -> Option<Kind> {
    let title = app.places().fleet.filter(|area| area.y == at.y)?;
    let hit = view_tabs(app).into_iter().find(|(from, to, ..)| (*from..*to).contains(&at.x));
    hit.filter(|_| title.contains(at)).map(|(.., kind)| kind)
}

/// The tab of the log pane at a position.
pub(super) fn detail_tab_at(app: &App, at: ratatui::layout::Position) -> Option<DetailTab> {
    let title = app.places().logs.filter(|area| area.y == at.y)?;
    let hit = detail_tabs(app).into_iter().find(|(from, to, ..)| (*from..*to).contains(&at.x));
    hit.filter(|_| title.contains(at)).map(|(.., tab)| tab)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn menu(details: &[&str]) -> Menu {
        let item = |detail: &&str| MenuItem::new("dangling", *detail, crate::app::action::Action::Quit);
        Menu::new("Remove images", details.iter().map(item).collect(), None)
    }

    #[test]
    fn a_menu_is_as_wide_as_its_text() {
        let long = "x".repeat(120);
        assert_eq!(menu_columns(&menu(&["short"])), "   dangling  short   ".len() as u16);
        let columns = menu_columns(&menu(&["short", &long]));
        let places = menu_places(&menu(&["short", &long]), Rect::new(0, 0, columns - 4, 2));
        assert_eq!(places[1].2, [long]);
    }

    #[test]
    fn where_the_screen_is_smaller_a_menu_is_wrapped_and_its_cursor_is_on_screen() {
        let words = "untagged, and not used by any container";
        let mut menu = menu(&[words, words, words]);
        for (height, cursor) in (1..6).flat_map(|height| (0..3).map(move |cursor| (height, cursor))) {
            menu.put_cursor(cursor);
            let places = menu_places(&menu, Rect::new(0, 0, 36, height));
            let found = places.iter().find(|(index, ..)| *index == cursor);
            let Some((_, place, lines)) = found else { panic!("row {cursor} is not among {height} rows") };
            assert_eq!(lines.join(" ").trim(), words);
            assert_eq!(usize::from(place.height), lines.len().min(height.into()));
            assert!(places.iter().all(|(_, place, _)| place.bottom() <= height));
        }
    }
}
