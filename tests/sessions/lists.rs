//! Images, volumes, networks, projects, the disk: their lists, and what changes and makes things.

use super::harness::{ENGINE, NOON, Session, acts, container, id, names};
use bowline::app::{Effect, Msg, Overlay, Pane};
use bowline::model::*;
use insta::assert_snapshot;
use std::sync::Arc;

fn image(number: u8, tags: &[&str], size: u64) -> Image {
    Image {
        id: Id::new(ENGINE, format!("sha256:{}", format!("{number:02x}").repeat(32))),
        tags: tags.iter().map(|tag| (*tag).into()).collect(),
        digests: Vec::new(),
        size,
        created: Timestamp::from_seconds(NOON - 90_000),
        labels: vec![("maintainer".into(), "shop".into())],
    }
}

fn volume(name: &str) -> Volume {
    Volume {
        id: Id::new(ENGINE, name),
        name: name.into(),
        driver: "local".into(),
        mountpoint: format!("/var/lib/docker/volumes/{name}/_data").into(),
        created: Timestamp::from_seconds(NOON - 400_000),
        options: Vec::new(),
        labels: Vec::new(),
    }
}

fn network(name: &str, internal: bool) -> Network {
    Network {
        id: id(name),
        name: name.into(),
        driver: "bridge".into(),
        scope: "local".into(),
        created: Timestamp::from_seconds(NOON - 90_000),
        internal,
        subnets: vec![("10.5.0.0/24".into(), "10.5.0.1".into())],
        options: Vec::new(),
        labels: Vec::new(),
    }
}

/// A shop of three services, with an image for each, one image more, and volumes.
pub fn shop(size: (u16, u16)) -> Session {
    let mut session = Session::new(size);
    session.connect();
    let service = |name: &str, needs: &str, number: u8, volumes: &[&str]| {
        let mut one = container(&format!("shop-{name}-1"), State::Running);
        one.labels = vec![
            ("com.docker.compose.depends_on".into(), needs.into()),
            ("com.docker.compose.project".into(), "shop".into()),
            ("com.docker.compose.service".into(), name.into()),
        ];
        let mount = |name: &&str| Mount {
            volume: Some((*name).into()),
            source: "".into(),
            target: "/data".into(),
            writable: true,
        };
        one.ties = Arc::new(Relations {
            image: image(number, &[], 0).id.raw().into(),
            mounts: volumes.iter().map(mount).collect(),
            addresses: vec![format!("10.5.0.{}", number + 1).into()],
            network_mode: "shop_default".into(),
        });
        one
    };
    let anonymous = "0a".repeat(32);
    let containers = vec![
        service("web", "api:service_started:false", 1, &[]),
        service("api", "db:service_healthy:false", 2, &[]),
        service("db", "", 3, &["shop_data", &anonymous]),
    ];
    session.fact(Fact::Containers(ENGINE, containers));
    let images = vec![
        image(1, &["nginx:1.27", "nginx:latest"], 48 << 20),
        image(2, &["shop/api:2.4.1"], 210 << 20),
        image(3, &["postgres:16"], 430 << 20),
        image(4, &[], 75 << 20),
    ];
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Images(images)));
    let volumes = vec![volume("shop_data"), volume(&anonymous), volume("old"), volume("older")];
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Volumes(volumes, Timestamp(7))));
    let networks = vec![network("bridge", false), network("shop_default", false), network("vault", true)];
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Networks(networks)));
    let share = |count, used, size, free| DiskUsage { count, used, size, free };
    let disk = Disk {
        images: share(4, 3, 763 << 20, 75 << 20),
        containers: share(3, 3, 4096, 0),
        volumes: share(4, 2, 2 << 30, 900 << 20),
        cache: share(12, 0, 300 << 20, 300 << 20),
        of_volume: [("shop_data".into(), 1 << 30), ("old".into(), 900 << 20)].into(),
    };
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Disk(disk)));
    let about = EngineDetails { facts: vec![("kernel", "6.1".into())], warnings: vec!["No swap limit support".into()] };
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::About(about)));
    session.publish();
    session
}

