//! What the environment says of the terminal and of where files live.

use crate::ui::Depth;
use serde::Deserialize;
use std::path::PathBuf;

/// Environment variables, looked up by name.
pub struct Environment<'a> {
    lookup: Lookup<'a>,
}

type Lookup<'a> = Box<dyn Fn(&str) -> Option<String> + 'a>;

/// Whether only ASCII may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ascii {
    /// As the locale says.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl<'a> Environment<'a> {
    /// An environment that looks names up with `lookup`.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self { lookup: Box::new(lookup) }
    }

    /// The environment of this process.
    pub fn of_process() -> Environment<'static> {
        Environment::new(|name| std::env::var(name).ok())
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    fn home(&self) -> PathBuf {
        self.get("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from)
    }

    fn base(&self, name: &str, below_home: &str) -> PathBuf {
        // The XDG specification: a relative path is to be ignored.
        let set = self.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        set.unwrap_or_else(|| self.home().join(below_home))
    }

    /// `$XDG_CONFIG_HOME`.
    pub fn config_home(&self) -> PathBuf {
        self.base("XDG_CONFIG_HOME", ".config")
    }

    /// `$XDG_STATE_HOME`: for the layout and for bowline's own log.
    pub fn state_home(&self) -> PathBuf {
        self.base("XDG_STATE_HOME", ".local/state")
    }

    /// The terminal's name if it cannot place text freely: no cockpit is possible there.
    pub fn unusable_terminal(&self) -> Option<String> {
        match self.get("TERM") {
            None => Some("TERM is not set".into()),
            Some(term) if term == "dumb" || term == "unknown" => Some(format!("TERM={term}")),
            Some(_) => None,
        }
    }

    /// The number of colours of the terminal.
    pub fn depth(&self) -> Depth {
        let term = self.get("TERM").unwrap_or_default();
        if self.get("NO_COLOR").is_some()
            || term.starts_with("vt1")
            || term.starts_with("vt2")
            || term.ends_with("-m")
            || term.ends_with("-mono")
        {
            return Depth::None;
        }
        if matches!(self.get("COLORTERM").as_deref(), Some("truecolor" | "24bit")) || term.ends_with("-direct") {
            return Depth::True;
        }
        let rich = ["256color", "kitty", "alacritty", "ghostty", "foot", "wezterm", "contour"];
        if rich.iter().any(|name| term.contains(name)) { Depth::Indexed } else { Depth::Sixteen }
    }

    /// True if the terminal's locale cannot show more than ASCII.
    pub fn is_ascii(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| self.get(name));
        match locale {
            Some(locale) => {
                let locale = locale.to_lowercase();
                !(locale.contains("utf-8") || locale.contains("utf8"))
            }
            // Nothing said: consoles of old are careful, terminal emulators of today are not.
            None => self.depth() <= Depth::Sixteen,
        }
    }

    /// True if the terminal is known to have a light background (`COLORFGBG`, as rxvt and Konsole set it).
    pub fn is_light(&self) -> bool {
        let background = self.get("COLORFGBG").and_then(|value| value.rsplit(';').next().map(str::to_string));
        matches!(background.as_deref(), Some("7" | "15"))
    }

    /// True if frames can be wrapped as synchronized updates; terminals that do not know them ignore them,
    /// but consoles and screen print such sequences.
    pub fn synchronizes(&self) -> bool {
        let term = self.get("TERM").unwrap_or_default();
        !(term == "linux" || term.starts_with("screen") || term.starts_with("vt"))
    }

    /// True over SSH.
    pub fn is_remote(&self) -> bool {
        self.get("SSH_CONNECTION").is_some() || self.get("SSH_TTY").is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(set: &'static [(&'static str, &'static str)]) -> Environment<'static> {
        Environment::new(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_string()))
    }

    #[test]
    fn colours_follow_the_terminal() {
        assert_eq!(environment(&[("TERM", "xterm-256color")]).depth(), Depth::Indexed);
        assert_eq!(environment(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]).depth(), Depth::True);
        assert_eq!(environment(&[("TERM", "linux")]).depth(), Depth::Sixteen);
        assert_eq!(environment(&[("TERM", "vt100")]).depth(), Depth::None);
        assert_eq!(environment(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]).depth(), Depth::None);
        assert_eq!(environment(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]).depth(), Depth::Indexed);
    }

    #[test]
    fn signs_follow_the_locale() {
        assert!(environment(&[("LANG", "C"), ("TERM", "xterm-256color")]).is_ascii());
        assert!(!environment(&[("LANG", "de_DE.UTF-8")]).is_ascii());
        assert!(environment(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "POSIX")]).is_ascii());
        assert!(!environment(&[("TERM", "xterm-256color")]).is_ascii());
    }

    #[test]
    fn a_dumb_terminal_is_unusable() {
        assert!(environment(&[("TERM", "dumb")]).unusable_terminal().is_some());
        assert!(environment(&[]).unusable_terminal().is_some());
        assert!(environment(&[("TERM", "something-new")]).unusable_terminal().is_none());
    }
}
