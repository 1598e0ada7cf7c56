//! The version of the API that stands in every path: what is configured, or else the newest that the engine and bowline know.

use crate::model::ApiVersion;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The newest that bollard's models are made from.
const NEWEST: ApiVersion = ApiVersion {
    major: bollard::API_DEFAULT_VERSION.major_version as u16,
    minor: bollard::API_DEFAULT_VERSION.minor_version as u16,
};

/// The version that one engine is asked in. Clones agree.
#[derive(Debug, Clone)]
pub struct Negotiation {
    configured: bool,
    present: Arc<AtomicU32>,
}

impl Negotiation {
    /// Nothing is known of the engine yet: its first answer says more.
    pub fn new(configured: Option<ApiVersion>) -> Negotiation {
        let version = configured.unwrap_or(ApiVersion::OLDEST);
        Negotiation { configured: configured.is_some(), present: Arc::new(AtomicU32::new(packed(version))) }
    }

    /// The version for the next request.
    pub fn present(&self) -> ApiVersion {
        let packed = self.present.load(Ordering::Relaxed);
        ApiVersion { major: (packed >> 16) as u16, minor: packed as u16 }
    }

    /// Takes note of the newest version that the engine says it speaks. It is returned if it is too old for bowline.
    pub fn observe(&self, said: &str) -> Option<ApiVersion> {
        let said = ApiVersion::parse(said).filter(|_| !self.configured)?;
        self.present.store(packed(said.clamp(ApiVersion::OLDEST, NEWEST)), Ordering::Relaxed);
        (said < ApiVersion::OLDEST).then_some(said)
    }
}

fn packed(version: ApiVersion) -> u32 {
    u32::from(version.major) << 16 | u32::from(version.minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_know_the_version_that_is_spoken() {
        let negotiation = Negotiation::new(None);
        let spoken = |said: &str| (negotiation.observe(said), negotiation.present().to_string());
        assert_eq!(spoken("1.45"), (None, "1.45".into()));
        assert_eq!(spoken("1.45.0"), (None, "1.45".into()), "Podman says three numbers");
        assert_eq!(spoken("9.9").1, NEWEST.to_string());
        assert_eq!(spoken("soon"), (None, NEWEST.to_string()));
        assert_eq!(spoken("1.40"), (ApiVersion::parse("1.40"), "1.41".into()));
    }

    #[test]
    fn a_configured_version_stays() {
        let negotiation = Negotiation::new(ApiVersion::parse("1.43"));
        assert_eq!((negotiation.observe("1.40"), negotiation.present().to_string()), (None, "1.43".into()));
    }
}
