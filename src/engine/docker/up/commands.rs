//! Commands in the container once it runs: one that fails takes the run back (row B7).

use super::Up;
use super::stages::UpStage;
use crate::engine::docker::sessions::requests::{capture_within, plain_refusal};
use crate::engine::stream::StreamEnd;
use std::time::Duration;

/// What is kept of a command's output, bytes.
const KEPT: usize = 64 * 1024;
/// Lines of it that are told.
const LINES: usize = 200;

impl Up<'_> {
    /// Runs the commands one after the other.
    pub(super) async fn commands(&mut self, container: &str) -> Result<(), StreamEnd> {
        let commands = self.wanted.blueprint.commands.clone();
        self.begin(UpStage::Commands, "").await?;
        for command in &commands.after_start {
            self.begin(UpStage::Commands, command).await?;
            self.command(container, &commands.user, command).await?;
        }
        self.done(UpStage::Commands, &format!("{} run", commands.after_start.len())).await
    }

    async fn command(&mut self, container: &str, user: &str, command: &str) -> Result<(), StreamEnd> {
        let limit = Duration::from_secs(self.wanted.blueprint.timeouts.command.0);
        let argv = ["sh", "-c", command];
        let ran = capture_within(&self.transport, container, (user, &argv), KEPT, limit).await;
        let ran = ran.map_err(|fault| self.fault(&fault))?;
        for line in
            String::from_utf8_lossy(&ran.out).lines().chain(String::from_utf8_lossy(&ran.err).lines()).take(LINES)
        {
            self.board.note(line);
        }
        if !ran.ran {
            let cause = format!("{command}: cannot be run: {}", plain_refusal(&ran.refusal()));
            return Err(self.problem(cause, "the image needs a shell, and commands.user must be in it"));
        }
        if !ran.is_fine() {
            let cause = format!("{command}: exit code {}: {}", ran.code, ran.words());
            return Err(self.problem(cause, "see its output, and mend commands.after_start"));
        }
        Ok(())
    }
}
