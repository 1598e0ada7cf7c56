//! What is in volumes: keys in, screens and wishes out.

use super::harness::*;
use super::lists::shop;
use bowline::app::{DetailTab, Effect, Msg, Overlay, Pane};
use bowline::model::*;
use insta::assert_snapshot;
use std::sync::Arc;

fn volume(name: &str) -> Id {
    Id::new(ENGINE, name)
}

/// The list of volumes, with the cursor on this one.
fn volumes(size: (u16, u16), name: &str) -> Session {
    let mut session = shop(size);
    session.keys(&format!("3/{name}<enter>"));
    session.take_effects();
    session
}

fn opened(session: &mut Session) -> Vec<(StreamId, Source)> {
    let effects = session.take_effects().into_iter().filter_map(|effect| match effect {
        Effect::Open(wire, source) => Some((wire, source)),
        _ => None,
    });
    effects.collect()
}

/// A volume as the list on screen has it.
fn seen(session: &Session, name: &str) -> SeenVolume {
    let volumes = session.app.snapshot.inventory(ENGINE).volumes.as_ref().expect("listed");
    let volume = volumes.iter().find(|volume| volume.id.raw() == name).expect("there");
    SeenVolume { volume: volume.clone(), at: session.app.snapshot.inventory(ENGINE).volumes_at }
}

fn transfers(session: &mut Session) -> Vec<Transfer> {
    let opened = opened(session).into_iter().filter_map(|(_, source)| match source {
        Source::Transfer(_, transfer) => Some(transfer),
        _ => None,
    });
    opened.collect()
}

fn entry(name: &str, kind: FileKind, size: u64) -> FileEntry {
    let mode = if kind == FileKind::Folder { 0o700 } else { 0o600 };
    let modified = NOON - 86_400;
    FileEntry { name: name.into(), kind, size, mode, modified, uid: 999, gid: 999, owner: "999:999".into() }
}

