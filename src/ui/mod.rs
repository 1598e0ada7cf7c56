//! This room knows how the state looks: it turns it into cells.
//! It may use app, model and ratatui.
//! It never changes the state, does I/O, reads a clock, or says tokio or bollard.

mod canvas;
mod chart;
mod diagnosis;
mod events;
mod fleet;
mod footer;
mod gauges;
mod glyph;
mod header;
mod layer;
mod logs;
mod theme;

pub use glyph::Glyphs;
pub use theme::{Depth, Role, Theme, names as theme_names};

use crate::app::App;
use canvas::Canvas;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

/// How things look: colours and signs.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Colours by role.
    pub theme: Theme,
    /// Signs.
    pub glyphs: Glyphs,
}

/// Paints the whole screen into an empty buffer of the terminal's size. Returns where the cursor is to be shown, if anywhere.
pub fn draw(app: &App, look: &Look, buffer: &mut Buffer) -> Option<Position> {
    let canvas = &mut Canvas::new(buffer, look);
    let places = app.places();
    header::draw(app, canvas, places.header);
    if let Some(engine) = app.diagnosis() {
        diagnosis::draw(app, engine, canvas);
    } else {
        panes(app, canvas);
    }
    footer::draw(app, canvas, places.footer);
    let mut cursor = footer::cursor(app, places.footer);
    for layer in &app.layers {
        cursor = layer::draw(app, layer, canvas).or(cursor);
    }
    cursor
}

fn panes(app: &App, canvas: &mut Canvas) {
    let places = app.places();
    if let Some(area) = places.fleet {
        fleet::draw(app, canvas, area);
    }
    if let Some(area) = places.events {
        events::draw(app, canvas, area);
    }
    if let Some(area) = places.gauges {
        gauges::draw(app, canvas, area);
    }
    if let Some(area) = places.logs {
        logs::draw(app, canvas, area);
    }
    if let Some(area) = places.divider {
        canvas.divider(area);
    }
}
