//! What a run has made is known by its label, and taken away by it: by a task of its own, since the run may be cut off at any point.

use super::{UpClaims, marker};
use crate::engine::docker::error::EngineError;
use crate::engine::docker::sessions::{self, requests};
use crate::engine::docker::shared::Shared;
use crate::engine::docker::transport::Transport;
use crate::engine::path::{name, segment};
use crate::model::blueprint::{RUN_LABEL, UNFINISHED_LABEL};
use serde_json::{Value, json};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// How long an engine that is away is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two attempts.
const AGAIN: Duration = Duration::from_millis(250);

/// What came of taking a run back.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct TakenBack {
    /// What is gone.
    pub undone: Vec<String>,
    /// What stays, and why.
    pub stays: Vec<String>,
}

impl TakenBack {
    /// In words.
    pub fn words(&self) -> String {
        let undone = if self.undone.is_empty() { "nothing".into() } else { self.undone.join(", ") };
        let stays = if self.stays.is_empty() { String::new() } else { format!("; stays: {}", self.stays.join(", ")) };
        format!("undone: {undone}{stays}")
    }
}

/// Takes a run back when it is dropped, unless that was done or the run is done.
pub struct Rollback {
    claims: UpClaims,
    transport: Transport,
    run: String,
    /// Held while something is being made: what is on its way is waited for.
    making: Arc<Mutex<()>>,
    is_over: bool,
}

impl Rollback {
    /// For a run that begins.
    pub fn begin(shared: &Shared, transport: &Transport, run: &str) -> Rollback {
        let (claims, transport) = (shared.up.clone(), transport.clone());
        Rollback { claims, transport, run: run.into(), making: Arc::default(), is_over: false }
    }

    /// Makes something in a task of its own: once asked for it is waited for, whoever waits here no more.
    pub async fn make<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, EngineError>> + Send + 'static,
    ) -> Result<T, EngineError> {
        let making = self.making.clone().lock_owned().await;
        let task = tokio::spawn(async move {
            let done = work.await;
            drop(making);
            done
        });
        task.await.unwrap_or_else(|_| Err(EngineError::Cut("bowline's own task failed".into())))
    }

    /// The run is done: its marker goes, and all that it made stays.
    pub async fn is_done(&mut self) {
        self.is_over = true;
        let (transport, run, ending) = (self.transport.clone(), self.run.clone(), self.claims.ending());
        let removing = tokio::spawn(async move {
            unmark(&transport, &run).await;
            drop(ending);
        });
        // It fails only when the runtime ends.
        drop(removing.await);
    }

    /// Takes back what was made.
    pub async fn take_back(&mut self) -> TakenBack {
        self.is_over = true;
        self.spawn().await.unwrap_or_default()
    }

    fn spawn(&self) -> JoinHandle<TakenBack> {
        let (transport, run, making) = (self.transport.clone(), self.run.clone(), self.making.clone());
        let ending = self.claims.ending();
        tokio::spawn(async move {
            let made = making.lock().await;
            let report = take_back(&transport, &run).await;
            drop((made, ending));
            report
        })
    }
}

impl Drop for Rollback {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        match tokio::runtime::Handle::try_current() {
            Ok(_) => drop(self.spawn()),
            Err(_) => tracing::warn!("the run {} was not taken back: the program has ended", self.run),
        }
    }
}

/// Takes away what a run has made, and then its marker. An engine that is away is waited for a while.
pub async fn take_back(transport: &Transport, run: &str) -> TakenBack {
    let deadline = Instant::now() + PATIENCE;
    let mut report = TakenBack::default();
    loop {
        report.stays.clear();
        match attempt(transport, run, &mut report).await {
            Ok(()) => break,
            Err(fault) if Instant::now() >= deadline || !fault.is_loss() => {
                let why = fault.problem("", None).cause;
                report.stays.push(format!("what else the run {run} has made, until it is undone ({why})"));
                return report;
            }
            Err(_) => sleep(AGAIN).await,
        }
    }
    // A marker without anything is of no use; with something it tells the next bowline of it.
    if report.stays.is_empty() {
        unmark(transport, run).await;
    }
    report
}

/// Takes the marker away. An engine that is away is waited for a while: with its marker a run counts as unfinished.
async fn unmark(transport: &Transport, run: &str) {
    let deadline = Instant::now() + PATIENCE;
    while let Err(fault) = marker::remove(transport, run).await {
        if Instant::now() >= deadline || !fault.is_loss() {
            return tracing::warn!("the marker of the run {run} stays: {fault:?}");
        }
        sleep(AGAIN).await;
    }
}

async fn attempt(transport: &Transport, run: &str, report: &mut TakenBack) -> Result<(), EngineError> {
    for container in listed(transport, "/containers/json?all=1&", run).await? {
        let shown = container.pointer("/Names/0").and_then(Value::as_str).unwrap_or_default();
        let shown = format!("container {}", shown.trim_start_matches('/'));
        let removed = requests::remove(transport, text(&container, "Id"), true).await;
        note(report, shown, removed)?;
    }
    for network in listed(transport, "/networks?", run).await? {
        let id = name(text(&network, "Id"))?;
        let removed = transport.call(transport.docker().remove_network(&id)).await;
        note(report, format!("network {}", text(&network, "Name")), removed)?;
    }
    for volume in listed(transport, "/volumes?", run).await? {
        if volume.pointer("/Labels").and_then(|labels| labels.get(UNFINISHED_LABEL)).is_none() {
            let removed = sessions::remove_volume(transport, text(&volume, "Name")).await;
            note(report, format!("volume {}", text(&volume, "Name")), removed)?;
        }
    }
    Ok(())
}

fn note(report: &mut TakenBack, what: String, removed: Result<(), EngineError>) -> Result<(), EngineError> {
    match removed {
        Ok(()) => report.undone.push(what),
        Err(EngineError::Status(404, _)) => {}
        Err(EngineError::Status(_, words)) => report.stays.push(format!("{what} ({words})")),
        Err(fault) => return Err(fault),
    }
    Ok(())
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What carries a run's label. Raw: closed enums.
async fn listed(transport: &Transport, path: &str, run: &str) -> Result<Vec<Value>, EngineError> {
    with_label(transport, path, &format!("{RUN_LABEL}={run}")).await
}

/// What carries a label.
pub async fn with_label(transport: &Transport, path: &str, label: &str) -> Result<Vec<Value>, EngineError> {
    let filters = json!({ "label": [label] }).to_string();
    let answer = transport.object(&format!("{path}filters={}", segment(&filters))).await?;
    let all: Value = serde_json::from_slice(&answer).map_err(|error| EngineError::Garbage(error.to_string()))?;
    // Volumes come in an object, which says null where there are none.
    let all = if path.starts_with("/volumes") { all.get("Volumes").cloned().unwrap_or_default() } else { all };
    Ok(all.as_array().cloned().unwrap_or_default())
}
