//! The file's text → settings. Every entry is known or refused, with its line and the nearest name.

use super::settings::{KeyEntry, Named, ONE_OR_MANY, Settings};
use crate::app::{COMMANDS, Command, Key, KeyContext, Keymap, RENAMED};
use crate::model::names::{nearest, unknown_name};
use crate::model::text::clean;
use crate::ui::Role;
use std::fmt;
use std::path::Path;
use toml::Spanned;

/// What is wrong in the configuration file, for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigError {
    file: String,
    line: usize,
    sentence: String,
}

impl ConfigError {
    pub(super) fn new(line: usize, sentence: impl Into<String>) -> Self {
        Self { file: String::new(), line, sentence: sentence.into() }
    }

    pub(super) fn in_file(mut self, path: &Path) -> Self {
        self.file = path.display().to_string();
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            f.write_str(&self.file)?;
            f.write_str(if self.line > 0 { ":" } else { " " })?;
        }
        match self.line {
            0 => f.write_str(&self.sentence),
            line => write!(f, "{line}: {}", self.sentence),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Names of sections that were others once.
const RENAMED_SECTIONS: [(&str, &str); 1] = [("instances", "containers")];
/// Sections whose entries are the rows of a table in the program.
const BY_TABLE: [&str; 2] = ["colors", "keys"];

/// Reads the text of a configuration file.
///
/// # Errors
/// The first thing that is not understood: line, what, and the nearest name that would be.
pub fn parse(text: &str) -> Result<Settings, ConfigError> {
    let mut settings: Settings = toml::from_str(text).map_err(|error| explain(text, error))?;
    let (colors, keys) = settings.take_named();
    for (name, color) in colors {
        let role = Role::ALL.into_iter().find(|role| role.name() == name.get_ref());
        let role = role.ok_or_else(|| unknown_entry(text, "colors", &name, &Role::ALL.map(Role::name)))?;
        settings.palette.push((role, color.into_inner().0));
    }
    bind(text, &mut settings.keymap, keys)?;
    Ok(settings)
}

/// Takes the keys that the file names, where nobody can lock himself in or change the engine by a slip.
fn bind(text: &str, keymap: &mut Keymap, keys: Named<KeyEntry>) -> Result<(), ConfigError> {
    let mut lines = Vec::new();
    // What is said for all places goes first: what is said for one of them prevails.
    let (places, everywhere): (Vec<_>, Vec<_>) = keys.into_iter().partition(|(name, _)| name.get_ref() == "in");
    let names: Vec<&str> = COMMANDS.iter().map(|spec| spec.name).chain(["in"]).collect();
    for (name, entry) in everywhere {
        let (command, keys) = keys_for(text, "keys", &names, &name, entry, &mut lines)?;
        keymap.bind(command, keys);
    }
    for (place, entries) in places_in(text, places)? {
        let context = KeyContext::ALL.into_iter().find(|context| context.name() == place.get_ref());
        let places = KeyContext::ALL.map(KeyContext::name);
        let context = context.ok_or_else(|| unknown_entry(text, "keys.in", &place, &places))?;
        let there = COMMANDS.iter().filter(|spec| spec.is_at(context));
        let names: Vec<&str> = there.map(|spec| spec.name).collect();
        for (name, entry) in entries.into_inner() {
            let section = format!("keys.in.{}", place.get_ref());
            let (command, keys) = keys_for(text, &section, &names, &name, entry, &mut lines)?;
            keymap.bind_at(context, command, keys);
        }
    }
    check_keys(keymap, &lines)
}

/// The sections of single places.
fn places_in(
    text: &str,
    entries: Vec<(Spanned<String>, Spanned<KeyEntry>)>,
) -> Result<Named<Named<KeyEntry>>, ConfigError> {
    let Some((_, entry)) = entries.into_iter().next() else { return Ok(Named::new()) };
    let line = line_at(text, entry.span().start);
    match entry.into_inner() {
        KeyEntry::Places(places) => Ok(places),
        KeyEntry::Keys(_) => Err(ConfigError::new(line, "'keys.in' needs a context: write e.g. [keys.in.logs]")),
    }
}

/// The command and the keys of an entry.
fn keys_for(
    text: &str,
    section: &str,
    names: &[&str],
    name: &Spanned<String>,
    entry: Spanned<KeyEntry>,
    lines: &mut Vec<(Command, usize)>,
) -> Result<(Command, Vec<Key>), ConfigError> {
    let line = line_at(text, entry.span().start);
    let command = Command::named(name.get_ref()).filter(|_| names.contains(&name.get_ref().as_str()));
    let command = command.ok_or_else(|| unknown_entry(text, section, name, names))?;
    let KeyEntry::Keys(keys) = entry.into_inner() else {
        return Err(ConfigError::new(line, format!("expected {ONE_OR_MANY}")));
    };
    if let Some(key) = keys.iter().find(|key| command.spec().changes && key.is_harmless()) {
        let name = name.get_ref();
        let sentence = format!("'{name}' changes the engine: {key} is not allowed, use a capital");
        return Err(ConfigError::new(line, sentence));
    }
    lines.push((command, line));
    Ok((command, keys))
}

/// Every place can be left, and no key means two things in one place. The lines are those where keys were given.
fn check_keys(keymap: &Keymap, lines: &[(Command, usize)]) -> Result<(), ConfigError> {
    let last = lines.last().map_or(0, |(_, line)| *line);
    let has_no_key = |command| keymap.keys_of(command).is_empty();
    if has_no_key(Command::Quit) && has_no_key(Command::Exit) {
        return Err(ConfigError::new(last, "neither 'quit' nor 'exit' has a key: there would be no way to quit"));
    }
    if has_no_key(Command::ShellPrefix) || has_no_key(Command::LeaveShell) {
        let sentence = "'shell-prefix' and 'leave-shell' each need a key: there would be no way out of a shell";
        return Err(ConfigError::new(last, sentence));
    }
    let line_of = |command: Command| lines.iter().find(|(named, _)| *named == command).map(|(_, line)| *line);
    keymap.clashes().first().map_or(Ok(()), |clash| {
        let line = line_of(clash.claimant).or(line_of(clash.holder)).unwrap_or(0);
        let (a, b) = (clash.claimant.spec().name, clash.holder.spec().name);
        let sentence = format!("the key {} is bound to '{a}' and to '{b}'; bind one of them to another key", clash.key);
        Err(ConfigError::new(line, sentence))
    })
}

/// Puts into a person's words what serde says of a file.
fn explain(text: &str, mut error: toml::de::Error) -> ConfigError {
    let line = error.span().map_or(0, |span| line_at(text, span.start));
    let message = error.message().trim_end().to_string();
    // Without the text it shows the names that lead to the place instead.
    error.set_input(None);
    let shown = error.to_string();
    let path = shown.rsplit_once("\nin `").map_or("", |(_, path)| path.trim_end().trim_end_matches('`'));
    let sentence = if let Some((name, known)) = unknown_name(&message, "unknown field `") {
        match path {
            "" => unknown_section(name, &known),
            graph if graph.starts_with("graphs") => unknown("entry in [[graphs]]", name, &known),
            section => unknown(&format!("entry in [{section}]"), name, &known),
        }
    } else if let Some((name, known)) = unknown_name(&message, "unknown variant `") {
        match path.rsplit('.').next().unwrap_or(path) {
            "theme" => unknown("theme", name, &known),
            "columns" | "sort" => unknown("column", name, &known),
            "time_zone" => match nearest(name, &known) {
                Some(zone) => format!("unknown time zone '{}'; did you mean '{zone}'?", clean(name)),
                None => format!(
                    r#"unknown time zone '{}'; write local, utc, "+02:00" or a name such as "Europe/Berlin""#,
                    clean(name)
                ),
            },
            "figure" => unknown("figure", name, &known),
            entry => unknown(&format!("choice for {entry}"), name, &known),
        }
    } else {
        match message.rsplit_once(", expected ").map(|(_, expected)| expected) {
            Some(_) if path == "graphs" => "'graphs' is a list of sections: write [[graphs]]".into(),
            Some("a boolean") => "expected true or false".into(),
            Some("a string") => "expected a string in quotes".into(),
            Some("a sequence") if path.ends_with("highlight") => "rules are sections: write [[logs.highlight]]".into(),
            Some("a sequence") => "expected a list of strings, like [\"a\", \"b\"]".into(),
            // Deeper than the sections of single places there are no more.
            Some("a map") if path.starts_with("keys.") && !is_place(path) => format!("expected {ONE_OR_MANY}"),
            Some(section) if section.starts_with("struct ") || section == "a map" => {
                format!("'{path}' is a section: write [{path}]")
            }
            // What stands there is not repeated: it may be a secret.
            Some(expected) if message.starts_with("invalid ") => format!("expected {expected}"),
            _ if message == "missing field `name`" => "[[graphs]] needs a name".into(),
            _ if message.starts_with("missing field `") => {
                format!("[{path}] needs {}", message.trim_start_matches("missing field ").replace('`', "'"))
            }
            _ if message == "wanted string or table" => "expected a string in quotes".into(),
            _ => message,
        }
    };
    ConfigError::new(line, sentence)
}

/// Whether names lead to the keys of one place.
fn is_place(path: &str) -> bool {
    path.strip_prefix("keys.in.").is_some_and(|place| !place.contains('.'))
}

fn unknown_section(name: &str, known: &[&str]) -> String {
    if let Some((_, new)) = RENAMED_SECTIONS.iter().find(|(old, _)| *old == name) {
        return format!("section [{name}] is now called [{new}]");
    }
    // Which one knows it is found out by asking.
    let knows = |section: &&&str| {
        let asked = toml::from_str::<Settings>(&format!("[{section}]\n{name} = 0"));
        !BY_TABLE.contains(section) && !asked.is_err_and(|error| error.message().starts_with("unknown field"))
    };
    match known.iter().find(knows) {
        Some(section) => format!("'{name}' belongs in section [{section}]"),
        None => unknown("section", name, known),
    }
}

fn unknown_entry(text: &str, section: &str, name: &Spanned<String>, known: &[&str]) -> ConfigError {
    let renamed = RENAMED.iter().find(|(old, _)| old == name.get_ref()).filter(|_| section.starts_with("keys"));
    let sentence = match renamed {
        Some((old, new)) => format!("'{old}' is now called '{new}'"),
        None => unknown(&format!("entry in [{section}]"), name.get_ref(), known),
    };
    ConfigError::new(line_at(text, name.span().start), sentence)
}

/// Says that a name is not known, and the nearest that is.
fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let hint = match nearest(name, known) {
        Some(candidate) => format!("did you mean '{candidate}'?"),
        None if known.len() > 20 => "`bowline config` lists them all".to_string(),
        None => format!("expected one of {}", known.join(", ")),
    };
    format!("unknown {what} '{}'; {hint}", clean(name))
}

fn line_at(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or(text).matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Column, TimeZone};
    use crate::model::Zone;
    use ratatui::style::Color;

