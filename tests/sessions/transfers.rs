//! Images on their way: keys in, screens out.

use super::harness::*;
use bowline::app::{Effect, Msg, Overlay};
use bowline::model::*;
use insta::assert_snapshot;
use std::sync::Arc;

fn opened(session: &mut Session) -> Vec<(StreamId, Transfer)> {
    let effects = session.take_effects();
    let opened = effects.into_iter().filter_map(|effect| match effect {
        Effect::Open(wire, Source::Transfer(ENGINE, transfer)) => Some((wire, transfer)),
        _ => None,
    });
    opened.collect()
}

/// Begins a pull over the palette.
fn pull(session: &mut Session, reference: &str) -> StreamId {
    session.take_effects();
    session.keys(&format!(":pull<enter>{reference}<enter>"));
    let opened = opened(session);
    let wanted = Transfer::Pull { reference: reference.into(), policy: PullPolicy::Always };
    assert_eq!(opened.len(), 1);
    assert_eq!(opened[0].1, wanted);
    opened[0].0
}

fn part(name: &str, stage: Stage, words: &str, done: u64, total: Option<u64>) -> Part {
    Part { name: name.into(), stage, words: words.into(), done, total }
}

fn tell(session: &mut Session, wire: StreamId, progress: Progress) {
    session.send(Msg::Chunk(wire, StreamEvent::Progress(Arc::new(progress))));
}

fn layers() -> Progress {
    let parts = vec![
        part("5cc84ad355aa", Stage::Known, "Already exists", 0, None),
        part("a01966dde7f8", Stage::Unpacking, "Extracting", 3 << 20, Some(12 << 20)),
        part("e8d8785a314f", Stage::Moving, "Downloading", 9 << 20, Some(36 << 20)),
        part("1f1e7ef7a1d2", Stage::Waiting, "Waiting", 0, None),
    ];
    Progress { parts, lines: vec!["Pulling from shop/api".into()], ..Progress::default() }
}

#[test]
fn a_pull_is_told_in_the_footer_and_its_end_in_a_sentence() {
    let mut session = Session::shop((160, 45));
    let wire = pull(&mut session, "shop/api:3");
    assert!(session.screen().contains("pulling shop/api:3: x shows it"), "{}", session.screen());
    session.wait(10.0);
    tell(&mut session, wire, layers());
    assert!(session.screen().contains("x: pulling 25% shop/api:3"), "{}", session.screen());
    let digest = Some("sha256:5cc8".to_string());
    session.send(Msg::Chunk(wire, StreamEvent::Transferred(Transferred { digest, ..Transferred::default() })));
    session.send(Msg::Ended(wire, None));
    assert!(session.screen().contains("pulled shop/api:3"), "{}", session.screen());
    let wire = pull(&mut session, "shop/none");
    session.send(Msg::Ended(wire, Some(Problem::new("pull shop/none", "not found", "check the name and the tag"))));
    assert!(session.screen().contains("pull shop/none: not found (check the name and the tag)"));
}

#[test]
fn the_list_shows_what_moves_and_what_has_moved() {
    for size in [(160, 45), (80, 24)] {
        let mut session = Session::shop(size);
        let failed = pull(&mut session, "shop/none");
        session.send(Msg::Ended(failed, Some(Problem::new("pull shop/none", "manifest unknown", "check the name"))));
        let done = pull(&mut session, "busybox");
        session.wait(8.0);
        let words = "Downloaded newer image for busybox:latest".to_string();
        session.send(Msg::Chunk(done, StreamEvent::Transferred(Transferred { words, ..Transferred::default() })));
        session.send(Msg::Ended(done, None));
        let wire = pull(&mut session, "registry.example.com:5000/shop/api:3");
        tell(&mut session, wire, layers());
        session.wait(12.0);
        session.keys("x");
        assert_snapshot!(format!("transfers_{}x{}", size.0, size.1), session.overlay());
        session.keys("<enter>");
        assert_snapshot!(format!("transfer_{}x{}", size.0, size.1), session.overlay());
        session.keys("<esc>G<enter>");
        assert!(session.screen().contains("manifest unknown") && session.screen().contains("check the name"));
        session.keys("<esc><esc>");
        assert!(session.app.overlays.is_empty());
    }
}

