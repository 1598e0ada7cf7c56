//! Local processes as containers: starting one, reading its output, and reaping it.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::attach_broadcast::{Late, PATIENCE, Said};
use super::container::{Body, Container};
use super::drain_timeout::{DrainTimeout, until};
use super::log_ring::PIECE;
use super::response::ApiError;
use super::session;
use super::shared::{Shared, closed};
use super::spawn::{Started, Wish, environment};
use super::state::EngineState;
use super::stdin::Stdin;
use super::time::now;

impl Shared {
    /// Starts the process of a container that is not alive. The whole start happens under the world's lock: nobody sees half of it.
    pub(crate) fn launch(&self, id: &str) -> Result<(), ApiError> {
        let mut state = self.state();
        let Some(container) = state.get_mut(id) else { return Err(ApiError::no_container(id)) };
        if container.status.alive() {
            return Err(ApiError::already());
        }
        let started = match self.spawn(&wish(container)) {
            Ok(started) => started,
            Err(unable) => {
                let refusal = unable.refusal();
                container.fail(&refusal.message);
                if container.spec.auto_remove {
                    state.remove(id, now());
                }
                return Err(refusal);
            }
        };
        let Started { child, pid, input, out, err, terminal } = started;
        container.begin(now());
        let mut feed = None;
        if let Body::Process(process) = &mut container.body {
            process.pid = Some(pid);
            process.terminal = terminal;
            feed = process.stdin.as_ref().zip(input).map(|(stdin, input)| stdin.feed(input));
        }
        let run = container.run;
        state.tell(id, now(), "start", &[]);
        // The engine's own task looks after the guard from now on.
        state.sooner.notify_one();
        drop(state);
        let over = watch::Sender::new(false);
        let pump = |stderr, pipe| self.pump(id, run, stderr, pipe, over.subscribe());
        let pumps = [out.map(|pipe| pump(false, pipe)), err.map(|pipe| pump(true, pipe))];
        let (shared, id) = (self.clone(), id.to_string());
        tokio::spawn(async move { shared.attend(id, pid, child, over, pumps, feed).await });
        Ok(())
    }

    /// Takes what a container writes to those who are attached, and into its log, line by line. Clients that are far
    /// behind are waited for, each for a moment, so that a flood is no faster than its readers.
    fn pump(
        &self,
        id: &str,
        run: u64,
        stderr: bool,
        mut pipe: impl AsyncRead + Unpin + Send + 'static,
        mut over: watch::Receiver<bool>,
    ) -> JoinHandle<()> {
        let (shared, id) = (self.clone(), id.to_string());
        tokio::spawn(async move {
            let mut lines = Lines::default();
            let mut buffer = vec![0; 32 * 1024];
            let mut drain: Option<DrainTimeout> = None;
            loop {
                let deadline = drain.as_ref().map(|drain| drain.until);
                let read = tokio::select! {
                    biased;
                    () = closed(&mut over), if drain.is_none() => {
                        drain = Some(DrainTimeout::begin());
                        continue;
                    }
                    read = pipe.read(&mut buffer) => read.unwrap_or(0),
                    () = until(deadline) => 0,
                };
                let last = read == 0 || drain.as_mut().is_some_and(|drain| !drain.hears_on(read));
                let mut pieces = lines.add(&buffer[..read]);
                if last {
                    pieces.extend(lines.rest());
                }
                let late = shared.hear(&id, run, stderr, &buffer[..read], pieces);
                let patience = Instant::now() + PATIENCE;
                shared.wait_for(&id, late, deadline.map_or(patience, |deadline| patience.min(deadline))).await;
                if last {
                    break;
                }
            }
        })
    }

    /// What a process has said: the bytes as they came, and the lines they completed. Returns who is still to be told.
    fn hear(&self, id: &str, run: u64, stderr: bool, bytes: &[u8], pieces: Vec<Vec<u8>>) -> Vec<Late> {
        let mut state = self.state();
        let Some(container) = state.get_mut(id) else { return Vec::new() };
        let Body::Process(process) = &mut container.body else { return Vec::new() };
        let late = if bytes.is_empty() || process.audience.is_empty() {
            Vec::new()
        } else {
            process.audience.tell(&Said { stderr, bytes: Bytes::copy_from_slice(bytes) })
        };
        if !pieces.is_empty() {
            pieces.into_iter().for_each(|piece| process.ring.push(run, now(), stderr, piece));
            container.changed();
        }
        late
    }

