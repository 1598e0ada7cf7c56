//! The import rule: which room may speak of which, held against the source itself.
//!
//! The reading is rough (a lexer, not a compiler) but honest: comments, strings and test-only items are set
//! aside, `use` trees and paths are expanded, and `super::` is followed up to the root. A room that does not
//! exist yet is not missed; a room that exists and has no row below is.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// One row of the table: what a room may use, and what it never says.
struct Rule {
    room: &'static str,
    /// The rooms it may name; it may always name itself.
    rooms: &'static [&'static str],
    /// The outside crates it may name, beside [`HELPERS`]. A longer path opens only that part of the crate.
    crates: &'static [&'static str],
    never: &'static [Never],
}

/// Things a room never says, whatever they are called through.
#[derive(Clone, Copy)]
enum Never {
    /// `Instant::now()` and its like: time comes in a message.
    Clock,
    /// Files, sockets, processes, environment, threads.
    Outside,
    /// `&mut App`: what is shown is not changed by showing it.
    MutApp,
}

/// Small crates that compute and nothing else: any room may use them.
const HELPERS: &[&str] = &[
    "bytes",
    "jiff::civil",
    "jiff::fmt",
    "jiff::tz",
    "jiff::Timestamp",
    "jiff::Zoned",
    "jiff::SignedDuration",
    "base64",
    "memchr",
    "shell_words",
    "strsim",
    "unicode_segmentation",
    "unicode_width",
    "vte",
];

/// The binary's own modules: they introduce the rooms to each other, and speak where there is no screen yet.
const BINARY: &[&str] = &["main"];

const EVERY_ROOM: &[&str] = &["model", "app", "ui", "engine", "persist", "config", "term"];

const RULES: &[Rule] = &[
    Rule {
        room: "model",
        rooms: &[],
        crates: &["aho_corasick", "regex", "serde"],
        never: &[Never::Clock, Never::Outside],
    },
    Rule {
        room: "app",
        rooms: &["model"],
        crates: &[
            "alacritty_terminal",
            "crokey",
            "crossterm::event",
            "nucleo_matcher",
            "parse_size",
            "ratatui::layout",
            "regex",
            "serde",
            "tui_textarea",
        ],
        never: &[Never::Clock, Never::Outside],
    },
    Rule {
        room: "ui",
        rooms: &["app", "model"],
        crates: &["alacritty_terminal", "ratatui", "serde", "tui_textarea"],
        never: &[Never::Clock, Never::Outside, Never::MutApp],
    },
    Rule {
        room: "engine",
        rooms: &["model", "persist"],
        crates: &[
            "bollard",
            "futures_util",
            "http",
            "http_body_util",
            "hyper",
            "hyper_util",
            "jiff",
            "percent_encoding",
            "process_wrap",
            "regex",
            "rustix",
            "serde",
            "serde_json",
            "serde_saphyr",
            "sha2",
            "tar",
            "tempfile",
            "tokio",
            "tower_service",
            "tracing",
        ],
        never: &[],
    },
    Rule {
        room: "persist",
        rooms: &["model"],
        crates: &["rustix", "serde", "tempfile", "toml", "tracing", "tracing_appender", "tracing_subscriber"],
        never: &[],
    },
    Rule {
        room: "config",
        rooms: &["model", "app", "ui"],
        crates: &["clap", "crokey", "crossterm::event", "etcetera", "ratatui::style", "serde", "strsim", "toml"],
        never: &[Never::Clock],
    },
    Rule {
        room: "term",
        rooms: &[],
        crates: &[
            "crossterm",
            "futures_util",
            "ratatui",
            "rustix",
            "terminput",
            "terminput_crossterm",
            "tokio",
            "tracing",
        ],
        never: &[],
    },
    Rule {
        room: "runtime",
        rooms: EVERY_ROOM,
        crates: &[
            "crossterm",
            "futures_util",
            "jiff",
            "ratatui",
            "rustix",
            "serde_json",
            "tempfile",
            "tokio",
            "tracing",
        ],
        never: &[],
    },
    Rule {
        room: "cli",
        rooms: &["model", "app", "ui", "engine", "persist", "config", "term", "runtime"],
        crates: &["bowline_embedded", "clap", "jiff", "rustix", "tempfile", "tokio", "tracing"],
        never: &[],
    },
];

