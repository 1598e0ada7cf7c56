//! Fields of lines that stand as columns: how wide they are, and how they are chosen.

use super::commands::LogChoice;
use super::laid_out;
use super::view::LogView;
use crate::app::action::Action;
use crate::app::component::Cx;
use crate::app::options::LogOptions;
use crate::app::widgets::menu::{Menu, MenuItem};
use crate::model::log_text::seen;
use crate::model::{COLUMNS_MOST, FieldColumns, LineMark, LogColumns, LogFields, LogFormat, Snapshot, text};
use std::collections::BTreeMap;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// A column is at most so wide; what is longer is cut.
const WIDEST: usize = 24;
/// Where lines have less room for their text than this, they have no columns.
const LEAST_ROOM: usize = 48;
/// Lines whose fields are offered: the latest so many, and bytes of them.
const SAMPLE: usize = 1000;
const SAMPLE_BYTES: usize = 1 << 20;
/// Fields that are offered at most.
const FIELDS_MOST: usize = 40;
/// Characters of a value that stand as an example beside its field.
const EXAMPLE: usize = 24;

/// The columns of one container's lines.
#[derive(Debug, Clone, Default)]
struct VoiceColumns {
    chosen: FieldColumns,
    /// The widest value of each that was on the screen; they never become narrower.
    widths: Vec<usize>,
}

/// The columns of a log, of each of its containers.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    chosen: Arc<LogColumns>,
    voices: Vec<VoiceColumns>,
    /// The image of each container is known.
    are_known: bool,
}

/// The columns that a line is laid out with, and how wide each is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cells<'a> {
    /// The fields, as many as there is room for.
    pub fields: &'a [String],
    /// The columns of each.
    pub widths: &'a [usize],
    /// All fields that were chosen.
    pub chosen: &'a [String],
    /// Other fields are not shown.
    pub hides_others: bool,
}

impl Cells<'_> {
    /// True for a field that is left to be shown behind the message.
    pub fn leaves(&self, name: &str) -> bool {
        let has = |fields: &[String]| fields.iter().any(|field| field.eq_ignore_ascii_case(name));
        !has(self.fields) && (!self.hides_others || has(self.chosen))
    }
}

impl VoiceColumns {
    /// As many of them as leave the message half of the room.
    fn cells(&self, room: usize) -> Cells<'_> {
        let mut left = if room < LEAST_ROOM { 0 } else { room / 2 };
        let fits = |width: &&usize| {
            let fits = **width < left;
            left = left.saturating_sub(**width + 1);
            fits
        };
        let count = self.widths.iter().take_while(fits).count();
        let (fields, widths) = (self.chosen.fields.get(..count), self.widths.get(..count));
        Cells {
            fields: fields.unwrap_or_default(),
            widths: widths.unwrap_or_default(),
            chosen: &self.chosen.fields,
            hides_others: self.chosen.hides_others,
        }
    }
}

/// The fields of a line, where these may stand as columns.
fn read(text: &str) -> Option<LogFields<'_>> {
    LogFields::read(text).filter(|line| matches!(line.format, LogFormat::Json | LogFormat::Logfmt))
}

/// A field that is offered: how many lines have it, what the first of these holds, and whose they are.
struct OfferedField {
    name: String,
    lines: usize,
    example: String,
    voices: Vec<u16>,
}

