//! Runs that are over: asked for, killed, ended by a signal, ended with a code.

use super::Finding;
use super::case::{Case, Trouble, signal_of};
use super::restarts::GOOD_RUN;
use super::words::{bytes, short, span};
use crate::model::State;

/// What the exit code says that programs agree on, and what to try then.
const CODES: &[(i64, &str, &str)] = &[
    (125, "the engine itself failed to run it", "look at the engine's own log: journalctl -u docker"),
    (126, "a command was found but cannot be executed", "check that the file is executable, and for this architecture"),
    (127, "a command was not found", "check the spelling of the command, and PATH inside the image"),
    (129, "it was told to hang up: its terminal or its parent went away", "run it without a terminal"),
    (255, "it ended with -1, or with a code that it does not explain", "read its last lines"),
];

/// What a signal means that a program raises against itself.
const FAULTS: &[(&str, &str)] = &[
    ("SIGSEGV", "the program crashed: it touched memory that is not its own"),
    ("SIGABRT", "the program aborted itself: an assertion or an unhandled error"),
    ("SIGBUS", "the program crashed: a bad memory access, or a mapped file whose disk is full"),
    ("SIGFPE", "the program crashed: a division by zero or the like"),
    ("SIGILL", "the program crashed on an instruction that this processor does not know"),
    ("SIGPIPE", "it wrote to a pipe or connection that nobody reads"),
    ("SIGTRAP", "the program stopped at a breakpoint or a runtime check"),
    ("SIGXCPU", "it used more CPU time than its limit allows"),
    ("SIGSYS", "it made a system call that seccomp forbids"),
];

/// Somebody asked for the end.
pub(super) fn asked(case: &Case) -> Option<Finding> {
    let code = case.exit_code();
    let doubtful = case.container().past.asked.is_none() && matches!(code, Some(130 | 143));
    let asked = case.container().past.asked == Some(true) || doubtful;
    if case.trouble != Trouble::Ended || !asked || case.was_out_of_memory() {
        return None;
    }
    let signals: Vec<&str> =
        case.events().rev().take(8).filter(|event| event.action == "kill").map(|event| event.what.as_str()).collect();
    let who = case.evidence.stopped_by.unwrap_or("a client of the engine, which does not tell who");
    let how = match code {
        _ if doubtful => "it was probably asked to end; by whom the engine does not tell".into(),
        Some(137) if signals.len() != 1 => {
            format!("it was stopped on request and did not end in time, so the engine killed it; by {who}")
        }
        Some(137) => format!("it was killed on request; by {who}"),
        _ => format!("it was stopped on request; by {who}"),
    };
    let slow = (code == Some(137)).then(|| {
        "if it should end by itself: let it handle SIGTERM, or give it longer with a stop timeout".to_string()
    });
    let finding =
        Finding::new("asked", how).because(signals.into_iter().rev()).advise(["start it again if it is wanted"]);
    Some(finding.advise(slow))
}

/// The kernel killed it for memory: at its own limit, or since the host had none left.
pub(super) fn out_of_memory(case: &Case) -> Option<Finding> {
    let over = matches!(case.trouble, Trouble::Ended | Trouble::CrashLoop) && case.exit_code() != Some(0);
    if !over || !case.was_out_of_memory() {
        return None;
    }
    let told = "the engine says: OOMKilled";
    Some(match case.memory_limit() {
        Some(limit) => {
            let limit = bytes(limit);
            Finding::new("out-of-memory", format!("the kernel killed it: it reached its own memory limit of {limit}"))
                .because([told.to_string(), format!("memory limit {limit}")])
                .advise(["raise the memory limit", "find out what needs so much: a leak, a cache, too many workers"])
        }
        None => Finding::new(
            "host-out-of-memory",
            "the kernel killed it for memory though it has no limit of its own: the host ran out of memory",
        )
        .because([told, "no memory limit"])
        .advise(["see who uses the host's memory: free -h, docker stats", "give each container a memory limit"]),
    })
}

/// The engine or the host was restarted while it ran.
pub(super) fn engine_restarted(case: &Case) -> Option<Finding> {
    let silent = !case.events().rev().take(4).any(|event| event.action == "die");
    (case.trouble == Trouble::Ended && case.exit_code() == Some(255) && silent && case.lines().is_empty()).then(|| {
        Finding::new("engine-restarted", "the engine or its host may have been restarted while it ran")
            .because(["exit code 255 is what the engine notes for a run whose end it did not see"])
            .advise(["give it a restart policy, so that it comes up again with the engine"])
    })
}