#[test]
fn each_kind_has_its_list_and_tells_of_its_row() {
    assert_snapshot!("images", shop((160, 45)).keys("2").screen());
    for (key, name) in [("3", "volumes"), ("4", "networks"), ("5", "projects"), ("6", "system")] {
        assert_snapshot!(name, shop((160, 45)).keys(key).regions(&[Pane::Fleet, Pane::Logs]));
    }
    let mut session = shop((80, 24));
    assert_snapshot!("images_narrow", session.keys("2").screen());
    let mut session = shop((40, 12));
    assert_snapshot!("volumes_tiny", session.keys("3").screen());
}

#[test]
fn the_title_of_every_list_counts_its_rows_and_never_more_of_them_than_there_are() {
    let mut session = shop((160, 45));
    let mut images = vec![image(9, &["a:1", "a:2", "b:1"], 5), image(8, &[], 5)];
    images.push(Image { digests: vec![format!("team/nginx@sha256:{}", "e".repeat(64)).into()], ..image(7, &[], 5) });
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Images(images)));
    session.publish();
    let title = |session: &Session| session.screen().lines().nth(1).unwrap_or_default().to_string();
    session.keys("2");
    assert!(title(&session).contains(" 5 ") && !title(&session).contains(" of "), "{}", title(&session));
    session.keys("/b:1<enter>");
    assert!(title(&session).contains("1 of 5"), "{}", title(&session));
    session.keys("<esc>/nginx<enter>");
    assert!(title(&session).contains("1 of 5"), "{}", title(&session));
    assert!(session.screen().contains("team/nginx <none>"), "one with a digest alone: {}", session.screen());
    for (key, word) in [("1", "web-1"), ("3", "data"), ("4", "shop"), ("5", "shop"), ("6", "cache")] {
        session.keys(key);
        let before = title(&session);
        assert!(!before.contains(" of "), "{before}");
        session.keys(&format!("/{word}zzz<enter>"));
        assert!(title(&session).contains("0 of "), "{key}: {}", title(&session));
        session.keys("<esc>");
    }
}

#[test]
fn what_is_listed_is_what_is_looked_at() {
    let mut session = shop((120, 40));
    session.keys("2");
    let attention = session.take_effects().into_iter().rev().find_map(|effect| match effect {
        Effect::Attend(attention) => Some(attention),
        _ => None,
    });
    let attention = attention.expect("it is told");
    assert_eq!((attention.kind, attention.selected, attention.visible.len()), (Kind::Image, None, 0));
    assert!(attention.chosen.is_some_and(|id| id.raw().starts_with("sha256:")));
}

#[test]
fn an_empty_list_says_what_would_be_there_and_one_that_failed_says_why() {
    let mut session = Session::new((120, 40));
    session.connect();
    session.fact(Fact::Containers(ENGINE, Vec::new()));
    session.publish();
    assert!(session.keys("3").screen().contains("loading …"));
    assert!(session.keys("D").screen().contains("still loading"), "not that nothing is selected");
    let why = Problem::new("list volumes", "driver is gone", "restart it");
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Failed(Kind::Volume, why)));
    session.publish();
    assert!(session.screen().contains("driver is gone (restart it)"), "{}", session.screen());
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Volumes(Vec::new(), Timestamp(7))));
    session.publish();
    assert!(session.screen().contains("no volumes: C creates one"), "{}", session.screen());
}

#[test]
fn a_disk_that_is_not_counted_says_why_and_keeps_what_was_known() {
    let why = || InventoryUpdate::DiskFailed(Problem::new("measure disk usage", "it took too long", "look again"));
    let mut session = Session::new((120, 40));
    session.connect();
    session.fact(Fact::Stock(ENGINE, why()));
    session.publish();
    assert!(session.keys("6").screen().contains("it took too long (look again)"), "{}", session.screen());
    let mut session = shop((120, 40));
    let known = session.keys("6").screen();
    session.fact(Fact::Stock(ENGINE, why()));
    session.publish();
    let screen = session.screen();
    assert!(screen.contains("it took too long") && screen.contains("build cache"), "{known}{screen}");
}

