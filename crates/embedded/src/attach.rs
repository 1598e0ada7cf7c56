//! `POST /containers/{id}/attach`: a client at a container's own input and output. Any number of them at once; leaving
//! does not end the container, and who does not keep up is cut off.

use bytes::Bytes;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, watch};

use super::attach_broadcast::Subscriber;
use super::container::{Body, Container, Process, Status};
use super::detach_keys::DetachKeys;
use super::hijack::{Client, gone, hijack};
use super::logs::Reader;
use super::request::ApiRequest;
use super::response::{Answer, ApiError};
use super::shared::{Shared, closed};
use super::stdin::{Stdin, Typed};
use super::stream_io::{Heard, Input, Listens, Manner, frame, listen};
use super::time::now;

/// The source of a client's output.
enum Source {
    Nothing,
    Process(Subscriber),
    /// A synthetic container's log, from now on.
    Synthetic(Reader),
}

/// An attached client's part in a container.
struct Place {
    shared: Shared,
    id: String,
    history: Bytes,
    source: Source,
    stdin: Option<Typing>,
    keys: Option<DetachKeys>,
    manner: Manner,
}

pub(crate) fn attach(shared: &Shared, reference: &str, mut ask: ApiRequest) -> Answer {
    let query = &ask.query;
    let keys = DetachKeys::parse(query.get("detachKeys").unwrap_or(""))?;
    let mut state = shared.state();
    let container = state.find_mut(reference)?;
    can_attach(container, reference)?;
    let manner = Manner { framed: !container.spec.tty, stdout: query.flag("stdout"), stderr: query.flag("stderr") };
    let stream = query.flag("stream");
    let place = Place {
        shared: shared.clone(),
        id: container.id.clone(),
        history: if query.flag("logs") { history(container, manner) } else { Bytes::new() },
        keys: container.spec.tty.then_some(keys),
        stdin: if stream && query.flag("stdin") { typing(container) } else { None },
        source: if stream { source(shared, container) } else { Source::Nothing },
        manner,
    };
    state.tell(&place.id, now(), "attach", &[]);
    drop(state);
    Ok(hijack(&mut ask, move |client| place.take(client)))
}

fn can_attach(container: &Container, reference: &str) -> Result<(), ApiError> {
    match container.status {
        Status::Paused => {
            Err(ApiError::conflict(format!("container {reference} is paused, unpause the container before attach")))
        }
        Status::Restarting => {
            Err(ApiError::conflict(format!("container {reference} is restarting, wait until the container is running")))
        }
        Status::Created | Status::Running | Status::Exited | Status::Dead => Ok(()),
    }
}

/// What the log holds, as the client is to see it.
fn history(container: &Container, manner: Manner) -> Bytes {
    let Body::Process(process) = &container.body else { return Bytes::new() };
    let mut all = Vec::new();
    for entry in process.ring.after(0) {
        let line = &entry.line;
        match (manner.framed, if line.stderr { manner.stderr } else { manner.stdout }) {
            (_, false) => {}
            (true, true) => all.extend(frame(line.stderr, &line.text)),
            (false, true) => all.extend_from_slice(&line.text),
        }
    }
    all.into()
}

fn typing(container: &Container) -> Option<Typing> {
    let Body::Process(Process { stdin: Some(stdin), .. }) = &container.body else { return None };
    Some(Typing { stdin: stdin.clone(), ends: container.spec.stdin_once && !container.spec.tty })
}

fn source(shared: &Shared, container: &mut Container) -> Source {
    match &mut container.body {
        Body::Process(process) => Source::Process(process.audience.listen()),
        Body::Synthetic(_) => Source::Synthetic(Reader::live(shared, container)),
    }
}

/// What an attached client types, on its way to the process.
struct Typing {
    stdin: Stdin,
    /// The client's end is the input's end.
    ends: bool,
}

impl Listens for &mut Typing {
    async fn take(&mut self, bytes: Vec<u8>) -> bool {
        send(&self.stdin.typing, Typed::Bytes(bytes.into())).await
    }
}

/// False when the container is gone.
async fn send(typing: &mpsc::Sender<Typed>, typed: Typed) -> bool {
    typing.send(typed).await.is_ok()
}

