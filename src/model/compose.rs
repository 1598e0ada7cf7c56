//! Compose projects as their files have them: who runs compose, what is asked of it, and what differs from what runs.

use std::collections::BTreeSet;
use std::fmt;

/// The compose of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ComposeClient {
    /// The words it is called by: `docker compose`, or `docker-compose`.
    pub program: Vec<String>,
    /// Its version: `2.27.0`, `1.29.2`. Clean text.
    pub version: String,
}

impl ComposeClient {
    /// True for the plugin of the docker command, which is version 2 and later.
    pub fn is_plugin(&self) -> bool {
        self.program.len() > 1
    }
}

impl fmt::Display for ComposeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.program.join(" "), self.version)
    }
}

/// The location of a project's files.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ComposeSite {
    /// The project's name; empty lets compose choose.
    pub project: String,
    /// The folder that paths in the files are meant from.
    pub folder: String,
    /// The files, the later ones over the earlier.
    pub files: Vec<String>,
    /// Files with variables for them, where others than the folder's `.env` were named.
    pub environment: Vec<String>,
}

/// What is known of a compose, an engine and a project's files once they were looked at: nothing stands against a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ComposeReady {
    /// The compose client that runs it.
    pub client: ComposeClient,
    /// The engine's address, as `--host` takes it.
    pub host: String,
    /// The files: absolute, there, and readable.
    pub site: ComposeSite,
    /// How they were when they were looked at; empty if that is too long ago to say anything.
    pub stamps: Vec<FileStamp>,
    /// Profiles that the environment asks for, in its words; empty if it does not.
    pub profiles: String,
}

/// How a file was when it was looked at: another stamp means that it has changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileStamp {
    /// Its path, absolute.
    pub path: String,
    /// Seconds and nanoseconds of its last change, since 1970.
    pub changed: (i64, i64),
    /// Bytes.
    pub size: u64,
}

impl ComposeReady {
    /// The words of a compose command for this project: never through a shell, each value one argument.
    pub fn argv(&self, command: &[&str]) -> Vec<String> {
        let mut program = self.client.program.iter().cloned();
        let mut words: Vec<String> = program.next().into_iter().collect();
        words.extend(["--host".to_string(), self.host.clone()]);
        words.extend(program);
        let mut flag = |name: &str, value: &str| words.extend([name.to_string(), value.to_string()]);
        if !self.site.project.is_empty() {
            flag("--project-name", &self.site.project);
        }
        flag("--project-directory", &self.site.folder);
        self.site.files.iter().for_each(|file| flag("--file", file));
        self.site.environment.iter().for_each(|file| flag("--env-file", file));
        words.extend(command.iter().map(ToString::to_string));
        words
    }
}

/// An operation of compose on a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ComposeVerb {
    /// Make what runs like the file.
    Up,
    /// Fetch the images.
    Pull,
    /// Fetch the images, then make what runs like the file.
    PullUp,
    /// Stop and remove all of it.
    Down,
    /// Stops and removes everything, volumes too.
    DownVolumes,
}

impl ComposeVerb {
    /// All, for a choice.
    pub const ALL: [ComposeVerb; 5] =
        [ComposeVerb::Up, ComposeVerb::Pull, ComposeVerb::PullUp, ComposeVerb::Down, ComposeVerb::DownVolumes];

    /// Its name: `up`, `down with volumes`.
    pub fn name(self) -> &'static str {
        match self {
            ComposeVerb::Up => "up",
            ComposeVerb::Pull => "pull",
            ComposeVerb::PullUp => "pull and up",
            ComposeVerb::Down => "down",
            ComposeVerb::DownVolumes => "down with volumes",
        }
    }

    /// A sentence on it.
    pub fn doc(self) -> &'static str {
        match self {
            ComposeVerb::Up => "create, recreate and start services to match the files",
            ComposeVerb::Pull => "pull the images; running containers stay unchanged",
            ComposeVerb::PullUp => "pull the images, then up",
            ComposeVerb::Down => "stop and remove containers and networks; volumes stay",
            ComposeVerb::DownVolumes => "the same, and also remove its volumes with all data",
        }
    }

    /// The words while it runs.
    pub fn doing(self) -> &'static str {
        match self {
            ComposeVerb::Up => "starting",
            ComposeVerb::Pull => "pulling for",
            ComposeVerb::PullUp => "pulling and starting",
            ComposeVerb::Down | ComposeVerb::DownVolumes => "taking down",
        }
    }

    /// The words once it has run.
    pub fn done(self) -> &'static str {
        match self {
            ComposeVerb::Up => "started",
            ComposeVerb::Pull => "pulled for",
            ComposeVerb::PullUp => "pulled and started",
            ComposeVerb::Down | ComposeVerb::DownVolumes => "took down",
        }
    }

    /// The commands of compose that do it, one after the other.
    pub fn commands(self) -> &'static [&'static [&'static str]] {
        match self {
            ComposeVerb::Up => &[&["up", "--detach"]],
            ComposeVerb::Pull => &[&["pull"]],
            ComposeVerb::PullUp => &[&["pull"], &["up", "--detach"]],
            ComposeVerb::Down => &[&["down"]],
            ComposeVerb::DownVolumes => &[&["down", "--volumes"]],
        }
    }

    /// True if it removes something.
    pub fn removes(self) -> bool {
        matches!(self, ComposeVerb::Down | ComposeVerb::DownVolumes)
    }
}

