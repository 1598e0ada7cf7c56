//! While a plan is on screen what it names may come to be another thing: that one is not touched. On the real Docker, and on the
//! embedded engine.

use super::volumes::{Bed, Volume, beds, copy, export, fresh_name, import, real};
use crate::support::docker::Docker;
use crate::support::wait::until;
use bowline::model::{
    EngineId, Id, ImageName, Joining, Operation, OperationArgs, OperationKind, Problem, SeenVolume, Transfer, Untag,
};
use serde_json::{Value, json};

const ENGINE: EngineId = EngineId(0);
const REMOVE: OperationKind = OperationKind::RemoveImage { force: false };

/// What a test made, taken away however it ends: the path that it is deleted by.
pub(super) struct Leftover(pub(super) Docker, pub(super) String);

impl Drop for Leftover {
    fn drop(&mut self) {
        if let Err(why) = self.0.request("DELETE", &self.1, "", b"") {
            eprintln!("{} may be left behind: {why}", self.1);
        }
    }
}

impl Bed {
    async fn act(&mut self, verb: OperationKind, id: &str, with: OperationArgs) -> Result<String, Problem> {
        self.world.do_this(Operation::with(verb, Id::new(ENGINE, id), "it", with)).await.result
    }

    /// Makes an image that is like no other, and gives it a name.
    fn image(&self, name: &str) -> (String, Leftover) {
        let base = self.docker.create("identity-base", &json!({}));
        let (repo, tag) = name.split_once(':').expect("a tag");
        let path = format!("/commit?container={}&repo={repo}&tag={tag}", base.id);
        let id = self.docker.must("POST", &path, &json!({}))["Id"].as_str().expect("an id").to_string();
        (id.clone(), Leftover(self.docker.clone(), format!("/images/{id}?force=1")))
    }

    /// The image that a name leads to.
    fn leads_to(&self, name: &str) -> Option<String> {
        let (status, answer) = self.docker.request("GET", &format!("/images/{name}/json"), "", b"").expect("answers");
        let image: Value = serde_json::from_slice(&answer).expect("JSON");
        (status == 200).then(|| image["Id"].as_str().expect("an id").to_string())
    }

    fn tag(&self, id: &str, name: &str) {
        let (repo, tag) = name.split_once(':').expect("a tag");
        self.docker.must("POST", &format!("/images/{id}/tag?repo={repo}&tag={tag}"), &Value::Null);
    }

    /// Takes a volume away and makes another one of its name, in another second: engines tell no less.
    fn make_anew(&self, seen: &SeenVolume) {
        until("another second", || {
            self.docker.must("DELETE", &format!("/volumes/{}", seen.name()), &Value::Null);
            self.docker.must("POST", "/volumes/create", &json!({ "Name": seen.name() }));
            self.seen(seen.name()).volume.created != seen.volume.created
        });
    }

    fn volume_of(&self, what: &str) -> Volume {
        let name = fresh_name(what);
        self.docker.must("POST", "/volumes/create", &json!({ "Name": name }));
        Volume(self.docker.clone(), name)
    }
}

fn untag(name: &str, stays: bool) -> OperationArgs {
    OperationArgs::Untag(Untag { name: name.into(), stays })
}

fn name_held_by(name: &str, holder: Option<&str>) -> OperationArgs {
    OperationArgs::ImageName(ImageName { name: name.into(), holder: holder.map(str::to_string) })
}

#[track_caller]
fn refused(result: Result<String, Problem>, why: &str) {
    let problem = result.expect_err("another thing was hit");
    assert!(problem.cause.contains(why) && problem.cause.starts_with("nothing done: "), "{problem}");
    assert_eq!(problem.hint, "check it and try again");
}

/// Others on the same engine made it forget what happened: then the volume is to be looked at again.
fn forgot<T>(result: &Result<T, Problem>) -> bool {
    result.as_ref().is_err_and(|problem| problem.cause.contains("too many events since"))
}

