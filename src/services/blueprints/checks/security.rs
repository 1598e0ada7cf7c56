//! What the container may do.

use super::{Checks, meant};
use crate::model::blueprint::SecurityPart;
use crate::model::text::clean;

/// The capabilities of Linux (capabilities(7)).
const CAPABILITIES: &[&str] = &[
    "ALL",
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

pub(super) fn check(security: &SecurityPart, checks: &mut Checks<'_>) {
    for (number, name) in security.capabilities.iter().enumerate() {
        let path = ["security", "capabilities", &number.to_string()];
        let upper = name.to_uppercase();
        let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
        if !CAPABILITIES.contains(&bare) {
            checks.say(&path, format!("capability '{}' is not known", clean(name)), meant(bare, CAPABILITIES));
        }
        let is_new = !security.capabilities[..number].contains(name);
        checks.expect(is_new, &path, format!("capability '{}' is named twice", clean(name)), "name it once");
    }
    for (number, option) in security.selinux.iter().enumerate() {
        let is_right = option == "disable"
            || option.split_once(':').is_some_and(|(name, value)| {
                ["user", "role", "type", "level", "filetype"].contains(&name) && !value.is_empty()
            });
        let path = ["security", "selinux", &number.to_string()];
        checks.expect(is_right, &path, "an option of SELinux is none", "write type:container_t, or disable");
    }
    let user = security.user_namespace.as_str();
    let mend = "write host, or take it away for the engine's own";
    checks.expect(matches!(user, "" | "host"), &["security", "user_namespace"], "user_namespace is not known", mend);
}
