//! The fields for limits of a container, and the change that they mean.

use super::checks::{memory, nano_cpus, processes, processors, restart, size, swap};
use crate::app::widgets::fields::{Fields, FormField};
use crate::model::{ByteSize, Detail, LimitChange, Restart, cpus};

/// The container whose limits the fields show.
#[derive(Clone, Copy)]
pub enum LimitsOf<'a> {
    /// Of a container that is to be made.
    New,
    /// Of this one, whose limits are known.
    One(&'a Detail),
    /// Of one or several whose limits are not known, or not the same.
    Unknown,
}

impl LimitsOf<'_> {
    /// What a field says while it is empty: what that means for a limit that is in force, where there is none, and where that is
    /// not known.
    fn help(self, in_force: bool, helps: [&'static str; 3]) -> &'static str {
        match self {
            LimitsOf::One(_) if in_force => helps[0],
            LimitsOf::One(_) | LimitsOf::New => helps[1],
            LimitsOf::Unknown => helps[2],
        }
    }
}

/// The fields, with the limits that are in force.
pub fn limit_fields(of: LimitsOf<'_>) -> Vec<FormField> {
    let detail = if let LimitsOf::One(detail) = of { Some(detail) } else { None };
    let limits = detail.map(|detail| detail.limits);
    let bytes = |bytes: i64| ByteSize::from(bytes).to_string();
    let now = [
        limits.and_then(|limits| limits.processors).map(|count| cpus((count * 1e9).round() as i64)),
        limits.and_then(|limits| limits.memory).and_then(|memory| i64::try_from(memory).ok()).map(bytes),
        detail.and_then(|detail| detail.memory_swap).map(bytes),
        limits.and_then(|limits| limits.pids).map(|count| count.to_string()),
        detail.map(|detail| detail.restart.to_string()),
    ];
    let help = |at: usize, helps: [&'static str; 3]| of.help(now[at].is_some(), helps);
    let fields = [
        FormField::line(
            "processors",
            help(0, ["e.g. 1.5", "e.g. 1.5; empty: no limit", "e.g. 1.5; empty: unchanged"]),
            processors,
        ),
        FormField::line(
            "memory",
            help(1, ["e.g. 512m", "e.g. 512m; empty: no limit", "e.g. 512m; empty: unchanged"]),
            memory,
        ),
        FormField::line(
            "memory+swap",
            help(
                2,
                [
                    "both together; -1: no limit; empty: twice the memory",
                    "both together; -1: no limit; empty: twice the memory",
                    "both together; -1: no limit; empty: twice the new memory",
                ],
            ),
            swap,
        ),
        FormField::line(
            "processes",
            help(
                3,
                [
                    "how many at once; -1 or empty: no limit",
                    "how many at once; -1 or empty: no limit",
                    "how many at once; -1: no limit; empty: unchanged",
                ],
            ),
            processes,
        ),
        FormField::line(
            "restart",
            help(
                4,
                [
                    "no, always, unless-stopped, on-failure:3; empty: no",
                    "no, always, unless-stopped, on-failure:3; empty: no",
                    "no, always, unless-stopped, on-failure:3; empty: unchanged",
                ],
            ),
            restart,
        )
        .among(["no", "always", "unless-stopped", "on-failure"].map(String::from).to_vec()),
    ];
    fields.into_iter().zip(now).map(|(field, now)| field.now(&now.unwrap_or_default())).collect()
}

/// A size that was checked as it was typed.
fn sized(text: &str) -> Option<ByteSize> {
    match text {
        "-1" => Some(ByteSize::from(-1)),
        text => size(text).ok().flatten().map(|bytes| ByteSize::typed(bytes, text)),
    }
}

/// What was changed in the fields for limits; none if that cannot be done, which the field then says.
pub fn limit_change(fields: &mut Fields) -> Option<LimitChange> {
    for label in ["processors", "memory"] {
        if taken_away(fields, label) {
            fields.set_error(label, "engines cannot remove this limit: recreate the container");
            return None;
        }
    }
    // Each was checked as it was typed.
    let number = |text: String| text.parse::<i64>().unwrap_or(-1);
    let memory = fields.field("memory").changed().and_then(|text| sized(&text));
    let memory_swap = swap_change(fields, memory.as_ref())?;
    let pids = fields.field("processes").changed().map(number);
    Some(LimitChange {
        nano_cpus: fields.field("processors").changed().and_then(|text| nano_cpus(&text).ok().flatten()),
        memory,
        memory_swap,
        pids,
        restart: fields.field("restart").changed().and_then(|text| Restart::parse(&text).ok()),
    })
}

fn taken_away(fields: &Fields, label: &str) -> bool {
    let field = fields.field(label);
    field.text().is_empty() && field.before.as_deref().is_some_and(|before| !before.is_empty())
}

/// What becomes of memory and swap together, if anything; none if that cannot be. The two are bound to each other: an engine
/// refuses memory above both together, and takes both that are without limit, or not set, for less (moby, `UpdateContainer`).
fn swap_change(fields: &mut Fields, memory: Option<&ByteSize>) -> Option<Option<ByteSize>> {
    let field = fields.field("memory+swap");
    let both = match field.changed() {
        Some(text) if text.is_empty() => {
            let Some(memory) = sized(&fields.field("memory").text()) else {
                fields.set_error("memory+swap", "no memory limit to double: type -1 or a size");
                return None;
            };
            Some(twice(&memory))
        }
        Some(text) => sized(&text),
        None => memory.map(|memory| beside(memory, fields, field.before.as_deref().unwrap_or_default())),
    };
    let alone = memory.cloned().or_else(|| sized(&fields.field("memory").text()));
    if let (Some(alone), Some(both)) = (alone, &both)
        && both.bytes >= 0
        && both.bytes < alone.bytes
    {
        fields.set_error("memory+swap", "memory and swap together: not less than the memory alone");
        return None;
    }
    Some(both)
}

fn twice(memory: &ByteSize) -> ByteSize {
    ByteSize::from(memory.bytes.saturating_mul(2))
}

/// Memory and swap together with a new memory, where their own field was left as it was: the swap beside it stays.
fn beside(memory: &ByteSize, fields: &Fields, both_before: &str) -> ByteSize {
    let alone_before = sized(fields.field("memory").before.as_deref().unwrap_or_default());
    match (sized(both_before), alone_before) {
        (None, _) => twice(memory),
        (Some(both), _) if both.bytes < 0 => both,
        (Some(both), Some(alone)) => ByteSize::from(memory.bytes.saturating_add((both.bytes - alone.bytes).max(0))),
        (Some(both), None) => ByteSize::from(both.bytes.max(memory.bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Limits;

    fn limits(now: [&str; 2], typed: [&str; 2]) -> (Option<LimitChange>, Fields) {
        let mut fields = Fields::new("", limit_fields(LimitsOf::Unknown));
        for (at, label) in ["memory", "memory+swap"].into_iter().enumerate() {
            let field = fields.fields.iter_mut().find(|field| field.label == label).unwrap();
            *field = field.clone().now(now[at]).with(typed[at]);
        }
        (limit_change(&mut fields), fields)
    }

    fn swap_of(now: [&str; 2], typed: [&str; 2]) -> Option<String> {
        limits(now, typed).0.unwrap().memory_swap.map(|size| size.to_string())
    }

    #[test]
    fn memory_and_swap_go_together() {
        for (now, typed, both) in [
            (["512m", "1g"], ["1g", "1g"], Some("1536m")),
            (["512m", "512m"], ["1g", "512m"], Some("1g")),
            (["512m", "1g"], ["256m", "1g"], Some("768m")),
            (["", ""], ["1g", ""], Some("2g")),
            (["512m", "1g"], ["1g", ""], Some("2g")),
            (["512m", "1g"], ["512m", ""], Some("1g")),
            (["512m", "-1"], ["1g", "-1"], Some("-1")),
            (["512m", "1g"], ["512m", "-1"], Some("-1")),
            (["512m", "1g"], ["512m", "1g"], None),
            (["512m", "1g"], ["1g", "1.5g"], Some("1.5g")),
        ] {
            assert_eq!(swap_of(now, typed).as_deref(), both, "{now:?} became {typed:?}");
        }
    }

    #[test]
    fn what_cannot_be_is_said_at_its_field() {
        for (now, typed, label) in [
            (["512m", "1g"], ["1g", "600m"], "memory+swap"),
            (["512m", "1g"], ["512m", "256m"], "memory+swap"),
            (["", "-1"], ["", ""], "memory+swap"),
            (["512m", "1g"], ["", "1g"], "memory"),
        ] {
            let (refused, fields) = limits(now, typed);
            assert!(refused.is_none() && fields.field(label).wrong.is_some(), "{now:?} became {typed:?}");
        }
    }

    #[test]
    fn an_empty_field_promises_only_what_happens() {
        let help = |of| limit_fields(of).into_iter().map(|field| field.help).collect::<Vec<_>>();
        let detail = Detail {
            limits: Limits { processors: Some(1.0), memory: Some(64 << 20), pids: Some(7) },
            ..Detail::default()
        };
        let of_one = help(LimitsOf::One(&detail));
        assert!(of_one[..2].iter().all(|help| !help.contains("empty")), "they cannot be taken away: {of_one:?}");
        let unknown = help(LimitsOf::Unknown);
        assert!(unknown[..2].iter().all(|help| help.contains("unchanged")), "{unknown:?}");
    }
}
