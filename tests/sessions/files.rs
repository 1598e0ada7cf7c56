//! Files of a container: keys in, screens and wishes out.

use super::harness::*;
use bowline::app::{DetailTab, Effect, FileForm, Msg, Overlay, Pane};
use bowline::model::*;
use std::path::PathBuf;
use std::sync::Arc;

fn entry(name: &str, kind: FileKind, size: u64) -> FileEntry {
    let mode = if kind == FileKind::Folder { 0o755 } else { 0o644 };
    let modified = NOON - 86_400;
    FileEntry { name: name.into(), kind, size, mode, modified, uid: 0, gid: 0, owner: "root:root".into() }
}

fn nginx() -> Vec<FileEntry> {
    let link = FileKind::Link { target: b"/usr/lib/nginx/modules".to_vec(), to_folder: Some(true) };
    let mut odd = entry("", FileKind::File, 3);
    odd.name = b"odd\xff\x1b]0;owned\x07\n".to_vec();
    vec![
        entry("conf.d", FileKind::Folder, 4096),
        entry("modules", link, 22),
        entry("mime.types", FileKind::File, 5349),
        entry("nginx.conf", FileKind::File, 648),
        odd,
        entry("ready", FileKind::Pipe, 0),
    ]
}

/// The stream about files that was opened last, and what it is to bring.
fn asked(session: &Session) -> (StreamId, Source) {
    let opened = session.effects.iter().rev().find_map(|effect| match effect {
        Effect::Open(
            wire,
            source @ (Source::Folder { .. }
            | Source::File { .. }
            | Source::Visit { .. }
            | Source::CopyOut(_)
            | Source::CopyIn(_)),
        ) => Some((*wire, source.clone())),
        _ => None,
    });
    opened.expect("something about files was asked for")
}

fn answer(session: &mut Session, wire: StreamId, chunk: FileChunk) {
    session.send(Msg::Chunk(wire, StreamEvent::Files(chunk)));
}

fn ended(session: &mut Session, wire: StreamId, why: Option<Problem>) {
    session.send(Msg::Ended(wire, why));
}

fn list(session: &mut Session, path: &str, entries: Vec<FileEntry>) {
    let (wire, source) = asked(session);
    assert!(matches!(&source, Source::Folder { path: wanted, .. } if wanted == path.as_bytes()), "{source:?}");
    answer(session, wire, FileChunk::Listing(Arc::new(Listing { path: path.into(), entries, cut: None })));
    ended(session, wire, None);
}

fn show(session: &mut Session, bytes: &[u8], cut: bool) {
    let (wire, source) = asked(session);
    let Source::File { path, .. } = source else { panic!("{source:?}") };
    let entry = FileEntry { size: bytes.len() as u64, ..entry("x", FileKind::File, 0) };
    let content = FileContent { path, entry, bytes: bytes.to_vec(), cut, ..FileContent::default() };
    answer(session, wire, FileChunk::Content(Arc::new(content)));
    ended(session, wire, None);
}

/// The files of the first container, in a folder.
pub fn browsing(size: (u16, u16)) -> Session {
    let mut session = Session::shop(size);
    session.keys("b");
    list(&mut session, "/", vec![entry("etc", FileKind::Folder, 4096)]);
    session.keys("<enter>");
    list(&mut session, "/etc", nginx());
    session
}

#[test]
fn a_folder_on_wide_and_on_small_screens() {
    let mut session = browsing((160, 45));
    session.keys("jj");
    insta::assert_snapshot!(session.screen_with_styles());
    let session = browsing((80, 24));
    insta::assert_snapshot!(session.screen());
}

#[test]
fn folders_are_walked_through_and_the_cursor_finds_back() {
    let mut session = browsing((160, 45));
    session.keys("<enter>");
    list(&mut session, "/etc/conf.d", vec![entry("site.conf", FileKind::File, 12)]);
    session.keys("<backspace>");
    let mut entries = nginx();
    entries.insert(0, entry("aaa", FileKind::Folder, 0));
    list(&mut session, "/etc", entries);
    let view = session.app.files.view.as_ref().expect("files");
    assert_eq!(view.chosen().map(|entry| entry.name.as_slice()), Some(&b"conf.d"[..]));
    session.keys("j<enter>");
    let (_, source) = asked(&session);
    assert_eq!(
        source,
        Source::Folder { id: id("api-1"), path: b"/etc/modules".to_vec() },
        "a link to a folder is entered"
    );
    session.keys("G<enter>");
    assert!(session.screen().contains("is a named pipe"), "{}", session.screen());
}

