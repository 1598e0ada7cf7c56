//! What the engine can limit, looked at before anything is made, and the profile that limits calls of the kernel.

use super::Up;
use super::stages::UpStage;
use crate::engine::docker::api::answers;
use crate::engine::stream::StreamEnd;
use crate::persist::tilde;
use std::path::Path;

answers! { "PascalCase":
    /// `GET /info`.
    Info {
        memory_limit: Option<bool>, swap_limit: Option<bool>, pids_limit: Option<bool>, cpu_cfs_quota: Option<bool>,
        #[serde(rename = "NCPU")] processors: i64, mem_total: i64,
    }
}

/// Billionths of a processor.
const NANO: i64 = 1_000_000_000;

impl Up<'_> {
    /// Refuses what the engine's machine does not have, and says which limits it does not keep. The text of the profile where the
    /// blueprint names one.
    pub(super) async fn limits(&mut self) -> Result<Option<String>, StreamEnd> {
        self.begin(UpStage::Limits, "asking what the engine can limit").await?;
        // Raw: closed enums.
        let info: Info = self.transport.json("/info").await.map_err(|fault| self.fault(&fault))?;
        self.fits(&info)?;
        let lacking = lacking(&info);
        lacking.iter().for_each(|what| self.board.note(&format!("warning: this engine does not limit {what}")));
        let seccomp = self.profile().await?;
        let words = if lacking.is_empty() { String::new() } else { format!("not limited: {}", lacking.join(", ")) };
        self.done(UpStage::Limits, &words).await?;
        Ok(seccomp)
    }

    fn fits(&self, info: &Info) -> Result<(), StreamEnd> {
        let resources = &self.wanted.blueprint.resources;
        if let Some(cpus) = resources.cpus.filter(|cpus| info.processors > 0 && cpus.0 > info.processors * NANO) {
            let cause = format!("{cpus} processors are wanted, and the engine's machine has {}", info.processors);
            return Err(self.problem(cause, "lower resources.cpus"));
        }
        if let Some(memory) = resources.memory.as_ref().filter(|size| info.mem_total > 0 && size.bytes > info.mem_total)
        {
            let cause = format!("{memory} of memory are wanted, and the engine's machine has {} bytes", info.mem_total);
            return Err(self.problem(cause, "lower resources.memory"));
        }
        Ok(())
    }

    /// The profile for calls of the kernel, read from a file of this machine.
    async fn profile(&self) -> Result<Option<String>, StreamEnd> {
        let named = self.wanted.blueprint.security.seccomp.clone();
        if matches!(named.as_str(), "" | "unconfined" | "default" | "builtin") {
            return Ok(None);
        }
        let path = Path::new(&self.wanted.folder).join(tilde::path(Path::new(&named)));
        let shown = path.display().to_string();
        let read = tokio::fs::read_to_string(path).await;
        let text = read.map_err(|error| self.problem(format!("seccomp profile {shown}: {error}"), "check the path"))?;
        match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(_) => Ok(Some(text)),
            Err(error) => Err(self.problem(format!("seccomp profile {shown} is not JSON: {error}"), "check the file")),
        }
    }
}

/// What the engine says that it cannot limit.
fn lacking(info: &Info) -> Vec<&'static str> {
    let told = [
        (info.memory_limit, "memory"),
        (info.swap_limit, "swap"),
        (info.pids_limit, "processes"),
        (info.cpu_cfs_quota, "processors"),
    ];
    told.into_iter().filter(|(has, _)| *has == Some(false)).map(|(_, what)| what).collect()
}
