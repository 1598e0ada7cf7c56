//! Restarts: how often, how soon, and when the engine tries again.

use super::case::{Case, Trouble};
use super::words::{span, times};
use crate::model::{Restart, Runtime};

/// The first pause of Docker's engine before a restart, seconds; each further one is twice as long.
/// Source: moby, `restartmanager/restartmanager.go`: `defaultTimeout`, `backoffMultiplier`, `maxRestartTimeout`.
const FIRST_PAUSE: f64 = 0.1;
/// Its longest pause, seconds.
const LONGEST_PAUSE: f64 = 60.0;
/// After a run of so many seconds it begins with the first pause again.
pub(super) const GOOD_RUN: f64 = 10.0;

/// Docker calls a container exited for an instant after a run, and only then restarting. So many seconds later it would be.
const INSTANT: f64 = 2.0;

/// True for a container whose run has just ended and which its policy will have started again.
pub(super) fn is_due(case: &Case) -> bool {
    let (_, ended) = case.last_run();
    let just_ended = ended.is_known() && (0.0..INSTANT).contains(&case.evidence.now.since(ended));
    let is_wanted = match case.policy() {
        Restart::No => false,
        Restart::Always | Restart::UnlessStopped => true,
        Restart::OnFailure(most) => case.exit_code() != Some(0) && (most == 0 || case.restarts() < u64::from(most)),
    };
    case.restarts() > 0 && just_ended && is_wanted && case.container().past.asked != Some(true)
}

/// How often it was restarted, by which policy, and how long the engine waits now.
pub(super) fn rhythm(case: &Case) -> Vec<String> {
    let (restarts, policy) = (case.restarts(), case.policy());
    if restarts == 0 && case.trouble != Trouble::CrashLoop {
        return Vec::new();
    }
    let mut facts = vec![format!("restarted {} by the engine; restart policy: {policy}", times(restarts))];
    if case.trouble == Trouble::CrashLoop {
        facts.extend(pause(case).map(|pause| format!("the engine waits {} before the next try", span(pause))));
    }
    if let Restart::OnFailure(most @ 1..) = policy
        && restarts >= u64::from(most)
    {
        facts.push(format!("the policy allows no more than {most} restarts: the engine has given up"));
    }
    facts
}

/// Seconds that Docker waits after this many quick failures. Other engines do not tell their rule.
fn pause(case: &Case) -> Option<f64> {
    let docker = case.engine().is_none_or(|engine| engine.info.runtime == Runtime::Docker);
    if !docker || case.ran_for().is_some_and(|seconds| seconds >= GOOD_RUN) {
        return None;
    }
    let doublings = i32::try_from(case.restarts().min(12)).unwrap_or(12);
    Some((FIRST_PAUSE * f64::powi(2.0, doublings)).min(LONGEST_PAUSE))
}