#[test]
fn a_filter_narrows_while_it_is_typed_and_escape_brings_back_what_was() {
    let mut session = browsing((160, 45));
    session.keys("/conf");
    assert_eq!(session.app.files.view.as_ref().map(|view| view.rows.len()), Some(2));
    session.keys("<esc>");
    assert_eq!(session.app.files.view.as_ref().map(|view| view.rows.len()), Some(6));
    session.keys("/nginx<enter><enter>");
    let (_, source) = asked(&session);
    assert!(matches!(source, Source::File { path, .. } if path == b"/etc/nginx.conf"));
}

#[test]
fn a_file_is_looked_at_as_text_and_as_bytes() {
    let mut session = browsing((160, 45));
    session.keys("/nginx<enter><enter>");
    show(&mut session, b"user nginx;\nevents {\n\tworker_connections 1024;\n}\nhttp {\n}\n\x1b[2Jodd\n", false);
    session.keys("/Connections<enter>");
    assert!(session.screen().contains("'Connections' is not in the file"), "{}", session.screen());
    session.keys("/connections<enter>");
    insta::assert_snapshot!(session.region_with_styles(Pane::Logs));
    session.keys("t");
    insta::assert_snapshot!(session.region(Pane::Logs));
    // Back out of the search, the file, the filter, the pane.
    session.keys("<esc><esc>");
    assert!(session.app.files.view.as_ref().is_some_and(|view| view.open.is_none() && !view.filter.is_empty()));
    session.keys("<esc><esc>");
    assert_eq!(session.app.focus, Pane::Fleet);
}

#[test]
fn a_large_binary_file_says_so() {
    let mut session = browsing((80, 24));
    session.keys("jj<enter>");
    show(&mut session, &[0x7f, b'E', b'L', b'F', 0, 1, 2, 3].repeat(64), true);
    let view = session.app.files.view.as_ref().and_then(|view| view.open.as_ref()).expect("open");
    assert_eq!(view.form, FileForm::Hex);
    session.keys("z");
    assert!(session.screen().contains("first 512 bytes only"), "{}", session.screen());
}

#[test]
fn a_copy_out_asks_where_to_shows_how_far_it_is_and_asks_before_it_replaces() {
    let mut session = browsing((160, 45));
    session.keys("cmine<enter>");
    let (wire, source) = asked(&session);
    let Source::CopyOut(copy) = &source else { panic!("{source:?}") };
    assert_eq!(
        (copy.from.as_slice(), copy.to.as_path(), copy.overwrite),
        (&b"/etc/conf.d"[..], "mine".as_ref(), false)
    );
    let progress = CopyProgress { files: 3, bytes: 5 << 20, total: Some(20 << 20), current: b"conf.d/\x1bx".to_vec() };
    answer(&mut session, wire, FileChunk::Progress(progress));
    insta::assert_snapshot!(session.region(Pane::Logs));
    let mut report = CopyReport { files: 3, bytes: 9, into: b"./mine".to_vec(), ..CopyReport::default() };
    report.refuse(b"conf.d/a", Refusal::Exists);
    report.refuse(b"conf.d/\x1b[2J", Refusal::Unsafe("a device"));
    answer(&mut session, wire, FileChunk::Copied(Box::new(report)));
    ended(&mut session, wire, None);
    assert!(session.app.files.copies.is_empty());
    assert!(session.screen().contains("a device"), "what else was not copied is read with the question");
    insta::assert_snapshot!(session.overlay());
    session.wait(1.0);
    session.take_effects();
    session.keys("y");
    assert!(matches!(asked(&session).1, Source::CopyOut(CopyOut { overwrite: true, .. })));
}

/// A copy out that something of the same name stands in the way of.
fn in_the_way(session: &mut Session, refused: &[(&[u8], Refusal)]) {
    let (wire, source) = asked(session);
    assert!(matches!(source, Source::CopyOut(_)), "{source:?}");
    let mut report = CopyReport { into: b"./mine".to_vec(), ..CopyReport::default() };
    refused.iter().for_each(|(name, why)| report.refuse(name, why.clone()));
    answer(session, wire, FileChunk::Copied(Box::new(report)));
    ended(session, wire, None);
    session.take_effects();
}

fn asks(session: &Session) -> bool {
    matches!(session.app.overlays.last(), Some(Overlay::Question(_)))
}

