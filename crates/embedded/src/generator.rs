//! A generated fleet: any number of mixed synthetic containers that follow from one seed.

use std::collections::BTreeMap;

use super::log_generator::Style;
use super::rng::{Rng, mix};
use super::scenario::{Initial, Kind, Plan, Scenario};
use super::spec::{Health, Port, Restart};
use super::time::SECOND;
use super::units::{Size, Span};
use super::volume::mount::Mount;

/// A trade a container can follow: name, image, log style, lines a second, processors, MiB, limit in MiB, port.
struct ServiceTemplate(&'static str, &'static str, Style, f64, f64, u64, u64, u16);

const TRADES: &[ServiceTemplate] = &[
    ServiceTemplate("web", "nginx:1.27-alpine", Style::Access, 3.0, 0.05, 24, 128, 80),
    ServiceTemplate("api", "ghcr.io/acme/api:4.12.0", Style::Json, 2.0, 0.25, 210, 512, 8080),
    ServiceTemplate("worker", "ghcr.io/acme/worker:4.12.0", Style::Logfmt, 1.0, 0.6, 340, 1024, 0),
    ServiceTemplate("cache", "redis:7.4", Style::Plain, 0.1, 0.02, 64, 256, 6379),
    ServiceTemplate("db", "postgres:16", Style::Database, 0.4, 0.15, 420, 2048, 5432),
    ServiceTemplate("queue", "rabbitmq:3.13", Style::Plain, 0.2, 0.08, 180, 512, 5672),
    ServiceTemplate("search", "opensearch:2.17", Style::Json, 0.3, 0.4, 900, 2048, 9200),
    ServiceTemplate("cron", "alpine:3.20", Style::Quiet, 0.0, 0.001, 3, 64, 0),
];

const PROJECTS: &[&str] = &["shop", "billing", "media", "search", "mail", "ops", "maps", "chat"];

/// The images of the generated containers.
pub(crate) fn images() -> impl Iterator<Item = &'static str> {
    TRADES.iter().map(|trade| trade.1)
}

/// Every container of a scenario, the generated ones too.
pub(crate) fn all_plans(scenario: &Scenario) -> Vec<Plan> {
    let mut plans = scenario.containers.clone();
    plans.extend(plans_of(scenario.fleet, scenario.seed));
    plans
}

/// `count` containers named `web-1`, `api-1` … in natural order of their making.
fn plans_of(count: usize, seed: u64) -> Vec<Plan> {
    (0..count).map(|index| plan(index, seed)).collect()
}

fn plan(index: usize, seed: u64) -> Plan {
    let trade = &TRADES[index % TRADES.len()];
    let number = index / TRADES.len() + 1;
    let rng = &mut Rng::new(mix(seed ^ 0x00f1_ee75, index as u64));
    let project = (rng.below(4) > 0).then(|| rng.pick(PROJECTS).to_string());
    let age = (rng.unit() * rng.unit() * 30.0 * 86_400.0) as i64 + 600;
    let up = (age as f64 * rng.unit()) as i64 + 60;
    let (state, exit_code, oom) = state(rng);
    let health = (state == Initial::Running && rng.below(3) > 0)
        .then(|| if rng.below(25) == 0 { Health::Unhealthy } else { Health::Healthy });
    let memory = (trade.5 as f64 * rng.between(0.5, 1.8)) as u64;
    Plan {
        name: format!("{}-{number}", trade.0),
        image: trade.1.to_string(),
        kind: Kind::Synthetic,
        command: vec![format!("/usr/bin/{}", trade.0)],
        env: vec![format!("SERVICE={}", trade.0)],
        service: project.as_ref().map(|_| trade.0.to_string()),
        project,
        labels: BTreeMap::from([("tier".to_string(), rng.pick(&["front", "back", "data"]).to_string())]),
        ports: ports(trade, index),
        volumes: volumes(trade, number),
        networks: Vec::new(),
        state,
        exit_code,
        oom,
        health,
        age: Span(age * SECOND),
        up: Some(Span(up.min(age) * SECOND)),
        ended: Some(Span((up as f64 * rng.unit()) as i64 * SECOND)),
        restarts: if rng.below(12) == 0 { rng.below(9) as u64 } else { 0 },
        restart: *rng.pick(&[Restart::UnlessStopped, Restart::Always, Restart::No, Restart::OnFailure(3)]),
        tty: false,
        cpu: trade.4 * rng.between(0.3, 2.0),
        cpus: if rng.below(3) == 0 { 2.0 } else { 0.0 },
        memory: Size(memory << 20),
        memory_limit: (rng.below(4) > 0).then_some(Size(trade.6 << 20)),
        net: Size((rng.unit() * 80_000.0) as u64),
        disk: Size((rng.unit() * rng.unit() * 60_000.0) as u64),
        pids: 1 + rng.below(24) as u64,
        log: trade.2,
        rate: trade.3 * rng.between(0.4, 1.6),
        stop_seconds: 0.0,
        stop_code: *rng.pick(&[0, 0, 143]),
        crash_after: 0.0,
        stable: false,
    }
}

/// Most run; the others end in every way there is.
fn state(rng: &mut Rng) -> (Initial, i64, bool) {
    match rng.below(100) {
        0..84 => (Initial::Running, 0, false),
        84..90 => (Initial::Exited, 0, false),
        90..93 => (Initial::Exited, *rng.pick(&[1, 2, 127]), false),
        93..95 => (Initial::Exited, 137, true),
        95..97 => (Initial::Exited, 143, false),
        97..99 => (Initial::Paused, 0, false),
        _ => (Initial::Created, 0, false),
    }
}

fn volumes(trade: &ServiceTemplate, number: usize) -> Vec<Mount> {
    let text = format!("db-{number}-data:/var/lib/postgresql/data");
    Mount::parse(&text).filter(|_| trade.0 == "db").into_iter().collect()
}

fn ports(trade: &ServiceTemplate, index: usize) -> Vec<Port> {
    if trade.7 == 0 {
        return Vec::new();
    }
    let public = (trade.0 == "web").then(|| 20_000 + (index % 40_000) as u16);
    vec![Port { address: "0.0.0.0".into(), public, private: trade.7, protocol: "tcp".into() }]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::names::is_name;

    #[test]
    fn a_fleet_follows_from_its_seed_and_has_distinct_names() {
        let (one, two) = (plans_of(3000, 1), plans_of(3000, 1));
        assert!(one.iter().zip(&two).all(|(a, b)| a.name == b.name && a.cpu == b.cpu && a.state == b.state));
        assert_eq!(one.iter().map(|plan| &plan.name).collect::<HashSet<_>>().len(), 3000);
        assert!(one.iter().all(|plan| is_name(&plan.name)));
        assert!(plans_of(3000, 2).iter().zip(&one).any(|(a, b)| a.cpu != b.cpu));
    }

    #[test]
    fn a_fleet_is_mixed() {
        let fleet = plans_of(1000, 7);
        for state in [Initial::Running, Initial::Exited, Initial::Paused, Initial::Created] {
            assert!(fleet.iter().any(|plan| plan.state == state), "{state:?}");
        }
        assert_eq!(fleet[0].name, "web-1");
        assert_eq!(fleet[8].name, "web-2");
    }
}