#[test]
fn every_room_speaks_only_of_what_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = outside_crates(&std::fs::read_to_string(root.join("Cargo.toml")).expect("Cargo.toml is readable"));
    let violations = violations_in(&root.join("src"), &crates);
    let list: Vec<String> = violations.iter().map(Violation::to_string).collect();
    assert!(list.is_empty(), "the import rule (top of src/lib.rs) is broken:\n  {}", list.join("\n  "));
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    file: PathBuf,
    line: usize,
    says: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.says)
    }
}

/// The names under which the dependencies of a manifest are spoken of in code.
fn outside_crates(manifest: &str) -> BTreeSet<String> {
    let manifest: toml::Table = manifest.parse().expect("Cargo.toml parses");
    let mut tables = vec![&manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values().filter_map(toml::Value::as_table));
    }
    let dependencies = tables.iter().filter_map(|table| table.get("dependencies")?.as_table());
    dependencies.flat_map(|table| table.keys()).map(|name| name.replace('-', "_")).collect()
}

fn violations_in(src: &Path, crates: &BTreeSet<String>) -> Vec<Violation> {
    let mut files = Vec::new();
    rust_files(src, &mut files);
    let read: Vec<(PathBuf, Source)> = files
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source file is readable");
            (path.strip_prefix(src).expect("it lies in src").to_path_buf(), Source::read(&text))
        })
        .collect();
    // `#[cfg(test)] mod sessions;` makes a whole file, or a whole folder, test code.
    let test_only: Vec<PathBuf> = read
        .iter()
        .flat_map(|(path, source)| {
            let folder = match path.file_stem().and_then(|stem| stem.to_str()) {
                Some("mod" | "lib" | "main") => path.parent().expect("a file has a folder").to_path_buf(),
                _ => path.with_extension(""),
            };
            source.test_modules.iter().map(move |name| folder.join(name))
        })
        .collect();
    let mut found: Vec<Violation> = read
        .iter()
        .filter(|(path, _)| !test_only.iter().any(|module| path.with_extension("").starts_with(module)))
        .flat_map(|(path, source)| violations_of(path, source, crates))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("src is readable").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// What one file says that its room may not say.
fn violations_of(file: &Path, source: &Source, crates: &BTreeSet<String>) -> Vec<Violation> {
    let first = file.components().next().expect("a file has a name").as_os_str().to_string_lossy();
    let room = first.trim_end_matches(".rs").to_owned();
    let mut said = Vec::new();
    let mut say = |line: usize, says: String| said.push(Violation { file: Path::new("src").join(file), line, says });

    let binary = BINARY.contains(&room.as_str());
    let may_print = binary || room == "cli" || room == "term";
    let paths = source.paths();
    for path in &paths {
        if path.names.first().is_some_and(|name| name == "bollard") && room != "engine" {
            say(path.line, "says `bollard`: only src/engine does".to_owned());
        }
        if path.has(&["io", "stdout"]) && !may_print {
            say(path.line, "says `stdout`: only src/term and src/cli do".to_owned());
        }
    }
    if !may_print {
        for name in ["print", "println"] {
            for line in source.find(&[name, "!"]) {
                say(line, format!("says `{name}!`: only src/term.rs writes to stdout"));
            }
        }
        for line in source.find(&["stdout", "("]) {
            say(line, "says `stdout()`: only src/term and src/cli do".to_owned());
        }
    }
    if room == "lib" || binary {
        return said;
    }
    let Some(rule) = RULES.iter().find(|rule| rule.room == room) else {
        say(1, format!("the room `{room}` has no row in tests/rooms.rs: decide what it may use"));
        return said;
    };

    let rooms: BTreeSet<&str> = RULES.iter().map(|rule| rule.room).collect();
    let depth = module_depth(file);
    for path in &paths {
        if let Some(other) = path.below_the_root(depth)
            && rooms.contains(other)
            && other != room
            && !rule.rooms.contains(&other)
        {
            say(path.line, format!("`{room}` says `crate::{other}`: it may use {}", listed(rule.rooms)));
        }
        let head = path.names.first().map_or("", String::as_str);
        let outside = crates.contains(head) && (path.names.len() > 1 || path.imported);
        if outside && head != "bollard" && !allowed(rule, path) {
            say(path.line, format!("`{room}` says `{}`: no row of the import rule lets it", path.names.join("::")));
        }
    }
    for never in rule.never {
        match never {
            Never::Clock => {
                for path in paths.iter().filter(|path| path.names.len() > 1 && path.ends_with("now")) {
                    say(path.line, format!("`{room}` reads a clock: `{}`", path.names.join("::")));
                }
                for line in source.find(&[".", "elapsed", "("]) {
                    say(line, format!("`{room}` reads a clock: `.elapsed()`"));
                }
            }
            Never::Outside => {
                for part in ["fs", "net", "process", "env", "thread", "io"] {
                    for path in paths.iter().filter(|path| path.has(&["std", part]) && !path.has(&["env", "consts"])) {
                        say(path.line, format!("`{room}` says `std::{part}`: it does no I/O"));
                    }
                }
            }
            Never::MutApp => {
                for line in source.mutable_apps() {
                    say(line, format!("`{room}` says `&mut App`: showing changes nothing"));
                }
            }
        }
    }
    said
}

