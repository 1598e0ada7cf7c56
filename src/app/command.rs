//! The command table: keymap, help, palette, footer, configuration names and the README's key list are views of it.

/// Where a command can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
}

impl KeyContext {
    /// All rooms, in the order in which help shows them.
    pub const ALL: [KeyContext; 9] = [
        KeyContext::Anywhere,
        KeyContext::Fleet,
        KeyContext::Resources,
        KeyContext::Logs,
        KeyContext::Processes,
        KeyContext::Files,
        KeyContext::Inspect,
        KeyContext::Shell,
        KeyContext::Scrollback,
    ];

    /// True if its keys hide those of everywhere: none of them is a clash.
    pub fn is_modal(self) -> bool {
        matches!(self, KeyContext::Shell | KeyContext::Scrollback)
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
            KeyContext::Inspect => "the inspected object",
            KeyContext::Shell => "the shell, behind its prefix",
            KeyContext::Scrollback => "the shell's scrollback",
        }
    }
}

/// A wish that a user can express.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    ExportVolume,
    ImportVolume,
    CopyVolume,
    Sort,
    Columns,
    GroupBy,
    GroupFold,
    GroupOpen,
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
    NextError,
    PreviousError,
    CopyLog,
    SaveLog,
    ScrollLeft,
    ScrollRight,
    FocusProcesses,
    FocusFiles,
    NextTab,
    PreviousTab,
    Shell,
    Exec,
    Attach,
    Sidecar,
    ShellPrefix,
    SortProcesses,
    SignalProcess,
    FilesLeft,
    FilesRight,
    FilesHex,
    FilesWrap,
    FilesNext,
    FilesPrevious,
    GoToPath,
    CopyOut,
    CopyIn,
    EditFile,
    KeptEdits,
    CancelCopy,
    FocusInspect,
    Events,
    Fold,
    FoldIn,
    FoldOut,
    FoldAll,
    InspectFormat,
    FindNext,
    FindPrevious,
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
    CopyLeft,
    CopyRight,
    CopyNextWord,
    CopyPreviousWord,
    CopyLineStart,
    CopyLineEnd,
    Select,
    SelectLines,
    SelectBlock,
    Copy,
    CopyFindNext,
    CopyFindPrevious,
    LeaveScrollback,
    Transfers,
    Pull,
    Push,
    Build,
    SaveImages,
    LoadImages,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct CommandSpec {
    /// The wish.
    pub command: Command,
    /// Its name in the palette and the configuration file.
    pub name: &'static str,
    /// A word for the footer.
    pub hint: &'static str,
    /// What it does, a sentence without a full stop.
    pub doc: &'static str,
    /// Where it can be given.
    pub room: KeyContext,
    /// Default keys.
    pub keys: &'static [&'static str],
    /// True if it changes the engine: `--read-only` refuses it, and its default keys are capitals.
    pub changes: bool,
}

const fn row(
    command: Command,
    name: &'static str,
    hint: &'static str,
    room: KeyContext,
    keys: &'static [&'static str],
    doc: &'static str,
) -> CommandSpec {
    CommandSpec { command, name, hint, doc, room, keys, changes: false }
}

const fn change(
    command: Command,
    name: &'static str,
    hint: &'static str,
    room: KeyContext,
    keys: &'static [&'static str],
    doc: &'static str,
) -> CommandSpec {
    CommandSpec { command, name, hint, doc, room, keys, changes: true }
}

use KeyContext::{Anywhere, Files, Fleet, Inspect, Logs, Processes, Resources, Scrollback, Shell};

