//! Columns and rows of each kind.

use crate::app::widgets::units;
use crate::model::natural_sort;
use crate::model::{Container, Disk, EngineId, Id, Inventory, Snapshot, Timestamp, Tone, Totals};
use crate::services::projects::{Service, projects};
use std::cmp::Ordering;
use std::sync::Arc;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// Its title, and its name in the sort menu in small letters.
    pub title: &'static str,
    /// Its width in columns; the first column takes what is left and at least this.
    pub width: u16,
    /// True for figures: right-aligned, the largest first.
    pub is_figure: bool,
}

pub(super) const fn words(title: &'static str, width: u16) -> Heading {
    Heading { title, width, is_figure: false }
}

pub(super) const fn figure(title: &'static str, width: u16) -> Heading {
    Heading { title, width, is_figure: true }
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its own identity: an image has a row for each of its names.
    pub id: Id,
    /// The object that the row belongs to.
    pub of: Id,
    /// The row that it stands below: a service's project.
    pub under: Option<Id>,
    /// Rows stand below it, folded or not.
    pub holds: bool,
    /// Its name.
    pub name: Arc<str>,
    /// The text of each column.
    pub cells: Vec<String>,
    /// What a column is sorted by where that is a number.
    weights: Vec<f64>,
    /// The state as a tone: in use, not in use, failed.
    pub tone: Tone,
}

impl Row {
    /// True if a cell holds the word, which is in small letters.
    pub fn says(&self, word: &str) -> bool {
        self.cells.iter().any(|cell| cell.to_lowercase().contains(word)) || self.name.to_lowercase().contains(word)
    }

    /// Says beside the name on which engine it is.
    pub(super) fn say_engine(&mut self, snapshot: &Snapshot) {
        if let (Some(cell), Some(engine)) = (self.cells.first_mut(), snapshot.engine_of(&self.of)) {
            cell.push_str(&format!(" on {}", engine.name));
        }
    }

    pub(super) fn compare(&self, other: &Row, column: usize) -> Ordering {
        let weight = |row: &Row| row.weights.get(column).copied().filter(|weight| !weight.is_nan());
        match (weight(self), weight(other)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Greater,
            (None, Some(_)) => Ordering::Less,
            _ => {
                let text = |row: &Row| row.cells.get(column).cloned().unwrap_or_default();
                natural_sort::natural(&text(self), &text(other))
            }
        }
    }
}

/// A cell with a number to sort by, or with none.
type Cell = (String, f64);

fn row(id: Id, name: Arc<str>, tone: Tone, cells: Vec<Cell>) -> Row {
    let (cells, weights) = cells.into_iter().unzip();
    Row { of: id.clone(), under: None, holds: false, id, name, cells, weights, tone }
}

fn text(text: impl Into<String>) -> Cell {
    (text.into(), f64::NAN)
}

fn bytes(size: u64) -> Cell {
    (units::bytes(size as f64), size as f64)
}

fn count(count: usize) -> Cell {
    (count.to_string(), count as f64)
}

fn age(created: Timestamp, now: Timestamp) -> Cell {
    if !created.is_known() {
        return text("");
    }
    let seconds = now.since(created).max(0.0);
    (units::span(seconds), seconds)
}

/// `web-1 +2`: who uses it, in few columns.
fn users(users: &[&Container]) -> Cell {
    let words = match users {
        [] => "–".into(),
        [one] => one.name.to_string(),
        [one, rest @ ..] => format!("{} +{}", one.name, rest.len()),
    };
    text(words)
}

/// The containers that use an image, by its identity.
pub fn users_of_image<'a>(snapshot: &'a Snapshot, id: &Id) -> Vec<&'a Container> {
    using(snapshot, id.engine(), |container| *container.ties.image == *id.raw())
}

/// The containers that mount a volume.
pub fn users_of_volume<'a>(snapshot: &'a Snapshot, engine: EngineId, name: &str) -> Vec<&'a Container> {
    using(snapshot, engine, |container| container.ties.mounts.iter().any(|mount| mount.volume.as_deref() == Some(name)))
}

/// The containers on a network.
pub fn members_of_network<'a>(snapshot: &'a Snapshot, engine: EngineId, name: &str) -> Vec<&'a Container> {
    using(snapshot, engine, |container| container.networks.iter().any(|network| **network == *name))
}

fn using(snapshot: &Snapshot, engine: EngineId, uses: impl Fn(&Container) -> bool) -> Vec<&Container> {
    let of_engine = snapshot.containers.values().map(|container| &**container).filter(|one| one.id.engine() == engine);
    let mut users: Vec<&Container> = of_engine.filter(|one| uses(one)).collect();
    users.sort_by(|a, b| natural_sort::natural(&a.name, &b.name));
    users
}

fn use_tone(used: bool) -> Tone {
    if used { Tone::Good } else { Tone::Plain }
}

/// A row for each name; one for an image without any.
pub(super) fn images(snapshot: &Snapshot, now: Timestamp) -> Vec<Row> {
    let rows = |image: &Arc<crate::model::Image>| {
        let used = users_of_image(snapshot, &image.id);
        let tone = if image.is_dangling() && used.is_empty() { Tone::Warn } else { use_tone(!used.is_empty()) };
        let of = |name: &str, id: Id, shown: Arc<str>| {
            let cells = vec![text(name), bytes(image.size), age(image.created, now), users(&used), text(image.short())];
            Row { of: image.id.clone(), ..row(id, shown, tone, cells) }
        };
        if image.is_dangling() {
            let shown = image.repository().map_or("<none>".to_string(), |name| format!("{name} <none>"));
            return vec![of(&shown, image.id.clone(), image.name())];
        }
        let named = |tag: &Arc<str>| {
            let id = Id::new(image.id.engine(), format!("{} {tag}", image.id.raw()));
            of(tag, id, tag.clone())
        };
        image.tags.iter().map(named).collect::<Vec<_>>()
    };
    snapshot.images().flat_map(rows).collect()
}