    fn sentence(text: &str) -> String {
        parse(text).expect_err("this must be refused").to_string()
    }

    #[test]
    fn a_time_zone_is_an_offset_or_a_name_and_what_is_wrong_is_said() {
        let zone = |name: &str| parse(&format!("[logs]\ntime_zone = \"{name}\"")).map(|read| read.logs.time_zone);
        assert_eq!(zone("+02:00"), Ok(TimeZone::Fixed(Zone::Offset(7200))));
        assert_eq!(zone("utc"), Ok(TimeZone::Fixed(Zone::UTC)));
        let wrong = |name: &str| zone(name).expect_err("this must be refused").to_string();
        if jiff::tz::db().is_definitively_empty() {
            assert!(wrong("Europe/Berlin").contains("no time zone database; install tzdata"));
            return;
        }
        assert!(matches!(zone("Europe/Berlin"), Ok(TimeZone::Fixed(Zone::Named(_)))));
        assert_eq!(wrong("Europe/Berlni"), "2: unknown time zone 'Europe/Berlni'; did you mean 'Europe/Berlin'?");
        assert!(wrong("somewhere over there").contains("write local, utc, "), "{}", wrong("somewhere over there"));
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(parse("").unwrap(), Settings::default());
    }

    #[test]
    fn entries_take_effect() {
        let text = "[engine]\nread_only = true\n[screen]\ntheme = \"light\"\n[colors]\nok = \"#00ff00\"\nbad = 9\n\
                    [containers]\ncolumns = [\"name\", \"cpu\"]\nsort = \"cpu\"\n[sampling]\nselected_seconds = 0.5\n[keys]\nremove = \"X\"\n";
        let settings = parse(text).unwrap();
        assert!(settings.engine.read_only);
        assert_eq!(settings.palette, [(Role::Bad, Color::Indexed(9)), (Role::Ok, Color::Rgb(0, 255, 0))]);
        let list = &settings.containers;
        assert_eq!(
            (list.columns.len(), list.sort, settings.sampling.selected_seconds),
            (2, Column::named("cpu").unwrap(), 0.5)
        );
        assert_eq!(settings.keymap.shown(Command::Remove).as_deref(), Some("X"));
    }

