//! Local processes as instances: starting one, hearing what it writes, and burying it.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;

use super::answer::Refusal;
use super::engine::Hub;
use super::instance::{Body, Instance};
use super::life::SIGKILL;
use super::session;
use super::time::now;

/// The longest piece of a line that is kept in one, as in Docker's json-file.
const PIECE: usize = 16 * 1024;

/// How long the pipes of an ended instance may stay open.
const DRAIN: Duration = Duration::from_secs(2);

impl Hub {
    /// Starts the process of an instance that is not alive. The whole start happens under the world's lock: nobody sees half of it.
    pub(crate) fn launch(&self, id: &str) -> Result<(), Refusal> {
        let mut world = self.world();
        let Some(instance) = world.get_mut(id) else { return Err(Refusal::no_container(id)) };
        if instance.status.alive() {
            return Err(Refusal::already());
        }
        let mut child = match self.spawn(instance) {
            Ok(child) => child,
            Err(refusal) => {
                instance.error.clone_from(&refusal.message);
                instance.exit_code = 127;
                instance.status = super::instance::Status::Exited;
                instance.changed();
                return Err(refusal);
            }
        };
        // It has an id for as long as it has not been waited for.
        let pid = child.id().unwrap_or_default() as i32;
        instance.begin(now());
        if let Body::Process(process) = &mut instance.body {
            process.pid = Some(pid);
        }
        let run = instance.run;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        world.tell(id, now(), "start", &[]);
        // The engine's own task looks after the guard from now on.
        world.sooner.notify_one();
        drop(world);
        let pumps = [out.map(|pipe| self.pump(id, run, false, pipe)), err.map(|pipe| self.pump(id, run, true, pipe))];
        let (hub, id) = (self.clone(), id.to_string());
        tokio::spawn(async move { hub.attend(id, pid, child, pumps).await });
        Ok(())
    }

    fn spawn(&self, instance: &Instance) -> Result<Child, Refusal> {
        let spec = &instance.spec;
        let argv = spec.argv();
        let program = find_program(argv.first().map_or("", String::as_str), &spec.env, &spec.working_dir)?;
        let mut command = self.guard.command(&program, &argv);
        command.env_clear().envs(environment(instance));
        let directory = if spec.working_dir.is_empty() { "/" } else { &spec.working_dir };
        if !Path::new(directory).is_dir() {
            return Err(Refusal::bad(format!("the working directory {directory} does not exist on this machine")));
        }
        command.current_dir(directory).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let failed = |error: io::Error| Refusal::failed(format!("cannot start {}: {error}", program.display()));
        let mut child = tokio::process::Command::from(command).spawn().map_err(failed)?;
        let pid = child.id().unwrap_or_default() as i32;
        let leave = child.stdin.take().map(|pipe| pipe.into_owned_fd().map(into_file)).transpose().map_err(failed)?;
        self.guard.admit(pid, leave).map_err(|error| {
            // Without leave it ends by itself; tokio buries what is dropped.
            self.guard.dismiss(pid);
            session::signal(pid, SIGKILL);
            failed(error)
        })?;
        Ok(child)
    }

    /// Takes what an instance writes into its log, line by line.
    fn pump(
        &self,
        id: &str,
        run: u64,
        stderr: bool,
        mut pipe: impl AsyncRead + Unpin + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        let (hub, id) = (self.clone(), id.to_string());
        tokio::spawn(async move {
            let mut lines = Lines::default();
            let mut buffer = vec![0; 32 * 1024];
            loop {
                let read = pipe.read(&mut buffer).await.unwrap_or(0);
                let pieces = if read == 0 { lines.rest() } else { lines.add(&buffer[..read]) };
                hub.write_log(&id, run, stderr, pieces);
                if read == 0 {
                    break;
                }
            }
        })
    }

    fn write_log(&self, id: &str, run: u64, stderr: bool, pieces: Vec<Vec<u8>>) {
        let mut world = self.world();
        let Some(instance) = world.get_mut(id).filter(|_| !pieces.is_empty()) else { return };
        if let Body::Process(process) = &mut instance.body {
            pieces.into_iter().for_each(|piece| process.ring.push(run, now(), stderr, piece));
        }
        instance.changed();
    }

    /// Waits for the end of a process, ends what it left behind, and writes the end down when its last words are in.
    async fn attend(self, id: String, pid: i32, mut child: Child, pumps: [Option<tokio::task::JoinHandle<()>>; 2]) {
        let code = child.wait().await.map_or(255, exit_code);
        session::end_rest(pid);
        self.guard.dismiss(pid);
        // From here on the number may belong to another process.
        if let Some(Instance { body: Body::Process(process), .. }) = self.world().get_mut(&id) {
            process.pid = None;
        }
        for mut pump in pumps.into_iter().flatten() {
            if tokio::time::timeout(DRAIN, &mut pump).await.is_err() {
                pump.abort();
            }
        }
        self.world().over(&id, code, false, now());
    }
}

fn into_file(pipe: OwnedFd) -> std::fs::File {
    // Three bytes into an empty pipe never block.
    std::fs::File::from(pipe)
}

/// As Docker reports it: 128 and the number of the signal that ended it.
fn exit_code(status: ExitStatus) -> i64 {
    i64::from(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)))
}

/// What a process sees: little of the engine's own environment, and what was asked for.
fn environment(instance: &Instance) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = ["PATH", "HOME", "USER", "LANG", "TMPDIR", "TZ"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok().map(|value| (name.to_string(), value)))
        .collect();
    all.push(("BOWLINE_INSTANCE".into(), instance.id.clone()));
    let asked = instance.spec.env.iter().filter_map(|pair| pair.split_once('='));
    all.extend(asked.map(|(name, value)| (name.to_string(), value.to_string())));
    all
}

/// The program a command names, looked for in PATH, refused in Docker's words when it is not there.
pub(crate) fn find_program(name: &str, env: &[String], directory: &str) -> Result<PathBuf, Refusal> {
    let refuse = |why: &str| Refusal::bad(format!("OCI runtime create failed: exec: \"{name}\": {why}: unknown"));
    if name.is_empty() {
        return Err(Refusal::bad("No command specified"));
    }
    if name.contains('/') {
        let path = Path::new(if directory.is_empty() { "/" } else { directory }).join(name);
        return match executable(&path) {
            Some(true) => Ok(path),
            Some(false) => Err(refuse("permission denied")),
            None => Err(refuse(&format!("stat {name}: no such file or directory"))),
        };
    }
    let own = env.iter().rev().find_map(|pair| pair.strip_prefix("PATH=")).map(str::to_string);
    let paths = own.or_else(|| std::env::var("PATH").ok()).unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    std::env::split_paths(&paths)
        .map(|folder| folder.join(name))
        .find(|path| executable(path) == Some(true))
        .ok_or_else(|| refuse("executable file not found in $PATH"))
}

fn executable(path: &Path) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt;
    let meta = std::fs::metadata(path).ok()?;
    Some(meta.is_file() && meta.permissions().mode() & 0o111 != 0)
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

    #[test]
    fn programs_are_found_or_refused() {
        assert!(find_program("sh", &[], "").is_ok());
        assert!(find_program("/bin/sh", &[], "").is_ok());
        let absent = find_program("no-such-program", &[], "").expect_err("absent");
        assert!(absent.message.contains("executable file not found in $PATH"), "{}", absent.message);
        assert!(find_program("", &[], "").is_err() && find_program("/etc", &[], "").is_err());
        assert!(find_program("sh", &["PATH=/nowhere".into()], "").is_err());
    }
}
