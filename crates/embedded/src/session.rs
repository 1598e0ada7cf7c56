//! The processes of a container: a session, whose id is that of its first process.
//! On Linux membership is read from /proc, so that process groups which a shell made inside the session count too.

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

pub(crate) const SIGHUP: i32 = 1;
pub(crate) const SIGINT: i32 = 2;
pub(crate) const SIGQUIT: i32 = 3;
pub(crate) const SIGKILL: i32 = 9;
pub(crate) const SIGTERM: i32 = 15;
#[cfg(target_os = "linux")]
pub(crate) const SIGCONT: i32 = 18;
#[cfg(target_os = "linux")]
pub(crate) const SIGSTOP: i32 = 19;
#[cfg(not(target_os = "linux"))]
pub(crate) const SIGCONT: i32 = 19;
#[cfg(not(target_os = "linux"))]
pub(crate) const SIGSTOP: i32 = 17;

/// Sends a signal to every process of a session. Those that are gone already do not matter.
pub(crate) fn signal(session: i32, signal: i32) {
    let (Some(leader), Some(signal)) = (Pid::from_raw(session), Signal::from_named_raw(signal)) else { return };
    // Gone already is what ESRCH says, and nothing else can go wrong with processes of one's own.
    let _ = kill_process_group(leader, signal);
    for pid in members(session).into_iter().filter(|member| member.group != session) {
        if let Some(pid) = Pid::from_raw(pid.pid) {
            let _ = kill_process(pid, signal);
        }
    }
    // Before it has opened its session the first process is in the engine's group.
    let _ = kill_process(leader, signal);
}

/// Ends what is left of a session whose first process has been waited for. Its number belongs to nobody else while any
/// member lives; when none does it may be another process's already, which is why nothing is sent to the number itself.
pub(crate) fn end_rest(session: i32) {
    let rest = members(session).into_iter().filter(|member| member.session == session);
    for pid in rest.filter_map(|member| Pid::from_raw(member.pid)) {
        // Gone already is the only failure there can be.
        let _ = kill_process(pid, Signal::KILL);
    }
    #[cfg(not(target_os = "linux"))]
    if let Some(leader) = Pid::from_raw(session) {
        let _ = kill_process_group(leader, Signal::KILL); // as above
    }
}

/// Sends a signal to the first process alone, as a container engine does.
pub(crate) fn signal_first(session: i32, signal: i32) {
    let (Some(leader), Some(signal)) = (Pid::from_raw(session), Signal::from_named_raw(signal)) else { return };
    // Gone already is the only failure there can be.
    let _ = kill_process(leader, signal);
}

/// Whether any process of a session is left.
pub(crate) fn exists(session: i32) -> bool {
    let living = |member: &Member| member.state != 'Z';
    match members(session) {
        list if !list.is_empty() => list.iter().any(living),
        _ if cfg!(target_os = "linux") => false,
        _ => Pid::from_raw(session).is_some_and(|pid| test_kill_process_group(pid).is_ok()),
    }
}

/// A process of a session, as /proc/PID/stat describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) pid: i32,
    pub(crate) name: String,
    pub(crate) state: char,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) session: i32,
    /// The device number of its terminal; 0 for none.
    pub(crate) tty: i64,
    /// The process group its terminal listens to.
    pub(crate) foreground: i32,
    pub(crate) nice: i64,
    pub(crate) threads: i64,
    /// Bytes.
    pub(crate) virtual_size: u64,
    pub(crate) resident_pages: u64,
    /// CPU time in clock ticks: user and system, its own and that of children it has buried.
    pub(crate) user: u64,
    pub(crate) system: u64,
    /// Ticks after the machine's start.
    pub(crate) started: u64,
}

/// Every process of a session, the first one first. Empty where there is no /proc.
pub(crate) fn members(session: i32) -> Vec<Member> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let mut members: Vec<Member> = pids
        .filter_map(|pid| parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?))
        .filter(|member| member.session == session || member.group == session)
        .collect();
    members.sort_by_key(|member| (member.pid != session, member.pid));
    members
}

/// Reads a line of /proc/PID/stat (proc_pid_stat(5)). The name may hold spaces and parentheses.
fn parse(stat: &str) -> Option<Member> {
    let (open, close) = (stat.find('(')?, stat.rfind(')')?);
    let fields: Vec<&str> = stat.get(close + 2..)?.split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<i64>().ok();
    let ticks = |one: usize, two: usize| Some((number(one)?.max(0) + number(two)?.max(0)) as u64);
    Some(Member {
        pid: stat.get(..open)?.trim().parse().ok()?,
        name: stat.get(open + 1..close)?.to_string(),
        state: fields.first()?.chars().next()?,
        parent: number(4)? as i32,
        group: number(5)? as i32,
        session: number(6)? as i32,
        tty: number(7)?,
        foreground: number(8)? as i32,
        nice: number(19)?,
        threads: number(20)?,
        virtual_size: number(23)?.max(0) as u64,
        resident_pages: number(24)?.max(0) as u64,
        user: ticks(14, 16)?,
        system: ticks(15, 17)?,
        started: number(22)?.max(0) as u64,
    })
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_that_look_like_fields() {
        let line = "42 (a) b (c)) S 1 42 42 0 -1 4194304 5 6 0 0 10 20 3 4 20 0 1 0 777 1000 25 18446744073709551615 0";
        let member = parse(line).expect("reads");
        assert_eq!((member.pid, member.name.as_str(), member.state), (42, "a) b (c)", 'S'));
        assert_eq!((member.user, member.system, member.started), (13, 24, 777));
        for cut in 0..line.len() {
            let _ = parse(&line[..cut]);
        }
    }

    #[test]
    fn finds_itself() {
        let own = std::fs::read_to_string("/proc/self/stat").ok().and_then(|stat| parse(&stat)).expect("own stat");
        assert!(members(own.session).iter().any(|member| member.pid == own.pid));
    }
}
