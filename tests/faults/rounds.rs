//! Randomized rounds: some faults at once, with random parameters, while containers come, write, die and go; then all heal,
//! and everything must hold.
//!
//! `BOWLINE_FAULT_SEED` repeats a run, `BOWLINE_FAULT_ROUNDS` makes it longer: `benches/faults.md` has the result of a long one.

use super::bed::Bed;
use super::dice::Dice;
use crate::support::docker::{self, Docker, TestContainer};
use crate::support::proxy::{Answer, Spoil};
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Rounds of an ordinary run.
const ROUNDS: u64 = 20;
/// Beds beside each other, each with a store, a proxy and containers of its own.
const BEDS: u64 = 10;

/// The parts of paths that faults are aimed at.
const PATHS: [&str; 6] = ["/", "/logs", "/events", "/containers/json", "/stats", "/json"];
/// Bodies that are no answer to anything.
const BODIES: [&str; 6] = ["", "{", "[{\"Id\":", "{}", "null", "[null]"];
const STATUSES: [u16; 8] = [400, 401, 403, 404, 409, 429, 500, 503];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

#[test]
fn randomized_rounds() {
    let Some(docker) = docker::engine() else { return };
    let by_the_clock = || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64;
    let seed = number("BOWLINE_FAULT_SEED").unwrap_or_else(by_the_clock);
    let rounds = number("BOWLINE_FAULT_ROUNDS").unwrap_or(ROUNDS);
    println!("seed: BOWLINE_FAULT_SEED={seed}, {rounds} rounds");
    let start = Instant::now();
    let beds = BEDS.min(rounds);
    let threads: Vec<_> = (0..beds)
        .map(|bed| {
            let docker = docker.clone();
            let mine = rounds / beds + u64::from(bed < rounds % beds);
            std::thread::spawn(move || one_bed(docker, seed, bed, mine))
        })
        .collect();
    let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
    let mut failures = Vec::new();
    for (bed, thread) in threads.into_iter().enumerate() {
        match thread.join() {
            Ok(counts) => counts.into_iter().for_each(|(kind, count)| *kinds.entry(kind).or_default() += count),
            Err(_) => failures.push(bed),
        }
    }
    println!("{rounds} rounds in {:?}, faults by kind: {kinds:?}", start.elapsed());
    assert!(failures.is_empty(), "BOWLINE_FAULT_SEED={seed} BOWLINE_FAULT_ROUNDS={rounds}: beds {failures:?} failed");
}

/// Plays rounds on a runtime of its own, so that its tasks can be counted.
fn one_bed(docker: Docker, seed: u64, number: u64, rounds: u64) -> BTreeMap<&'static str, u32> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let mut bed = Bed::make(docker, "rounds").await;
        let mut kinds = BTreeMap::new();
        let mut extras = Vec::new();
        let mut dice = Dice::new(seed.wrapping_add(number));
        for round in 0..rounds {
            let mut told = Vec::new();
            for _ in 0..dice.within(1..=3) {
                let (kind, words) = order(&bed, &mut dice);
                *kinds.entry(kind).or_default() += 1;
                told.push(words);
                bed.note(format!("BOWLINE_FAULT_SEED={seed}, bed {number}, round {round}: {told:?}"));
                live(&bed, &mut dice, &mut extras);
                tokio::time::sleep(Duration::from_millis(dice.within(0..=700))).await;
            }
            live(&bed, &mut dice, &mut extras);
            bed.proxy.heal();
            bed.proxy.accept();
            bed.is_well("healed").await;
        }
        kinds
    })
}

/// Orders one fault; its kind, and what it is in words.
fn order(bed: &Bed, dice: &mut Dice) -> (&'static str, String) {
    let proxy = &bed.proxy;
    let path = dice.one_of(&PATHS);
    // Half of the time what is open is cut, so that the fault meets a new beginning too.
    let cut = dice.within(0..=1) == 0;
    let (kind, words) = match dice.within(0..=12) {
        0 => ("cut at once", String::new()),
        1 => {
            let (bytes, times) = (dice.within(0..=5000), dice.within(1..=4) as u32);
            proxy.cut_after(path, bytes, times);
            ("cut in mid-frame", format!("{path} after {bytes} bytes, {times} times"))
        }
        2 => {
            proxy.stall(true);
            ("stall", String::new())
        }
        3 => {
            proxy.stall_responses(path);
            ("stall of one kind of response", path.to_owned())
        }
        4 => {
            proxy.trickle();
            ("trickle", String::new())
        }
        5 => {
            let delay = dice.within(10..=400);
            proxy.delay(Duration::from_millis(delay));
            ("delay", format!("{delay} ms"))
        }
        6 => {
            if dice.within(0..=1) == 0 {
                proxy.refuse()
            } else {
                proxy.vanish()
            }
            ("refusal to connect", String::new())
        }
        7 => {
            let status = STATUSES[dice.within(0..=STATUSES.len() as u64 - 1) as usize];
            let each = dice.within(1..=3) as u32;
            proxy.answer_each(path, Answer::Status(status, "by chance".into()), each);
            ("4xx and 5xx", format!("{status} for each {each}. {path}"))
        }
        8 => {
            proxy.answer(path, Answer::Html(200));
            ("HTML", path.to_owned())
        }
        9 => {
            let body = dice.one_of(&BODIES);
            proxy.answer(path, Answer::Body(body.to_owned()));
            ("wrong JSON", format!("{body:?} for {path}"))
        }
        10 => {
            let bytes = dice.within(0..=3000) as usize;
            proxy.truncate(path, bytes);
            ("truncated body", format!("{path} after {bytes} bytes"))
        }
        11 => {
            let bytes = dice.within(1..=30 << 20);
            let answers = [Answer::Garbage, Answer::Nothing, Answer::Flood(bytes), Answer::EndlessHeader(bytes)];
            let answer = answers[dice.within(0..=3) as usize].clone();
            proxy.answer(path, answer.clone());
            ("no HTTP, flood, endless header", format!("{answer:?} for {path}"))
        }
        _ => {
            let half = vec![1, 0, 0, 0, 0][..dice.within(0..=5) as usize].to_vec();
            let spoils = [Spoil::End(half.clone()), Spoil::Break(half), Spoil::Flood(dice.within(20..=5 << 20))];
            let spoil = spoils[dice.within(0..=2) as usize].clone();
            let after = dice.within(0..=3000);
            proxy.spoil("/logs", after, spoil.clone());
            ("half a frame header, garbage in a stream", format!("{spoil:?} after {after} bytes"))
        }
    };
    if cut || matches!(kind, "cut at once" | "refusal to connect") {
        proxy.cut_all();
    }
    (kind, format!("{kind} {words}{}", if cut { ", all cut" } else { "" }))
}

/// Something happens on the engine itself, whatever lies between.
fn live(bed: &Bed, dice: &mut Dice, extras: &mut Vec<TestContainer>) {
    tokio::task::block_in_place(|| match dice.within(0..=4) {
        0 if extras.len() < 4 => {
            let code = dice.within(0..=5);
            extras.push(bed.docker.run(&bed.own_name("ends"), &format!("echo ends; exit {code}")));
        }
        1 if extras.len() < 4 => extras.push(bed.docker.run(&bed.own_name("runs"), "echo runs; sleep 3600")),
        2 if !extras.is_empty() => drop(extras.remove(dice.within(0..=extras.len() as u64 - 1) as usize)),
        3 if !extras.is_empty() => {
            let extra = &extras[dice.within(0..=extras.len() as u64 - 1) as usize];
            extra.post("restart?t=0");
        }
        _ => {}
    });
}
