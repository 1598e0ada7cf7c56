//! Requests to an engine, in full: new things and changed limits. Plain data; checked as it is written.

use super::id::Id;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// When an engine starts a container again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Restart {
    /// Never.
    #[default]
    No,
    /// Always, also after the engine was restarted.
    Always,
    /// Unless somebody stopped it.
    UnlessStopped,
    /// After a failure, at most so many times; 0 is without end.
    OnFailure(u32),
}

impl Restart {
    /// From the docker command's word: `no`, `always`, `unless-stopped`, `on-failure:3`.
    ///
    /// # Errors
    /// A sentence that names the words there are.
    pub fn parse(word: &str) -> Result<Restart, String> {
        match word.trim() {
            "" | "no" => Ok(Restart::No),
            "always" => Ok(Restart::Always),
            "unless-stopped" => Ok(Restart::UnlessStopped),
            "on-failure" => Ok(Restart::OnFailure(0)),
            other => match other.strip_prefix("on-failure:").map(str::parse) {
                Some(Ok(times)) => Ok(Restart::OnFailure(times)),
                _ => Err("write no, always, unless-stopped, on-failure or on-failure:3".into()),
            },
        }
    }

    /// The engine's word for it, without the number.
    pub fn name(self) -> &'static str {
        match self {
            Restart::No => "no",
            Restart::Always => "always",
            Restart::UnlessStopped => "unless-stopped",
            Restart::OnFailure(_) => "on-failure",
        }
    }

    /// The number of restarts, where that is limited.
    pub fn times(self) -> u32 {
        match self {
            Restart::OnFailure(times) => times,
            _ => 0,
        }
    }
}

impl fmt::Display for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Restart::OnFailure(times) if *times > 0 => write!(f, "on-failure:{times}"),
            other => f.write_str(other.name()),
        }
    }
}

/// The docker command's word.
impl Serialize for Restart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Restart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Restart, D::Error> {
        let word = Cow::<str>::deserialize(deserializer)?;
        Restart::parse(&word).map_err(|_| {
            D::Error::custom("expected a restart policy: no, always, unless-stopped, on-failure or on-failure:3")
        })
    }
}

impl JsonSchema for Restart {
    fn schema_name() -> Cow<'static, str> {
        "Restart".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(no|always|unless-stopped|on-failure(:[0-9]+)?)$" })
    }
}

/// A size in bytes, with the words it was typed in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ByteSize {
    /// Bytes; -1 is without limit.
    pub bytes: i64,
    words: String,
}

impl ByteSize {
    /// As somebody typed it.
    pub fn typed(bytes: i64, words: &str) -> ByteSize {
        ByteSize { bytes, words: words.trim().to_string() }
    }

    /// From a size as somebody typed it, in units of 1024: `512m`, `1.5g`; `-1` is without limit.
    ///
    /// # Errors
    /// A sentence with examples.
    pub fn parse(text: &str) -> Result<ByteSize, String> {
        if text.trim() == "-1" {
            return Ok(ByteSize::from(-1));
        }
        let parsed = parse_size::Config::new().with_binary().parse_size(text.trim());
        let bytes = parsed.ok().and_then(|bytes| i64::try_from(bytes).ok());
        bytes.map(|bytes| ByteSize::typed(bytes, text)).ok_or_else(|| "expected a size, such as 512m or 1.5g".into())
    }
}

/// As it was typed.
impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ByteSize, D::Error> {
        struct Size;
        impl Visitor<'_> for Size {
            type Value = ByteSize;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size, such as \"512m\" or \"1.5g\"")
            }
            fn visit_i64<E: Error>(self, bytes: i64) -> Result<ByteSize, E> {
                if bytes >= -1 { Ok(bytes.into()) } else { Err(E::custom("expected a size that is not negative")) }
            }
            fn visit_u64<E: Error>(self, bytes: u64) -> Result<ByteSize, E> {
                i64::try_from(bytes).map(ByteSize::from).map_err(|_| E::custom("expected a smaller size"))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<ByteSize, E> {
                ByteSize::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Size)
    }
}

impl JsonSchema for ByteSize {
    fn schema_name() -> Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"], "description": "A size, such as 512m or 1.5g; a number is bytes." })
    }
}