/// Something to be run by compose.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ComposeRun {
    /// By whom and where.
    pub ready: ComposeReady,
    /// The operation.
    pub verb: ComposeVerb,
    /// The containers of the project when this was planned, by the engine's ids: compose goes by the project's name, and would
    /// take others for its own that came since, be they of another folder.
    pub planned: BTreeSet<String>,
}

impl ComposeSite {
    /// True if both are of one project, as far as that is known: where compose chooses a name, the files tell.
    pub fn is_of(&self, other: &ComposeSite) -> bool {
        if self.project.is_empty() || other.project.is_empty() {
            return self.folder == other.folder && self.files == other.files;
        }
        self.project == other.project
    }
}

impl ComposeRun {
    /// The commands, each as its words; a later one runs only if those before it succeeded.
    pub fn commands(&self) -> Vec<Vec<String>> {
        self.verb.commands().iter().map(|command| self.ready.argv(command)).collect()
    }

    /// What it is about: the project, or the folder where compose chooses the project's name.
    pub fn what(&self) -> &str {
        match self.ready.site.project.as_str() {
            "" => &self.ready.site.folder,
            project => project,
        }
    }
}

/// What is asked about a project's files. Nothing of it changes anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ComposeQuestion {
    /// Whether compose can be run with these files.
    Look(ComposeSite),
    /// The same, of a file or folder that a person named, and a name that may be empty.
    At {
        /// As typed.
        path: String,
        /// The project's name.
        project: String,
    },
    /// Whether there is such a file or folder, and what it may be completed to.
    Path(String),
    /// The question for the drift of a project.
    Drift(ComposeSite),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComposeAnswer {
    /// Compose can be run.
    Ready(Box<ComposeReady>),
    /// Of a path.
    Path {
        /// The error, if the path is wrong.
        wrong: Option<String>,
        /// The possible completions.
        choices: Vec<String>,
    },
    /// The result of a comparison.
    Drift(Drift),
}

/// How what runs differs from what the files say. All texts are clean, and no secret is in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drift {
    /// Services of the files and of what runs.
    pub services: usize,
    /// The services that differ, by name.
    pub differing: Vec<ServiceDrift>,
    /// What could not be compared, and why: sentences.
    pub notes: Vec<String>,
    /// The compose client that read the files.
    pub client: String,
    /// The stamps of the files before they were read.
    pub stamps: Vec<FileStamp>,
    /// The containers that were compared, by the engine's ids.
    pub containers: BTreeSet<String>,
}

impl Drift {
    /// True while the files are as they were and the same containers are there.
    pub fn holds(&self, stamps: &[FileStamp], containers: &BTreeSet<String>) -> bool {
        !stamps.is_empty() && self.stamps == stamps && self.containers == *containers
    }
}

/// One service that differs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceDrift {
    /// Its name.
    pub name: String,
    /// The differences.
    pub differences: Vec<Difference>,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// The name of the setting: `image`, `environment A`.
    pub what: String,
    /// In the file.
    pub file: String,
    /// In what runs.
    pub runs: String,
}

impl Difference {
    /// A difference; texts are cleaned.
    pub fn new(what: impl AsRef<str>, file: impl AsRef<str>, runs: impl AsRef<str>) -> Difference {
        let short = |text: &str| super::text::clean(text).chars().take(LONGEST).collect();
        Difference { what: short(what.as_ref()), file: short(file.as_ref()), runs: short(runs.as_ref()) }
    }
}

/// The longest value of a difference that is told, characters.
const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(program: &[&str], project: &str) -> ComposeReady {
        let site = ComposeSite {
            project: project.into(),
            folder: "/srv/a b".into(),
            files: vec!["/srv/a b/compose.yaml".into(), "/srv/x;rm -rf $HOME".into()],
            environment: Vec::new(),
        };
        let program = program.iter().map(ToString::to_string).collect();
        let client = ComposeClient { program, version: "2".into() };
        ComposeReady { client, host: "unix:///s".into(), site, stamps: Vec::new(), profiles: String::new() }
    }

    #[test]
    fn each_value_is_one_argument() {
        let plugin = ready(&["docker", "compose"], "shop").argv(&["up", "--detach"]);
        let wanted = [
            "docker",
            "--host",
            "unix:///s",
            "compose",
            "--project-name",
            "shop",
            "--project-directory",
            "/srv/a b",
            "--file",
            "/srv/a b/compose.yaml",
            "--file",
            "/srv/x;rm -rf $HOME",
            "up",
            "--detach",
        ];
        assert_eq!(plugin, wanted);
        let alone = ready(&["docker-compose"], "").argv(&["pull"]);
        assert_eq!(alone[..4], ["docker-compose", "--host", "unix:///s", "--project-directory"]);
    }

    #[test]
    fn pulling_comes_before_bringing_up() {
        let run = ComposeRun {
            ready: ready(&["docker-compose"], "shop"),
            verb: ComposeVerb::PullUp,
            planned: BTreeSet::new(),
        };
        let last: Vec<String> = run.commands().into_iter().filter_map(|mut words| words.pop()).collect();
        assert_eq!(last, ["pull", "--detach"]);
    }
}
