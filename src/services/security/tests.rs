use super::*;

fn rules() -> Rules {
    Rules::built_in().unwrap()
}

fn subject(object: Value) -> Subject {
    Subject { kind: RuleKind::Container, name: "web-1".into(), id: "abc".into(), project: "shop".into(), object }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn found(object: Value) -> Vec<String> {
    let audit = Audit::of(&rules(), &subject(object), day("2026-11-30"));
    audit.findings.into_iter().map(|finding| finding.rule).collect()
}

/// A container that nothing is said against.
fn safe() -> Value {
    json!({
        "Config": { "User": "1000:1000", "Image": "shop/web:2.4", "Healthcheck": { "Test": ["CMD", "true"] } },
        "HostConfig": {
            "Privileged": false, "ReadonlyRootfs": true, "CapDrop": ["ALL"], "CapAdd": [], "Memory": 1 << 29,
            "NanoCpus": 500_000_000, "PidsLimit": 100, "SecurityOpt": ["no-new-privileges:true"], "NetworkMode": "shop",
            "PidMode": "", "IpcMode": "private", "UTSMode": "", "UsernsMode": "", "Devices": null,
            "PortBindings": { "80/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "8080" }] },
            "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 5 },
            "LogConfig": { "Type": "json-file", "Config": { "max-size": "10m" } }
        },
        "Mounts": [{ "Type": "volume", "Source": "/var/lib/docker/volumes/data/_data", "Destination": "/data", "Propagation": "" }],
        "Secrets": []
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut object = safe();
    *object.pointer_mut(pointer).unwrap() = value;
    object
}

#[test]
fn nothing_is_said_against_a_container_that_is_closed() {
    assert_eq!(found(safe()), [""; 0]);
    assert_eq!(Audit::of(&rules(), &subject(safe()), day("2026-11-30")).score(), 100);
}

#[test]
fn each_opening_is_found_by_its_rule_alone() {
    let mount =
        |source: &str| json!([{ "Type": "bind", "Source": source, "Destination": "/x", "Propagation": "rprivate" }]);
    let cases = [
        ("/HostConfig/Privileged", json!(true), "privileged"),
        ("/Mounts", mount("/srv/docker.sock"), "engine-socket"),
        ("/Mounts", mount("/etc/ssl"), "system-path"),
        ("/Mounts", mount("/"), "system-path"),
        ("/HostConfig/CapAdd", json!(["NET_ADMIN"]), "dangerous-capability"),
        ("/HostConfig/CapDrop", json!(null), "capabilities-kept"),
        ("/HostConfig/NetworkMode", json!("host"), "host-network"),
        ("/HostConfig/NetworkMode", json!("default"), "default-bridge"),
        ("/HostConfig/PidMode", json!("host"), "host-processes"),
        ("/HostConfig/IpcMode", json!("host"), "host-ipc"),
        ("/HostConfig/UTSMode", json!("host"), "host-names"),
        ("/HostConfig/UsernsMode", json!("host"), "host-users"),
        ("/HostConfig/Devices", json!([{ "PathOnHost": "/dev/sda" }]), "host-device"),
        ("/HostConfig/SecurityOpt", json!(["no-new-privileges", "seccomp=unconfined"]), "seccomp-off"),
        ("/HostConfig/SecurityOpt", json!(["no-new-privileges", "apparmor=unconfined"]), "apparmor-off"),
        ("/HostConfig/SecurityOpt", json!(["no-new-privileges", "label=disable"]), "selinux-off"),
        ("/HostConfig/SecurityOpt", json!(null), "new-privileges"),
        ("/Secrets", json!(["DB_PASSWORD"]), "secret-in-environment"),
        ("/Config/User", json!(""), "root-user"),
        ("/Config/User", json!("0:0"), "root-user"),
        ("/HostConfig/ReadonlyRootfs", json!(false), "writable-root"),
        ("/HostConfig/Memory", json!(0), "no-memory-limit"),
        ("/HostConfig/NanoCpus", json!(0), "no-cpu-limit"),
        ("/HostConfig/PidsLimit", json!(null), "no-pids-limit"),
        (
            "/HostConfig/PortBindings",
            json!({ "80/tcp": [{ "HostIp": "", "HostPort": "8080" }] }),
            "published-everywhere",
        ),
        (
            "/HostConfig/PortBindings",
            json!({ "80/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "80" }] }),
            "privileged-port",
        ),
        ("/HostConfig/RestartPolicy", json!({ "Name": "always", "MaximumRetryCount": 0 }), "restarts-for-ever"),
        (
            "/Mounts",
            json!([{ "Type": "bind", "Source": "/srv", "Destination": "/x", "Propagation": "rshared" }]),
            "mount-propagation",
        ),
        ("/Config/Healthcheck", json!(null), "no-health-check"),
        ("/Config/Image", json!("shop/web"), "latest-image"),
        ("/HostConfig/LogConfig/Config", json!({}), "log-without-limit"),
    ];
    for (pointer, value, rule) in &cases {
        assert_eq!(found(with(pointer, value.clone())), [*rule], "{pointer} {value}");
    }
    let all = rules().rules.into_iter().filter(|rule| rule.kind == RuleKind::Container).map(|rule| rule.id);
    let missed: Vec<String> = all.filter(|id| !cases.iter().any(|(.., rule)| rule == id)).collect();
    assert_eq!(missed, [""; 0], "rules that no case shows");
}

#[test]
fn the_score_follows_its_formula_and_the_worst_finding_stands_first() {
    let mut object = with("/HostConfig/Memory", json!(0));
    object["HostConfig"]["Privileged"] = json!(true);
    let audit = Audit::of(&rules(), &subject(object), day("2026-11-30"));
    assert_eq!(audit.findings[0].severity, Severity::Critical);
    assert_eq!(audit.score(), 100 - 50 - 8);
}

#[test]
fn a_waiver_holds_for_what_it_names_until_its_day_and_stays_in_sight() {
    let mut rules = rules();
    let text =
        "[[waivers]]\nrule = \"privileged\"\nname = \"web-*\"\nreason = \"builds images\"\nuntil = \"2026-12-31\"\n";
    rules.add("mine.toml", text).unwrap();
    let audit = |today: &str| Audit::of(&rules, &subject(with("/HostConfig/Privileged", json!(true))), day(today));
    assert_eq!(audit("2026-12-31").score(), 100);
    assert_eq!(audit("2026-12-31").findings[0].waived.as_deref(), Some("builds images (until 2026-12-31)"));
    assert_eq!(audit("2027-01-01").score(), 50);
}

#[test]
fn a_rule_of_the_operators_is_asked_like_any_other() {
    let mut rules = rules();
    let text = "[[rules]]\nid = \"no-team\"\nseverity = \"low\"\nwhen = \"!(Config.Labels.team)\"\ntitle = \"Nobody owns it\"\n\
                means = \"Nobody will mend it.\"\nmend = \"[container] labels = { team = \\\"NAME\\\" }\"\n";
    rules.add("mine.toml", text).unwrap();
    let audit = Audit::of(&rules, &subject(safe()), day("2026-11-30"));
    assert_eq!(audit.findings.iter().map(|finding| finding.rule.as_str()).collect::<Vec<_>>(), ["no-team"]);
}

#[test]
fn mistakes_in_a_file_of_rules_are_told_with_their_lines() {
    let rule = |when: &str| {
        format!(
            "[[rules]]\nid = \"x\"\nseverity = \"low\"\nwhen = \"{when}\"\ntitle = \"t\"\nmeans = \"m\"\nmend = \"m\"\n"
        )
    };
    let wrong = |text: &str| {
        let mistakes = rules().add("mine.toml", text).unwrap_err();
        mistakes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let both = wrong(&format!("{}\n{}", rule("length("), rule("a ==")));
    assert_eq!(both.len(), 2, "{both:?}");
    assert!(both[0].starts_with("mine.toml:1: rule x: when is no JMESPath"), "{both:?}");
    let waiver = "[[waivers]]\nrule = \"privilegd\"\nreason = \"r\"\nuntil = \"2027-01-01\"\n";
    assert!(wrong(waiver)[0].contains("there is no rule 'privilegd'"));
    assert!(wrong(&waiver.replace("privilegd", "privileged").replace("2027-01-01", "soon"))[0].contains("is no day"));
    assert!(wrong("[[rules]]\nid = \"x\"\nseverity = \"terrible\"\n")[0].starts_with("mine.toml:3: "));
}

#[test]
fn reports_name_each_finding_and_sarif_suppresses_what_is_waived() {
    let mut rules = rules();
    let text = "[[waivers]]\nrule = \"no-memory-limit\"\nreason = \"measured\"\nuntil = \"2026-12-31\"\n";
    rules.add("mine.toml", text).unwrap();
    let mut object = with("/HostConfig/Memory", json!(0));
    object["HostConfig"]["Privileged"] = json!(true);
    let audits = [Audit::of(&rules, &subject(object), day("2026-11-30"))];
    let text = plain(&audits);
    assert!(text.contains("It is privileged  [privileged  CIS 5.5]"), "{text}");
    assert!(text.contains("waived: measured (until 2026-12-31)"), "{text}");
    assert!(text.ends_with("1 checked: 1 critical, 0 high, 0 medium, 0 low\n"), "{text}");
    assert_eq!(json(&audits)["checked"][0]["score"], 50);
    let sarif = sarif(&rules, &audits);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(
        (results[0]["level"].as_str(), results[1]["suppressions"][0]["kind"].as_str()),
        (Some("error"), Some("external"))
    );
}

#[test]
fn a_secret_is_named_and_never_shown() {
    let text = r#"{"Config":{"Env":["DB_PASSWORD=hunter2secret","PATH=/bin"]}}"#;
    let document = Document::read(&mut serde_json::Deserializer::from_str(text)).unwrap();
    let subject = Subject::inspected(RuleKind::Container, "db", "1", "", &document);
    let audit = Audit::of(&rules(), &subject, day("2026-11-30"));
    let finding = audit.findings.iter().find(|finding| finding.rule == "secret-in-environment").unwrap();
    assert_eq!(finding.shown, "DB_PASSWORD");
    assert!(!json(&[audit]).to_string().contains("hunter2secret"));
}

#[test]
fn of_a_blueprint_only_what_it_opens_up_is_found() {
    let mut blueprint = Blueprint::default();
    blueprint.container.user = "1000:1000".into();
    blueprint.container.image = "shop/web:2.4".into();
    blueprint.network.name = "shop".into();
    let found = |blueprint: &Blueprint| {
        let audit = Audit::of(&rules(), &Subject::planned(blueprint, "web", "shop"), day("2026-11-30"));
        audit.findings.into_iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    assert_eq!(found(&blueprint), ["no-memory-limit", "no-cpu-limit", "no-health-check", "writable-root"]);
    blueprint.container.environment = [("DB_PASSWORD".to_string(), "planted".to_string())].into();
    blueprint.security.capabilities = vec!["SYS_ADMIN".into()];
    assert_eq!(found(&blueprint)[..2], ["dangerous-capability", "secret-in-environment"]);
}