    #[test]
    fn what_is_not_understood_is_named_with_its_line_and_the_nearest_name() {
        assert_eq!(
            sentence("\n[screen]\nteme = \"dark\""),
            "3: unknown entry in [screen] 'teme'; did you mean 'theme'?"
        );
        assert_eq!(sentence("[screen]\ntheme = \"drak\""), "2: unknown theme 'drak'; did you mean 'dark'?");
        assert_eq!(
            sentence("[containers]\ncolumns = [\n\"name\",\n\"cpus\"]"),
            "4: unknown column 'cpus'; did you mean 'cpu'?"
        );
        assert_eq!(sentence("[keys]\nremov = \"x\""), "2: unknown entry in [keys] 'remov'; did you mean 'remove'?");
        assert!(sentence("[keys]\nremove = \"ctrl-foo\"").starts_with("2: 'ctrl-foo' is not a key"));
        assert!(sentence("[screen]\nmouse = 1").starts_with("2: expected true or false"));
        assert!(sentence("[logs]\ntail = 0").starts_with("2: expected a number from 1"));
        assert!(sentence("[colors]\nok = \"grreen\"").contains("not a colour"));
        assert!(sentence("[screen\n").starts_with("1: "));
        let rule = |entries: &str| sentence(&format!("[[logs.highlight]]\n{entries}"));
        assert_eq!(
            rule("pattern = \"x\"\nstyle = \"redd\""),
            "3: unknown choice for style 'redd'; did you mean 'red'?"
        );
        assert_eq!(rule("patern = \"x\""), "2: unknown entry in [logs.highlight] 'patern'; did you mean 'pattern'?");
        assert_eq!(rule("pattern = \"x\""), "1: [logs.highlight] needs 'style'");
        assert!(rule("pattern = \"(\"\nstyle = \"red\"").starts_with("2: the pattern is no regular expression"));
        assert_eq!(sentence("[logs.highlight]\npattern = \"x\""), "1: rules are sections: write [[logs.highlight]]");
        assert!(sentence("screen = 1").contains("write [screen]"));
    }

