//! Files in and out of containers, by `docker cp` and by hand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bowline_embedded::Scenario;
use serde_json::{Value, json};

use super::docker_cli::{absent, docker, run};
use super::support::{Answer, ask, get, raw, serve};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_in_and_come_out_again() {
    if absent() {
        return;
    }
    let served = serve(Scenario::demo()).await;
    let socket = &served.path;
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::create_dir_all(folder.path().join("src/sub")).expect("a folder");
    std::fs::write(folder.path().join("src/sub/run"), "#!/bin/sh\n").expect("a file");
    std::os::unix::fs::symlink("sub/run", folder.path().join("src/link")).expect("a link");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o750);
    std::fs::set_permissions(folder.path().join("src/sub/run"), mode).expect("permissions");

    for container in ["shop-web-1", "local-ticker"] {
        docker(socket, &["cp", &path("src"), &format!("{container}:/tmp")]).await;
        docker(socket, &["cp", &format!("{container}:/tmp/src"), &path(container)]).await;
        let back = folder.path().join(container);
        assert_eq!(std::fs::read_to_string(back.join("sub/run")).expect("a file"), "#!/bin/sh\n");
        assert_eq!(std::fs::read_link(back.join("link")).expect("a link").display().to_string(), "sub/run");
        let mode = std::fs::metadata(back.join("sub/run")).expect("there");
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o750);
        let changed = docker(socket, &["diff", container]).await;
        assert_eq!(changed, "C /tmp\nA /tmp/src\nA /tmp/src/link\nA /tmp/src/sub\nA /tmp/src/sub/run\n");
    }
    assert_eq!(docker(socket, &["diff", "shop-api-1"]).await, "", "nobody has touched it");
    // A link is copied as a link, or as what it leads to.
    docker(socket, &["cp", "shop-api-1:/app/current", &path("as-link")]).await;
    assert!(folder.path().join("as-link").is_symlink());
    docker(socket, &["cp", "-L", "shop-api-1:/app/current", &path("as-folder")]).await;
    assert!(folder.path().join("as-folder/command").is_file());
    // The contents of a folder, and everything.
    std::fs::create_dir(folder.path().join("all")).expect("a folder");
    docker(socket, &["cp", "shop-api-1:/.", &path("all")]).await;
    let host = docker(socket, &["inspect", "-f", "{{.Config.Hostname}}", "shop-api-1"]).await;
    assert_eq!(std::fs::read_to_string(folder.path().join("all/etc/hostname")).expect("a file"), host);
    docker(socket, &["cp", "shop-api-1:/", &path("root")]).await;
    assert!(folder.path().join("root/etc/os-release").is_file());
    for (words, wanted) in [
        (["cp", "shop-api-1:/nope", "."], "Could not find the file /nope in container shop-api-1"),
        (["cp", &path("src"), "shop-api-1:/nope/deeper"], "Could not find the file /nope in container shop-api-1"),
        (["cp", &path("src"), "shop-api-1:/etc/hostname"], "cannot copy directory"),
    ] {
        let output = run(socket, &words).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(wanted), "{words:?}: {said}");
    }
    docker(socket, &["export", "-o", &path("export.tar"), "shop-web-1"]).await;
    let mut archive = tar::Archive::new(std::fs::File::open(path("export.tar")).expect("a file"));
    let names: Vec<String> = archive
        .entries()
        .expect("an archive")
        .map(|entry| entry.expect("an entry").path().expect("a path").display().to_string())
        .collect();
    assert!(names.contains(&"tmp/src/sub/run".to_string()), "{names:?}");
    served.end().await;
}

fn archive(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(bytes.len() as u64);
    tar.append_data(&mut header, name, bytes).expect("memory");
    tar.into_inner().expect("memory")
}

async fn put(engine: &bowline_embedded::Engine, path: &str, body: &[u8]) -> Answer {
    let head = format!("PUT {path} HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    raw(engine, &[head.as_bytes(), body].concat()).await
}

#[tokio::test]
async fn the_wire_of_archives() {
    let served = serve(Scenario::demo()).await;
    let engine = &served.engine;
    let head = ask(engine, "HEAD", "/containers/shop-api-1/archive?path=/app/current", "").await;
    let line = head
        .head
        .lines()
        .find_map(|line| line.strip_prefix("x-docker-container-path-stat: "))
        .expect("a header")
        .to_string();
    // The test's reader lowers what it reads; the header itself is asked for once more as it is.
    assert!(!line.is_empty() && head.body.is_empty() && head.status == 200);
    let stat = stat(engine, "/app/current").await;
    assert_eq!((&stat["name"], &stat["linkTarget"]), (&json!("current"), &json!("/app/releases/current")));
    assert_eq!(stat["mode"].as_u64().map(|mode| mode & (1 << 27)), Some(1 << 27), "Go's bit for links");
    for (path, status) in [("", 400), ("?path=/nope", 404), ("?path=/etc/hostname/", 500)] {
        assert_eq!(get(engine, &format!("/containers/shop-api-1/archive{path}")).await.status, status, "{path}");
    }
    assert_eq!(get(engine, "/containers/nobody/archive?path=/").await.status, 404);
    let file = archive("new", b"hello");
    for (path, body, status) in [
        ("?path=/tmp", &file[..], 200),
        ("?path=/nope", &file[..], 404),
        ("?path=/etc/hostname", &file[..], 500),
        ("?path=/tmp", b"no archive, and long enough to be looked at as one", 500),
        ("?path=/&noOverwriteDirNonDir=1", &archive("etc", b"x")[..], 500),
        ("", &file[..], 400),
    ] {
        let answer = put(engine, &format!("/containers/shop-api-1/archive{path}"), body).await;
        assert_eq!(answer.status, status, "{path}: {}", String::from_utf8_lossy(&answer.body));
    }
    let big = archive("big", &vec![0; 17 << 20]);
    let full = put(engine, "/containers/shop-api-1/archive?path=/tmp", &big).await;
    assert_eq!(full.status, 413);
    assert!(full.message().contains("no space left on device"), "{}", full.message());
    assert_eq!(get(engine, "/containers/shop-api-1/archive?path=/tmp/new").await.status, 200, "it is still there");
    let size = |rows: Value| rows[0]["SizeRw"].as_u64().expect("a size");
    let filters = "%7B%22name%22%3A%5B%22shop-api-1%22%5D%7D";
    assert!(size(get(engine, &format!("/containers/json?size=1&filters={filters}")).await.json()) > 5);
    ask(engine, "DELETE", "/containers/shop-api-1?force=1", "").await;
    served.end().await;
}

async fn stat(engine: &bowline_embedded::Engine, path: &str) -> Value {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = engine.connect();
    let request =
        format!("HEAD /containers/shop-api-1/archive?path={path} HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("writes");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("reads");
    let line = text.lines().find_map(|line| line.strip_prefix("x-docker-container-path-stat: ")).expect("a header");
    serde_json::from_slice(&STANDARD.decode(line).expect("base64")).expect("JSON")
}
