//! The blueprints that bowline carries, and the folders that they build from: `builtin:NAME`.

use crate::model::BlueprintFile;

/// A file that bowline carries: the folder that it is in, its path there, and what is in it.
pub type Carried = (&'static str, &'static str, &'static [u8]);

/// What a file of the program's own holds.
macro_rules! carried {
    ($folder:literal, [$($path:literal),* $(,)?]) => {
        [$(($folder, $path, include_bytes!(concat!("../../assets/blueprints/", $folder, "/", $path)).as_slice())),*]
    };
}

const APP_BUILDER: [Carried; 12] = carried!(
    "app-builder",
    [
        ".dockerignore",
        "Dockerfile",
        "app/index.html",
        "app/package.json",
        "app/postcss.config.js",
        "app/src/App.tsx",
        "app/src/index.css",
        "app/src/main.tsx",
        "app/src/vite-env.d.ts",
        "app/tailwind.config.js",
        "app/tsconfig.json",
        "app/vite.config.ts",
    ]
);
const SANDBOX: [Carried; 2] = carried!("sandbox", ["COMPARISON.md", "Dockerfile"]);

/// The blueprints, by name.
macro_rules! blueprints {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../assets/blueprints/", $name, ".toml")))),*]
    };
}

const BLUEPRINTS: [(&str, &str); 5] =
    blueprints!["app-builder", "code-server", "debug-host", "sandbox", "sandbox-light"];

/// The files of the folders that bowline carries.
pub fn files() -> impl Iterator<Item = Carried> {
    APP_BUILDER.into_iter().chain(SANDBOX)
}

/// The blueprints that bowline carries.
pub fn blueprints() -> impl Iterator<Item = BlueprintFile> {
    BLUEPRINTS.into_iter().map(|(name, text)| BlueprintFile {
        name: name.into(),
        path: format!("builtin:{name}"),
        folder: String::new(),
        text: text.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    fn below(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn every_file_of_the_assets_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/blueprints");
        let there = below(&root).into_iter().map(|path| path.strip_prefix(&root).unwrap().display().to_string());
        let there: BTreeSet<String> = there.filter(|path| path != "example.toml").collect();
        let files = files().map(|(folder, path, _)| format!("{folder}/{path}"));
        let carried: BTreeSet<String> = files.chain(blueprints().map(|file| format!("{}.toml", file.name))).collect();
        assert_eq!(carried, there);
    }
}