#[test]
fn rows_of_an_engine_that_does_not_answer_are_grey() {
    let mut session = shop((120, 40));
    let colour = |session: &Session| {
        let screen = session.screen();
        let found =
            screen.lines().enumerate().find_map(|(y, line)| Some((y, line[..line.find("old")?].chars().count())));
        let (y, x) = found.expect("the volume");
        session.buffer()[(x as u16, y as u16)].style().fg
    };
    session.keys("3");
    let alive = colour(&session);
    let why = Problem::new("ask", "it is gone", "start it");
    let (since, retry_at) = (Timestamp::from_seconds(NOON), Timestamp::from_seconds(NOON + 5));
    session.fact(Fact::Link(ENGINE, Link::Down { why, since, retry_at, never_up: false }));
    session.publish();
    assert_ne!(colour(&session), alive);
}

#[test]
fn an_empty_fleet_says_how_to_fill_it() {
    let mut session = Session::new((60, 20));
    session.connect();
    session.fact(Fact::Containers(ENGINE, Vec::new()));
    session.publish();
    assert!(session.screen().contains("C creates one"), "{}", session.screen());
}

#[test]
fn keys_of_containers_reach_none_from_another_list() {
    let mut session = shop((120, 40));
    session.keys("2");
    for key in ["S", "R", "K", "N", "L", "O", "I", "W", "J", "H", "B"] {
        session.keys(key);
        assert_eq!(acts(&mut session), [], "{key}");
        assert!(session.app.overlays.is_empty(), "{key} opened something");
    }
}

#[test]
fn a_removal_shows_targets_effects_and_the_command_and_does_just_that() {
    let mut session = shop((120, 40));
    session.keys("3/old<enter><space><space>D");
    let screen = session.screen();
    for word in ["Remove 2 volumes?", "900M lost", "docker volume rm old", "and 1 more", "lost for good"] {
        assert!(screen.contains(word), "{word}: {screen}");
    }
    // Whatever the list does meanwhile, the plan means what it shows.
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Volumes(vec![volume("shop_data")], Timestamp(7))));
    session.publish();
    session.keys("c");
    let copied = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    });
    assert_eq!(copied.as_deref(), Some("docker volume rm old\ndocker volume rm older"));
    session.keys("y");
    assert_eq!(names(&acts(&mut session)), ["old", "older"]);
}

#[test]
fn pruning_names_exactly_what_goes() {
    let mut session = shop((120, 40));
    session.keys("3Py");
    assert_eq!(names(&acts(&mut session)), ["old", "older"], "neither is mounted; the other two are");
    session.keys("2P");
    assert!(session.screen().contains("75M"), "{}", session.screen());
    session.keys("y");
    let acts = acts(&mut session);
    assert_eq!((acts.len(), acts[0].kind), (1, OperationKind::RemoveImage { force: false }), "the dangling one alone");
    session.keys("4Py");
    assert_eq!(names(&super::harness::acts(&mut session)), ["vault"], "the built-in one stays");
}

#[test]
fn unused_images_with_names_go_only_when_they_are_meant() {
    let mut session = shop((120, 40));
    let images = vec![
        image(1, &["nginx:1.27", "nginx:latest"], 48 << 20),
        image(4, &[], 75 << 20),
        image(5, &["old/api:1", "old/api:2"], 200 << 20),
    ];
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Images(images)));
    session.publish();
    let screen = session.keys("2P").screen();
    assert!(screen.contains("dangling    at most 75M: untagged, and not used"), "{screen}");
    assert!(screen.contains("all unused  at most 275M: not used by any container"), "{screen}");
    let screen = session.keys("<enter>").screen();
    assert!(screen.contains("Frees at most 75M"), "{screen}");
    session.keys("y");
    assert_eq!(acts(&mut session).len(), 1);
    session.keys("P<down><enter>");
    let screen = session.screen();
    assert!(screen.contains("old/api:1") && screen.contains("Frees at most 275M"), "{screen}");
    session.keys("y");
    assert_eq!(acts(&mut session).len(), 3, "each name and the dangling one");
}

