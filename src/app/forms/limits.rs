//! The fields for limits of an instance, and the change that they mean.

use super::checks::{memory, nano_cpus, processes, processors, restart, size, swap};
use crate::app::fields::{Fields, FormField};
use crate::app::plan;
use crate::model::{Instance, LimitChange, Restart};

/// The fields; `old` is the instance whose limits are in force.
pub fn limit_fields(old: Option<&Instance>) -> Vec<FormField> {
    let detail = old.and_then(|instance| instance.detail.as_ref());
    let limits = detail.map(|detail| detail.limits);
    let cpus = limits.and_then(|limits| limits.processors).map(|count| plan::processors((count * 1e9) as i64));
    let bytes =
        |bytes: u64| if bytes.is_multiple_of(1 << 20) { format!("{}m", bytes >> 20) } else { bytes.to_string() };
    let memory_now = limits.and_then(|limits| limits.memory).map(bytes);
    let swap_now =
        detail.and_then(|detail| detail.memory_swap).map(|swap| u64::try_from(swap).map_or("-1".into(), bytes));
    let pids = limits.and_then(|limits| limits.pids).map(|count| count.to_string());
    let policy = detail.map_or(Restart::No, |detail| detail.restart).to_string();
    let field = |field: FormField, now: Option<String>| match old {
        Some(_) => field.now(&now.unwrap_or_default()),
        None => field.now(""),
    };
    vec![
        field(FormField::line("processors", "as 1.5; empty: no limit", processors), cpus),
        field(FormField::line("memory", "as 512m; empty: no limit", memory), memory_now),
        field(FormField::line("memory+swap", "both together; -1: no limit; empty: twice the memory", swap), swap_now),
        field(FormField::line("processes", "how many at once; -1: no limit", processes), pids),
        field(
            FormField::line("restart", "no, always, unless-stopped, on-failure:3", restart)
                .among(["no", "always", "unless-stopped", "on-failure"].map(String::from).to_vec()),
            old.map(|_| policy),
        ),
    ]
}

/// What was changed in the fields for limits; none if that cannot be done, which the field then says.
pub fn limit_change(fields: &mut Fields) -> Option<LimitChange> {
    // Each was checked as it was typed.
    let number = |text: Option<String>| text.map(|text| text.parse::<i64>().unwrap_or(-1));
    let bytes = |text: Option<String>| text.and_then(|text| size(&text).ok().flatten());
    let taken_away = |fields: &Fields, label: &str| {
        let field = fields.field(label);
        field.text().is_empty() && field.before.as_deref().is_some_and(|before| !before.is_empty())
    };
    for label in ["processors", "memory"] {
        if taken_away(fields, label) {
            fields.blame(label, "engines change this limit but do not take it away: make the instance anew");
            return None;
        }
    }
    let swap = fields.field("memory+swap");
    let mut change = LimitChange {
        nano_cpus: fields.field("processors").changed().and_then(|text| nano_cpus(&text).ok().flatten()),
        memory: bytes(fields.field("memory").changed()),
        memory_swap: match swap.changed() {
            Some(text) if text == "-1" => Some(-1),
            other => bytes(other),
        },
        pids: number(fields.field("processes").changed().filter(|text| !text.is_empty())),
        restart: fields.field("restart").changed().and_then(|text| Restart::parse(&text).ok()),
    };
    if taken_away(fields, "memory+swap") {
        let memory = size(&fields.field("memory").text()).ok().flatten();
        let Some(memory) = memory else {
            fields.blame("memory+swap", "without a memory limit there is nothing to double: write -1 or a size");
            return None;
        };
        change.memory_swap = Some(memory.saturating_mul(2));
    }
    if taken_away(fields, "processes") {
        change.pids = Some(-1);
    }
    // The two are bound to each other: an engine refuses memory above memory and swap together.
    if let (Some(memory), None) = (change.memory, change.memory_swap) {
        let before = size(swap.before.as_deref().unwrap_or_default()).ok().flatten();
        let memory_before = size(fields.field("memory").before.as_deref().unwrap_or_default()).ok().flatten();
        change.memory_swap = match (before, memory_before) {
            (Some(both), Some(alone)) => Some(memory + (both - alone).max(0)),
            (Some(both), None) => Some(both.max(memory)),
            (None, _) => None,
        };
    }
    if let (Some(memory), Some(both)) = (change.memory, change.memory_swap)
        && both >= 0
        && both < memory
    {
        fields.blame("memory+swap", "it is both together: not less than the memory alone");
        return None;
    }
    Some(change)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(now: [&str; 2], typed: [&str; 2]) -> (Option<LimitChange>, Fields) {
        let mut fields = Fields::new("", limit_fields(None));
        for (at, label) in ["memory", "memory+swap"].into_iter().enumerate() {
            let field = fields.fields.iter_mut().find(|field| field.label == label).unwrap();
            *field = field.clone().now(now[at]).with(typed[at]);
        }
        (limit_change(&mut fields), fields)
    }

    #[test]
    fn memory_and_swap_go_together() {
        let change = limits(["512m", "1g"], ["1g", "1g"]).0.unwrap();
        assert_eq!((change.memory, change.memory_swap), (Some(1 << 30), Some(3 << 29)), "the swap beside it stays");
        assert_eq!(limits(["", ""], ["1g", ""]).0.unwrap().memory_swap, None);
        assert_eq!(limits(["512m", "-1"], ["1g", "-1"]).0.unwrap().memory_swap, None, "without limit it stays");
        let (refused, fields) = limits(["512m", "1g"], ["1g", "600m"]);
        assert!(refused.is_none() && fields.field("memory+swap").wrong.is_some());
        let (refused, fields) = limits(["512m", "1g"], ["", "1g"]);
        assert!(refused.is_none() && fields.field("memory").wrong.is_some());
    }
}