#[test]
fn a_key_or_a_click_meant_for_a_pane_overwrites_nothing() {
    let mut session = browsing((160, 45));
    session.keys("cmine<enter>i");
    assert_eq!(session.app.pane_context(), bowline::app::KeyContext::Inspect);
    in_the_way(&mut session, &[(b"conf.d/a", Refusal::Exists)]);
    session.keys("y<enter>");
    session.click("overwrite (y)");
    session.click_at(0, 0);
    assert!(asks(&session) && session.take_effects().is_empty(), "{}", session.screen());
    session.wait(1.0);
    session.click("overwrite (y)");
    assert!(matches!(asked(&session).1, Source::CopyOut(CopyOut { overwrite: true, .. })));
}

#[test]
fn what_has_no_room_in_the_question_is_told_after_the_answer() {
    let mut session = browsing((80, 24));
    session.keys("cmine<enter>");
    let names: Vec<Vec<u8>> = (0..7).map(|number| format!("device-{number}").into_bytes()).collect();
    let mut refused: Vec<(&[u8], Refusal)> =
        names.iter().map(|name| (&name[..], Refusal::Unsafe("a device"))).collect();
    refused.push((b"conf.d/a", Refusal::Exists));
    in_the_way(&mut session, &refused);
    assert!(asks(&session) && session.screen().contains("and 2 more"), "{}", session.screen());
    session.wait(1.0);
    session.keys("n");
    assert!(session.screen().contains("device-6: a device"), "{}", session.screen());
}

#[test]
fn a_copy_is_cancelled_by_a_key_and_survives_other_panes() {
    let mut session = browsing((160, 45));
    session.keys("c<enter>");
    let (wire, _) = asked(&session);
    session.take_effects();
    session.keys("ljjb");
    session.wait(1.0);
    assert!(!session.effects.contains(&Effect::Close(wire)), "walking away cancels nothing");
    session.keys("<ctrl-x>");
    assert!(session.effects.contains(&Effect::Close(wire)));
    assert!(session.screen().contains("cancelled"), "{}", session.screen());
    answer(&mut session, wire, FileChunk::Copied(Box::default()));
    assert!(session.app.overlays.is_empty(), "what comes late is nobody's");
}

#[test]
fn leaving_while_a_copy_is_under_way_asks() {
    let mut session = browsing((160, 45));
    session.keys("c<enter>");
    session.keys("<ctrl-c>");
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Question(_))) && !session.app.quitting);
}

fn edited(session: &Session) -> Arc<Edit> {
    let edit = session.effects.iter().rev().find_map(|effect| match effect {
        Effect::Edit(edit, None) => Some(edit.clone()),
        _ => None,
    });
    edit.expect("an editor was wished for")
}

#[test]
fn an_edit_is_written_back_only_if_something_changed() {
    let mut session = browsing((160, 45));
    session.keys("jjjE");
    show(&mut session, b"user nginx;\n", false);
    let edit = edited(&session);
    assert_eq!((edit.path.as_slice(), edit.bytes.as_slice()), (&b"/etc/nginx.conf"[..], &b"user nginx;\n"[..]));
    session.take_effects();
    session.send(Msg::Edited(edit.clone(), EditEnd::Unchanged));
    assert_eq!(session.take_effects(), []);
    session.send(Msg::Edited(edit.clone(), EditEnd::AtOnce));
    assert_eq!(session.take_effects(), []);
    assert!(session.screen().contains("code --wait"), "{}", session.screen());
    let file = PathBuf::from("/tmp/bowline-edit-x/nginx.conf");
    session.send(Msg::Edited(edit.clone(), EditEnd::Changed(file.clone())));
    let (wire, source) = asked(&session);
    let Source::CopyIn(copy) = source else { panic!("{source:?}") };
    assert_eq!((copy.instead_of.as_deref(), copy.to.as_slice()), (Some(&edit.bytes[..]), &b"/etc/nginx.conf"[..]));
    answer(&mut session, wire, FileChunk::Copied(Box::new(CopyReport { files: 1, ..CopyReport::default() })));
    ended(&mut session, wire, None);
    assert!(session.effects.contains(&Effect::Forget(file)));
    assert!(session.app.overlays.is_empty());
}

