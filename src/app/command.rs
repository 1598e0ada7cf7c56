//! The command table: keymap, help, palette, footer, configuration names and the README's key list are views of it.

use crate::model::{OperationKind, Signal};
use strum::EnumCount;

/// A place in which a command can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumCount)]
pub enum KeyContext {
    /// Everywhere.
    Anywhere,
    /// In the container list.
    Fleet,
    /// In the lists of images, volumes, networks, projects and the disk.
    Resources,
    /// In the log tail.
    Logs,
    /// In the list of processes.
    Processes,
    /// In the files of a container.
    Files,
    /// In the object that is inspected.
    Inspect,
    /// In the shell pane, behind its prefix; where nothing can be typed, without it.
    Shell,
    /// In the scrollback of a shell.
    Scrollback,
    /// In a menu.
    Menu,
    /// In a question with two buttons.
    Question,
    /// Where text is typed: prompts, forms, the palette.
    Typing,
    /// In a text to read: help, results, a log file.
    Reading,
    /// In a line of a log that is shown whole.
    Line,
    /// In the list of events.
    Events,
    /// In the answer to SQL.
    Sql,
    /// In the list of transfers.
    Transfers,
    /// In what compose can do with a project.
    Compose,
}

impl KeyContext {
    /// All rooms, in the order in which help shows them.
    pub const ALL: [KeyContext; KeyContext::COUNT] = [
        KeyContext::Anywhere,
        KeyContext::Fleet,
        KeyContext::Resources,
        KeyContext::Logs,
        KeyContext::Processes,
        KeyContext::Files,
        KeyContext::Inspect,
        KeyContext::Shell,
        KeyContext::Scrollback,
        KeyContext::Menu,
        KeyContext::Question,
        KeyContext::Typing,
        KeyContext::Reading,
        KeyContext::Line,
        KeyContext::Events,
        KeyContext::Sql,
        KeyContext::Transfers,
        KeyContext::Compose,
    ];

    /// True if its keys hide those of everywhere: none of them is a clash.
    pub fn is_modal(self) -> bool {
        matches!(self, KeyContext::Shell | KeyContext::Scrollback) || self.is_overlay()
    }

    /// True for what lies above the cockpit. Of the keys of everywhere only those that move, open, search and leave work there.
    pub fn is_overlay(self) -> bool {
        use KeyContext::{Compose, Events, Line, Menu, Question, Reading, Sql, Transfers, Typing};
        matches!(self, Menu | Question | Typing | Reading | Line | Events | Sql | Transfers | Compose)
    }

    /// The name of its section in the configuration file: `[keys.in.files]`.
    pub fn name(self) -> &'static str {
        match self {
            KeyContext::Anywhere => "everywhere",
            KeyContext::Fleet => "containers",
            KeyContext::Resources => "lists",
            KeyContext::Logs => "logs",
            KeyContext::Processes => "processes",
            KeyContext::Files => "files",
            KeyContext::Inspect => "inspect",
            KeyContext::Shell => "shell",
            KeyContext::Scrollback => "scrollback",
            KeyContext::Menu => "menus",
            KeyContext::Question => "questions",
            KeyContext::Typing => "typing",
            KeyContext::Reading => "reading",
            KeyContext::Line => "line",
            KeyContext::Events => "events",
            KeyContext::Sql => "sql",
            KeyContext::Transfers => "transfers",
            KeyContext::Compose => "compose",
        }
    }

    /// The heading in help and in the configuration file.
    pub fn title(self) -> &'static str {
        match self {
            KeyContext::Anywhere => "everywhere",
            KeyContext::Fleet => "containers",
            KeyContext::Resources => "images, volumes, networks, projects",
            KeyContext::Logs => "logs",
            KeyContext::Processes => "processes",
            KeyContext::Files => "files",
            KeyContext::Inspect => "inspect",
            KeyContext::Shell => "shell, after the prefix key",
            KeyContext::Scrollback => "shell scrollback",
            KeyContext::Menu => "menus",
            KeyContext::Question => "questions",
            KeyContext::Typing => "prompts, forms, palette",
            KeyContext::Reading => "help, results and other texts",
            KeyContext::Line => "a line of a log",
            KeyContext::Events => "events",
            KeyContext::Sql => "answers in SQL",
            KeyContext::Transfers => "transfers",
            KeyContext::Compose => "compose",
        }
    }
}