#[test]
fn a_transfer_is_cancelled_and_begun_again() {
    let mut session = Session::shop((120, 40));
    let wire = pull(&mut session, "busybox");
    session.keys("xX");
    assert!(session.take_effects().contains(&Effect::Close(wire)));
    assert!(session.screen().contains("cancelled"));
    // What was on its way still changes nothing.
    tell(&mut session, wire, layers());
    session.send(Msg::Ended(wire, None));
    assert!(session.screen().contains("cancelled"));
    session.keys("X");
    assert!(!session.take_effects().contains(&Effect::Close(wire)), "it has already ended");
    session.keys("R");
    let again = opened(&mut session);
    assert_eq!(again.len(), 1);
    assert_ne!(again[0].0, wire);
    session.keys("R");
    assert_eq!(opened(&mut session), [], "it is under way");
    session.keys("X");
    assert!(session.take_effects().contains(&Effect::Close(again[0].0)), "the new one is under the cursor");
}

#[test]
fn what_failed_is_edited_and_begun_anew() {
    let mut session = Session::shop((120, 40));
    let failed = pull(&mut session, "shop/no");
    session.send(Msg::Ended(failed, Some(Problem::new("pull shop/no", "manifest unknown", "check the name"))));
    session.take_effects();
    session.keys("xe");
    assert!(session.screen().contains("Pull an image"), "{}", session.screen());
    session.keys("<end>ne<tab><space><enter>");
    let wanted = Transfer::Pull { reference: "shop/none".into(), policy: PullPolicy::IfMissing };
    let begun: Vec<Transfer> = opened(&mut session).into_iter().map(|(_, transfer)| transfer).collect();
    assert_eq!(begun, [wanted]);
}

#[test]
fn a_click_in_a_form_goes_to_a_field_and_one_beside_it_loses_nothing() {
    let mut session = Session::shop((120, 40));
    session.keys("x").keys("Bsrc");
    session.click("[ ] off  uses cached");
    session.click("[ ] off  uses cached");
    session.click_at(1, 1);
    let screen = session.screen();
    assert!(screen.contains("folder       src") && screen.contains("[x] on   runs every step"), "{screen}");
}

#[test]
fn forms_begin_each_kind() {
    let mut session = Session::shop((120, 40));
    session.take_effects();
    session.keys("xB.<tab><tab>shop/api:4<tab>A=1<tab><tab><space>");
    assert_snapshot!("transfer_form", session.overlay());
    session.keys("<enter>U<up><enter>Sa:1 b:1<tab>/tmp/x.tar<enter>");
    session.send(Msg::Looked("/tmp/x.tar".into(), Ok(())));
    session.keys("L/tmp/x.tar<enter>Pa:1<tab><space><enter>");
    let begun: Vec<Transfer> = opened(&mut session).into_iter().map(|(_, transfer)| transfer).collect();
    let build = Build {
        folder: ".".into(),
        tag: "shop/api:4".into(),
        args: vec!["A=1".into()],
        if_missing: true,
        ..Build::default()
    };
    let wanted = [
        Transfer::Build(build),
        Transfer::Push { reference: "shop/api:2.4.1".into(), image: None },
        Transfer::Save { references: vec!["a:1".into(), "b:1".into()], path: "/tmp/x.tar".into() },
        Transfer::Load { path: "/tmp/x.tar".into() },
        Transfer::Pull { reference: "a:1".into(), policy: PullPolicy::IfMissing },
    ];
    assert_eq!(begun, wanted);
    session.keys("Pa b<enter>");
    assert_eq!(opened(&mut session), []);
    assert!(session.screen().contains("' ' is not allowed in an image name"), "{}", session.screen());
}

