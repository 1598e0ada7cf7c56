//! Acts under way: what their rows and their results say.

use super::harness::{Session, id};
use bowline::app::{Effect, Msg};
use bowline::model::{Fact, Operation, OperationId, OperationKind, OperationResult, Problem};

/// The acts that were asked for, with the request that they belong to.
fn asked(session: &mut Session) -> Vec<(OperationId, Operation)> {
    let acts = session.take_effects().into_iter().filter_map(|effect| match effect {
        Effect::Act(ask, act) => Some((ask, act)),
        _ => None,
    });
    acts.collect()
}

#[test]
fn results_say_first_how_many_are_done_and_then_only_what_there_is() {
    let mut session = Session::shop((120, 40));
    session.keys("/web-<enter><space>j<space>j<space>R");
    let acts = asked(&mut session);
    assert_eq!(acts.len(), 3);
    let failed = || Err(Problem::new("restart", "busy", ""));
    let told = [
        (Ok(String::new()), "restart 3 containers: 1 of 3 done, 2 running"),
        (failed(), "restart 3 containers: 1 of 3 done, 1 failed, 1 running"),
        (Ok(String::new()), "restart 3 containers: 2 of 3 done, 1 failed"),
    ];
    for ((ask, act), (result, words)) in acts.into_iter().zip(told) {
        session.send(Msg::Done(OperationResult { id: ask, operation: act, result }));
        assert!(session.keys("r").screen().contains(words), "{}", session.screen());
        session.keys("<esc>");
    }
    let mut session = Session::shop((120, 40));
    session.keys("S");
    let (ask, act) = asked(&mut session).remove(0);
    session.send(Msg::Done(OperationResult { id: ask, operation: act, result: Ok(String::new()) }));
    assert!(session.keys("r").screen().contains("stop 1 container: 1 of 1 done"), "{}", session.screen());
    assert!(!session.screen().contains("0 failed"), "{}", session.screen());
}

#[test]
fn what_waits_for_a_place_is_told_in_its_row_and_its_result() {
    let mut session = Session::shop((120, 40));
    session.keys("S");
    session.fact(Fact::Waiting(id("api-1"), OperationKind::Stop));
    session.publish();
    assert!(session.screen().contains("stop waits"), "{}", session.screen());
    let results = session.keys("r").screen();
    assert!(results.contains("queued: "), "{results}");
    session.keys("<esc>");
    session.fact(Fact::Pending(id("api-1"), OperationKind::Stop));
    session.publish();
    assert!(session.screen().contains("stopping") && !session.screen().contains("stop waits"), "{}", session.screen());
}
