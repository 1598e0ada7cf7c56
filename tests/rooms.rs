//! The import rule: which room may speak of which, held against the source itself.
//!
//! Files are read as tokens, imports as trees: comments, texts and items for tests only are set aside, and `super::` is followed
//! up to the root. A room that does not exist yet is not missed; a room that exists and has no row below is.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use syn::UseTree;

/// One row of the table: what a room may use, and what it never says.
struct Rule {
    room: &'static str,
    /// The rooms it may name; it may always name itself.
    rooms: &'static str,
    /// The outside crates it may name, beside [`HELPERS`]. A longer path opens only that part of the crate.
    crates: &'static str,
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
const HELPERS: &str = "bytes jiff::civil jiff::fmt jiff::tz jiff::Timestamp jiff::Zoned jiff::SignedDuration base64 memchr shell_words \
     strsim strum unicode_segmentation unicode_width vte";

/// Where words go to standard output without a screen.
const MAY_PRINT: &[&str] = &["main", "cli", "term"];

/// The parts of the standard library that reach outside.
const OUTSIDE: &[&str] = &["fs", "net", "process", "env", "thread", "io"];

const RULES: &[Rule] = &[
    Rule {
        room: "model",
        rooms: "",
        crates: "aho_corasick parse_size regex schemars serde serde_json",
        never: &[Never::Clock, Never::Outside],
    },
    Rule {
        room: "app",
        rooms: "model services",
        crates: "alacritty_terminal crokey crossterm::event nucleo_matcher parse_size ratatui::layout regex serde \
                 tui_textarea",
        never: &[Never::Clock, Never::Outside],
    },
    Rule {
        room: "services",
        rooms: "model",
        crates: "aho_corasick annotate_snippets csv jmespath regex rusqlite schemars serde serde_json \
                 serde_path_to_error sha2 toml",
        never: &[Never::Clock, Never::Outside],
    },
    Rule {
        room: "ui",
        rooms: "app model",
        crates: "alacritty_terminal ratatui serde tui_textarea",
        never: &[Never::Clock, Never::Outside, Never::MutApp],
    },
    Rule {
        room: "engine",
        rooms: "model persist",
        crates: "bollard futures_util http http_body_util hyper hyper_util jiff percent_encoding process_wrap regex \
                 rustix serde serde_json serde_saphyr sha2 tar tempfile tokio tower_service tracing",
        never: &[],
    },
    Rule {
        room: "persist",
        rooms: "model",
        crates: "rustix ruzstd serde tar tempfile toml tracing tracing_appender tracing_subscriber",
        never: &[],
    },
    Rule {
        room: "config",
        rooms: "model app ui",
        crates: "clap crokey crossterm::event etcetera ratatui::style serde strsim toml",
        never: &[Never::Clock],
    },
    Rule {
        room: "term",
        rooms: "",
        crates: "crossterm futures_util ratatui rustix terminput terminput_crossterm tokio tracing",
        never: &[],
    },
    Rule {
        room: "runtime",
        rooms: "model app ui services engine persist config term",
        crates: "crossterm futures_util jiff ratatui rustix serde_json tempfile tokio tracing",
        never: &[],
    },
    Rule {
        room: "cli",
        rooms: "model app ui services engine persist config term runtime",
        crates: "bowline_embedded clap jiff rustix serde_json tempfile tokio tracing",
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

#[test]
fn every_room_says_what_it_knows_what_it_may_use_and_what_it_never_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["src", "crates/embedded/src"].into_iter().flat_map(|folder| rust_files(&root.join(folder)));
    let silent: Vec<String> = files
        .filter(|path| path.ends_with("mod.rs") && !introduces(&std::fs::read_to_string(path).expect("readable")))
        .map(|path| path.display().to_string())
        .collect();
    assert!(silent.is_empty(), "these do not open with `This room knows …`, `It may use …`, `It never …`: {silent:#?}");
}

/// True if a module opens with its three sentences.
fn introduces(text: &str) -> bool {
    let head: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
    let begins = |start: &str| head.iter().any(|line| line.starts_with(start));
    (begins("This room knows ") || begins("This folder knows ")) && begins("It may use ") && begins("It never ")
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
    let relative = |path: PathBuf| path.strip_prefix(src).expect("it lies in src").to_path_buf();
    let read = |path: PathBuf| {
        let source = Source::read(&std::fs::read_to_string(&path).expect("a source file is readable"));
        (relative(path), source)
    };
    let files: Vec<(PathBuf, Source)> = rust_files(src).into_iter().map(read).collect();
    // `#[cfg(test)] mod sessions;` makes a whole file, or a whole folder, test code.
    let below = |(path, source): &(PathBuf, Source)| {
        let folder = if is_root(path) { path.with_file_name("") } else { path.with_extension("") };
        source.test_modules.iter().map(move |name| folder.join(name)).collect::<Vec<_>>()
    };
    let for_tests: Vec<PathBuf> = files.iter().flat_map(below).collect();
    let is_for_tests = |path: &Path| for_tests.iter().any(|module| path.with_extension("").starts_with(module));
    let files = files.iter().filter(|(path, _)| !is_for_tests(path));
    let found: BTreeSet<Violation> = files.flat_map(|(path, source)| violations_of(path, source, crates)).collect();
    found.into_iter().collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of source").map(|entry| entry.expect("an entry").path());
    let files = entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// True if its modules lie beside it.
fn is_root(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| ["mod", "lib", "main"].iter().any(|root| stem == *root))
}

/// What one file says that its room may not say.
fn violations_of(file: &Path, source: &Source, crates: &BTreeSet<String>) -> Vec<Violation> {
    let first = file.components().next().expect("a file has a name").as_os_str().to_string_lossy();
    let room = first.trim_end_matches(".rs").to_owned();
    let mut said = Vec::new();
    let mut say = |line: usize, says: String| said.push(Violation { file: Path::new("src").join(file), line, says });

    let may_print = MAY_PRINT.contains(&room.as_str());
    for path in &source.paths {
        if path.names.first().is_some_and(|name| name == "bollard") && room != "engine" {
            say(path.line, "says `bollard`: only src/engine does".to_owned());
        }
        if path.has(&["io", "stdout"]) && !may_print {
            say(path.line, "says `stdout`: only src/term does".to_owned());
        }
    }
    if !may_print {
        for (words, what) in [(["print", "!"], "print!"), (["println", "!"], "println!"), (["stdout", "("], "stdout()")]
        {
            source.find(&words).into_iter().for_each(|line| say(line, format!("says `{what}`: only src/term does")));
        }
    }
    if matches!(room.as_str(), "lib" | "main") {
        return said;
    }
    let Some(rule) = RULES.iter().find(|rule| rule.room == room) else {
        say(1, format!("the room `{room}` has no row in tests/rooms.rs: decide what it may use"));
        return said;
    };
    let depth = file.components().count() - usize::from(is_root(file));
    for path in &source.paths {
        let other = path.below_the_root(depth).filter(|other| RULES.iter().any(|rule| rule.room == *other));
        if let Some(other) = other.filter(|other| *other != room && !rule.rooms.split(' ').any(|room| room == *other)) {
            say(path.line, format!("`{room}` says `crate::{other}`: it may use {}", rule.rooms));
        }
        let head = path.names.first().map_or("", String::as_str);
        let outside = crates.contains(head) && (path.names.len() > 1 || path.imported);
        if outside && head != "bollard" && !allowed(rule, path) {
            say(path.line, format!("`{room}` says `{}`: no row of the import rule lets it", path.names.join("::")));
        }
    }
    for never in rule.never {
        for (line, what) in source.says_never(*never) {
            say(line, format!("`{room}` {what}"));
        }
    }
    said
}

fn allowed(rule: &Rule, path: &Said) -> bool {
    rule.crates.split(' ').chain(HELPERS.split(' ')).any(|open| {
        let open: Vec<&str> = open.split("::").collect();
        path.names.len() >= open.len() && path.names.iter().zip(&open).all(|(name, open)| name == open)
    })
}

/// A path as it is said in code, trees of imports unfolded.
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

    /// The first name below the root of the crate, if the path goes through the root.
    fn below_the_root(&self, depth: usize) -> Option<&str> {
        let own = self.names.iter().take_while(|name| *name == "self").count();
        let supers = self.names.iter().skip(own).take_while(|name| *name == "super").count();
        let below = match self.names.first()?.as_str() {
            "crate" | "bowline" => self.names.get(1),
            _ if supers > 0 && supers >= depth => self.names.get(own + supers),
            _ => None,
        };
        below.map(String::as_str)
    }
}

/// A file as the rule reads it: no comments, no texts, nothing that is compiled for tests only.
#[derive(Default)]
struct Source {
    paths: Vec<Said>,
    /// All but imports, macros and attributes included: each word or sign, and its line.
    tokens: Vec<(String, usize)>,
    /// The modules in files of their own that exist for tests only.
    test_modules: Vec<String>,
}

impl Source {
    fn read(text: &str) -> Source {
        let mut source = Source::default();
        source.take(text.parse().expect("a source file is made of tokens"));
        source.find_paths();
        source
    }