#[test]
fn a_build_shows_its_output_and_how_far_it_is() {
    let mut session = Session::shop((120, 40));
    session.keys("xB.<enter>");
    let wire = opened(&mut session)[0].0;
    session.keys("<enter>");
    let context = part("context", Stage::Done, "", 4096, Some(4096));
    let lines = (1..=60).map(|number| format!("line {number}")).chain(["Step 3/4 : RUN make".into()]).collect();
    tell(&mut session, wire, Progress { parts: vec![context], lines, ..Progress::default() });
    let screen = session.screen();
    assert!(screen.contains("50%") && screen.contains("Step 3/4 : RUN make") && screen.contains("line 60"), "{screen}");
    session.keys("<ctrl-u>");
    assert!(!session.screen().contains("line 60"));
    let more = vec!["line 61".to_string()];
    tell(&mut session, wire, Progress { lines: more, ..Progress::default() });
    session.keys("G");
    assert!(session.screen().contains("line 61"));
    let hostile = vec!["\x1b[2J".to_string()];
    tell(&mut session, wire, Progress { lines: hostile, ..Progress::default() });
    assert!(!session.screen().contains('\x1b'));
}

#[test]
fn read_only_begins_nothing_that_changes_an_engine() {
    let mut session = Session::shop((120, 40));
    session.app.options.read_only = true;
    session.take_effects();
    for word in ["pull", "push", "build", "load-images"] {
        session.keys(&format!(":{word}<enter>"));
        assert!(session.app.overlays.is_empty(), "{word}");
        assert!(session.screen().contains("read-only"), "{word}");
    }
    session.keys("xP");
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Transfers(_))));
    session.keys("Sbusybox<tab>/tmp/x<enter>");
    session.send(Msg::Looked("/tmp/x".into(), Ok(())));
    assert_eq!(opened(&mut session).len(), 1, "saving changes nothing");
}

#[test]
fn leaving_asks_while_something_moves() {
    let mut session = Session::shop((120, 40));
    let wire = pull(&mut session, "busybox");
    session.keys("q");
    assert!(session.screen().contains("A transfer is running and will be cancelled: busybox."), "{}", session.screen());
    assert!(!session.app.quitting);
    session.keys("n");
    session.send(Msg::Ended(wire, None));
    session.keys("q");
    assert!(session.app.quitting);
}

#[test]
fn of_a_long_path_folder_and_file_name_are_shown_and_the_whole_where_it_is_opened() {
    let sizes = [(160, 45), (80, 24)];
    for (size, folder) in sizes.into_iter().flat_map(|size| [(size, "of-this-quarter/"), (size, "漢字漢字漢字漢字/")])
    {
        let path = format!("/srv/incidents/{}/bowline-api-1-20261121120000.tar.zst", folder.repeat(6));
        let mut session = Session::shop(size);
        session.keys(":bundle<enter><ctrl-u>/srv/b<enter>");
        session.send(Msg::Looked("/srv/b".into(), Ok(())));
        let opened = opened(&mut session);
        let Some((wire, Transfer::Bundle(_))) = opened.first() else { panic!("{opened:?}\n{}", session.screen()) };
        let result = Transferred {
            words: "complete".into(),
            image: Some(path.clone()),
            bytes: Some(9999),
            ..Transferred::default()
        };
        session.send(Msg::Bundled(*wire, Ok(result)));
        session.keys("x");
        let list = session.overlay();
        assert!(list.contains("/srv/") && list.contains("00.tar.zst"), "{list}");
        session.keys("<enter>");
        let whole = session.overlay();
        let letters: String = whole.chars().filter(|c| !c.is_whitespace() && *c != '│').collect();
        assert!(letters.contains(&path), "{whole}");
    }
}
