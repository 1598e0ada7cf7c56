//! Limits of the container.

use super::Checks;
use crate::model::ByteSize;
use crate::model::blueprint::ResourcePart;

/// The least memory that engines take, bytes (moby, `linuxMinMemory`).
const MEMORY_LEAST: i64 = 6 << 20;
/// The limits of a process that Linux has, by the engines' names.
const ULIMITS: &[&str] = &[
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

pub(super) fn check(resources: &ResourcePart, checks: &mut Checks<'_>) {
    processors(resources, checks);
    memory(resources, checks);
    let pids = resources.pids.is_none_or(|pids| pids >= 1 || pids == -1);
    checks.expect(
        pids,
        &["resources", "pids"],
        "pids is not a number of processes",
        "write 1 or more, or -1 for no limit",
    );
    let weight = resources.blkio_weight.is_none_or(|weight| (10..=1000).contains(&weight));
    checks.expect(
        weight,
        &["resources", "blkio_weight"],
        "blkio_weight is out of range",
        "write a number from 10 to 1000",
    );
    let rates = [
        ("read_bytes_per_second", &resources.read_bytes_per_second),
        ("write_bytes_per_second", &resources.write_bytes_per_second),
    ];
    for (name, rates) in rates {
        for (device, rate) in rates {
            let path = ["resources", name, device];
            checks.expect(
                device.starts_with("/dev/"),
                &path,
                "the rate is not for a device",
                "write \"/dev/sda\" = \"10m\"",
            );
            checks.expect(rate.bytes > 0, &path, "the rate is not above 0", "write bytes per second, such as 10m");
        }
    }
    for (name, limit) in &resources.ulimits {
        let path = ["resources", "ulimits", name];
        checks.known(&path, "limit", name, ULIMITS);
        let is_right =
            limit.soft >= -1 && limit.hard >= -1 && (limit.hard == -1 || (0..=limit.hard).contains(&limit.soft));
        checks.expect(is_right, &path, "the soft limit is above the hard one", "write soft ≤ hard; -1 is no limit");
    }
}

fn processors(resources: &ResourcePart, checks: &mut Checks<'_>) {
    let quota = resources.cpu_quota.is_some() || resources.cpu_period.is_some();
    let mend = "write cpus alone, or cpu_quota with cpu_period";
    checks.expect(
        !(resources.cpus.is_some() && quota),
        &["resources", "cpus"],
        "cpus and cpu_quota exclude each other",
        mend,
    );
    let quota = resources.cpu_quota.is_none_or(|quota| quota >= 1000 || quota == -1);
    checks.expect(quota, &["resources", "cpu_quota"], "cpu_quota is too small", "write 1000 microseconds or more");
    let period = resources.cpu_period.is_none_or(|period| (1000..=1_000_000).contains(&period));
    checks.expect(
        period,
        &["resources", "cpu_period"],
        "cpu_period is out of range",
        "write 1000 to 1000000 microseconds",
    );
    let shares = resources.cpu_shares.is_none_or(|shares| (2..=262_144).contains(&shares));
    checks.expect(
        shares,
        &["resources", "cpu_shares"],
        "cpu_shares is out of range",
        "write 2 to 262144; 1024 is usual",
    );
    let is_range = |range: &str| range.splitn(2, '-').all(|number| number.parse::<u16>().is_ok());
    let is_right = resources.cpuset.is_empty() || resources.cpuset.split(',').all(is_range);
    checks.expect(is_right, &["resources", "cpuset"], "cpuset names no processors", "write them as 0-1 or 0,2");
}

fn memory(resources: &ResourcePart, checks: &mut Checks<'_>) {
    let bytes = |size: &Option<ByteSize>| size.as_ref().map(|size| size.bytes);
    let (memory, swap) = (bytes(&resources.memory), bytes(&resources.memory_swap));
    let is_enough = memory.is_none_or(|memory| memory >= MEMORY_LEAST);
    checks.expect(is_enough, &["resources", "memory"], "memory is less than engines take", "write 6m or more");
    let path = ["resources", "memory_swap"];
    let is_right = swap.is_none_or(|swap| swap == -1 || memory.is_none_or(|memory| swap >= memory));
    let mend = "it is memory and swap together: write as much as memory for no swap, or -1";
    checks.expect(is_right, &path, "memory_swap is less than memory", mend);
    let has_memory = swap.is_none() || memory.is_some();
    checks.expect(has_memory, &path, "memory_swap needs memory", "add memory = \"512m\"");
    for (name, size) in [("shm", &resources.shm), ("storage", &resources.storage)] {
        let is_right = bytes(size).is_none_or(|size| size > 0);
        checks.expect(is_right, &["resources", name], format!("{name} is not above 0"), "write a size, such as 64m");
    }
}
