use super::*;
use crate::model::BlueprintFile;
use crate::persist::carried;
use proptest::prelude::*;
use std::path::Path;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/services/blueprints/invalid");

fn file(name: &str, text: &str) -> BlueprintFile {
    BlueprintFile { name: name.into(), path: format!("{name}.toml"), folder: "/work".into(), text: text.into() }
}

fn shelf() -> Vec<BlueprintFile> {
    carried::blueprints().collect()
}

fn values(entries: &[(&str, &str)]) -> Values {
    entries.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())).collect()
}

fn start() -> Start {
    let now = "2026-03-04T05:06:07.089Z".parse().expect("a time");
    Start { project: "shop".into(), id: "1a2b3c4d".into(), owner: "ann@desk".into(), now, ..Start::default() }
}

fn resolve(name: &str, set: &[(&str, &str)]) -> (BlueprintFile, Reading) {
    let shelf = shelf();
    let file = shelf.iter().find(|file| file.name == name).expect("bowline carries it").clone();
    let reading = read(&file, &shelf, &Given { variables: values(set), own: start().own(), is_check: false });
    assert_eq!(reading.mistakes, [], "{name}");
    assert_eq!(reading.wrong_values, [] as [String; 0], "{name}");
    (file, reading)
}

fn is_check() -> Given {
    Given { is_check: true, ..Given::default() }
}

/// All that is told of a file.
fn told(file: &BlueprintFile) -> String {
    let mut shelf = vec![file.clone()];
    shelf.extend(carried::blueprints());
    let reading = read(file, &shelf, &is_check());
    reading.mistakes.iter().map(|mistake| format!("{mistake}\n\n")).collect()
}

#[test]
fn the_blueprints_that_bowline_carries_are_what_they_promise() {
    for name in ["app-builder", "code-server", "debug-host", "sandbox", "sandbox-light"] {
        let (file, reading) = resolve(name, &[]);
        insta::assert_snapshot!(format!("carried_{name}"), to_toml(&reading.blueprint).unwrap());
        let lines = lines(&start().run(&reading, &file));
        let lines: Vec<String> = lines.iter().map(|line| line.shown(None)).collect();
        insta::assert_snapshot!(format!("docker_{name}"), lines.join("\n"));
    }
}

#[test]
fn a_type_of_project_picks_image_and_dependencies_and_what_is_set_goes_before() {
    let (_, python) = resolve("debug-host", &[("type", "python")]);
    assert_eq!(python.blueprint.container.image, "python:3.11");
    assert_eq!(python.blueprint.volumes[1].target, "/app/venv");
    let (_, own) = resolve("debug-host", &[("type", "php"), ("image", "php:8.3"), ("workspace", "/srv/code")]);
    assert_eq!(own.blueprint.container.image, "php:8.3");
    assert_eq!(own.blueprint.volumes[0].kind, crate::model::blueprint::VolumeKind::Bind);
    assert_eq!(own.blueprint.volumes[1].source, "debug-host-shop-vendor");
}

#[test]
fn every_mistake_of_a_file_is_told_with_its_place_and_mend() {
    let mut paths: Vec<_> = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 40);
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "toml")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let told = told(&file(name, &std::fs::read_to_string(path).unwrap()));
        assert!(told.starts_with(&format!("{name}.toml:")), "{name}: {told}");
        insta::assert_snapshot!(format!("invalid_{name}"), told);
    }
    assert!(Path::new(FOLDER).exists());
}

#[test]
fn the_example_and_all_that_bowline_carries_have_no_mistakes() {
    assert_eq!(told(&file("web", EXAMPLE)), "");
    for file in shelf() {
        assert_eq!(told(&file), "", "{}", file.name);
    }
}

#[test]
fn what_a_file_extends_is_merged_below_it() {
    let base = file(
        "base",
        "[container]\nimage = \"nginx\"\nuser = \"web\"\n[[ports]]\ncontainer = 80\n[resources]\npids = 5\n",
    );
    let own = file("own", "extends = \"base\"\n[container]\nimage = \"httpd\"\n[[ports]]\ncontainer = 81\n");
    let reading = read(&own, &[base], &is_check());
    let blueprint = reading.blueprint;
    assert_eq!((blueprint.name.as_str(), blueprint.container.image.as_str()), ("own", "httpd"));
    assert_eq!((blueprint.container.user.as_str(), blueprint.resources.pids), ("web", Some(5)));
    assert_eq!(blueprint.ports.iter().map(|port| port.container).collect::<Vec<_>>(), [81]);
}