/// A command that a user can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumCount)]
#[allow(missing_docs, reason = "each is documented by its row in COMMANDS")]
pub enum Command {
    Down,
    Up,
    First,
    Last,
    PageDown,
    PageUp,
    NextPane,
    PreviousPane,
    Filter,
    SearchNext,
    SearchPrevious,
    Palette,
    Help,
    Open,
    Back,
    Quit,
    Exit,
    FocusLogs,
    FocusFleet,
    ViewImages,
    ViewVolumes,
    ViewNetworks,
    ViewProjects,
    ViewSystem,
    Create,
    Duplicate,
    Rename,
    Limits,
    Commit,
    Wait,
    Connect,
    Disconnect,
    Tag,
    Prune,
    Compose,
    Drift,
    Why,
    ExportVolume,
    ImportVolume,
    CopyVolume,
    Sort,
    Columns,
    GroupBy,
    GroupFoldAll,
    Mark,
    MarkRange,
    MarkClear,
    MarkInvert,
    StartStop,
    Restart,
    PauseUnpause,
    Kill,
    Remove,
    Zoom,
    Grow,
    Shrink,
    Redraw,
    Refresh,
    Embedded,
    Mouse,
    Suspend,
    OwnLog,
    Results,
    Follow,
    Timestamps,
    Wrap,
    GoToTime,
    RawLines,
    LogColumns,
    Histogram,
    EarlierBar,
    LaterBar,
    Bookmark,
    NextBookmark,
    PreviousBookmark,
    NewestLines,
    FirstLines,
    LastMinute,
    LastFiveMinutes,
    LastQuarter,
    LastHalfHour,
    LastHour,
    LastDay,
    LogFilter,
    LogFilters,
    ErrorsOnly,
    WarningsUp,
    CancelSearch,
    NextError,
    PreviousError,
    NextLine,
    PreviousLine,
    SaveLog,
    Sql,
    OpenLog,
    Left,
    Right,
    FocusProcesses,
    FocusFiles,
    NextTab,
    PreviousTab,
    Shell,
    RootShell,
    Exec,
    Attach,
    Sidecar,
    ShellPrefix,
    SignalProcess,
    FilesHex,
    GoToPath,
    CopyOut,
    CopyIn,
    EditFile,
    KeptEdits,
    CancelCopy,
    FocusInspect,
    Events,
    Engines,
    Fold,
    FoldAll,
    InspectFormat,
    CopyValue,
    CopyMenu,
    Compare,
    Reveal,
    NextShell,
    PreviousShell,
    AnotherShell,
    Reopen,
    CloseShell,
    Scrollback,
    SaveOutput,
    SendLine,
    LeaveShell,
    CopyNextWord,
    CopyPreviousWord,
    CopyLineStart,
    CopyLineEnd,
    Select,
    SelectLines,
    SelectBlock,
    Copy,
    LeaveScrollback,
    Transfers,
    Pull,
    Push,
    Build,
    SaveImages,
    /// Writes an incident bundle of a container.
    Bundle,
    AddGraph,
    RemoveGraph,
    LoadImages,
    Choose,
    Yes,
    No,
    NextButton,
    WithVolumes,
    WithForce,
    Retry,
    CancelTransfer,
    EditTransfer,
    Accept,
    Cancel,
    NextField,
    PreviousField,
    FinishForm,
    NextChoice,
    PreviousChoice,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct CommandSpec {
    /// The command.
    pub command: Command,
    /// Its name in the palette and the configuration file.
    pub name: &'static str,
    /// A word for the footer.
    pub hint: &'static str,
    /// A sentence without a full stop that describes it.
    pub doc: &'static str,
    /// The context in which it can be given.
    pub context: KeyContext,
    /// Default keys.
    pub keys: &'static [&'static str],
    /// Where else it can be given, with its default keys there.
    pub also: &'static [(KeyContext, &'static [&'static str])],
    /// Other words that lead to it in the palette, such as Docker's.
    pub words: &'static str,
    /// True if it changes the engine: `--read-only` refuses it, and its default keys are capitals.
    pub changes: bool,
    /// Its keys may be those of a list: in its own place they are its own.
    pub takes: bool,
    /// What it does to containers: the first of these that applies to one of them.
    pub operations: &'static [OperationKind],
}

const fn row(
    command: Command,
    name: &'static str,
    hint: &'static str,
    context: KeyContext,
    keys: &'static [&'static str],
    doc: &'static str,
) -> CommandSpec {
    CommandSpec {
        command,
        name,
        hint,
        doc,
        context,
        keys,
        also: &[],
        words: "",
        changes: false,
        takes: false,
        operations: &[],
    }
}

const fn change(
    command: Command,
    name: &'static str,
    hint: &'static str,
    context: KeyContext,
    keys: &'static [&'static str],
    doc: &'static str,
) -> CommandSpec {
    CommandSpec { changes: true, ..row(command, name, hint, context, keys, doc) }
}

impl CommandSpec {
    /// The same command, which can be given elsewhere too.
    const fn also(self, also: &'static [(KeyContext, &'static [&'static str])]) -> CommandSpec {
        CommandSpec { also, ..self }
    }

    /// The same command, whose keys may be those of a list.
    const fn takes(self) -> CommandSpec {
        CommandSpec { takes: true, ..self }
    }

    /// The same command, which does one of these to containers.
    const fn operates(self, operations: &'static [OperationKind]) -> CommandSpec {
        CommandSpec { operations, ..self }
    }

    /// The same command, which other words lead to as well.
    const fn words(self, words: &'static str) -> CommandSpec {
        CommandSpec { words, ..self }
    }

    /// Where it can be given, with its default keys there; its own place first.
    pub fn places(&self) -> impl Iterator<Item = (KeyContext, &'static [&'static str])> + use<> {
        std::iter::once((self.context, self.keys)).chain(self.also.iter().copied())
    }

