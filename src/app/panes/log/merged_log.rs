//! Several containers whose logs are read as one: who they are, how each stream is doing, how far back they are whole.

use super::held_back::HeldBack;
use super::pages::Pages;
use super::short_names::{ShortNames, short_names};
use super::view::Anchor;
use crate::app::panes::fleet::Place;
use crate::model::{Batch, Container, Id, Kind, LineMark, LogState, Problem, Snapshot, Source, StreamId, Timestamp};
use std::sync::Arc;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Containers that are followed at once: each takes a connection to the engine, which may be a process of its own.
pub const TOGETHER: usize = 64;
/// Lines of history asked of each, where the share of each would be smaller.
const HISTORY_LEAST: usize = 100;
/// Lines asked of a container that joins: all that it can have said since the log was opened.
const HISTORY_OF_NEWCOMER: usize = 100_000;
/// Columns below which a title tells nothing.
const SHORTEST_TITLE: usize = 14;
/// The engine's own message size: a longer line counts as several where it is asked for lines.
const MESSAGE: usize = 16 * 1024;

/// The containers of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceSet {
    /// These and no others.
    Chosen,
    /// Those of a compose project, also those to come.
    Project(Arc<str>),
    /// Those of a service of a compose project, also those to come.
    Service(Arc<str>, Arc<str>),
}

impl SourceSet {
    /// What some containers have in common: they are all there are of a service or of a project.
    pub fn of(some: &[Arc<Container>], snapshot: &Snapshot) -> SourceSet {
        let Some(first) = some.first() else { return SourceSet::Chosen };
        let project = first.project().map(|project| SourceSet::Project(project.into()));
        let both = first.project().zip(first.service());
        let service = both.map(|(project, service)| SourceSet::Service(project.into(), service.into()));
        let is_all = |members: &SourceSet| {
            let engine = first.id.engine();
            let all = snapshot.containers.values().filter(|one| one.id.engine() == engine && members.have(one)).count();
            all == some.len() && some.iter().all(|one| one.id.engine() == engine && members.have(one))
        };
        [project, service].into_iter().flatten().find(is_all).unwrap_or(SourceSet::Chosen)
    }

    /// True if a container belongs to them by its labels.
    pub fn have(&self, container: &Container) -> bool {
        match self {
            SourceSet::Chosen => false,
            SourceSet::Project(project) => container.project() == Some(project),
            SourceSet::Service(project, service) => {
                container.project() == Some(project) && container.service() == Some(service)
            }
        }
    }
}

/// One of the containers.
#[derive(Debug, Clone)]
pub struct LogSource {
    /// The container's id.
    pub id: Id,
    /// The name beside its lines.
    pub label: String,
    /// Its stream.
    pub stream: StreamId,
    /// How the stream is doing; none until it has answered.
    pub state: Option<LogState>,
    /// The stream is over, and why, if there is a reason.
    pub over: Option<Option<Problem>>,
    /// The container is there no more.
    pub gone: bool,
    name: String,
    service: Option<String>,
    number: Option<String>,
    /// Lines of history that are asked for, and lines that came, as the engine counts them.
    asked: usize,
    /// Lines before this moment are not asked for.
    since: Option<Timestamp>,
    came: usize,
    /// What came up to this moment may be history; unknown where the engine does not tell the time.
    history_until: Option<Timestamp>,
    /// Moment of the first line that came.
    oldest: Option<Timestamp>,
    /// It is not known yet whether the engine holds older lines than those that came.
    may_be_cut: bool,
    /// By what moment its last line was placed.
    pub(super) latest: Timestamp,
    /// What it said before this was told by older pages.
    pub(super) told_before: Timestamp,
    /// Older pages have told nothing before this.
    pub(super) told_from: Timestamp,
    /// The engine holds no older lines of it.
    pub(super) at_start: bool,
    pub(super) partial: Option<Batch>,
}

impl LogSource {
    fn new(container: &Container, stream: StreamId, asked: usize) -> LogSource {
        LogSource {
            id: container.id.clone(),
            label: String::new(),
            stream,
            state: None,
            over: None,
            gone: false,
            name: container.name.to_string(),
            service: container.service().map(str::to_string),
            number: container.service_number().map(str::to_string),
            asked,
            since: None,
            came: 0,
            history_until: None,
            oldest: None,
            may_be_cut: true,
            latest: Timestamp(i64::MIN),
            told_before: Timestamp(i64::MIN),
            told_from: Timestamp(i64::MAX),
            at_start: false,
            partial: None,
        }
    }

    /// Its name, as far as known.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The reason why its log cannot be read, or not now.
    pub fn problem(&self) -> Option<&Problem> {
        match (&self.over, &self.state) {
            (Some(problem), _) => problem.as_ref(),
            (None, Some(LogState::Reconnecting(problem))) => Some(problem),
            (None, _) => None,
        }
    }

