//! The log tail.

use super::Role;
use super::canvas::{Canvas, Part, inset};
use crate::app::fit::Priority;
use crate::app::overlay_layout;
use crate::app::{App, Chip, HistoryState, LogOptions, LogSource, LogView, MergedLog, Pane, VisibleLine, units};
use crate::model::log_text::{Piece, Sgr, SgrColor};
use crate::model::{Level, LogState, Problem, Timestamp, Tone};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

pub fn draw(app: &App, canvas: &mut Canvas, area: Rect) {
    title(app, canvas, area);
    let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let Some(view) = &app.log else { return };
    let below = view.rows_below_head(rows, &app.options.logs);
    let bars = view.histogram_rows(rows, &app.options.logs);
    if below.y > rows.y + bars {
        chips(canvas, view, Rect { height: 1, ..rows });
    }
    if bars > 0 {
        histogram(app, canvas, view, Rect { y: below.y - bars, height: bars, ..rows });
    }
    if !draw_lines(canvas, view, below, &app.options.logs) {
        let (words, role) = nothing(view);
        canvas.sentence(inset(below), &words, canvas.style(role));
    }
}

/// A length of time that a bar stands for.
fn length(seconds: i64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// Lines over time, where there are errors, where a third of them or more are errors, and where the screen is.
fn histogram(app: &App, canvas: &mut Canvas, view: &LogView, area: Rect) {
    let Some(shown) = view.histogram(area.width) else { return };
    let (x, dim) = (area.x + 2, canvas.style(Role::Dim));
    let peak = shown.peak().max(1) as f64;
    let here = view.moment_on_screen().filter(|_| !view.follows()).map(|at| shown.bar_at(at));
    let zone = app.options.logs.zone;
    let clock = |at: Timestamp| match shown.seconds {
        0..60 => units::clock(at, zone),
        60..86_400 => units::date_and_clock(at, zone)[5..16].to_string(),
        _ => units::date_and_clock(at, zone)[..10].to_string(),
    };
    let foot = area.y + 1;
    let from = clock(shown.from);
    let length = length(shown.seconds);
    let to = clock(shown.begins(shown.bars.len() - 1));
    let failed = shown.bars.iter().filter(|bar| bar.errors > 0).count();
    let failed = match failed {
        0 => String::new(),
        1 => ", errors in 1 bar".into(),
        many => format!(", errors in {many} bars"),
    };
    let to = format!("{length} a bar, at most {}{failed}  {to}", count(shown.peak()));
    canvas.text(x, foot, &from, dim, area.width);
    canvas.right(area.right().saturating_sub(1), foot, &to, dim, area.width.saturating_sub(from.len() as u16 + 4));
    for (index, bar) in shown.bars.iter().enumerate().filter(|(_, bar)| bar.lines > 0) {
        let eighth = ((bar.lines as f64 / peak * 8.0).round() as usize).clamp(1, 8);
        // A few errors are usual in many a log: the times when there were many stand out.
        let role = match bar.errors {
            0 => Role::Ok,
            errors if errors * 3 < bar.lines => Role::Warn,
            _ => Role::Bad,
        };
        // Without colours a sign says it.
        let says = bar.errors > 0 && !canvas.theme().container_colors;
        let sign = if says { "!" } else { canvas.glyphs().eighths[eighth] };
        // The bar that is on screen.
        let style = canvas.style(role);
        let style = if here == Some(index) { style.add_modifier(Modifier::REVERSED) } else { style };
        canvas.put(x + index as u16, area.y, sign, style, area.right());
    }
}

/// The filters, and how many lines pass them.
fn chips(canvas: &mut Canvas, view: &LogView, area: Rect) {
    let dim = canvas.style(Role::Dim);
    let passed = format!("{} of {} lines", count(view.filters.len() as u64), count(view.lines_looked_at()));
    let end = canvas.right(area.right().saturating_sub(1), area.y, &passed, dim, area.width);
    let chip = |(index, chip): (usize, &Chip)| {
        let lead = if index == 0 { "" } else { "and " };
        let (text, role) = match chip.on {
            true => (format!("{lead}{}", chip.filter.text), Role::Focus),
            false => (format!("{lead}{} (off)", chip.filter.text), Role::Dim),
        };
        Part::new(Priority::Usual, text, canvas.style(role))
    };
    let only = Part::new(Priority::Most, "only", dim);
    let parts: Vec<Part> = std::iter::once(only).chain(view.filters.chips().iter().enumerate().map(chip)).collect();
    canvas.parts((area.x + 2, end.saturating_sub(2)), area.y, &parts, 1);
}

/// Paints the lines that are visible. False if there are none.
pub fn draw_lines(canvas: &mut Canvas, view: &LogView, rows: Rect, preferences: &LogOptions) -> bool {
    let visible = view.visible(rows.height as usize, rows.width as usize, preferences);
    let gutter = view.gutter(rows.width as usize) as u16;
    for (line, row) in visible.iter().enumerate() {
        let area = Rect { y: rows.y + line as u16, height: 1, ..rows };
        if let Some(tone) = row.event {
            draw_event(canvas, area, row, tone, preferences.timestamps.columns() as u16);
            continue;
        }
        if let Some(merge) = &view.merge {
            draw_voice(canvas, area, merge, row, (preferences.timestamps.columns() as u16, gutter));
        }
        draw_line(canvas, area, row, (preferences.timestamps.columns() as u16, gutter));
    }
    !visible.is_empty()
}

/// What happened to a container between two lines.
fn draw_event(canvas: &mut Canvas, row: Rect, line: &VisibleLine, tone: Tone, indent: u16) {
    let role = match tone {
        Tone::Plain | Tone::Good => Role::Dim,
        Tone::Busy => Role::Busy,
        Tone::Warn => Role::Warn,
        Tone::Bad => Role::Bad,
    };
    let style = canvas.style(role);
    canvas.put(row.x + 2, row.y, &line.stamp, canvas.style(Role::Dim), row.right());
    let rule = canvas.glyphs().rule[0].repeat(2);
    let text: String = line.pieces.iter().map(|piece| piece.text.as_str()).collect();
    let x = row.x + 2 + indent;
    canvas.text(x, row.y, &format!("{rule} {text} {rule}"), style, row.right().saturating_sub(x));
}

/// The name of a line's container, between its time and its text.
fn draw_voice(canvas: &mut Canvas, row: Rect, merge: &MergedLog, line: &VisibleLine, (indent, gutter): (u16, u16)) {
    let Some(voice) = merge.voices.get(usize::from(line.voice)).filter(|_| !line.continued) else { return };
    let style = canvas.style(Role::voice(usize::from(line.voice)));
    let x = row.x + 2 + indent;
    canvas.text_middle(x, row.y, &voice.label, style, gutter.saturating_sub(1).min(row.right().saturating_sub(x)));
}

/// Why there are no lines, in whole words: a log that cannot be read must not look like one that is empty.
fn nothing(view: &LogView) -> (String, Role) {
    // What was being done stands in the title.
    let told = |problem: &Problem| (format!("{}\n{}", problem.cause, problem.hint), Role::Warn);
    let dim = |words: &str| (words.to_string(), Role::Dim);
    if view.filters.are_on() && !view.ring.is_empty() {
        return dim(if view.is_searching_history() || view.is_looking() {
            "looking …"
        } else {
            "no line passes the filters"
        });
    }
    let of_one = view.merge.as_ref().and_then(|merge| merge.voices.iter().find_map(LogSource::problem));
    match (&view.state, view.ended.as_ref().or(of_one)) {
        (_, Some(problem)) => told(problem),
        (Some(LogState::Reconnecting(problem)), _) => told(problem),
        (None, _) => dim("opening …"),
        (Some(LogState::Waiting), _) if view.merge.is_some() => dim("the logs are empty, and no container is running"),
        (Some(LogState::Waiting), _) => dim("the log is empty, and the container is not running"),
        (Some(LogState::Following), _) => dim("no lines yet"),
    }
}

fn title(app: &App, canvas: &mut Canvas, area: Rect) {
    let room = detail_title(app, canvas, area);
    if let Some(view) = &app.log {
        let words = status(app, canvas, view);
        canvas.title_words(room, area.y, &words);
    }
}

/// The title of the pane that log and processes share; returns the columns left in it.
pub fn detail_title(app: &App, canvas: &mut Canvas, area: Rect) -> (u16, u16) {
    let tabs = overlay_layout::detail_tabs(app);
    let labels: Vec<(u16, u16, &str, bool)> =
        tabs.iter().map(|(from, to, label, tab)| (*from, *to, label.as_str(), *tab == app.front_tab())).collect();
    canvas.tabs(Rect { height: 1, ..area }, &labels, app.focus == Pane::Logs)
}

/// How the log is doing, in the order in which it stands there.
fn status(app: &App, canvas: &Canvas, view: &LogView) -> Vec<Part> {
    let part = |weight: Priority, role: Role, text: String| Part::new(weight, text, canvas.style(role));
    let mut parts = Vec::new();
    let (errors, warnings) = view.ring.grave();
    if view.ring.dropped() > 0 {
        parts.push(part(Priority::Low, Role::Dim, format!("{} older dropped from memory", count(view.ring.dropped()))));
    }
    if view.is_loading_older() {
        parts.push(part(Priority::Least, Role::Busy, "loading older …".into()));
    } else if view.at_start && !view.follows() {
        parts.push(part(Priority::Least, Role::Dim, "no older lines".into()));
    }
    if let Some(opened) = &view.window {
        parts.push(part(Priority::High, Role::Focus, opened.window.name.into()));
    }
    if view.left > 0 {
        parts.push(part(Priority::Usual, Role::Warn, format!("from column {}", view.left + 1)));
    }
    parts.extend(history(app, canvas, view));
    if let Some(search) = &view.search {
        let more = if view.may_have_more() { "+" } else { "" };
        let hits = match view.hit_count() {
            Some((Some(at), all)) => format!("{at} of {all}{more}"),
            Some((None, 1)) => format!("1{more} hit"),
            Some((None, all)) => format!("{all}{more} hits"),
            None => String::new(),
        };
        parts.push(part(Priority::Usual, Role::Focus, format!("search {}", search.text)));
        parts.push(part(Priority::High, Role::Focus, hits));
    }
    if errors > 0 {
        parts.push(part(Priority::Most, Role::Bad, format!("{} err", count(errors))));
    }
    if warnings > 0 {
        parts.push(part(Priority::High, Role::Warn, format!("{} warn", count(warnings))));
    }
    let streams = view.merge.as_ref().map(|merge| streams(canvas, merge)).unwrap_or_default();
    // Where one is not well, that it follows is no news.
    let well = streams.is_empty();
    parts.extend(streams);
    parts.extend(Some(state(app, canvas, view)).filter(|state| well || state.weight == Priority::Most));
    parts
}

/// How the search through what is not loaded goes on.
fn history(app: &App, canvas: &Canvas, view: &LogView) -> Option<Part> {
    let search = view.history.as_ref()?;
    let dropped = view.filters.found_dropped();
    let (weight, role, text) = match search.state {
        HistoryState::Running if search.lines() == 0 => (Priority::High, Role::Busy, "history …".to_string()),
        HistoryState::Running => {
            let created = search.container().and_then(|id| app.snapshot.containers.get(id)).map(|one| one.created);
            let part = created.and_then(|created| search.part(created));
            let part = part.map(|part| format!("{:.0}% ", part * 100.0)).unwrap_or_default();
            let speed = units::bytes(search.speed(app.now));
            (Priority::High, Role::Busy, format!("history {part}{} lines {speed}/s", count(search.lines())))
        }
        HistoryState::Stopped => (Priority::High, Role::Warn, format!("history: {} lines", count(search.lines()))),
        HistoryState::Done if dropped > 0 => {
            (Priority::High, Role::Warn, format!("{} older matches dropped", count(dropped)))
        }
        HistoryState::Done if search.cut() > 0 => {
            (Priority::High, Role::Warn, format!("{} long lines searched in part", count(search.cut())))
        }
        HistoryState::Done => return None,
    };
    Some(Part::new(weight, text, canvas.style(role)))
}

/// Whether new lines come.
fn state(app: &App, canvas: &Canvas, view: &LogView) -> Part {
    let (weight, role, text) = match (&view.ended, &view.state) {
        (Some(problem), _) => (Priority::Most, Role::Bad, problem.cause.clone()),
        (None, Some(LogState::Reconnecting(why))) => (Priority::Most, Role::Warn, format!("resuming: {}", why.cause)),
        _ if app.snapshot.is_stale(&view.id) => (Priority::Most, Role::Warn, "engine lost".into()),
        _ if !view.follows() && view.new_lines() > 0 => {
            (Priority::Most, Role::Warn, format!("paused  +{} new", count(view.new_lines())))
        }
        _ if !view.follows() => (Priority::Most, Role::Warn, "paused".into()),
        (None, Some(LogState::Waiting)) => (Priority::Usual, Role::Dim, "not running".into()),
        (None, Some(LogState::Following)) => (Priority::Low, Role::Dim, "following".into()),
        (None, None) => (Priority::Low, Role::Dim, "opening …".into()),
    };
    Part::new(weight, text, canvas.style(role))
}

/// How the streams of several containers are doing. That all is well needs no words.
fn streams(canvas: &Canvas, merge: &MergedLog) -> Vec<Part> {
    let doing = merge.doing();
    let all = doing.stream == merge.voices.len();
    let counts = [
        (merge.left_out, "more not followed", Role::Warn, Priority::High),
        (if all { 0 } else { doing.stream }, "stream", Role::Dim, Priority::Low),
        (doing.opening, "opening", Role::Busy, Priority::Low),
        (doing.gone, "gone", Role::Dim, Priority::Usual),
        (doing.quiet, "quiet", Role::Dim, Priority::Usual),
        (doing.broken, "broken", Role::Bad, Priority::Most),
    ];
    let told = counts.into_iter().filter(|(number, ..)| *number > 0);
    told.map(|(number, word, role, weight)| Part::new(weight, format!("{number} {word}"), canvas.style(role))).collect()
}

/// A count in few characters: `999`, `12.3k`, `4.5M`.
fn count(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        1000..1_000_000 => format!("{:.1}k", number as f64 / 1e3),
        _ => format!("{:.1}M", number as f64 / 1e6),
    }
}