#[test]
fn what_a_removal_frees_is_told() {
    let mut session = shop((120, 40));
    assert!(session.keys("3/old<enter><space><space>D").screen().contains("Frees 900M."), "{}", session.screen());
    session.keys("<esc><esc><esc>2/nginx<enter>D");
    assert!(!session.screen().contains("Frees"), "it keeps a name: {}", session.screen());
}

#[test]
fn an_image_has_a_row_for_each_name_and_loses_just_the_one() {
    let mut session = shop((120, 40));
    session.keys("2/nginx<enter>");
    assert_eq!(session.app.list().map(|list| list.rows().len()), Some(2));
    session.keys("jD");
    assert!(session.screen().contains("this tag only"), "{}", session.screen());
    session.keys("y");
    let with: Vec<OperationArgs> = acts(&mut session).into_iter().map(|act| act.with).collect();
    let untag = |name: &str, stays| OperationArgs::Untag(Untag { name: name.into(), stays });
    assert_eq!(with, [untag("nginx:latest", true)]);
    session.keys("<esc>/postgres<enter>Dy");
    let last = acts(&mut session);
    assert_eq!((last.len(), &last[0].with), (1, &untag("postgres:16", false)), "with its only name the image goes");
    let mut session = shop((120, 40));
    session.keys("2/nginx<enter><space>j<space>Dy");
    let both: Vec<OperationArgs> = acts(&mut session).into_iter().map(|act| act.with).collect();
    assert_eq!(both, [untag("nginx:1.27", false), untag("nginx:latest", false)], "with all its names it goes");
}

fn answer(session: &mut Session, acts: &[Operation], failing: bool) {
    for act in acts {
        let failure = Problem::new("start", "no", "");
        let result = if failing { Err(failure) } else { Ok(String::new()) };
        let ask = session.app.results.last().expect("it was asked").id;
        session.send(Msg::Done(OperationResult { id: ask, operation: act.clone(), result }));
    }
}

#[test]
fn a_project_stops_from_its_last_service_on_and_starts_from_its_first() {
    let mut session = shop((120, 40));
    session.keys("5S");
    assert_eq!(acts(&mut session), [], "an act on many asks");
    session.keys("y");
    for service in ["shop-web-1", "shop-api-1", "shop-db-1"] {
        let wave = acts(&mut session);
        assert_eq!(names(&wave), [service]);
        answer(&mut session, &wave, false);
    }
    assert!(session.screen().contains("stopped 3 containers"), "{}", session.screen());
    session.keys("Ry");
    let first = acts(&mut session);
    assert_eq!(names(&first), ["shop-db-1"]);
    answer(&mut session, &first, true);
    assert_eq!(acts(&mut session), [], "what needs it is not begun");
    session.keys("r");
    assert!(session.screen().contains("not started: an earlier one failed"), "{}", session.screen());
}

#[test]
fn what_failed_of_a_project_is_retried_in_the_same_order() {
    let mut session = shop((120, 40));
    session.keys("5Ry");
    let first = acts(&mut session);
    answer(&mut session, &first, true);
    session.keys("rR");
    let again = acts(&mut session);
    assert_eq!(names(&again), ["shop-db-1"], "not all at once");
    session.keys("<esc>");
    answer(&mut session, &again, false);
    assert_eq!(names(&acts(&mut session)), ["shop-api-1"]);
}

#[test]
fn what_may_have_been_made_is_not_made_again() {
    let mut session = shop((120, 40));
    session.keys("3Cnew<enter>y");
    let made = acts(&mut session);
    answer(&mut session, &made, true);
    session.keys("rR");
    assert_eq!(acts(&mut session), []);
}