    #[test]
    fn what_may_be_written_is_said_and_what_stands_there_is_not() {
        for (text, mend) in [
            ("[engine]\nread_only = \"hunter2\"", "expected true or false"),
            ("[engine]\nhost = [\"hunter2\"]", "expected a string in quotes"),
            ("[engine]\nstop_grace_seconds = \"hunter2\"", "expected a number from 0 to 86400"),
            ("[engine]\napi_version = \"hunter2\"", "expected a version of the API, such as \"1.41\""),
            (
                "[screen]\nascii = \"sometimes\"",
                "unknown choice for ascii 'sometimes'; expected one of auto, always, never",
            ),
            ("[containers]\ncolumns = \"name\"", "expected a list of strings, like [\"a\", \"b\"]"),
            ("[containers]\ncolumns = []", "columns must name at least one column"),
            ("[containers]\nsort = 3", "expected a string in quotes"),
            ("[sampling]\nrest_seconds = 0.1", "expected a number from 0.2 to 3600"),
            ("[colors]\nok = 256", "expected a colour: a name (green), a number from 0 to 255, or #rrggbb"),
            ("[keys]\nremove = 3", "expected a key in quotes, or a list of them, like [\"a\", \"b\"]"),
            ("[colors]\nokay = \"green\"", "unknown entry in [colors] 'okay'; did you mean 'ok'?"),
        ] {
            assert_eq!(sentence(text), format!("2: {mend}"), "{text}");
        }
        assert!(sentence("[keys]\nremove = [\n\"X\",\n\"foo-x\"]").starts_with("4: 'foo-x' is not a key"));
        assert!(sentence("keys = \"x\"").contains("write [keys]"));
        assert!(sentence("[keys]\nin = \"x\"").starts_with("2: 'keys.in' needs a context"));
        for text in ["[keys.in.files]\nup = { a = \"x\" }", "[keys]\nup = { a = \"x\" }", "[keys]\nup = 1"] {
            assert!(sentence(text).contains("expected a key in quotes, or a list of them"), "{}", sentence(text));
        }
        assert!(sentence("[keys.in]\nfiles = \"x\"").contains("write [keys.in.files]"));
        assert!(sentence("[keys.in.nowhere]\nup = \"x\"").contains("unknown entry in [keys.in] 'nowhere'"));
    }