    /// The source of its log.
    pub fn source(&self) -> Source {
        Source::Logs { id: self.id.clone(), tail: self.asked, since: self.since }
    }

    /// Learns up to which moment its lines may be history.
    pub(super) fn learn(&mut self, history_until: Timestamp) {
        self.history_until = Some(history_until);
    }

    /// Counts lines of history that came. Says from which moment on all that it said is there, where there may be older lines:
    /// as many came as were asked for.
    pub(super) fn count(&mut self, lines: &[LineMark]) -> Option<Timestamp> {
        let first = lines.first()?.at;
        let oldest = *self.oldest.get_or_insert(first);
        for mark in lines {
            if !self.may_be_cut {
                break;
            }
            let is_new = self.history_until.is_some_and(|until| mark.at > until);
            if !is_new {
                let messages = 1 + (mark.len as usize + usize::from(mark.cut_kib) * 1024) / MESSAGE;
                self.came = self.came.saturating_add(messages);
            }
            let is_cut = self.came >= self.asked;
            self.may_be_cut = !is_cut && !is_new;
            // What older pages have told is not missing.
            if is_cut && oldest >= self.told_before {
                return Some(oldest);
            }
        }
        None
    }

    /// True if an engine can be asked for its older lines, and may hold some.
    pub(super) fn may_tell(&self) -> bool {
        !self.at_start && !self.gone && self.over.is_none()
    }
}

/// The number of streams in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamStatus {
    /// New lines come when the container writes some.
    pub stream: usize,
    /// The container does not run.
    pub quiet: usize,
    /// Cut off and resuming, or over for a reason.
    pub broken: usize,
    /// The container is there no more.
    pub gone: usize,
    /// Not answered yet.
    pub opening: usize,
}

/// Lines that belong among those that are being read: they wait until the reader looks elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Late {
    pub batch: Batch,
    pub latest: Timestamp,
}

/// Several containers whose logs are read as one.
#[derive(Debug, Clone)]
pub struct MergedLog {
    /// The set of containers that it follows.
    pub members: SourceSet,
    /// Each of them, in the order in which they came. A line tells its place here.
    pub voices: Vec<LogSource>,
    /// Containers that belong to them and are not followed: there are too many.
    pub left_out: usize,
    /// The list from which the log was opened.
    pub from: Kind,
    /// The row of the list that the cursor was on.
    pub(in crate::app) beside: Option<Place>,
    /// From here on no line of any of them is missing; what is older is told by older pages.
    pub(super) whole_from: Timestamp,
    pub(super) late: Vec<Late>,
    /// The place that was read when they came.
    pub(super) late_for: Option<Anchor>,
    pub(super) pages: Pages,
    pub(super) aside: HeldBack,
    /// Its lines are those from a moment on: how many lie behind them is not known.
    pub(super) is_part: bool,
    longest: usize,
}

impl MergedLog {
    /// The logs of these containers. `wire` gives a stream for each; `tail` is how many lines of history are wanted in all.
    pub fn new(
        containers: &[Arc<Container>],
        members: SourceSet,
        from: Kind,
        tail: usize,
        mut stream: impl FnMut() -> StreamId,
    ) -> MergedLog {
        let share = (tail / containers.len().max(1)).max(HISTORY_LEAST.min(tail));
        let voices =
            containers.iter().take(TOGETHER).map(|container| LogSource::new(container, stream(), share)).collect();
        let mut merge = MergedLog {
            members,
            voices,
            left_out: containers.len().saturating_sub(TOGETHER),
            from,
            beside: None,
            whole_from: Timestamp(i64::MIN),
            late: Vec::new(),
            late_for: None,
            pages: Pages::default(),
            aside: HeldBack::default(),
            is_part: false,
            longest: 0,
        };
        merge.name_all();
        merge
    }

    /// The same log opened anew from its tail: of those that are there still.
    pub fn reopened(
        &self,
        snapshot: &Snapshot,
        (tail, since): (usize, Option<Timestamp>),
        stream: impl FnMut() -> StreamId,
    ) -> MergedLog {
        let there = self.voices.iter().filter_map(|voice| snapshot.containers.get(&voice.id).cloned());
        let containers: Vec<Arc<Container>> = there.collect();
        let mut merge = MergedLog::new(&containers, self.members.clone(), self.from, tail, stream);
        merge.beside.clone_from(&self.beside);
        merge.voices.iter_mut().for_each(|voice| voice.since = since);
        merge
    }

