//! What holds a container back (throttling, its memory limit) in words, the longest first.

use super::Role;
use crate::model::{Series, Usage};

/// Words beside a figure: the first that fit are shown.
pub struct Words {
    /// The same in ever shorter forms; empty when there is nothing to say.
    pub forms: Vec<String>,
    /// The role for their colour.
    pub role: Role,
}

/// `throttled 31%`; under half a per cent is nothing.
pub fn throttling(usage: &Usage) -> Words {
    let share = usage.throttled;
    Words { forms: if share >= 0.5 { vec![format!("throttled {share:.0}%")] } else { Vec::new() }, role: Role::Warn }
}

/// When memory will be full, how often its limit was hit, whom the kernel killed. What is over and done with looks calm.
pub fn memory(series: &Series, has_limit: bool) -> Words {
    let usage = &series.latest;
    let full_in =
        series.seconds_to_limit().filter(|_| has_limit).map(|seconds| format!("full in {}", minutes(seconds)));
    let events = events(usage);
    let role = if full_in.is_some() || usage.limit_hits_per_second > 0.0 { Role::Warn } else { Role::Dim };
    let forms = match full_in {
        None => events,
        Some(full_in) => {
            let both = events.iter().map(|events| format!("{full_in}  {events}"));
            both.chain([full_in.clone()]).collect()
        }
    };
    Words { forms, role }
}

/// `limit hit 12×, 1 killed by the kernel`.
fn events(usage: &Usage) -> Vec<String> {
    let Some(events) = usage.memory_events else { return Vec::new() };
    let (hits, kills) = (events.limit_hits, events.kills.unwrap_or(0));
    match (hits, kills) {
        (0, 0) => Vec::new(),
        (_, 0) => vec![format!("limit hit {hits}×"), format!("hit {hits}×")],
        (0, _) => vec![format!("{kills} killed by the kernel"), format!("{kills} killed")],
        _ => vec![
            format!("limit hit {hits}×, {kills} killed by the kernel"),
            format!("limit hit {hits}×, {kills} killed"),
            format!("hit {hits}×, {kills} killed"),
            format!("{kills} killed"),
        ],
    }
}

fn minutes(seconds: f64) -> String {
    if seconds < 5400.0 {
        format!("{:.0} min", (seconds / 60.0).max(1.0))
    } else {
        format!("{:.0} h", seconds / 3600.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MemoryEvents;

    fn words(limit_hits: u64, kills: Option<u64>, limit_hits_per_second: f64) -> Words {
        let memory_events = Some(MemoryEvents { limit_hits, kills });
        let mut series = Series::default();
        series.record(Usage { memory_events, limit_hits_per_second, ..Usage::default() });
        memory(&series, true)
    }

    #[test]
    fn what_never_happened_is_not_mentioned() {
        assert!(words(0, Some(0), 0.0).forms.is_empty());
        assert!(words(0, None, 0.0).forms.is_empty());
        assert!(throttling(&Usage::default()).forms.is_empty());
    }

    #[test]
    fn hits_and_kills_are_told_in_as_many_words_as_fit() {
        let told = words(12, Some(1), 0.0);
        assert_eq!(told.forms[0], "limit hit 12×, 1 killed by the kernel");
        assert_eq!(told.forms.last().map(String::as_str), Some("1 killed"));
        assert!(told.forms.is_sorted_by_key(|form| std::cmp::Reverse(form.chars().count())));
        assert_eq!(words(12, None, 0.0).forms, ["limit hit 12×", "hit 12×"]);
        assert_eq!(words(0, Some(2), 0.0).forms[0], "2 killed by the kernel");
    }

    #[test]
    fn only_what_is_going_on_looks_like_a_warning() {
        assert_eq!((words(12, Some(1), 0.0).role, words(12, Some(1), 3.0).role), (Role::Dim, Role::Warn));
    }
}
