//! Users of this machine, by number and by name.

use rustix::process::geteuid;

/// The name a user number has in /etc/passwd, or else the number.
pub(crate) fn name(uid: u32) -> String {
    by_number(&passwd(), uid).unwrap_or_else(|| uid.to_string())
}

/// The engine's own user, for people to read.
pub(crate) fn own() -> String {
    name(geteuid().as_raw())
}

/// Whether a user as Docker names them (`name`, `number`, either with `:group`; nothing for the default) is the
/// engine's own.
pub(crate) fn is_own(user: &str) -> bool {
    let own = geteuid().as_raw();
    let user = user.split(':').next().unwrap_or("");
    match user.parse::<u32>() {
        Ok(number) => number == own,
        Err(_) => user.is_empty() || passwd().lines().any(|line| names(line, user, own)),
    }
}

/// Whether a line of /etc/passwd gives a name to a number. A number may have several.
fn names(line: &str, name: &str, uid: u32) -> bool {
    let mut fields = line.split(':');
    fields.next() == Some(name) && fields.nth(1).and_then(|text| text.parse().ok()) == Some(uid)
}

fn passwd() -> String {
    std::fs::read_to_string("/etc/passwd").unwrap_or_default()
}

fn by_number(passwd: &str, uid: u32) -> Option<String> {
    let fields = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = fields.into_iter().find(|fields| fields.get(2).and_then(|text| text.parse().ok()) == Some(uid));
    found.and_then(|fields| fields.first().map(ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_user_by_every_name() {
        let own = geteuid().as_raw();
        assert!(is_own("") && is_own(&own.to_string()) && is_own(&format!("{own}:0")));
        assert!(!is_own(&(own + 1).to_string()) && !is_own("nobody-has-this-name"));
        assert!(names("toor:x:0:0::/:/bin/sh", "toor", 0) && !names("toor:x:0:0::/:/bin/sh", "toor", 1));
        assert_eq!(by_number("root:x:0:0::/root:/bin/sh\nbo:x:7:7::/:/bin/sh", 7), Some("bo".into()));
    }
}
