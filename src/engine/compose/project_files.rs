//! The files of a project on this machine: whether they are there and can be read, and what a typed path means.
//!
//! Where they lie was written into labels by whoever made the containers: it is looked at before anything is run with it.

use crate::model::{ComposeAnswer, ComposeSite, FileStamp, Problem, text};
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// The time limit of a disk.
const LIMIT: Duration = Duration::from_secs(5);
/// The largest file that is taken for a compose file, bytes.
const LARGEST: u64 = 4 << 20;
/// Paths that are proposed at most.
const CHOICES: usize = 200;
/// Entries of a folder that are looked at for them.
const ENTRIES: usize = 5000;
/// What the file of a folder is called, the first goes before the others (compose-go, `DefaultFileNames`).
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/// The override files, used where they exist.
const OVERRIDES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// A file or folder that cannot be used: what is wrong, and what helps.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unfit(String, &'static str);

const ELSEWHERE: &str =
    "it was started on another machine, or its files have moved: run compose there, or create it from the new path";

/// The same site with all its files absolute, there and readable.
pub async fn check(wanted: &ComposeSite) -> Result<ComposeSite, Problem> {
    let wanted = wanted.clone();
    let during = format!("check the files of {}", wanted.project);
    on_disk(&during, move || checked(&wanted)).await
}

/// How the files of a checked site are now, and the variables beside them.
pub async fn stamps(site: &ComposeSite) -> Result<Vec<FileStamp>, Problem> {
    let site = site.clone();
    let during = format!("check the files of {}", site.project);
    on_disk(&during, move || stamped(&site)).await
}

/// The text of the variables beside a project's files; empty where there are none.
pub async fn variables(site: &ComposeSite) -> Result<String, Problem> {
    let beside = Path::new(&site.folder).join(".env");
    on_disk("read the .env file", move || {
        if !beside.exists() {
            return Ok(String::new());
        }
        is_readable(&beside)?;
        std::fs::read_to_string(&beside).map_err(|error| missing(&beside, &error))
    })
    .await
}

fn stamped(site: &ComposeSite) -> Result<Vec<FileStamp>, Unfit> {
    let stamp = |path: &Path| {
        let data = std::fs::metadata(path).map_err(|error| missing(path, &error))?;
        Ok(FileStamp { path: shown(path), changed: (data.mtime(), data.mtime_nsec()), size: data.len() })
    };
    let named = site.files.iter().chain(&site.environment).map(|file| stamp(Path::new(file)));
    // It may be there or not; when it comes or goes the stamps are others.
    let beside = Path::new(&site.folder).join(".env");
    named.chain(beside.exists().then(|| stamp(&beside))).collect()
}

/// The site of a file or folder that a person named.
pub async fn at(typed: &str, project: &str) -> Result<ComposeSite, Problem> {
    let (typed, project) = (typed.to_string(), project.to_string());
    on_disk(&format!("check {typed}"), move || resolved(&typed, &project)).await
}

/// What is wrong with a path that is being typed, and what it may become.
pub async fn path(typed: &str) -> Result<ComposeAnswer, Problem> {
    let typed = typed.to_string();
    on_disk("check a path", move || {
        let wrong = resolved(&typed, "").err().map(|unfit| unfit.0);
        Ok(ComposeAnswer::Path { wrong, choices: completions(&typed) })
    })
    .await
}

/// Looks at the disk where that keeps nobody waiting.
async fn on_disk<T: Send + 'static>(
    during: &str,
    look: impl FnOnce() -> Result<T, Unfit> + Send + 'static,
) -> Result<T, Problem> {
    match timeout(LIMIT, spawn_blocking(look)).await {
        Ok(Ok(done)) => done.map_err(|Unfit(cause, mend)| Problem::new(during, cause, mend)),
        Ok(Err(error)) => Err(Problem::new(during, format!("bowline's own worker failed: {error}"), "see its log")),
        Err(_) => Err(Problem::new(during, "the disk does not answer", "check network mounts")),
    }
}

fn checked(wanted: &ComposeSite) -> Result<ComposeSite, Unfit> {
    project(&wanted.project)?;
    if wanted.folder.is_empty() || wanted.files.is_empty() {
        let mend = "start it with compose, which records them; or create it from its file";
        return Err(Unfit("its containers do not say where its files are".into(), mend));
    }
    let folder = absolute(&wanted.folder, None)?;
    is_folder(&folder)?;
    let files = |names: &[String]| {
        let file = |name: &String| {
            let file = absolute(name, Some(&folder))?;
            is_readable(&file)?;
            Ok(shown(&file))
        };
        names.iter().map(file).collect::<Result<Vec<String>, Unfit>>()
    };
    Ok(ComposeSite {
        project: wanted.project.clone(),
        folder: shown(&folder),
        files: files(&wanted.files)?,
        environment: files(&wanted.environment)?,
    })
}

