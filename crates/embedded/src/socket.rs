//! A Unix socket that only its owner can open, from its first moment to its last.

use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

/// A bound socket; its file goes with it.
pub(crate) struct Socket {
    pub(crate) listener: UnixListener,
    path: PathBuf,
    inode: (u64, u64),
}

impl Socket {
    /// Binds in a private folder and links the finished socket to its place, so that it is never open to others.
    /// A socket that nobody answers on is replaced; one that answers, or another kind of file, is refused.
    pub(crate) async fn bind(path: &Path) -> io::Result<Socket> {
        let folder = private_folder(path)?;
        let bound = Self::bind_in(&folder, path).await;
        // Nothing of value is in it; a rest of it harms nobody.
        let _ = std::fs::remove_dir_all(&folder);
        bound
    }

    async fn bind_in(folder: &Path, path: &Path) -> io::Result<Socket> {
        let made = folder.join("s");
        let listener = UnixListener::bind(&made)?;
        std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o600))?;
        clear(path, folder).await?;
        std::fs::hard_link(&made, path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => taken(path),
            kind => io::Error::new(kind, format!("cannot create {}: {error}", path.display())),
        })?;
        let meta = std::fs::symlink_metadata(path)?;
        Ok(Socket { listener, path: path.to_path_buf(), inode: (meta.dev(), meta.ino()) })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let own = std::fs::symlink_metadata(&self.path).is_ok_and(|meta| (meta.dev(), meta.ino()) == self.inode);
        if own && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "the socket could not be removed");
        }
    }
}

fn private_folder(path: &Path) -> io::Result<PathBuf> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stamp = super::rng::mix(u64::from(std::process::id()), super::time::now() as u64) & 0x00ff_ffff;
    let folder = parent.join(format!(".b{stamp:06x}"));
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot write in {}: {error}", parent.display())))?;
    Ok(folder)
}

fn taken(path: &Path) -> io::Error {
    let text = format!("an engine already answers on {}: stop it, or choose another path", path.display());
    io::Error::new(io::ErrorKind::AddrInUse, text)
}

/// Takes a dead socket out of the way. It is moved first and asked again, so that a living one that took its place in the
/// meantime is noticed, and put back.
async fn clear(path: &Path, folder: &Path) -> io::Result<()> {
    let Ok(meta) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !meta.file_type().is_socket() {
        let text = format!("{} exists and is not a socket: choose another path", path.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    if answers(path).await {
        return Err(taken(path));
    }
    let aside = folder.join("old");
    match std::fs::rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    }
    if answers(&aside).await {
        std::fs::hard_link(&aside, path)?;
        return Err(taken(path));
    }
    Ok(())
}

/// Anything but a refusal counts as an answer: what cannot be asked is not ours to replace.
async fn answers(path: &Path) -> bool {
    match UnixStream::connect(path).await {
        Ok(_) => true,
        Err(error) => error.kind() != io::ErrorKind::ConnectionRefused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn private_refused_while_alive_replaced_when_dead_gone_at_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("e.sock");
        let first = Socket::bind(&path).await.expect("binds");
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        let second = Socket::bind(&path).await.err().expect("refused");
        assert_eq!(second.kind(), io::ErrorKind::AddrInUse);
        drop(first);
        assert!(!path.exists());
        // A stale file is what a killed engine leaves.
        drop(std::os::unix::net::UnixListener::bind(&path).expect("stale"));
        let third = Socket::bind(&path).await.expect("replaces the stale one");
        drop(third);
        std::fs::write(&path, "precious").expect("a file");
        assert!(Socket::bind(&path).await.is_err());
        assert_eq!(std::fs::read(&path).expect("still there"), b"precious");
        assert_eq!(std::fs::read_dir(folder.path()).expect("reads").count(), 1, "no folder is left behind");
    }
}
