//! Incident bundles are made from what was told and written, beside the loop.

use crate::app::Msg;
use crate::model::{BundleParts, Problem, Snapshot, StreamId, Transferred};
use crate::persist::bundle_file::BundleFile;
use crate::services::bundle;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Bundles that are being written.
#[derive(Default)]
pub struct Bundles(HashMap<StreamId, AbortHandle>);

impl Bundles {
    /// Begins to write one; how that went comes as a message.
    pub fn write(
        &mut self,
        stream: StreamId,
        parts: Arc<BundleParts>,
        snapshot: Arc<Snapshot>,
        answers: mpsc::Sender<Msg>,
    ) {
        self.0.retain(|_, task| !task.is_finished());
        let task = tokio::spawn(async move {
            let written = write(parts, snapshot).await;
            // The loop may have ended meanwhile.
            drop(answers.send(Msg::Bundled(stream, written)).await);
        });
        self.0.insert(stream, task.abort_handle());
    }

    /// Ends the writing of one; nothing is left of its file.
    pub fn cancel(&mut self, stream: StreamId) {
        if let Some(task) = self.0.remove(&stream) {
            task.abort();
        }
    }
}

/// Makes a bundle and writes its file. Dropped before it is done, it leaves nothing.
pub async fn write(parts: Arc<BundleParts>, snapshot: Arc<Snapshot>) -> Result<Transferred, Problem> {
    let making = tokio::task::spawn_blocking(move || {
        let made = bundle::build(&parts, &snapshot, env!("CARGO_PKG_VERSION"));
        let files = made.files.iter().map(|file| (file.name, file.bytes.as_slice()));
        let path = match parts.request.path.as_str() {
            "" => format!("{}.tar.zst", made.folder),
            path => path.to_string(),
        };
        let file = BundleFile::write(&path, &made.folder, files, parts.at)?;
        Ok::<_, Problem>((file, made.cut.len() + made.missing.len()))
    });
    let failed = |_| Problem::new("make the bundle", "bowline's own task failed", "see bowline's log");
    let (file, notes) = making.await.map_err(failed)??;
    let (path, bytes) = file.finish()?;
    let notes = match notes {
        0 => "complete".to_string(),
        1 => "1 part is cut or missing: index.html says which".to_string(),
        count => format!("{count} parts are cut or missing: index.html says which"),
    };
    Ok(Transferred { words: notes, image: Some(path), bytes: Some(bytes), ..Transferred::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;
    use crate::model::{BundleLog, BundleRequest, Timestamp};
    use std::path::Path;

    /// What little an engine told of a container.
    fn parts(path: &Path) -> Arc<BundleParts> {
        let unknown = || Problem::new("ask the engine", "it went away", "");
        Arc::new(BundleParts {
            request: BundleRequest {
                id: fixtures::id("web"),
                name: "web".into(),
                since: None,
                path: path.to_str().unwrap().into(),
            },
            at: Timestamp::from_seconds(5),
            inspect: Err(unknown()),
            image: Err(unknown()),
            history: Err(unknown()),
            log: Ok(BundleLog::default()),
            events: Ok(Vec::new()),
            processes: Err(unknown()),
            version: Err(unknown()),
            info: Err(unknown()),
        })
    }

    /// Begins to write a bundle, cancels it or not, and waits until all work on it is over. What was heard of it, and whether
    /// its folder holds anything.
    fn written(is_cancelled: bool) -> (Option<Msg>, bool) {
        let scratch = tempfile::tempdir().unwrap();
        let parts = parts(&scratch.path().join("web.tar.zst"));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (sender, mut answers) = mpsc::channel(1);
        let heard = runtime.block_on(async {
            let mut bundles = Bundles::default();
            bundles.write(StreamId(1), parts, Arc::new(fixtures::snapshot(&["web"])), sender);
            // It begins.
            tokio::task::yield_now().await;
            if is_cancelled {
                bundles.cancel(StreamId(1));
            }
            answers.recv().await
        });
        // Waits for what runs beside the loop.
        drop(runtime);
        (heard, std::fs::read_dir(scratch.path()).unwrap().next().is_some())
    }

    #[test]
    fn a_bundle_that_is_cancelled_leaves_no_file() {
        let (heard, is_there) = written(true);
        assert!(heard.is_none() && !is_there, "{heard:?}");
    }

    #[test]
    fn one_that_is_not_says_which_parts_are_missing() {
        let (heard, is_there) = written(false);
        let Some(Msg::Bundled(_, Ok(result))) = heard else { panic!("{heard:?}") };
        assert!(is_there && result.words.contains("parts are cut or missing"), "{}", result.words);
    }
}
