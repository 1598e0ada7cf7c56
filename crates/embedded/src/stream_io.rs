//! Carrying bytes between a client and a process: Docker's frames, back-pressure both ways, half-closed connections.

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::detach_keys::DetachKeys;
use super::drain_timeout::{DrainTimeout, until};
use super::hijack::{Client, gone};
use super::shared::closed;

/// The most that is read at once.
pub(crate) const PIECE: usize = 16 * 1024;

/// The head of a frame of Docker's multiplexed streams: the stream, three zeros, the length (big endian).
pub(crate) fn frame(stderr: bool, bytes: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(bytes.len() + 8);
    frame.put_u32(if stderr { 2 << 24 } else { 1 << 24 });
    frame.put_u32(bytes.len() as u32);
    frame.put_slice(bytes);
    frame.freeze()
}

/// The output streams of a process.
pub(crate) struct Voices {
    pub(crate) out: Option<Box<dyn AsyncRead + Send + Unpin>>,
    pub(crate) err: Option<Box<dyn AsyncRead + Send + Unpin>>,
    pub(crate) end: End,
}

/// The progress of a process towards its end.
pub(crate) enum End {
    /// Resolves when the process is over and its exit code is written down.
    Awaited(oneshot::Receiver<()>),
    /// It is over; somebody who outlives it may hold its pipes open.
    Came(DrainTimeout),
}

impl End {
    /// Resolves once, when the process is over.
    async fn come(&mut self) {
        match self {
            End::Awaited(ended) => {
                // An error is that nobody will ever tell: over, too.
                let _ = ended.await;
                *self = End::Came(DrainTimeout::begin());
            }
            End::Came(_) => std::future::pending().await,
        }
    }

    /// Until when others are heard, once it is over.
    fn drain(&self) -> Option<Instant> {
        match self {
            End::Awaited(_) => None,
            End::Came(drain) => Some(drain.until),
        }
    }

    /// Counts what was heard; false when it is enough.
    fn hears_on(&mut self, bytes: usize) -> bool {
        match self {
            End::Awaited(_) => true,
            End::Came(drain) => drain.hears_on(bytes),
        }
    }
}

/// The part of the output that a client gets, and its form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) framed: bool,
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
}

/// The end of a client's input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It closed its half of the connection, or the process reads no more.
    All,
    /// The client typed the detach keys.
    Detach,
}

/// The target of a client's input.
pub(crate) trait Listens {
    /// Takes bytes, as soon as there is room for them; false when nobody reads any more.
    fn take(&mut self, bytes: Vec<u8>) -> impl Future<Output = bool> + Send;
}

/// A process's own input, or nobody's.
pub(crate) struct Input(pub(crate) Option<Box<dyn AsyncWrite + Send + Unpin>>);

impl Listens for Input {
    async fn take(&mut self, bytes: Vec<u8>) -> bool {
        match &mut self.0 {
            Some(input) => input.write_all(&bytes).await.is_ok(),
            None => true,
        }
    }
}

/// Carries what a client sends until its half of the connection is closed.
pub(crate) async fn listen(
    mut client: impl AsyncRead + Unpin,
    mut to: impl Listens,
    mut keys: Option<DetachKeys>,
) -> Heard {
    let mut buffer = vec![0; PIECE];
    loop {
        let read = match client.read(&mut buffer).await {
            Ok(read) if read > 0 => read,
            // A broken connection is closed, too.
            _ => return Heard::All,
        };
        let (through, detached) = match &mut keys {
            Some(keys) => keys.take(&buffer[..read]),
            None => (buffer[..read].to_vec(), false),
        };
        if !through.is_empty() && !to.take(through).await {
            return Heard::All;
        }
        if detached {
            return Heard::Detach;
        }
    }
}

