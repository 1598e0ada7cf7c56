//! The orders that processes can have.

/// The sort order of processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProcessSort {
    /// Children below their parents.
    #[default]
    Tree,
    /// Most CPU first.
    Cpu,
    /// Most memory first.
    Memory,
    /// Smallest number first.
    Pid,
    /// Youngest first.
    Age,
    /// By the name of the user.
    User,
    /// By the command line.
    Command,
}

impl ProcessSort {
    /// All, as the menu shows them, with a sentence each.
    pub const ALL: [(ProcessSort, &'static str, &'static str); 7] = [
        (ProcessSort::Tree, "tree", "tree: children below parents"),
        (ProcessSort::Cpu, "cpu", "most CPU first"),
        (ProcessSort::Memory, "memory", "most memory first"),
        (ProcessSort::Pid, "pid", "lowest pid first"),
        (ProcessSort::Age, "age", "newest first"),
        (ProcessSort::User, "user", "by user"),
        (ProcessSort::Command, "command", "by command"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        ProcessSort::ALL.iter().find(|(sort, ..)| *sort == self).map_or("", |(_, name, _)| name)
    }
}
