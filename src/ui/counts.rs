//! How many instances are in which state, by sign and by word.

use super::Role;
use super::canvas::Canvas;
use crate::model::Totals;

/// The counts that are not nothing: long with words, else signs with figures. What runs is told even if nothing does where
/// `always`.
pub fn words(canvas: &Canvas, totals: &Totals, long: bool, always: bool) -> Vec<(String, Role)> {
    let glyphs = *canvas.glyphs();
    let counts = [
        (glyphs.running, Role::Ok, totals.running, "running"),
        (glyphs.running, Role::Warn, totals.unhealthy, "unhealthy"),
        (glyphs.restarting, Role::Busy, totals.restarting, "restarting"),
        (glyphs.failed, Role::Bad, totals.failed, "failed"),
        (glyphs.paused, Role::Mark, totals.paused, "paused"),
        (glyphs.stopped, Role::Dim, totals.stopped, "stopped"),
    ];
    let shown = counts.into_iter().enumerate().filter(|(index, (.., count, _))| *count > 0 || always && *index == 0);
    let word = |(_, (sign, role, count, word)): (usize, (&str, Role, usize, &str))| match (long, glyphs.ascii) {
        (true, _) => (format!("{sign} {count} {word}"), role),
        (false, false) => (format!("{sign}{count}"), role),
        // Twins in ASCII are not told apart by their colour alone.
        (false, true) => (format!("{count}{}", &word[..3]), role),
    };
    shown.map(word).collect()
}

/// Columns that they take with a gap behind each.
pub fn width(words: &[(String, Role)], gap: u16) -> u16 {
    words.iter().map(|(text, _)| text.chars().count() as u16 + gap).sum()
}

/// Writes them from `x` on, as many as fit before `end`. Returns the column behind them.
pub fn draw(canvas: &mut Canvas, (x, end): (u16, u16), y: u16, words: &[(String, Role)], gap: u16) -> u16 {
    let mut x = x;
    for (text, role) in words {
        let width = text.chars().count() as u16;
        if x + width > end {
            return x;
        }
        x = canvas.text(x, y, text, canvas.style(*role), width) + gap;
    }
    x
}