/// Lets a client talk with a process until the process is over, or the client has detached. Without a client that
/// reads, the process is heard all the same: it is never held up by somebody who has left.
pub(crate) async fn converse(
    client: Client,
    mut voices: Voices,
    input: Input,
    keys: Option<DetachKeys>,
    manner: Manner,
    mut closing: watch::Receiver<bool>,
    on_detach: impl FnOnce(),
) {
    let (reader, writer) = tokio::io::split(client);
    let mut writer = Some(writer);
    let silent = watch::Sender::new(false);
    let detached = {
        let hearing = listen(reader, input, keys);
        let speaking = speak(&mut voices, &mut writer, manner, silent.subscribe());
        tokio::pin!(hearing, speaking);
        let mut listening = true;
        loop {
            tokio::select! {
                () = &mut speaking => break false,
                heard = &mut hearing, if listening => match heard {
                    Heard::Detach => break true,
                    Heard::All => {
                        listening = false;
                        silent.send_replace(true);
                    }
                },
                () = closed(&mut closing) => return,
            }
        }
    };
    if let Some(mut writer) = writer.take() {
        // It may be gone already.
        let _ = writer.shutdown().await;
    }
    if detached {
        on_detach();
        let mut nobody = None::<tokio::io::Sink>;
        tokio::select! {
            () = speak(&mut voices, &mut nobody, manner, silent.subscribe()) => {}
            () = closed(&mut closing) => {}
        }
    }
}

/// Passes on what a process says, piece by piece, until it is over. One piece at a time: a client that does not read
/// makes the process wait. A client that is gone is told no more, and let go of at once when it is `silent`.
async fn speak<W: AsyncWrite + Unpin>(
    voices: &mut Voices,
    client: &mut Option<W>,
    manner: Manner,
    silent: watch::Receiver<bool>,
) {
    let (mut from_out, mut from_err) = (vec![0; PIECE], vec![0; PIECE]);
    while voices.out.is_some() || voices.err.is_some() {
        let drain = voices.end.drain();
        let (stderr, read) = tokio::select! {
            biased;
            () = voices.end.come() => continue,
            either = async {
                // Neither before the other.
                tokio::select! {
                    read = read(&mut voices.out, &mut from_out) => (false, read),
                    read = read(&mut voices.err, &mut from_err) => (true, read),
                }
            } => either,
            () = until(drain) => break,
            () = left(client, &silent) => {
                *client = None;
                continue;
            }
        };
        let bytes = if stderr { &from_err[..read] } else { &from_out[..read] };
        if bytes.is_empty() {
            *(if stderr { &mut voices.err } else { &mut voices.out }) = None;
            continue;
        }
        if if stderr { manner.stderr } else { manner.stdout } {
            pass(client, stderr, bytes, manner.framed).await;
        }
        if !voices.end.hears_on(read) {
            break;
        }
    }
    while matches!(voices.end, End::Awaited(_)) {
        tokio::select! {
            () = voices.end.come() => {}
            () = left(client, &silent) => *client = None,
        }
    }
}

/// Resolves when a client that was there is gone.
async fn left(client: &mut Option<impl AsyncWrite + Unpin>, silent: &watch::Receiver<bool>) {
    match client {
        Some(client) => gone(client, silent.clone()).await,
        None => std::future::pending().await,
    }
}

/// Tells a client that is there; forgets it when it is gone.
async fn pass<W: AsyncWrite + Unpin>(client: &mut Option<W>, stderr: bool, bytes: &[u8], framed: bool) {
    if let Some(there) = client
        && !tell(there, stderr, bytes, framed).await
    {
        *client = None;
    }
}

async fn tell(client: &mut (impl AsyncWrite + Unpin), stderr: bool, bytes: &[u8], framed: bool) -> bool {
    let sent = if framed { client.write_all(&frame(stderr, bytes)).await } else { client.write_all(bytes).await };
    sent.is_ok() && client.flush().await.is_ok()
}

