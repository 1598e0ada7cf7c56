//! What must not be read over a shoulder: passwords, tokens and keys in environments, labels and command lines.
//!
//! A value is a secret by the name it stands under, or by its shape. Both are guesses: better one mask too many, which a key
//! takes away, than one too few. Written by hand, since this room has no regular expressions.

use std::ops::Range;

/// What stands in place of a secret. It says nothing of its length.
pub const MASK: &str = "••••";

/// Parts of a name that make its value a secret wherever they stand: `PGPASSWORD`, `clientSecret`.
const STRONG: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "authtoken",
];
/// Whole words of a name that do.
const WORDS: [&str; 13] =
    ["pass", "pwd", "pw", "token", "key", "keys", "auth", "private", "cred", "creds", "jwt", "pat", "dsn"];
/// Words after which a name speaks of the secret, not it: `PASSWORD_FILE`, `AUTH_TYPE`, `PRIVATE_IP`.
const ABOUT: &[&str] = &[
    "addr",
    "address",
    "alg",
    "algorithm",
    "audience",
    "count",
    "dir",
    "domain",
    "enabled",
    "endpoint",
    "expires",
    "expiry",
    "file",
    "files",
    "header",
    "host",
    "interface",
    "ip",
    "issuer",
    "length",
    "limit",
    "max",
    "method",
    "min",
    "mode",
    "name",
    "network",
    "path",
    "policy",
    "port",
    "prefix",
    "provider",
    "registry",
    "required",
    "rounds",
    "server",
    "size",
    "sock",
    "subnet",
    "timeout",
    "ttl",
    "type",
    "url",
    "uri",
    "version",
    "zone",
];
/// Words that make of a key or a token something to be shown, or a mere number of them.
const OPEN: &[&str] = &["public", "pub", "max", "min", "num", "idempotency", "primary", "foreign", "sort", "partition"];
/// Words of a name under which long random text is no secret.
const RANDOM: &[&str] = &[
    "build",
    "checksum",
    "commit",
    "digest",
    "etag",
    "fingerprint",
    "gpg",
    "hash",
    "id",
    "ids",
    "image",
    "layer",
    "ref",
    "rev",
    "revision",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "sum",
    "uuid",
    "vcs",
    "version",
];
/// How tokens of well-known issuers begin, and how many characters follow at least.
const ISSUED: &[(&str, usize)] = &[
    ("AKIA", 16),
    ("ASIA", 16),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
    ("xapp-", 10),
    ("sk-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("AIza", 30),
    ("npm_", 30),
    ("dckr_pat_", 20),
    ("hvs.", 20),
    ("SG.", 20),
    ("ya29.", 20),
    ("pypi-", 30),
    ("shpat_", 20),
    ("dop_v1_", 20),
];
/// Bytes of a text that are looked at.
const EXAMINED: usize = 16 * 1024;
/// Random text is at least so long.
const LONG: usize = 32;

/// The value under a name as it is shown while secrets are hidden. None if there is nothing to hide.
pub fn hide(name: &str, value: &str) -> Option<String> {
    if is_secret(name, value) {
        return Some(MASK.into());
    }
    let mut found = shapes(value);
    if !words(name).iter().any(|word| RANDOM.contains(&word.as_str())) {
        found.extend(runs(value).filter(|run| is_random(value, run)));
    }
    cover(value, found)
}

/// The same of `NAME=value`, as environments have it.
pub fn hide_assignment(text: &str) -> Option<String> {
    match text.split_once('=') {
        Some((name, value)) => hide(name, value).map(|hidden| format!("{name}={hidden}")),
        None => hide("", text),
    }
}

/// The same of an argument of a command line; `before` is the argument before it, if there is one.
pub fn hide_argument(before: Option<&str>, text: &str) -> Option<String> {
    if let Some(flag) = before
        && let Some(from) = after_flag(flag, text)
    {
        return cover(text, std::iter::once(from..text.len()).collect());
    }
    let mut found = shapes(text);
    found.extend(runs(text).filter(|run| is_random(text, run)));
    cover(text, found)
}

/// The same of any other text: by shape alone, and long random text is no secret, since ids are.
pub fn hide_shape(text: &str) -> Option<String> {
    cover(text, shapes(text))
}

/// True if the value under this name is a secret by that name.
fn is_secret(name: &str, value: &str) -> bool {
    let value = value.trim();
    let harmless = ["true", "false", "yes", "no", "on", "off", "none", "null"];
    if value.is_empty() || harmless.iter().any(|word| value.eq_ignore_ascii_case(word)) || is_reference(value) {
        return false;
    }
    let words = words(name);
    if words.last().is_some_and(|last| ABOUT.contains(&last.as_str())) {
        return false;
    }
    let squashed = words.concat();
    if STRONG.iter().any(|part| squashed.contains(part)) && !words.iter().any(|word| word == "public") {
        return true;
    }
    let strong = words.iter().any(|word| STRONG.iter().any(|part| word.contains(part)));
    let open = words.iter().any(|word| OPEN.contains(&word.as_str()));
    // Release keys are named in many images, by their fingerprints.
    let fingerprint =
        words.iter().any(|word| word == "gpg") && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b' ');
    let weak = words.iter().any(|word| WORDS.contains(&word.as_str()) || word.ends_with("token"));
    let pass =
        words.iter().any(|word| word.ends_with("pass") && !["bypass", "compass", "trespass"].contains(&word.as_str()));
    let weak = weak || pass;
    strong || weak && !open && !fingerprint && !is_path(value) && !is_open_url(&words, value)
}