/// The files of `shop_data` are on screen: the stream that holds the helper.
fn looking(size: (u16, u16)) -> (Session, StreamId) {
    let mut session = volumes(size, "shop_data");
    session.keys("b");
    let opened_now = opened(&mut session);
    let [(wire, Source::Volume { seen: of, size: Some(bytes) })] = opened_now.as_slice() else {
        panic!("{opened_now:?}")
    };
    assert_eq!((&of.volume.id, *bytes), (&volume("shop_data"), 1 << 30));
    let wire = *wire;
    assert!(session.screen().contains("creating a helper"), "{}", session.screen());
    session.keys("<enter>Ec");
    assert_eq!(opened(&mut session), [], "before it is there nothing is asked of it");
    session.send(Msg::Chunk(wire, StreamEvent::Files(FileChunk::Mounted(id("helper")))));
    let asked = opened(&mut session);
    let [(folder, source)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(*source, Source::Folder { id: id("helper"), path: b"/".to_vec() });
    let entries = vec![
        entry("base", FileKind::Folder, 4096),
        entry("global", FileKind::Folder, 4096),
        entry("PG_VERSION", FileKind::File, 3),
        entry("postgresql.conf", FileKind::File, 29_000),
    ];
    let listing = Listing { path: b"/".to_vec(), entries, cut: None };
    session.send(Msg::Chunk(*folder, StreamEvent::Files(FileChunk::Listing(Arc::new(listing)))));
    session.send(Msg::Ended(*folder, None));
    session.take_effects();
    (session, wire)
}

#[test]
fn the_files_of_a_volume_stand_beside_the_list() {
    for size in [(160, 45), (80, 24), (40, 12)] {
        let (mut session, _) = looking(size);
        session.keys("jj");
        assert_snapshot!(format!("volume_files_{}x{}", size.0, size.1), session.screen());
    }
}

#[test]
fn they_are_walked_through_copied_and_edited_as_those_of_a_container() {
    let (mut session, _) = looking((160, 45));
    session.keys("<enter>");
    let asked = opened(&mut session);
    assert_eq!(asked[0].1, Source::Folder { id: id("helper"), path: b"/base".to_vec() });
    session.keys("jjjE");
    assert!(matches!(&opened(&mut session)[0].1, Source::File { id: of, path, .. }
        if *of == id("helper") && path == b"/postgresql.conf"));
    session.keys("cmine<enter>");
    let (wire, source) = opened(&mut session).remove(0);
    assert!(matches!(source, Source::CopyOut(copy) if copy.id == id("helper") && copy.from == b"/postgresql.conf"));
    assert!(session.screen().contains("shop_data:/postgresql.conf → mine"), "{}", session.screen());
    session.keys("/base<enter>");
    assert_eq!(
        session.app.files.view.as_ref().map(|view| view.rows.len()),
        Some(1),
        "the names are filtered, not the list"
    );
    session.keys("C/etc/hosts<enter>");
    assert!(matches!(&opened(&mut session)[0].1, Source::CopyIn(copy) if copy.to == b"/"));
    session.send(Msg::Ended(wire, Some(Problem::new("copy", "it broke", ""))));
    assert!(session.screen().contains("it broke"));
}

#[test]
fn an_edit_that_was_kept_is_found_again_through_another_helper() {
    let (mut session, wire) = looking((160, 45));
    session.keys("jjjE");
    let (file, source) = opened(&mut session).remove(0);
    let Source::File { path, .. } = source else { panic!("{source:?}") };
    let entry = entry("postgresql.conf", FileKind::File, 2);
    let content = FileContent { path, entry, bytes: b"x\n".to_vec(), ..FileContent::default() };
    session.send(Msg::Chunk(file, StreamEvent::Files(FileChunk::Content(Arc::new(content)))));
    let edit = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Edit(edit, None) => Some(edit),
        _ => None,
    });
    let problem = Problem::new("edit", "the editor failed", "");
    session.send(Msg::Edited(edit.expect("an editor"), EditEnd::Kept("/tmp/bowline-edit-x/p.conf".into(), problem)));
    assert!(session.screen().contains("/postgresql.conf of shop_data"), "{}", session.screen());
    session.send(Msg::Ended(wire, Some(Problem::new("look into shop_data", "the helper is gone", ""))));
    session.keys("<esc>b");
    let (wire, _) = opened(&mut session).remove(0);
    session.send(Msg::Chunk(wire, StreamEvent::Files(FileChunk::Mounted(id("another")))));
    let (folder, _) = opened(&mut session).remove(0);
    let entries = vec![FileEntry { name: b"postgresql.conf".to_vec(), kind: FileKind::File, ..FileEntry::default() }];
    let listing = Listing { path: b"/".to_vec(), entries, cut: None };
    session.send(Msg::Chunk(folder, StreamEvent::Files(FileChunk::Listing(Arc::new(listing)))));
    session.keys("E<enter>");
    let again = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Edit(edit, Some(_)) => Some(edit),
        _ => None,
    });
    assert_eq!(again.expect("it is opened again").id, id("another"));
}

#[test]
fn whoever_leaves_them_lets_the_helper_go() {
    for keys in ["<esc>", "3k", "1", "2", "[", "]", "i"] {
        let (mut session, wire) = looking((160, 45));
        // The cursor has somewhere to go.
        session.keys("<tab>/<backspace><backspace><backspace><backspace><backspace><backspace><backspace><backspace><backspace><enter>");
        assert!(session.app.files.view.is_some(), "another pane is no other volume");
        session.keys("b");
        session.take_effects();
        session.keys(keys);
        session.wait(1.0);
        assert!(session.effects.contains(&Effect::Close(wire)), "{keys}");
        assert!(session.app.files.view.is_none(), "{keys}");
    }
}

