//! From a registry to the engine, and back.

use super::{ATTEMPTS, Failure, TransferContext, header, is_passing};
use crate::engine::docker::identity;
use crate::engine::path::{image as named, segment};
use crate::engine::stream::StreamEnd;
use crate::model::{ImageName, ImageRef, PullPolicy, Transferred};

/// What engines take credentials for a registry in.
const AUTH: &str = "x-registry-auth";

pub async fn pull(
    way: &mut TransferContext<'_>,
    reference: &str,
    policy: PullPolicy,
) -> Result<Transferred, StreamEnd> {
    let reference = way.reference(reference)?;
    if policy != PullPolicy::Always && way.has(&reference).await? {
        return Ok(Transferred { words: "it already exists".into(), ..Transferred::default() });
    }
    if policy == PullPolicy::Never {
        return Err(
            way.problem("the engine does not have the image, and the pull policy is never", "set pull to missing")
        );
    }
    let path = format!("/images/create?fromImage={}&tag={}", segment(&reference.name), segment(&reference.tag));
    again_and_again(way, &reference, &path, None).await
}

pub async fn push(
    way: &mut TransferContext<'_>,
    reference: &str,
    image: Option<&str>,
) -> Result<Transferred, StreamEnd> {
    let reference = way.reference(reference)?;
    if reference.is_digest() {
        return Err(way.problem("a digest cannot be pushed", "give a tag"));
    }
    let path = format!("/images/{}/push?tag={}", named(&reference.name), segment(&reference.tag));
    let meant = image.map(|id| ImageName { name: reference.full(), holder: Some(id.to_string()) });
    again_and_again(way, &reference, &path, meant.as_ref()).await
}

/// Tries until it is done, or refused, or the network has broken it off too often. Before each attempt the name must lead to the
/// image that is meant, where one is; engines push by names alone.
async fn again_and_again(
    way: &mut TransferContext<'_>,
    reference: &ImageRef,
    path: &str,
    meant: Option<&ImageName>,
) -> Result<Transferred, StreamEnd> {
    let found = way.shared.settings.keyring.for_registry(&reference.registry).await;
    way.troubles(&found.trouble);
    let mut pause = way.shared.settings.transfer_pause;
    for next in 2.. {
        let same = match meant {
            Some(meant) => identity::image_name(&way.transport, meant).await,
            None => Ok(()),
        };
        let ended = match same {
            Ok(()) => once(way, path, found.sealed.header()).await,
            Err(fault) => Err(fault.into()),
        };
        match ended {
            Err(Failure::Fault(fault)) if is_passing(&fault) && next <= ATTEMPTS => {
                let why = way.told(&fault);
                way.tally.again(why, next);
                way.tally.tell(way.outlet).await?;
                tokio::time::sleep(pause).await;
                pause *= 2;
                way.tally.trying();
            }
            ended => return way.end(ended).await,
        }
    }
    // The last attempt has ended above.
    Err(StreamEnd::Closed)
}

async fn once(way: &mut TransferContext<'_>, path: &str, auth: &str) -> Result<(), Failure> {
    let transport = way.transport.clone();
    // Raw: decoder, auth.
    let answer = way.answered(transport.upload(path, header(AUTH, auth), None)).await?;
    way.hear(answer).await
}