/// All commands, in the order in which help shows them.
pub const COMMANDS: &[CommandSpec] = &[
    row(Command::Down, "down", "down", Anywhere, &["j", "down"], "one line down"),
    row(Command::Up, "up", "up", Anywhere, &["k", "up"], "one line up"),
    row(Command::First, "first", "first", Anywhere, &["g", "home"], "to the first line"),
    row(Command::Last, "last", "last", Anywhere, &["G", "end"], "to the last line; in logs: follow again"),
    row(Command::PageDown, "page-down", "page", Anywhere, &["ctrl-d", "pagedown"], "half a page down"),
    row(Command::PageUp, "page-up", "page", Anywhere, &["ctrl-u", "pageup"], "half a page up"),
    row(Command::NextPane, "next-pane", "pane", Anywhere, &["tab"], "to the next pane"),
    row(Command::PreviousPane, "previous-pane", "pane", Anywhere, &["backtab"], "to the previous pane"),
    row(Command::Filter, "filter", "filter", Anywhere, &["/"], "filter the list, or search in the log"),
    row(Command::Palette, "palette", "commands", Anywhere, &[":"], "find a command by its name"),
    row(Command::Help, "help", "help", Anywhere, &["?"], "the keys in force"),
    row(Command::Open, "open", "open", Anywhere, &["enter"], "go in: from the list to its log"),
    row(Command::Back, "back", "back", Anywhere, &["esc"], "go back one level"),
    row(Command::Quit, "quit", "quit", Anywhere, &["q"], "back out; at the top, quit"),
    row(Command::Exit, "exit", "exit", Anywhere, &["ctrl-c"], "leave bowline from anywhere"),
    row(
        Command::FocusLogs,
        "logs",
        "logs",
        Anywhere,
        &["l"],
        "to the log of the selected container; of all marked ones or a project as one, by time",
    ),
    row(Command::FocusFleet, "containers", "containers", Anywhere, &["1"], "to the list of containers"),
    row(Command::ViewImages, "images", "images", Anywhere, &["2"], "to the list of images: size, users, layers"),
    row(Command::ViewVolumes, "volumes", "volumes", Anywhere, &["3"], "to the list of volumes: size, users"),
    row(Command::ViewNetworks, "networks", "networks", Anywhere, &["4"], "to the list of networks: members, subnets"),
    row(Command::ViewProjects, "projects", "projects", Anywhere, &["5"], "to the compose projects and their services"),
    row(Command::ViewSystem, "system", "system", Anywhere, &["6"], "to the engine itself: disk usage, warnings"),
    row(
        Command::FocusProcesses,
        "processes",
        "processes",
        Anywhere,
        &["p"],
        "to the processes of the selected container",
    ),
    row(Command::FocusFiles, "files", "files", Anywhere, &["b"], "to the files of the selected container or volume"),
    row(
        Command::FocusInspect,
        "inspect",
        "inspect",
        Anywhere,
        &["i"],
        "the whole object under the cursor: search, compare, copy",
    ),
    row(Command::Events, "events", "events", Anywhere, &["a"], "all that happened lately; jump to its container"),
    row(
        Command::NextTab,
        "next-tab",
        "tab",
        Anywhere,
        &["]"],
        "to the next tab of the pane: log, processes, inspect, files",
    ),
    row(Command::PreviousTab, "previous-tab", "tab", Anywhere, &["["], "to the previous tab of the pane"),
    row(
        Command::ShellPrefix,
        "shell-prefix",
        "shell pane",
        Anywhere,
        &["ctrl-]"],
        "to the shell pane; in a shell: the next key is for bowline",
    ),
    row(Command::Zoom, "zoom", "zoom", Anywhere, &["z"], "the focused pane fills the screen, and back"),
    row(Command::Grow, "grow", "grow", Anywhere, &["+"], "more room for the focused pane"),
    row(Command::Shrink, "shrink", "shrink", Anywhere, &["_"], "less room for the focused pane"),
    row(Command::Redraw, "redraw", "redraw", Anywhere, &["ctrl-l"], "paint the whole screen anew"),
    row(
        Command::Refresh,
        "refresh",
        "retry",
        Anywhere,
        &["ctrl-r", "f5"],
        "ask the engine for everything anew; retry now",
    ),
    row(
        Command::Embedded,
        "embedded",
        "demo engine",
        Anywhere,
        &["ctrl-b"],
        "open the embedded engine, if no other answers",
    ),
    row(Command::Mouse, "mouse", "mouse", Anywhere, &["M"], "mouse on or off (off: the terminal selects text)"),
    row(Command::Results, "results", "results", Anywhere, &["r"], "results of the last acts, retry what failed"),
    row(
        Command::Transfers,
        "transfers",
        "transfers",
        Anywhere,
        &["x"],
        "what is on its way: pulls, builds, compose with its output, exports of volumes",
    ),
    change(Command::Pull, "pull", "pull", Anywhere, &[], "pull an image from a registry"),
    change(Command::Push, "push", "push", Anywhere, &[], "push an image to a registry"),
    change(Command::Build, "build", "build", Anywhere, &[], "build an image from a folder and its Dockerfile"),
    row(Command::SaveImages, "save-images", "save", Anywhere, &[], "save images to a tar file"),
    change(Command::LoadImages, "load-images", "load", Anywhere, &[], "load images from a tar file"),
    row(
        Command::KeptEdits,
        "kept-edits",
        "edits",
        Anywhere,
        &[],
        "edited files that were not written back, and where they are",
    ),
    row(
        Command::Reveal,
        "reveal",
        "secrets",
        Anywhere,
        &["u"],
        "show secrets until you leave, or hide them: in what is inspected, beside lists, in processes",
    ),
    row(Command::OwnLog, "own-log", "own log", Anywhere, &["f12"], "bowline's own log file"),
    row(Command::Suspend, "suspend", "suspend", Anywhere, &["ctrl-z"], "back to the shell; `fg` returns"),
    row(Command::Sort, "sort", "sort", Fleet, &["s"], "choose the sort column; again reverses it"),
    row(Command::Columns, "columns", "columns", Fleet, &["t"], "choose the columns of the table"),
    row(Command::GroupBy, "group", "group", Fleet, &["v"], "group the list by project, engine, image or a label"),
    row(
        Command::GroupFold,
        "group-fold",
        "fold",
        Fleet,
        &["left", "h"],
        "fold the group or project; from what is in it to its head",
    ),
    row(
        Command::GroupOpen,
        "group-open",
        "open",
        Fleet,
        &["right"],
        "open the group or project; in an open one to the first in it",
    ),
    row(Command::GroupFoldAll, "group-fold-all", "fold all", Fleet, &["-"], "fold all groups or projects, or open all"),
    row(Command::Mark, "mark", "mark", Fleet, &["space"], "mark the row; acts then mean all marked rows"),
    row(Command::MarkRange, "mark-range", "range", Fleet, &["ctrl-space"], "mark from the last mark to here"),
    row(Command::MarkClear, "mark-clear", "unmark", Fleet, &["ctrl-\\"], "take all marks away"),
    row(
        Command::MarkInvert,
        "mark-invert",
        "invert",
        Fleet,
        &["*"],
        "mark what is not marked, and the other way round",
    ),
    row(Command::Shell, "shell", "shell", Fleet, &["e"], "a shell in the container, in a pane of its own"),
    row(
        Command::Exec,
        "exec",
        "run",
        Fleet,
        &["E"],
        "run a command in the container: command, user, folder, environment",
    ),
    row(Command::Attach, "attach", "attach", Fleet, &["A"], "attach to the main process; leaving does not stop it"),
    change(
        Command::Sidecar,
        "sidecar",
        "debug sidecar",
        Fleet,
        &["B"],
        "a debug sidecar: a shell beside a container that has none",
    ),
    change(Command::StartStop, "start-stop", "stop", Fleet, &["S"], "start; or stop gracefully if it runs"),
    change(Command::Restart, "restart", "restart", Fleet, &["R"], "stop gracefully and start"),
    change(Command::PauseUnpause, "pause", "pause", Fleet, &["P"], "freeze all processes, or let them go on"),
    change(Command::Kill, "kill", "kill", Fleet, &["K"], "send a signal of your choice; asks first"),
    change(Command::Remove, "remove", "remove", Fleet, &["D", "delete"], "remove the container; asks first"),
    change(
        Command::Create,
        "create",
        "create",
        Fleet,
        &["C"],
        "make a container from a form; in lists of volumes, networks and projects: one of those",
    ),
    change(
        Command::Duplicate,
        "duplicate",
        "another",
        Fleet,
        &["O"],
        "another container like this one, under a new name",
    ),
    change(Command::Rename, "rename", "rename", Fleet, &["N"], "give the container another name"),
    change(
        Command::Limits,
        "limits",
        "limits",
        Fleet,
        &["L"],
        "change CPU, memory, swap, processes and restart policy while it runs",
    ),
    change(Command::Commit, "commit", "commit", Fleet, &["I"], "make an image of what is in the container"),
    change(Command::Wait, "wait", "wait", Fleet, &["W"], "wait until it ends, and tell how"),
    change(Command::Connect, "connect", "join network", Fleet, &["J"], "join a network, with further names on it"),
    change(Command::Disconnect, "disconnect", "leave network", Fleet, &["H"], "leave a network; asks first"),
    change(Command::Tag, "tag", "tag", Resources, &["T"], "give the image another name"),
    change(
        Command::Prune,
        "prune",
        "prune",
        Resources,
        &["P"],
        "remove what nothing uses: shows exactly what goes, and asks",
    ),
    change(
        Command::Compose,
        "compose",
        "compose",
        Resources,
        &["U"],
        "compose up, pull, down for the project: shows what each does, and asks",
    ),
    row(Command::Drift, "drift", "drift", Resources, &["d"], "what of the project runs otherwise than its files say"),
    row(
        Command::ExportVolume,
        "export-volume",
        "export",
        Resources,
        &["ctrl-s"],
        "write what is in the volume to a tar file of this machine",
    ),
    change(
        Command::ImportVolume,
        "import-volume",
        "import",
        Resources,
        &["I"],
        "bring a tar file of this machine into a volume, a new one or one that is there; asks first",
    ),
    change(
        Command::CopyVolume,
        "copy-volume",
        "copy",
        Resources,
        &["Y"],
        "copy what is in the volume into another one, a new one or one that is there; asks first",
    ),
    row(Command::Follow, "follow", "follow", Logs, &["f"], "follow new lines, or hold still"),
    row(Command::Timestamps, "timestamps", "times", Logs, &["t"], "timestamps: time, date and time, none"),
    row(Command::Wrap, "wrap", "wrap", Logs, &["w"], "wrap long lines, or cut them"),
    row(Command::GoToTime, "go-to-time", "time", Logs, &["'"], "go to a time: 14:05, -15m, 2026-11-21 14:05"),
    row(Command::SearchNext, "search-next", "next", Logs, &["n"], "next hit of the search"),
    row(Command::SearchPrevious, "search-previous", "previous", Logs, &["N"], "previous hit of the search"),
    row(Command::NextError, "next-error", "next error", Logs, &["e"], "next line that says error"),
    row(Command::PreviousError, "previous-error", "previous error", Logs, &["E"], "previous line that says error"),
    row(Command::CopyLog, "copy-log", "copy", Logs, &["c"], "copy the lines on screen, whole"),
    row(Command::SaveLog, "save-log", "save", Logs, &["ctrl-s"], "save all loaded lines to a file"),
    row(Command::ScrollLeft, "left", "left", Logs, &["left", "h"], "to the left in cut lines"),
    row(Command::ScrollRight, "right", "right", Logs, &["right"], "to the right in cut lines"),
    row(Command::SortProcesses, "sort-processes", "sort", Processes, &["s"], "choose what processes are sorted by"),
    change(
        Command::SignalProcess,
        "signal-process",
        "signal",
        Processes,
        &["K"],
        "send a signal to the chosen process; asks first",
    ),
    row(
        Command::FilesLeft,
        "files-left",
        "up",
        Files,
        &["h", "left", "backspace"],
        "to the folder above; from a file back to its folder",
    ),
    row(Command::FilesRight, "files-right", "right", Files, &["right"], "into the folder; in a file to the right"),
    row(Command::FilesHex, "hex", "hex, text", Files, &["t"], "a file as bytes, or as text"),
    row(Command::FilesWrap, "wrap-file", "wrap", Files, &["w"], "wrap long lines of a file, or cut them"),
    row(Command::FilesNext, "file-next", "next", Files, &["n"], "next hit of the search in a file"),
    row(Command::FilesPrevious, "file-previous", "previous", Files, &["N"], "previous hit of the search in a file"),
    row(Command::GoToPath, "go-to-path", "path", Files, &["'"], "go to a path: a folder, or a file"),
    row(Command::CopyOut, "copy-out", "copy out", Files, &["c"], "copy the file or folder out of the container"),
    row(Command::CancelCopy, "cancel-copy", "cancel copy", Files, &["ctrl-x"], "cancel the copy under way"),
    change(
        Command::CopyIn,
        "copy-in",
        "copy in",
        Files,
        &["C"],
        "copy a file or folder of this machine into the folder",
    ),
    change(
        Command::EditFile,
        "edit-file",
        "edit",
        Files,
        &["E"],
        "edit the file in $VISUAL or $EDITOR; what was changed is written back",
    ),
    row(Command::Fold, "fold", "fold", Inspect, &["space"], "fold or open; a value is shown in full"),
    row(Command::FoldIn, "fold-in", "fold", Inspect, &["left", "h"], "fold, or to what holds it"),
    row(Command::FoldOut, "fold-out", "open", Inspect, &["right"], "open, or go into it"),
    row(Command::FoldAll, "fold-all", "all", Inspect, &["o"], "open all, fold all, the essentials"),
    row(Command::InspectFormat, "format", "yaml/json", Inspect, &["t"], "YAML or JSON"),
    row(
        Command::Compare,
        "compare",
        "compare",
        Inspect,
        &["d"],
        "compare with its last state, its image, another container",
    ),
    row(Command::CopyValue, "copy-value", "copy", Inspect, &["y"], "copy the value, with all below it"),
    row(Command::CopyMenu, "copy-menu", "copy", Inspect, &["c"], "copy the value, its path, or the whole"),
    row(Command::FindNext, "find-next", "next", Inspect, &["n"], "next hit of the search"),
    row(Command::FindPrevious, "find-previous", "previous", Inspect, &["N"], "previous hit of the search"),
    row(Command::NextShell, "next-shell", "next", Shell, &["n", "right"], "to the next shell"),
    row(Command::PreviousShell, "previous-shell", "previous", Shell, &["p", "left"], "to the previous shell"),
    row(Command::AnotherShell, "another-shell", "new", Shell, &["c"], "another shell in the same container"),
    row(Command::CloseShell, "close-shell", "close", Shell, &["x"], "close this tab, end what runs in it"),
    row(Command::Scrollback, "scrollback", "scroll, copy", Shell, &["[", "pageup"], "scroll back, search, copy"),
    row(Command::SaveOutput, "save-output", "save", Shell, &["ctrl-s"], "save the output to a file"),
    row(
        Command::SendLine,
        "send-line",
        "send a line",
        Shell,
        &["i"],
        "send a line to what has no terminal but listens",
    ),
    row(Command::Reopen, "reopen-shell", "reopen", Shell, &["enter", "r"], "open again what has ended"),
    row(Command::LeaveShell, "leave-shell", "leave", Shell, &["esc", "q", "d"], "leave the pane; the shell goes on"),
    row(Command::CopyLeft, "copy-left", "left", Scrollback, &["h", "left"], "one column to the left"),
    row(Command::CopyRight, "copy-right", "right", Scrollback, &["l", "right"], "one column to the right"),
    row(Command::CopyNextWord, "copy-next-word", "word", Scrollback, &["w"], "to the next word"),
    row(Command::CopyPreviousWord, "copy-previous-word", "word", Scrollback, &["b"], "to the word before"),
    row(Command::CopyLineStart, "copy-line-start", "start", Scrollback, &["0"], "to the start of the line"),
    row(Command::CopyLineEnd, "copy-line-end", "end", Scrollback, &["$"], "to the end of the line"),
    row(Command::Select, "select", "select", Scrollback, &["v", "space"], "select from here on"),
    row(Command::SelectLines, "select-lines", "lines", Scrollback, &["V"], "select whole lines"),
    row(Command::SelectBlock, "select-block", "block", Scrollback, &["ctrl-v"], "select a block"),
    row(Command::Copy, "copy", "copy", Scrollback, &["y", "enter"], "copy the selection, or the line; then leave"),
    row(Command::CopyFindNext, "copy-find-next", "next", Scrollback, &["n"], "next hit, upwards"),
    row(Command::CopyFindPrevious, "copy-find-previous", "previous", Scrollback, &["N"], "previous hit, downwards"),
    row(Command::LeaveScrollback, "leave-scrollback", "back", Scrollback, &["esc", "q"], "back to the living screen"),
];

impl Command {
    /// Its row in the table.
    pub fn spec(self) -> &'static CommandSpec {
        // Every command has a row: a test walks the table and the declaration order makes the search short.
        COMMANDS.iter().find(|spec| spec.command == self).unwrap_or(&COMMANDS[0])
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
        assert_eq!(Command::LoadImages as usize + 1, COMMANDS.len(), "a command has no row in the table");
    }

    #[test]
    fn only_capitals_change_the_engine() {
        for spec in COMMANDS.iter().filter(|spec| spec.changes) {
            for key in spec.keys.iter().filter(|key| **key != "delete") {
                assert!(key.len() == 1 && key.chars().all(char::is_uppercase), "{} on {key}", spec.name);
            }
        }
    }
}