/// An edit that could not be written back: somebody else has changed the file.
fn kept(session: &mut Session) -> (Arc<Edit>, PathBuf) {
    session.keys("jjjE");
    show(session, b"user nginx;\n", false);
    let (edit, file) = (edited(session), PathBuf::from("/tmp/bowline-edit-x/nginx.conf"));
    session.send(Msg::Edited(edit.clone(), EditEnd::Changed(file.clone())));
    let (wire, _) = asked(session);
    session.take_effects();
    ended(session, wire, Some(Problem::new("copy into api-1", "it has changed in the meantime", "compare the two")));
    assert!(session.effects.iter().any(|effect| matches!(effect, Effect::Kept(kept, _) if *kept == file)));
    assert!(!session.effects.contains(&Effect::Forget(file.clone())), "what was typed is kept");
    (edit, file)
}

#[test]
fn where_an_edit_is_kept_is_shown_and_can_be_looked_up_again() {
    for size in [(160, 45), (40, 12)] {
        let mut session = browsing(size);
        kept(&mut session);
        insta::assert_snapshot!(session.overlay());
    }
    let mut session = browsing((160, 45));
    session.keys(":kept-edits<enter>");
    assert!(session.screen().contains("all edits were written back"), "{}", session.screen());
    kept(&mut session);
    session.keys("<esc>");
    assert!(session.app.overlays.is_empty());
    session.wait(60.0);
    session.keys("1:kept-edits<enter>");
    assert!(session.screen().contains("/tmp/bowline-edit-x/nginx.conf"), "{}", session.screen());
}

#[test]
fn where_an_edit_is_kept_is_not_shown_to_somebody_who_types() {
    let mut session = browsing((160, 45));
    session.keys("jjjE");
    show(&mut session, b"user nginx;\n", false);
    let edit = edited(&session);
    session.keys("/ab");
    let problem = Problem::new("edit /etc/nginx.conf", "the editor failed", "");
    session.send(Msg::Edited(edit, EditEnd::Kept("/tmp/bowline-edit-x/nginx.conf".into(), problem)));
    assert!(matches!(session.app.overlays.as_slice(), [Overlay::Prompt(_)]));
    session.keys("<esc>");
    assert!(matches!(session.app.overlays.as_slice(), [Overlay::Text(_)]));
}

#[test]
fn an_edit_that_was_kept_is_opened_again_or_written_back_all_the_same_or_left() {
    let mut session = browsing((160, 45));
    let (edit, file) = kept(&mut session);
    session.keys("<esc>");
    session.take_effects();
    session.keys("E");
    insta::assert_snapshot!(session.overlay());
    session.keys("<esc>");
    assert_eq!(session.take_effects(), []);
    // Written back: what is there now is asked for first, for its owner and its permissions.
    session.keys("Ej<enter>");
    assert!(matches!(asked(&session).1, Source::File { path, .. } if path == b"/etc/nginx.conf"));
    show(&mut session, b"somebody else's\n", false);
    let (wire, source) = asked(&session);
    assert!(matches!(source, Source::CopyIn(CopyIn { instead_of: Some(_), ref from, .. }) if *from == file));
    ended(&mut session, wire, Some(Problem::new("copy into api-1", "the engine is gone", "")));
    session.keys("<esc>");
    // Begun anew: what is there now is read and edited.
    session.keys("Ejj<enter>");
    show(&mut session, b"somebody else's\n", false);
    assert_eq!(edited(&session).bytes, b"somebody else's\n");
    session.take_effects();
    session.keys("E<enter>");
    assert!(session.effects.contains(&Effect::Edit(edit.clone(), Some(file.clone()))));
    session.send(Msg::Edited(edit, EditEnd::Changed(file.clone())));
    let (wire, _) = asked(&session);
    answer(&mut session, wire, FileChunk::Copied(Box::new(CopyReport { files: 1, ..CopyReport::default() })));
    ended(&mut session, wire, None);
    assert!(session.effects.contains(&Effect::Forget(file)));
    session.take_effects();
    session.keys("E");
    assert!(session.app.overlays.is_empty(), "nothing is kept any more");
}

#[test]
fn a_cancelled_write_keeps_the_edit() {
    let mut session = browsing((160, 45));
    session.keys("jjjE");
    show(&mut session, b"user nginx;\n", false);
    let edit = edited(&session);
    session.send(Msg::Edited(edit, EditEnd::Changed("/tmp/bowline-edit-x/nginx.conf".into())));
    session.keys("<ctrl-x>");
    assert!(session.screen().contains("/tmp/bowline-edit-x/nginx.conf"), "{}", session.screen());
}