#[track_caller]
fn refused_volume(result: Result<String, Problem>) {
    let why = if forgot(&result) { "cannot verify that the volume" } else { "was recreated" };
    refused(result, why);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_that_takes_the_name_while_the_plan_is_open_keeps_its_image() {
    for mut bed in beds().await {
        let name = format!("{}:1", fresh_name("taken"));
        let (old, _old) = bed.image(&name);
        let (new, _new) = bed.image(&name);
        refused(
            bed.act(REMOVE, &old, untag(&name, false)).await,
            &format!("it was the image {}, the name now belongs to {}", &old[7..19], &new[7..19]),
        );
        assert_eq!(bed.leads_to(&name).as_ref(), Some(&new));
        assert!(bed.leads_to(&old).is_some(), "nothing was done");
        bed.act(REMOVE, &old, OperationArgs::Nothing).await.expect("without a name it is the planned one");
        assert_eq!((bed.leads_to(&name).as_ref(), bed.leads_to(&old)), (Some(&new), None));
        refused(bed.act(REMOVE, &old, untag(&name, false)).await, "no longer exists");
        bed.act(REMOVE, &new, untag(&name, false)).await.expect("as planned");
        assert_eq!(bed.leads_to(&new), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_loses_no_more_than_the_name_that_was_planned() {
    for mut bed in beds().await {
        let (one, other) = (format!("{}:1", fresh_name("one")), format!("{}:1", fresh_name("other")));
        let (id, _left) = bed.image(&one);
        bed.tag(&id, &other);
        bed.docker.must("DELETE", &format!("/images/{one}"), &Value::Null);
        refused(bed.act(REMOVE, &id, untag(&other, true)).await, "it is now the last tag of image");
        assert!(bed.leads_to(&other).is_some());
        bed.tag(&id, &one);
        bed.act(REMOVE, &id, untag(&other, true)).await.expect("one of two names");
        assert_eq!((bed.leads_to(&one).as_ref(), bed.leads_to(&other)), (Some(&id), None));
        for verb in [REMOVE, OperationKind::RemoveImage { force: true }] {
            refused(bed.act(verb, &id, OperationArgs::Nothing).await, &format!("had no tag and is now {one}"));
        }
        assert_eq!(bed.leads_to(&one).as_ref(), Some(&id));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_taken_from_no_image_but_the_one_that_was_told() {
    for mut bed in beds().await {
        let (name, own) = (format!("{}:1", fresh_name("held")), format!("{}:1", fresh_name("own")));
        let (holder, _holder) = bed.image(&name);
        let (id, _left) = bed.image(&own);
        let base = bed.docker.create("identity-commit", &json!({}));
        let base_seen = bed.world.container(&base.name).await;
        refused(bed.act(OperationKind::Tag, &id, name_held_by(&name, None)).await, &format!("{name} was not an image"));
        let commit = bed.act(OperationKind::Commit, base_seen.id.raw(), name_held_by(&name, None)).await;
        refused(commit, &format!("{name} was not an image, the name now belongs to {}", &holder[7..19]));
        refused(
            bed.act(OperationKind::Tag, &id, name_held_by(&name, Some(&id))).await,
            &format!("{name} was the image"),
        );
        assert_eq!(bed.leads_to(&name).as_ref(), Some(&holder));
        bed.act(OperationKind::Tag, &id, name_held_by(&name, Some(&holder))).await.expect("as told");
        assert_eq!(bed.leads_to(&name).as_ref(), Some(&id));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_that_was_made_anew_is_neither_removed_nor_moved_nor_looked_into() {
    for mut bed in beds().await {
        let (volume, other) = (bed.volume_of("anew"), bed.volume_of("beside"));
        let (seen, beside) = (bed.seen(&volume.1), bed.seen(&other.1));
        bed.make_anew(&seen);
        let made = bed.seen(&volume.1);
        refused_volume(bed.act(OperationKind::RemoveVolume, &volume.1, OperationArgs::Seen(seen.clone())).await);
        let tar = bed.write("empty.tar", &[0; 1024]);
        for transfer in [
            export(seen.clone(), &bed.path("never.tar")),
            import(tar, &volume.1, Some(seen.clone())),
            copy(seen.clone(), &other.1, Some(beside.clone())),
            copy(beside, &volume.1, Some(seen.clone())),
        ] {
            refused_volume(bed.transfer(transfer).await.map(|told| told.words));
        }
        refused_volume(bed.look_into_seen(seen, None).await.map(|id| id.raw().to_string()));
        assert_eq!(bed.seen(&volume.1).volume, made.volume);
        bed.act(OperationKind::RemoveVolume, &volume.1, OperationArgs::Seen(made))
            .await
            .expect("the one that is there now");
        assert!(!bed.is_there(&volume.1));
    }
}

/// What Docker 20.10 says of when a volume was made moves with its folder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_that_was_written_to_is_still_the_planned_one() {
    let Some(mut bed) = real().await else { return };
    let volume = bed.volume_of("written");
    let mut seen = bed.seen(&volume.1);
    let binds = json!({ "Binds": [format!("{}:/data", volume.1)] });
    let writer = json!({ "HostConfig": binds, "Cmd": ["sh", "-c", "sleep 2; touch /data/x; sleep 3601"] });
    let writer = bed.docker.create("identity-writer", &writer);
    writer.start();
    // Until it has written in another second than the one that is told; engines that tell when it was made have nothing to move.
    writer.wait_for_process("sleep 3601", true);
    let mut done = bed.transfer(export(seen.clone(), &bed.path("written.tar"))).await;
    if forgot(&done) {
        seen = bed.seen(&volume.1);
        done = bed.transfer(export(seen.clone(), &bed.path("written.tar"))).await;
    }
    done.expect("while it is written to");
    drop(writer);
    let mut done = bed.act(OperationKind::RemoveVolume, &volume.1, OperationArgs::Seen(seen)).await;
    if forgot(&done) {
        done = bed.act(OperationKind::RemoveVolume, &volume.1, OperationArgs::Seen(bed.seen(&volume.1))).await;
    }
    assert_eq!(done, Ok(String::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_was_made_anew_is_neither_removed_nor_joined() {
    for mut bed in beds().await {
        let name = fresh_name("network");
        let make = |docker: &Docker| {
            let made = docker.must("POST", "/networks/create", &json!({ "Name": name, "CheckDuplicate": true }));
            made["Id"].as_str().expect("an id").to_string()
        };
        let old = make(&bed.docker);
        bed.docker.must("DELETE", &format!("/networks/{old}"), &Value::Null);
        let new = make(&bed.docker);
        let _left = Leftover(bed.docker.clone(), format!("/networks/{new}"));
        let member = bed.docker.create("identity-member", &json!({}));
        let member_seen = bed.world.container(&member.name).await;
        let joining = |id: &str| Joining { network: Id::new(ENGINE, id), name: name.clone(), aliases: Vec::new() };
        for verb in [OperationKind::Connect, OperationKind::Disconnect] {
            let done = bed.act(verb, member_seen.id.raw(), OperationArgs::Joining(joining(&old))).await;
            refused(done, &format!("the network {name} was recreated"));
        }
        let act = Operation::new(OperationKind::RemoveNetwork, Id::new(ENGINE, old.as_str()), name.as_str());
        refused(bed.world.do_this(act).await.result, "was recreated");
        assert_eq!(bed.docker.must("GET", &format!("/networks/{name}"), &Value::Null)["Id"].as_str(), Some(&*new));
        let act = Operation::new(OperationKind::RemoveNetwork, Id::new(ENGINE, new.as_str()), name.as_str());
        assert_eq!(bed.world.do_this(act).await.result, Ok(String::new()), "the one that is there now");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_is_of_the_image_that_was_meant() {
    for mut bed in beds().await {
        // Nobody listens there.
        let name = format!("127.0.0.1:1/{}:1", fresh_name("push"));
        let base = bed.docker.create("identity-push", &json!({}));
        let (repo, tag) = name.rsplit_once(':').expect("a tag");
        let path = format!("/commit?container={}&repo={repo}&tag={tag}", base.id);
        let id = bed.docker.must("POST", &path, &json!({}))["Id"].as_str().expect("an id").to_string();
        let _left = Leftover(bed.docker.clone(), format!("/images/{id}?force=1"));
        let other = format!("sha256:{}", "0a".repeat(32));
        let push = |image: &str| Transfer::Push { reference: name.clone(), image: Some(image.to_string()) };
        refused(bed.transfer(push(&other)).await.map(|told| told.words), &format!("{name} was the image 0a0a0a0a0a0a"));
        let problem = bed.transfer(push(&id)).await.expect_err("there is no registry");
        assert!(!problem.cause.contains("nothing done"), "it is asked for: {problem}");
    }
}
