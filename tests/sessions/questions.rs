//! Questions: the same keys answer every one of them.

use super::harness::{Session, id};
use super::{compose, lists};
use bowline::app::{Action, Clipboard, Effect, Overlay, Question};
use bowline::model::{CopyIn, CopyOut, StreamId};

type Asked = (&'static str, fn() -> Session);

fn with(yes: Action) -> Session {
    let mut session = Session::shop((120, 40));
    let question = Question::new("Really?", vec!["It is done then.".into()], "do it", yes);
    session.app.overlays.push(Overlay::Question(question));
    session
}

fn after(mut session: Session, keys: &str) -> Session {
    session.keys(keys);
    session
}

/// Every question that there is.
const QUESTIONS: [Asked; 12] = [
    ("a removal", || after(Session::shop((120, 40)), "D")),
    ("a kill", || after(Session::shop((120, 40)), "Kj<enter>")),
    ("a removal of an image", || after(lists::shop((120, 40)), "2D")),
    ("a prune", || after(lists::shop((120, 40)), "3P")),
    ("compose", compose::asking),
    ("a paste", || with(Action::Paste(StreamId(99), b"ls".to_vec()))),
    ("a clipboard", || with(Action::AllowClipboard(StreamId(99), "hi".into()))),
    ("a shell that would end", || with(Action::CloseShell(StreamId(99)))),
    ("an overwritten file here", || {
        let (from, to) = (b"/a".to_vec(), "a".into());
        with(Action::CopyOut(CopyOut { id: id("api-1"), from, to, follow: false, overwrite: true }))
    }),
    ("an overwritten file there", || {
        let (from, to) = ("a".into(), b"/a".to_vec());
        let copy = CopyIn { id: id("api-1"), from, to, follow: false, overwrite: true, instead_of: None };
        with(Action::CopyIn(copy))
    }),
    ("the engine of this machine", || with(Action::Effect(Effect::OpenLocal))),
    ("the end", || with(Action::Quit)),
];

/// Names all that a yes can do, so that one more is missed above at once.
fn is_listed(yes: &Action) -> bool {
    match yes {
        Action::Paste(..)
        | Action::AllowClipboard(..)
        | Action::CloseShell(_)
        | Action::CopyOut(_)
        | Action::CopyIn(_)
        | Action::Effect(Effect::OpenLocal)
        | Action::Quit => true,
        // These are carried by menus and forms, or come from panes.
        Action::Command(_)
        | Action::Effect(_)
        | Action::Notice(_)
        | Action::Open(_)
        | Action::Log(_)
        | Action::AskSql(..)
        | Action::CopyTable(..)
        | Action::EditSql(_)
        | Action::RunSql(_)
        | Action::LogTime(..)
        | Action::AddGraph(_)
        | Action::RemoveGraph(..)
        | Action::LogOptions(_)
        | Action::LogColumns(_)
        | Action::Refuse(_)
        | Action::Confirm(_)
        | Action::Plan(_)
        | Action::Kill(..)
        | Action::SignalProcess(..)
        | Action::Sort(_)
        | Action::ToggleColumn(_)
        | Action::SortList(_)
        | Action::SortProcesses(_)
        | Action::Group(_)
        | Action::Compare(_)
        | Action::Typed(..)
        | Action::Scroll(..)
        | Action::EditAgain(_)
        | Action::WriteBack(_)
        | Action::EditAnew(_)
        | Action::Move(_)
        | Action::TransferForm(_)
        | Action::EditTransfer(_)
        | Action::CancelTransfer(_)
        | Action::RetryTransfer(_)
        | Action::Compose(_)
        | Action::ComposeAnswered(..)
        | Action::ComposeUnanswered(..)
        | Action::ComposeRan(_)
        | Action::NoticeUnless(..)
        | Action::Agreed(_)
        | Action::RetryFailed(_)
        | Action::GoTo(..)
        | Action::Remember(..)
        | Action::Run(..)
        | Action::FindProject(..)
        | Action::Key(_)
        | Action::Focus(_)
        | Action::LeaveShell
        | Action::ChooseEngine(_) => false,
    }
}

fn asks(session: &Session) -> bool {
    match session.app.overlays.last() {
        Some(Overlay::Question(question)) => is_listed(&question.yes),
        Some(Overlay::Confirm(_)) => true,
        Some(Overlay::Compose(layer)) => layer.go().is_some(),
        _ => false,
    }
}

fn is_cancelled(session: &Session) -> bool {
    session.app.notice.as_ref().is_some_and(|notice| notice.text == "cancelled: nothing done")
}

#[test]
fn every_question_is_answered_by_the_same_keys() {
    for (name, made) in QUESTIONS {
        let shown = made();
        assert!(asks(&shown), "{name} is no question: {}", shown.screen());
        assert!(shown.screen().contains("Cancel (n)") && shown.screen().contains("(y)"), "{name}: {}", shown.screen());
        for yes in ["y", "<tab><enter>", "<right><enter>", "l<enter>"] {
            let session = after(made(), yes);
            assert!(!asks(&session) && !is_cancelled(&session), "{name}: {yes} is a yes: {}", session.screen());
        }
        for no in ["n", "q", "<esc>", "<enter>", "<tab>n", "<tab><tab><enter>", "<tab><esc>"] {
            let mut session = made();
            session.take_effects();
            session.keys(no);
            assert!(!asks(&session) && is_cancelled(&session), "{name}: {no} is a no: {}", session.screen());
            let did = session.take_effects();
            assert!(
                !did.iter().any(|effect| matches!(
                    effect,
                    Effect::Act(..)
                        | Effect::Open(..)
                        | Effect::Send(..)
                        | Effect::Copy(_)
                        | Effect::Quit
                        | Effect::OpenLocal
                )),
                "{name}: {no} did {did:?}"
            );
        }
        for other in ["<ctrl-y>", "<ctrl-n>", "x"] {
            assert!(asks(&after(made(), other)), "{name}: {other} is no answer");
        }
    }
}

#[test]
fn a_letter_that_was_being_typed_into_a_shell_answers_no_question_that_comes_up() {
    let mut session = Session::shop((120, 40));
    session.app.options.shell.clipboard = Clipboard::Ask;
    let wire = session.shell();
    session.output(wire, b"\x1b]52;c;aGk=\x07");
    session.keys("yn");
    assert!(asks(&session) && !session.take_effects().contains(&Effect::Copy("hi".into())));
    session.wait(1.5);
    session.keys("y");
    assert!(session.take_effects().contains(&Effect::Copy("hi".into())));
}