impl Place {
    async fn take(mut self, client: Client) {
        let (reader, mut writer) = tokio::io::split(client);
        let mut closing = self.shared.closing.subscribe();
        let keys = self.keys.take();
        let stdin = self.stdin.take();
        let (shared, id) = (self.shared.clone(), self.id.clone());
        let silent = watch::Sender::new(false);
        let detached = {
            let hearing = hear(reader, stdin, keys);
            let speaking = self.speak(&mut writer, silent.subscribe());
            tokio::pin!(hearing, speaking);
            let (mut listening, mut speaks) = (true, true);
            loop {
                tokio::select! {
                    end = &mut speaking, if speaks => match end {
                        // What a client typed before it left is still on its way.
                        End::Left if listening => speaks = false,
                        End::Left | End::All => break false,
                    },
                    heard = &mut hearing, if listening => match heard {
                        Heard::Detach => break true,
                        Heard::All if speaks => {
                            listening = false;
                            silent.send_replace(true);
                        }
                        Heard::All => break false,
                    },
                    () = closed(&mut closing) => return,
                }
            }
        };
        if detached {
            shared.state().tell(&id, now(), "detach", &[]);
        }
        // It may be gone already.
        let _ = writer.shutdown().await;
    }

    async fn speak(self, writer: &mut (impl AsyncWrite + Unpin), silent: watch::Receiver<bool>) -> End {
        if writer.write_all(&self.history).await.is_err() {
            return End::Left;
        }
        match self.source {
            Source::Nothing => End::All,
            Source::Process(ear) => pass_on(ear, writer, self.manner, silent).await,
            Source::Synthetic(reader) => follow(reader, writer, self.manner, silent).await,
        }
    }
}

/// The reason why a client gets nothing more.
enum End {
    /// It was told everything, or as much as it could take.
    All,
    /// The client no longer reads.
    Left,
}

/// Takes what a client types to the process; without an input it is swallowed.
async fn hear(reader: impl tokio::io::AsyncRead + Unpin, typing: Option<Typing>, keys: Option<DetachKeys>) -> Heard {
    let Some(mut typing) = typing else { return listen(reader, Input(None), keys).await };
    let heard = listen(reader, &mut typing, keys).await;
    if heard == Heard::All && typing.ends {
        // A container that is gone needs no end of its input.
        send(&typing.stdin.typing, Typed::End).await;
    }
    heard
}

/// Passes on what a process says until its run is over, or the client is cut off for being too slow.
async fn pass_on(
    ear: Subscriber,
    writer: &mut (impl AsyncWrite + Unpin),
    manner: Manner,
    silent: watch::Receiver<bool>,
) -> End {
    let Subscriber { mut said, cut } = ear;
    let passing = async {
        loop {
            let said = tokio::select! {
                said = said.recv() => said,
                () = gone(writer, silent.clone()) => return End::Left,
            };
            let Some(said) = said else { return End::All };
            if !(if said.stderr { manner.stderr } else { manner.stdout }) {
                continue;
            }
            let bytes = if manner.framed { frame(said.stderr, &said.bytes) } else { said.bytes };
            if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
                return End::Left;
            }
        }
    };
    let cut_off = async {
        // A dropped word is the run's end: what was said before it is still to be passed on.
        if cut.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        end = passing => end,
        () = cut_off => {
            tracing::warn!("an attached client did not keep up with its container and was cut off");
            End::All
        }
    }
}

async fn follow(
    mut reader: Reader,
    writer: &mut (impl AsyncWrite + Unpin),
    manner: Manner,
    silent: watch::Receiver<bool>,
) -> End {
    reader.choose(manner.stdout, manner.stderr);
    loop {
        let read = tokio::select! {
            read = reader.next() => read,
            () = gone(writer, silent.clone()) => return End::Left,
        };
        let Some((bytes, next)) = read else { return End::All };
        if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
            return End::Left;
        }
        reader = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attach_broadcast::Subscribers;

    /// A container that says nothing keeps nobody's place who has left.
    #[tokio::test]
    async fn who_leaves_a_quiet_container_is_let_go_of() {
        let mut audience = Subscribers::default();
        let (mut near, far) = tokio::io::duplex(64);
        let silent = watch::Sender::new(true);
        let manner = Manner { framed: true, stdout: true, stderr: true };
        drop(far);
        let passing = pass_on(audience.listen(), &mut near, manner, silent.subscribe());
        let end = tokio::time::timeout(std::time::Duration::from_secs(5), passing).await.expect("in time");
        assert!(matches!(end, End::Left));
    }
}