/// A data source name or an address without a password is none to hide.
fn is_open_url(words: &[String], value: &str) -> bool {
    words.iter().any(|word| word == "dsn") && shapes(value).is_empty()
}

/// `$NAME`, `${NAME}`: the secret is elsewhere.
fn is_reference(value: &str) -> bool {
    let Some(rest) = value.strip_prefix('$') else { return false };
    let name = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(rest);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_path(value: &str) -> bool {
    let file = [".pem", ".key", ".crt", ".pub"].iter().any(|end| value.ends_with(end));
    value.starts_with("./") || file || value.starts_with('/') && !value.ends_with('=')
}

/// A name's words, small: `DB_PASSWORD`, `db.password`, `dbPassword` have the same.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            fresh = true;
            continue;
        }
        if c.is_uppercase() && small {
            fresh = true;
        }
        small = c.is_lowercase() || c.is_numeric();
        if std::mem::take(&mut fresh) {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut() {
            last.extend(c.to_lowercase());
        }
    }
    words
}

/// Puts the mask over what was found.
fn cover(text: &str, mut found: Vec<Range<usize>>) -> Option<String> {
    found.retain(|range| !range.is_empty());
    if found.is_empty() {
        return None;
    }
    found.sort_by_key(|range| range.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for range in found {
        if range.start >= at {
            out.push_str(text.get(at..range.start).unwrap_or_default());
            out.push_str(MASK);
        }
        at = at.max(range.end);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Some(out)
}

/// What is a secret by its shape, whatever it is called.
fn shapes(whole: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // Some of what follows looks from each sign to the next blank: of an endless text the rest is hidden unread.
    let end = (0..=EXAMINED.min(whole.len())).rev().find(|end| whole.is_char_boundary(*end)).unwrap_or(0);
    let text = whole.get(..end).unwrap_or_default();
    found.push(end..whole.len());
    found.extend(private_keys(text));
    found.extend(addresses(text));
    found.extend(assignments(text));
    found.extend(spoken(text));
    found.extend(runs(text).filter(|run| is_issued(text, run)));
    found
}

/// Blocks of private keys. Certificates and public keys are meant to be seen.
fn private_keys(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(begin) = text.get(from..).and_then(|rest| rest.find("-----BEGIN ")) {
        let begin = from + begin;
        let label = begin + "-----BEGIN ".len();
        let Some(head) = text.get(label..).and_then(|rest| rest.find("-----")) else { break };
        let body = label + head + "-----".len();
        let end = text.get(body..).and_then(|rest| rest.find("-----END ")).map_or(text.len(), |end| body + end);
        if text.get(label..label + head).is_some_and(|label| label.contains("PRIVATE KEY")) {
            found.push(body..end);
        }
        from = end.max(body);
    }
    found
}

/// Passwords in addresses: `scheme://user:password@host`, and `user:password@tcp(host)` as Go's drivers have it.
fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | ',');
    for (at, sign) in text.match_indices("://") {
        let from = at + sign.len();
        let rest = text.get(from..).unwrap_or_default();
        // A password may hold what should have been escaped: the last @ before the next blank is the one.
        let blank = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')).unwrap_or(rest.len());
        let authority = rest.get(..blank).unwrap_or_default();
        let proper = authority.find(ends).unwrap_or(authority.len());
        let sign = authority.get(..proper).and_then(|part| part.rfind('@'));
        let sign = sign.or_else(|| {
            // Unless what stands before the path is a host with its port.
            let port = authority.get(..proper)?.rsplit_once(':')?.1;
            let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            let before_query = authority.get(..authority.find('?').unwrap_or(authority.len()))?;
            before_query.rfind('@').filter(|_| !is_port)
        });
        let user = sign.and_then(|sign| Some((sign, authority.get(..sign)?.find(':')?)));
        if let Some((sign, colon)) = user
            && !authority.get(colon + 1..sign).is_some_and(is_reference)
        {
            found.push(from + colon + 1..from + sign);
        }
    }
    for (at, _) in text.match_indices("@tcp(").chain(text.match_indices("@unix(")) {
        let from = text.get(..at).and_then(|before| before.rfind(char::is_whitespace)).map_or(0, |blank| blank + 1);
        if let Some(colon) = text.get(from..at).and_then(|user| user.find(':')) {
            found.push(from + colon + 1..at);
        }
    }
    found
}

