//! Commands inside containers, and attached clients, on the wire: statuses, frames, half-closed connections, events.

use bowline_embedded::{Engine, Options, Scenario};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::support::{DEADLINE, Served, ask, frames, get, hijack, is_alive, launch, new_exec, post, serve};
use crate::support::wait::eventually;
use std::time::Duration;

const FOREVER: &str = "while :; do sleep 0.2; done";

async fn with_one(name: &str) -> Served {
    let served = serve(Scenario::empty()).await;
    launch(&served.engine, name, FOREVER).await;
    served
}

async fn text(engine: &Engine, path: &str) -> String {
    String::from_utf8_lossy(&get(engine, path).await.body).into_owned()
}

#[tokio::test]
async fn output_comes_in_frames_and_the_exit_code_is_kept() {
    let served = with_one("bowline-test-frames").await;
    let engine = &served.engine;
    let body =
        json!({ "Cmd": ["sh", "-c", "echo out; echo err >&2; exit 3"], "AttachStdout": true, "AttachStderr": true });
    let id = new_exec(engine, "bowline-test-frames", body).await;
    let before = get(engine, &format!("/exec/{id}/json")).await.json();
    assert_eq!((&before["Running"], &before["ExitCode"], &before["Pid"]), (&json!(false), &json!(null), &json!(0)));
    let listed = get(engine, "/containers/bowline-test-frames/json").await.json();
    assert_eq!(listed["ExecIDs"], json!([id]));
    let mut talk = hijack(engine, &format!("/exec/{id}/start"), "{}").await;
    assert!(talk.head.starts_with("HTTP/1.1 101 UPGRADED\r\n"), "{}", talk.head);
    let head = talk.head.to_lowercase();
    for line in ["content-type: application/vnd.docker.raw-stream", "connection: upgrade", "upgrade: tcp"] {
        assert!(head.contains(line), "{head}");
    }
    let mut said = frames(&talk.rest().await);
    said.sort();
    assert_eq!(said, [(1, "out\n".into()), (2, "err\n".into())]);
    let after = get(engine, &format!("/exec/{id}/json")).await.json();
    assert_eq!((&after["Running"], &after["ExitCode"]), (&json!(false), &json!(3)));
    assert_eq!(after["ProcessConfig"]["entrypoint"], "sh");
    assert_eq!(get(engine, "/containers/bowline-test-frames/json").await.json()["ExecIDs"], json!(null));
    let end = get(engine, "/events?since=1&until=1").await;
    assert!(end.body.is_empty());
    let until = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs() + 1;
    let events = text(engine, &format!("/events?since=1&until={until}")).await;
    for told in
        ["exec_create: sh -c echo out", "exec_start: sh -c echo out", "\"exec_die\"", "\"exitCode\":\"3\"", id.as_str()]
    {
        assert!(events.contains(told), "{told}: {events}");
    }
    served.end().await;
}

#[tokio::test]
async fn without_an_upgrade_the_output_is_the_body() {
    let served = with_one("bowline-test-plain").await;
    let engine = &served.engine;
    let id = new_exec(engine, "bowline-test-plain", json!({ "Cmd": ["echo", "hi"], "AttachStdout": true })).await;
    let answer = ask(engine, "POST", &format!("/exec/{id}/start"), "{}").await;
    assert_eq!((answer.status, frames(&answer.body)), (200, vec![(1, "hi\n".to_string())]));
    served.end().await;
}

#[tokio::test]
async fn a_closed_half_is_the_end_of_the_input_only() {
    let served = with_one("bowline-test-half").await;
    let engine = &served.engine;
    let body = json!({ "Cmd": ["sh", "-c", "cat; echo done"], "AttachStdin": true, "AttachStdout": true });
    let id = new_exec(engine, "bowline-test-half", body).await;
    let mut talk = hijack(engine, &format!("/exec/{id}/start"), "{}").await;
    talk.send(b"hello\n").await;
    talk.close_half().await;
    let said: String = frames(&talk.rest().await).into_iter().map(|(_, text)| text).collect();
    assert_eq!(said, "hello\ndone\n");
    served.end().await;
}