    #[test]
    fn an_old_name_is_refused_with_the_new_one() {
        assert_eq!(sentence("\n[instances]\nsort = \"cpu\""), "2: section [instances] is now called [containers]");
    }

    #[test]
    fn keys_may_be_given_for_one_place_alone() {
        let place =
            |text: &str, context: KeyContext, command: Command| parse(text).unwrap().keymap.shown_at(context, command);
        let text = "[keys.in.questions]\nyes = \"Y\"\n[keys.in.files]\nsearch-next = \"ctrl-n\"";
        assert_eq!(place(text, KeyContext::Question, Command::Yes).as_deref(), Some("Y"));
        assert_eq!(place(text, KeyContext::Files, Command::SearchNext).as_deref(), Some("ctrl-n"));
        assert_eq!(place(text, KeyContext::Logs, Command::SearchNext).as_deref(), Some("n"));
        let text = "[keys]\nsearch-next = \"ctrl-n\"\npage-down = \"f7\"";
        assert_eq!(place(text, KeyContext::Files, Command::SearchNext).as_deref(), Some("ctrl-n"), "wherever it was n");
        assert_eq!(
            place(text, KeyContext::Reading, Command::PageDown).as_deref(),
            Some("space"),
            "it has its own there"
        );
        assert!(sentence("[keys.in.files]\nyes = \"Y\"").contains("unknown entry in [keys.in.files] 'yes'"));
        assert!(sentence("[keys]\nno = \"y\"").contains("'yes'"), "clashes are seen above the cockpit too");
    }

    #[test]
    fn the_name_of_a_command_that_became_another_is_refused_with_that() {
        assert_eq!(sentence("[keys]\nfind-next = \"n\""), "2: 'find-next' is now called 'search-next'");
    }

    #[test]
    fn clashing_keys_are_refused() {
        let clash = sentence("[keys]\nremove = \"D\"\nrestart = \"D\"");
        assert_eq!(clash, "2: the key D is bound to 'remove' and to 'restart'; bind one of them to another key");
        assert!(sentence("[keys]\nzoom = \"w\"").contains("'wrap'"), "a room's key hides one of everywhere");
    }

    #[test]
    fn keys_that_lock_in_or_slip_are_refused() {
        assert!(sentence("[keys]\nquit = []\nexit = []").contains("there would be no way to quit"));
        assert_eq!(
            sentence("[keys]\nremove = \"x\""),
            "2: 'remove' changes the engine: x is not allowed, use a capital"
        );
        assert_eq!(sentence("theme = \"dark\""), "1: 'theme' belongs in section [screen]");
        assert!(
            sentence("[keys]\nstopp = \"x\"").contains("start-stop")
                || sentence("[keys]\nstop = \"x\"").contains("'start-stop'")
        );
    }

    #[test]
    fn a_key_can_be_taken_away() {
        let settings = parse("[keys]\nremove = []\nkill = \"\"").unwrap();
        assert!(
            settings.keymap.keys_of(Command::Remove).is_empty() && settings.keymap.keys_of(Command::Kill).is_empty()
        );
    }
}
