//! How many containers are in which state, by sign and by word.

use super::Role;
use super::canvas::{Canvas, Part};
use crate::app::fit::Priority;
use crate::model::Totals;

/// The counts that are not nothing: long with words, else signs with figures. What runs is told even if nothing does where
/// `always`. What failed is never hidden by what runs.
pub fn parts(canvas: &Canvas, totals: &Totals, long: bool, always: bool) -> Vec<Part> {
    let glyphs = *canvas.glyphs();
    let counts = [
        (glyphs.running, Role::Ok, totals.running, "running", Priority::Usual),
        (glyphs.unhealthy, Role::Warn, totals.unhealthy, "unhealthy", Priority::Most),
        (glyphs.restarting, Role::Bad, totals.restarting, "restarting", Priority::Most),
        (glyphs.failed, Role::Bad, totals.failed, "failed", Priority::Most),
        (glyphs.paused, Role::Mark, totals.paused, "paused", Priority::High),
        (glyphs.stopped, Role::Dim, totals.stopped, "stopped", Priority::Low),
    ];
    let shown = counts.into_iter().enumerate().filter(|(index, (_, _, count, ..))| *count > 0 || always && *index == 0);
    let part = |(_, (sign, role, count, word, weight)): (usize, (&str, Role, usize, &str, Priority))| {
        let text = match (long, glyphs.ascii) {
            (true, _) => format!("{sign} {count} {word}"),
            (false, false) => format!("{sign}{count}"),
            // Twins in ASCII are not told apart by their colour alone.
            (false, true) => format!("{count}{}", &word[..3]),
        };
        Part::new(weight, text, canvas.style(role))
    };
    shown.map(part).collect()
}

/// Columns that parts take with a gap behind each.
pub fn width(parts: &[Part], gap: u16) -> u16 {
    parts.iter().map(Part::width).filter(|width| *width > 0).map(|width| width + gap).sum()
}
