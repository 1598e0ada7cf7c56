//! The `docker` line of every operation is one that docker takes.

use super::harness::*;
use bowline::model::*;
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::process::Command as Program;

/// A command of docker, as far as our lines use it.
struct Docker {
    words: &'static [&'static str],
    switches: &'static [&'static str],
    /// Flags that take a value.
    values: &'static [&'static str],
    operands: RangeInclusive<usize>,
}

const fn of(words: &'static [&'static str], operands: RangeInclusive<usize>) -> Docker {
    Docker { words, switches: &[], values: &[], operands }
}

const SOME: usize = 99;
const MAKING: &[&str] = &[
    "--name",
    "--network",
    "--user",
    "--workdir",
    "--env",
    "--publish",
    "--tmpfs",
    "--volume",
    "--label",
    "--cpus",
    "--memory",
    "--memory-swap",
    "--pids-limit",
    "--restart",
];
const DOCKER: &[Docker] = &[
    of(&["start"], 1..=SOME),
    of(&["stop"], 1..=SOME),
    of(&["restart"], 1..=SOME),
    of(&["pause"], 1..=SOME),
    of(&["unpause"], 1..=SOME),
    of(&["wait"], 1..=SOME),
    Docker { values: &["--signal"], ..of(&["kill"], 1..=SOME) },
    Docker { switches: &["--force", "--volumes"], ..of(&["rm"], 1..=SOME) },
    of(&["rename"], 2..=2),
    Docker {
        values: &["--cpus", "--memory", "--memory-swap", "--pids-limit", "--restart"],
        ..of(&["update"], 1..=SOME)
    },
    of(&["commit"], 1..=2),
    Docker { switches: &["--detach", "--tty", "--interactive", "--rm"], values: MAKING, ..of(&["run"], 1..=SOME) },
    Docker { switches: &["--tty", "--interactive", "--rm"], values: MAKING, ..of(&["create"], 1..=SOME) },
    Docker { switches: &["--force"], ..of(&["rmi"], 1..=SOME) },
    of(&["tag"], 2..=2),
    of(&["volume", "rm"], 1..=SOME),
    Docker { values: &["--driver", "--opt", "--label"], ..of(&["volume", "create"], 0..=1) },
    of(&["network", "rm"], 1..=SOME),
    Docker {
        switches: &["--internal"],
        values: &["--driver", "--subnet", "--gateway", "--opt", "--label"],
        ..of(&["network", "create"], 1..=1)
    },
    Docker { values: &["--alias"], ..of(&["network", "connect"], 2..=2) },
    of(&["network", "disconnect"], 2..=2),
    Docker { switches: &["--all", "--force"], ..of(&["builder", "prune"], 0..=0) },
];

/// Why docker would not take the words; flags stand before the operands.
fn refusal(words: &[String]) -> Option<String> {
    let is_it =
        |known: &&Docker| words.iter().map(String::as_str).take(known.words.len()).eq(known.words.iter().copied());
    let Some(known) = DOCKER.iter().filter(is_it).max_by_key(|known| known.words.len()) else {
        return Some("no such command".into());
    };
    let mut rest = words[known.words.len()..].iter().map(String::as_str).peekable();
    while let Some(flag) = rest.next_if(|word| word.starts_with('-')) {
        match (known.switches.contains(&flag), known.values.contains(&flag)) {
            (true, _) => {}
            (_, true) if rest.next().is_some() => {}
            (_, true) => return Some(format!("{flag} without a value")),
            _ => return Some(format!("no flag {flag}")),
        }
    }
    let operands = rest.count();
    (!known.operands.contains(&operands)).then(|| format!("{operands} operands"))
}

