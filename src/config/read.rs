//! The file's text → settings. Every entry is known or refused, with its line and the nearest name.

use super::environment::Ascii;
use super::settings::Settings;
use crate::app::{COMMANDS, Clipboard, Column, Command, Key, KeyContext, RENAMED, TimestampFormat};
use crate::ui::{Role, theme_names};
use ratatui::style::Color;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

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

/// The entries of each section whose entries are fixed.
const SECTIONS: [(&str, &[&str]); 6] = [
    ("engine", &["host", "read_only", "stop_grace_seconds"]),
    ("screen", &["theme", "mouse", "ascii"]),
    ("containers", &["columns", "sort"]),
    ("logs", &["wrap", "timestamps", "tail", "memory_mib"]),
    ("sampling", &["selected_seconds", "visible_seconds", "rest_seconds"]),
    ("shell", &["scrollback", "sidecar_image", "clipboard"]),
];

type Value<'a> = Spanned<DeValue<'a>>;

/// The file being read, for line numbers.
struct Reader<'a> {
    text: &'a str,
}

/// Reads the text of a configuration file.
///
/// # Errors
/// The first thing that is not understood: line, what, and the nearest name that would be.
pub fn parse(text: &str) -> Result<Settings, ConfigError> {
    let reader = Reader { text };
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(0, |span| reader.line_at(span.start));
        ConfigError::new(line, error.message().trim_end().to_string())
    })?;
    let mut settings = Settings::default();
    for (key, value) in table.get_ref() {
        match key.get_ref().as_ref() {
            "engine" => reader.engine(&mut settings, value)?,
            "screen" => reader.screen(&mut settings, value)?,
            "colors" => reader.colors(&mut settings, value)?,
            "containers" => reader.containers(&mut settings, value)?,
            "logs" => reader.logs(&mut settings, value)?,
            "sampling" => reader.sampling(&mut settings, value)?,
            "shell" => reader.shell(&mut settings, value)?,
            "keys" => reader.keys(&mut settings, value)?,
            other if SECTIONS.iter().any(|(_, entries)| entries.contains(&other)) => {
                let section =
                    SECTIONS.iter().find(|(_, entries)| entries.contains(&other)).map_or("", |(name, _)| *name);
                let sentence = format!("'{other}' belongs in the section [{section}]");
                return Err(ConfigError::new(reader.line_at(key.span().start), sentence));
            }
            other => {
                let known = ["engine", "screen", "colors", "containers", "logs", "sampling", "shell", "keys"];
                return Err(reader.unknown("section", other, &known, key.span().start));
            }
        }
    }
    Ok(settings)
}