#[test]
fn a_copy_goes_on_when_they_are_left() {
    let (mut session, wire) = looking((160, 45));
    session.keys("cmine<enter>");
    let (copy, _) = opened(&mut session).remove(0);
    session.keys("<esc>");
    let effects = session.take_effects();
    assert!(effects.contains(&Effect::Close(wire)) && !effects.contains(&Effect::Close(copy)));
    assert_eq!(session.app.files.copies.len(), 1);
}

#[test]
fn a_helper_that_cannot_be_made_is_told_and_asked_for_again() {
    let mut session = volumes((160, 45), "old");
    session.keys("b");
    let (wire, _) = opened(&mut session).remove(0);
    let why = Problem::new("browse the volume old", "the engine has no image", "docker pull busybox");
    session.send(Msg::Ended(wire, Some(why)));
    assert_snapshot!(session.region(Pane::Logs));
    session.keys("b");
    let again = opened(&mut session);
    assert!(matches!(&again[0].1, Source::Volume { .. }) && again[0].0 != wire);
}

#[test]
fn a_volume_that_is_removed_is_let_go_first() {
    let (mut session, wire) = looking((160, 45));
    session.keys("<tab>Dy");
    let effects = session.take_effects();
    let closed = effects.iter().position(|effect| *effect == Effect::Close(wire));
    let removed = effects.iter().position(|effect| matches!(effect, Effect::Act(..)));
    assert!(closed.is_some() && closed < removed, "{effects:?}");
}

#[test]
fn an_export_asks_for_a_path_and_begins() {
    let mut session = volumes((160, 45), "shop_data");
    session.keys("<ctrl-s>");
    assert_snapshot!(session.overlay());
    session.keys("<ctrl-u><enter>");
    assert!(session.screen().contains("type a path on this machine"), "{}", session.screen());
    session.keys("/backup/data<enter>");
    let look = |path: &str| Effect::Look(path.to_string());
    let refused = |why: &str| Err(why.to_string());
    assert!(session.take_effects().contains(&look("/backup/data")), "before anything is begun");
    session.send(Msg::Looked("/backup/data".into(), refused("it already exists")));
    assert!(session.screen().contains("it already exists"), "{}", session.screen());
    session.keys(".tar");
    // The answer to a question that is not asked any more says nothing.
    session.send(Msg::Looked("/backup/data".into(), Ok(())));
    session.keys("<enter>");
    let path = "/backup/data.tar".to_string();
    assert!(session.take_effects().contains(&look(&path)));
    session.send(Msg::Looked(path.clone(), Ok(())));
    session.send(Msg::Looked(path.clone(), Ok(())));
    let wanted = [Transfer::ExportVolume { volume: seen(&session, "shop_data"), path }];
    assert_eq!(transfers(&mut session), wanted);
    assert!(session.screen().contains("exporting shop_data to /backup/data.tar"), "{}", session.screen());
    let wire = session.app.transfers.list[0].stream;
    let part = Part { name: "archive".into(), stage: Stage::Moving, done: 5 << 20, ..Part::default() };
    session
        .send(Msg::Chunk(wire, StreamEvent::Progress(Arc::new(Progress { parts: vec![part], ..Progress::default() }))));
    session.keys("x");
    assert!(session.screen().contains("export") && session.screen().contains("5.0M"), "{}", session.screen());
}

#[test]
fn an_import_into_what_is_there_says_what_is_overwritten() {
    for size in [(160, 45), (80, 24)] {
        let mut session = volumes(size, "shop_data");
        session.keys("I/tmp/b.tar<enter>");
        assert_eq!(transfers(&mut session), [], "it asks first");
        assert_snapshot!(format!("import_plan_{}x{}", size.0, size.1), session.overlay());
        session.keys("n");
        assert_eq!(transfers(&mut session), []);
        assert!(matches!(session.app.overlays.last(), Some(Overlay::Fields(_))), "back in the form");
        session.keys("<enter>y");
        let wanted = Transfer::ImportVolume {
            path: "/tmp/b.tar".into(),
            volume: "shop_data".into(),
            seen: Some(seen(&session, "shop_data")),
        };
        assert_eq!(transfers(&mut session), [wanted]);
        assert!(session.app.overlays.is_empty());
    }
}