fn level_role(line: &VisibleLine) -> Role {
    match line.level {
        Level::Error => Role::Bad,
        Level::Warn => Role::Warn,
        Level::Info => Role::Ok,
        Level::Debug | Level::Trace => Role::Busy,
        Level::None if line.is_error_stream => Role::Mark,
        Level::None => Role::Faint,
    }
}

fn draw_line(canvas: &mut Canvas, row: Rect, line: &VisibleLine, (indent, gutter): (u16, u16)) {
    let role = level_role(line);
    let sign = canvas.glyphs().level[usize::from(line.is_error_stream)];
    canvas.put(row.x, row.y, sign, canvas.style(role), row.right());
    let mut x = row.x + 2;
    if !line.stamp.is_empty() {
        canvas.put(x, row.y, &line.stamp, canvas.style(Role::Dim), row.right());
    }
    // Continuation rows stand below the text, not below the time.
    x += indent + gutter;
    let level_word = line
        .pieces
        .first()
        .filter(|first| first.sgr == Sgr::default())
        .and_then(|first| level_word(&first.text, line.level));
    for (index, piece) in line.pieces.iter().enumerate() {
        let style = piece_style(canvas, piece);
        let style = if line.context { canvas.style(Role::Dim).patch(style) } else { style };
        match level_word.filter(|_| index == 0 && !piece.hit) {
            Some((from, to)) => {
                x = canvas.put(x, row.y, &piece.text[..from], style, row.right());
                let mut marked = canvas.style(role);
                if line.level == Level::Error {
                    marked = marked.add_modifier(Modifier::BOLD);
                }
                x = canvas.put(x, row.y, &piece.text[from..to], marked, row.right());
                x = canvas.put(x, row.y, &piece.text[to..], style, row.right());
            }
            None => x = canvas.put(x, row.y, &piece.text, style, row.right()),
        }
    }
    if line.cut && row.width > 0 {
        canvas.put(x.min(row.right() - 1), row.y, canvas.glyphs().ellipsis, canvas.style(Role::Dim), row.right());
    }
    if line.bookmarked {
        canvas.put(row.x + 1, row.y, canvas.glyphs().bookmark, canvas.style(Role::Mark), row.right());
    }
    if line.selected {
        canvas.put(row.x + 1, row.y, canvas.glyphs().cursor, canvas.style(Role::Mark), row.right());
    }
    if line.current {
        canvas.put(row.x + 1, row.y, canvas.glyphs().cursor, canvas.style(Role::Focus), row.right());
    }
}