    /// The same log without lines, of which those from a moment on are read next. What is older is told by older pages.
    pub(super) fn from(&self, moment: Timestamp) -> MergedLog {
        let mut merge = self.clone();
        (merge.whole_from, merge.is_part) = (moment, true);
        (merge.late, merge.late_for) = (Vec::new(), None);
        (merge.pages, merge.aside) = (Pages::default(), HeldBack::default());
        for voice in &mut merge.voices {
            (voice.told_before, voice.told_from) = (Timestamp(i64::MIN), Timestamp(i64::MAX));
            (voice.at_start, voice.partial) = (false, None);
        }
        merge
    }

    /// The title: `shop — 5 containers`.
    pub fn title(&self) -> String {
        match self.there() {
            1 => self.titled("1 container"),
            count => self.titled(&format!("{count} containers")),
        }
    }

    /// The same in so many columns, if that is not too few to tell anything: `shop — 5`, `a-long-na… — 5`.
    pub fn short_title(&self, columns: usize) -> String {
        let title = self.titled(&self.there().to_string());
        let Some((name, count)) = title.rsplit_once(" — ") else { return title };
        let room = columns.max(SHORTEST_TITLE).saturating_sub(count.width() + 3);
        if name.width() <= room {
            return title;
        }
        let mut cut = String::new();
        for character in name.chars() {
            if cut.width() + character.width().unwrap_or(0) + 1 > room {
                break;
            }
            cut.push(character);
        }
        format!("{cut}… — {count}")
    }

    /// Containers that are there.
    fn there(&self) -> usize {
        self.voices.iter().filter(|voice| !voice.gone).count()
    }

    fn titled(&self, count: &str) -> String {
        match &self.members {
            SourceSet::Project(project) => format!("{project} — {count}"),
            SourceSet::Service(project, service) => format!("{project} {service} — {count}"),
            SourceSet::Chosen => match self.voices.as_slice() {
                [one] => one.name.clone(),
                _ => format!("— {count}"),
            },
        }
    }

    /// The state of the streams.
    pub fn doing(&self) -> StreamStatus {
        let mut doing = StreamStatus::default();
        for voice in &self.voices {
            let counted = match (&voice.state, &voice.over) {
                _ if voice.gone => &mut doing.gone,
                (_, Some(Some(_))) | (Some(LogState::Reconnecting(_)), None) => &mut doing.broken,
                (_, Some(None)) | (Some(LogState::Waiting), None) => &mut doing.quiet,
                (Some(LogState::Following), None) => &mut doing.stream,
                (None, None) => &mut doing.opening,
            };
            *counted += 1;
        }
        doing
    }

    /// Columns of the longest name.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// The member that a stream belongs to.
    pub(super) fn index(&self, stream: StreamId) -> Option<usize> {
        self.voices.iter().position(|voice| voice.stream == stream)
    }

    /// Takes in which containers there are now. Those that came and belong here join.
    pub fn follow(&mut self, snapshot: &Snapshot, mut stream: impl FnMut() -> StreamId) {
        for voice in &mut self.voices {
            let container = snapshot.containers.get(&voice.id);
            // An engine that is away has lost nothing.
            voice.gone = container.is_none() && !snapshot.is_stale(&voice.id);
            if let Some(container) = container {
                voice.name = container.name.to_string();
            }
        }
        let engine = self.voices.first().map(|voice| voice.id.engine());
        let new = |container: &&Arc<Container>| {
            self.members.have(container)
                && Some(container.id.engine()) == engine
                && !self.voices.iter().any(|voice| voice.id == container.id)
        };
        let new: Vec<Arc<Container>> = snapshot.containers.values().filter(new).cloned().collect();
        let living = self.voices.iter().filter(|voice| voice.over.is_none()).count();
        // Those that are gone keep their lines and their place; their number is bounded as well.
        let room = TOGETHER.saturating_sub(living).min(usize::from(u16::MAX) - self.voices.len());
        self.left_out = new.len().saturating_sub(room);
        let joining = new.iter().take(room);
        self.voices.extend(joining.map(|container| LogSource::new(container, stream(), HISTORY_OF_NEWCOMER)));
        self.name_all();
    }

    /// What is called alike is told apart; one that is gone may be called like the one that took its place.
    fn name_all(&mut self) {
        for gone in [false, true] {
            let of: Vec<usize> = (0..self.voices.len()).filter(|index| self.voices[*index].gone == gone).collect();
            let called = of.iter().map(|index| {
                let LogSource { name, service, number, .. } = &self.voices[*index];
                ShortNames { name, service: service.as_deref(), number: number.as_deref() }
            });
            let names = short_names(&called.collect::<Vec<_>>());
            for (index, name) in of.into_iter().zip(names) {
                // Who went keeps the name that stands beside his lines.
                if !gone || self.voices[index].label.is_empty() {
                    self.voices[index].label = name;
                }
            }
        }
        self.longest = self.voices.iter().map(|voice| voice.label.width()).max().unwrap_or(0);
    }