#[test]
fn an_editor_opens_only_under_its_own_key() {
    let is_edit = |effect: &Effect| matches!(effect, Effect::Edit(..));
    for keys in ["j", "/", "1", "?", "<tab>"] {
        let mut session = browsing((160, 45));
        session.keys("jjjE");
        session.keys(keys);
        show(&mut session, b"user nginx;\n", false);
        assert!(!session.effects.iter().any(is_edit), "{keys}");
        let told = session.app.notice.as_ref().map(|notice| notice.text.as_str()).unwrap_or_default();
        assert!(told.contains("loaded: press E again"), "{keys}: {told}");
    }
    // What has come is not asked for again.
    let mut session = browsing((160, 45));
    session.keys("jjjEj");
    show(&mut session, b"user nginx;\n", false);
    session.take_effects();
    session.keys("kE");
    assert_eq!(edited(&session).bytes, b"user nginx;\n");
    // But what came long ago is.
    session.keys("Ej");
    show(&mut session, b"user nginx;\n", false);
    session.wait(60.0);
    session.take_effects();
    session.keys("kE");
    assert!(matches!(asked(&session).1, Source::File { .. }));
}

#[test]
fn an_impatient_second_key_asks_for_the_file_once() {
    let mut session = browsing((160, 45));
    session.keys("jjjE");
    let (wire, _) = asked(&session);
    session.keys("E");
    assert_eq!(asked(&session).0, wire);
    show(&mut session, b"user nginx;\n", false);
    assert_eq!(edited(&session).bytes, b"user nginx;\n");
}

#[test]
fn a_folder_that_is_read_anew_takes_no_file_away_that_is_on_its_way() {
    let mut session = browsing((160, 45));
    session.keys("C./here<enter>");
    let (copy, _) = asked(&session);
    session.keys("jjjE");
    let (file, _) = asked(&session);
    session.take_effects();
    answer(&mut session, copy, FileChunk::Copied(Box::new(CopyReport { files: 1, ..CopyReport::default() })));
    ended(&mut session, copy, None);
    assert!(matches!(asked(&session).1, Source::Folder { .. }));
    assert!(!session.effects.contains(&Effect::Close(file)));
    let entry = entry("nginx.conf", FileKind::File, 2);
    let content =
        FileContent { path: b"/etc/nginx.conf".to_vec(), entry, bytes: b"x\n".to_vec(), ..Default::default() };
    answer(&mut session, file, FileChunk::Content(Arc::new(content)));
    assert_eq!(edited(&session).bytes, b"x\n");
}

#[test]
fn an_edit_that_is_cut_says_that_the_file_may_be_there_in_part() {
    let mut session = browsing((160, 45));
    session.keys("jjjE");
    show(&mut session, b"user nginx;\n", false);
    let (edit, file) = (edited(&session), PathBuf::from("/tmp/e/nginx.conf"));
    session.send(Msg::Edited(edit.clone(), EditEnd::Changed(file.clone())));
    session.keys("<ctrl-x>");
    let screen = session.screen();
    assert!(screen.contains("partly written") && screen.contains("/tmp/e/nginx.conf"), "{screen}");
    session.send(Msg::Edited(edit, EditEnd::Changed(file)));
    let (wire, _) = asked(&session);
    let words = "nginx.conf may be partly written";
    ended(&mut session, wire, Some(Problem::new("copy", "cut", words)));
    let screen = session.screen();
    assert!(screen.contains(words) && screen.contains("/tmp/e/nginx.conf"), "{screen}");
}

#[test]
fn what_cannot_be_written_back_is_told_before_it_is_edited() {
    for (elsewhere, mounted, why) in [(true, false, "tmpfs"), (false, true, "bind-mounted")] {
        let mut session = browsing((160, 45));
        session.keys("jjjE");
        let (wire, _) = asked(&session);
        let content = FileContent { path: b"/etc/nginx.conf".to_vec(), elsewhere, mounted, ..FileContent::default() };
        session.take_effects();
        answer(&mut session, wire, FileChunk::Content(Arc::new(content)));
        assert!(!session.take_effects().iter().any(|effect| matches!(effect, Effect::Edit(..))));
        assert!(session.screen().contains(why), "{}", session.screen());
    }
}

#[test]
fn a_file_is_asked_for_with_what_its_folder_told_of_it() {
    let mut session = browsing((160, 45));
    session.keys("jjj<enter>");
    let (_, source) = asked(&session);
    assert!(
        matches!(source, Source::File { seen: Some((648, modified)), .. } if modified == NOON - 86_400),
        "{source:?}"
    );
}