#[test]
fn from_a_shell_beside_another_list_no_hidden_container_is_meant() {
    let mut session = shop((160, 45));
    session.shell();
    session.keys("<ctrl-]><esc>2<ctrl-]>");
    session.take_effects();
    session.keys("<ctrl-]>:start-stop<enter>");
    assert_eq!(acts(&mut session), [], "{}", session.screen());
}

#[test]
fn nothing_is_pruned_before_it_is_known_what_is_in_use() {
    let mut session = Session::new((120, 40));
    session.connect();
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Volumes(vec![volume("old")], Timestamp(7))));
    session.publish();
    session.keys("3P");
    assert!(session.app.overlays.is_empty() && session.screen().contains("not known yet"), "{}", session.screen());
}

#[test]
fn a_long_plan_can_be_read_to_its_end() {
    let mut session = shop((120, 24));
    let many: Vec<Volume> = (0..40).map(|number| volume(&format!("old-{number}"))).collect();
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Volumes(many, Timestamp(7))));
    session.publish();
    session.keys("3P");
    assert!(session.screen().contains("more (j k)") && !session.screen().contains(" old-39"), "{}", session.screen());
    session.keys(&"j".repeat(39));
    assert!(session.screen().contains(" old-39"), "{}", session.screen());
    session.keys("y");
    assert_eq!(acts(&mut session).len(), 40);
}

#[test]
fn enter_on_a_project_leads_to_its_containers() {
    let mut session = shop((120, 40));
    session.keys("5<enter>");
    assert_eq!(session.app.view, Kind::Container);
    assert_eq!(session.app.fleet.rows().len(), 3);
}

#[test]
fn a_container_is_made_from_a_form_that_says_what_is_wrong() {
    let mut session = shop((120, 40));
    session.keys("C");
    assert_snapshot!("form_container", session.overlay());
    session.keys("post<right><tab>db-2<tab><tab>A=1<enter>B<tab>80:x");
    assert!(session.screen().contains("is not a port"), "{}", session.screen());
    session.keys("<backspace>9<ctrl-s>");
    assert!(session.screen().contains("'B' is not NAME=value"), "the form stays: {}", session.screen());
    session.keys("=2<ctrl-s>");
    let screen = session.screen();
    assert!(screen.contains("docker run --detach --name db-2 --env 'A=1' --env 'B=2'"), "{screen}");
    assert!(screen.contains("--publish 80:9"), "{screen}");
    assert!(screen.contains("--publish 80:9") || screen.contains("--publish 80:9"), "{screen}");
    session.keys("n");
    assert!(matches!(session.app.overlays.last(), Some(Overlay::Fields(_))), "cancelling goes back to the form");
    session.keys("<ctrl-s>y");
    assert!(session.app.overlays.is_empty());
    let acts = acts(&mut session);
    let OperationArgs::Container(new) = &acts[0].with else { panic!("{acts:?}") };
    assert_eq!((new.image.as_str(), new.env.len(), new.start), ("postgres:16", 2, true));
}

#[test]
fn limits_show_what_was_and_send_only_what_changed() {
    let mut session = Session::shop((120, 40));
    session.keys("jL");
    let screen = session.screen();
    assert!(screen.contains("Limits of api-2") && screen.contains(" 1g "), "{screen}");
    session.keys("<backspace>3");
    assert!(session.screen().contains("was 2"), "{}", session.screen());
    session.keys("<enter>y");
    let acts = acts(&mut session);
    let change = LimitChange { nano_cpus: Some(3_000_000_000), ..LimitChange::default() };
    assert_eq!(acts[0].with, OperationArgs::Limits(change));
    session.keys("L<enter>");
    assert!(session.screen().contains("nothing changed"), "{}", session.screen());
}