    /// Lines that wait for the reader to look elsewhere.
    pub(super) fn waiting(&self) -> usize {
        self.late.iter().map(|late| late.batch.lines.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{container, snapshot as world};

    fn of(project: &str, service: &str, number: u8) -> Arc<Container> {
        let mut one = container(&format!("{project}-{service}-{number}"));
        one.labels = vec![
            ("com.docker.compose.container-number".into(), number.to_string().into()),
            ("com.docker.compose.project".into(), project.into()),
            ("com.docker.compose.service".into(), service.into()),
        ];
        Arc::new(one)
    }

    fn with(containers: &[Arc<Container>]) -> Snapshot {
        let mut snapshot = world(&["stranger"]);
        Arc::make_mut(&mut snapshot.containers).extend(containers.iter().map(|one| (one.id.clone(), one.clone())));
        snapshot
    }

    fn wires() -> impl FnMut() -> StreamId {
        let mut last = 0;
        move || {
            last += 1;
            StreamId(last)
        }
    }

    #[test]
    fn what_all_have_in_common_says_who_joins_later() {
        let all = [of("shop", "web", 1), of("shop", "web", 2), of("shop", "db", 1), of("mail", "mx", 1)];
        let snapshot = with(&all);
        assert_eq!(SourceSet::of(&all[..3], &snapshot), SourceSet::Project("shop".into()));
        assert_eq!(SourceSet::of(&all[..2], &snapshot), SourceSet::Service("shop".into(), "web".into()));
        assert_eq!(SourceSet::of(&all[1..3], &snapshot), SourceSet::Chosen, "a web is missing");
        assert_eq!(SourceSet::of(&all[2..], &snapshot), SourceSet::Chosen);
    }

    #[test]
    fn a_container_that_starts_later_joins_and_one_that_goes_keeps_its_name() {
        let mut wires = wires();
        let first = [of("shop", "web", 1), of("shop", "db", 1)];
        let mut merge = MergedLog::new(&first, SourceSet::Project("shop".into()), Kind::Container, 1000, &mut wires);
        assert_eq!(merge.title(), "shop — 2 containers");
        let second = [of("shop", "db", 1), of("shop", "web", 2), of("mail", "mx", 1)];
        merge.follow(&with(&second), &mut wires);
        let joined = merge.voices.last().map(|voice| (voice.stream, &voice.id));
        assert_eq!(joined, Some((StreamId(3), &second[1].id)));
        merge.follow(&with(&second), &mut wires);
        assert_eq!(merge.voices.len(), 3, "once");
        let names: Vec<(&str, bool)> = merge.voices.iter().map(|voice| (voice.label.as_str(), voice.gone)).collect();
        assert_eq!(names, [("web-1", true), ("db-1", false), ("web-2", false)]);
        assert_eq!(merge.title(), "shop — 2 containers");
    }

    #[test]
    fn no_more_than_can_be_followed_join_and_the_rest_is_counted() {
        let all: Vec<Arc<Container>> = (101..171).map(|number| of("shop", "web", number)).collect();
        let mut merge = MergedLog::new(&all[..2], SourceSet::Project("shop".into()), Kind::Container, 1000, wires());
        merge.follow(&with(&all), wires());
        assert_eq!((merge.voices.len(), merge.left_out), (TOGETHER, 6));
    }

    #[test]
    fn a_title_is_cut_in_its_name_and_keeps_its_number() {
        let one = [of("größte-anzunehmende-werkstatt", "web", 1)];
        let project = SourceSet::Project("größte-anzunehmende-werkstatt".into());
        let merge = MergedLog::new(&one, project, Kind::Container, 10, wires());
        assert_eq!(merge.title(), "größte-anzunehmende-werkstatt — 1 container");
        assert_eq!(merge.short_title(40), "größte-anzunehmende-werkstatt — 1");
        assert_eq!([20, 0].map(|columns| merge.short_title(columns)), ["größte-anzunehm… — 1", "größte-an… — 1"]);
    }

    #[test]
    fn the_lines_of_history_are_shared_among_all() {
        let asked = |count: u8, tail| {
            let all: Vec<Arc<Container>> = (0..count).map(|number| of("shop", "web", number)).collect();
            let merge = MergedLog::new(&all, SourceSet::Chosen, Kind::Container, tail, wires());
            merge.voices[0].asked
        };
        assert_eq!([asked(1, 1000), asked(5, 1000), asked(50, 1000), asked(9, 40)], [1000, 200, 100, 40]);
    }
}