/// Compose's own rule for names (compose-go, `NormalizeProjectName`); an old one allowed `_` at the beginning too.
fn project(name: &str) -> Result<(), Unfit> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if name.starts_with('-') || !name.chars().all(inner) {
        let why = format!("compose does not accept the project name {}", text::clean(name));
        return Err(Unfit(why, "use lower-case letters, digits, - and _"));
    }
    Ok(())
}

/// A path of this machine; one that leads from nowhere is meant from `folder`, where there is one.
fn absolute(written: &str, folder: Option<&Path>) -> Result<PathBuf, Unfit> {
    if written.starts_with('-') {
        return Err(Unfit(format!("{written} looks like an option"), ELSEWHERE));
    }
    if written.contains('\0') {
        return Err(Unfit("a path contains a NUL byte".into(), ELSEWHERE));
    }
    match (Path::new(written), folder) {
        (path, _) if path.is_absolute() => Ok(path.to_path_buf()),
        (path, Some(folder)) => Ok(folder.join(path)),
        (_, None) => Err(Unfit(format!("{written} is not an absolute path on this machine"), ELSEWHERE)),
    }
}

fn is_folder(path: &Path) -> Result<(), Unfit> {
    match std::fs::metadata(path) {
        Ok(data) if data.is_dir() => Ok(()),
        Ok(_) => Err(Unfit(format!("{} is not a folder", path.display()), ELSEWHERE)),
        Err(error) => Err(missing(path, &error)),
    }
}

fn is_readable(path: &Path) -> Result<(), Unfit> {
    let data = std::fs::metadata(path).map_err(|error| missing(path, &error))?;
    // A pipe or a device would keep compose reading for ever.
    if !data.is_file() {
        return Err(Unfit(format!("{} is not a file", path.display()), "type the compose file itself"));
    }
    if data.len() > LARGEST {
        return Err(Unfit(format!("{} is too large for a compose file", path.display()), "type the compose file"));
    }
    File::open(path).map(drop).map_err(|error| missing(path, &error))
}