impl LogView {
    /// The name and the image of each container.
    fn sources<'a>(&'a self, snapshot: &'a Snapshot) -> Vec<(&'a str, Option<&'a str>)> {
        let image = |id| snapshot.containers.get(id).map(|container| &*container.image);
        match &self.merge {
            None => vec![(self.name.as_str(), image(&self.id))],
            Some(merge) => merge.voices.iter().map(|voice| (voice.name(), image(&voice.id))).collect(),
        }
    }

    /// Takes over what was chosen, where that is something else than before.
    pub(in crate::app) fn follow_columns(&mut self, snapshot: &Snapshot, chosen: &Arc<LogColumns>) {
        let count = self.merge.as_ref().map_or(1, |merge| merge.voices.len());
        let is_same = Arc::ptr_eq(&self.columns.chosen, chosen) || self.columns.chosen == *chosen;
        if is_same && (chosen.is_empty() || self.columns.are_known && self.columns.voices.len() == count) {
            return;
        }
        let before = std::mem::take(&mut self.columns.voices);
        let sources = self.sources(snapshot);
        let are_known = sources.iter().all(|(_, image)| image.is_some());
        let columns = sources.iter().enumerate().map(|(place, (name, image))| {
            let now = chosen.of(name, *image).cloned().unwrap_or_default();
            let same = before.get(place).filter(|before| before.chosen == now).cloned();
            let widths = vec![0; now.fields.len()];
            same.unwrap_or(VoiceColumns { chosen: now, widths })
        });
        let voices = columns.collect();
        self.columns = Columns { chosen: chosen.clone(), voices, are_known };
    }

    /// Makes the columns as wide as what is on the screen.
    pub(in crate::app) fn fit_columns(&mut self, (height, width): (usize, usize), preferences: &LogOptions) {
        let has_columns = self.columns.voices.iter().any(|voice| !voice.chosen.fields.is_empty());
        if !has_columns || preferences.raw {
            return;
        }
        let Some(top) = self.top_line(height, width, preferences) else { return };
        let mut scratch = String::new();
        let lines: Vec<i64> = std::iter::successors(Some(top), |line| self.after(*line)).take(height).collect();
        let mut voices = std::mem::take(&mut self.columns.voices);
        for (mark, bytes) in lines.into_iter().filter_map(|line| self.line(line)) {
            let Some(voice) = voices.get_mut(usize::from(mark.voice)) else { continue };
            if laid_out::is_too_long(bytes) {
                continue;
            }
            let Ok(text) = std::str::from_utf8(seen(bytes, &mut scratch)) else { continue };
            let Some(fields) = read(text) else { continue };
            for (name, width) in voice.chosen.fields.iter().zip(&mut voice.widths) {
                let value = fields.get(name).unwrap_or_default();
                *width = (*width).max(text::clean(value).width().min(WIDEST));
            }
        }
        self.columns.voices = voices;
    }

    /// The columns of a line that has so much room for its text.
    pub(super) fn cells(&self, mark: &LineMark, room: usize) -> Cells<'_> {
        let voice = self.columns.voices.get(usize::from(mark.voice));
        voice.map(|voice| voice.cells(room)).unwrap_or_default()
    }

    /// The fields that the latest lines have, those of most lines first.
    fn known_fields(&self) -> (Vec<OfferedField>, usize) {
        let mut known: BTreeMap<String, OfferedField> = BTreeMap::new();
        let (mut scratch, mut count, mut looked_at) = (String::new(), 0, 0);
        let lines = std::iter::successors(self.before(i64::MAX), |line| self.before(*line)).take(SAMPLE);
        for (mark, bytes) in lines.filter_map(|line| self.line(line)) {
            looked_at += bytes.len();
            if looked_at > SAMPLE_BYTES {
                break;
            }
            let Ok(text) = std::str::from_utf8(seen(bytes, &mut scratch)) else { continue };
            let Some(line) = read(text) else { continue };
            count += 1;
            for (name, value) in line.others() {
                let example = || text::clean(value).chars().take(EXAMPLE).collect();
                let new = || OfferedField { name: name.to_string(), lines: 0, example: example(), voices: Vec::new() };
                let field = known.entry(name.to_lowercase()).or_insert_with(new);
                field.lines += 1;
                if !field.voices.contains(&mark.voice) {
                    field.voices.push(mark.voice);
                }
            }
        }
        let mut known: Vec<OfferedField> = known.into_values().collect();
        known.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.name.cmp(&b.name)));
        known.truncate(FIELDS_MOST);
        (known, count)
    }

    /// What is chosen for each container now.
    fn chosen_columns(&self, cx: &Cx) -> Vec<FieldColumns> {
        let sources = self.sources(cx.snapshot);
        sources
            .iter()
            .map(|(name, image)| cx.options.log_columns.of(name, *image).cloned().unwrap_or_default())
            .collect()
    }

    /// Asks which fields are to stand as columns; the cursor is on the row that was chosen last.
    pub(super) fn ask_columns(&self, cx: &Cx, row: usize) -> Action {
        let (mut known, count) = self.known_fields();
        let chosen = self.chosen_columns(cx);
        for field in chosen.iter().flat_map(|one| &one.fields) {
            if !known.iter().any(|known| known.name.eq_ignore_ascii_case(field)) {
                known.push(OfferedField { name: field.clone(), lines: 0, example: String::new(), voices: Vec::new() });
            }
        }
        if known.is_empty() {
            return cx.warn("no fields in the loaded lines: columns are for lines of JSON or logfmt");
        }
        let mut items: Vec<MenuItem> = known
            .into_iter()
            .enumerate()
            .map(|(row, field)| {
                let place = chosen.iter().find_map(|one| place_of(one, &field.name));
                let mut words: Vec<String> = place.map(|place| format!("column {}", place + 1)).into_iter().collect();
                words.push(match field.lines * 100 / count.max(1) {
                    0 if field.lines == 0 => "in none of the loaded lines".into(),
                    0 => "in less than 1% of lines".into(),
                    part => format!("in {part}% of lines"),
                });
                words.extend((!field.example.is_empty()).then(|| format!("such as {}", field.example)));
                let action = Action::Log(LogChoice::TurnColumn(field.name.clone(), field.voices, row));
                MenuItem { on: place.is_some(), ..MenuItem::new(text::clean(&field.name), words.join(", "), action) }
            })
            .collect();
        let shows = !chosen.iter().any(|one| one.hides_others);
        let row_of_others = items.len();
        let others = Action::Log(LogChoice::TurnOtherFields(row_of_others));
        let detail = if shows { "shown dim behind the message" } else { "hidden" };
        items.push(MenuItem { on: shows, ..MenuItem::new("other fields", detail, others) });
        items.extend(self.for_image(cx));
        let menu = Menu::new("Columns, in the order chosen", items, None);
        cx.lettered(menu.at(row))
    }

    /// The row that makes the columns those of the image, too.
    fn for_image(&self, cx: &Cx) -> Option<MenuItem> {
        let sources = self.sources(cx.snapshot);
        let (name, image) = sources.first().filter(|_| sources.len() == 1)?;
        let image = (*image)?;
        cx.options.log_columns.containers.get(*name)?;
        let detail = format!("for all containers of {image} without a choice of their own");
        Some(MenuItem::new("use for the image", text::clean(&detail), Action::Log(LogChoice::ColumnsForImage)))
    }

    /// Changes what is chosen for the containers of which this holds.
    fn choose_columns(&self, cx: &Cx, is_meant: impl Fn(usize) -> bool, change: impl Fn(&mut FieldColumns)) -> Action {
        let mut all = LogColumns::clone(&cx.options.log_columns);
        let sources = self.sources(cx.snapshot);
        for (_, (name, image)) in sources.iter().enumerate().filter(|(place, _)| is_meant(*place)) {
            let mut chosen = all.of(name, *image).cloned().unwrap_or_default();
            change(&mut chosen);
            all.containers.insert(name.to_string(), chosen);
        }
        Action::LogColumns(Arc::new(all))
    }

    /// A field stands as a column from now on, the last one, or does no more. In a log of several containers it does so in the
    /// lines of those that had it when it was offered: meanwhile others may have come in their place.
    pub(super) fn turn_column(&self, cx: &Cx, field: &str, voices: &[u16], row: usize) -> Vec<Action> {
        let chosen = self.chosen_columns(cx);
        let is_on = chosen.iter().any(|one| place_of(one, field).is_some());
        if !is_on && chosen.iter().any(|one| one.fields.len() >= COLUMNS_MOST) {
            return vec![cx.warn(format!("at most {COLUMNS_MOST} columns: take one away first"))];
        }
        let is_meant = |place: usize| match is_on {
            true => chosen.get(place).is_some_and(|one| place_of(one, field).is_some()),
            false => voices.iter().any(|voice| usize::from(*voice) == place),
        };
        let change = |one: &mut FieldColumns| match is_on {
            true => one.fields.retain(|name| !name.eq_ignore_ascii_case(field)),
            false => one.fields.push(field.to_string()),
        };
        vec![self.choose_columns(cx, is_meant, change), Action::Log(LogChoice::AskColumns(row))]
    }

    /// Fields that are no columns are shown behind the message from now on, or not.
    pub(super) fn turn_other_fields(&self, cx: &Cx, row: usize) -> Vec<Action> {
        let hides = !self.chosen_columns(cx).iter().any(|one| one.hides_others);
        let change = |one: &mut FieldColumns| one.hides_others = hides;
        vec![self.choose_columns(cx, |_| true, change), Action::Log(LogChoice::AskColumns(row))]
    }

    /// What is chosen for the container is so for its image from now on, too.
    pub(super) fn columns_for_image(&self, cx: &Cx) -> Vec<Action> {
        let sources = self.sources(cx.snapshot);
        let Some((name, Some(image))) = sources.first() else { return vec![cx.warn("its image is not known")] };
        let mut all = LogColumns::clone(&cx.options.log_columns);
        let chosen = all.of(name, Some(image)).cloned().unwrap_or_default();
        all.images.insert(image.to_string(), chosen);
        let said = format!("these columns are those of all containers of {}", text::clean(image));
        vec![Action::LogColumns(Arc::new(all)), cx.good(said)]
    }
}

/// Which column a field is.
fn place_of(chosen: &FieldColumns, field: &str) -> Option<usize> {
    chosen.fields.iter().position(|name| name.eq_ignore_ascii_case(field))
}
