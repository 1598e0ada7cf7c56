//! The page of a bundle: what somebody reads first. One file without scripts; it asks nothing of any network.

use super::parts::{all_events, container, explained};
use super::{Case, PartSpec, Written, clock, fit};
use crate::model::{Point, secret};
use std::fmt::Write;

/// Lines of the log on the page.
const LINES: usize = 200;
/// Events on the page.
const EVENTS: usize = 100;
/// Rows of other tables on the page.
const ROWS: usize = 100;
/// Characters of a cell or a line.
const CHARACTERS: usize = 2_000;
/// The size of a chart.
const CHART: (f32, f32) = (600.0, 80.0);

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:72em;padding:0 1em;color:#1c1c1c;\
background:#fff}h1{font-size:1.4em}h2{font-size:1.1em;border-bottom:1px solid #ccc;margin-top:2em}table{border-collapse:collapse}\
td,th{text-align:left;padding:.15em 1em .15em 0;vertical-align:top}th{color:#555;font-weight:600}td{word-break:break-word}\
pre{background:#f5f5f5;padding:.8em;overflow-x:auto;font-size:13px}.dim{color:#666}.bad{color:#a40000}svg{background:#f5f5f5}\
@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}pre,svg{background:#222}.dim,th{color:#999}.bad{color:#ff8a80}}";

/// The page, within so many bytes: what would be longer ends in a sentence.
pub fn page(case: &Case, written: &[(&PartSpec, Written)], version: &str, most: usize) -> String {
    let name = fit(case.redactor, &case.told.request.name);
    let sections = [
        why(case),
        overview(case),
        files(written),
        usage(case),
        events(case),
        log(case),
        processes(case),
        history(case),
    ];
    let title = format!("Incident bundle of {}", escaped(&name));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head><body>\n\
         <h1>{title}</h1>\n<p class=\"dim\">Made at {} by bowline {}. Values that look like secrets are replaced by {}.</p>\n",
        clock(case.told.at),
        escaped(version),
        secret::MASK
    );
    for section in sections {
        if page.len() + section.len() + 200 > most {
            page.push_str("<p class=\"bad\">What follows is left out here, since it is too long: see the files.</p>\n");
            break;
        }
        page.push_str(&section);
    }
    page.push_str("</body></html>\n");
    page
}

/// A text in a page: the five characters that mean something there are written by name.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A text as it stands in a cell: not longer than anybody reads there.
fn cell(text: &str) -> String {
    let mut short: String = text.chars().take(CHARACTERS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    escaped(&short)
}

fn section(title: &str, body: &str) -> String {
    format!("<h2>{title}</h2>\n{body}\n")
}

/// A table; nothing where it has no row.
fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String], tag: &str| {
        let cells: String = cells.iter().map(|text| format!("<{tag}>{}</{tag}>", cell(text))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let heads: Vec<String> = heads.iter().map(ToString::to_string).collect();
    let body: String = rows.map(|row| line(&row, "td")).collect();
    if body.is_empty() {
        "<p class=\"dim\">None.</p>".into()
    } else {
        format!("<table>\n{}{body}</table>", line(&heads, "th"))
    }
}

fn overview(case: &Case) -> String {
    let Some(container) = container(case) else {
        return section("Container", "<p class=\"dim\">It is no longer in the engine's list.</p>");
    };
    let port = |port: &crate::model::Port| match port.public {
        Some(public) => format!("{}:{public} → {}/{}", port.address, port.private, port.protocol),
        None => format!("{}/{}", port.private, port.protocol),
    };
    let addresses =
        container.networks.iter().zip(&container.ties.addresses).map(|(network, at)| format!("{network} {at}"));
    let mount = |mount: &crate::model::Mount| {
        format!("{} → {}{}", mount.source, mount.target, if mount.writable { "" } else { " (read-only)" })
    };
    let detail = container.detail.as_deref();
    let rows: [(&str, String); 10] = [
        ("state", container.word()),
        ("since", clock(container.since)),
        ("image", container.image.to_string()),
        ("command", secret::command(&container.command).into_owned()),
        ("restarts", detail.map_or_else(String::new, |detail| detail.restarts.to_string())),
        ("engine's error", detail.map_or_else(String::new, |detail| detail.error.clone())),
        ("ports", container.ports.iter().map(port).collect::<Vec<_>>().join(", ")),
        ("addresses", addresses.collect::<Vec<_>>().join(", ")),
        ("mounts", container.ties.mounts.iter().map(mount).collect::<Vec<_>>().join(", ")),
        ("id", container.id.raw().to_string()),
    ];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    let table = table(&["", ""], rows.map(|(name, value)| vec![name.to_string(), fit(case.redactor, &value)]));
    section("Container", &table)
}

fn why(case: &Case) -> String {
    let Some(why) = explained(case) else { return String::new() };
    let list = |title: &str, items: &[String]| {
        let items: String = items.iter().map(|item| format!("<li>{}</li>", cell(item))).collect();
        if items.is_empty() { String::new() } else { format!("<p class=\"dim\">{title}</p><ul>{items}</ul>") }
    };
    let body = format!("<p>{}</p>{}{}", cell(&why.sentence), list("Evidence", &why.evidence), list("Try", &why.try_));
    section("Why", &body)
}

fn files(written: &[(&PartSpec, Written)]) -> String {
    let mut body = String::from("<table>\n");
    for (spec, part) in written {
        let (link, class) = match &part.missing {
            None => (format!("<a href=\"{0}\">{0}</a>", spec.file), "dim"),
            Some(_) => ("missing".to_string(), "bad"),
        };
        let note = part.missing.as_ref().or(part.cut.as_ref()).map(|why| cell(why)).unwrap_or_default();
        let size = format!("{} KiB", part.bytes.len().div_ceil(1024));
        // A String takes all.
        let _ = writeln!(
            body,
            "<tr><td>{}</td><td>{link}</td><td>{size}</td><td class=\"{class}\">{note}</td></tr>",
            spec.title
        );
    }
    section("Files", &format!("{body}</table>"))
}

fn usage(case: &Case) -> String {
    let series = case.snapshot.usage.get(&case.told.request.id);
    let points: Vec<&Point> = series.map(|series| series.coarse().chain(series.fine()).collect()).unwrap_or_default();
    if points.len() < 2 {
        return section("Usage", "<p class=\"dim\">Too little was measured for a chart.</p>");
    }
    let cpu = chart("CPU, % of one processor", &points, |point| point.cpu);
    let memory = chart("memory, MiB", &points, |point| point.memory_kib as f32 / 1024.0);
    section("Usage", &format!("{cpu}{memory}"))
}

fn chart(title: &str, points: &[&Point], of: impl Fn(&Point) -> f32) -> String {
    let (width, height) = CHART;
    let most = points.iter().map(|point| of(point)).fold(0.0, f32::max).max(f32::MIN_POSITIVE);
    let (first, last) = (points.first().map_or(0, |point| point.at), points.last().map_or(0, |point| point.at));
    let span = last.saturating_sub(first).max(1) as f32;
    let place = |point: &&Point| {
        let x = point.at.saturating_sub(first) as f32 / span * width;
        format!("{x:.1},{:.1}", height - of(point) / most * (height - 4.0))
    };
    let line = points.iter().map(place).collect::<Vec<_>>().join(" ");
    format!(
        "<p class=\"dim\">{title}: at most {most:.1}, now {:.1}</p><svg width=\"{width}\" height=\"{height}\" role=\"img\"><polyline \
         points=\"{line}\" fill=\"none\" stroke=\"#3584e4\" stroke-width=\"1.5\"/></svg>\n",
        points.last().map_or(0.0, |point| of(point))
    )
}

fn events(case: &Case) -> String {
    let events = all_events(case);
    let skipped = events.len().saturating_sub(EVENTS);
    let row = |event: &crate::model::Event| {
        vec![clock(event.at), fit(case.redactor, &event.what), fit(case.redactor, &event.more)]
    };
    let heading = if skipped > 0 { format!("Events (the last {EVENTS} of {})", events.len()) } else { "Events".into() };
    section(&heading, &table(&["at", "what", "more"], events.iter().skip(skipped).map(row)))
}

fn log(case: &Case) -> String {
    let lines = &case.log.lines;
    let skipped = lines.len().saturating_sub(LINES);
    let text: String = lines.iter().skip(skipped).map(|line| cell(&line.written(case.redactor))).collect();
    let heading = if skipped > 0 { format!("Log (the last {LINES} of {} lines)", lines.len()) } else { "Log".into() };
    let body = if text.is_empty() { "<p class=\"dim\">None.</p>".into() } else { format!("<pre>{text}</pre>") };
    section(&heading, &body)
}

fn processes(case: &Case) -> String {
    let rows = case.told.processes.iter().flatten().take(ROWS).map(|process| {
        let command = case.redactor.hide(&secret::command(&process.command));
        vec![process.pid.to_string(), fit(case.redactor, &process.user), command]
    });
    section("Processes", &table(&["pid", "user", "command"], rows))
}

fn history(case: &Case) -> String {
    let rows = case.told.history.iter().flatten().take(ROWS).map(|layer| {
        let command = case.redactor.hide(&secret::command(&layer.command));
        vec![clock(layer.created), format!("{} KiB", layer.size.div_ceil(1024)), command]
    });
    section("Image history", &table(&["created", "size", "command"], rows))
}