fn listed(rooms: &[&str]) -> String {
    if rooms.is_empty() { "no other room".to_owned() } else { rooms.join(", ") }
}

fn allowed(rule: &Rule, path: &Said) -> bool {
    rule.crates.iter().chain(HELPERS).any(|open| {
        let open: Vec<&str> = open.split("::").collect();
        path.names.len() >= open.len() && path.names.iter().zip(&open).all(|(name, open)| name == open)
    })
}

/// How many `super::` lead from a file's own module to the root of the crate.
fn module_depth(file: &Path) -> usize {
    let parts = file.components().count();
    match file.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib" | "main") => parts - 1,
        _ => parts,
    }
}

/// A path as it is said in code, `use` trees unfolded.
#[derive(Debug)]
struct Said {
    names: Vec<String>,
    line: usize,
    imported: bool,
}

impl Said {
    fn has(&self, window: &[&str]) -> bool {
        self.names.windows(window.len()).any(|names| names == window)
    }

    fn ends_with(&self, name: &str) -> bool {
        self.names.last().is_some_and(|last| last == name)
    }

    /// The first name below the root of the crate, if the path goes through the root.
    fn below_the_root(&self, depth: usize) -> Option<&str> {
        let supers = self.names.iter().skip_while(|name| *name == "self").take_while(|name| *name == "super").count();
        let skipped = self.names.iter().take_while(|name| *name == "self").count() + supers;
        let below = match self.names.first()?.as_str() {
            "crate" | "bowline" => self.names.get(1),
            _ if supers > 0 && supers >= depth => self.names.get(skipped),
            _ => None,
        };
        below.map(String::as_str)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    line: usize,
}

/// A file as tokens: no comments, no strings, nothing that is compiled for tests only.
struct Source {
    tokens: Vec<Token>,
    /// The out-of-line modules that exist for tests only.
    test_modules: Vec<String>,
}

impl Source {
    fn read(text: &str) -> Self {
        let mut tokens = lex(text);
        let test_modules = set_tests_aside(&mut tokens);
        Self { tokens, test_modules }
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    /// The lines where these tokens follow one another; a name that begins them is no field or method.
    fn find(&self, wanted: &[&str]) -> Vec<usize> {
        let starts = 0..self.tokens.len().saturating_sub(wanted.len() - 1);
        starts
            .filter(|&at| wanted.iter().enumerate().all(|(n, want)| self.text(at + n) == *want))
            .filter(|&at| wanted[0] == "." || at == 0 || !matches!(self.text(at - 1), "." | "fn"))
            .map(|at| self.tokens[at].line)
            .collect()
    }

    fn mutable_apps(&self) -> Vec<usize> {
        let mut lines = Vec::new();
        for at in 0..self.tokens.len() {
            if self.text(at) != "&" {
                continue;
            }
            let mut next = at + 1;
            if self.text(next).starts_with('\'') {
                next += 1;
            }
            if self.text(next) != "mut" {
                continue;
            }
            next += 1;
            while is_name(self.text(next)) && self.text(next + 1) == "::" {
                next += 2;
            }
            if self.text(next) == "App" {
                lines.push(self.tokens[at].line);
            }
        }
        lines
    }

    fn paths(&self) -> Vec<Said> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let imported = matches!(self.text(at), "use" | "extern");
            if imported {
                at += 1;
                if self.text(at) == "crate" && self.text(at + 1) != "::" {
                    at += 1; // extern crate name;
                }
                if self.text(at) == "::" {
                    at += 1;
                }
                at = self.path(at, &[], true, &mut found);
            } else if is_name(self.text(at)) && (at == 0 || self.text(at - 1) != ".") {
                at = self.path(at, &[], false, &mut found);
            } else {
                at += 1;
            }
        }
        found
    }

