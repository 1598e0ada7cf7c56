//! This room knows the configuration file and the environment: it turns them into settings.
//! It may use model, app (command names, key syntax, columns) and ui (themes), serde and toml.
//! It never talks to an engine or a terminal, and never guesses: what it does not understand is refused with its line.

mod environment;
mod graphs;
mod read;
mod settings;
mod write;

pub use environment::{Ascii, Environment};
pub use graphs::GraphSetting;
pub use read::{ConfigError, parse};
pub use settings::{EngineSettings, Sampling, ScreenSettings, Settings, known_themes};
pub use write::default_file;

use std::path::{Path, PathBuf};

/// Where the configuration file is looked for when none is named: `$XDG_CONFIG_HOME/bowline/config.toml`.
pub fn default_path(environment: &Environment) -> PathBuf {
    environment.config_home().join("bowline").join("config.toml")
}

/// Reads a configuration file.
///
/// # Errors
/// When it cannot be read (a missing file at the default place is no error: `required` says which), or not understood.
pub fn load(path: &Path, required: bool) -> Result<Settings, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text).map_err(|error| error.in_file(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => Ok(Settings::default()),
        Err(error) => Err(ConfigError::new(0, format!("cannot be read: {error}")).in_file(path)),
    }
}
