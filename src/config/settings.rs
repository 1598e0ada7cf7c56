//! Settings: what the configuration file can say, a struct for each section with its defaults beside it. Sections that
//! the cockpit reads as they are stand in the app room.

use super::environment::Ascii;
use super::graphs::GraphSetting;
use crate::app::{Key, Keymap, ListOptions, LogOptions, ShellOptions, unknown_name, within};
use crate::model::ApiVersion;
use crate::ui::{Role, theme_names};
use ratatui::style::Color;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// Everything that the file can say.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The engine.
    pub engine: EngineSettings,
    /// The screen.
    pub screen: ScreenSettings,
    colors: Named<Paint>,
    /// The list of containers.
    pub containers: ListOptions,
    /// Logs.
    pub logs: LogOptions,
    /// The intervals of sampling.
    pub sampling: Sampling,
    /// Shells.
    pub shell: ShellOptions,
    /// The graphs of one's own.
    pub graphs: Vec<GraphSetting>,
    keys: Named<KeyEntry>,
    /// What `[colors]` says: colours in place of the theme's own.
    #[serde(skip)]
    pub palette: Vec<(Role, Color)>,
    /// The keys of `[keys]`.
    #[serde(skip)]
    pub keymap: Keymap,
}

/// A section whose entries are the rows of a table in the program: they are looked up once the file is read.
pub(super) type Named<T> = BTreeMap<Spanned<String>, Spanned<T>>;

impl Settings {
    /// Takes the sections out whose entries are still to be looked up.
    pub(super) fn take_named(&mut self) -> (Named<Paint>, Named<KeyEntry>) {
        (std::mem::take(&mut self.colors), std::mem::take(&mut self.keys))
    }
}

/// The section `[engine]`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineSettings {
    /// The address of the engine; empty = look for it.
    pub host: String,
    /// Every change is refused.
    pub read_only: bool,
    /// Seconds between asking a container to stop and killing it; none = what the container was made with.
    #[serde(deserialize_with = "within::<0, 86_400, _, _>")]
    pub stop_grace_seconds: Option<u32>,
    /// The version of the API that is spoken; none = the newest that engine and bowline both know.
    pub api_version: Option<ApiVersion>,
}

/// The section `[screen]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScreenSettings {
    /// The name of a built-in theme, or `auto`.
    #[serde(deserialize_with = "theme")]
    pub theme: String,
    /// The mouse is used.
    pub mouse: bool,
    /// Whether only ASCII may be written.
    pub ascii: Ascii,
}

impl Default for ScreenSettings {
    fn default() -> Self {
        Self { theme: "auto".into(), mouse: true, ascii: Ascii::Auto }
    }
}

/// The section `[sampling]`: how often usage is read, seconds.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// Of the selected container.
    #[serde(deserialize_with = "seconds")]
    pub selected_seconds: f64,
    /// Of the rows on screen.
    #[serde(deserialize_with = "seconds")]
    pub visible_seconds: f64,
    /// Of all others.
    #[serde(deserialize_with = "seconds")]
    pub rest_seconds: f64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { selected_seconds: 2.0, visible_seconds: 2.0, rest_seconds: 30.0 }
    }
}

/// A colour of the file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "ColorText")]
pub(super) struct Paint(pub(super) Color);

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a colour: a name (green), a number from 0 to 255, or #rrggbb")]
enum ColorText {
    Number(u8),
    Text(String),
}

impl TryFrom<ColorText> for Paint {
    type Error = String;

    fn try_from(color: ColorText) -> Result<Self, String> {
        match color {
            ColorText::Number(number) => Ok(Paint(Color::Indexed(number))),
            ColorText::Text(text) => text.parse().map(Paint).map_err(|_| {
                format!("'{text}' is not a colour: write a name (green), a number from 0 to 255, or #rrggbb")
            }),
        }
    }
}

/// An entry of `[keys]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum KeyEntry {
    /// The keys of a command: one, or a list.
    Keys(Vec<Key>),
    /// `[keys.in]`: entries for one place alone.
    Places(Named<Named<KeyEntry>>),
}

/// The form of an entry of `[keys]`, for errors.
pub(super) const ONE_OR_MANY: &str = "a key in quotes, or a list of them, like [\"a\", \"b\"]";

/// One key of a list, or nothing in the quotes. A struct of its own, so that an error has the line of the key and not
/// that of the list.
#[derive(Deserialize)]
struct OneKey(#[serde(deserialize_with = "key")] Option<Key>);

fn key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Key>, D::Error> {
    parse_key(&String::deserialize(deserializer)?)
}

fn parse_key<E: Error>(text: &str) -> Result<Option<Key>, E> {
    let key = (!text.is_empty()).then(|| Key::parse(text)).transpose();
    key.map_err(|why| E::custom(format!("{why}; examples: j, S, ctrl-d, alt-x, space, f5")))
}

impl<'de> Deserialize<'de> for KeyEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = KeyEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(ONE_OR_MANY)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<KeyEntry, E> {
                Ok(KeyEntry::Keys(parse_key(text)?.into_iter().collect()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<KeyEntry, A::Error> {
                let mut keys = Vec::new();
                while let Some(OneKey(key)) = list.next_element()? {
                    keys.extend(key);
                }
                Ok(KeyEntry::Keys(keys))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<KeyEntry, A::Error> {
                Named::deserialize(MapAccessDeserializer::new(map)).map(KeyEntry::Places)
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

fn theme<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if known_themes().any(|known| known == name) { Ok(name) } else { Err(unknown_name(&name, known_themes())) }
}

/// The names of the built-in themes, and `auto`.
pub fn known_themes() -> impl Iterator<Item = &'static str> {
    std::iter::once("auto").chain(theme_names())
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let seconds = f64::deserialize(deserializer).ok().filter(|seconds| (0.2..=3600.0).contains(seconds));
    seconds.ok_or_else(|| D::Error::custom("expected a number from 0.2 to 3600"))
}
