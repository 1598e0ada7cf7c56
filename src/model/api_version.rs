//! A version of Docker's API.

use serde::Deserialize;
use std::fmt;

/// A version of Docker's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ApiVersion {
    /// The number before the point.
    pub major: u16,
    /// The number behind it.
    pub minor: u16,
}

impl ApiVersion {
    /// The oldest that bowline's requests are written for: Docker 20.10 and Podman 4 speak it.
    pub const OLDEST: ApiVersion = ApiVersion { major: 1, minor: 41 };

    /// From `1.41`; of `1.41.0`, as some engines say it, the first two numbers count.
    pub fn parse(text: &str) -> Option<ApiVersion> {
        let mut numbers = text.trim().split('.').map(|number| number.parse().ok());
        Some(ApiVersion { major: numbers.next()??, minor: numbers.next()?? })
    }
}

impl TryFrom<String> for ApiVersion {
    type Error = String;

    /// As a person configures it.
    fn try_from(text: String) -> Result<ApiVersion, String> {
        match ApiVersion::parse(&text) {
            Some(version) if version >= ApiVersion::OLDEST => Ok(version),
            Some(version) => Err(format!("API {version} is too old: bowline needs {} or newer", ApiVersion::OLDEST)),
            None => Err(format!("expected a version of the API, such as \"{}\"", ApiVersion::OLDEST)),
        }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_version_is_one_that_bowline_speaks() {
        let read = |text: &str| ApiVersion::try_from(text.to_string());
        assert_eq!(read("1.43"), Ok(ApiVersion { major: 1, minor: 43 }));
        assert!(read("1.40").unwrap_err().contains("1.41 or newer") && read("new").unwrap_err().contains("such as"));
    }
}
