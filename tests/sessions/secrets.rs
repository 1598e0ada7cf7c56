//! A secret that is planted everywhere is on no screen, until it is asked for.

use super::harness::*;
use super::lists;
use bowline::app::{Command, Effect, Msg, resource};
use bowline::model::*;
use std::sync::Arc;

const SECRET: &str = "sesame4711";
/// No piece of it either, however it is wrapped or cut.
const PIECE: &str = "sesam";

fn pair(name: &str, value: &str) -> Pair {
    (name.into(), value.into())
}

/// The shop with a secret in everything that an engine tells.
fn planted(size: (u16, u16)) -> Session {
    let mut session = lists::shop(size);
    let stock = session.world.inventory(ENGINE).clone();
    let labels = vec![
        pair("db.password", SECRET),
        pair("config", &format!("{{\"credentials\":[\"{SECRET}\"]}}")),
        pair("repo", &format!("https://gus:{SECRET}@git.example.com/a")),
    ];
    let mut volumes: Vec<Volume> =
        stock.volumes.iter().flat_map(|list| list.iter()).map(|one| (**one).clone()).collect();
    for volume in &mut volumes {
        volume.options = vec![pair("type", "cifs"), pair("o", &format!("username=app,password={SECRET},rw"))];
        volume.labels = labels.clone();
    }
    let mut images: Vec<Image> = stock.images.iter().flat_map(|list| list.iter()).map(|one| (**one).clone()).collect();
    images.iter_mut().for_each(|image| image.labels = labels.clone());
    let mut networks: Vec<Network> =
        stock.networks.iter().flat_map(|list| list.iter()).map(|one| (**one).clone()).collect();
    for network in &mut networks {
        network.options = vec![pair("com.example.secret", SECRET)];
        network.labels = labels.clone();
    }
    let layer = |command: String| Layer { command: command.into(), size: 1, created: Timestamp::default() };
    let layers = vec![
        layer(format!("/bin/sh -c #(nop)  ENV DB_PASSWORD={SECRET}")),
        layer(format!("|1 NPM_TOKEN={SECRET} /bin/sh -c npm ci")),
        layer(format!("RUN /bin/sh -c mysql -p{SECRET} shop # buildkit")),
        layer(format!("ARG API_KEY={SECRET}")),
    ];
    // The one without a name stands first.
    let of = images[3].id.clone();
    for stocked in [
        InventoryUpdate::Volumes(volumes, Timestamp(7)),
        InventoryUpdate::Images(images),
        InventoryUpdate::Networks(networks),
        InventoryUpdate::Layers(of, layers),
    ] {
        session.fact(Fact::Stock(ENGINE, stocked));
    }
    let mut containers: Vec<Container> = session.world.containers.values().map(|one| (**one).clone()).collect();
    for one in &mut containers {
        one.command = format!("redis-server --requirepass {SECRET}").into();
        (one.state, one.exit_code) = (State::Exited, Some(1));
        one.labels.extend(labels.iter().cloned());
    }
    session.fact(Fact::Containers(ENGINE, containers));
    session.publish();
    session
}

#[track_caller]
fn hides(session: &Session) {
    let screen = session.screen();
    assert!(!screen.contains(PIECE), "{screen}");
}

#[test]
fn no_list_and_nothing_beside_it_shows_a_secret() {
    for size in [(160, 45), (80, 24), (40, 12)] {
        let mut session = planted(size);
        let lists = resource::LISTS.iter().map(|list| list.command);
        for view in std::iter::once(Command::FocusFleet).chain(lists).map(|command| command.spec().keys[0]) {
            session.keys(view);
            for keys in ["", "j", "j", "<enter>", "jjj", "jjjjjj", "jjjjjjjj", "z", "<esc>"] {
                session.keys(keys);
                session.wait(1.0);
                hides(&session);
            }
        }
    }
}

#[test]
fn a_key_shows_the_secrets_beside_a_list_until_one_leaves() {
    for (view, word) in [("2", "NPM_TOKEN="), ("3", "username=app,password="), ("4", "com.example.secret")] {
        let mut session = planted((160, 60));
        session.keys(view);
        let hidden = session.screen();
        assert!(hidden.contains(word) && hidden.contains("••••"), "{hidden}");
        let shown = session.keys("u").screen();
        assert!(shown.contains(SECRET) && shown.contains("secrets shown"), "{shown}");
        session.keys("j");
        hides(&session);
        session.keys("k");
        hides(&session);
        session.keys("u").keys("u");
        hides(&session);
        session.keys("u").keys("1").keys(view);
        hides(&session);
    }
}

#[test]
fn processes_hide_what_their_command_lines_hold_and_a_key_shows_it() {
    let mut session = Session::shop((160, 45));
    session.keys("p");
    let opened = session.effects.iter().rev().find_map(|effect| match effect {
        Effect::Open(wire, Source::Processes { .. }) => Some(*wire),
        _ => None,
    });
    let process = |pid, command: String| Process { pid, parent: 1, command, ..Process::default() };
    let list = vec![
        process(100, format!("mysql -u root -p{SECRET} shop")),
        process(101, format!("curl -H X-Api-Key: {SECRET} https://example.com")),
        process(102, format!("sh -c sshpass -p {SECRET} ssh gus@host")),
    ];
    session.send(Msg::Chunk(
        opened.expect("asked for"),
        StreamEvent::Processes(Arc::new(Processes { list, execs: Vec::new() })),
    ));
    hides(&session);
    assert!(session.screen().contains("mysql -u root -p•••• shop"), "{}", session.screen());
    session.keys("K");
    hides(&session);
    session.keys("<enter>");
    hides(&session);
    session.keys("<esc>");
    let shown = session.keys("u").screen();
    assert!(shown.contains(&format!("mysql -u root -p{SECRET} shop")) && shown.contains("secrets shown"), "{shown}");
    session.keys("1").keys("p");
    hides(&session);
    session.keys("1").keys("u");
    let told = "the secrets here are in the processes: p goes there, u shows them";
    assert!(session.screen().contains(told), "{}", session.screen());
}

#[test]
fn what_an_engine_refuses_with_is_told_without_its_secrets() {
    let mut session = Session::shop((160, 45));
    let wire = session.wire();
    let cause = format!("invalid env DB_PASSWORD={SECRET} for https://gus:{SECRET}@registry");
    session.send(Msg::Ended(wire, Some(Problem::new("follow the log", &cause, ""))));
    hides(&session);
    assert!(session.screen().contains("invalid env DB_PASSWORD=••••"), "{}", session.screen());
}

#[test]
fn where_nothing_is_hidden_the_key_says_so() {
    let mut session = Session::shop((160, 45));
    session.keys("u");
    assert!(session.screen().contains("nothing is hidden here"), "{}", session.screen());
    let mut session = lists::shop((160, 45));
    session.keys("3u");
    assert!(session.screen().contains("no secrets found here"), "{}", session.screen());
}