#[test]
fn a_mistake_in_what_is_extended_is_told_with_its_own_file() {
    let base = file("base", "[container]\nimage = \"nginx\"\nuser = \"a b\"\n");
    let own = file("own", "extends = \"base\"\n[resources]\npids = 0\n");
    let mistakes = read(&own, &[base], &is_check()).mistakes;
    let places: Vec<_> = mistakes.iter().map(|one| (one.file.as_str(), one.line)).collect();
    assert_eq!(places, [("own.toml", 3), ("base.toml", 3)]);
}

#[test]
fn a_file_may_extend_the_one_of_its_name_that_it_hides() {
    let own = BlueprintFile {
        path: "/own/sandbox.toml".into(),
        ..file("sandbox", "extends = \"sandbox\"\nkind = \"own\"\n")
    };
    let mut all = vec![own.clone()];
    all.extend(shelf());
    let reading = read(&own, &all, &is_check());
    assert_eq!(reading.mistakes, []);
    assert_eq!((reading.blueprint.kind.as_str(), reading.blueprint.resources.pids), ("own", Some(512)));
}

#[test]
fn a_version_is_that_of_the_text_and_not_of_the_values() {
    let version = |name: &str, set: &[(&str, &str)]| resolve(name, set).1.version;
    assert_eq!(version("sandbox", &[]), version("sandbox", &[("image", "other:1")]));
    assert_ne!(version("sandbox", &[]), version("sandbox-light", &[]));
    assert_eq!(version("sandbox", &[]).len(), 12);
}

#[test]
fn values_that_do_not_fit_are_refused_without_being_repeated() {
    let text = "[variables.token]\nsecret = true\nrequired = true\npattern = \"[a-f0-9]+\"\n[variables.count]\ntype = \"integer\"\n\
                [container]\nimage = \"nginx\"\n[container.environment]\nTOKEN = \"${token}${count}\"\n";
    let wrong = |set: &[(&str, &str)]| {
        let given = Given { variables: values(set), ..Given::default() };
        read(&file("x", text), &[], &given).wrong_values.join("; ")
    };
    assert_eq!(wrong(&[("token", "abc")]), "");
    assert_eq!(wrong(&[]), "variable 'token': it needs a value; write --set token=VALUE");
    let told = wrong(&[("token", "hunter2"), ("count", "many"), ("tokn", "x")]);
    assert!(told.contains("matches [a-f0-9]+") && told.contains("expected a whole number"), "{told}");
    assert!(
        told.contains("variable 'tokn' is not known; did you mean 'token'?") && !told.contains("hunter2"),
        "{told}"
    );
}

#[test]
fn an_entry_that_is_a_variable_without_value_is_left_out() {
    let text = "[variables.memory]\ntype = \"size\"\n[variables.command]\ntype = \"words\"\n[container]\nimage = \"nginx\"\n\
                command = \"${command}\"\nentrypoint = [\"sh\", \"${command}\"]\n[resources]\nmemory = \"${memory}\"\n";
    let of = |set: &[(&str, &str)]| {
        let reading = read(&file("x", text), &[], &Given { variables: values(set), ..Given::default() });
        assert!(reading.is_right(), "{reading:?}");
        reading.blueprint
    };
    let none = of(&[]);
    assert_eq!((none.resources.memory, none.container.command, none.container.entrypoint.len()), (None, vec![], 1));
    let some = of(&[("memory", "1g"), ("command", "echo 'a b' c")]);
    assert_eq!(some.resources.memory.unwrap().bytes, 1 << 30);
    assert_eq!(some.container.command, ["echo", "a b", "c"]);
    assert_eq!(some.container.entrypoint, ["sh", "echo", "a b", "c"]);
}

