//! A small engineered scene for pictures of programs in a shell: two containers with vim and htop, made of this machine's
//! own programs, on the Docker engine of this machine. Gone again when dropped.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const IMAGE: &str = "bowline-pictures-tools";
const NAMES: [&str; 2] = ["api-1", "db-primary"];
/// What the first container logs, and the second.
const VOICES: [&str; 2] = [
    "n=800; while :; do n=$((n+1)); echo \"INFO  GET /v1/orders/$n 200 $((n%40+3))ms user=dan\"; \
     [ $((n%7)) = 0 ] && echo \"WARN  pool: 19 of 20 connections in use\"; sleep 1; done",
    "while :; do echo 'LOG:  checkpoint complete: wrote 412 buffers (2.5 %)'; sleep 5; done",
];
/// A file to be edited.
const SOURCE: &str = "\
import http from \"node:http\";
import { charge } from \"./pay.js\";

const port = Number(process.env.PORT ?? 3000);

// One order a request; the pool is shared.
const server = http.createServer(async (request, response) => {
  if (request.url === \"/health\") {
    return response.end(\"ok\");
  }
  const order = await charge(request);
  response.writeHead(order.paid ? 201 : 502);
  response.end(JSON.stringify(order));
});

server.listen(port, () => console.log(`listening on ${port}`));
";

/// The scene.
pub struct Ground;

impl Ground {
    /// Makes it.
    ///
    /// # Errors
    /// A sentence: no engine, or vim and htop are not installed.
    pub fn make() -> Result<Ground, String> {
        let folder = std::env::temp_dir().join(format!("bowline-pictures-{}", std::process::id()));
        let made = root(&folder).and_then(|()| import(&folder));
        // Only a scratch folder.
        drop(std::fs::remove_dir_all(&folder));
        made?;
        for (name, voice) in NAMES.into_iter().zip(VOICES) {
            let run =
                ["run", "-d", "--name", name, "--hostname", name, "-w", "/srv", "-e", "PS1=\\w $ ", IMAGE, "sh", "-c"];
            said(Command::new("docker").args(run).arg(voice))?;
        }
        Ok(Ground)
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        for args in [["rm", "-f", NAMES[0]], ["rm", "-f", NAMES[1]], ["rmi", "-f", IMAGE]] {
            if let Err(why) = said(Command::new("docker").args(args)) {
                eprintln!("{why}");
            }
        }
    }
}

/// The file system: the programs, what they link to, and what they read.
fn root(folder: &Path) -> Result<(), String> {
    let script = r#"
        set -e
        for program in bash vim htop busybox sleep ls; do
            path=$(readlink -f "$(command -v $program)") || { echo "$program is not installed" >&2; exit 1; }
            mkdir -p "$1/bin"
            cp "$path" "$1/bin/$program"
            for library in $(ldd "$path" 2>/dev/null | grep -o '/[^ )]*'); do
                mkdir -p "$1$(dirname "$library")"
                cp -Ln "$library" "$1$library" || true
            done
        done
        ln -s busybox "$1/bin/sh"
        mkdir -p "$1/usr/share" "$1/lib/terminfo" "$1/etc" "$1/srv" "$1/root" "$1/tmp" "$1/usr/lib/locale"
        cp -r /usr/share/vim "$1/usr/share/"
        cp -r /lib/terminfo/. "$1/lib/terminfo/"
        cp -r /usr/lib/locale/C.utf8 "$1/usr/lib/locale/" 2>/dev/null || true
        echo 'root:x:0:0:root:/root:/bin/bash' > "$1/etc/passwd"
    "#;
    said(Command::new("sh").args(["-c", script, "sh"]).arg(folder))?;
    std::fs::write(folder.join("srv/server.js"), SOURCE).map_err(|why| format!("write the file to edit: {why}"))
}

fn import(folder: &Path) -> Result<(), String> {
    let tar = Command::new("tar").arg("-C").arg(folder).args(["-c", "."]).output();
    let tar = tar.map_err(|why| format!("tar: {why}"))?.stdout;
    let mut import = Command::new("docker")
        .args(["import", "-", IMAGE])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|why| format!("docker: {why}"))?;
    if let Some(mut pipe) = import.stdin.take() {
        pipe.write_all(&tar).map_err(|why| format!("docker import: {why}"))?;
    }
    match import.wait() {
        Ok(status) if status.success() => Ok(()),
        other => Err(format!("docker import: {other:?}")),
    }
}

/// Runs a command to its end; its own words are the error.
fn said(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|why| format!("{command:?}: {why}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()))
}