#[test]
fn a_path_is_typed_and_gone_to_and_a_file_there_is_opened() {
    let mut session = browsing((160, 45));
    session.keys("'");
    assert!(session.screen().contains("go to /etc/"), "{}", session.screen());
    session.keys("conf.d/../ssl<enter>");
    let (wire, source) = asked(&session);
    assert!(matches!(&source, Source::Visit { path, .. } if path == b"/etc/ssl"), "{source:?}");
    let listing = Listing { path: b"/etc/ssl".to_vec(), entries: nginx(), cut: None };
    answer(&mut session, wire, FileChunk::Listing(Arc::new(listing)));
    ended(&mut session, wire, None);
    assert_eq!(session.app.files.view.as_ref().map(|view| view.path.as_slice()), Some(&b"/etc/ssl"[..]));
    session.keys("'<ctrl-u>/var/x.conf<enter>");
    let (wire, source) = asked(&session);
    let Source::Visit { path, .. } = source else { panic!("{source:?}") };
    assert_eq!(path, b"/var/x.conf");
    answer(
        &mut session,
        wire,
        FileChunk::Content(Arc::new(FileContent { path, bytes: b"x = 1".to_vec(), ..FileContent::default() })),
    );
    ended(&mut session, wire, None);
    let screen = session.screen();
    assert!(screen.contains("/var/x.conf") && screen.contains("x = 1"), "{screen}");
    session.keys("'<ctrl-u>name<enter>");
    assert!(
        matches!(asked(&session).1, Source::Visit { path, .. } if path == b"/etc/ssl/name"),
        "from the folder on screen"
    );
}

#[test]
fn a_link_of_which_nothing_is_known_is_tried() {
    let mut session = Session::shop((80, 24));
    session.keys("b");
    let link = FileKind::Link { target: b"somewhere".to_vec(), to_folder: None };
    list(&mut session, "/", vec![entry("way", link, 0)]);
    session.keys("<enter>");
    assert!(matches!(asked(&session).1, Source::Visit { path, .. } if path == b"/way"));
}

#[test]
fn reading_shows_how_long_it_takes_and_escape_ends_it() {
    let mut session = Session::shop((160, 45));
    session.keys("b");
    let (wire, _) = asked(&session);
    assert!(session.screen().contains("reading …"), "{}", session.screen());
    session.wait(3.0);
    assert!(session.screen().contains("reading … 3 s, esc cancels"), "{}", session.screen());
    let growing = Listing { path: b"/".to_vec(), entries: nginx(), cut: Some(Listing::GROWING.into()) };
    answer(&mut session, wire, FileChunk::Listing(Arc::new(growing)));
    session.take_effects();
    session.keys("<esc>");
    assert!(session.take_effects().contains(&Effect::Close(wire)));
    let screen = session.screen();
    assert!(screen.contains("nginx.conf") && screen.contains("not read completely"), "{screen}");
    assert_eq!(session.app.focus, Pane::Logs, "only the reading is left");
    session.keys("<esc>");
    assert_eq!(session.app.focus, Pane::Fleet);
    // One of which nothing had come says why it is empty.
    let mut session = Session::shop((160, 45));
    session.keys("b<esc>");
    assert!(session.screen().contains("it was cancelled"), "{}", session.screen());
}

#[test]
fn read_only_refuses_what_would_change_the_container() {
    let mut session = Session::shop((160, 45));
    session.app.options.read_only = true;
    session.keys("b");
    list(&mut session, "/", nginx());
    session.take_effects();
    session.keys("C");
    assert!(session.app.overlays.is_empty() && session.screen().contains("read-only"));
    session.keys("jjjE");
    assert!(session.screen().contains("read-only"));
    assert!(!session.take_effects().iter().any(|effect| matches!(effect, Effect::Open(..) | Effect::Edit(..))));
}

#[test]
fn each_container_keeps_its_folder() {
    let mut session = browsing((160, 45));
    session.keys("1j");
    session.wait(1.0);
    list(&mut session, "/", Vec::new());
    assert!(session.screen().contains("the folder is empty"));
    session.keys("k");
    session.wait(1.0);
    assert!(matches!(asked(&session).1, Source::Folder { path, .. } if path == b"/etc"));
    assert_eq!(session.app.detail, DetailTab::Files);
}
