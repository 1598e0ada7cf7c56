//! Images, volumes and networks: what the command line asks of them, and what the answers look like beside Docker's.

use bowline_embedded::{Engine, Scenario};
use serde_json::{Value, json};

use super::docker_cli::{absent, docker, run};
use super::support::{ask, get, post, serve};
use crate::support::docker::{self as real_docker, IMAGE};
use crate::support::not_run;

async fn refused(served: &super::support::Served, words: &[&str]) -> String {
    let output = run(&served.path, words).await;
    assert!(!output.status.success(), "docker {words:?} is refused");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn images_are_named_pulled_moved_and_taken_away() {
    if absent() {
        return;
    }
    let served = serve(Scenario::demo()).await;
    let socket = &served.path;
    let list = docker(socket, &["images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}} {{.Size}}"]).await;
    assert!(list.contains("postgres:16 ") && list.contains("<none>:<none> "), "{list}");
    assert_eq!(docker(socket, &["images", "-q", "-f", "dangling=true"]).await.lines().count(), 1);
    assert_eq!(docker(socket, &["images", "-q", "ghcr.io/acme/shop-*"]).await.lines().count(), 4);
    // What a container says it is made from is an image that is there.
    let of = docker(socket, &["inspect", "-f", "{{.Image}}", "shop-db-1"]).await;
    assert_eq!(docker(socket, &["image", "inspect", "-f", "{{.Id}}", "postgres:16"]).await, of);
    assert!(docker(socket, &["history", "postgres:16"]).await.lines().count() > 2);

    docker(socket, &["tag", "postgres:16", "bowline-test/db:now"]).await;
    assert_eq!(docker(socket, &["rmi", "bowline-test/db:now"]).await, "Untagged: bowline-test/db:now\n");
    let used = refused(&served, &["rmi", "redis:7.4"]).await;
    assert!(used.contains("conflict: unable to remove repository reference \"redis:7.4\" (must force)"), "{used}");
    docker(socket, &["rmi", "-f", "redis:7.4"]).await;
    let id = docker(socket, &["ps", "--no-trunc", "--format", "{{.Image}}", "-f", "name=shop-cache-1"]).await;
    assert!(id.starts_with("sha256:"), "an image that lost its name is shown by its id: {id}");
    let gone = docker(socket, &["rmi", "ghcr.io/acme/shop-api:4.11.3"]).await;
    assert!(gone.starts_with("Untagged: ghcr.io/acme/shop-api:4.11.3\nDeleted: sha256:"), "{gone}");
    assert!(docker(socket, &["image", "prune", "-f"]).await.contains("Total reclaimed space: 412MB"));

    let pulled = docker(socket, &["pull", "nginx:1.25"]).await;
    assert!(pulled.contains("1.25: Pulling from library/nginx") && pulled.contains("Pull complete"), "{pulled}");
    assert!(pulled.contains("Status: Downloaded newer image for nginx:1.25"), "{pulled}");
    assert!(docker(socket, &["pull", "nginx:1.25"]).await.contains("Image is up to date"));
    assert!(
        refused(&served, &["pull", "bowline-test/nothing"])
            .await
            .contains("pull access denied for bowline-test/nothing")
    );
    assert!(refused(&served, &["pull", "nginx:nothing"]).await.contains("manifest unknown"));

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("image.tar").display().to_string();
    let id = docker(socket, &["images", "-q", "--no-trunc", "nginx:1.25"]).await;
    docker(socket, &["save", "-o", &file, "nginx:1.25"]).await;
    docker(socket, &["rmi", "nginx:1.25"]).await;
    assert!(docker(socket, &["load", "-i", &file]).await.contains("Loaded image: nginx:1.25"));
    assert_eq!(docker(socket, &["images", "-q", "--no-trunc", "nginx:1.25"]).await, id);

    let made = docker(socket, &["commit", "-m", "by hand", "shop-web-1", "bowline-test/web:1"]).await;
    assert!(docker(socket, &["history", "--no-trunc", "bowline-test/web:1"]).await.contains("by hand"));
    let base = docker(socket, &["inspect", "-f", "{{.Image}}", "shop-web-1"]).await;
    let parent = refused(&served, &["rmi", "-f", base.trim()]).await;
    assert!(parent.contains("(cannot be forced) - image has dependent child images"), "{parent}");
    let gone = docker(socket, &["rmi", made.trim()]).await;
    assert!(gone.starts_with("Untagged: bowline-test/web:1\nDeleted: sha256:"), "{gone}");
    let running = refused(&served, &["rmi", "-f", base.trim()]).await;
    assert!(running.contains("(cannot be forced) - image is being used by running container"), "{running}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn volumes_are_made_used_and_taken_away() {
    if absent() {
        return;
    }
    let served = serve(Scenario::demo()).await;
    let socket = &served.path;
    let loose = docker(socket, &["volume", "ls", "-q", "-f", "dangling=true"]).await;
    assert_eq!(loose, "shop_pgdata-before-16\n");
    docker(socket, &["volume", "create", "--label", "a=b", "bowline-test-v"]).await;
    let seen =
        docker(socket, &["volume", "inspect", "-f", "{{.Driver}} {{.Labels.a}} {{.Mountpoint}}", "bowline-test-v"])
            .await;
    assert_eq!(seen, "local b /var/lib/docker/volumes/bowline-test-v/_data\n");
    assert!(refused(&served, &["volume", "rm", "shop_pgdata"]).await.contains("volume is in use - ["));
    assert!(refused(&served, &["volume", "rm", "nothing"]).await.contains("get nothing: no such volume"));
    let mounts = docker(
        socket,
        &["inspect", "-f", "{{range .Mounts}}{{.Type}} {{.Name}} {{.Destination}} {{.RW}};{{end}}", "shop-db-1"],
    )
    .await;
    assert_eq!(mounts, "volume shop_pgdata /var/lib/postgresql/data true;\n");
    let users = docker(socket, &["ps", "-aq", "-f", "volume=shop_pgdata"]).await;
    assert_eq!(users.lines().count(), 2);
    // The nameless volume goes with its container when that is asked for, and only then.
    let cache = docker(socket, &["inspect", "-f", "{{(index .Mounts 0).Name}}", "shop-cache-1"]).await;
    docker(socket, &["rm", "-f", "-v", "shop-cache-1"]).await;
    assert!(!docker(socket, &["volume", "ls", "-q"]).await.contains(cache.trim()));
    docker(socket, &["rm", "-f", "-v", "shop-db-1", "backup-nightly"]).await;
    let pruned = docker(socket, &["volume", "prune", "-f"]).await;
    for name in ["backups", "bowline-test-v", "shop_pgdata", "shop_pgdata-before-16"] {
        assert!(pruned.lines().any(|line| line == name), "{name}: {pruned}");
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn networks_are_made_joined_and_taken_away() {
    if absent() {
        return;
    }
    let served = serve(Scenario::demo()).await;
    let socket = &served.path;
    let builtin = docker(socket, &["network", "ls", "-f", "type=builtin", "--format", "{{.Name}} {{.Driver}}"]).await;
    let mut builtin: Vec<&str> = builtin.lines().collect();
    builtin.sort_unstable();
    assert_eq!(builtin, ["bridge bridge", "host host", "none null"]);
    let members = docker(
        socket,
        &[
            "network",
            "inspect",
            "-f",
            "{{.Internal}}{{range .Containers}} {{.Name}}={{.IPv4Address}}{{end}}",
            "shop_data",
        ],
    )
    .await;
    assert!(members.starts_with("true ") && members.contains("shop-db-1=10.40.7."), "{members}");
    let words =
        ["network", "create", "--subnet", "10.99.0.0/24", "--gateway", "10.99.0.9", "--label", "a=b", "bowline-test-n"];
    docker(socket, &words).await;
    assert!(refused(&served, &["network", "create", "bowline-test-n"]).await.contains("already exists"));
    let overlap = refused(&served, &["network", "create", "--subnet", "10.99.0.128/25", "bowline-test-o"]).await;
    assert!(overlap.contains("Pool overlaps with other one on this address space"), "{overlap}");
    docker(socket, &["network", "connect", "--alias", "front", "bowline-test-n", "shop-web-1"]).await;
    docker(socket, &["network", "connect", "--ip", "10.99.0.50", "bowline-test-n", "shop-web-2"]).await;
    let format = "{{with index .NetworkSettings.Networks \"bowline-test-n\"}}{{.IPAddress}} {{.Gateway}} {{index .Aliases 0}}{{end}}";
    assert_eq!(docker(socket, &["inspect", "-f", format, "shop-web-1"]).await, "10.99.0.1 10.99.0.9 front\n");
    assert!(docker(socket, &["inspect", "-f", format, "shop-web-2"]).await.starts_with("10.99.0.50 "));
    assert!(refused(&served, &["network", "rm", "bowline-test-n"]).await.contains("has active endpoints"));
    assert!(refused(&served, &["network", "rm", "bridge"]).await.contains("pre-defined network"));
    assert!(
        refused(&served, &["network", "connect", "bowline-test-n", "local-ticker"]).await.contains("network namespace")
    );
    let inside = docker(socket, &["ps", "-q", "-f", "network=bowline-test-n"]).await;
    assert_eq!(inside.lines().count(), 2);
    for name in ["shop-web-1", "shop-web-2"] {
        docker(socket, &["network", "disconnect", "bowline-test-n", name]).await;
    }
    assert!(
        refused(&served, &["network", "disconnect", "bowline-test-n", "shop-web-1"]).await.contains("is not connected")
    );
    let pruned = docker(socket, &["network", "prune", "-f"]).await;
    assert!(
        pruned.contains("bowline-test-n") && pruned.contains("trial") && !pruned.contains("shop_default"),
        "{pruned}"
    );
    served.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_is_seen_and_disk_usage_adds_up() {
    if absent() {
        return;
    }
    let served = serve(Scenario::demo()).await;
    let socket = &served.path;
    let words = [
        "update",
        "--memory",
        "256m",
        "--memory-swap",
        "512m",
        "--cpus",
        "1.5",
        "--pids-limit",
        "99",
        "--cpu-shares",
        "512",
    ];
    docker(socket, &[&words[..], &["shop-web-1"]].concat()).await;
    let format = "{{with .HostConfig}}{{.Memory}} {{.MemorySwap}} {{.NanoCpus}} {{.PidsLimit}} {{.CpuShares}} {{.RestartPolicy.Name}}{{end}}";
    // The policy was not spoken of, and stays.
    let seen = docker(socket, &["inspect", "-f", format, "shop-web-1"]).await;
    assert_eq!(seen, "268435456 536870912 1500000000 99 512 unless-stopped\n");
    docker(socket, &["update", "--restart", "on-failure:4", "local-ticker"]).await;
    assert!(
        refused(&served, &["update", "--memory", "1m", "shop-web-1"])
            .await
            .contains("Minimum memory limit allowed is 6MB")
    );
    assert!(
        refused(&served, &["update", "--memory", "64m", "local-ticker"])
            .await
            .contains("does not enforce limits on local processes")
    );
    let df = docker(socket, &["system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Active}}"]).await;
    assert!(df.contains("Images 25 23\n") && df.contains("Local Volumes 10 9\n"), "{df}");
    let before = docker(socket, &["ps", "-aq"]).await.lines().count();
    let pruned = docker(socket, &["container", "prune", "-f", "--filter", "label=stage=candidate"]).await;
    assert_eq!(pruned.lines().filter(|line| line.len() == 64).count(), 1, "{pruned}");
    assert_eq!(docker(socket, &["ps", "-aq"]).await.lines().count(), before - 1);
    docker(socket, &["builder", "prune", "-f"]).await;
    served.end().await;
}

#[tokio::test]
async fn watchers_learn_of_it() {
    let served = serve(Scenario::demo()).await;
    let engine = &served.engine;
    post(engine, "/images/postgres:16/tag?repo=bowline-test/x&tag=1").await;
    ask(engine, "DELETE", "/images/bowline-test/x:1", "").await;
    let stream = post(engine, "/images/create?fromImage=busybox&tag=1").await;
    assert!(stream.body.ends_with(b"for busybox:1\"}\r\n"), "{}", String::from_utf8_lossy(&stream.body));
    ask(engine, "DELETE", "/images/busybox:1", "").await;
    post(engine, "/images/prune").await;
    ask(engine, "POST", "/volumes/create", r#"{"Name":"bowline-test-v"}"#).await;
    ask(engine, "DELETE", "/volumes/bowline-test-v", "").await;
    ask(engine, "POST", "/networks/create", r#"{"Name":"bowline-test-n"}"#).await;
    for what in ["connect", "disconnect"] {
        ask(engine, "POST", &format!("/networks/bowline-test-n/{what}"), r#"{"Container":"shop-web-1"}"#).await;
    }
    ask(engine, "DELETE", "/networks/bowline-test-n", "").await;
    // The moment of asking is the stream's end.
    let until = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let filters = "%7B%22type%22%3A%5B%22image%22%2C%22volume%22%2C%22network%22%5D%7D";
    let path = format!("/events?since=1&until={}.{:09}&filters={filters}", until.as_secs(), until.subsec_nanos());
    let told = get(engine, &path).await;
    let told: Vec<Value> =
        String::from_utf8_lossy(&told.body).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let short: Vec<String> = told
        .iter()
        .map(|one| format!("{} {}", one["Type"].as_str().expect("a type"), one["Action"].as_str().expect("an action")))
        .collect();
    let wanted = [
        "image tag",
        "image untag",
        "image pull",
        "image untag",
        "image delete",
        "image delete",
        "image prune",
        "volume create",
        "volume destroy",
        "network create",
        "network connect",
        "network disconnect",
        "network destroy",
    ];
    assert_eq!(short, wanted);
    assert_eq!((&told[2]["Actor"]["ID"], &told[2]["status"]), (&json!("busybox:1"), &json!("pull")));
    assert_eq!(told[10]["Actor"]["Attributes"]["name"], "bowline-test-n");
    assert_eq!(told[7].get("status"), None, "only containers and images have the old words");
    served.end().await;
}

#[tokio::test]
async fn a_pull_whose_client_goes_leaves_nothing() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let served = serve(Scenario::empty()).await;
    let mut stream = served.engine.connect();
    let request = b"POST /images/create?fromImage=ubuntu HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(request).await.expect("writes");
    let mut some = vec![0; 64];
    stream.read_exact(&mut some).await.expect("it has begun");
    drop(stream);
    // Another one, begun later, is through; the first would have been before it.
    post(&served.engine, "/images/create?fromImage=busybox&tag=latest").await;
    let names = get(&served.engine, "/images/json").await.json();
    let names: Vec<&Value> = names.as_array().expect("a list").iter().map(|row| &row["RepoTags"][0]).collect();
    assert_eq!(names, ["busybox:latest"]);
    served.end().await;
}

/// The names of an object's fields, and of the objects in it.
fn fields(value: &Value, path: &str, all: &mut std::collections::BTreeSet<String>) {
    if let Some(map) = value.as_object() {
        for (key, inner) in map {
            all.insert(format!("{path}{key}"));
            // What is below these is made of names and addresses that differ from machine to machine.
            if !["Labels", "Options", "Containers", "Networks", "Ports", "Data", "ExposedPorts", "PortBindings"]
                .contains(&key.as_str())
            {
                fields(inner, &format!("{path}{key}."), all);
            }
        }
    }
}

/// Removes a container of Docker's own, and the volume of its name, however the test ends.
struct Gone(String);

impl Drop for Gone {
    fn drop(&mut self) {
        for words in [["rm", "-f", &self.0].as_slice(), &["volume", "rm", "-f", &self.0]] {
            let run = std::process::Command::new("docker").args(words).output();
            if !run.is_ok_and(|output| output.status.success()) {
                eprintln!("docker {words:?} failed: remove {} by hand", self.0);
            }
        }
    }
}

async fn real(path: &str) -> Option<Value> {
    let output = tokio::process::Command::new("curl")
        .args(["-s", "--fail", "--unix-socket", "/var/run/docker.sock", &format!("http://d/v1.41{path}")])
        .output()
        .await
        .ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

/// What Docker says of a thing, this engine says of its own: every field that a client could look for is there.
async fn same_fields(engine: &Engine, theirs: &str, ours: &str, pick: impl Fn(&Value) -> Value) {
    let Some(real) = real(theirs).await else {
        return not_run(&format!("no Docker answers {theirs} here"));
    };
    let answer = get(engine, ours).await;
    assert_eq!(answer.status, 200, "{ours}");
    let (mut theirs_have, mut ours_have) = Default::default();
    fields(&pick(&real), "", &mut theirs_have);
    fields(&pick(&answer.json()), "", &mut ours_have);
    assert!(!theirs_have.is_empty(), "{theirs} has something to compare with");
    let missing: Vec<&String> = theirs_have.difference(&ours_have).collect();
    assert!(missing.is_empty(), "{ours} lacks {missing:?}");
}

#[tokio::test]
async fn answers_have_the_fields_that_dockers_have() {
    if absent() {
        return;
    }
    let served = serve(Scenario::demo()).await;
    let engine = &served.engine;
    let whole = Value::clone;
    let first = |value: &Value| value[0].clone();
    // Where there is a Docker, it has this image from now on.
    let _docker = real_docker::engine();
    same_fields(engine, &format!("/images/{IMAGE}/json"), "/images/postgres:16/json", whole).await;
    same_fields(engine, &format!("/images/{IMAGE}/history"), "/images/postgres:16/history", first).await;
    same_fields(engine, "/images/json", "/images/json", first).await;
    same_fields(engine, "/networks/bridge", "/networks/bridge", whole).await;
    same_fields(engine, "/networks", "/networks", first).await;
    same_fields(engine, "/system/df", "/system/df", whole).await;
    // A container of Docker's own to look at, which never runs.
    let name = format!("bowline-test-fields-{}", std::process::id());
    let _gone = Gone(name.clone());
    let volume = format!("{name}:/data");
    let made = tokio::process::Command::new("docker")
        .args(["create", "--name", &name, "-v", &volume, "-p", "80", "--memory", "64m", IMAGE, "true"])
        .output()
        .await
        .expect("runs");
    if made.status.success() {
        same_fields(engine, &format!("/containers/{name}/json?size=1"), "/containers/shop-db-1/json?size=1", |whole| {
            let mut whole = whole.clone();
            // How its log is kept is each engine's own affair.
            whole["HostConfig"]["LogConfig"] = Value::Null;
            whole
        })
        .await;
        let filters = format!("%7B%22name%22%3A%5B%22{name}%22%5D%7D");
        same_fields(engine, &format!("/containers/json?all=1&filters={filters}"), "/containers/json?all=1", first)
            .await;
        same_fields(engine, &format!("/volumes/{name}"), "/volumes/shop_pgdata", whole).await;
    } else {
        not_run("no Docker here makes a container to compare with");
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_container_is_made_with_is_kept_and_shown() {
    if absent() {
        return;
    }
    let served = serve(Scenario::empty()).await;
    let socket = &served.path;
    docker(socket, &["network", "create", "bowline-test-n"]).await;
    let words = "create --name bowline-test-made -v bowline-test-data:/data -v /anon --mount type=bind,source=/tmp,target=/t,readonly \
        -p 127.0.0.1:8080:80 --expose 90 -e A=b --label l=m --restart on-failure:3 --network bowline-test-n \
        --network-alias other busybox:9 sleep 100";
    docker(socket, &words.split_whitespace().collect::<Vec<_>>()).await;
    let details = get(&served.engine, "/containers/bowline-test-made/json").await.json();
    let (config, host) = (&details["Config"], &details["HostConfig"]);
    assert_eq!((&config["Env"], &config["Cmd"]), (&json!(["A=b"]), &json!(["sleep", "100"])));
    assert_eq!((&config["Labels"], &config["Image"]), (&json!({ "l": "m" }), &json!("busybox:9")));
    assert_eq!(config["ExposedPorts"], json!({ "80/tcp": {}, "90/tcp": {} }));
    assert_eq!(host["PortBindings"], json!({ "80/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "8080" }] }));
    assert_eq!(host["Binds"], json!(["bowline-test-data:/data"]));
    assert_eq!(host["RestartPolicy"], json!({ "Name": "on-failure", "MaximumRetryCount": 3 }));
    assert_eq!(host["NetworkMode"], "bowline-test-n");
    let network = &details["NetworkSettings"]["Networks"]["bowline-test-n"];
    assert_eq!(
        (&network["Aliases"][0], &network["IPAddress"]),
        (&json!("other"), &json!("")),
        "a process has no address of its own"
    );
    let mounts = details["Mounts"].as_array().expect("a list");
    let kinds: Vec<String> =
        mounts.iter().map(|mount| format!("{} {} {}", mount["Type"], mount["Destination"], mount["RW"])).collect();
    assert_eq!(kinds, ["\"volume\" \"/data\" true", "\"bind\" \"/t\" false", "\"volume\" \"/anon\" true"]);
    assert_eq!(docker(socket, &["volume", "ls", "-q"]).await.lines().count(), 2);
    assert!(details["Image"].as_str().is_some_and(|id| id.starts_with("sha256:")));
    // A network that goes takes the start of those who are in it along.
    docker(socket, &["network", "rm", "bowline-test-n"]).await;
    assert!(refused(&served, &["start", "bowline-test-made"]).await.contains("not found"));
    docker(socket, &["rm", "-v", "bowline-test-made"]).await;
    assert_eq!(docker(socket, &["volume", "ls", "-q"]).await, "bowline-test-data\n");
    for words in ["create --network nothing busybox x", "create -v bad/name:/x busybox x"] {
        let words: Vec<&str> = words.split(' ').collect();
        assert!(!refused(&served, &words).await.is_empty());
    }
    served.end().await;
}
