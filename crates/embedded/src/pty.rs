//! A pseudo-terminal: the engine holds one end of it and reads and writes there what a program says and hears on the other.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Height and width of a terminal, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) rows: u16,
    pub(crate) columns: u16,
}

/// The engine's end of a pseudo-terminal. Clones are the same terminal; it hangs up when the last of them is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Terminal(Arc<AsyncFd<OwnedFd>>);

/// How either end is opened: nobody's controlling terminal, and not for programs that are started.
const FLAGS: OpenptFlags = {
    let flags = OpenptFlags::RDWR.union(OpenptFlags::NOCTTY);
    #[cfg(target_os = "linux")]
    let flags = flags.union(OpenptFlags::CLOEXEC);
    flags
};

/// A new pseudo-terminal: the engine's end, and the program's. Must be called inside a tokio runtime.
pub(crate) fn open() -> io::Result<(Terminal, OwnedFd)> {
    let master = openpt(FLAGS)?;
    // In a second step where the first cannot: a program that is started in between keeps the terminal from hanging up.
    #[cfg(not(target_os = "linux"))]
    rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let slave = peer(&master)?;
    rustix::io::ioctl_fionbio(&master, true)?;
    Ok((Terminal(Arc::new(watched(master)?)), slave))
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for the sake of types that can lose their descriptor; OwnedFd cannot"
)]
fn watched(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(fd)
}

/// Opens the program's end without the detour over its name, which another mount of /dev/pts could hide.
#[cfg(target_os = "linux")]
fn peer(master: &OwnedFd) -> io::Result<OwnedFd> {
    Ok(rustix::pty::ioctl_tiocgptpeer(master, FLAGS)?)
}

#[cfg(not(target_os = "linux"))]
fn peer(master: &OwnedFd) -> io::Result<OwnedFd> {
    use rustix::fs::{Mode, OFlags, open};
    let name = rustix::pty::ptsname(master, Vec::new())?;
    Ok(open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?)
}

impl Terminal {
    /// Tells the terminal's size; the programs in it hear of it by SIGWINCH.
    pub(crate) fn resize(&self, size: Size) -> io::Result<()> {
        let size = Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
        Ok(tcsetwinsize(self.0.get_ref(), size)?)
    }
}

impl AsyncRead for Terminal {
    /// The end is when no program has the other end open any more, which Linux tells as EIO.
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.0.poll_read_ready(context))?;
            let read = ready.try_io(|fd| Ok(rustix::io::read(fd.get_ref(), buffer.initialize_unfilled())?));
            match read {
                Ok(Ok(read)) => {
                    buffer.advance(read);
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => return Poll::Ready(Ok(())),
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_not_yet) => {}
            }
        }
    }
}

impl AsyncWrite for Terminal {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.0.poll_write_ready(context))?;
            match ready.try_io(|fd| Ok(rustix::io::write(fd.get_ref(), bytes)?)) {
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(written) => return Poll::Ready(written),
                Err(_not_yet) => {}
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// A terminal has no half to close.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn what_goes_in_comes_out_and_the_end_is_an_end() {
        let (mut terminal, slave) = open().expect("opens");
        terminal.resize(Size { rows: 7, columns: 33 }).expect("resizes");
        let size = rustix::termios::tcgetwinsize(&slave).expect("has a size");
        assert_eq!((size.ws_row, size.ws_col), (7, 33));
        terminal.write_all(b"hi\n").await.expect("writes");
        let mut echo = [0; 4];
        terminal.read_exact(&mut echo).await.expect("reads");
        assert_eq!(&echo, b"hi\r\n");
        rustix::io::write(&slave, b"last").expect("writes");
        drop(slave);
        let mut rest = Vec::new();
        terminal.read_to_end(&mut rest).await.expect("ends");
        assert_eq!(rest, b"last");
    }
}