    fn take(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            let rest = &tokens[at..];
            at += match rest {
                [hash, TokenTree::Group(attribute), ..] if is(hash, "#") && is_for_tests(attribute) => self.skip(rest),
                [hash, mark, TokenTree::Group(attribute), ..]
                    if is(hash, "#") && is(mark, "!") && is_for_tests(attribute) =>
                {
                    return;
                }
                [word, ..] if is(word, "use") => self.import(rest),
                [token, ..] => self.keep(token),
                [] => return,
            };
        }
    }

    fn keep(&mut self, token: &TokenTree) -> usize {
        let line = token.span().start().line;
        match token {
            TokenTree::Group(group) => {
                let [open, close] = match group.delimiter() {
                    Delimiter::Parenthesis => ["(", ")"],
                    Delimiter::Brace => ["{", "}"],
                    Delimiter::Bracket => ["[", "]"],
                    Delimiter::None => ["", ""],
                };
                self.tokens.push((open.into(), line));
                self.take(group.stream());
                self.tokens.push((close.into(), line));
            }
            TokenTree::Literal(_) => self.tokens.push((String::new(), line)),
            token => self.tokens.push((token.to_string().trim_start_matches("r#").into(), line)),
        }
        1
    }

    /// An item for tests only, with all its attributes. How many tokens it has.
    fn skip(&mut self, item: &[TokenTree]) -> usize {
        let own = item.chunks(2).take_while(|pair| is(&pair[0], "#")).count() * 2;
        let module = item.windows(3).skip(own).take(3).find(|words| is(&words[0], "mod") && is(&words[2], ";"));
        self.test_modules.extend(module.map(|words| words[1].to_string()));
        let is_import = item[own..].iter().take(3).any(|token| is(token, "use"));
        let is_end = |token: &TokenTree| is(token, ";") || !is_import && is_block(token);
        item.iter().skip(own).position(is_end).map_or(item.len(), |end| own + end + 1)
    }