    /// The places in which its default keys are others than in its own.
    pub fn places_apart(&self) -> impl Iterator<Item = (KeyContext, &'static [&'static str])> + use<'_> {
        self.places().filter(move |(_, keys)| *keys != self.keys)
    }

    /// True if it can be given there.
    pub fn is_at(&self, context: KeyContext) -> bool {
        self.places().any(|(at, _)| at == context)
    }
}

/// To the left and to the right, wherever these mean something.
const LEFT: &[&str] = &["left", "h"];
const RIGHT: &[&str] = &["right"];

use KeyContext::{
    Anywhere, Compose, Events, Files, Fleet, Inspect, Line, Logs, Menu, Processes, Question, Reading, Resources,
    Scrollback, Shell, Sql, Transfers, Typing,
};

/// All commands, in the order in which help shows them. One without a row does not compile.
pub const COMMANDS: &[CommandSpec; Command::COUNT] = &[
    row(Command::Down, "down", "down", Anywhere, &["j", "down"], "move down one line"),
    row(Command::Up, "up", "up", Anywhere, &["k", "up"], "move up one line"),
    row(Command::First, "first", "first", Anywhere, &["g", "home"], "go to the first line"),
    row(Command::Last, "last", "last", Anywhere, &["G", "end"], "go to the last line; in logs: follow again"),
    row(Command::PageDown, "page-down", "page", Anywhere, &["ctrl-d", "pagedown"], "scroll down half a page")
        .also(&[(Reading, &["space"]), (Typing, &["pagedown"])]),
    row(Command::PageUp, "page-up", "page", Anywhere, &["ctrl-u", "pageup"], "scroll up half a page")
        .also(&[(Typing, &["pageup"])]),
    row(Command::NextPane, "next-pane", "pane", Anywhere, &["tab"], "focus the next pane"),
    row(Command::PreviousPane, "previous-pane", "pane", Anywhere, &["backtab"], "focus the previous pane"),
    row(Command::Filter, "filter", "filter", Anywhere, &["/"], "filter the list, or search the log"),
    row(Command::Palette, "palette", "commands", Anywhere, &[":"], "find a command by name"),
    row(Command::Help, "help", "help", Anywhere, &["?"], "show all keys"),
    row(
        Command::Open,
        "open",
        "open",
        Anywhere,
        &["enter"],
        "open the selected row: a container's log; of a log the line, whole",
    )
    .also(&[(Logs, &["enter"])]),
    row(Command::Back, "back", "back", Anywhere, &["esc"], "go back one level"),
    row(Command::Quit, "quit", "quit", Anywhere, &["q"], "go back one level; at the top level, quit")
        .words("exit close"),
    row(Command::Exit, "exit", "exit", Anywhere, &["ctrl-c"], "quit bowline from anywhere"),
    row(
        Command::FocusLogs,
        "logs",
        "logs",
        Anywhere,
        &["l"],
        "show the log; of marked containers or a project: merged by time",
    )
    .words("log tail")
    .also(&[(Events, &["l"])]),
    row(Command::FocusFleet, "containers", "containers", Anywhere, &["1"], "list containers")
        .words("ps ls list stats container containers"),
    row(
        Command::ViewImages,
        "images",
        "images",
        Anywhere,
        &["2"],
        "list images: size, containers that use them, layers",
    )
    .words("image ls"),
    row(Command::ViewVolumes, "volumes", "volumes", Anywhere, &["3"], "list volumes: size, containers that use them")
        .words("volume ls"),
    row(Command::ViewNetworks, "networks", "networks", Anywhere, &["4"], "list networks: containers, subnets")
        .words("network ls"),
    row(Command::ViewProjects, "projects", "projects", Anywhere, &["5"], "list compose projects and their services")
        .words("compose services stack"),
    row(Command::ViewSystem, "system", "system", Anywhere, &["6"], "show the engine: disk usage, warnings")
        .words("df disk usage info version engine"),
    row(Command::FocusProcesses, "processes", "processes", Anywhere, &["p"], "show the processes of the container")
        .words("top ps pid"),
    row(Command::FocusFiles, "files", "files", Anywhere, &["b"], "browse the files of the container or volume")
        .words("cp ls browse filesystem"),
    row(
        Command::FocusInspect,
        "inspect",
        "inspect",
        Anywhere,
        &["i"],
        "inspect the selected object: search, compare, copy",
    )
    .words("describe env environment url port ports config mounts labels container"),
    row(Command::Events, "events", "events", Anywhere, &["a"], "list recent events; go to the container of one")
        .words("history")
        .also(&[(Events, &["a"])]),
    row(
        Command::Engines,
        "engine",
        "engine",
        Anywhere,
        &["@"],
        "choose which of several open engines is meant, see how each is",
    )
    .words("host context engines switch"),
    row(Command::NextTab, "next-tab", "tab", Anywhere, &["]"], "next tab of the pane: log, processes, inspect, files"),
    row(Command::PreviousTab, "previous-tab", "tab", Anywhere, &["["], "previous tab of the pane"),
    row(
        Command::ShellPrefix,
        "shell-prefix",
        "shell pane",
        Anywhere,
        &["ctrl-]"],
        "focus the shell pane; in a shell: the next key goes to bowline",
    ),
    row(Command::Zoom, "zoom", "zoom", Anywhere, &["z"], "zoom the focused pane to the whole screen, and back"),
    row(Command::Grow, "grow", "grow", Anywhere, &["+"], "make the focused pane larger"),
    row(Command::Shrink, "shrink", "shrink", Anywhere, &["_"], "make the focused pane smaller"),
    row(Command::Redraw, "redraw", "redraw", Anywhere, &["ctrl-l"], "redraw the screen"),
    row(
        Command::Refresh,
        "refresh",
        "retry",
        Anywhere,
        &["ctrl-r", "f5"],
        "refresh from the engine; reconnect if lost",
    )
    .words("reload update"),
    row(
        Command::Embedded,
        "embedded",
        "demo engine",
        Anywhere,
        &["ctrl-b"],
        "open the embedded demo engine, if no other engine answers",
    ),
    row(Command::Mouse, "mouse", "mouse", Anywhere, &["M"], "mouse on or off (off: select text with the terminal)"),
    row(Command::Results, "results", "results", Anywhere, &["r"], "show recent results; retry what failed")
        .words("operations failed"),
    row(Command::Transfers, "transfers", "transfers", Anywhere, &["x"], "show pulls, pushes, builds, compose, exports")
        .words("jobs progress downloads"),
    row(
        Command::Bundle,
        "bundle",
        "bundle",
        Anywhere,
        &[],
        "incident bundle: a container's log, events, usage, masked, in a file",
    )
    .words("incident report support export zip archive"),
    row(Command::RemoveGraph, "remove-graph", "no graph", Anywhere, &[], "take a graph of your own away")
        .words("chart"),
    change(Command::Pull, "pull", "pull", Anywhere, &[], "pull an image from a registry")
        .words("image fetch download")
        .also(&[(Transfers, &["P"])]),
    change(Command::Push, "push", "push", Anywhere, &[], "push an image to a registry")
        .words("image upload")
        .also(&[(Transfers, &["U"])]),
    change(Command::Build, "build", "build", Anywhere, &[], "build an image from a folder and its Dockerfile")
        .words("image dockerfile")
        .also(&[(Transfers, &["B"])]),
    row(Command::SaveImages, "save-images", "save", Anywhere, &[], "save images to a tar file")
        .words("export tar")
        .also(&[(Transfers, &["S"])]),
    change(Command::LoadImages, "load-images", "load", Anywhere, &[], "load images from a tar file")
        .words("import tar")
        .also(&[(Transfers, &["L"])]),
    row(
        Command::KeptEdits,
        "kept-edits",
        "edits",
        Anywhere,
        &[],
        "list edited files that were not written back, and where they are kept",
    ),
    row(
        Command::Reveal,
        "reveal",
        "secrets",
        Anywhere,
        &["u"],
        "show or hide secrets in inspect, details and processes, until you leave the view",
    )
    .words("passwords env"),
    row(Command::OwnLog, "own-log", "own log", Anywhere, &["f12"], "show bowline's own log file"),
    row(Command::Suspend, "suspend", "suspend", Anywhere, &["ctrl-z"], "suspend bowline; `fg` brings it back"),
    row(Command::Sort, "sort", "sort", Fleet, &["s"], "choose the sort column; choose it again to reverse")
        .words("stats order cpu memory")
        .also(&[(Processes, &["s"])]),
    row(Command::Columns, "columns", "columns", Fleet, &["t"], "choose the columns").words("fields stats"),
    row(Command::GroupBy, "group", "group", Fleet, &["v"], "group the list by project, engine, image or a label")
        .words("project label"),
    row(
        Command::Left,
        "left",
        "fold",
        Fleet,
        LEFT,
        "fold, or go to the parent group or folder; scroll long lines left; in charts: earlier",
    )
    .also(&[
        (Resources, LEFT),
        (Logs, LEFT),
        (Files, &["h", "left", "backspace"]),
        (Inspect, LEFT),
        (Line, LEFT),
        (Scrollback, LEFT),
        (Sql, LEFT),
    ]),
    row(
        Command::Right,
        "right",
        "open",
        Fleet,
        RIGHT,
        "unfold, or go into the group or folder; scroll long lines right; in charts: later",
    )
    .also(&[
        (Resources, RIGHT),
        (Logs, RIGHT),
        (Files, RIGHT),
        (Inspect, RIGHT),
        (Line, RIGHT),
        (Scrollback, &["right", "l"]),
        (Sql, &["right", "l"]),
    ]),
    row(Command::GroupFoldAll, "group-fold-all", "fold all", Fleet, &["-"], "fold or unfold all groups or projects"),
    row(Command::Mark, "mark", "mark", Fleet, &["space"], "mark the row; actions then apply to all marked rows"),
    row(Command::MarkRange, "mark-range", "range", Fleet, &["ctrl-space"], "mark from the last mark to this row"),
    row(Command::MarkClear, "mark-clear", "unmark", Fleet, &["ctrl-\\"], "clear all marks"),
    row(Command::MarkInvert, "mark-invert", "invert", Fleet, &["*"], "invert the marks"),
    row(Command::Shell, "shell", "shell", Fleet, &["e"], "open a shell in the container, in its own pane")
        .words("exec sh bash ssh terminal container"),
    row(
        Command::RootShell,
        "root-shell",
        "root shell",
        Fleet,
        &["#"],
        "open a shell as root, whatever user the container runs as",
    )
    .words("exec sudo su admin user privileged container"),
    row(
        Command::Exec,
        "exec",
        "run",
        Fleet,
        &["E"],
        "run a command in the container: command, user, folder, environment",
    )
    .words("exec run command env user"),
    row(Command::Attach, "attach", "attach", Fleet, &["A"], "attach to the main process; leaving does not stop it"),
    change(
        Command::Sidecar,
        "sidecar",
        "debug sidecar",
        Fleet,
        &["B"],
        "open a debug sidecar: a shell for a container that has none",
    )
    .words("debug exec"),
    change(Command::StartStop, "start-stop", "stop", Fleet, &["S"], "start; stop gracefully if running")
        .operates(&[OperationKind::Stop, OperationKind::Start])
        .words("start stop up down container"),
    change(Command::Restart, "restart", "restart", Fleet, &["R"], "stop gracefully, then start")
        .operates(&[OperationKind::Restart])
        .words("reboot container"),
    change(Command::PauseUnpause, "pause", "pause", Fleet, &["P"], "pause or unpause all processes")
        .operates(&[OperationKind::Pause, OperationKind::Unpause])
        .words("unpause freeze container"),
    change(Command::Kill, "kill", "kill", Fleet, &["K"], "send a signal to the main process; asks first")
        .operates(&[OperationKind::Kill(Signal(9))])
        .words("signal term hup container"),
    change(Command::Remove, "remove", "remove", Fleet, &["D", "delete"], "remove the container; asks first")
        .operates(&[OperationKind::Remove { force: false, volumes: false }])
        .words("rm rmi delete del volume network container"),
    change(
        Command::Create,
        "create",
        "create",
        Fleet,
        &["C"],
        "create a container from a form; in other lists a volume, network or project",
    )
    .words("run new container"),
    change(Command::Duplicate, "duplicate", "duplicate", Fleet, &["O"], "duplicate the container under a new name")
        .operates(&[OperationKind::Duplicate])
        .words("clone copy recreate"),
    change(Command::Rename, "rename", "rename", Fleet, &["N"], "rename the container")
        .operates(&[OperationKind::Rename]),
    change(Command::Limits, "limits", "limits", Fleet, &["L"], "change limits: CPU, memory, pids, restart")
        .operates(&[OperationKind::Limit])
        .words("update cpu memory resources restart"),
    change(Command::Commit, "commit", "commit", Fleet, &["I"], "create an image from the container")
        .operates(&[OperationKind::Commit])
        .words("image snapshot"),
    change(Command::Wait, "wait", "wait", Fleet, &["W"], "wait until it exits; show the exit code")
        .operates(&[OperationKind::Wait]),
    change(Command::Connect, "connect", "connect", Fleet, &["J"], "connect the container to a network, with aliases")
        .operates(&[OperationKind::Connect])
        .words("network join"),
    change(
        Command::Disconnect,
        "disconnect",
        "disconnect",
        Fleet,
        &["H"],
        "disconnect the container from a network; asks first",
    )
    .operates(&[OperationKind::Disconnect])
    .words("network leave"),
    change(Command::Tag, "tag", "tag", Resources, &["T"], "add a tag to the image").words("rename image"),
    change(Command::Prune, "prune", "prune", Resources, &["P"], "remove unused objects: shows exactly which, and asks")
        .words("gc clean"),
    change(
        Command::Compose,
        "compose",
        "compose",
        Resources,
        &["U"],
        "compose up, pull or down for the project: shows the plan, and asks",
    )
    .words("up down pull recreate deploy"),
    row(
        Command::Drift,
        "drift",
        "drift",
        Resources,
        &["d"],
        "show drift: where running services differ from the compose files",
    )
    .words("diff"),
    row(Command::Why, "why", "why?", Fleet, &["d"], "why it is down or slow: the cause, evidence, what to try")
        .words("diagnose explain reason failed exit crash")
        .also(&[(Logs, &["d"]), (Reading, &["d"])]),
    row(
        Command::ExportVolume,
        "export-volume",
        "export",
        Resources,
        &["ctrl-s"],
        "export the volume to a tar file on this machine",
    ),
    change(
        Command::ImportVolume,
        "import-volume",
        "import",
        Resources,
        &["I"],
        "import a tar file into a new or existing volume; asks first",
    ),
    change(
        Command::CopyVolume,
        "copy-volume",
        "copy",
        Resources,
        &["Y"],
        "copy the volume into a new or existing volume; asks first",
    ),
    row(Command::Follow, "follow", "follow", Logs, &["f"], "follow new lines, or stop following")
        .also(&[(Events, &["f"])]),
    row(
        Command::Timestamps,
        "timestamps",
        "times",
        Logs,
        &["t"],
        "timestamps: time, milliseconds, date and time, none",
    ),
    row(Command::Wrap, "wrap", "wrap", Logs, &["w"], "wrap or cut long lines").also(&[(Files, &["w"])]),
    row(Command::GoToTime, "go-to-time", "time", Logs, &["'"], "go to a time: 14:05, -15m, 2026-11-21 14:05"),
    row(Command::Bookmark, "bookmark", "bookmark", Logs, &["m"], "set a bookmark on the current line, or remove it"),
    row(Command::NextBookmark, "next-bookmark", "next mark", Logs, &[";"], "go to the next bookmark"),
    row(Command::PreviousBookmark, "previous-bookmark", "mark before", Logs, &[","], "go to the previous bookmark"),
    row(
        Command::RawLines,
        "raw-lines",
        "raw",
        Logs,
        &["\\"],
        "show lines as they were written, or laid out: level, message, fields",
    )
    .words("json logfmt format"),
    row(
        Command::LogColumns,
        "log-columns",
        "columns",
        Logs,
        &["ctrl-t"],
        "choose fields of the lines that stand as columns; remembered",
    )
    .words("json logfmt fields table"),
    row(
        Command::Histogram,
        "histogram",
        "histogram",
        Logs,
        &["|"],
        "bars of lines over time: yellow with errors, red where a third are errors; again hides them",
    ),
    row(Command::EarlierBar, "earlier-bar", "earlier", Logs, &["<"], "to the bar of the histogram before"),
    row(Command::LaterBar, "later-bar", "later", Logs, &[">"], "to the next bar of the histogram"),
    row(Command::NewestLines, "newest-lines", "newest", Logs, &["0"], "open the log at its newest lines"),
    row(Command::FirstLines, "first-lines", "first", Logs, &["1"], "go to the first line that the engine holds")
        .takes(),
    row(Command::LastMinute, "last-1m", "1m", Logs, &["2"], "open the log of the last minute").takes(),
    row(Command::LastFiveMinutes, "last-5m", "5m", Logs, &["3"], "open the log of the last 5 minutes").takes(),
    row(Command::LastQuarter, "last-15m", "15m", Logs, &["4"], "open the log of the last 15 minutes").takes(),
    row(Command::LastHalfHour, "last-30m", "30m", Logs, &["5"], "open the log of the last 30 minutes").takes(),
    row(Command::LastHour, "last-1h", "1h", Logs, &["6"], "open the log of the last hour").takes(),
    row(Command::LastDay, "last-1d", "1d", Logs, &["7"], "open the log of the last day"),
    row(
        Command::LogFilter,
        "log-filter",
        "only",
        Logs,
        &["&"],
        "show only lines that match: regex, !without, field>=500",
    )
    .words("grep filter hide lines"),
    row(
        Command::LogFilters,
        "log-filters",
        "filters",
        Logs,
        &["F"],
        "switch filters of the log off or on, remove them",
    ),
    row(Command::ErrorsOnly, "errors-only", "errors", Logs, &["!"], "show errors only, or all levels")
        .words("level severity"),
    row(Command::WarningsUp, "warnings-up", "warnings", Logs, &["="], "show warnings and errors only, or all levels")
        .words("level severity"),
    row(
        Command::CancelSearch,
        "cancel-search",
        "cancel",
        Logs,
        &["ctrl-x"],
        "stop searching older lines, what was found stays; or stop a statement in SQL",
    )
    .also(&[(Sql, &["ctrl-x"])]),
    row(Command::SearchNext, "search-next", "next", Logs, &["n"], "next match; in a scrollback: upwards").also(&[
        (Files, &["n"]),
        (Inspect, &["n"]),
        (Line, &["n"]),
        (Scrollback, &["n"]),
    ]),
    row(Command::SearchPrevious, "search-previous", "previous", Logs, &["N"], "previous match").also(&[
        (Files, &["N"]),
        (Inspect, &["N"]),
        (Line, &["N"]),
        (Scrollback, &["N"]),
    ]),
    row(Command::NextError, "next-error", "next error", Logs, &["e"], "next error line"),
    row(Command::PreviousError, "previous-error", "previous error", Logs, &["E"], "previous error line"),
    row(Command::NextLine, "next-line", "next line", Line, &["]"], "show the next line of the log"),
    row(Command::PreviousLine, "previous-line", "line before", Line, &["["], "show the previous line of the log"),
    row(
        Command::SaveLog,
        "save-log",
        "save",
        Logs,
        &["ctrl-s"],
        "save the selected lines, or all that pass the filters, to a file",
    )
    .words("export download")
    .also(&[(Sql, &["s", "ctrl-s"])]),
    row(
        Command::Sql,
        "sql",
        "SQL",
        Logs,
        &["s"],
        "ask the loaded lines in SQL: sql SELECT level, count(*) FROM log GROUP BY level",
    )
    .words("select query sqlite database group count")
    .also(&[(Sql, &["e"])]),
    row(
        Command::AddGraph,
        "graph",
        "graph",
        Logs,
        &["%"],
        "chart a number of the log beside CPU and memory: took=(\\d+)ms, or a figure: net-in",
    )
    .words("chart plot metric number"),
    row(Command::OpenLog, "open-log", "open in", Logs, &["o"], "open the shown or selected lines in $PAGER or $EDITOR")
        .words("less vim pager editor"),
    change(
        Command::SignalProcess,
        "signal-process",
        "signal",
        Processes,
        &["K"],
        "send a signal to the selected process; asks first",
    )
    .words("kill"),
    row(Command::FilesHex, "hex", "hex, text", Files, &["t"], "show the file as hex or text"),
    row(Command::GoToPath, "go-to-path", "path", Files, &["'"], "go to a path: a folder or file"),
    row(Command::CopyOut, "copy-out", "copy out", Files, &["c"], "copy the file or folder to this machine")
        .words("cp download"),
    row(Command::CancelCopy, "cancel-copy", "cancel copy", Files, &["ctrl-x"], "cancel the running copy"),
    change(
        Command::CopyIn,
        "copy-in",
        "copy in",
        Files,
        &["C"],
        "copy a file or folder from this machine into this folder",
    )
    .words("cp upload"),
    change(
        Command::EditFile,
        "edit-file",
        "edit",
        Files,
        &["E"],
        "edit the file in $VISUAL or $EDITOR; changes are written back",
    ),
    row(Command::Fold, "fold", "fold", Inspect, &["space"], "fold or unfold; show a long value in full")
        .also(&[(Line, &["space"])]),
    row(Command::FoldAll, "fold-all", "all", Inspect, &["o"], "unfold all, fold all, or only the essentials")
        .also(&[(Line, &["o"])]),
    row(Command::InspectFormat, "format", "yaml/json", Inspect, &["t"], "switch between YAML and JSON")
        .also(&[(Line, &["t"])]),
    row(
        Command::Compare,
        "compare",
        "compare",
        Inspect,
        &["d"],
        "compare with its last state, its image or another container",
    )
    .words("diff"),
    row(Command::CopyValue, "copy-value", "copy", Inspect, &["y"], "copy the value and everything below it")
        .also(&[(Line, &["y"])]),
    row(Command::CopyMenu, "copy-menu", "copy", Inspect, &["c"], "copy the value, its path, or the whole object")
        .also(&[(Line, &["c"])]),
    row(Command::NextShell, "next-shell", "next", Shell, &["n", "right"], "next shell"),
    row(Command::PreviousShell, "previous-shell", "previous", Shell, &["p", "left"], "previous shell"),
    row(Command::AnotherShell, "another-shell", "new", Shell, &["c"], "open another shell in the same container"),
    row(Command::CloseShell, "close-shell", "close", Shell, &["x"], "close this tab and end the program in it"),
    row(Command::Scrollback, "scrollback", "scroll, copy", Shell, &["[", "pageup"], "scroll back, search, copy"),
    row(Command::SaveOutput, "save-output", "save", Shell, &["ctrl-s"], "save the output to a file"),
    row(Command::SendLine, "send-line", "send a line", Shell, &["i"], "send a line to a session without a terminal"),
    row(
        Command::Reopen,
        "reopen-shell",
        "reopen",
        Shell,
        &["r", "enter"],
        "reopen a session that has ended; enter closes one that could not start",
    ),
    row(
        Command::LeaveShell,
        "leave-shell",
        "leave",
        Shell,
        &["esc", "q", "d"],
        "leave the pane; the shell keeps running",
    ),
    row(Command::CopyNextWord, "copy-next-word", "word", Scrollback, &["w"], "next word"),
    row(Command::CopyPreviousWord, "copy-previous-word", "word", Scrollback, &["b"], "previous word"),
    row(Command::CopyLineStart, "copy-line-start", "start", Scrollback, &["0"], "start of the line"),
    row(Command::CopyLineEnd, "copy-line-end", "end", Scrollback, &["$"], "end of the line"),
    row(Command::Select, "select", "select", Scrollback, &["v", "space"], "start selecting here")
        .also(&[(Logs, &["v"])]),
    row(Command::SelectLines, "select-lines", "lines", Scrollback, &["V"], "select whole lines"),
    row(Command::SelectBlock, "select-block", "block", Scrollback, &["ctrl-v"], "select a block"),
    row(
        Command::Copy,
        "copy",
        "copy",
        Logs,
        &["c"],
        "copy the visible lines in full, a plan's docker command, or the selection",
    )
    .also(&[
        (Scrollback, &["y", "enter"]),
        (Question, &["c"]),
        (Compose, &["c"]),
        (Reading, &["c"]),
        (Sql, &["c"]),
    ]),
    row(Command::LeaveScrollback, "leave-scrollback", "back", Scrollback, &["esc", "q"], "leave the scrollback"),
    row(Command::Choose, "choose", "choose", Menu, &["space"], "choose the selected row, same as enter")
        .also(&[(Compose, &["space"]), (Transfers, &["space", "l"])]),
    row(Command::Yes, "yes", "yes", Question, &["y"], "confirm"),
    row(Command::No, "no", "no", Question, &["n"], "cancel"),
    row(
        Command::NextButton,
        "next-button",
        "button",
        Question,
        &["tab", "backtab", "left", "right", "h", "l"],
        "select the other button; enter presses it",
    ),
    row(
        Command::WithVolumes,
        "with-volumes",
        "volumes",
        Question,
        &["v"],
        "also remove anonymous volumes, or keep them",
    ),
    row(Command::WithForce, "with-force", "force", Question, &["f"], "remove images with docker's --force, or without"),
    change(Command::Retry, "retry", "retry", Reading, &["R"], "retry what failed").also(&[(Transfers, &["R"])]),
    row(Command::CancelTransfer, "cancel-transfer", "cancel", Transfers, &["X"], "cancel the selected transfer"),
    row(Command::EditTransfer, "edit-transfer", "edit", Transfers, &["e"], "edit the transfer, then start it again"),
    row(Command::Accept, "accept", "go on", Typing, &["enter"], "accept the text or the choice"),
    row(Command::Cancel, "cancel", "cancel", Typing, &["esc"], "cancel and discard what was typed"),
    row(Command::NextField, "next-field", "next field", Typing, &["tab"], "next field of the form"),
    row(Command::PreviousField, "previous-field", "field", Typing, &["backtab"], "previous field of the form"),
    row(Command::FinishForm, "finish-form", "go on", Typing, &["ctrl-s"], "submit the form from any field"),
    row(
        Command::NextChoice,
        "next-choice",
        "down",
        Typing,
        &["down", "ctrl-n"],
        "next row or field; a newer entry of the history",
    ),
    row(
        Command::PreviousChoice,
        "previous-choice",
        "up",
        Typing,
        &["up", "ctrl-p"],
        "previous row or field; in the first field: older entries",
    ),
];