/// `name=value` and `"name":"value"` within a text, where the name says that it is a secret.
fn assignments(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, sign) in text.match_indices(['=', ':']) {
        let before = text.get(..at).unwrap_or_default().trim_end();
        let quoted = before.ends_with(['"', '\'']);
        if sign == ":" && !quoted {
            continue;
        }
        let before = before.trim_end_matches(['"', '\'', '\\']);
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let name = before.rfind(|c| !part(c)).map_or(before, |end| {
            before
                .get(end..)
                .and_then(|rest| rest.char_indices().nth(1).and_then(|(from, _)| rest.get(from..)))
                .unwrap_or_default()
        });
        let rest = text.get(at + 1..).unwrap_or_default();
        let value = rest.trim_start_matches([' ', '\\']);
        let mut from = at + 1 + rest.len() - value.len();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        if sign == "=" && value.len() != rest.len() && quote.is_none() {
            continue;
        }
        let length = match quote {
            Some(quote) => {
                from += 1;
                value.get(1..).and_then(|value| value.find(quote)).unwrap_or(value.len() - 1)
            }
            None => value
                .find(|c: char| c.is_whitespace() || matches!(c, '&' | ';' | ',' | '"' | '\'' | '}'))
                .unwrap_or(value.len()),
        };
        let value = text.get(from..from + length).unwrap_or_default();
        let value = value.trim_end_matches('\\');
        if !name.is_empty() && is_secret(name, value) {
            found.push(from..from + value.len());
        }
    }
    found
}

/// `--password word`, `Bearer word` and `-u user:word` within a text.
fn spoken(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut before: Option<&str> = None;
    let mut at = 0;
    for word in text.split(char::is_whitespace) {
        if let Some(before) = before.filter(|_| !word.is_empty())
            && let Some(from) = after_flag(before, word)
        {
            let quote = word.ends_with(['"', '\'']) && word.len() > from + 1;
            found.push(at + from..at + word.len() - usize::from(quote));
        }
        at += word.len();
        at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        if !word.is_empty() {
            before = Some(word);
        }
    }
    found
}