/// Killed with SIGKILL, and its own limit had nothing to do with it.
pub(super) fn killed(case: &Case) -> Option<Finding> {
    let over = matches!(case.trouble, Trouble::Ended | Trouble::CrashLoop);
    if !over || case.exit_code() != Some(137) {
        return None;
    }
    let oom = "the engine says nothing of its memory limit (OOMKilled is false)";
    let kernel = "ask the kernel of the host: dmesg | grep -i 'killed process'";
    Some(match case.container().past.asked {
        Some(false) => {
            Finding::new("killed", "nobody asked the engine for it; it may be that the host ran out of memory, or kill -9 on the host")
                .because(["the engine told of its end, and of no request before it", oom])
                .advise([kernel, "see whether somebody used kill -9"])
        }
        None | Some(true) => Finding::new(
            "killed",
            "it was killed; by whom is not known: it may have been stopped and not ended in time, or the host ran out of memory",
        )
        .because(["the engine does not remember events from before its end", oom])
        .advise([kernel, "start it again if it is wanted"]),
    })
}

/// Ended by another signal.
pub(super) fn by_signal(case: &Case) -> Option<Finding> {
    if !case.ended_badly() {
        return None;
    }
    let name = signal_of(case.exit_code()?)?;
    let meaning = FAULTS.iter().find(|(signal, _)| *signal == name).map(|(_, meaning)| (*meaning).to_string());
    let reason = meaning.unwrap_or_else(|| format!("it was ended by {name}; who sent it is not known"));
    Some(Finding::new("signal", reason).advise(["read its last lines", "look for a core dump on the host"]))
}

/// Ended by itself, with a code.
pub(super) fn with_code(case: &Case) -> Option<Finding> {
    if !case.ended_badly() {
        return None;
    }
    let Some(code) = case.exit_code() else {
        return Some(Finding::new("unknown", "it ended; the engine does not tell its exit code"));
    };
    if code == 0 {
        let reason = "it ends by itself without an error, and its restart policy starts it again each time";
        return Some(Finding::new("ends-at-once", reason).advise([
            "its command should stay in the foreground: a server that puts itself into the background ends at once",
            "if it is a task that may end, use the restart policy no or on-failure",
        ]));
    }
    let known = CODES.iter().find(|(known, ..)| *known == code);
    let quick = case.ran_for().filter(|seconds| *seconds < GOOD_RUN).map(|seconds| format!(" after {}", span(seconds)));
    let last = case.lines().iter().rev().find(|line| !line.text.trim().is_empty());
    let log = last.map_or("it wrote nothing".into(), |line| format!("its last line: {}", short(&line.text, 120)));
    let reason = match known {
        Some((_, meaning, _)) => (*meaning).to_string(),
        None => format!("the program ended by itself{}; {log}", quick.unwrap_or_default()),
    };
    let advice = known.map_or("read its last lines: what a code means is up to the program", |(_, _, advice)| advice);
    Some(Finding::new("exit", reason).advise([advice]))
}

/// The engine failed to make or remove it.
pub(super) fn dead(case: &Case) -> Option<Finding> {
    (case.trouble == Trouble::Dead).then(|| {
        Finding::new("dead", "the engine failed to remove it: something still holds its files or its network")
            .advise(["remove it with force: docker rm -f", "look at the engine's own log"])
    })
}

/// Somebody paused it.
pub(super) fn paused(case: &Case) -> Option<Finding> {
    (case.trouble == Trouble::Paused).then(|| {
        let by = case.evidence.stopped_by.map_or(String::new(), |who| format!(" (by {who})"));
        let state = std::iter::once("the engine's state of it: paused".to_string());
        let event = case.events().rev().find(|event| event.action == "pause");
        let since = event.map(|event| format!("paused {} ago", span(case.evidence.now.since(event.at))));
        Finding::new("paused", format!("somebody paused it{by}: its processes are frozen"))
            .because(state.chain(since))
            .advise(["unpause it"])
    })
}

/// It ended without an error.
pub(super) fn well(case: &Case) -> Option<Finding> {
    let ended = case.container().state == State::Exited && case.exit_code() == Some(0);
    ended.then(|| {
        Finding::new("done", "it ended by itself, without an error")
            .advise(["if it should go on running: its command must stay in the foreground"])
    })
}