/// The arguments that an operation needs, with all that its line can say and with as little as it can.
fn args(needs: Needs) -> Vec<OperationArgs> {
    let pairs = || vec![("a".to_string(), "two words".to_string())];
    let limits = LimitChange {
        nano_cpus: Some(1_500_000_000),
        memory: Some((64 << 20).into()),
        memory_swap: Some((-1).into()),
        pids: Some(-1),
        restart: Some(Restart::OnFailure(3)),
    };
    let container = NewContainer {
        name: "web".into(),
        image: "nginx:1.27".into(),
        command: vec!["sh".into(), "-c".into(), "exit 1".into()],
        env: vec!["A=-b".into()],
        ports: vec![NewPort::parse("127.0.0.1:53:53/udp").unwrap()],
        mounts: ["data:/d", "/srv:/s:ro", "tmpfs:/t"].map(|form| NewMount::parse(form).unwrap()).to_vec(),
        network: "edge".into(),
        user: "1:1".into(),
        folder: "/work".into(),
        limits: limits.clone(),
        labels: pairs(),
        tty: true,
        auto_remove: true,
        start: true,
    };
    let only_made = NewContainer { start: false, ..container.clone() };
    let volume = NewVolume { name: "data".into(), driver: "local".into(), options: pairs(), labels: pairs() };
    let network = NewNetwork {
        name: "edge".into(),
        driver: "bridge".into(),
        subnet: "10.5.0.0/24".into(),
        gateway: "10.5.0.1".into(),
        internal: true,
        isolated: true,
        labels: pairs(),
    };
    match needs {
        Needs::Nothing | Needs::Signal => vec![OperationArgs::Nothing],
        Needs::Process => vec![OperationArgs::Command("sleep 9".into())],
        Needs::NewName | Needs::TwinName => vec![OperationArgs::Name("new".into())],
        Needs::ImageName => vec![OperationArgs::ImageName(ImageName { name: "team/app:1".into(), holder: None })],
        Needs::Untag => {
            vec![OperationArgs::Nothing, OperationArgs::Untag(Untag { name: "team/app:1".into(), stays: true })]
        }
        Needs::Volume => vec![OperationArgs::Seen(seen("data"))],
        Needs::Limits => vec![OperationArgs::Limits(limits)],
        Needs::NetworkToJoin | Needs::NetworkToLeave => vec![OperationArgs::Joining(Joining {
            network: Id::new(ENGINE, "n1"),
            name: "edge".into(),
            aliases: vec!["a".into(), "b".into()],
        })],
        Needs::NewContainer => [container, only_made, NewContainer { image: "nginx".into(), ..Default::default() }]
            .map(|new| OperationArgs::Container(Box::new(new)))
            .to_vec(),
        Needs::NewVolume => [volume, NewVolume::default()].map(OperationArgs::Volume).to_vec(),
        Needs::NewNetwork => {
            [network, NewNetwork { name: "edge".into(), ..Default::default() }].map(OperationArgs::Network).to_vec()
        }
        Needs::Import => vec![OperationArgs::Transfer(Box::new(Transfer::ImportVolume {
            path: "./a b.tar".into(),
            volume: "data".into(),
            seen: None,
        }))],
        Needs::Copy => vec![OperationArgs::Transfer(Box::new(Transfer::CopyVolume {
            from: seen("data"),
            volume: "other".into(),
            seen: None,
        }))],
    }
}

fn seen(name: &str) -> SeenVolume {
    let volume = Volume {
        id: Id::new(ENGINE, name),
        name: name.into(),
        driver: "local".into(),
        mountpoint: "".into(),
        created: Timestamp(1),
        options: Vec::new(),
        labels: Vec::new(),
    };
    SeenVolume { volume: volume.into(), at: Timestamp(1) }
}

/// The words behind `docker` of each line of an operation; none for those that docker has no command for.
fn lines(kind: OperationKind) -> Vec<Vec<String>> {
    let operation = |args| Operation::with(kind, id("web"), "web", args);
    let lines = args(kind.spec().needs).into_iter().map(|args| operation(args).docker_line());
    lines
        .filter_map(|line| match line {
            DockerLine::Docker(words) | DockerLine::Reading(words, _) => Some(words),
            DockerLine::Other(_) => None,
        })
        .collect()
}

#[test]
fn all_kinds_of_operations_are_known() {
    // There are as many as kinds, or it would not compile; no kind stands there twice.
    let kinds: HashSet<_> = OperationKind::ALL.iter().map(std::mem::discriminant).collect();
    assert_eq!(kinds.len(), OperationKind::ALL.len(), "OperationKind::ALL has one of each");
}

#[test]
fn docker_takes_the_line_of_every_operation() {
    for kind in OperationKind::ALL {
        let lines = lines(kind);
        // A process of the host, and a copy of a configuration: docker has no command for them.
        let has_none = matches!(kind, OperationKind::Signal { .. } | OperationKind::Duplicate);
        assert_eq!(lines.is_empty(), has_none, "{kind:?}");
        for words in lines {
            assert_eq!(refusal(&words), None, "{kind:?}: docker {}", words.join(" "));
        }
    }
}

#[test]
fn the_docker_client_has_the_commands_and_flags_of_our_lines() {
    for known in DOCKER {
        let help = Program::new("docker").args(known.words).arg("--help").output();
        let Ok(help) = help else {
            eprintln!("skipped: there is no docker client");
            return;
        };
        let help = String::from_utf8_lossy(&help.stdout).into_owned();
        assert!(help.contains(&format!("Usage:  docker {}", known.words.join(" "))), "{:?}\n{help}", known.words);
        for (flags, takes_value) in [(known.switches, false), (known.values, true)] {
            for flag in flags {
                // `-f, --force     Force …`, `--cpus decimal   Number …`: the name of a value stands behind one blank.
                let rest = help.lines().find_map(|line| line.split_once(&format!(" {flag} ")).map(|(_, rest)| rest));
                let Some(rest) = rest else { panic!("docker {:?} has no {flag}\n{help}", known.words) };
                assert_eq!(!rest.starts_with(' '), takes_value, "docker {:?} {flag}", known.words);
            }
        }
    }
}
