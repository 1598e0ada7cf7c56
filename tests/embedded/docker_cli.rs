//! The independent judge: the `docker` command line, which knows nothing of this engine.

use std::path::Path;
use std::process::Output;

use bowline_embedded::Scenario;

use super::support::{DEADLINE, serve};

/// Where there is no `docker`, says so; fails if it has been called for.
pub fn absent() -> bool {
    let found =
        std::process::Command::new("docker").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        crate::support::absent("BOWLINE_REQUIRE_DOCKER", "there is no docker command on this machine");
    }
    !found
}

pub async fn run(socket: &Path, words: &[&str]) -> Output {
    let running = tokio::process::Command::new("docker")
        .arg("-H")
        .arg(format!("unix://{}", socket.display()))
        .args(words)
        .env_remove("DOCKER_CONTEXT")
        .env_remove("DOCKER_API_VERSION")
        .kill_on_drop(true)
        .output();
    tokio::time::timeout(DEADLINE, running).await.expect("in time").expect("runs")
}

pub async fn docker(socket: &Path, words: &[&str]) -> String {
    let output = run(socket, words).await;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "docker {words:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looks_at_the_demo() {
    if absent() {
        return;
    }
    let served = serve(Scenario::demo()).await;
    let socket = &served.path;
    let all = docker(socket, &["ps", "-a", "--format", "{{.Names}}|{{.Status}}"]).await;
    assert!(
        all.contains("shop-worker-2|Exited (137)") && all.contains("media-transcode-2|Up 19 hours (Paused)"),
        "{all}"
    );
    assert!(all.contains("shop-api-2|Up 26 minutes (unhealthy)"), "{all}");
    let paused = docker(socket, &["ps", "-q", "--filter", "status=paused"]).await;
    assert_eq!(paused.lines().count(), 1);
    let oom = docker(socket, &["inspect", "-f", "{{.State.OOMKilled}} {{.State.ExitCode}}", "shop-worker-2"]).await;
    assert_eq!(oom.trim(), "true 137");
    let stats =
        docker(socket, &["stats", "--no-stream", "--format", "{{.Name}} {{.CPUPerc}} {{.MemUsage}}", "shop-api-1"])
            .await;
    assert!(stats.starts_with("shop-api-1 ") && !stats.contains(" 0.00%") && stats.contains("/ 512MiB"), "{stats}");
    let tail = run(socket, &["logs", "--tail", "5", "media-ingest-1"]).await;
    let lines = [tail.stdout, tail.stderr].concat().iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(lines, 5, "the command line keeps errors apart");
    assert!(docker(socket, &["top", "shop-cache-1"]).await.contains("redis-server"));
    for words in [
        &["images"][..],
        &["volume", "ls"],
        &["network", "ls"],
        &["network", "inspect", "shop_default"],
        &["system", "df"],
        &["info"],
    ] {
        docker(socket, words).await;
    }
    let nobody = run(socket, &["logs", "nobody"]).await;
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("No such container: nobody"));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acts_on_processes() {
    if absent() {
        return;
    }
    let served = serve(Scenario::empty()).await;
    let socket = &served.path;
    let name = "bowline-test-cli";
    docker(
        socket,
        &[
            "run",
            "-d",
            "--name",
            name,
            "image",
            "/bin/sh",
            "-c",
            "trap 'echo bye; exit 0' TERM; while :; do echo x; sleep 0.1; done",
        ],
    )
    .await;
    let state = || async { docker(socket, &["inspect", "-f", "{{.State.Status}}", name]).await.trim().to_string() };
    assert_eq!(state().await, "running");
    docker(socket, &["pause", name]).await;
    assert_eq!(state().await, "paused");
    docker(socket, &["unpause", name]).await;
    docker(socket, &["stop", "-t", "10", name]).await;
    assert_eq!(state().await, "exited");
    docker(socket, &["start", name]).await;
    docker(socket, &["restart", "-t", "5", name]).await;
    docker(socket, &["kill", name]).await;
    assert_eq!(docker(socket, &["wait", name]).await.trim(), "137");
    // Its follow ends because the container has ended; the last run's lines are in it.
    assert!(docker(socket, &["logs", "-f", name]).await.contains('x'));
    docker(socket, &["rename", name, "bowline-test-other"]).await;
    docker(socket, &["rm", "bowline-test-other"]).await;
    assert_eq!(docker(socket, &["ps", "-aq"]).await, "");
    // The command line speaks of whole seconds: the end lies in the next one.
    let end = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs() + 1;
    let words = ["events", "--since", "5m", "--until", &end.to_string(), "--format", "{{.Action}}"];
    let told = docker(socket, &words).await;
    let told: Vec<&str> = told.lines().collect();
    for action in ["create", "start", "pause", "unpause", "kill", "die", "stop", "restart", "rename", "destroy"] {
        assert!(told.contains(&action), "{action}: {told:?}");
    }
    served.end().await;
}