pub(super) fn volumes(snapshot: &Snapshot, now: Timestamp) -> Vec<Row> {
    let volumes = snapshot.volumes();
    let row = |volume: &Arc<crate::model::Volume>| {
        let used = users_of_volume(snapshot, volume.id.engine(), &volume.name);
        let size = snapshot.volume_size(volume.id.engine(), &volume.name);
        let name: &str = if volume.is_anonymous() { volume.name.get(..12).unwrap_or_default() } else { &volume.name };
        let shown = if volume.is_anonymous() { format!("{name}… anonymous") } else { name.to_string() };
        let cells = vec![
            text(shown),
            size.map_or_else(|| text("–"), bytes),
            age(volume.created, now),
            users(&used),
            text(&*volume.driver),
        ];
        row(volume.id.clone(), name.into(), use_tone(!used.is_empty()), cells)
    };
    volumes.map(row).collect()
}

pub(super) fn networks(snapshot: &Snapshot, now: Timestamp) -> Vec<Row> {
    let networks = snapshot.networks();
    let row = |network: &Arc<crate::model::Network>| {
        let members = members_of_network(snapshot, network.id.engine(), &network.name);
        let subnet = network.subnets.first().map_or("–", |(subnet, _)| subnet);
        let kind = match (network.is_built_in(), network.internal, network.isolates()) {
            (true, ..) => "built in",
            (_, true, true) => "internal isolated",
            (_, true, false) => "internal",
            (_, false, true) => "isolated",
            _ => "",
        };
        let cells = vec![
            text(&*network.name),
            count(members.len()),
            text(subnet),
            text(&*network.driver),
            age(network.created, now),
            text(kind),
        ];
        row(network.id.clone(), network.name.clone(), use_tone(!members.is_empty()), cells)
    };
    networks.map(row).collect()
}

/// A row for each project, and behind it one for each of its services.
pub(super) fn projects_and_services(snapshot: &Snapshot) -> Vec<Row> {
    let mut rows = Vec::new();
    for project in projects(snapshot) {
        let cells = |name: &str, services: Cell, state: String, totals: &Totals| {
            vec![
                text(name),
                text(state),
                services,
                totals.cpu.map_or_else(|| text(""), |cpu| (units::whole_percent(cpu), cpu)),
                totals.memory.map_or_else(|| text(""), |used| (units::memory(used as f64), used as f64)),
            ]
        };
        let totals = Totals::over(project.containers(), snapshot);
        let (state, tone) = standing(&totals);
        let shown = cells(&project.name, count(project.services.len()), state, &totals);
        rows.push(row(project.id.clone(), project.name.clone(), tone, shown));
        for Service { id, name, containers, .. } in &project.services {
            let totals = Totals::over(containers.iter(), snapshot);
            let (state, tone) = standing(&totals);
            let below = row(id.clone(), name.clone(), tone, cells(name, text(""), state, &totals));
            rows.push(Row { of: project.id.clone(), under: Some(project.id.clone()), ..below });
        }
    }
    rows
}

/// How many of several containers run, in few words.
fn standing(totals: &Totals) -> (String, Tone) {
    let (alive, all) = (totals.running + totals.paused, totals.all);
    match (alive, totals.failed) {
        (_, 1..) => (format!("{alive}/{all}, {} failed", totals.failed), Tone::Bad),
        (0, _) => ("stopped".into(), Tone::Plain),
        (some, _) if some < all => (format!("{some}/{all} running"), Tone::Warn),
        _ => (format!("{all} running"), Tone::Good),
    }
}

/// What the rows of the disk are about, in their order.
pub const ON_DISK: [&str; 4] = ["images", "containers", "volumes", "build cache"];

/// The disk of each engine; where there are several it is said whose it is.
pub(super) fn on_disk(snapshot: &Snapshot) -> Vec<Row> {
    let of_engine = |(engine, inventory): (&EngineId, &Arc<Inventory>)| {
        let of = snapshot.engines.get(engine).filter(|_| snapshot.engines.len() > 1);
        let of = of.map(|engine| format!(" of {}", engine.name)).unwrap_or_default();
        inventory.disk.as_ref().map(|disk| disk_rows(*engine, &of, disk))
    };
    snapshot.inventories.iter().filter_map(of_engine).flatten().collect()
}

fn disk_rows(engine: EngineId, of: &str, disk: &Disk) -> Vec<Row> {
    let shares = [disk.images, disk.containers, disk.volumes, disk.cache];
    let row = |(name, share): (&'static str, crate::model::DiskUsage)| {
        let tone = if share.free > 0 { Tone::Warn } else { Tone::Plain };
        let cells = vec![
            text(format!("{name}{of}")),
            bytes(share.size),
            bytes(share.free),
            count(share.count),
            count(share.used),
        ];
        row(Id::new(engine, name), name.into(), tone, cells)
    };
    ON_DISK.into_iter().zip(shares).map(row).collect()
}