/// Reads; 0 is the end. What is not there never says anything.
async fn read(from: &mut Option<Box<dyn AsyncRead + Send + Unpin>>, buffer: &mut [u8]) -> usize {
    match from {
        Some(from) => from.read(buffer).await.unwrap_or(0),
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_as_docker_writes_them() {
        assert_eq!(&frame(false, b"out\n")[..], b"\x01\0\0\0\0\0\0\x04out\n");
        assert_eq!(&frame(true, b"e")[..], b"\x02\0\0\0\0\0\0\x01e");
    }

    /// Everything else is written down when the process blocks: a client that does not read holds its process up.
    #[tokio::test]
    async fn a_client_that_does_not_read_makes_the_process_wait() {
        let (near, mut far) = tokio::io::duplex(1024);
        let (out, mut process) = tokio::io::duplex(1024);
        let (end, ended) = oneshot::channel();
        let voices = Voices { out: Some(Box::new(out)), err: None, end: End::Awaited(ended) };
        let manner = Manner { framed: false, stdout: true, stderr: true };
        let closing = watch::channel(false);
        let talk = converse(Box::new(near), voices, Input(None), None, manner, closing.1, || {});
        let talk = tokio::spawn(talk);
        let total = 4 * PIECE;
        let writing = tokio::spawn(async move {
            process.write_all(&vec![b'x'; total]).await.expect("writes");
            drop(process);
            end.send(()).expect("listens");
        });
        let mut all = Vec::new();
        let mut piece = [0; 512];
        assert_eq!(far.read(&mut piece).await.expect("reads"), 512);
        assert!(!writing.is_finished(), "it cannot have written more than what fits in between");
        all.extend(piece);
        far.read_to_end(&mut all).await.expect("reads");
        assert_eq!(all.len(), total);
        writing.await.expect("written");
        talk.await.expect("over");
    }

    /// The detach keys may come after the process is over, while others hold its pipes: no end is awaited twice.
    #[tokio::test(start_paused = true)]
    async fn detaching_from_what_is_over_and_held_open_ends_the_talk() {
        let (near, mut far) = tokio::io::duplex(1024);
        let (out, _held) = tokio::io::duplex(1024);
        let (end, ended) = oneshot::channel();
        let voices = Voices { out: Some(Box::new(out)), err: None, end: End::Awaited(ended) };
        let manner = Manner { framed: false, stdout: true, stderr: true };
        let closing = watch::channel(false);
        let keys = DetachKeys::parse("ctrl-x").ok();
        let talk = tokio::spawn(converse(Box::new(near), voices, Input(None), keys, manner, closing.1, || {}));
        end.send(()).expect("listens");
        tokio::time::sleep(crate::drain_timeout::DRAIN / 2).await;
        far.write_all(b"\x18").await.expect("writes");
        talk.await.expect("no panic");
    }

    /// A process left behind that never stops talking is not heard for ever.
    #[tokio::test(start_paused = true)]
    async fn what_floods_after_the_end_is_left_alone() {
        let (near, mut far) = tokio::io::duplex(1024);
        let (out, mut left_behind) = tokio::io::duplex(1024);
        let (end, ended) = oneshot::channel();
        let voices = Voices { out: Some(Box::new(out)), err: None, end: End::Awaited(ended) };
        let manner = Manner { framed: false, stdout: true, stderr: true };
        let closing = watch::channel(false);
        tokio::spawn(converse(Box::new(near), voices, Input(None), None, manner, closing.1, || {}));
        tokio::spawn(async move {
            while left_behind.write_all(&[b'y'; 1024]).await.is_ok() {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        });
        end.send(()).expect("listens");
        let mut said = Vec::new();
        let reading = far.read_to_end(&mut said);
        tokio::time::timeout(2 * crate::drain_timeout::DRAIN, reading).await.expect("in time").expect("ends");
        assert!(said.len() > 1024);
    }

    #[tokio::test]
    async fn a_closed_half_ends_the_input_and_nothing_else() {
        let (near, far) = tokio::io::duplex(1024);
        let (out, mut process) = tokio::io::duplex(1024);
        let (stdin, mut hears) = tokio::io::duplex(1024);
        let (end, ended) = oneshot::channel();
        let voices = Voices { out: Some(Box::new(out)), err: None, end: End::Awaited(ended) };
        let manner = Manner { framed: true, stdout: true, stderr: true };
        let closing = watch::channel(false);
        tokio::spawn(converse(Box::new(near), voices, Input(Some(Box::new(stdin))), None, manner, closing.1, || {}));
        let (mut reading, mut writing) = tokio::io::split(far);
        writing.write_all(b"hi").await.expect("writes");
        writing.shutdown().await.expect("closes");
        let mut heard = Vec::new();
        hears.read_to_end(&mut heard).await.expect("ends");
        assert_eq!(heard, b"hi");
        process.write_all(b"late").await.expect("writes");
        drop(process);
        end.send(()).expect("listens");
        let mut said = Vec::new();
        reading.read_to_end(&mut said).await.expect("ends");
        assert_eq!(said, b"\x01\0\0\0\0\0\0\x04late");
    }
}
