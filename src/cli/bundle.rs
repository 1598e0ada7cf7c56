//! `bowline bundle`: the incident bundle of a container, as one file.

use super::complain;
use super::exec::{FAILED, SIGNALLED, Signals, WIRE, find};
use crate::app::units;
use crate::engine::{EngineOutputs, Engines, StreamMessage};
use crate::model::{
    BundleParts, BundleRequest, Container, Id, Kind, Problem, Snapshot, Source, StreamEvent, Transfer, Viewport, span,
};
use crate::runtime::write_bundle;
use clap::Args;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long usage is measured at least: bowline has only just begun to look.
const MEASURED: Duration = Duration::from_secs(5);
/// Points of usage that are waited for.
const POINTS: usize = 3;

/// Arguments of `bowline bundle`.
#[derive(Debug, Args)]
#[command(after_help = "\
The file is a tar archive, compressed with Zstandard: tar --zstd -xf FILE, then open index.html.
Inside: why the container stands as it does, its last log lines, events, usage, processes, addresses, the container and its
image as inspected, the image's history, engine information; index.html to read, index.json for programs.
What looks like a secret is masked, also where it stands in other parts. Each part and the whole have a largest size; what was
cut or is missing, the indexes say. Usage is measured for a few seconds; the cockpit's own bundle (: bundle) has hours of it.
Nothing is changed on the engine. An existing file is never overwritten.
Exit codes: 0 written; 125 bowline or the engine failed; 128 plus the number of the signal that ended bowline; 2 wrong command
line.")]
pub struct BundleFlags {
    /// Name or id prefix of the container
    #[arg(value_name = "NAME")]
    pub container: String,
    /// Log lines and events of this span: 90s, 15m, 1h30m, 2d (at least the last 100 lines); without it the last 1000 lines
    #[arg(long, value_name = "SPAN")]
    pub since: Option<String>,
    /// File to write; without it bowline-NAME-TIME.tar.zst in the working folder
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<String>,
}

impl BundleFlags {
    /// Checks the flags; the error is one sentence.
    pub fn check(&self) -> Result<(), String> {
        if self.output.as_deref().is_some_and(|path| path.is_empty() || path.ends_with('/')) {
            return Err("--output: name a file".into());
        }
        self.seconds().map(drop)
    }

    fn seconds(&self) -> Result<Option<u64>, String> {
        self.since.as_deref().map(|text| span(text).map_err(|why| format!("--since: {why}"))).transpose()
    }

    fn request(&self, container: &Container) -> BundleRequest {
        let name = container.name.to_string();
        let path = self.output.clone().unwrap_or_default();
        // It was checked.
        BundleRequest { id: container.id.clone(), name, since: self.seconds().ok().flatten(), path }
    }
}

/// Runs it on engines that have just been started. Errors have been printed.
pub async fn run(flags: &BundleFlags, store: Engines, mut outputs: EngineOutputs) -> ExitCode {
    let code = match Signals::listen() {
        Ok(mut signals) => tokio::select! {
            made = make(flags, &store, &mut outputs) => told(made),
            number = signals.ends.next() => {
                complain("cancelled; no file is left");
                SIGNALLED + number
            }
        },
        Err(error) => {
            complain(&format!("handle signals: {error}"));
            FAILED
        }
    };
    store.shutdown().await;
    ExitCode::from(code)
}

fn told(made: Result<String, Problem>) -> u8 {
    match made.map_err(|problem| problem.to_string()).and_then(|sentence| super::print(&sentence)) {
        Ok(()) => 0,
        Err(sentence) => {
            complain(&sentence);
            FAILED
        }
    }
}

async fn make(flags: &BundleFlags, store: &Engines, outputs: &mut EngineOutputs) -> Result<String, Problem> {
    let container = find(outputs, &flags.container).await?;
    let id = container.id.clone();
    store.attend(Viewport {
        selected: Some(id.clone()),
        visible: vec![id.clone()],
        kind: Kind::Container,
        ..Viewport::default()
    });
    let request = flags.request(&container);
    store.open(WIRE, Source::Transfer(id.engine(), Transfer::Bundle(request)));
    // Whichever takes longer.
    let (parts, snapshot) = measured(outputs, &id, container.state.is_alive()).await?;
    let written = write_bundle(parts, snapshot).await?;
    let (path, bytes) = (written.image.unwrap_or_default(), written.bytes.unwrap_or_default());
    Ok(format!("{path}  {}, {}\n", units::bytes(bytes as f64), written.words))
}

/// What the engine tells, and what is known once that and a little usage has come.
async fn measured(
    outputs: &mut EngineOutputs,
    id: &Id,
    is_alive: bool,
) -> Result<(Arc<BundleParts>, Arc<Snapshot>), Problem> {
    let EngineOutputs { snapshots, chunks, .. } = outputs;
    let is_measured = |snapshot: &Arc<Snapshot>| {
        let detail = snapshot.containers.get(id).is_none_or(|container| container.detail.is_some());
        let points = snapshot.usage.get(id).map_or(0, |series| series.fine().len());
        detail && (!is_alive || points >= POINTS)
    };
    let parts = async {
        let mut parts = None;
        while let Some((stream, message)) = chunks.recv().await {
            match message {
                StreamMessage::Chunk(StreamEvent::Bundle(told)) if stream == WIRE => parts = Some(told),
                StreamMessage::Ended(Some(why)) if stream == WIRE => return Err(why),
                StreamMessage::Ended(None) if stream == WIRE => break,
                StreamMessage::Chunk(_) | StreamMessage::Ended(_) => {}
            }
        }
        parts.ok_or_else(|| Problem::new("make the bundle", "bowline is ending", ""))
    };
    // What is measured when the time is over will do.
    let (parts, _) = tokio::join!(parts, timeout(MEASURED, snapshots.wait_for(is_measured)));
    Ok((parts?, snapshots.borrow().clone()))
}