/// In the largest unit in which it is a whole number.
impl From<i64> for ByteSize {
    fn from(bytes: i64) -> ByteSize {
        let units = [("g", 30), ("m", 20), ("k", 10)];
        let whole = units.into_iter().find(|(_, shift)| bytes > 0 && bytes.trailing_zeros() >= *shift);
        let words = whole.map_or_else(|| bytes.to_string(), |(unit, shift)| format!("{}{unit}", bytes >> shift));
        ByteSize { bytes, words }
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// Limits to be changed; what is none stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct LimitChange {
    /// Processors' worth of time in billionths; 0 takes the limit away.
    pub nano_cpus: Option<i64>,
    /// Memory.
    pub memory: Option<ByteSize>,
    /// Memory and swap together; -1 is without limit.
    pub memory_swap: Option<ByteSize>,
    /// Processes; -1 is without limit.
    pub pids: Option<i64>,
    /// The restart policy.
    pub restart: Option<Restart>,
}

impl LimitChange {
    /// True if nothing is to change.
    pub fn is_empty(&self) -> bool {
        *self == LimitChange::default()
    }
}

/// A container to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct NewContainer {
    /// Name; empty lets the engine choose.
    pub name: String,
    /// Image.
    pub image: String,
    /// Command; empty is the image's own.
    pub command: Vec<String>,
    /// Variables, `NAME=value`.
    pub env: Vec<String>,
    /// Ports.
    pub ports: Vec<NewPort>,
    /// Folders, volumes and memory.
    pub mounts: Vec<NewMount>,
    /// Network; empty is the engine's default.
    pub network: String,
    /// As whom.
    pub user: String,
    /// Working directory.
    pub folder: String,
    /// Limits and restart policy.
    pub limits: LimitChange,
    /// Labels.
    pub labels: Vec<(String, String)>,
    /// With a terminal and an open input.
    pub tty: bool,
    /// True if the engine removes it when it ends.
    pub auto_remove: bool,
    /// Start it at once.
    pub start: bool,
}

/// A port of a container to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewPort {
    /// Address of the host it is published on; empty is all.
    pub address: String,
    /// Port of the host; none lets the engine choose.
    pub public: Option<u16>,
    /// Port inside.
    pub private: u16,
    /// `tcp`, `udp`, `sctp`.
    pub protocol: String,
}

impl NewPort {
    /// From the docker command's form: `8080:80`, `127.0.0.1:53:53/udp`, `80` for a port that the engine chooses.
    ///
    /// # Errors
    /// A sentence on what is wrong.
    pub fn parse(text: &str) -> Result<NewPort, String> {
        let text = text.trim();
        let (rest, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
        if !matches!(protocol, "tcp" | "udp" | "sctp") {
            return Err(format!("'{protocol}' is not a protocol; write tcp, udp or sctp"));
        }
        let number = |word: &str| match word.parse::<u16>() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(format!("'{word}' is not a port; write a number from 1 to 65535")),
        };
        let (address, public, private) = match rest.rsplit_once(':') {
            None => ("", "", rest),
            Some((before, private)) => match before.rsplit_once(':') {
                None => ("", before, private),
                Some((address, public)) => (address.trim_matches(['[', ']']), public, private),
            },
        };
        if !address.is_empty() && address.parse::<core::net::IpAddr>().is_err() {
            return Err(format!("'{address}' is not an address of the host"));
        }
        let public = if matches!(public, "" | "0") { None } else { Some(number(public)?) };
        Ok(NewPort { address: address.into(), public, private: number(private)?, protocol: protocol.into() })
    }
}

impl fmt::Display for NewPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.address.is_empty() {
            let bare = !self.address.contains(':');
            if bare { write!(f, "{}:", self.address)? } else { write!(f, "[{}]:", self.address)? }
        }
        match self.public {
            Some(public) => write!(f, "{public}:")?,
            None if !self.address.is_empty() => f.write_str(":")?,
            None => {}
        }
        write!(f, "{}", self.private)?;
        if self.protocol == "tcp" { Ok(()) } else { write!(f, "/{}", self.protocol) }
    }
}

/// A mount of a container to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewMount {
    /// A folder of the host, or the name of a volume; empty for memory.
    pub source: String,
    /// The path in the container.
    pub target: String,
    /// True if it is read-only.
    pub read_only: bool,
}