/// Where in a word the secret begins that the word before it announces.
fn after_flag(flag: &str, word: &str) -> Option<usize> {
    let from = usize::from(word.starts_with(['"', '\'']));
    let value = word.get(from..)?;
    if matches!(flag.trim_start_matches(['"', '\'']), "Bearer" | "bearer") {
        return (value.len() >= 8 && !is_reference(value)).then_some(from);
    }
    if matches!(flag, "-u" | "--user") {
        let colon = value.find(':')?;
        // Numbers are a user and its group.
        let ids = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        return (!ids && colon + 1 < value.len()).then_some(from + colon + 1);
    }
    let named = flag.starts_with('-') && !flag.contains('=') && !value.starts_with('-');
    (named && is_secret(flag, value)).then_some(from)
}

/// Runs of characters that tokens are made of.
fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-' | b'.');
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !part(bytes[at]) {
            at += 1;
        }
        let from = at;
        while at < bytes.len() && part(bytes[at]) {
            at += 1;
        }
        (from < at).then_some(from..at)
    })
}

/// A token of a known issuer, or a JSON web token.
fn is_issued(text: &str, run: &Range<usize>) -> bool {
    let Some(run) = text.get(run.clone()) else { return false };
    // It may stand behind a name or in a path.
    run.split(['=', '/']).any(|token| {
        let rest_is_token =
            |rest: &str| rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        let issued = ISSUED.iter().any(|(begin, least)| {
            token.strip_prefix(begin).is_some_and(|rest| {
                let digits = rest.bytes().any(|byte| byte.is_ascii_digit());
                rest.len() >= *least && rest_is_token(rest) && (digits || !begin.starts_with("sk-"))
            })
        });
        issued || token.starts_with("eyJ") && token.len() >= 20 && token.contains('.')
    })
}

/// Long text without sense: hexadecimal digits, or base64.
fn is_random(text: &str, run: &Range<usize>) -> bool {
    let Some(token) = text.get(run.clone()) else { return false };
    let before = text.get(..run.start).unwrap_or_default();
    let told = ["sha1:", "sha256:", "sha384:", "sha512:", "md5:"].iter().any(|name| before.ends_with(name));
    if told || token.len() < LONG || token.starts_with(['/', '.']) || is_uuid(token) {
        return false;
    }
    let body = token.trim_end_matches('=');
    // Where something stands before a sign of equality it is a name; paths and names of hosts have their own signs.
    let body = body.rsplit('=').next().unwrap_or(body);
    if body.len() < LONG || body.contains('.') {
        return false;
    }
    if body.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return distinct(body) >= 8;
    }
    let slashes = body.bytes().filter(|byte| *byte == b'/').count();
    let mixed = |part: &str| {
        let has = |test: fn(&u8) -> bool| part.bytes().any(|byte| test(&byte));
        part.len() >= 16
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_digit)
            && distinct(part) >= 11
    };
    slashes * 12 <= body.len() && body.split(['-', '_', '/', '+']).any(mixed)
}

