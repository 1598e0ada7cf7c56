use super::*;
use crate::fixtures::container;
use crate::model::blueprint::{BlueprintRun, KIND_LABEL, PROJECT_LABEL, RUN_LABEL, VolumeKind, VolumePart};

fn limits(text: &str) -> Limits {
    Limits::read("limits.toml", text).unwrap()
}

fn run() -> BlueprintRun {
    let mut run = BlueprintRun { project: "shop".into(), ..BlueprintRun::default() };
    run.blueprint.kind = "sandbox".into();
    run.blueprint.container.image = "busybox".into();
    run.blueprint.resources.memory = Some(ByteSize::parse("8g").unwrap());
    run
}

fn refused(text: &str, run: &mut BlueprintRun, usage: Usage) -> String {
    apply(&limits(text), run, usage, 1).unwrap_err()
}

#[test]
fn what_is_over_a_limit_is_brought_down_and_the_rule_is_named() {
    let mut run = run();
    let said =
        apply(&limits("[maximum]\ncpus = 2\nmemory = \"4g\"\npids = 100"), &mut run, Usage::default(), 1).unwrap();
    assert_eq!(
        said,
        [
            "cpus no limit is brought down to 2 (maximum.cpus)",
            "memory 8g is brought down to 4g (maximum.memory)",
            "pids 512 is brought down to 100 (maximum.pids)",
        ]
    );
    let resources = &run.blueprint.resources;
    assert_eq!((resources.cpus, resources.pids), (Some(Cpus(2_000_000_000)), Some(100)));
    assert_eq!(resources.memory.as_ref().map(|size| size.bytes), Some(4 << 30));
}

#[test]
fn a_limit_of_the_kind_holds_beside_the_one_for_all() {
    let mut run = run();
    let text = "[maximum]\nmemory = \"4g\"\n[kind.sandbox]\nmemory = \"1g\"\n[kind.other]\nmemory = \"1m\"";
    apply(&limits(text), &mut run, Usage::default(), 1).unwrap();
    assert_eq!(run.blueprint.resources.memory.map(|size| size.bytes), Some(1 << 30));
}

#[test]
fn unlimited_swap_is_brought_down_too() {
    let mut run = run();
    run.blueprint.resources.memory = Some(ByteSize::parse("1g").unwrap());
    run.blueprint.resources.memory_swap = Some(ByteSize::parse("-1").unwrap());
    let said = apply(&limits("[maximum]\nmemory = \"4g\""), &mut run, Usage::default(), 1).unwrap();
    assert_eq!(said, ["memory_swap -1 is brought down to 4g (maximum.memory_swap)"]);
}

#[test]
fn limits_can_refuse_instead() {
    let sentence = refused("over = \"refuse\"\n[maximum]\nmemory = \"4g\"", &mut run(), Usage::default());
    assert_eq!(sentence, "over the limits: memory 8g is brought down to 4g (maximum.memory)");
}

#[test]
fn too_many_containers_are_refused_by_the_rule_that_counts_them() {
    let usage = Usage { all: 9, kind: 3, project: 5, session: 0 };
    for (text, rule) in [
        ("[maximum]\ncontainers = 9", "maximum.containers = 9"),
        ("[kind.sandbox]\ncontainers = 3", "kind.sandbox.containers = 3"),
        ("containers_per_project = 5", "containers_per_project = 5"),
    ] {
        assert!(refused(text, &mut run(), usage).contains(rule), "{rule}");
    }
    assert!(apply(&limits("containers_per_project = 6"), &mut run(), usage, 1).is_ok());
    assert!(apply(&limits("containers_per_project = 6"), &mut run(), usage, 2).is_err());
}

#[test]
fn only_containers_from_blueprints_count() {
    let mut made = container("a");
    made.labels = [(RUN_LABEL, "1a2b"), (KIND_LABEL, "sandbox"), (PROJECT_LABEL, "shop")]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
    let other = container("b");
    let usage = Usage::of([&made, &other], &run());
    assert_eq!(usage, Usage { all: 1, kind: 1, project: 1, session: 0 });
}

#[test]
fn what_is_forbidden_is_refused() {
    let mut mounts = run();
    let bind = |source: &str| VolumePart { kind: VolumeKind::Bind, source: source.into(), ..VolumePart::default() };
    for source in ["/etc/ssl", "/etc", "/"] {
        mounts.blueprint.volumes = vec![bind(source)];
        assert!(refused("forbidden_mounts = [\"/etc\"]", &mut mounts, Usage::default()).contains(source), "{source}");
    }
    mounts.blueprint.volumes = vec![bind("/etcetera")];
    assert!(apply(&limits("forbidden_mounts = [\"/etc\"]"), &mut mounts, Usage::default(), 1).is_ok());
    let mut capable = run();
    for own in ["CAP_SYS_ADMIN", "sys_admin", "Cap_Sys_Admin", "ALL", "Cap_All"] {
        capable.blueprint.security.capabilities = vec![own.into()];
        refused("forbidden_capabilities = [\"SYS_ADMIN\"]", &mut capable, Usage::default());
    }
    let mut privileged = run();
    privileged.blueprint.security.privileged = true;
    refused("forbidden_capabilities = [\"SYS_ADMIN\"]", &mut privileged, Usage::default());
}

#[test]
fn an_image_comes_from_an_allowed_registry() {
    let allowed = "registries = [\"docker.io/library\", \"127.0.0.1:5000\"]";
    let with = |image: &str| {
        let mut run = run();
        run.blueprint.container.image = image.into();
        apply(&limits(allowed), &mut run, Usage::default(), 1)
    };
    for image in ["127.0.0.1:5000/shop/api:2", "busybox:1", "docker.io/busybox"] {
        assert!(with(image).is_ok(), "{image}");
    }
    for image in ["ghcr.io/a/b", "127.0.0.1:50001/x", "codercom/code-server"] {
        assert!(with(image).unwrap_err().contains("registries"), "{image}");
    }
}

#[test]
fn a_second_file_can_only_be_stricter() {
    let first = limits(
        "over = \"refuse\"\nregistries = [\"docker.io\"]\nforbidden_mounts = [\"/etc\"]\n[maximum]\ncpus = 2\npids = 100",
    );
    let second = limits(
        "registries = [\"docker.io/library\", \"ghcr.io\"]\nforbidden_mounts = [\"/srv\"]\n[maximum]\ncpus = 8\npids = 50\nmemory = \"1g\"",
    );
    let both = first.and(second);
    assert_eq!(both.over, Over::Refuse);
    assert_eq!(both.registries, Some(vec!["docker.io/library".to_string()]));
    assert_eq!(both.forbidden_mounts, ["/etc", "/srv"]);
    let Maximum { cpus, memory, pids, .. } = both.maximum;
    assert_eq!((cpus, memory.map(|size| size.bytes), pids), (Some(Cpus(2_000_000_000)), Some(1 << 30), Some(50)));
}

#[test]
fn a_mistake_in_a_file_is_told_with_its_line() {
    let wrong = Limits::read("limits.toml", "[maximum]\n\ncpu = 2").unwrap_err();
    assert!(wrong.starts_with("limits.toml:3: unknown field `cpu`"), "{wrong}");
}