    /// Reads one path, or one `use` tree, and says where it ends.
    fn path(&self, mut at: usize, before: &[String], imported: bool, found: &mut Vec<Said>) -> usize {
        let mut names = before.to_vec();
        let line = self.tokens.get(at).map_or(0, |token| token.line);
        loop {
            if imported && self.text(at) == "{" {
                at += 1;
                while at < self.tokens.len() && self.text(at) != "}" {
                    let was = at;
                    at = self.path(at, &names, true, found);
                    if self.text(at) == "as" {
                        at += 2;
                    }
                    if self.text(at) == "," || at == was {
                        at += 1;
                    }
                }
                return at + 1;
            }
            if !is_name(self.text(at)) && self.text(at) != "*" {
                break;
            }
            if self.text(at) != "self" || names.is_empty() {
                names.push(self.text(at).to_owned());
            }
            at += 1;
            if self.text(at) == "::" && (is_name(self.text(at + 1)) || imported) {
                at += 1;
            } else {
                break;
            }
        }
        if names.len() > before.len() || imported {
            found.push(Said { names, line, imported });
        }
        at.max(1)
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn lex(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let get = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let start = at;
        let c = chars[at];
        match c {
            '/' if get(at + 1) == '/' => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
            }
            '/' if get(at + 1) == '*' => at = after_block_comment(&chars, at),
            '"' => at = after_string(&chars, at),
            '\'' if get(at + 1) == '\\' || (get(at + 2) == '\'' && get(at + 1) != '\'') => {
                at += if get(at + 1) == '\\' { 3 } else { 2 };
                while at < chars.len() && chars[at] != '\'' {
                    at += 1;
                }
                at += 1;
            }
            '\'' => {
                at += 1;
                while get(at).is_alphanumeric() || get(at) == '_' {
                    at += 1;
                }
                tokens.push(Token { text: chars[start..at].iter().collect(), line });
            }
            _ if c.is_alphanumeric() || c == '_' => {
                while get(at).is_alphanumeric() || get(at) == '_' {
                    at += 1;
                }
                let word: String = chars[start..at].iter().collect();
                let raw = matches!(word.as_str(), "r" | "br" | "cr");
                if get(at) == '"' && matches!(word.as_str(), "b" | "c") {
                    at = after_string(&chars, at);
                } else if raw && (get(at) == '"' || (get(at) == '#' && matches!(get(at + 1), '#' | '"'))) {
                    at = after_raw_string(&chars, at);
                } else if raw && get(at) == '#' {
                    at += 1; // r#name is the name
                } else if word == "b" && get(at) == '\'' {
                    // the character follows as a token of its own
                } else {
                    tokens.push(Token { text: word, line });
                }
            }
            ':' if get(at + 1) == ':' => {
                at += 2;
                tokens.push(Token { text: "::".to_owned(), line });
            }
            _ => {
                at += 1;
                if !c.is_whitespace() {
                    tokens.push(Token { text: c.to_string(), line });
                }
            }
        }
        line += chars[start..at.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

fn after_block_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn after_string(chars: &[char], mut at: usize) -> usize {
    at += 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn after_raw_string(chars: &[char], mut at: usize) -> usize {
    let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
    at += hashes + 1;
    while at < chars.len() {
        if chars[at] == '"' && chars[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes {
            return at + 1 + hashes;
        }
        at += 1;
    }
    at
}

/// Removes every item under `#[cfg(test)]`, and names the modules whose files are test code.
fn set_tests_aside(tokens: &mut Vec<Token>) -> Vec<String> {
    let mut modules = Vec::new();
    let mut kept = Vec::new();
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut at = 0;
    while at < tokens.len() {
        let inner = text(at + 1) == "!";
        let open = at + 1 + usize::from(inner);
        let close = if text(at) == "#" && text(open) == "[" { matching(tokens, open) } else { at };
        let words: Vec<&str> = (open + 1..close).map(text).collect();
        let for_tests = matches!(words.as_slice(), ["cfg", "(", "test", ")"] | ["cfg", "(", "all", "(", "test", ..]);
        if close == at || !for_tests {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        if inner {
            kept.clear(); // `#![cfg(test)]`: the whole file
            break;
        }
        at = close + 1;
        while text(at) == "#" {
            at = matching(tokens, at + 1) + 1;
        }
        let item = (at..tokens.len()).find(|&n| !matches!(text(n), "pub" | "(" | "crate" | "super" | ")"));
        let item = item.unwrap_or(tokens.len());
        if text(item) == "mod" && text(item + 2) == ";" {
            modules.push(text(item + 1).to_owned());
        }
        let is_use = text(item) == "use";
        while at < tokens.len() {
            match text(at) {
                ";" => break,
                "{" if !is_use => {
                    at = matching(tokens, at);
                    break;
                }
                "(" | "[" | "{" => at = matching(tokens, at) + 1,
                _ => at += 1,
            }
        }
        at += 1;
    }
    *tokens = kept;
    modules
}

fn matching(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}

// ---- the rule's own tests: a planted violation is caught, an innocent look-alike is not ----

fn said(file: &str, text: &str) -> Vec<String> {
    let crates = ["bollard", "tokio", "ratatui", "crossterm", "serde", "bytes", "jiff"].map(str::to_owned).into();
    violations_of(Path::new(file), &Source::read(text), &crates).iter().map(Violation::to_string).collect()
}

#[track_caller]
fn is_caught(file: &str, text: &str, message: &str) {
    let said = said(file, text);
    assert!(said.iter().any(|line| line.contains(message)), "{file}: {text:?} should say {message:?}, said {said:?}");
}

#[track_caller]
fn is_innocent(file: &str, text: &str) {
    let said = said(file, text);
    assert!(said.is_empty(), "{file}: {text:?} is innocent, yet {said:?}");
}

#[test]
fn a_planted_violation_is_caught_with_file_and_line() {
    is_caught("app/log.rs", "\n\nuse tokio::sync::mpsc;", "src/app/log.rs:3: `app` says `tokio::sync::mpsc`");
    is_caught("app/mod.rs", "use crate::engine::Engine;", "src/app/mod.rs:1: `app` says `crate::engine`");
    is_caught("engine/mod.rs", "fn f(a: &crate::app::App) {}", "`engine` says `crate::app`");
    is_caught("engine/mod.rs", "use crate::{model::Id, ui};", "`engine` says `crate::ui`");
    is_caught("config.rs", "use crate::{\n  model,\n  engine,\n};", "src/config.rs:3: `config` says `crate::engine`");
}

#[test]
fn super_is_followed_up_to_the_root() {
    is_caught("ui/mod.rs", "use super::engine::Wire;", "`ui` says `crate::engine`");
    is_caught("ui/log.rs", "fn f() { super::super::term::bell() }", "`ui` says `crate::term`");
    is_innocent("ui/log.rs", "use super::engine::Shelf;");
}

#[test]
fn pure_rooms_read_no_clock_and_touch_no_file() {
    is_caught("app/mod.rs", "fn f() { let t = std::time::Instant::now(); }", "`app` reads a clock");
    is_caught("ui/mod.rs", "use std::time::SystemTime; fn f() { SystemTime::now(); }", "`ui` reads a clock");
    is_caught("app/mod.rs", "fn f(t: Instant) { t.elapsed() }", "`app` reads a clock");
    is_caught("app/mod.rs", "use std::{fmt, fs};", "`app` says `std::fs`");
    is_innocent("app/mod.rs", "use std::time::{Duration, Instant}; fn now(&self) {} fn f(a: &A) { a.now() }");
}

#[test]
fn showing_never_takes_the_app_mutably() {
    is_caught("ui/mod.rs", "fn draw(app: &mut App) {}", "`ui` says `&mut App`");
    is_caught("ui/mod.rs", "fn draw<'a>(app: &'a mut crate::app::App) {}", "`ui` says `&mut App`");
    is_innocent("ui/mod.rs", "fn draw(app: &App, frame: &mut Frame) {}");
}

#[test]
fn only_store_says_bollard_and_only_term_says_stdout() {
    is_caught("runtime.rs", "use bollard::Docker;", "only src/engine");
    is_caught("main.rs", "fn main() { bollard::Docker::new() }", "only src/engine");
    is_caught("runtime.rs", "fn f() { std::io::stdout().flush() }", "only src/term");
    is_caught("runtime.rs", "use std::io::stdout;", "only src/term");
    is_caught("model/mod.rs", "fn f() { println!() }", "only src/term");
    is_innocent("engine/docker/mod.rs", "use bollard::Docker;");
    is_innocent("cli.rs", "fn f() { println!() }");
    is_innocent("term.rs", "fn f() { std::io::stdout().flush() }");
    is_innocent("engine/ssh.rs", "fn f(c: &mut Child) { c.stdout.take(); Command::new(s).stdout(Stdio::piped()) }");
}

#[test]
fn only_the_named_part_of_a_crate_is_open() {
    is_innocent("app/key.rs", "use crossterm::event::{KeyCode, KeyEvent};");
    is_caught("app/key.rs", "use crossterm::{event::KeyCode, execute};", "`app` says `crossterm::execute`");
    is_caught("app/places.rs", "use ratatui::style::Color;", "`app` says `ratatui::style::Color`");
}

#[test]
fn comments_strings_and_tests_are_not_held_against_a_room() {
    is_innocent(
        "app/mod.rs",
        "// use tokio::sync;\n/* crate::engine /* nested */ tokio::spawn */ const A: char = '\"';",
    );
    is_innocent(
        "app/mod.rs",
        "const A: &str = \"tokio::spawn \\\" crate::engine\"; const B: &str = r#\"bollard::X\"#;",
    );
    is_innocent("app/mod.rs", "#[cfg(test)]\nmod tests { use tokio::sync::mpsc; fn f() { Instant::now() } }");
    is_innocent("app/mod.rs", "#[cfg(test)]\nuse tokio::{sync, time};");
    is_caught("app/mod.rs", "#[cfg(test)] mod tests { fn f() {} }\nuse tokio::sync;", "src/app/mod.rs:2");
    is_caught("app/mod.rs", "fn f<'a>(x: &'a str) -> char { 'x' }\nfn g() { tokio::spawn(x) }", "src/app/mod.rs:2");
}

#[test]
fn a_room_without_a_row_is_asked_to_have_one() {
    is_caught("attic/mod.rs", "fn f() {}", "the room `attic` has no row");
}

#[test]
fn a_module_file_for_tests_only_is_set_aside_with_all_below_it() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        std::fs::write(path, text).expect("a file is written");
    };
    write("lib.rs", "pub mod app;");
    write("app/mod.rs", "mod log;\n#[cfg(test)]\nmod sessions;");
    write("app/log.rs", "use tokio::sync;");
    write("app/sessions/mod.rs", "mod deep;\nuse tokio::time;");
    write("app/sessions/deep.rs", "use crate::engine;");
    let found = violations_in(root.path(), &["tokio".to_owned()].into());
    let found: Vec<String> = found.iter().map(Violation::to_string).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("src/app/log.rs:1:"), "{found:?}");
}