#[tokio::test]
async fn a_terminal_has_its_size_from_the_start_and_can_be_detached_from() {
    let served = with_one("bowline-test-tty").await;
    let engine = &served.engine;
    let body = json!({ "Cmd": ["sh", "-c", "stty size; echo $TERM; read x; stty size; read x; exit 9"], "Tty": true,
        "AttachStdin": true, "AttachStdout": true, "AttachStderr": true, "DetachKeys": "ctrl-x,q" });
    let id = new_exec(engine, "bowline-test-tty", body).await;
    assert_eq!(post(engine, &format!("/exec/{id}/resize?h=11&w=22")).await.status, 200);
    let mut talk = hijack(engine, &format!("/exec/{id}/start"), r#"{"Tty":true}"#).await;
    assert_eq!(talk.until("xterm\r\n").await, "11 22\r\nxterm\r\n");
    assert_eq!(post(engine, &format!("/exec/{id}/resize?h=33&w=44")).await.status, 200);
    talk.send(b"\n").await;
    talk.until("33 44\r\n").await;
    talk.send(b"\x18q").await;
    talk.rest().await;
    let state = get(engine, &format!("/exec/{id}/json")).await.json();
    assert_eq!(state["Running"], true, "it goes on without its client");
    assert_eq!(post(engine, "/containers/bowline-test-tty/stop?t=0").await.status, 204);
    eventually("it ends with its container", || async {
        get(engine, &format!("/exec/{id}/json")).await.json()["Running"] == json!(false)
    })
    .await;
    served.end().await;
}

#[tokio::test]
async fn refusals_of_commands_in_dockers_words() {
    let served = with_one("bowline-test-refuse").await;
    let engine = &served.engine;
    let create = "/containers/bowline-test-refuse/exec";
    for (path, body, status, message) in [
        (create, "{}", 400, "No exec command specified"),
        ("/containers/nobody/exec", r#"{"Cmd":["sh"]}"#, 404, "No such container: nobody"),
        (create, r#"{"Cmd":["sh"],"DetachKeys":"foo"}"#, 500, "Invalid escape keys (foo) provided"),
        (create, r#"{"Cmd":["sh"],"User":"nobody-has-this-name"}"#, 501, "another user"),
        (create, r#"{"Cmd":["a\u0000b"]}"#, 400, "NUL"),
        (create, "{bad", 400, "request body"),
        ("/exec/abc/start", "{}", 404, "No such exec instance: abc"),
        ("/exec/abc/resize?h=1&w=1", "", 404, "No such exec instance: abc"),
    ] {
        let answer = ask(engine, "POST", path, body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", String::from_utf8_lossy(&answer.body));
        assert!(answer.message().contains(message), "{path} {body}: {}", answer.message());
    }
    assert_eq!(get(engine, "/exec/abc/json").await.status, 404);
    let id = new_exec(engine, "bowline-test-refuse", json!({ "Cmd": ["no-such-program"], "AttachStdout": true })).await;
    let said = frames(&hijack(engine, &format!("/exec/{id}/start"), "{}").await.rest().await);
    assert!(
        said[0].1.ends_with("exec: \"no-such-program\": executable file not found in $PATH: unknown\r\n"),
        "{said:?}"
    );
    assert_eq!(get(engine, &format!("/exec/{id}/json")).await.json()["ExitCode"], 126);
    let again = ask(engine, "POST", &format!("/exec/{id}/start"), "{}").await;
    assert_eq!((again.status, again.message()), (409, format!("Error: Exec command {id} has already run")));
    post(engine, "/containers/bowline-test-refuse/pause").await;
    let paused = ask(engine, "POST", create, r#"{"Cmd":["sh"]}"#).await;
    assert_eq!(paused.status, 409);
    assert!(paused.message().contains("is paused, unpause the container before exec"), "{}", paused.message());
    assert_eq!(post(engine, "/containers/bowline-test-refuse/kill").await.status, 204);
    eventually("it is over", || async {
        ask(engine, "POST", create, r#"{"Cmd":["sh"]}"#).await.message().ends_with("is not running")
    })
    .await;
    served.end().await;
}

#[tokio::test]
async fn a_synthetic_container_says_whose_shell_it_is() {
    let served = serve(Scenario::synthetic(3, 1)).await;
    let engine = &served.engine;
    let rows = get(engine, "/containers/json").await.json();
    assert_eq!(rows[0]["Labels"]["bowline.synthetic"], "true");
    let name = rows[0]["Names"][0].as_str().expect("a name").trim_start_matches('/').to_string();
    let body = json!({ "Cmd": ["sh", "-c", "echo $$; sleep 300"], "Tty": true, "AttachStdout": true });
    let id = new_exec(engine, &name, body).await;
    let mut talk = hijack(engine, &format!("/exec/{id}/start"), r#"{"Tty":true}"#).await;
    let first = talk.until("\r\n").await;
    assert!(first.contains("synthetic") && first.contains("your own machine"), "{first:?}");
    let pid: i64 = talk.until("\r\n").await.trim().parse().expect("a pid");
    let top = text(engine, &format!("/containers/{name}/top?ps_args=-eo%20pid,args")).await;
    assert!(top.contains(&pid.to_string()), "{top}");
    post(engine, &format!("/containers/{name}/kill")).await;
    talk.rest().await;
    eventually("its shell ends with it", || async { !is_alive(pid) }).await;
    let quiet =
        new_exec(engine, rows[1]["Id"].as_str().expect("an id"), json!({ "Cmd": ["echo", "x"], "AttachStdout": true }))
            .await;
    let said = frames(&hijack(engine, &format!("/exec/{quiet}/start"), "{}").await.rest().await);
    assert_eq!(said, [(1, "x\n".into())]);
    served.end().await;
}

#[tokio::test]
async fn clients_attach_leave_and_do_not_disturb_each_other() {
    let served = serve(Scenario::empty()).await;
    let engine = &served.engine;
    let body =
        json!({ "Cmd": ["sh", "-c", "while read x; do echo \"got $x\"; done; echo over >&2"], "OpenStdin": true })
            .to_string();
    assert_eq!(ask(engine, "POST", "/containers/create?name=bowline-test-attach", &body).await.status, 201);
    let path = "/containers/bowline-test-attach/attach?stream=1&stdin=1&stdout=1&stderr=1";
    // Before the start, as `docker run` does.
    let mut early = hijack(engine, path, "").await;
    post(engine, "/containers/bowline-test-attach/start").await;
    let mut second = hijack(engine, path, "").await;
    second.send(b"one\n").await;
    second.until("got one\n").await;
    early.until("got one\n").await;
    // What it says on its way out is heard all the same.
    second.send(b"farewell\n").await;
    drop(second);
    early.until("got farewell\n").await;
    early.send(b"two\n").await;
    early.until("got two\n").await;
    let mut late = hijack(engine, &format!("{path}&logs=1"), "").await;
    late.until("got two\n").await;
    assert_eq!(post(engine, "/containers/bowline-test-attach/kill").await.status, 204);
    early.rest().await;
    late.rest().await;
    served.end().await;
}

#[tokio::test]
async fn who_attached_before_a_start_that_fails_is_not_left_waiting() {
    let served = serve(Scenario::empty()).await;
    let engine = &served.engine;
    let body = json!({ "Cmd": ["no-such-program"] }).to_string();
    ask(engine, "POST", "/containers/create?name=bowline-test-failing", &body).await;
    let mut early = hijack(engine, "/containers/bowline-test-failing/attach?stream=1&stdout=1", "").await;
    assert_eq!(post(engine, "/containers/bowline-test-failing/start").await.status, 400);
    assert!(early.rest().await.is_empty());
    served.end().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_nobody_up() {
    let served = serve(Scenario::empty()).await;
    let engine = &served.engine;
    let body =
        json!({ "Cmd": ["sh", "-c", "head -c 20000000 /dev/zero | tr '\\0' 'x'; echo; echo finished"] }).to_string();
    ask(engine, "POST", "/containers/create?name=bowline-test-stuck", &body).await;
    let path = "/containers/bowline-test-stuck/attach?stream=1&stdout=1";
    let stuck = hijack(engine, path, "").await;
    post(engine, "/containers/bowline-test-stuck/start").await;
    let waited = post(engine, "/containers/bowline-test-stuck/wait").await;
    assert_eq!(waited.json()["StatusCode"], 0);
    let log = get(engine, "/containers/bowline-test-stuck/logs?stdout=1&tail=1").await;
    assert_eq!(frames(&log.body), [(1, "finished\n".into())]);
    drop(stuck);
    served.end().await;
}

/// Nobody reads for so long that everything in between is full, and shorter than anybody's patience.
const HELD_BACK: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_flood_is_no_faster_than_who_reads_it() {
    let served = serve(Scenario::empty()).await;
    let engine = &served.engine;
    // Many bytes in few lines: what is tried is the flow, not the cutting into lines.
    let line = "y".repeat(99);
    let body = json!({ "Cmd": ["sh", "-c", format!("yes {line} | head -c 20000000; echo finished")] }).to_string();
    ask(engine, "POST", "/containers/create?name=bowline-test-flood", &body).await;
    let mut client = hijack(engine, "/containers/bowline-test-flood/attach?stream=1&stdout=1", "").await;
    post(engine, "/containers/bowline-test-flood/start").await;
    tokio::time::sleep(HELD_BACK).await;
    let said: String = frames(&client.rest().await).into_iter().map(|(_, text)| text).collect();
    assert_eq!(said.len(), 20_000_000 + "finished\n".len());
    served.end().await;
}

#[tokio::test]
async fn a_container_that_removes_itself_still_tells_its_exit_code() {
    let served = serve(Scenario::empty()).await;
    let engine = &served.engine;
    let body = json!({ "Cmd": ["sh", "-c", "read x; exit 6"], "OpenStdin": true, "StdinOnce": true,
        "HostConfig": { "AutoRemove": true } })
    .to_string();
    ask(engine, "POST", "/containers/create?name=bowline-test-rm", &body).await;
    let mut client = hijack(engine, "/containers/bowline-test-rm/attach?stream=1&stdin=1&stdout=1", "").await;
    post(engine, "/containers/bowline-test-rm/start").await;
    let waiting = post(engine, "/containers/bowline-test-rm/wait?condition=removed");
    let typing = async {
        client.close_half().await;
        client.rest().await
    };
    let (waited, _) = tokio::join!(waiting, typing);
    assert_eq!(waited.json()["StatusCode"], 6);
    assert_eq!(get(engine, "/containers/bowline-test-rm/json").await.status, 404);
    served.end().await;
}

#[tokio::test]
async fn top_shows_the_columns_that_were_asked_for() {
    let served = with_one("bowline-test-top").await;
    let engine = &served.engine;
    let id = new_exec(engine, "bowline-test-top", json!({ "Cmd": ["sleep", "297"] })).await;
    assert_eq!(ask(engine, "POST", &format!("/exec/{id}/start"), r#"{"Detach":true}"#).await.status, 200);
    eventually("the command is shown", || async {
        let top = get(engine, "/containers/bowline-test-top/top?ps_args=-eo%20pid,ppid,user:32,pcpu,rss,etimes,args")
            .await
            .json();
        assert_eq!(top["Titles"], json!(["PID", "PPID", "USER", "%CPU", "RSS", "ELAPSED", "COMMAND"]));
        top["Processes"].as_array().is_some_and(|rows| rows.iter().any(|row| row[6] == "sleep 297"))
    })
    .await;
    let foo = get(engine, "/containers/bowline-test-top/top?ps_args=-eo%20pid,foo").await;
    assert_eq!((foo.status, foo.message().as_str()), (500, "ps: error: unknown user-defined format specifier \"foo\""));
    served.end().await;
}

#[tokio::test]
async fn without_a_guard_a_terminal_is_refused_in_words() {
    let engine =
        Engine::start(Scenario::synthetic(1, 1), Options { guard: None, ..Options::default() }).expect("starts");
    let name = get(&engine, "/containers/json?all=1").await.json()[0]["Id"].as_str().expect("an id").to_string();
    post(&engine, &format!("/containers/{name}/start")).await;
    let id = new_exec(&engine, &name, json!({ "Cmd": ["sh"], "Tty": true, "AttachStdout": true })).await;
    let answer = ask(&engine, "POST", &format!("/exec/{id}/start"), r#"{"Detach":true}"#).await;
    assert_eq!(answer.status, 400);
    assert!(answer.message().contains("without its guard"), "{}", answer.message());
}

#[tokio::test]
async fn a_client_that_says_everything_at_once_is_heard() {
    let served = with_one("bowline-test-once").await;
    let engine = &served.engine;
    let id =
        new_exec(engine, "bowline-test-once", json!({ "Cmd": ["cat"], "AttachStdin": true, "AttachStdout": true }))
            .await;
    let request = format!(
        "POST /exec/{id}/start HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 2\r\n\r\n{{}}all of it"
    );
    let mut stream = engine.connect();
    stream.write_all(request.as_bytes()).await.expect("writes");
    stream.shutdown().await.expect("closes its half");
    let mut all = Vec::new();
    let reading = stream.read_to_end(&mut all);
    tokio::time::timeout(DEADLINE, reading).await.expect("in time").expect("reads");
    let text = String::from_utf8_lossy(&all);
    assert!(text.starts_with("HTTP/1.1 101 UPGRADED") && text.ends_with("\0\u{9}all of it"), "{text:?}");
    served.end().await;
}