#[test]
fn a_new_volume_is_made_for_an_import_and_names_are_judged() {
    let mut session = volumes((160, 45), "old");
    session.keys("I/tmp/b.tar<tab><ctrl-u>a b");
    assert!(session.screen().contains("letters, digits"), "{}", session.screen());
    session.keys("<ctrl-u>restored<enter>");
    let screen = session.screen();
    assert!(screen.contains("a new volume is created") && !screen.contains("overwritten"), "{screen}");
    session.keys("y");
    let wanted = Transfer::ImportVolume { path: "/tmp/b.tar".into(), volume: "restored".into(), seen: None };
    assert_eq!(transfers(&mut session), [wanted]);
}

#[test]
fn a_copy_names_both_volumes_and_who_uses_them() {
    let mut session = volumes((160, 45), "shop_data");
    session.keys("Y<ctrl-u>shop_data<enter>");
    assert!(session.screen().contains("this is the volume itself"), "{}", session.screen());
    session.keys("<ctrl-u>old<enter>");
    assert_snapshot!(session.overlay());
    session.keys("y");
    let wanted = Transfer::CopyVolume {
        from: seen(&session, "shop_data"),
        volume: "old".into(),
        seen: Some(seen(&session, "old")),
    };
    assert_eq!(transfers(&mut session), [wanted]);
}

#[test]
fn one_volume_is_meant_and_only_where_volumes_are() {
    let mut session = shop((160, 45));
    session.keys(":export-volume<enter>");
    assert!(session.screen().contains("export-volume works on volumes: 3 lists them"), "{}", session.screen());
    session.keys("3**<ctrl-s>");
    assert!(session.app.overlays.len() == 1, "no marks: the one under the cursor");
    session.keys("<esc><space><space><ctrl-s>");
    assert!(session.screen().contains("clear the marks first"), "{}", session.screen());
    session.keys("Y");
    assert!(session.app.overlays.is_empty());
}

#[test]
fn a_volume_is_moved_from_its_files_too_and_a_transfer_is_edited_and_begun_again() {
    let (mut session, _) = looking((160, 45));
    session.keys("Y<enter>y");
    let from = seen(&session, "shop_data");
    let wanted = |volume: &str| Transfer::CopyVolume { from: from.clone(), volume: volume.into(), seen: None };
    assert_eq!(transfers(&mut session), [wanted("shop_data-2")]);
    let wire = session.app.transfers.list[0].stream;
    let why = Problem::new("copy", "no space left on device; the volume is removed again", "free space");
    session.send(Msg::Ended(wire, Some(why)));
    session.keys("xe");
    assert!(session.screen().contains("shop_data-2"), "{}", session.screen());
    session.keys("<ctrl-u>elsewhere<enter>y");
    assert_eq!(transfers(&mut session), [wanted("elsewhere")]);
    let (mut session, _) = looking((160, 45));
    session.keys("<ctrl-s><enter>");
    let look = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Look(path) => Some(path),
        _ => None,
    });
    session.send(Msg::Looked(look.expect("it is looked"), Ok(())));
    assert!(matches!(transfers(&mut session).as_slice(), [Transfer::ExportVolume { .. }]));
}

#[test]
fn read_only_makes_no_helper_and_moves_nothing() {
    let mut session = volumes((160, 45), "shop_data");
    session.app.options.read_only = true;
    for key in ["b", "<ctrl-s>", "I", "Y"] {
        session.keys(key);
        assert!(session.screen().contains("read-only"), "{key}: {}", session.screen());
        assert!(session.app.overlays.is_empty() && opened(&mut session).is_empty(), "{key}");
    }
    assert_eq!((session.app.focus, session.app.detail), (Pane::Fleet, DetailTab::Log));
}