impl NewMount {
    /// From the docker command's form: `data:/var/lib/data`, `/srv/www:/www:ro`, `tmpfs:/tmp` for memory.
    ///
    /// # Errors
    /// A sentence on what is wrong.
    pub fn parse(text: &str) -> Result<NewMount, String> {
        let form = "write volume:/inside, /host/folder:/inside or tmpfs:/inside; add :ro for read-only";
        let mut parts = text.trim().split(':');
        let (Some(source), Some(target)) = (parts.next(), parts.next()) else { return Err(form.into()) };
        let read_only = match (parts.next(), parts.next()) {
            (None, _) | (Some("rw"), None) => false,
            (Some("ro"), None) => true,
            _ => return Err(form.into()),
        };
        if !target.starts_with('/') || target.split('/').any(|part| part == "..") {
            return Err(format!("'{target}' is not a path in the container: it must start with / and have no .."));
        }
        if source.starts_with('/') && source.split('/').any(|part| part == "..") {
            return Err(format!("'{source}' contains ..: write the full path"));
        }
        let volume = |name: &str| {
            name.chars().next().is_some_and(|first| first.is_ascii_alphanumeric())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
        };
        if !source.starts_with('/') && !volume(source) {
            return Err(format!("'{source}' is neither a folder (starting with /) nor a volume name"));
        }
        let source = if source == "tmpfs" { "" } else { source };
        Ok(NewMount { source: source.into(), target: target.into(), read_only })
    }

    /// True if it is a tmpfs.
    pub fn is_memory(&self) -> bool {
        self.source.is_empty()
    }
}

impl fmt::Display for NewMount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = if self.is_memory() { "tmpfs" } else { &self.source };
        write!(f, "{source}:{}{}", self.target, if self.read_only { ":ro" } else { "" })
    }
}

/// A volume to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct NewVolume {
    /// Name; empty lets the engine choose.
    pub name: String,
    /// Driver; empty is `local`.
    pub driver: String,
    /// Options of the driver.
    pub options: Vec<(String, String)>,
    /// Labels.
    pub labels: Vec<(String, String)>,
}

/// A network to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct NewNetwork {
    /// Name.
    pub name: String,
    /// Driver; empty is `bridge`.
    pub driver: String,
    /// Subnet; empty lets the engine choose.
    pub subnet: String,
    /// Gateway; empty lets the engine choose.
    pub gateway: String,
    /// No way out.
    pub internal: bool,
    /// No traffic between its members.
    pub isolated: bool,
    /// Labels.
    pub labels: Vec<(String, String)>,
}

/// A container to be joined to a network, or to leave it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Joining {
    /// The network.
    pub network: Id,
    /// Its name.
    pub name: String,
    /// Further names of the container on it.
    pub aliases: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_written_as_for_the_docker_command() {
        for form in ["80", "8080:80", "127.0.0.1:8080:80", "53:53/udp", "[::1]:80:80", "127.0.0.1::80"] {
            assert_eq!(NewPort::parse(form).map(|port| port.to_string()).as_deref(), Ok(form));
        }
        for wrong in ["", "x", "0", "70000:80", "80:0", "host:80:80", "80/icmp", "1:2:3:4"] {
            assert!(NewPort::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn mounts_are_written_as_for_the_docker_command_and_lead_nowhere_else() {
        for form in ["data:/var/lib", "/srv/www:/www:ro", "tmpfs:/tmp"] {
            assert_eq!(NewMount::parse(form).map(|mount| mount.to_string()).as_deref(), Ok(form));
        }
        for wrong in ["", "data", "data:inside", "data:/a/../b", "/a/../etc:/b", "../x:/b", "data:/b:no", "a b:/c"] {
            assert!(NewMount::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_size_is_told_as_it_was_typed_and_a_computed_one_without_loss() {
        assert_eq!(ByteSize::typed(3 << 29, "1.5g").to_string(), "1.5g");
        let exact =
            [1 << 30, 3 << 29, 96 << 20, 5 << 10, 1_000_001, 0, -1].map(|bytes| ByteSize::from(bytes).to_string());
        assert_eq!(exact, ["1g", "1536m", "96m", "5k", "1000001", "0", "-1"]);
    }

    #[test]
    fn restart_policies_are_words() {
        for word in ["no", "always", "unless-stopped", "on-failure", "on-failure:3"] {
            assert_eq!(Restart::parse(word).map(|restart| restart.to_string()).as_deref(), Ok(word));
        }
        assert!(Restart::parse("sometimes").is_err() && Restart::parse("on-failure:x").is_err());
    }
}
