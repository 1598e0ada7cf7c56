//! Which shell: the container's own if it runs, else the first of the usual ones.

use super::requests;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::transport::Transport;

/// Prints the shell to run: that of the environment (`$1`), that of the user's line in the list of users, or the first of the
/// usual ones. Only the shell's own words: there may be nothing else.
const PROBE: &str = r#"
fit() {
  case $1 in /*) ;; *) return 1;; esac
  case ${1##*/} in nologin|false|true|sync|halt|shutdown|git-shell) return 1;; esac
  [ -f "$1" ] && [ -x "$1" ] && echo "$1"
}
fit "$1" && exit
while read -r k v r; do case $k in Uid:) u=$v;; esac; done < /proc/self/status
while IFS=: read -r a b c d e f s; do
  [ -n "$u" ] && [ "$c" = "$u" ] && { fit "$s" && exit; break; }
done < /etc/passwd
for n in bash zsh ash sh; do fit "$(command -v $n)" && exit; done
echo sh
"#;

/// What is tried one after the other where there is no `sh` to ask.
const USUAL: [&[&str]; 12] = [
    &["bash"],
    &["zsh"],
    &["ash"],
    &["/bin/sh"],
    &["/bin/bash"],
    &["/bin/ash"],
    &["/usr/bin/sh"],
    &["/usr/bin/bash"],
    &["/busybox/sh"],
    &["busybox", "sh"],
    &["/bin/busybox", "sh"],
    &["/busybox/busybox", "sh"],
];

/// Commands to try in order; the first one usually does.
pub async fn candidates(
    transport: &Transport,
    container: &str,
    user: &str,
    configured: &str,
) -> Result<Vec<Vec<String>>, EngineError> {
    let asked = requests::capture(transport, container, user, &["sh", "-c", PROBE, "sh", configured]).await?;
    let refusal = asked.refusal();
    if !asked.ran && !requests::lacks_program(&refusal) {
        return Err(EngineError::Status(400, requests::plain_refusal(&refusal)));
    }
    let words = String::from_utf8_lossy(&asked.out);
    let found = words.lines().next().map(str::trim).filter(|_| asked.ran).filter(|path| !path.is_empty());
    let usual = USUAL.iter().map(|argv| argv.iter().map(|word| word.to_string()).collect());
    let mut list: Vec<Vec<String>> = found.map(|path| vec![path.to_string()]).into_iter().collect();
    if !asked.ran && !configured.is_empty() {
        list.push(vec![configured.to_string()]);
    }
    list.push(vec!["sh".into()]);
    list.extend(usual);
    if !asked.ran {
        // The probe has tried it.
        list.retain(|argv| argv.len() > 1 || argv[0] != "sh");
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn probe(configured: &str) -> String {
        let output = Command::new("sh").args(["-c", PROBE, "sh", configured]).output().expect("a shell");
        String::from_utf8_lossy(&output.stdout).trim().to_string()
    }

    #[test]
    fn the_configured_shell_goes_first_if_it_runs() {
        assert_eq!(probe("/bin/sh"), "/bin/sh");
        for odd in ["", "sh", "/nowhere/sh", "/etc/passwd", "/bin", "/usr/sbin/nologin", "/bin/false"] {
            let found = probe(odd);
            assert!(found != odd && found.ends_with("sh"), "{odd} led to {found}");
        }
    }
}
