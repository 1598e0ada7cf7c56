//! Makes the pictures in images/: starts the real program in a terminal, types, waits, and draws the screen as SVG.
//!
//!     cargo build --release && cargo run --release --example pictures [-- --only NAME]
//!
//! Any other look:
//!
//!     pictures --out FILE --size 160x45 --keys 'jj<enter>' --wait TEXT -- ARGS…
//!
//! Keys may hold waits of their own, as in `?<wait:Help><esc>`. More options are listed by `--help`.

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/support/pty.rs"]
mod pty;

mod ground;

use ground::Ground;
use pty::{Cell, Color, Flags, NamedColor, Screen, Setup, Terminal};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// A picture to make.
struct Picture {
    name: &'static str,
    columns: u16,
    rows: u16,
    args: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
    keys: &'static str,
    /// A text that must be on the screen in the end.
    wait: &'static str,
    light: bool,
    /// Seconds: the gauges have something to show after a while.
    age: u64,
    /// On the Docker engine of this machine, with vim and htop in a container.
    docker: bool,
}

const PLAIN: Picture = Picture {
    name: "cockpit",
    columns: 160,
    rows: 45,
    args: &["--demo", "--theme", "dark"],
    env: &[],
    // The cursor begins on the worst container.
    keys: "",
    wait: "unhealthy",
    light: false,
    age: 12,
    docker: false,
};

const PICTURES: &[Picture] = &[
    Picture { age: 90, ..PLAIN },
    Picture { name: "cockpit-80x24", columns: 80, rows: 24, age: 60, ..PLAIN },
    Picture { name: "cockpit-light", args: &["--demo", "--theme", "light"], light: true, ..PLAIN },
    Picture {
        name: "cockpit-16-colours",
        columns: 120,
        rows: 36,
        args: &["--demo"],
        env: &[("TERM", "xterm-16color"), ("COLORTERM", "")],
        ..PLAIN
    },
    Picture {
        name: "cockpit-monochrome",
        columns: 100,
        rows: 30,
        args: &["--demo"],
        env: &[("NO_COLOR", "1")],
        ..PLAIN
    },
    Picture { name: "cockpit-40x12", columns: 40, rows: 12, wait: "", ..PLAIN },
    Picture {
        name: "log",
        columns: 120,
        rows: 30,
        keys: "/api-2<enter>lz|&!flushed<enter>",
        wait: "following",
        age: 20,
        ..PLAIN
    },
    Picture { name: "why", columns: 120, rows: 36, keys: "d", wait: "What to try", ..PLAIN },
    Picture { name: "groups", keys: "vproject<enter>gl", wait: "6 containers", age: 20, ..PLAIN },
    Picture { name: "help", columns: 120, rows: 36, keys: "?", wait: "Help", ..PLAIN },
    Picture { name: "confirm", columns: 120, rows: 36, keys: "jjD", wait: "Remove ", ..PLAIN },
    Picture { name: "images", columns: 120, rows: 36, keys: "2<wait:ghcr>jjj", wait: "rootfs", ..PLAIN },
    Picture { name: "inspect", columns: 120, rows: 36, keys: "i", wait: "yaml", ..PLAIN },
    Picture { name: "create", columns: 120, rows: 36, keys: "Cngi", wait: "Create a container", age: 8, ..PLAIN },
    Picture {
        name: "diagnosis",
        columns: 120,
        rows: 36,
        args: &["--host", "unix:///nowhere/docker.sock"],
        keys: "",
        wait: "No container engine answers",
        ..PLAIN
    },
    Picture {
        name: "shell-vim",
        args: &["--theme", "dark"],
        keys: "/api<enter>e<wait:esc leaves>vim -c 'set number bg=dark' server.js<enter><wait:charge>8j",
        wait: "9,1",
        age: 40,
        docker: true,
        ..PLAIN
    },
    Picture {
        name: "shell-htop",
        args: &["--theme", "dark"],
        keys: "/api<enter>e<wait:esc leaves>htop<enter><wait:F10>",
        wait: "F10Quit",
        age: 40,
        docker: true,
        ..PLAIN
    },
    Picture { name: "shell-80x24", columns: 80, rows: 24, ..SHELL },
    Picture { name: "processes", columns: 120, rows: 36, keys: "/api<enter>p", wait: "COMMAND", ..SHELL },
];

