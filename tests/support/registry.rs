//! A registry on the loopback, with or without a password, and a slow line to it.

use super::docker::unpack;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Who may enter a registry with a password.
pub const USER: &str = "harbour";
/// The password: its base64 differs between the two alphabets.
pub const PASSWORD: &str = "s3?>~cret";
/// Its bcrypt hash.
const HASH: &str = "$2b$04$XuYuiqBtVtlS9sC/tZwVxe/a5C1nUlgiPUgF4/BCA/9E4zZ.MTicu";

/// A registry; dropping it ends it.
pub struct Registry {
    child: Child,
    /// `127.0.0.1:port`.
    pub address: String,
    _folder: TempDir,
}

impl Registry {
    /// Debian's registry: the machine's, or fetched and unpacked for this run.
    #[track_caller]
    pub fn start(with_password: bool) -> Registry {
        let folder = tempfile::Builder::new().prefix("bowline-test-").tempdir().expect("a folder is made");
        let program = program(folder.path()).unwrap_or_else(|why| panic!("no registry to test with: {why}"));
        let auth = folder.path().join("htpasswd");
        std::fs::write(&auth, format!("{USER}:{HASH}\n")).expect("written");
        let auth = match with_password {
            true => format!("auth: {{htpasswd: {{realm: test, path: {}}}}}\n", auth.display()),
            false => String::new(),
        };
        let storage = folder.path().join("storage");
        let config = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n\
             http: {{addr: \"127.0.0.1:0\"}}\n{auth}",
            storage.display()
        );
        let path = folder.path().join("config.yml");
        std::fs::write(&path, config).expect("written");
        let mut command = Command::new(program);
        command.arg("serve").arg(&path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the registry starts");
        let told = child.stderr.take().expect("piped");
        let (send, receive) = mpsc::channel();
        // It goes on reading: a full pipe would stop the registry.
        std::thread::spawn(move || {
            for line in BufReader::new(told).lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("listening on ") {
                    let address: String =
                        rest.chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
                    drop(send.send(address));
                }
            }
        });
        let address = receive.recv_timeout(Duration::from_secs(60)).expect("the registry tells where it listens");
        Registry { child, address, _folder: folder }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn program(folder: &Path) -> Result<PathBuf, String> {
    let installed = PathBuf::from("/usr/bin/docker-registry");
    if installed.exists() {
        return Ok(installed);
    }
    unpack("docker-registry", folder)?;
    let unpacked = folder.join("usr/bin/docker-registry");
    if unpacked.exists() { Ok(unpacked) } else { Err("the package holds no registry".into()) }
}

/// A way to a registry that becomes slow.
pub struct SlowLine {
    /// `127.0.0.1:port`.
    pub address: String,
    shared: Arc<Shared>,
}

struct Shared {
    /// Bytes of one connection's answers that pass fast.
    slow_after: AtomicUsize,
    over: AtomicBool,
    /// Connections that have become slow and are open still.
    slow: AtomicUsize,
}

impl SlowLine {
    /// A line to a registry, fast as yet.
    pub fn to(registry: &Registry) -> SlowLine {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let shared = Arc::new(Shared {
            slow_after: AtomicUsize::new(usize::MAX),
            over: AtomicBool::new(false),
            slow: AtomicUsize::new(0),
        });
        let (target, known) = (registry.address.clone(), shared.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if known.over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(server) = TcpStream::connect(&target) else { continue };
                let (Ok(up), Ok(down)) = (client.try_clone(), server.try_clone()) else { continue };
                std::thread::spawn(move || pass(client, server));
                let known = known.clone();
                std::thread::spawn(move || answers(down, up, &known));
            }
        });
        SlowLine { address, shared }
    }

    /// Answers become slow after so many bytes: some 200 KiB in a second.
    pub fn slow_after(&self, bytes: usize) {
        self.shared.slow_after.store(bytes, Ordering::SeqCst);
    }

    /// Waits until so many connections are slow and open.
    #[track_caller]
    pub fn wait_slow(&self, what: &str, wanted: impl Fn(usize) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !wanted(self.shared.slow.load(Ordering::SeqCst)) {
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for SlowLine {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // The listener wakes up and sees it.
        drop(TcpStream::connect(&self.address));
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    // Either end may go.
    drop(std::io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Both));
    drop(from.shutdown(Shutdown::Both));
}

fn answers(mut from: TcpStream, mut to: TcpStream, shared: &Shared) {
    let (mut passed, mut buffer, mut slow) = (0, [0; 4 * 1024], false);
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
        passed += read;
        if !slow && passed >= shared.slow_after.load(Ordering::SeqCst) {
            slow = true;
            shared.slow.fetch_add(1, Ordering::SeqCst);
        }
        if slow && !shared.over.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    drop(to.shutdown(Shutdown::Both));
    drop(from.shutdown(Shutdown::Both));
    if slow {
        shared.slow.fetch_sub(1, Ordering::SeqCst);
    }
}