    /// Imports. How many tokens they have.
    fn import(&mut self, tokens: &[TokenTree]) -> usize {
        let end = tokens.iter().position(|token| is(token, ";")).map_or(tokens.len(), |end| end + 1);
        match syn::parse2::<syn::ItemUse>(tokens[..end].iter().cloned().collect()) {
            Ok(import) => {
                self.unfold(&import.tree, &[]);
                end
            }
            // `impl Trait + use<'a>`
            Err(_) => 1,
        }
    }

    fn unfold(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: &proc_macro2::Ident| [before, &[name.to_string()]].concat();
        let (names, span) = match tree {
            UseTree::Path(path) => return self.unfold(&path.tree, &with(&path.ident)),
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.unfold(tree, before)),
            UseTree::Name(name) if name.ident == "self" => (before.to_vec(), name.ident.span()),
            UseTree::Name(name) => (with(&name.ident), name.ident.span()),
            UseTree::Rename(name) => (with(&name.ident), name.ident.span()),
            UseTree::Glob(glob) => (before.to_vec(), glob.star_token.spans[0]),
        };
        self.paths.push(Said { names, line: span.start().line, imported: true });
    }

    /// Reads the paths in the tokens. What follows a dot is a field or a method.
    fn find_paths(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            let (first, mut names) = (at, Vec::new());
            while is_name(self.text(at)) {
                names.push(self.text(at).to_owned());
                let goes_on = self.text(at + 1) == ":" && self.text(at + 2) == ":" && is_name(self.text(at + 3));
                at += if goes_on { 3 } else { 1 };
                if !goes_on {
                    break;
                }
            }
            if !names.is_empty() && (first == 0 || self.text(first - 1) != ".") {
                self.paths.push(Said { names, line: self.tokens[first].1, imported: false });
            }
            at = at.max(first + 1);
        }
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.0.as_str())
    }

    /// The lines where these tokens follow one another; a name that begins them is no field, method or definition.
    fn find(&self, wanted: &[&str]) -> Vec<usize> {
        let is_here = |at: usize| wanted.iter().enumerate().all(|(n, want)| self.text(at + n) == *want);
        let is_own = |at: usize| wanted[0] == "." || at == 0 || !matches!(self.text(at - 1), "." | "fn");
        (0..self.tokens.len()).filter(|&at| is_here(at) && is_own(at)).map(|at| self.tokens[at].1).collect()
    }

    /// What a room says that it never may: the lines, and the words for it.
    fn says_never(&self, never: Never) -> Vec<(usize, String)> {
        match never {
            Never::Clock => {
                let asks = |path: &&Said| path.names.len() > 1 && path.names.last().is_some_and(|last| last == "now");
                let asked = self.paths.iter().filter(asks).map(|path| (path.line, path.names.join("::")));
                let elapsed = self.find(&[".", "elapsed", "("]).into_iter().map(|line| (line, ".elapsed()".into()));
                asked.chain(elapsed).map(|(line, what)| (line, format!("reads a clock: `{what}`"))).collect()
            }
            Never::Outside => {
                let part = |path: &Said| {
                    let part =
                        OUTSIDE.iter().find(|part| path.has(&["std", **part]) && !path.has(&["env", "consts"]))?;
                    Some((path.line, format!("says `std::{part}`: it does no I/O")))
                };
                self.paths.iter().filter_map(part).collect()
            }
            Never::MutApp => {
                let lines = (0..self.tokens.len()).filter(|&at| self.is_mutable_app(at)).map(|at| self.tokens[at].1);
                lines.map(|line| (line, "says `&mut App`: showing changes nothing".into())).collect()
            }
        }
    }

    /// True where `&'a mut path::App` begins.
    fn is_mutable_app(&self, at: usize) -> bool {
        let lifetime = if self.text(at + 1) == "'" { 2 } else { 0 };
        let mut name = at + lifetime + 2;
        while self.text(name + 1) == ":" && is_name(self.text(name)) {
            name += 3;
        }
        self.text(at) == "&" && self.text(at + lifetime + 1) == "mut" && self.text(name) == "App"
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn is(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Ident(_) | TokenTree::Punct(_)) && token.to_string() == text
}

fn is_block(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// True for `[cfg(test)]` and `[cfg(all(test, …))]`.
fn is_for_tests(attribute: &Group) -> bool {
    let text = attribute.stream().to_string().replace(' ', "");
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
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