    /// Tells those who are late, and cuts off who has no room in time. All have the same time, however many they are.
    async fn wait_for(&self, id: &str, all: Vec<Late>, until: Instant) {
        for late in all {
            let number = late.number;
            if late.tell(until).await {
                continue;
            }
            if let Some(Container { body: Body::Process(process), .. }) = self.state().get_mut(id) {
                process.audience.cut(number);
            }
        }
    }

    /// Waits for the end of a process, ends what it left behind, and writes the end down when its last words are in.
    async fn attend(
        self,
        id: String,
        pid: i32,
        mut child: Child,
        over: watch::Sender<bool>,
        pumps: [Option<JoinHandle<()>>; 2],
        feed: Option<JoinHandle<()>>,
    ) {
        let code = child.wait().await.map_or(255, exit_code);
        session::end_rest(pid);
        over.send_replace(true);
        self.guard.dismiss(pid);
        // From here on the number may belong to another process.
        if let Some(Container { body: Body::Process(process), .. }) = self.state().get_mut(&id) {
            process.pid = None;
        }
        if let Some(feed) = feed {
            feed.abort();
            // How it ended does not matter; that it has, does: the next run's feeder comes after it.
            let _ = feed.await;
        }
        for pump in pumps.into_iter().flatten() {
            if let Err(error) = pump.await {
                tracing::error!(%error, "a container's last words are lost");
            }
        }
        self.state().process_over(&id, code);
    }
}

impl EngineState {
    /// A local process's run is over, and its last words are in.
    fn process_over(&mut self, id: &str, code: i64) {
        self.over(id, code, false, now());
        let Some(container) = self.get_mut(id) else { return };
        let goes = container.spec.auto_remove;
        if let Body::Process(process) = &mut container.body {
            process.terminal = None;
            process.stdin.iter().for_each(Stdin::forget);
            process.audience.dismiss();
        }
        if goes {
            self.remove(id, now());
        }
    }
}

/// How a container's own process is to be started.
fn wish(container: &Container) -> Wish {
    let spec = &container.spec;
    Wish {
        argv: spec.argv(),
        env: environment(container, spec.tty),
        folder: PathBuf::from(if spec.working_dir.is_empty() { "/" } else { &spec.working_dir }),
        tty: spec.tty,
        input: spec.open_stdin,
        size: None,
    }
}

/// As Docker reports it: 128 and the number of the signal that ended it.
pub(crate) fn exit_code(status: ExitStatus) -> i64 {
    i64::from(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)))
}

/// Cuts a stream of bytes into lines, and long lines into pieces.
#[derive(Default)]
struct Lines {
    open: Vec<u8>,
}

impl Lines {
    fn add(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut done = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.open.extend_from_slice(part);
            while self.open.len() > PIECE {
                let rest = self.open.split_off(PIECE);
                done.push(std::mem::replace(&mut self.open, rest));
            }
            if self.open.ends_with(b"\n") {
                done.push(std::mem::take(&mut self.open));
            }
        }
        done
    }

    fn rest(&mut self) -> Vec<Vec<u8>> {
        Some(std::mem::take(&mut self.open)).filter(|open| !open.is_empty()).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_however_the_bytes_come() {
        let text = b"one\ntwo\n\nthree";
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let mut all: Vec<Vec<u8>> = text.chunks(size).flat_map(|chunk| lines.add(chunk)).collect();
            all.extend(lines.rest());
            assert_eq!(all, [&b"one\n"[..], b"two\n", b"\n", b"three"]);
        }
    }

    #[test]
    fn long_lines_come_in_pieces() {
        let mut lines = Lines::default();
        let long = [vec![b'x'; PIECE * 2 + 5], b"\n".to_vec()].concat();
        let sizes: Vec<usize> = lines.add(&long).iter().map(Vec::len).collect();
        assert_eq!(sizes, [PIECE, PIECE, 6]);
    }
}