/// A shell on Docker.
const SHELL: Picture = Picture {
    args: &["--theme", "dark"],
    keys: "/api<enter>e<wait:esc leaves>ls -l --color=always /<enter>",
    wait: "esc leaves",
    docker: true,
    ..PLAIN
};

const USAGE: &str = "\
pictures [--only NAME]              make all pictures, or one, in images/
pictures --out FILE [options] -- ARGS…
    --size COLSxROWS                default 120x36
    --keys KEYS                     e.g. 'jj<enter>?<wait:Help><esc>'
    --wait TEXT                     must be on the screen in the end
    --env NAME=VALUE                may be repeated; an empty value removes the variable
    --age SECONDS                   how old the screen must be, default 1
    --light                         a light terminal
    --program FILE                  another program than bowline
    --text                          print the screen as text, too";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let made = match Options::read(&args) {
        Err(why) => {
            eprintln!("{why}\n{USAGE}");
            return ExitCode::from(2);
        }
        Ok(options) if options.help => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(options) => match &options.out {
            Some(out) => one(&options, out),
            None => all(&options),
        },
    };
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Options {
    help: bool,
    only: Option<String>,
    out: Option<PathBuf>,
    size: Option<(u16, u16)>,
    keys: String,
    wait: String,
    env: Vec<(String, String)>,
    age: Option<f64>,
    light: bool,
    program: Option<PathBuf>,
    text: bool,
    args: Vec<String>,
}

impl Options {
    fn read(args: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut args = args.iter().cloned();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} wants a value"));
            match arg.as_str() {
                "-h" | "--help" => options.help = true,
                "--only" => options.only = Some(value()?),
                "--out" => options.out = Some(value()?.into()),
                "--keys" => options.keys = value()?,
                "--wait" => options.wait = value()?,
                "--light" => options.light = true,
                "--text" => options.text = true,
                "--program" => options.program = Some(value()?.into()),
                "--age" => options.age = Some(value()?.parse().map_err(|_| "--age wants seconds")?),
                "--size" => {
                    let size = value()?;
                    let numbers = size.split_once('x').and_then(|(c, r)| Some((c.parse().ok()?, r.parse().ok()?)));
                    options.size = Some(numbers.ok_or(format!("{size} is no size, 120x36 is one"))?);
                }
                "--env" => {
                    let pair = value()?;
                    let (name, value) = pair.split_once('=').ok_or(format!("{pair} is not NAME=VALUE"))?;
                    options.env.push((name.to_owned(), value.to_owned()));
                }
                "--" => {
                    options.args = args.collect();
                    break;
                }
                _ => return Err(format!("{arg} is not known")),
            }
        }
        Ok(options)
    }

    fn program(&self) -> Result<PathBuf, String> {
        let program = match &self.program {
            Some(program) => return Ok(program.clone()),
            None => {
                let example =
                    std::env::current_exe().map_err(|why| format!("where this program lies is unknown: {why}"))?;
                let folder = example.parent().and_then(Path::parent).ok_or("this program lies nowhere")?;
                build(folder.ends_with("release"))?;
                folder.join("bowline")
            }
        };
        if program.exists() {
            Ok(program)
        } else {
            Err(format!("{} is not there yet: cargo build --release makes it", program.display()))
        }
    }
}

