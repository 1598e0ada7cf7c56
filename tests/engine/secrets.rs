//! What engines, builds and compose say reaches nobody with a secret in it: through the store, on a compose of the test's own
//! and on the real Docker.

use super::compose::Bench;
use super::world::{World, settings, unix};
use crate::support::docker::{IMAGE, engine};
use bowline::engine::StreamMessage;
use bowline::model::*;
use std::path::Path;

const SECRET: &str = "sesame4711";

#[tokio::test]
async fn what_compose_writes_is_told_without_its_secrets() {
    let bench = Bench::new();
    bench.compose(&format!(
        "echo 'step DB_PASSWORD={SECRET} done'\necho '  API_TOKEN: {SECRET}'\necho 'mysql -p{SECRET}'\n\
         echo 'pulling https://gus:{SECRET}@registry/x'\n\
         printf -- '-----BEGIN RSA PRIVATE KEY-----\\n{SECRET}\\n-----END RSA PRIVATE KEY-----\\n'\n\
         echo 'after the key'\n\
         echo 'error: cannot pull https://gus:{SECRET}@registry/x'\nexit 1"
    ));
    let (mut world, _engine) = bench.world(|_| ()).await;
    let ready = world.ready(bench.site("shop")).await;
    let (ran, ended) = world.compose(&ready, ComposeVerb::Up).await;
    let told = format!("{:?} {ended:?}", ran.lines);
    assert!(!told.contains(SECRET), "{told}");
    assert!(told.contains("step DB_PASSWORD=•••• done") && told.contains("after the key"), "{told}");
    assert!(ended.is_some_and(|problem| problem.cause.contains("https://gus:••••@registry/x")), "{told}");
}

#[tokio::test]
async fn a_value_that_compose_quotes_is_in_no_line_of_its_output() {
    let bench = Bench::new();
    bench.compose(&format!(
        "echo 'invalid interpolation format for services.web.environment.A.'\necho 'You may need to escape any $.'\n\
         echo '{SECRET}$(x'\nexit 1"
    ));
    let (mut world, _engine) = bench.world(|_| ()).await;
    let ready = world.ready(bench.site("shop")).await;
    let (ran, ended) = world.compose(&ready, ComposeVerb::Up).await;
    let told = format!("{:?} {ended:?}", ran.lines);
    assert!(!told.contains(SECRET) && told.contains("services.web.environment.A"), "{told}");
}

/// Builds an image with secrets in all that a Dockerfile has, and tells what was said meanwhile.
async fn built(world: &mut World, folder: &Path, tag: &str) -> String {
    let file = format!(
        "FROM {IMAGE}\nARG NPM_TOKEN\nENV DB_PASSWORD={SECRET}\nLABEL db.password={SECRET}\n\
         RUN echo mysql -p{SECRET} && echo \"API_KEY: {SECRET}\"\nCMD [\"redis-server\", \"--requirepass\", \"{SECRET}\"]\n"
    );
    std::fs::write(folder.join("Dockerfile"), file).unwrap();
    let args = vec![format!("NPM_TOKEN={SECRET}")];
    let folder = folder.to_str().unwrap().to_string();
    let build = Build { folder, tag: tag.into(), args, no_cache: true, ..Build::default() };
    world.store.open(StreamId(1), Source::Transfer(EngineId(0), Transfer::Build(build)));
    let mut told = String::new();
    loop {
        match world.message().await.1 {
            StreamMessage::Chunk(StreamEvent::Progress(progress)) => told.push_str(&format!("{progress:?}\n")),
            StreamMessage::Chunk(StreamEvent::Transferred(result)) => told.push_str(&format!("{result:?}\n")),
            StreamMessage::Ended(None) => return told,
            other => panic!("{other:?}: {told}"),
        }
    }
}

/// What is shown of an object while its secrets are hidden, and what they are.
async fn inspected(world: &mut World, kind: Kind, raw: &str) -> (String, String) {
    world.store.open(StreamId(2), Source::Inspect { kind, id: Id::new(EngineId(0), raw) });
    loop {
        match world.message().await {
            (StreamId(2), StreamMessage::Chunk(StreamEvent::Document(document))) => {
                world.store.close(StreamId(2));
                let texts =
                    |revealed| document.nodes.iter().map(|node| format!("{}\n", node.shown(revealed))).collect();
                return (texts(false), texts(true));
            }
            (_, StreamMessage::Ended(Some(why))) => panic!("{why}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_secret_that_is_planted_in_a_real_engine_is_told_by_nothing() {
    let Some(docker) = engine() else { return };
    let folder = tempfile::tempdir().unwrap();
    let tag = format!("bowline-test-secrets-{}", std::process::id());
    let mut world = World::start(settings(unix(docker.socket())));
    world.until("the engine", |seen| seen.engines.values().any(|engine| engine.listed).then_some(())).await;
    let told = built(&mut world, folder.path(), &tag).await;
    assert!(!told.contains(SECRET) && told.contains("ENV DB_PASSWORD=••••"), "{told}");
    let labels = serde_json::json!({ "db.password": SECRET, "x": format!("{{\"secrets\":[\"{SECRET}\"]}}") });
    let volume = serde_json::json!({
        "Name": tag, "Labels": labels,
        "DriverOpts": { "type": "tmpfs", "device": "tmpfs", "o": format!("size=1m,password={SECRET}") },
    });
    docker.must("POST", "/volumes/create", &volume);
    let network = serde_json::json!({ "Name": tag, "Labels": labels, "Options": { "com.example.secret": SECRET } });
    let network = docker.must("POST", "/networks/create", &network)["Id"].as_str().unwrap().to_string();
    let container = docker.create(
        "secrets",
        &serde_json::json!({
            "Image": tag, "Labels": labels, "Cmd": ["-a", SECRET], "Entrypoint": ["redis-cli"],
            "Env": [format!("A=https://hooks.slack.com/services/T/B/{SECRET}"), format!("DB_PASSWORD=${SECRET}")],
            "Healthcheck": { "Test": ["CMD-SHELL", format!("mysqladmin ping -p{SECRET}")] },
        }),
    );
    for (kind, raw) in
        [(Kind::Image, tag.as_str()), (Kind::Volume, &tag), (Kind::Network, &network), (Kind::Container, &container.id)]
    {
        let (hidden, shown) = inspected(&mut world, kind, raw).await;
        assert!(shown.contains(SECRET), "{kind:?} {shown}");
        assert!(!hidden.contains(SECRET), "{kind:?} {hidden}");
    }
    // The engine quotes what it does not like.
    let wrong =
        NewContainer { image: IMAGE.into(), env: vec![format!("=PASSWORD={SECRET}")], ..NewContainer::default() };
    let act = Operation {
        with: OperationArgs::Container(Box::new(wrong)),
        ..Operation::new(OperationKind::Create, Id::new(EngineId(0), ""), "bowline-test-wrong")
    };
    let refused = world.do_this(act).await.result.expect_err("a variable without a name");
    assert!(!refused.to_string().contains(SECRET), "{refused}");
    drop(container);
    docker.must("DELETE", &format!("/volumes/{tag}"), &serde_json::Value::Null);
    docker.must("DELETE", &format!("/networks/{network}"), &serde_json::Value::Null);
    docker.must("DELETE", &format!("/images/{tag}?force=true"), &serde_json::Value::Null);
}
