//! Facts, messages, tables, frames.

use crate::world::{ENGINE, SIZE, app, app_of, container, key, look, samples, world};
use bowline::app::{Column, FleetList, Grouping, Msg, update};
use bowline::model::*;
use bowline::ui::draw;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::hint::black_box;
use std::sync::Arc;

fn frames(criterion: &mut Criterion) {
    let look = look();
    let mut group = criterion.benchmark_group("frame");
    for (size, count) in [(SIZE, 10), (SIZE, 1000), ((200, 50), 50), ((80, 24), 50)] {
        let app = app_of(size, count);
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
        group.throughput(Throughput::Elements(u64::from(size.0) * u64::from(size.1)));
        group.bench_function(format!("{}x{}, {count} containers", size.0, size.1), |bencher| {
            bencher.iter(|| {
                buffer.reset();
                black_box(draw(&app, &look, &mut buffer))
            });
        });
    }
}

fn messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("message");
    for count in [10, 1000] {
        let mut app = app(count);
        let world = app.snapshot.clone();
        group.bench_function(format!("key at {count}"), |bencher| bencher.iter(|| update(&mut app, key('j'))));
        group.bench_function(format!("new figures of {count}"), |bencher| {
            bencher.iter(|| update(&mut app, Msg::Store(world.clone())));
        });
        let other = Arc::new(Snapshot { containers: Arc::new((*world.containers).clone()), ..(*world).clone() });
        let mut turns = [other, world].into_iter().cycle();
        group.bench_function(format!("a changed list of {count}"), |bencher| {
            bencher.iter(|| update(&mut app, Msg::Store(turns.next().expect("they go round"))));
        });
    }
}

/// The rows in order, and with a filter as it is typed.
fn tables(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("table");
    for count in [1_000, 10_000] {
        let world = world(count);
        group.throughput(Throughput::Elements(count as u64));
        for column in ["name", "cpu"].map(|name| Column::named(name).expect("there is one")) {
            let mut list = FleetList::new(Column::defaults(), column);
            let id = BenchmarkId::new(format!("build, by {}", column.name), count);
            group.bench_function(id, |bencher| bencher.iter(|| list.rebuild(&world)));
        }
        let mut list = FleetList::new(Column::defaults(), Column::default());
        list.group_by(Grouping::Project, &world);
        let id = BenchmarkId::new("build, grouped by project", count);
        group.bench_function(id, |bencher| bencher.iter(|| list.rebuild(&world)));
        for text in ["web-7", "project:shop", "wb9 !api"] {
            let mut list = FleetList::new(Column::defaults(), Column::default());
            let id = BenchmarkId::new(format!("filter {text:?}"), count);
            group.bench_function(id, |bencher| bencher.iter(|| list.set_filter(text, &world)));
        }
    }
}

fn folding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(10_000));
    let many = |fact: &dyn Fn(usize) -> Fact| (0..10_000).map(fact).collect::<Vec<Fact>>();
    let samples: Vec<Fact> = (60..70).map(|second| samples(1000, second)).collect();
    let changes = many(&|number| {
        let state = if number % 2 == 0 { State::Exited } else { State::Running };
        Fact::Container(Container { state, ..container(number % 1000) })
    });
    for (name, facts) in [("10k samples over 1000 containers", samples), ("10k changes of 1000 containers", changes)] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (world(1000), facts.clone()),
                |(mut world, facts)| {
                    for fact in facts {
                        fold(&mut world, fact);
                    }
                    world
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("a list of 1000", |bencher| {
        let list = || Fact::Containers(ENGINE, (0..1000).map(container).collect());
        bencher.iter_batched(
            || (world(1000), list()),
            |(mut world, list)| {
                fold(&mut world, list);
                world
            },
            BatchSize::LargeInput,
        );
    });
}

criterion_group!(benches, frames, messages, tables, folding);
