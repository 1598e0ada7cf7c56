//! This room knows how the state looks: it turns it into cells.
//! It may use app, model and ratatui.
//! It never changes the state, does I/O, reads a clock, or says tokio or bollard.

mod canvas;
mod chart;
mod compose;
mod counts;
mod diagnosis;
mod events;
mod files;
mod fleet;
mod footer;
mod gauges;
mod glyph;
mod graphs;
mod groups;
mod header;
mod inspect;
mod layer;
mod line;
mod logs;
mod pressure;
mod processes;
mod resources;
mod shell;
mod sql;
mod table;
mod theme;
mod transfers;

pub use glyph::Glyphs;
pub use theme::{Depth, Role, Theme, names as theme_names};

use crate::app::{App, CaretShape, DetailTab};
use crate::model::Kind;
use canvas::Canvas;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

/// The appearance: colours and signs.
#[derive(Debug, Clone, PartialEq)]
pub struct Appearance {
    /// Colours by role.
    pub theme: Theme,
    /// Signs.
    pub glyphs: Glyphs,
}

/// Where the cursor is to be shown, and its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caret {
    /// The position.
    pub at: Position,
    /// Its form.
    pub shape: CaretShape,
}

impl From<Position> for Caret {
    fn from(at: Position) -> Caret {
        Caret { at, shape: CaretShape::Own }
    }
}

/// Paints the whole screen into an empty buffer of the terminal's size. Returns the cursor, if it is to be shown.
pub fn draw(app: &App, look: &Appearance, buffer: &mut Buffer) -> Option<Caret> {
    let canvas = &mut Canvas::new(buffer, look);
    let places = app.places();
    header::draw(app, canvas, places.header);
    let mut caret = None;
    if let Some(engine) = app.diagnosis() {
        diagnosis::draw(app, engine, canvas);
    } else {
        caret = panes(app, canvas);
    }
    footer::draw(app, canvas, places.footer);
    let mut cursor = footer::cursor(app, places.footer).map(Caret::from);
    for overlay in &app.overlays {
        cursor = layer::draw(app, overlay, canvas).map(Caret::from).or(cursor);
    }
    if app.overlays.is_empty() { cursor.or(caret) } else { cursor }
}

/// Paints the panes. Returns the cursor of the shell, where it has the focus.
fn panes(app: &App, canvas: &mut Canvas) -> Option<Caret> {
    let places = app.places();
    if let Some(area) = places.fleet {
        match app.list() {
            None => fleet::draw(app, canvas, area),
            Some(_) => resources::draw(app, canvas, area),
        }
    }
    if let Some(area) = places.events {
        events::draw(app, canvas, area);
    }
    if let Some(area) = places.gauges {
        match app.group() {
            Some(group) => groups::draw_sums(app, canvas, area, group),
            None => gauges::draw(app, canvas, area),
        }
    }
    if let Some(area) = places.logs {
        match app.detail {
            _ if app.group_told().is_some() => {
                app.group_told().into_iter().for_each(|group| groups::draw_members(app, canvas, area, group));
            }
            DetailTab::Inspect if app.shows_inspect() => inspect::draw(app, canvas, area),
            DetailTab::Files if app.shows_volume_files() => files::draw(app, canvas, area),
            _ if app.view != Kind::Container => resources::draw_details(app, canvas, area),
            DetailTab::Log => logs::draw(app, canvas, area),
            DetailTab::Processes => processes::draw(app, canvas, area),
            DetailTab::Files => files::draw(app, canvas, area),
            DetailTab::Inspect => inspect::draw(app, canvas, area),
        }
    }
    if let Some(area) = places.divider {
        canvas.divider(area);
    }
    let area = places.shell?;
    let rows = places.shell_rows()?;
    shell::draw(app, canvas, area, rows)
}
