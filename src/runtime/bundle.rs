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
