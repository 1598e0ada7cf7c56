//! Bars, sparklines and charts.

use super::Role;
use super::canvas::Canvas;
use crate::app::gauges::column_at;
use crate::model::{Point, Timestamp};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// From this fraction on, a look is worth it.
const WARN: f64 = 0.7;
/// From this fraction on, it is bad.
const BAD: f64 = 0.9;

/// The role of a fraction that deserves colour.
pub fn grave(fraction: f64) -> Option<Role> {
    match fraction {
        f if f >= BAD => Some(Role::Bad),
        f if f >= WARN => Some(Role::Warn),
        _ => None,
    }
}

/// The sign beside a figure that is bad: its colour alone does not say it.
pub fn alarm(role: Option<Role>) -> &'static str {
    if role == Some(Role::Bad) { "!" } else { "" }
}

/// The role of a filled bar.
pub fn fill_role(fraction: f64) -> Role {
    grave(fraction).unwrap_or(Role::Ok)
}

/// A small bar of `width` cells.
pub fn bar(canvas: &mut Canvas, x: u16, y: u16, width: u16, fraction: f64) {
    let [full, empty] = canvas.glyphs().bar;
    fill(canvas, (x, y, width), fraction, [full, empty]);
}

/// The same where it is to be seen what the whole is.
pub fn bar_of_whole(canvas: &mut Canvas, x: u16, y: u16, width: u16, fraction: f64) {
    let signs = [canvas.glyphs().bar[0], canvas.glyphs().track];
    fill(canvas, (x, y, width), fraction, signs);
}

fn fill(canvas: &mut Canvas, (x, y, width): (u16, u16, u16), fraction: f64, [full, empty]: [&str; 2]) {
    let filled = (fraction.clamp(0.0, 1.0) * f64::from(width)).round() as u16;
    let (on, off) = (canvas.style(fill_role(fraction)), canvas.style(Role::Faint));
    for cell in 0..width {
        let (sign, style) = if cell < filled { (full, on) } else { (empty, off) };
        canvas.put(x + cell, y, sign, style, x + width);
    }
}

/// One line of history: fractions, the newest at the right edge. Cells without history stay empty.
pub fn spark(canvas: &mut Canvas, area: Rect, values: &[f64], ground: Style) {
    columns(canvas, area, values, fill_role, ground);
}

/// A chart of `area`'s height: fractions of its scale, the newest at the right edge.
pub fn columns(canvas: &mut Canvas, area: Rect, values: &[f64], role: impl Fn(f64) -> Role, ground: Style) {
    let shown = &values[values.len().saturating_sub(area.width as usize)..];
    let left = area.right() - shown.len() as u16;
    for (index, value) in shown.iter().enumerate() {
        let style = ground.patch(canvas.style(role(*value)));
        column(canvas, area, left + index as u16, *value, style);
    }
}

/// One column of a chart: a fraction of its scale.
pub fn column(canvas: &mut Canvas, area: Rect, x: u16, value: f64, style: Style) {
    // At least an eighth: a running container at rest is not the same as no data.
    let eighths = ((value.clamp(0.0, 1.0) * f64::from(area.height) * 8.0).round() as u16).max(1);
    for row in 0..area.height {
        let here = eighths.saturating_sub(row * 8).min(8);
        let sign = canvas.glyphs().eighths[here as usize];
        if here > 0 {
            canvas.put(x, area.bottom() - 1 - row, sign, style, area.right());
        }
    }
}

/// Marks a moment where the chart of these points shows it.
pub fn mark_moment(
    canvas: &mut Canvas,
    area: Rect,
    points: &[Point],
    moment: Option<Timestamp>,
    fraction: impl Fn(usize) -> f64,
) {
    let Some(column) = moment.and_then(|moment| column_at(points, moment)) else { return };
    let from_right = points.len() - column;
    if from_right <= usize::from(area.width) {
        mark(canvas, area, area.right() - from_right as u16, fraction(column));
    }
}

/// Marks a column of a chart with a line, which is there at least above what fills the column.
fn mark(canvas: &mut Canvas, area: Rect, x: u16, value: f64) {
    let style = canvas.style(Role::Focus);
    let filled = (value.clamp(0.0, 1.0) * f64::from(area.height)).ceil() as u16;
    for row in 0..area.height {
        let y = area.bottom() - 1 - row;
        if row < filled && row + 1 < area.height {
            canvas.tint(Rect { x, y, width: 1, height: 1 }, style);
        } else {
            canvas.put(x, y, canvas.glyphs().rule[1], style, area.right());
        }
    }
}

/// A round number at or above `value`, so that the scale of a chart stands still while its values move.
pub fn round_scale(value: f64, steps: &[f64]) -> f64 {
    let last = steps.last().copied().unwrap_or(1.0);
    steps.iter().copied().find(|step| *step >= value).unwrap_or_else(|| {
        let mut scale = last.max(1.0);
        while scale < value {
            scale *= 2.0;
        }
        scale
    })
}

/// The first of 1, 2, 5, 10, 20 … that is not below a value.
pub fn round_to_digits(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let ten = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * ten).find(|top| *top >= value).unwrap_or(ten * 10.0)
}

/// The same for bytes, whose steps are binary: 1k, 2k, 5k … 500k, 1M.
pub fn round_bytes(value: f64) -> f64 {
    let mut unit = 1.0;
    while value > 500.0 * unit {
        unit *= 1024.0;
    }
    round_to_digits(value / unit) * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round() {
        let steps = [10.0, 25.0, 50.0, 100.0];
        assert_eq!(round_scale(3.0, &steps), 10.0);
        assert_eq!(round_scale(26.0, &steps), 50.0);
        assert_eq!(round_scale(350.0, &steps), 400.0);
        assert_eq!([0.0, 7.0, 10.0, 12.0, 340.0].map(round_to_digits), [1.0, 10.0, 10.0, 20.0, 500.0]);
        let kibibytes = [300.0, 322.0 * 1024.0, 600.0 * 1024.0].map(|bytes| round_bytes(bytes) / 1024.0);
        assert_eq!(kibibytes, [500.0 / 1024.0, 500.0, 1024.0]);
    }

    #[test]
    fn colour_begins_at_seventy_and_ninety_per_cent() {
        assert_eq!([grave(0.69), grave(0.7), grave(0.9)], [None, Some(Role::Warn), Some(Role::Bad)]);
    }
}
