//! What the fields of forms may hold. Each check says in a sentence what is wrong.

use crate::model::{ByteSize, ImageRef, NewMount, NewPort, Restart};

pub fn anything(_: &str) -> Result<(), String> {
    Ok(())
}

/// The engine's rule for names of containers (moby, `RestrictedNameChars`).
pub fn name(text: &str) -> Result<(), String> {
    let proper = text.chars().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    match text {
        "" => Err("type a name".into()),
        _ if proper && text.len() > 1 => Ok(()),
        _ => Err("letters, digits, _ . and -; at least two, starting with a letter or digit".into()),
    }
}

pub fn alias_list(text: &str) -> Result<(), String> {
    let proper = |word: &str| word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if text.split_whitespace().all(proper) {
        Ok(())
    } else {
        Err("letters, digits, _ . and -, separated by spaces".into())
    }
}

pub fn name_or_nothing(text: &str) -> Result<(), String> {
    if text.is_empty() { Ok(()) } else { name(text) }
}

/// A name that an image is given, or is pulled by.
pub fn reference(text: &str) -> Result<(), String> {
    ImageRef::parse(text).map(drop)
}

/// A name or an id of an image that the engine has.
pub fn image(text: &str) -> Result<(), String> {
    if text.starts_with("sha256:") { Ok(()) } else { reference(text) }
}

pub fn words(text: &str) -> Result<(), String> {
    shell_words::split(text).map(drop).map_err(|_| "a quote is not closed".into())
}

/// Several variables on one line, words as in a shell.
pub fn variables(text: &str) -> Result<(), String> {
    words(text)?;
    shell_words::split(text).unwrap_or_default().iter().try_for_each(|word| variable(word))
}

pub fn variable(text: &str) -> Result<(), String> {
    match text.split_once('=') {
        Some((name, _)) if !name.is_empty() && !name.contains(char::is_whitespace) => Ok(()),
        _ => Err(format!("'{text}' is not NAME=value")),
    }
}

pub fn port(text: &str) -> Result<(), String> {
    NewPort::parse(text).map(drop)
}

pub fn mount(text: &str) -> Result<(), String> {
    NewMount::parse(text).map(drop)
}

pub fn restart(text: &str) -> Result<(), String> {
    Restart::parse(text).map(drop)
}

pub fn folder(text: &str) -> Result<(), String> {
    if text.is_empty() || text.starts_with('/') { Ok(()) } else { Err("a folder starts with /".into()) }
}

pub fn processors(text: &str) -> Result<(), String> {
    nano_cpus(text).map(drop)
}

/// Billionths of a processor; none for an empty text.
pub fn nano_cpus(text: &str) -> Result<Option<i64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(count) if (0.01..=4096.0).contains(&count) => Ok(Some((count * 1e9).round() as i64)),
        _ => Err("type a number of processors, e.g. 1.5; at least 0.01".into()),
    }
}

/// The least memory that an engine allows (moby, `linuxMinMemory`).
const LEAST_MEMORY: u64 = 6 << 20;

pub fn memory(text: &str) -> Result<(), String> {
    match size(text)? {
        Some(bytes) if bytes < LEAST_MEMORY as i64 => Err("at least 6m".into()),
        _ => Ok(()),
    }
}

pub fn swap(text: &str) -> Result<(), String> {
    match text {
        "-1" => Ok(()),
        _ if size(text)? == Some(0) => Err("engines ignore 0: type -1 for no limit, or a size".into()),
        _ => Ok(()),
    }
}

/// Bytes of `512m`, `1.5g`; none for an empty text.
pub fn size(text: &str) -> Result<Option<i64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let size = ByteSize::parse(text).ok().filter(|size| size.bytes >= 0);
    size.map(|size| Some(size.bytes)).ok_or_else(|| "type a size, e.g. 512m or 1.5g".into())
}

pub fn processes(text: &str) -> Result<(), String> {
    match text {
        "" | "-1" => Ok(()),
        number => match number.parse::<u32>() {
            Ok(1..) => Ok(()),
            _ => Err("type a number of processes, or -1 for no limit".into()),
        },
    }
}

pub fn subnet(text: &str) -> Result<(), String> {
    let proper = text.split_once('/').is_some_and(|(address, bits)| {
        let most = match address.parse::<core::net::IpAddr>() {
            Ok(core::net::IpAddr::V4(_)) => 32,
            Ok(core::net::IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        bits.parse::<u8>().is_ok_and(|bits| bits <= most)
    });
    if text.is_empty() || proper { Ok(()) } else { Err("type a subnet, e.g. 10.5.0.0/24".into()) }
}

pub fn address(text: &str) -> Result<(), String> {
    let proper = text.is_empty() || text.parse::<core::net::IpAddr>().is_ok();
    if proper { Ok(()) } else { Err("type an address, e.g. 10.5.0.1".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_input_is_told_with_its_reason() {
        for good in ["nginx", "nginx:1.27", "reg.example:5000/team/app:1.0-rc_1", "localhost/x"] {
            assert_eq!(reference(good), Ok(()), "{good}");
        }
        for wrong in ["", "Nginx", "a//b", "a:", "a b", "../x", "-x"] {
            assert!(reference(wrong).is_err(), "{wrong}");
        }
        assert!(name("-x").is_err() && name("a b").is_err() && name("web-1").is_ok());
        assert!(subnet("10.0.0.0").is_err() && subnet("10.0.0.0/33").is_err() && subnet("fd00::/64").is_ok());
        assert!(memory("1k").is_err() && memory("x").is_err() && memory("512m").is_ok());
        assert_eq!((size("1.5g"), size("")), (Ok(Some(3 << 29)), Ok(None)));
        assert!(processors("0").is_err() && processors("1,5").is_err() && processors("1.5").is_ok());
    }
}