fn distinct(text: &str) -> u32 {
    text.bytes().fold(0u128, |seen, byte| seen | 1u128.wrapping_shl(u32::from(byte & 127))).count_ones()
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Assignments whose whole value is hidden.
    const SECRETS: &[&str] = &[
        "DB_PASSWORD=hunter2",
        "PGPASSWORD=x",
        "PGPASS=zzz1",
        "MYSQL_ROOT_PASSWORD=12345",
        "MYSQL_PASSWD=a",
        "clientSecret=abc",
        "DJANGO_SECRET_KEY=short",
        "API_KEY=abc",
        "apiKey=abc",
        "APIKEY=abc",
        "STRIPE_KEY=abc",
        "GITHUB_TOKEN=abc",
        "BOTTOKEN=abc",
        "AWS_SECRET_ACCESS_KEY=abc/def+x",
        "GOOGLE_CREDENTIALS=abc",
        "REDIS_AUTH=abc",
        "PRIVATE_KEY=abc",
        "SSH_PASSPHRASE=two words",
        "PUBLIC_KEY_PASSWORD=abc",
        "com.example.db.password=abc",
        "SIGNING_KEY=abc",
        "JWT=abc",
        "DB_PASS=abc",
        "DB_PWD=abc",
        // By shape.
        "A=AKIAIOSFODNN7EXAMPLE",
        "A=ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "A=github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
        "A=glpat-ABCDEFGHijklmnop1234",
        "A=xoxb-123456789012-abcdefghijkl",
        "A=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N",
        "A=sk-proj-abcdefghij0123456789abcd",
        "A=dGhpcyBpcyBhIHNlY3JldCB0aGF0IG5vYm9keSBrbm93czEyMw==",
        "A=4f3c2b1a0d9e8f7a6b5c4d3e2f1a0b9c",
    ];

    /// Assignments of which nothing is hidden.
    const INNOCENT: &[&str] = &[
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "KEYBOARD=de",
        "MONKEY=banana",
        "TOKENIZERS_PARALLELISM=false",
        "MAX_TOKENS=4096",
        "PUBLIC_KEY=ssh-ed25519 AAAA",
        "PASSWORD_FILE=/run/secrets/db",
        "ALLOW_EMPTY_PASSWORD=yes",
        "AUTH_TYPE=basic",
        "AUTH_URL=https://id.example.com/oauth",
        "SSH_AUTH_SOCK=/run/agent",
        "TLS_KEY=/certs/tls.pem",
        "AUTHOR=gus",
        "PASSENGER_COUNT=4",
        "COMPASS=north",
        "DB_PASSWORD=",
        "DB_PASSWORD=${DB_PASSWORD}",
        "PRIVATE_IP=10.0.0.1",
        "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
        "PYTHON_SHA256=8c8be91cd2648a1a0c251f04ea0bb4c2a5570feb9c45eaaa2241c785585b475a",
        "com.docker.compose.config-hash=8c8be91cd2648a1a0c251f04ea0bb4c2a5570feb9c45eaaa2241c785585b475a",
        "com.docker.compose.image=sha256:8c8be91cd2648a1a0c251f04ea0bb4c2a5570feb9c45eaaa2241c785585b475a",
        "BASE=shop/api@sha256:8c8be91cd2648a1a0c251f04ea0bb4c2a5570feb9c45eaaa2241c785585b475a",
        "SESSION=123e4567-e89b-12d3-a456-426614174000",
        "URL=https://example.com/a/b?page=2#top",
        "DATABASE_URL=postgres://app@db:5432/shop",
        "URL=https://example.com:8080/@scope/package",
        "com.docker.compose.project.config_files=/home/gus/Projects2024/ShopBackend/docker-compose.override.yml",
        "NAME=my-very-long-service-name-for-production-in-europe-1",
        "CLASSES=com.example.shop.Application2:com.example.shop.WorkerPool",
        "LANG=C.UTF-8",
        "JAVA_OPTS=-Xmx512m -XX:+UseG1GC -Djava.security.egd=file:/dev/urandom",
        "CERT=-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----",
        "ZEROES=00000000000000000000000000000000",
    ];

    #[test]
    fn secrets_are_hidden_by_name_and_by_shape() {
        for text in SECRETS {
            let (name, _) = text.split_once('=').unwrap();
            assert_eq!(hide_assignment(text), Some(format!("{name}={MASK}")), "{text}");
        }
    }

    #[test]
    fn the_innocent_is_shown() {
        for text in INNOCENT {
            assert_eq!(hide_assignment(text), None, "{text}");
        }
    }

    #[test]
    fn of_a_longer_text_only_the_secret_is_hidden() {
        for (text, shown) in [
            ("U=postgres://app:s3cret@db:5432/shop?x=1", "U=postgres://app:••••@db:5432/shop?x=1"),
            ("U=redis://:pw@cache/0 and amqp://a:b@mq", "U=redis://:••••@cache/0 and amqp://a:••••@mq"),
            ("U=postgres://app:a/b@c@db/shop", "U=postgres://app:••••@db/shop"),
            ("D=app:pw@tcp(db:3306)/shop", "D=app:••••@tcp(db:3306)/shop"),
            ("J=jdbc:mysql://db/x?user=a&password=b&ssl=1", "J=jdbc:mysql://db/x?user=a&password=••••&ssl=1"),
            ("O=-Xmx1g -Ddb.password=abc -Dx=y", "O=-Xmx1g -Ddb.password=•••• -Dx=y"),
            ("C={\"user\":\"a\",\"password\": \"b c\"}", "C={\"user\":\"a\",\"password\": \"••••\"}"),
            ("H=Authorization: Bearer abcdefghij", "H=Authorization: Bearer ••••"),
            (
                "P=-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----",
                "P=-----BEGIN RSA PRIVATE KEY-----••••-----END RSA PRIVATE KEY-----",
            ),
        ] {
            assert_eq!(hide_assignment(text).as_deref(), Some(shown), "{text}");
        }
    }

    #[test]
    fn arguments_hide_what_a_flag_announces() {
        assert_eq!(hide_argument(Some("--password"), "hunter2").as_deref(), Some(MASK));
        assert_eq!(hide_argument(Some("--db-token"), "x").as_deref(), Some(MASK));
        assert_eq!(hide_argument(None, "--password=hunter2").as_deref(), Some("--password=••••"));
        assert_eq!(hide_argument(Some("-u"), "gus:pw").as_deref(), Some("gus:••••"));
        assert_eq!(hide_argument(Some("-u"), "1000:1000"), None);
        assert_eq!(hide_argument(Some("--password"), "--verbose"), None);
        assert_eq!(hide_argument(Some("--password-file"), "/run/x"), None);
        assert_eq!(hide_argument(Some("-c"), "sleep 3600"), None);
        let script = "mysql --password hunter2 -h db && PGPASSWORD='a b' psql";
        assert_eq!(
            hide_argument(Some("-c"), script).as_deref(),
            Some("mysql --password •••• -h db && PGPASSWORD='••••' psql")
        );
    }

    #[test]
    fn ids_are_shown_where_nobody_chose_the_text() {
        let id = "4f3c2b1a0d9e8f7a6b5c4d3e2f1a0b9c4f3c2b1a0d9e8f7a6b5c4d3e2f1a0b9c";
        assert_eq!(hide_shape(id), None);
        assert_eq!(hide_shape(&format!("/var/lib/docker/overlay2/{id}/merged")), None);
        assert!(hide_shape("https://a:b@c").is_some());
    }

    proptest! {
        #[test]
        fn any_text_can_be_looked_at(name: String, value: String, before: String) {
            hide(&name, &value);
            hide_assignment(&value);
            hide_argument(Some(&before), &value);
            hide_shape(&value);
        }

        #[test]
        fn what_looks_like_a_secret_can_be_cut_anywhere(
            value in "(://|:|@|=|\"|'|-----BEGIN |PRIVATE KEY-----|password|Bearer |é|\\\\|[ab]){0,12}"
        ) {
            hide("x", &value);
            hide_argument(Some("--password"), &value);
        }

        #[test]
        fn a_secret_by_name_never_shines_through(secret in "[A-Za-z0-9]{6,40}") {
            let hidden = hide_assignment(&format!("DB_PASSWORD={secret}"));
            prop_assume!(!["true", "false", "yes", "none", "null"].contains(&secret.to_lowercase().as_str()));
            prop_assert_eq!(hidden.as_deref(), Some("DB_PASSWORD=••••"));
        }
    }
}
