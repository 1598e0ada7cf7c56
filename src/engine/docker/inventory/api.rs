//! What engines answer on images, volumes, networks and themselves, as far as we read it. Every text is cleaned here; one entry
//! that cannot be read does not fail a list.

use super::share;
use crate::engine::docker::api::{Epoch, answers};
use crate::engine::docker::convert;
use crate::engine::docker::error::EngineError;
use crate::engine::rfc3339;
use crate::model::{
    Container, Disk, DiskUsage, EngineDetails, EngineId, Id, Image, Layer, Network, Pair, Timestamp, VOLUME_LABEL,
    Volume, secret, text,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

type Map = BTreeMap<String, String>;

answers! { "PascalCase":
    ListedImage {
        id: String, repo_tags: Vec<String>, repo_digests: Vec<String>, size: u64, created: Epoch, labels: Map,
    }
    ListedVolume {
        name: String, driver: String, mountpoint: String, created_at: String, options: Map, labels: Map,
        usage_data: VolumeUsage,
    }
    VolumeUsage { size: i64, ref_count: i64, }
    Volumes { volumes: Vec<Value>, }
    ListedNetwork {
        id: String, name: String, driver: String, scope: String, created: String, internal: bool,
        #[serde(rename = "IPAM")] addressing: Addressing, options: Map, labels: Map,
    }
    Addressing { config: Vec<Subnet>, }
    Subnet { subnet: String, gateway: String, }
    Made { created_by: String, size: u64, created: Epoch, }
    Usage {
        layers_size: i64, images: Vec<UsedImage>, containers: Vec<Value>, volumes: Vec<ListedVolume>,
        build_cache: Vec<Cached>,
    }
    UsedImage { size: i64, shared_size: i64, containers: i64, }
    UsedContainer { size_rw: i64, state: String, }
    Cached { size: i64, in_use: bool, shared: bool, }
}

fn clean(raw: &str) -> Arc<str> {
    text::clean(raw).into()
}

fn pairs(map: &Map) -> Vec<Pair> {
    map.iter().map(|(name, value)| (clean(name), clean(value))).collect()
}

fn parsed<T: DeserializeOwned>(json: &[u8]) -> Result<T, EngineError> {
    serde_json::from_slice(json).map_err(|error| EngineError::Garbage(error.to_string()))
}

/// The entries that can be read; none of many is no list of these.
fn readable<T: DeserializeOwned>(entries: Vec<Value>) -> Result<Vec<T>, EngineError> {
    let all = entries.len();
    let read: Vec<T> = entries.into_iter().filter_map(|entry| serde_json::from_value(entry).ok()).collect();
    match (all, read.len()) {
        (1.., 0) => Err(EngineError::Garbage(format!("a list of {all} entries that cannot be read"))),
        (all, some) if some < all => {
            tracing::warn!("{} entries of a list cannot be read", all - some);
            Ok(read)
        }
        _ => Ok(read),
    }
}

/// An identity that may become part of a path: not empty, not endless.
fn is_identity(raw: &str) -> bool {
    !raw.is_empty() && raw.len() <= 512
}

pub fn images(json: &[u8], engine: EngineId) -> Result<Vec<Image>, EngineError> {
    let listed: Vec<ListedImage> = readable(parsed(json)?)?;
    let named = |tag: &&String| !tag.starts_with("<none>") && !tag.is_empty();
    let image = |image: ListedImage| Image {
        id: Id::new(engine, &*image.id),
        tags: image.repo_tags.iter().filter(named).map(|tag| clean(tag)).collect(),
        digests: image.repo_digests.iter().filter(named).map(|digest| clean(digest)).collect(),
        size: image.size,
        created: Timestamp::from_seconds(image.created.0),
        labels: pairs(&image.labels),
    };
    Ok(listed.into_iter().filter(|entry| is_identity(&entry.id)).map(image).collect())
}

pub fn layers(json: &[u8]) -> Result<Vec<Layer>, EngineError> {
    let made: Vec<Made> = readable(parsed(json)?)?;
    let layer = |made: Made| Layer {
        command: clean(made.created_by.split_whitespace().collect::<Vec<_>>().join(" ").as_str()),
        size: made.size,
        created: Timestamp::from_seconds(made.created.0),
    };
    Ok(made.into_iter().map(layer).collect())
}

pub fn volumes(json: &[u8], engine: EngineId) -> Result<Vec<Volume>, EngineError> {
    let listed: Vec<ListedVolume> = readable(parsed::<Volumes>(json)?.volumes)?;
    Ok(listed.into_iter().filter(|entry| is_identity(&entry.name)).map(|one| one.told(engine)).collect())
}

/// A volume from its inspection.
pub fn volume(json: &[u8], engine: EngineId) -> Result<Volume, EngineError> {
    Ok(parsed::<ListedVolume>(json)?.told(engine))
}

impl ListedVolume {
    fn told(self, engine: EngineId) -> Volume {
        Volume {
            name: clean(&self.name),
            driver: clean(&self.driver),
            mountpoint: clean(&self.mountpoint),
            created: rfc3339::parse(&self.created_at),
            options: pairs(&self.options),
            labels: pairs(&self.labels),
            id: Id::new(engine, self.name),
        }
    }
}

pub fn networks(json: &[u8], engine: EngineId) -> Result<Vec<Network>, EngineError> {
    let listed: Vec<ListedNetwork> = readable(parsed(json)?)?;
    let network = |network: ListedNetwork| Network {
        id: Id::new(engine, &*network.id),
        name: clean(&network.name),
        driver: clean(&network.driver),
        scope: clean(&network.scope),
        created: rfc3339::parse(&network.created),
        internal: network.internal,
        subnets: network.addressing.config.iter().map(|part| (clean(&part.subnet), clean(&part.gateway))).collect(),
        options: pairs(&network.options),
        labels: pairs(&network.labels),
    };
    Ok(listed.into_iter().filter(|entry| is_identity(&entry.id)).map(network).collect())
}

/// As the docker command counts: an image in use frees nothing, layers that others share stay with these.
pub fn disk(json: &[u8], is_helper: impl Fn(&Container) -> bool) -> Result<Disk, EngineError> {
    let usage: Usage = parsed(json)?;
    // Helpers of volumes are tools: they use nothing up, and whom they serve is not in use for that.
    let (helpers, containers): (Vec<&Value>, Vec<&Value>) =
        usage.containers.iter().partition(|listed| listed_container(listed).is_some_and(|one| is_helper(&one)));
    let containers: Vec<UsedContainer> =
        containers.into_iter().filter_map(|one| UsedContainer::deserialize(one).ok()).collect();
    let bytes = |size: i64| u64::try_from(size).unwrap_or(0);
    let mut images = share(usage.images.iter().map(|image| {
        // -1 is "not counted".
        let own = bytes(image.size).saturating_sub(bytes(image.shared_size));
        (own, image.containers > 0)
    }));
    images.size = bytes(usage.layers_size);
    images.free = images.free.min(images.size);
    let served: Vec<Container> = helpers.into_iter().filter_map(listed_container).collect();
    let others = |name: &str| served.iter().filter(|helper| helper.label(VOLUME_LABEL) == Some(name)).count() as i64;
    let running = |container: &UsedContainer| matches!(container.state.as_str(), "running" | "paused" | "restarting");
    let cached = usage.build_cache.iter().filter(|entry| !entry.shared);
    Ok(Disk {
        images,
        containers: share(containers.iter().map(|container| (bytes(container.size_rw), running(container)))),
        volumes: share(
            usage
                .volumes
                .iter()
                .map(|volume| (bytes(volume.usage_data.size), volume.usage_data.ref_count > others(&volume.name))),
        ),
        cache: DiskUsage {
            count: usage.build_cache.len(),
            ..share(cached.map(|entry| (bytes(entry.size), entry.in_use)))
        },
        of_volume: usage
            .volumes
            .iter()
            .filter(|volume| volume.usage_data.size >= 0)
            .map(|volume| (clean(&volume.name), bytes(volume.usage_data.size)))
            .collect(),
    })
}

/// A container as a list has it.
fn listed_container(listed: &Value) -> Option<Container> {
    let list = serde_json::to_vec(std::slice::from_ref(listed)).ok()?;
    convert::containers(&list, EngineId::default(), Timestamp::default()).ok()?.pop()
}

pub fn about(json: &[u8]) -> Result<EngineDetails, EngineError> {
    let info: Value = parsed(json)?;
    let said = |path: &str| match info.pointer(path) {
        Some(Value::String(words)) if !words.trim().is_empty() => Some(words.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Bool(yes)) => Some(if *yes { "yes" } else { "no" }.to_string()),
        Some(Value::Array(parts)) if !parts.is_empty() => {
            let words = parts.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_string));
            Some(words.collect::<Vec<_>>().join(", "))
        }
        _ => None,
    };
    let wanted: [(&'static str, &str); 21] = [
        ("version", "/ServerVersion"),
        ("host", "/Name"),
        ("system", "/OperatingSystem"),
        ("kernel", "/KernelVersion"),
        ("architecture", "/Architecture"),
        ("processors", "/NCPU"),
        ("storage driver", "/Driver"),
        ("root folder", "/DockerRootDir"),
        ("cgroup driver", "/CgroupDriver"),
        ("cgroup version", "/CgroupVersion"),
        ("log driver", "/LoggingDriver"),
        ("runtime", "/DefaultRuntime"),
        ("security", "/SecurityOptions"),
        ("volume drivers", "/Plugins/Volume"),
        ("network drivers", "/Plugins/Network"),
        ("swarm", "/Swarm/LocalNodeState"),
        ("live restore", "/LiveRestoreEnabled"),
        ("experimental", "/ExperimentalBuild"),
        ("proxy", "/HttpProxy"),
        ("registries", "/RegistryConfig/Mirrors"),
        ("engine id", "/ID"),
    ];
    let facts = wanted.iter().filter_map(|(name, path)| Some((*name, secret::fit(&said(path)?)))).collect();
    let warnings = info.get("Warnings").and_then(Value::as_array).into_iter().flatten();
    let warnings = warnings.filter_map(Value::as_str).map(secret::fit).collect();
    Ok(EngineDetails { facts, warnings })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_with_and_without_names_and_an_odd_one() {
        let json = br#"[{"Id":"sha256:aa","RepoTags":["nginx:1","<none>:<none>"],"RepoDigests":null,"Size":7,"Created":5,"Labels":null},
            {"Id":"sha256:bb","RepoTags":["<none>:<none>"],"Size":9},{"Id":7},{"Id":""}]"#;
        let images = images(json, EngineId(0)).unwrap();
        assert_eq!(images.len(), 2);
        assert_eq!((&*images[0].name(), images[0].is_dangling(), images[1].is_dangling()), ("nginx:1", false, true));
        assert!(super::images(b"[7]", EngineId(0)).is_err(), "a list that cannot be read is not an empty list");
        assert!(super::images(br#"{"message":"no"}"#, EngineId(0)).is_err());
    }

    #[test]
    fn volumes_and_networks_without_what_may_be_missing() {
        let json = br#"{"Volumes":[{"Name":"data","Driver":"local","CreatedAt":"2026-11-21T06:00:51Z","Labels":null,"Options":{"type":"nfs"}}],"Warnings":null}"#;
        let volumes = volumes(json, EngineId(0)).unwrap();
        assert_eq!((&*volumes[0].name, &*volumes[0].options[0].1), ("data", "nfs"));
        assert!(super::volumes(br#"{"Volumes":null}"#, EngineId(0)).unwrap().is_empty());
        let json = br#"[{"Id":"n1","Name":"edge","Driver":"bridge","Internal":true,"IPAM":{"Config":[{"Subnet":"10.1.0.0/16"}]},
            "Options":{"com.docker.network.bridge.enable_icc":"false"}},{"Id":"n2","Name":"host","IPAM":null}]"#;
        let networks = networks(json, EngineId(0)).unwrap();
        assert!(networks[0].internal && networks[0].isolates() && networks[1].is_built_in());
        assert_eq!(&*networks[0].subnets[0].0, "10.1.0.0/16");
    }

    #[test]
    fn what_a_prune_would_free_is_what_nothing_uses() {
        let json = br#"{"LayersSize":100,"Images":[{"Size":60,"SharedSize":20,"Containers":0},{"Size":60,"SharedSize":20,"Containers":1}],
            "Containers":[{"SizeRw":5,"State":"running"},{"SizeRw":7,"State":"exited"}],
            "Volumes":[{"Name":"data","UsageData":{"Size":9,"RefCount":0}},{"Name":"x","UsageData":{"Size":-1,"RefCount":-1}}],
            "BuildCache":null}"#;
        let disk = disk(json, |_| false).unwrap();
        assert_eq!((disk.images.size, disk.images.free, disk.images.used), (100, 40, 1));
        assert_eq!((disk.containers.free, disk.volumes.free), (7, 9));
        assert_eq!(disk.of_volume.len(), 1);
    }

    #[test]
    fn a_helper_of_a_volume_counts_for_nothing() {
        let id = "ab".repeat(32);
        let json = format!(
            r#"{{"Containers":[{{"Id":"{id}","SizeRw":7,"State":"created","Labels":{{"bowline.volume":"data"}}}},{{"SizeRw":1,"Labels":null}}],
            "Volumes":[{{"Name":"data","UsageData":{{"Size":9,"RefCount":1}}}},{{"Name":"used","UsageData":{{"Size":5,"RefCount":1}}}}]}}"#
        );
        let counts = |is_helper: bool| {
            let disk = disk(json.as_bytes(), |_| is_helper).unwrap();
            (disk.containers.count, disk.volumes.used, disk.volumes.free)
        };
        assert_eq!((counts(true), counts(false)), ((1, 1, 9), (2, 2, 0)));
    }

    #[test]
    fn an_engine_tells_of_itself_and_hostile_words_are_cleaned() {
        let json = br#"{"Name":"h\u001b[2J","NCPU":2,"Warnings":["no swap"],"SecurityOptions":["name=seccomp"],"LiveRestoreEnabled":false}"#;
        let about = about(json).unwrap();
        assert!(
            about.facts.contains(&("host", "h^[[2J".into())) && about.facts.contains(&("live restore", "no".into()))
        );
        assert_eq!(about.warnings, ["no swap"]);
    }
}