#[test]
fn names_networks_and_images_are_asked_for_by_forms() {
    let mut session = shop((120, 40));
    session.keys("N<ctrl-u>front<enter>y");
    assert_eq!(acts(&mut session)[0].with, OperationArgs::Name("front".into()));
    session.keys("N<enter>");
    assert!(session.screen().contains("nothing changed"), "{}", session.screen());
    session.keys("<esc>Jvault<tab>a b<enter>y");
    let joined = acts(&mut session);
    let OperationArgs::Joining(joining) = &joined[0].with else { panic!("{joined:?}") };
    assert_eq!((joining.network.clone(), joining.aliases.len()), (id("vault"), 2));
    session.keys("Jnowhere<enter>");
    assert!(session.screen().contains("no network named nowhere"), "{}", session.screen());
    session.keys("<esc>4Cedge<tab><tab>10.9.0.0/99");
    assert!(session.screen().contains("type a subnet"), "{}", session.screen());
    session.keys("<backspace><backspace>16<enter>y");
    let made = acts(&mut session);
    assert!(matches!(&made[0].with, OperationArgs::Network(new) if new.subnet == "10.9.0.0/16"), "{made:?}");
}

#[test]
fn read_only_opens_no_form_and_no_plan() {
    let mut session = shop((120, 40));
    session.app.options.read_only = true;
    for keys in ["C", "N", "L", "3C", "3D", "3P", "2T", "5S", "6P"] {
        session.keys(keys);
        assert!(session.app.overlays.is_empty() && acts(&mut session).is_empty(), "{keys}");
        assert!(session.screen().contains("read-only: "), "{keys}: {}", session.screen());
        session.keys("1");
    }
}

#[test]
fn escape_goes_back_step_by_step() {
    let mut session = shop((120, 40));
    session.keys("3/old<enter><space>l<esc>");
    assert_eq!(session.app.list().map(|list| list.marked()), Some(1), "out of the details first");
    session.keys("<esc>");
    assert_eq!(session.app.list().map(|list| (list.marked(), list.filter.len())), Some((1, 0)));
    session.keys("<esc>");
    assert_eq!((session.app.list().map(|list| list.marked()), session.app.view), (Some(0), Kind::Volume));
    session.keys("<esc>");
    assert_eq!(session.app.view, Kind::Container);
}

#[test]
fn a_name_that_another_image_has_is_taken_from_it_only_after_it_was_said() {
    let mut session = shop((120, 40));
    session.keys("2/postgres<enter>Tshop/api:2.4.1<enter>");
    let screen = session.screen();
    assert!(screen.contains("the tag shop/api:2.4.1 moves here from image 020202020202"), "{screen}");
    session.keys("y");
    let holder = Some(image(2, &[], 0).id.raw().to_string());
    let wanted = ImageName { name: "shop/api:2.4.1".into(), holder };
    assert_eq!(acts(&mut session)[0].with, OperationArgs::ImageName(wanted));
    session.keys("Tfresh<enter>y");
    assert_eq!(acts(&mut session)[0].with, OperationArgs::ImageName(ImageName { name: "fresh".into(), holder: None }));
}

#[test]
fn a_push_is_of_the_image_that_the_name_leads_to_on_screen() {
    let mut session = shop((120, 40));
    session.keys(":push<enter>postgres:16<enter>");
    let wanted = Transfer::Push { reference: "postgres:16".into(), image: Some(image(3, &[], 0).id.raw().to_string()) };
    let opened = session.take_effects();
    assert!(opened.contains(&Effect::Open(session.app.transfers.list[0].stream, Source::Transfer(ENGINE, wanted))));
}

#[test]
fn a_network_is_joined_by_its_identity_or_not_at_all() {
    let mut session = shop((160, 40));
    let mut twin = network("vault", false);
    twin.id = id("vault-twin");
    let networks = vec![network("vault", true), twin];
    session.fact(Fact::Stock(ENGINE, InventoryUpdate::Networks(networks)));
    session.publish();
    session.keys("Jvault<enter>");
    assert!(session.screen().contains("2 networks are named vault"), "{}", session.screen());
    let mut session = Session::shop((160, 40));
    session.keys("Jshop_default<enter>");
    assert!(session.screen().contains("the list of networks is not loaded yet"), "{}", session.screen());
}
