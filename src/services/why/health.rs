//! Health checks: what is run, how it fails, since when.

use super::Finding;
use super::case::{Case, Trouble};
use super::words::{short, span};
use super::{slow, story};

/// Nanoseconds in a second.
const SECOND: f64 = 1e9;

/// The health check fails.
pub(super) fn failing(case: &Case) -> Option<Finding> {
    if case.trouble != Trouble::Unhealthy {
        return None;
    }
    let checks = story::health_log(case);
    let Some(last) = checks.last() else {
        return Some(Finding::new("health", "its health check fails; the engine does not tell more"));
    };
    let streak = case.document.number(&["State", "Health", "FailingStreak"]).unwrap_or(0);
    let how = match last.exit_code {
        -1 => "takes too long, so that the engine ends it".to_string(),
        code => format!("fails with exit {code}"),
    };
    let said = last.output.lines().rev().find(|line| !line.trim().is_empty()).map(|line| short(line, 120));
    let reason = format!(
        "the health check {how}{}{}",
        if streak > 1 { format!(", {streak} times in a row") } else { String::new() },
        said.as_ref().map(|said| format!(": {said}")).unwrap_or_default(),
    );
    let mut finding = Finding::new("health", reason.trim_end_matches('.')).because(settings(case));
    finding = finding.because(since(case, streak));
    for check in checks.iter().rev().take(3).rev() {
        let said = short(&check.output.replace('\n', " "), 160);
        finding = finding.because([format!(
            "check: exit {}: {}",
            check.exit_code,
            if said.is_empty() { "no output" } else { &said }
        )]);
    }
    Some(finding.because(slow::beside(case)).advise(advice(last.exit_code, &last.output)))
}

fn advice(code: i64, output: &str) -> Vec<String> {
    let missing = code == 127 || code == 126 || output.contains("not found") || output.contains("no such file");
    let own = match code {
        _ if missing => "the check's own command may be missing in the image: run it in a shell",
        -1 => "raise the check's timeout, or look what makes it slow",
        _ => "run the check by hand in a shell of the container",
    };
    vec![own.into(), "read the log from when it was healthy last".into()]
}

/// The check's command and its times.
fn settings(case: &Case) -> Vec<String> {
    let test = case.document.list(&["Config", "Healthcheck", "Test"]);
    let command = match test.split_first() {
        Some((&("CMD" | "CMD-SHELL"), rest)) => rest.join(" "),
        _ => test.join(" "),
    };
    let time = |name: &str| case.document.number(&["Config", "Healthcheck", name]).filter(|nanos| *nanos > 0);
    let times = [("Interval", "every", 30.0), ("Timeout", "timeout", 30.0), ("StartPeriod", "start period", 0.0)];
    let mut words: Vec<String> = times
        .iter()
        .map(|(name, word, default)| (word, time(name).map_or(*default, |nanos| nanos as f64 / SECOND)))
        .filter(|(_, seconds)| *seconds > 0.0)
        .map(|(word, seconds)| format!("{word} {}", span(seconds)))
        .collect();
    words.push(format!(
        "retries {}",
        case.document.number(&["Config", "Healthcheck", "Retries"]).filter(|n| *n > 0).unwrap_or(3)
    ));
    let command = Some(command).filter(|command| !command.is_empty());
    command.map(|command| format!("health check: {command}  ({})", words.join(", "))).into_iter().collect()
}

/// Since when it fails: by the event, else by the checks that the engine keeps.
fn since(case: &Case, streak: i64) -> Option<String> {
    let turned = case.events().rev().find(|event| event.action == "health_status" && event.what.contains("unhealthy"));
    if let Some(event) = turned {
        return Some(format!("unhealthy for {}", span(case.evidence.now.since(event.at))));
    }
    let checks = story::health_log(case);
    let first = checks.iter().rev().take_while(|check| check.exit_code != 0).last()?;
    let (last, kept) = (checks.last()?, checks.iter().rev().take_while(|check| check.exit_code != 0).count());
    // The engine keeps five checks, and counts on.
    let interval = case.document.number(&["Config", "Healthcheck", "Interval"]).unwrap_or(0) as f64 / SECOND;
    let pace = if kept > 1 { last.start.since(first.start) / (kept - 1) as f64 } else { interval };
    let earlier = (streak - kept as i64).max(0) as f64 * pace;
    let about = if earlier > 0.0 { "about " } else { "" };
    Some(format!("failing for {about}{}", span(last.end.since(first.start) + earlier)))
}

/// The first checks are under way.
pub(super) fn starting(case: &Case) -> Option<Finding> {
    if case.trouble != Trouble::Starting {
        return None;
    }
    let checks = story::health_log(case);
    let period = case.document.number(&["Config", "Healthcheck", "StartPeriod"]).unwrap_or(0) as f64 / SECOND;
    let failed = checks.iter().filter(|check| check.exit_code != 0).count();
    let reason = match (failed, period > 0.0) {
        (0, _) => "its health check has not been run yet".to_string(),
        (_, true) => {
            format!("its health check fails so far; in the start period of {} that does not count", span(period))
        }
        (_, false) => format!("its health check has failed {failed} times; it is not unhealthy yet"),
    };
    Some(Finding::new("health-starting", reason).because(settings(case)).advise(["wait for the start period to end"]))
}