/// Names of commands that are one by now: what they were called, and what that command is called.
pub const RENAMED: &[(&str, &str)] = &[
    ("group-fold", "left"),
    ("fold-in", "left"),
    ("files-left", "left"),
    ("copy-left", "left"),
    ("group-open", "right"),
    ("fold-out", "right"),
    ("files-right", "right"),
    ("copy-right", "right"),
    ("wrap-file", "wrap"),
    ("file-next", "search-next"),
    ("find-next", "search-next"),
    ("copy-find-next", "search-next"),
    ("file-previous", "search-previous"),
    ("find-previous", "search-previous"),
    ("copy-find-previous", "search-previous"),
    ("sort-processes", "sort"),
    ("copy-log", "copy"),
];

impl Command {
    /// Its row in the table.
    pub fn spec(self) -> &'static CommandSpec {
        // Every command has a row: there are as many of one as of the other, and no two rows are of one command.
        COMMANDS.iter().find(|spec| spec.command == self).unwrap_or(&COMMANDS[0])
    }

    /// True for movements that the scrollback shares with all other lists.
    pub(super) fn is_motion(self) -> bool {
        use Command as C;
        matches!(self, C::Down | C::Up | C::PageDown | C::PageUp | C::First | C::Last | C::Filter)
    }

    /// Rows that it moves by, where half a page is so many.
    pub(super) fn rows(self, page: isize) -> Option<isize> {
        Some(match self {
            Command::Down | Command::NextChoice => 1,
            Command::Up | Command::PreviousChoice => -1,
            Command::PageDown => page,
            Command::PageUp => -page,
            Command::First => isize::MIN / 2,
            Command::Last => isize::MAX / 2,
            _ => return None,
        })
    }

    /// The command of a name.
    pub fn named(name: &str) -> Option<Command> {
        COMMANDS.iter().find(|spec| spec.name == name).map(|spec| spec.command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_and_commands_are_unique() {
        let names: HashSet<_> = COMMANDS.iter().map(|spec| spec.name).collect();
        let commands: HashSet<_> = COMMANDS.iter().map(|spec| spec.command).collect();
        assert_eq!((names.len(), commands.len()), (COMMANDS.len(), COMMANDS.len()));
    }

    #[test]
    fn names_that_are_gone_lead_to_names_that_are_there() {
        for (old, new) in RENAMED {
            assert!(Command::named(old).is_none() && Command::named(new).is_some(), "{old} is {new}");
        }
    }

    #[test]
    fn only_capitals_change_the_engine() {
        for spec in COMMANDS.iter().filter(|spec| spec.changes) {
            for key in spec.places().flat_map(|(_, keys)| keys).filter(|key| **key != "delete") {
                assert!(key.len() == 1 && key.chars().all(char::is_uppercase), "{} on {key}", spec.name);
            }
        }
    }
}
