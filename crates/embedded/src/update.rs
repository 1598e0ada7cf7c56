//! `POST /containers/{id}/update`: what can be changed of a container that is there.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::container::{Body, Container};
use super::create::Policy;
use super::request::parse;
use super::response::{Answer, ApiError, json};
use super::shared::Shared;
use super::time::now;

/// The least memory that Docker lets anybody have.
const LEAST: i64 = 6 << 20;

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Wanted {
    memory: Option<i64>,
    memory_swap: Option<i64>,
    nano_cpus: Option<i64>,
    cpu_shares: Option<i64>,
    pids_limit: Option<i64>,
    restart_policy: Option<Policy>,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

impl Wanted {
    /// Clients send a 0 for what they do not mean.
    fn tidy(mut self) -> Self {
        for field in [&mut self.memory, &mut self.memory_swap, &mut self.nano_cpus, &mut self.cpu_shares] {
            *field = field.filter(|value| *value != 0);
        }
        self.pids_limit = self.pids_limit.filter(|value| *value != 0);
        self.restart_policy = self.restart_policy.filter(Policy::is_said);
        self
    }

    fn limits(&self) -> bool {
        [self.memory, self.memory_swap, self.nano_cpus, self.cpu_shares, self.pids_limit].iter().any(Option::is_some)
    }
}

/// Restart policies change for all. Limits change for synthetic containers, whose figures follow them; nothing here could
/// hold a local process to one.
pub(crate) fn update(shared: &Shared, reference: &str, body: &[u8]) -> Answer {
    let wanted = parse::<Wanted>(body)?.tidy();
    let set = |value: &Value| {
        !matches!(value, Value::Null | Value::Bool(false)) && ![json!(0), json!(""), json!([])].contains(value)
    };
    if let Some((name, _)) = wanted.rest.iter().find(|(_, value)| set(value)) {
        return Err(ApiError::unable(&format!("enforce {name}")));
    }
    let policy = wanted.restart_policy.as_ref().map(Policy::read).transpose()?;
    let mut state = shared.state();
    let one = state.find_mut(reference)?;
    if one.is_process() && wanted.limits() {
        return Err(ApiError::unable("enforce limits on local processes"));
    }
    if one.spec.auto_remove && policy.is_some() {
        return Err(ApiError::bad("Restart policy cannot be updated because AutoRemove is enabled for the container"));
    }
    judge(&wanted, one, shared.host.processors)?;
    one.spec.restart = policy.unwrap_or(one.spec.restart);
    limit(&wanted, one);
    one.changed();
    let id = one.id.clone();
    state.tell(&id, now(), "update", &[]);
    Ok(json(&json!({ "Warnings": null })))
}

/// Refuses what Docker refuses, in its words.
fn judge(wanted: &Wanted, one: &Container, processors: usize) -> Result<(), ApiError> {
    if wanted.memory.is_some_and(|memory| memory < LEAST) {
        return Err(ApiError::bad("Minimum memory limit allowed is 6MB"));
    }
    let memory = wanted.memory.unwrap_or(one.spec.memory_limit as i64);
    let swap = one.spec.host_config.get("MemorySwap").and_then(Value::as_i64).filter(|swap| *swap > 0);
    match (wanted.memory_swap.filter(|swap| *swap > 0), swap) {
        (Some(_), _) if memory == 0 => {
            return Err(ApiError::bad("You should always set the Memory limit when using Memoryswap limit, see usage"));
        }
        (Some(swap), _) if swap < memory => {
            return Err(ApiError::bad("Minimum memoryswap limit should be larger than memory limit, see usage"));
        }
        (None, Some(swap)) if wanted.memory_swap.is_none() && wanted.memory.is_some() && memory > swap => {
            return Err(ApiError::failed(
                "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
            ));
        }
        _ => {}
    }
    let most = processors as i64 * 1_000_000_000;
    if wanted.nano_cpus.is_some_and(|nano| !(10_000_000..=most).contains(&nano)) {
        return Err(ApiError::bad(format!(
            "Range of CPUs is from 0.01 to {processors}.00, as there are only {processors} CPUs available"
        )));
    }
    if wanted.cpu_shares.is_some_and(|shares| shares < 0) {
        return Err(ApiError::bad("invalid CPU shares: must not be negative"));
    }
    Ok(())
}

fn limit(wanted: &Wanted, one: &mut Container) {
    let active = one.active(now());
    if let Some(memory) = wanted.memory {
        one.spec.memory_limit = memory as u64;
    }
    if let (Some(nano), Body::Synthetic(made)) = (wanted.nano_cpus, &mut one.body) {
        one.spec.nano_cpus = nano as u64;
        made.appetite.limit(nano as f64 / 1e9, active);
    }
    let noted =
        [("MemorySwap", wanted.memory_swap), ("CpuShares", wanted.cpu_shares), ("PidsLimit", wanted.pids_limit)];
    for (name, value) in noted {
        if let Some(value) = value {
            one.spec.host_config[name] = json!(value);
        }
    }
}