impl Reader<'_> {
    fn line_at(&self, offset: usize) -> usize {
        self.text.get(..offset).unwrap_or(self.text).matches('\n').count() + 1
    }

    fn error(&self, value: &Value, sentence: impl Into<String>) -> ConfigError {
        ConfigError::new(self.line_at(value.span().start), sentence)
    }

    fn unknown(&self, what: &str, name: &str, known: &[&str], offset: usize) -> ConfigError {
        let name = crate::model::text::clean(name).into_owned();
        if let Some((_, new)) = RENAMED.iter().find(|(old, _)| *old == name).filter(|_| what.contains("[keys")) {
            return ConfigError::new(self.line_at(offset), format!("'{name}' is called '{new}' now"));
        }
        let nearest = known.iter().map(|candidate| (strsim::damerau_levenshtein(&name, candidate), candidate)).min();
        let holding = known.iter().find(|candidate| name.len() >= 3 && candidate.contains(name.as_str()));
        let mend = match nearest {
            Some((distance, candidate)) if distance <= 1 + name.len() / 3 => format!("; did you mean '{candidate}'?"),
            _ if holding.is_some() => format!("; did you mean '{}'?", holding.unwrap_or(&"")),
            _ if known.len() > 20 => "; `bowline config` lists them all".to_string(),
            _ => format!("; known are {}", known.join(", ")),
        };
        ConfigError::new(self.line_at(offset), format!("unknown {what} '{name}'{mend}"))
    }

    /// Calls `take` for each entry of a section.
    fn section(
        &self,
        name: &str,
        known: &[&str],
        value: &Value,
        mut take: impl FnMut(&str, &Value) -> Result<(), ConfigError>,
    ) -> Result<(), ConfigError> {
        let Some(table) = value.get_ref().as_table() else {
            return Err(self.error(value, format!("'{name}' is a section: write [{name}]")));
        };
        for (key, value) in table {
            let key_name = key.get_ref().as_ref();
            if !known.contains(&key_name) {
                return Err(self.unknown(&format!("entry in [{name}]"), key_name, known, key.span().start));
            }
            take(key_name, value)?;
        }
        Ok(())
    }

    fn engine(&self, settings: &mut Settings, value: &Value) -> Result<(), ConfigError> {
        self.section("engine", SECTIONS[0].1, value, |key, value| {
            match key {
                "host" => settings.host = self.string(value)?.to_string(),
                "read_only" => settings.read_only = self.boolean(value)?,
                _ => settings.stop_grace = Some(self.number(value, 0.0, 86_400.0)? as u32),
            }
            Ok(())
        })
    }

    fn screen(&self, settings: &mut Settings, value: &Value) -> Result<(), ConfigError> {
        self.section("screen", SECTIONS[1].1, value, |key, value| {
            match key {
                "theme" => {
                    let names: Vec<&str> = std::iter::once("auto").chain(theme_names()).collect();
                    settings.theme.name = self.one_of("theme", value, &names)?.to_string();
                }
                "mouse" => settings.mouse = self.boolean(value)?,
                _ => {
                    settings.ascii = match self.one_of("choice for ascii", value, &["auto", "always", "never"])? {
                        "always" => Ascii::Always,
                        "never" => Ascii::Never,
                        _ => Ascii::Auto,
                    }
                }
            }
            Ok(())
        })
    }

    fn colors(&self, settings: &mut Settings, value: &Value) -> Result<(), ConfigError> {
        let names = Role::ALL.map(Role::name);
        self.section("colors", &names, value, |key, value| {
            let color = match value.get_ref() {
                DeValue::Integer(_) => Color::Indexed(self.number(value, 0.0, 255.0)? as u8),
                _ => {
                    let text = self.string(value)?;
                    let mend = "write a name (green), a number from 0 to 255, or #rrggbb";
                    Color::from_str(text).map_err(|_| self.error(value, format!("'{text}' is not a colour: {mend}")))?
                }
            };
            settings
                .theme
                .colors
                .extend(Role::ALL.into_iter().find(|role| role.name() == key).map(|role| (role, color)));
            Ok(())
        })
    }

    fn containers(&self, settings: &mut Settings, value: &Value) -> Result<(), ConfigError> {
        self.section("containers", SECTIONS[2].1, value, |key, value| {
            match key {
                "columns" => {
                    let names = self.strings(value)?;
                    let columns: Result<Vec<Column>, ConfigError> =
                        names.into_iter().map(|name| self.column(name)).collect();
                    settings.columns = columns?;
                    if settings.columns.is_empty() {
                        return Err(self.error(value, "columns must name at least one column"));
                    }
                }
                _ => settings.sort = self.column(value)?,
            }
            Ok(())
        })
    }

    fn column(&self, value: &Value) -> Result<Column, ConfigError> {
        let names: Vec<&str> = Column::all().map(|column| column.name).collect();
        // one_of has refused every other name.
        Ok(Column::named(self.one_of("column", value, &names)?).unwrap_or_default())
    }

    fn logs(&self, settings: &mut Settings, value: &Value) -> Result<(), ConfigError> {
        self.section("logs", SECTIONS[3].1, value, |key, value| {
            match key {
                "wrap" => settings.wrap = self.boolean(value)?,
                "tail" => settings.tail = self.number(value, 1.0, 1_000_000.0)? as usize,
                "memory_mib" => settings.log_memory_mib = self.number(value, 1.0, 4096.0)? as usize,
                _ => {
                    settings.timestamps =
                        match self.one_of("choice for timestamps", value, &["time", "full", "none"])? {
                            "full" => TimestampFormat::Full,
                            "none" => TimestampFormat::None,
                            _ => TimestampFormat::Time,
                        }
                }
            }
            Ok(())
        })
    }

    fn sampling(&self, settings: &mut Settings, value: &Value) -> Result<(), ConfigError> {
        self.section("sampling", SECTIONS[4].1, value, |key, value| {
            let seconds = self.number(value, 0.2, 3600.0)?;
            match key {
                "selected_seconds" => settings.sampling.selected = seconds,
                "visible_seconds" => settings.sampling.visible = seconds,
                _ => settings.sampling.rest = seconds,
            }
            Ok(())
        })
    }

    fn shell(&self, settings: &mut Settings, value: &Value) -> Result<(), ConfigError> {
        self.section("shell", SECTIONS[5].1, value, |key, value| {
            match key {
                "scrollback" => settings.shell.scrollback = self.number(value, 0.0, 100_000.0)? as usize,
                "sidecar_image" => settings.shell.sidecar_image = self.string(value)?.to_string(),
                _ => {
                    let names = Clipboard::ALL.map(Clipboard::name);
                    let chosen = self.one_of("choice for clipboard", value, &names)?;
                    let known = Clipboard::ALL.into_iter().find(|policy| policy.name() == chosen);
                    settings.shell.clipboard = known.unwrap_or_default();
                }
            }
            Ok(())
        })
    }

    fn keys(&self, settings: &mut Settings, value: &Value) -> Result<(), ConfigError> {
        let names: Vec<&str> = COMMANDS.iter().map(|spec| spec.name).chain(["in"]).collect();
        let mut lines = Vec::new();
        // What is said for one place goes before what is said for all.
        for of_places in [false, true] {
            self.section("keys", &names, value, |name, value| match (name == "in", of_places) {
                (true, true) => self.keys_of_places(settings, value, &mut lines),
                (false, false) => {
                    let (command, keys) = self.keys_for(name, value)?;
                    settings.keymap.bind(command, keys);
                    lines.push((command, self.line_at(value.span().start)));
                    Ok(())
                }
                _ => Ok(()),
            })?;
        }
        let leave = |command| settings.keymap.keys_of(command).is_empty();
        if leave(Command::Quit) && leave(Command::Exit) {
            let line = lines.last().map_or(0, |(_, line)| *line);
            return Err(ConfigError::new(line, "neither 'quit' nor 'exit' has a key: bowline could not be left"));
        }
        if leave(Command::ShellPrefix) || leave(Command::LeaveShell) {
            let line = lines.last().map_or(0, |(_, line)| *line);
            let sentence = "'shell-prefix' and 'leave-shell' each need a key: a shell could not be left";
            return Err(ConfigError::new(line, sentence));
        }
        let line_of = |command: Command| lines.iter().find(|(named, _)| *named == command).map(|(_, line)| *line);
        match settings.keymap.clashes().first() {
            None => Ok(()),
            Some(clash) => {
                let line = line_of(clash.claimant).or(line_of(clash.holder)).unwrap_or(0);
                let (a, b) = (clash.claimant.spec(), clash.holder.spec());
                let sentence = format!(
                    "the key {} is wanted by '{}' and by '{}'; give one of them another key",
                    clash.key, a.name, b.name
                );
                Err(ConfigError::new(line, sentence))
            }
        }
    }

    /// The keys that hold for one place alone.
    fn keys_of_places(
        &self,
        settings: &mut Settings,
        value: &Value,
        lines: &mut Vec<(Command, usize)>,
    ) -> Result<(), ConfigError> {
        self.section("keys.in", &KeyContext::ALL.map(KeyContext::name), value, |place, value| {
            let Some(context) = KeyContext::ALL.into_iter().find(|context| context.name() == place) else {
                return Ok(());
            };
            let there = COMMANDS.iter().filter(|spec| spec.is_at(context));
            let names: Vec<&str> = there.map(|spec| spec.name).collect();
            self.section(&format!("keys.in.{place}"), &names, value, |name, value| {
                let (command, keys) = self.keys_for(name, value)?;
                settings.keymap.bind_at(context, command, keys);
                lines.push((command, self.line_at(value.span().start)));
                Ok(())
            })
        })
    }

    /// The command and the keys of an entry.
    fn keys_for(&self, name: &str, value: &Value) -> Result<(Command, Vec<Key>), ConfigError> {
        let Some(command) = Command::named(name) else {
            return Err(self.error(value, format!("'{name}' is no command")));
        };
        let texts = if value.get_ref().is_str() { vec![value] } else { self.strings(value)? };
        let mut keys = Vec::new();
        for text in texts.into_iter().filter(|text| text.get_ref().as_str() != Some("")) {
            keys.push(Key::parse(self.string(text)?).map_err(|sentence| {
                self.error(text, format!("{sentence}; examples: j, S, ctrl-d, alt-x, space, f5"))
            })?);
        }
        if let Some(key) = keys.iter().find(|key| command.spec().changes && key.is_harmless()) {
            let sentence = format!("'{name}' changes the engine: {key} will not do, give it a capital");
            return Err(self.error(value, sentence));
        }
        Ok((command, keys))
    }

    fn string<'v>(&self, value: &'v Value) -> Result<&'v str, ConfigError> {
        value.get_ref().as_str().ok_or_else(|| self.error(value, "expected a text in quotes"))
    }

    fn strings<'v, 'a>(&self, value: &'v Value<'a>) -> Result<Vec<&'v Value<'a>>, ConfigError> {
        let Some(array) = value.get_ref().as_array() else {
            return Err(self.error(value, "expected a list of texts, like [\"a\", \"b\"]"));
        };
        Ok(array.iter().collect())
    }

    fn boolean(&self, value: &Value) -> Result<bool, ConfigError> {
        value.get_ref().as_bool().ok_or_else(|| self.error(value, "expected true or false"))
    }

    fn number(&self, value: &Value, least: f64, most: f64) -> Result<f64, ConfigError> {
        let number: Option<f64> = match value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
            DeValue::Float(float) => float.as_str().parse().ok(),
            _ => None,
        };
        let inside = number.filter(|number| (least..=most).contains(number));
        inside.ok_or_else(|| self.error(value, format!("expected a number from {least} to {most}")))
    }

    fn one_of<'v>(&self, what: &str, value: &'v Value, known: &[&str]) -> Result<&'v str, ConfigError> {
        let text = self.string(value)?;
        if known.contains(&text) { Ok(text) } else { Err(self.unknown(what, text, known, value.span().start)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(text: &str) -> String {
        parse(text).expect_err("this must be refused").to_string()
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
        assert!(settings.read_only);
        assert_eq!(settings.theme.colors, [(Role::Bad, Color::Indexed(9)), (Role::Ok, Color::Rgb(0, 255, 0))]);
        assert_eq!(
            (settings.columns.len(), settings.sort, settings.sampling.selected),
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
        assert!(sentence("screen = 1").contains("write [screen]"));
    }

    #[test]
    fn keys_may_be_given_for_one_place_alone() {
        let place =
            |text: &str, room: KeyContext, command: Command| parse(text).unwrap().keymap.shown_at(room, command);
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
        assert_eq!(sentence("[keys]\nfind-next = \"n\""), "2: 'find-next' is called 'search-next' now");
    }

    #[test]
    fn clashing_keys_are_refused() {
        let clash = sentence("[keys]\nremove = \"D\"\nrestart = \"D\"");
        assert_eq!(clash, "2: the key D is wanted by 'remove' and by 'restart'; give one of them another key");
        assert!(sentence("[keys]\nzoom = \"w\"").contains("'wrap'"), "a room's key hides one of everywhere");
    }

    #[test]
    fn keys_that_lock_in_or_slip_are_refused() {
        assert!(sentence("[keys]\nquit = []\nexit = []").contains("could not be left"));
        assert_eq!(
            sentence("[keys]\nremove = \"x\""),
            "2: 'remove' changes the engine: x will not do, give it a capital"
        );
        assert_eq!(sentence("theme = \"dark\""), "1: 'theme' belongs in the section [screen]");
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