#[test]
fn a_shells_own_variable_is_written_with_two_signs() {
    let text = "[container]\nimage = \"nginx\"\n[commands]\nafter_start = [\"echo $${HOME} $HOME\"]\n";
    let reading = read(&file("x", text), &[], &is_check());
    assert_eq!((reading.mistakes.len(), reading.blueprint.commands.after_start[0].as_str()), (0, "echo ${HOME} $HOME"));
    let again = to_toml(&reading.blueprint).unwrap();
    assert_eq!(read(&file("x", &again), &[], &is_check()).blueprint, reading.blueprint);
}

#[test]
fn secret_values_are_kept_out_of_labels() {
    let text = "[variables.key]\nsecret = true\n[variables.level]\n[container]\nimage = \"nginx\"\n\
                [container.environment]\nA = \"${key}${level}\"\n";
    let given = Given { variables: values(&[("key", "hunter2"), ("level", "info")]), ..Given::default() };
    let reading = read(&file("x", text), &[], &given);
    assert_eq!(reading.public_values(), "{\"level\":\"info\"}");
    assert_eq!(reading.secret_values().collect::<Vec<_>>(), ["hunter2"]);
}

#[test]
fn the_schema_knows_every_part_and_lets_numbers_be_variables() {
    let schema = schema();
    for part in ["extends", "variables", "container", "ports", "volumes", "network", "resources", "security", "health"]
    {
        assert!(schema["properties"].get(part).is_some(), "{part}");
    }
    let pids = &schema["$defs"]["ResourcePart"]["properties"]["pids"];
    assert_eq!(pids["anyOf"][1], serde_json::json!({ "type": "string", "pattern": "\\$\\{" }));
    assert_eq!(schema["$defs"]["ContainerPart"]["properties"]["image"]["type"], "string");
    insta::assert_snapshot!("schema", format!("{schema:#}"));
}

/// Pieces of files, right and wrong.
fn piece() -> impl Strategy<Value = String> {
    let name = "(container|ports|volumes|network|resources|variables|variables\\.x|health|urls|build|security|logs)";
    prop_oneof![
        name.prop_map(|name| format!("[{name}]\n")),
        name.prop_map(|name| format!("[[{name}]]\n")),
        "(image|name|command|host|container|source|target|memory|pids|default|choices|type|extends|cpus|url)".prop_flat_map(
            |key| {
                let value = "(\"[a-z:/.{}$-]{0,12}\"|-?[0-9]{1,6}|true|\\[\\]|\\[\"a\", 1\\]|\\{ a = 1 \\}|\"\\$\\{x\\}\"|1\\.5)";
                value.prop_map(move |value| format!("{key} = {value}\n"))
            }
        ),
        "[ -~\\n]{0,20}",
    ]
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic_and_each_mistake_has_a_place(pieces in prop::collection::vec(piece(), 0..12)) {
        let text: String = pieces.concat();
        let reading = read(&file("x", &text), &shelf(), &is_check());
        for mistake in &reading.mistakes {
            prop_assert!(mistake.line <= text.matches('\n').count() + 1);
            prop_assert!(mistake.column >= 1);
        }
        if reading.is_right() {
            let written = to_toml(&reading.blueprint).expect("a blueprint has a form in TOML");
            let again = read(&file("x", &written), &[], &is_check());
            prop_assert_eq!(&again.mistakes, &[] as &[Mistake], "{}", written);
            prop_assert_eq!(again.blueprint, reading.blueprint);
        }
    }

    #[test]
    fn a_resolved_blueprint_reads_as_itself(
        name in prop::sample::select(vec!["app-builder", "code-server", "debug-host", "sandbox", "sandbox-light"]),
        command in "[a-z $\\{}'\"-]{0,20}",
        workspace in "(/[a-z]{1,8}|[a-z]{1,8})",
    ) {
        let given = Given { variables: values(&[("workspace", &workspace), ("command", &command)]), own: start().own(), is_check: false };
        let shelf = shelf();
        let file_of = shelf.iter().find(|file| file.name == name).expect("it is carried");
        let reading = read(file_of, &shelf, &given);
        if reading.mistakes.is_empty() {
            let written = to_toml(&reading.blueprint).expect("a blueprint has a form in TOML");
            let again = read(&file(name, &written), &[], &is_check());
            prop_assert_eq!(&again.mistakes, &[] as &[Mistake], "{}", written);
            prop_assert_eq!(again.blueprint, reading.blueprint);
        }
    }
}