/// Builds what the pictures are to show, when cargo runs this program: it builds examples without the program itself.
fn build(release: bool) -> Result<(), String> {
    let Some(cargo) = std::env::var_os("CARGO") else { return Ok(()) };
    let mut command = std::process::Command::new(cargo);
    command.args(["build", "--locked", "--bin", "bowline"]).args(release.then_some("--release"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(why) => Err(format!("{command:?}: {why}")),
    }
}

fn one(options: &Options, out: &Path) -> Result<(), String> {
    let (columns, rows) = options.size.unwrap_or((120, 36));
    let args: Vec<&str> = options.args.iter().map(String::as_str).collect();
    let mut setup = Setup::new(options.program()?).args(&args).size(columns, rows);
    for (name, value) in &options.env {
        setup = setup.env(name, value);
    }
    let age = Duration::from_secs_f64(options.age.unwrap_or(1.0).clamp(0.0, 600.0));
    let screen = look(setup.start(), &options.keys, &options.wait, age);
    if options.text {
        println!("{}", screen.text());
    }
    write(out, &screen, options.light)
}

fn all(options: &Options) -> Result<(), String> {
    let program = options.program()?;
    let wanted = |picture: &&Picture| options.only.as_deref().is_none_or(|only| only == picture.name);
    let pictures: Vec<&Picture> = PICTURES.iter().filter(wanted).collect();
    if pictures.is_empty() {
        let names: Vec<&str> = PICTURES.iter().map(|picture| picture.name).collect();
        return Err(format!("there is no such picture; there are {}", names.join(", ")));
    }
    let _ground = if pictures.iter().any(|picture| picture.docker) { Some(Ground::make()?) } else { None };
    for picture in pictures {
        let mut setup = Setup::new(&program).args(picture.args).size(picture.columns, picture.rows);
        for (name, value) in picture.env {
            setup = setup.env(name, value);
        }
        let screen = look(setup.start(), picture.keys, picture.wait, Duration::from_secs(picture.age));
        let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("images").join(format!("{}.svg", picture.name));
        write(&out, &screen, picture.light)?;
        println!("images/{}.svg", picture.name);
    }
    Ok(())
}

/// Types and waits; returns the screen once it is old enough and at rest between two ticks.
fn look(mut terminal: Terminal, keys: &str, wait: &str, age: Duration) -> Screen {
    const REST: Duration = Duration::from_millis(120);
    let started = Instant::now();
    terminal.wait_until("something on the screen", |screen| !screen.text().trim().is_empty());
    terminal.wait_still(REST);
    let mut rest = keys;
    while let Some((typed, after)) = rest.split_once("<wait:") {
        terminal.type_keys(typed);
        let (text, after) = after.split_once('>').unwrap_or((after, ""));
        terminal.wait_for(text);
        rest = after;
    }
    terminal.type_keys(rest);
    if !keys.is_empty() {
        terminal.wait_until_input_is_read();
    }
    terminal.wait_for(wait);
    std::thread::sleep(age.saturating_sub(started.elapsed()));
    terminal.wait_for(wait);
    terminal.wait_still(REST)
}

fn write(out: &Path, screen: &Screen, light: bool) -> Result<(), String> {
    std::fs::write(out, svg(screen, light)).map_err(|why| format!("{} cannot be written: {why}", out.display()))
}

// ---- drawing ----

const CELL: (usize, usize) = (9, 20);
const FONT: usize = 15;
/// From the top of a cell to the line the letters stand on.
const BASELINE: usize = 15;
const MARGIN: usize = 12;

const DARK: [&str; 2] = ["#0f1218", "#d3d7de"];
const LIGHT: [&str; 2] = ["#fdfdfc", "#24292f"];
/// The sixteen colours of the terminal in the pictures.
const SIXTEEN: [&str; 16] = [
    "#1c2028", "#e05f65", "#6fbf73", "#d9a94e", "#5b9dee", "#b682e0", "#4fc0c0", "#c3c9d1", "#667080", "#ff8086",
    "#93dd97", "#f5c871", "#86bcff", "#d2a6f5", "#7fe0df", "#ffffff",
];
const LIGHT_SIXTEEN: [&str; 16] = [
    "#24292f", "#c0262d", "#1a7f37", "#8a5a00", "#0757ba", "#7a35b0", "#0f7280", "#6e7781", "#57606a", "#a40e26",
    "#116329", "#6b4700", "#0349b4", "#622cbc", "#1b6a77", "#8c959f",
];

#[derive(Clone, PartialEq, Eq)]
struct Look {
    fg: String,
    bg: String,
    flags: Flags,
}

fn svg(screen: &Screen, light: bool) -> String {
    let [page, ink] = if light { LIGHT } else { DARK };
    let (columns, rows) = (screen.cells.first().map_or(0, Vec::len), screen.cells.len());
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, rows * CELL.1 + 2 * MARGIN);
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <style>text{{font-family:\"JetBrains Mono\",\"DejaVu Sans Mono\",\"Cascadia Mono\",Menlo,Consolas,monospace;\
         font-size:{FONT}px;white-space:pre;font-variant-ligatures:none}}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{page}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\" fill=\"{ink}\">\n"
    );
    let looks: Vec<Vec<Look>> =
        screen.cells.iter().map(|row| row.iter().map(|cell| look_of(cell, light)).collect()).collect();
    let _ = writeln!(out, "<g shape-rendering=\"crispEdges\">");
    for (row, looks) in looks.iter().enumerate() {
        for (from, to) in runs(columns, |at| looks[at].bg.as_str()) {
            if looks[from].bg != page {
                rect(&mut out, &looks[from].bg, from * CELL.0, row * CELL.1, (to - from) * CELL.0, CELL.1);
            }
        }
    }
    if screen.cursor_visible() {
        let (column, row) = screen.cursor;
        rect(&mut out, if light { "#9aa3ad" } else { "#6b7482" }, column * CELL.0, row * CELL.1, CELL.0, CELL.1);
    }
    for (row, looks) in looks.iter().enumerate() {
        shapes(&mut out, &screen.cells[row], looks, row);
    }
    let _ = writeln!(out, "</g>");
    for (row, looks) in looks.iter().enumerate() {
        words(&mut out, &screen.cells[row], looks, row, ink);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn look_of(cell: &Cell, light: bool) -> Look {
    let [page, ink] = if light { LIGHT } else { DARK };
    let mut fg = colour(cell.fg, light, ink);
    let mut bg = colour(cell.bg, light, page);
    if cell.flags.contains(Flags::INVERSE) {
        std::mem::swap(&mut fg, &mut bg);
    }
    if cell.flags.contains(Flags::DIM) {
        fg = between(&fg, &bg, 0.42);
    }
    let flags = cell.flags
        & (Flags::BOLD | Flags::ITALIC | Flags::ALL_UNDERLINES | Flags::STRIKEOUT | Flags::HIDDEN | Flags::WIDE_CHAR);
    Look { fg, bg, flags }
}

fn colour(colour: Color, light: bool, default: &str) -> String {
    let sixteen = if light { LIGHT_SIXTEEN } else { SIXTEEN };
    let [page, ink] = if light { LIGHT } else { DARK };
    match colour {
        Color::Spec(rgb) => format!("#{:02x}{:02x}{:02x}", rgb.r, rgb.g, rgb.b),
        Color::Indexed(index @ 0..=15) => sixteen[usize::from(index)].to_owned(),
        Color::Indexed(index @ 16..=231) => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let n = index - 16;
            format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        Color::Indexed(index) => format!("#{0:02x}{0:02x}{0:02x}", 8 + 10 * (index - 232)),
        Color::Named(NamedColor::Foreground) => ink.to_owned(),
        Color::Named(NamedColor::Background) => page.to_owned(),
        Color::Named(name) => sixteen.get(name as usize).map_or(default, |found| found).to_owned(),
    }
}

fn between(from: &str, to: &str, part: f64) -> String {
    let channel = |text: &str, at: usize| f64::from(u8::from_str_radix(&text[at..at + 2], 16).unwrap_or(0));
    let mix = |at| (channel(from, at) * (1.0 - part) + channel(to, at) * part).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(1), mix(3), mix(5))
}

/// Neighbours that are alike, as half-open ranges.
fn runs<T: PartialEq>(length: usize, of: impl Fn(usize) -> T) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut from = 0;
    for at in 1..=length {
        if at == length || of(at) != of(from) {
            runs.push((from, at));
            from = at;
        }
    }
    runs
}

fn rect(out: &mut String, fill: &str, x: usize, y: usize, width: usize, height: usize) {
    let _ = writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>");
}

/// Blocks, lines and underlines: drawn as rectangles, so that they meet whatever the font is.
fn shapes(out: &mut String, cells: &[Cell], looks: &[Look], row: usize) {
    let y = row * CELL.1;
    // Alike neighbours become one rectangle: fewer seams, smaller files.
    for (from, to) in runs(cells.len(), |at| (cells[at].text.as_str(), &looks[at].fg)) {
        if looks[from].flags.contains(Flags::HIDDEN) {
            continue;
        }
        let fill = &looks[from].fg;
        let (x, span) = (from * CELL.0, (to - from) * CELL.0);
        let c = cells[from].text.chars().next().unwrap_or(' ');
        if let Some((left, top, width, height)) = spanning(c) {
            rect(out, fill, x + left, y + top, span - (CELL.0 - width), height);
            continue;
        }
        for at in from..to {
            for (left, top, width, height) in parts(c) {
                rect(out, fill, at * CELL.0 + left, y + top, width, height);
            }
            if let Some(opacity) = shade(c) {
                let (x, w, h) = (at * CELL.0, CELL.0, CELL.1);
                let _ = writeln!(
                    out,
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"{fill}\" opacity=\"{opacity}\"/>"
                );
            }
        }
    }
    for (from, to) in
        runs(cells.len(), |at| (looks[at].flags & (Flags::ALL_UNDERLINES | Flags::STRIKEOUT), &looks[at].fg))
    {
        let (x, span) = (from * CELL.0, (to - from) * CELL.0);
        if looks[from].flags.intersects(Flags::ALL_UNDERLINES) {
            rect(out, &looks[from].fg, x, y + BASELINE + 2, span, 1);
        }
        if looks[from].flags.contains(Flags::STRIKEOUT) {
            rect(out, &looks[from].fg, x, y + BASELINE - 5, span, 1);
        }
    }
}

type Part = (usize, usize, usize, usize);

/// Shapes that fill their cell from side to side, so that a row of them is one rectangle.
fn spanning(c: char) -> Option<Part> {
    let (w, h) = CELL;
    Some(match c {
        '─' => (0, h / 2, w, 1),
        '━' => (0, h / 2 - 1, w, 3),
        '▀' => (0, 0, w, h / 2),
        '▔' => (0, 0, w, h / 8),
        '\u{2581}'..='\u{2588}' => {
            let height = (h * (c as usize - 0x2580) + 4) / 8;
            (0, h - height, w, height)
        }
        _ => return None,
    })
}

fn shade(c: char) -> Option<f64> {
    Some(match c {
        '░' => 0.25,
        '▒' => 0.5,
        '▓' => 0.75,
        _ => return None,
    })
}

/// The rectangles of one cell: lines with their arms, left and right blocks, quadrants, Braille dots.
fn parts(c: char) -> Vec<Part> {
    let (w, h) = CELL;
    let (middle, centre) = (w / 2, h / 2);
    if let Some((left, right, up, down)) = arms(c) {
        let mut found = Vec::new();
        let thick = |weight: usize| if weight == 2 { 3 } else { 1 };
        if left > 0 {
            found.push((0, centre - (thick(left) / 2), middle + 1, thick(left)));
        }
        if right > 0 {
            found.push((middle, centre - (thick(right) / 2), w - middle, thick(right)));
        }
        if up > 0 {
            found.push((middle - (thick(up) / 2), 0, thick(up), centre + 1));
        }
        if down > 0 {
            found.push((middle - (thick(down) / 2), centre, thick(down), h - centre));
        }
        return found;
    }
    let quadrants = |set: [bool; 4]| {
        let corners = [(0, 0), (middle, 0), (0, centre), (middle, centre)];
        let size = |(x, y): (usize, usize)| (x, y, if x == 0 { middle } else { w - middle }, h - centre);
        corners.into_iter().zip(set).filter(|(_, set)| *set).map(|(corner, _)| size(corner)).collect()
    };
    match c {
        '\u{2589}'..='\u{258f}' => vec![(0, 0, (w * (0x2590 - c as usize) + 4) / 8, h)],
        '▐' => vec![(middle, 0, w - middle, h)],
        '▕' => vec![(w - 1, 0, 1, h)],
        '▖' => quadrants([false, false, true, false]),
        '▗' => quadrants([false, false, false, true]),
        '▘' => quadrants([true, false, false, false]),
        '▝' => quadrants([false, true, false, false]),
        '▙' => quadrants([true, false, true, true]),
        '▚' => quadrants([true, false, false, true]),
        '▛' => quadrants([true, true, true, false]),
        '▜' => quadrants([true, true, false, true]),
        '▞' => quadrants([false, true, true, false]),
        '▟' => quadrants([false, true, true, true]),
        '▪' | '■' => vec![(1, centre - 3, w - 2, 7)],
        '┄' | '┈' | '╌' => vec![(1, centre, 2, 1), (5, centre, 2, 1)],
        '┆' | '┊' | '╎' => vec![(middle, 2, 1, 4), (middle, 10, 1, 4)],
        '\u{2801}'..='\u{28ff}' => {
            let dots = c as u32 - 0x2800;
            let places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
            let set = places.iter().enumerate().filter(|(bit, _)| dots >> bit & 1 == 1);
            set.map(|(_, (x, y))| (1 + x * 4, 1 + y * 5, 3, 3)).collect()
        }
        _ => Vec::new(),
    }
}

/// The weights of a line's arms: left, right, up, down; 1 is light, 2 heavy.
fn arms(c: char) -> Option<(usize, usize, usize, usize)> {
    Some(match c {
        '│' => (0, 0, 1, 1),
        '┃' => (0, 0, 2, 2),
        '┌' | '╭' => (0, 1, 0, 1),
        '┐' | '╮' => (1, 0, 0, 1),
        '└' | '╰' => (0, 1, 1, 0),
        '┘' | '╯' => (1, 0, 1, 0),
        '├' => (0, 1, 1, 1),
        '┤' => (1, 0, 1, 1),
        '┬' => (1, 1, 0, 1),
        '┴' => (1, 1, 1, 0),
        '┼' => (1, 1, 1, 1),
        '┏' => (0, 2, 0, 2),
        '┓' => (2, 0, 0, 2),
        '┗' => (0, 2, 2, 0),
        '┛' => (2, 0, 2, 0),
        '┣' => (0, 2, 2, 2),
        '┫' => (2, 0, 2, 2),
        '┳' => (2, 2, 0, 2),
        '┻' => (2, 2, 2, 0),
        '╋' => (2, 2, 2, 2),
        '╴' => (1, 0, 0, 0),
        '╵' => (0, 0, 1, 0),
        '╶' => (0, 1, 0, 0),
        '╷' => (0, 0, 0, 1),
        _ => return None,
    })
}

fn words(out: &mut String, cells: &[Cell], looks: &[Look], row: usize, ink: &str) {
    let plain = |at: usize| {
        let mut chars = cells[at].text.chars();
        matches!((chars.next(), chars.next()), (Some(' '..='~'), None))
    };
    // What is not ASCII may come from another font and have another width: it gets a place of its own.
    let alike = |at: usize| {
        let flags = looks[at].flags & (Flags::BOLD | Flags::ITALIC | Flags::HIDDEN);
        (looks[at].fg.as_str(), flags, if plain(at) { 0 } else { at + 1 })
    };
    for (from, to) in runs(cells.len(), alike) {
        let flags = looks[from].flags;
        let text: String = cells[from..to].iter().map(|cell| cell.text.as_str()).collect();
        let drawn =
            text.chars().next().is_some_and(|c| spanning(c).is_some() || shade(c).is_some() || !parts(c).is_empty());
        let control = text.chars().any(char::is_control);
        if flags.contains(Flags::HIDDEN) || text.trim().is_empty() || drawn || control {
            continue;
        }
        let skipped = text.len() - text.trim_start().len();
        let text = text.trim();
        let wide = usize::from(flags.contains(Flags::WIDE_CHAR));
        let cells_wide = if plain(from) { text.len() } else { 1 + wide };
        let (x, y) = ((from + skipped) * CELL.0, row * CELL.1 + BASELINE);
        let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" xml:space=\"preserve\"");
        if plain(from) && cells_wide > 1 {
            let _ = write!(out, " textLength=\"{}\"", cells_wide * CELL.0);
        }
        if looks[from].fg != ink {
            let _ = write!(out, " fill=\"{}\"", looks[from].fg);
        }
        if flags.contains(Flags::BOLD) {
            out.push_str(" font-weight=\"bold\"");
        }
        if flags.contains(Flags::ITALIC) {
            out.push_str(" font-style=\"italic\"");
        }
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = writeln!(out, ">{escaped}</text>");
    }
}