fn missing(path: &Path, error: &std::io::Error) -> Unfit {
    let path = path.display();
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            Unfit(format!("{path} does not exist on this machine"), ELSEWHERE)
        }
        ErrorKind::PermissionDenied => Unfit(
            format!("no permission to read {path}"),
            "run bowline as a user who can read it, or change its permissions",
        ),
        _ => Unfit(format!("{path}: {error}"), ELSEWHERE),
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A path as a person writes it: `~/` is their home, and what leads from nowhere is meant from where bowline was started.
fn typed_path(typed: &str) -> Result<PathBuf, Unfit> {
    let path = match (typed, typed.strip_prefix("~/"), std::env::home_dir()) {
        ("", ..) => return Err(Unfit("type a compose file, or its folder".into(), "")),
        ("~", _, Some(home)) => home,
        (_, Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(typed),
    };
    std::path::absolute(&path).map_err(|error| Unfit(format!("{typed}: {error}"), ""))
}

fn resolved(typed: &str, name: &str) -> Result<ComposeSite, Unfit> {
    project(name)?;
    let path = typed_path(typed)?;
    let data = std::fs::metadata(&path).map_err(|error| missing(&path, &error))?;
    let (folder, files) = match data.is_dir() {
        true => (path.clone(), default_files(&path)?),
        false => (path.parent().unwrap_or(&path).to_path_buf(), vec![path]),
    };
    files.iter().try_for_each(|file| is_readable(file))?;
    Ok(ComposeSite {
        project: name.into(),
        folder: shown(&folder),
        files: files.iter().map(|file| shown(file)).collect(),
        environment: Vec::new(),
    })
}

/// The file of a folder, and what is laid over it.
fn default_files(folder: &Path) -> Result<Vec<PathBuf>, Unfit> {
    let first = |names: &[&str]| names.iter().map(|name| folder.join(name)).find(|file| file.exists());
    let Some(file) = first(&NAMES) else {
        return Err(Unfit(format!("no {} in {}", NAMES.join(", no "), folder.display()), "type the file itself"));
    };
    Ok(std::iter::once(file).chain(first(&OVERRIDES)).collect())
}

/// What a path may become: the folders and the YAML files that begin with what is typed, in the form it was typed in.
fn completions(typed: &str) -> Vec<String> {
    let (before, begun) = typed.rsplit_once('/').map_or(("", typed), |(before, begun)| (before, begun));
    let before = if typed.contains('/') { format!("{before}/") } else { String::new() };
    let folder = if before.is_empty() { typed_path(".") } else { typed_path(&before) };
    // What cannot be listed has nothing to propose; that it is wrong is told beside.
    let Some(entries) = folder.ok().and_then(|folder| std::fs::read_dir(folder).ok()) else { return Vec::new() };
    let mut found: Vec<String> = entries
        .take(ENTRIES)
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let fits = name.starts_with(begun) && (begun.starts_with('.') || !name.starts_with('.'));
            let is_folder = fits && std::fs::metadata(entry.path()).is_ok_and(|data| data.is_dir());
            let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
            let shown = (fits && (is_folder || is_yaml)).then(|| format!("{before}{name}"))?;
            // What cannot be written on a line cannot be typed either.
            (!shown.chars().any(text::is_hostile)).then(|| if is_folder { format!("{shown}/") } else { shown })
        })
        .collect();
    found.sort();
    found.truncate(CHOICES);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(folder: &str, files: &[&str]) -> ComposeSite {
        ComposeSite {
            project: "shop".into(),
            folder: folder.into(),
            files: files.iter().map(ToString::to_string).collect(),
            environment: Vec::new(),
        }
    }

    #[test]
    fn labels_that_lead_astray_are_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let here = shown(folder.path());
        std::fs::write(folder.path().join("compose.yaml"), "services: {}\n").unwrap();
        let why = |site: ComposeSite| checked(&site).unwrap_err().0;
        assert!(why(site("", &["/x"])).contains("do not say where"));
        assert!(why(site("relative", &["compose.yaml"])).contains("not an absolute path"));
        assert!(why(site(&here, &["--file=/etc/passwd"])).contains("looks like an option"));
        assert!(why(site(&here, &["gone.yaml"])).contains("does not exist"));
        assert!(why(site("/bowline-test-nowhere", &["/x"])).contains("on this machine"));
        assert!(why(site(&here, &["/dev/zero"])).contains("is not a file"));
        assert!(why(site(&here, &[&here])).contains("is not a file"));
        let named = |project: &str| ComposeSite { project: project.into(), ..site(&here, &["compose.yaml"]) };
        for name in ["-x", "--help", "a b", "A", "../x", "a;b"] {
            assert!(checked(&named(name)).is_err(), "{name}");
        }
        let fine = checked(&named("shop-2")).unwrap();
        assert_eq!(fine.files, [format!("{here}/compose.yaml")], "meant from the folder, and told in full");
    }

    #[test]
    fn a_folder_means_its_file_and_what_is_laid_over_it() {
        let folder = tempfile::tempdir().unwrap();
        let here = shown(folder.path());
        assert!(resolved(&here, "").unwrap_err().0.contains("no compose.yaml, no compose.yml"));
        for name in ["docker-compose.yml", "docker-compose.override.yml", "other.yml"] {
            std::fs::write(folder.path().join(name), "services: {}\n").unwrap();
        }
        let found = resolved(&here, "").unwrap();
        assert_eq!(found.files, [format!("{here}/docker-compose.yml"), format!("{here}/docker-compose.override.yml")]);
        let found = resolved(&format!("{here}/other.yml"), "x").unwrap();
        assert_eq!((found.folder, found.files), (here.clone(), vec![format!("{here}/other.yml")]));
        assert!(resolved(&format!("{here}/none.yml"), "").unwrap_err().0.contains("does not exist"));
        assert!(resolved("", "").is_err());
    }

    #[test]
    fn what_is_typed_is_completed_by_folders_and_yaml() {
        let folder = tempfile::tempdir().unwrap();
        let here = shown(folder.path());
        std::fs::create_dir(folder.path().join("shop")).unwrap();
        for name in ["shop.yml", "shop.txt", "other.yaml", "sh\u{1b}op.yml"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(completions(&format!("{here}/sh")), [format!("{here}/shop.yml"), format!("{here}/shop/")]);
        assert_eq!(completions("/bowline-test-nowhere/x"), [""; 0]);
    }
}