fn piece_style(canvas: &Canvas, piece: &Piece) -> Style {
    let style = sgr_style(canvas, &piece.sgr);
    if piece.hit { style.patch(canvas.style(Role::Hit)) } else { style }
}

/// How a program wants its text to look, within what the terminal and the theme have.
pub fn sgr_style(canvas: &Canvas, sgr: &Sgr) -> Style {
    let mut style = Style::new();
    if canvas.theme().container_colors {
        let color = |wanted: SgrColor| match wanted {
            SgrColor::Indexed(index) => canvas.theme().reach(Color::Indexed(index)),
            SgrColor::Rgb(r, g, b) => canvas.theme().reach(Color::Rgb(r, g, b)),
        };
        style.fg = sgr.foreground.map(color);
        style.bg = sgr.background.map(color);
    }
    let modifiers = [
        (sgr.bold, Modifier::BOLD),
        (sgr.dim, Modifier::DIM),
        (sgr.italic, Modifier::ITALIC),
        (sgr.underline, Modifier::UNDERLINED),
        (sgr.reverse, Modifier::REVERSED),
    ];
    for (_, modifier) in modifiers.into_iter().filter(|(on, _)| *on) {
        style = style.add_modifier(modifier);
    }
    style
}

/// Where the word that gave a line its level stands, within the first columns.
fn level_word(text: &str, level: Level) -> Option<(usize, usize)> {
    let words: &[&str] = match level {
        Level::Error => &["error", "err", "fatal", "panic", "crit", "critical", "emerg", "alert"],
        Level::Warn => &["warn", "warning", "wrn"],
        Level::Info => &["info", "inf", "notice"],
        Level::Debug => &["debug", "dbg"],
        Level::Trace => &["trace", "trc"],
        Level::None => return None,
    };
    let mut start = None;
    for (index, byte) in text.bytes().chain(std::iter::once(b' ')).enumerate().take(64) {
        match (byte.is_ascii_alphabetic(), start) {
            (true, None) => start = Some(index),
            (false, Some(from)) => {
                if words.iter().any(|word| text[from..index].eq_ignore_ascii_case(word)) {
                    return Some((from, index));
                }
                start = None;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_the_level_is_found() {
        assert_eq!(level_word("[Error] x", Level::Error), Some((1, 6)));
        assert_eq!(level_word("terror err", Level::Error), Some((7, 10)));
        assert_eq!(level_word("größe warn", Level::Warn).map(|(a, b)| &"größe warn"[a..b]), Some("warn"));
        assert_eq!(level_word("fine", Level::None), None);
    }

    #[test]
    fn counts_are_short() {
        assert_eq!([count(7), count(12_345), count(4_500_000)], ["7", "12.3k", "4.5M"]);
    }
}
