//! The forms for changing and making things: their fields, and the plan that follows from what was typed.

use super::choices::Layer;
use super::dialog::Confirm;
use super::fields::{Edited, Fields, FormField};
use super::notice::Notice;
use super::plan;
use super::state::App;
use super::update::Effect;
use crate::model::{
    Act, Id, Instance, Joining, Kind, LimitChange, NewInstance, NewMount, NewNetwork, NewPort, NewVolume, Restart,
    Verb, With,
};
use crossterm::event::KeyEvent;
use std::sync::Arc;

/// What a form is for. The targets are those of the moment of the key.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// Give an instance another name.
    Rename(Id, String),
    /// Make another one like it.
    Duplicate(Id, String),
    /// Make an image of it.
    Commit(Id, String),
    /// Give an image another name.
    Tag(Id, String),
    /// Change limits.
    Limits(Vec<(Id, String)>),
    /// Join a network.
    Connect(Vec<(Id, String)>),
    /// Leave a network.
    Disconnect(Vec<(Id, String)>),
    /// Make an instance.
    Instance,
    /// Make a volume.
    Volume,
    /// Make a network.
    Network,
}

/// A form and what it is for.
#[derive(Debug, Clone)]
pub struct Form {
    /// Its fields.
    pub fields: Fields,
    /// What it is for.
    pub purpose: Purpose,
}

fn anything(_: &str) -> Result<(), String> {
    Ok(())
}

/// The engine's rule for names of instances (moby, `RestrictedNameChars`).
fn name(text: &str) -> Result<(), String> {
    let proper = text.chars().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    match text {
        "" => Err("type a name".into()),
        _ if proper && text.len() > 1 => Ok(()),
        _ => Err("letters, digits, _ . and -, at least two, beginning with a letter or digit".into()),
    }
}

fn alias_list(text: &str) -> Result<(), String> {
    let proper = |word: &str| word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if text.split_whitespace().all(proper) {
        Ok(())
    } else {
        Err("letters, digits, _ . and -, parted by blanks".into())
    }
}

fn name_or_nothing(text: &str) -> Result<(), String> {
    if text.is_empty() { Ok(()) } else { name(text) }
}

/// A reference to an image (distribution, reference grammar): small letters, and a tag behind the last colon.
fn reference(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("type the name of an image, as nginx:1.27".into());
    }
    if text.starts_with("sha256:") {
        return Ok(());
    }
    // A digest behind the name is for the engine to judge.
    let text = text.split_once('@').map_or(text, |(name, _)| name);
    let (path, tag) = match text.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (text, None),
    };
    let host = |part: &str| !part.starts_with('.') && part.contains(['.', ':']) || part == "localhost";
    let mut parts = path.split('/');
    let first = parts.clone().next().filter(|first| path.contains('/') && host(first));
    if first.is_some() {
        parts.next();
    }
    let proper = |part: &str| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        !part.is_empty() && part.chars().all(inner) && !part.starts_with(['.', '-', '_'])
    };
    if !parts.all(proper) {
        return Err("an image is named in small letters, digits and . _ - / , as registry/team/app:1.0".into());
    }
    let in_tag = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match tag {
        Some(tag) if tag.is_empty() || tag.len() > 128 || !tag.chars().all(in_tag) => {
            Err("a tag has letters, digits and . _ -, at most 128".into())
        }
        _ => Ok(()),
    }
}

fn words(text: &str) -> Result<(), String> {
    shell_words::split(text).map(drop).map_err(|_| "a quote is not closed".into())
}

fn variable(text: &str) -> Result<(), String> {
    match text.split_once('=') {
        Some((name, _)) if !name.is_empty() && !name.contains(char::is_whitespace) => Ok(()),
        _ => Err(format!("'{text}' is not NAME=value")),
    }
}

fn port(text: &str) -> Result<(), String> {
    NewPort::parse(text).map(drop)
}

fn mount(text: &str) -> Result<(), String> {
    NewMount::parse(text).map(drop)
}

fn restart(text: &str) -> Result<(), String> {
    Restart::parse(text).map(drop)
}

fn folder(text: &str) -> Result<(), String> {
    if text.is_empty() || text.starts_with('/') { Ok(()) } else { Err("a folder begins with /".into()) }
}

fn processors(text: &str) -> Result<(), String> {
    nano_cpus(text).map(drop)
}

/// Billionths of a processor; none for an empty text.
fn nano_cpus(text: &str) -> Result<Option<i64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(count) if (0.01..=4096.0).contains(&count) => Ok(Some((count * 1e9).round() as i64)),
        _ => Err("write processors, as 1.5; at least 0.01".into()),
    }
}

/// The least memory that an engine allows (moby, `linuxMinMemory`).
const LEAST_MEMORY: u64 = 6 << 20;

fn memory(text: &str) -> Result<(), String> {
    match size(text)? {
        Some(bytes) if bytes < LEAST_MEMORY as i64 => Err("an engine wants at least 6m".into()),
        _ => Ok(()),
    }
}

fn swap(text: &str) -> Result<(), String> {
    match text {
        "-1" => Ok(()),
        _ if size(text)? == Some(0) => Err("engines take 0 for nothing said: write -1 for no limit, or a size".into()),
        _ => Ok(()),
    }
}

/// Bytes of `512m`, `1.5g`; none for an empty text.
fn size(text: &str) -> Result<Option<i64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = parse_size::Config::new().with_binary().parse_size(text);
    let bytes = parsed.ok().and_then(|bytes| i64::try_from(bytes).ok());
    bytes.map(Some).ok_or_else(|| "write a size, as 512m or 1.5g".into())
}

fn processes(text: &str) -> Result<(), String> {
    match text {
        "" | "-1" => Ok(()),
        number => match number.parse::<u32>() {
            Ok(1..) => Ok(()),
            _ => Err("write a number of processes, or -1 for no limit".into()),
        },
    }
}

fn subnet(text: &str) -> Result<(), String> {
    let proper = text.split_once('/').is_some_and(|(address, bits)| {
        let most = match address.parse::<core::net::IpAddr>() {
            Ok(core::net::IpAddr::V4(_)) => 32,
            Ok(core::net::IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        bits.parse::<u8>().is_ok_and(|bits| bits <= most)
    });
    if text.is_empty() || proper { Ok(()) } else { Err("write a subnet, as 10.5.0.0/24".into()) }
}

fn address(text: &str) -> Result<(), String> {
    let proper = text.is_empty() || text.parse::<core::net::IpAddr>().is_ok();
    if proper { Ok(()) } else { Err("write an address, as 10.5.0.1".into()) }
}

fn pairs(field: &FormField) -> Vec<(String, String)> {
    let pair = |entry: String| entry.split_once('=').map(|(name, value)| (name.to_string(), value.to_string()));
    field.entries().into_iter().filter_map(pair).collect()
}

fn targets(instances: &[Arc<Instance>]) -> Vec<(Id, String)> {
    instances.iter().map(|instance| (instance.id.clone(), instance.name.to_string())).collect()
}

fn title(verb: &str, targets: &[(Id, String)]) -> String {
    match targets {
        [(_, name)] => format!("{verb} {name}"),
        many => format!("{verb} {}", Kind::Instance.count(many.len())),
    }
}

fn limit_fields(old: Option<&Instance>) -> Vec<FormField> {
    let detail = old.and_then(|instance| instance.detail.as_ref());
    let limits = detail.map(|detail| detail.limits);
    let cpus = limits.and_then(|limits| limits.processors).map(|count| plan::processors((count * 1e9) as i64));
    let bytes =
        |bytes: u64| if bytes.is_multiple_of(1 << 20) { format!("{}m", bytes >> 20) } else { bytes.to_string() };
    let memory_now = limits.and_then(|limits| limits.memory).map(bytes);
    let swap_now =
        detail.and_then(|detail| detail.memory_swap).map(|swap| u64::try_from(swap).map_or("-1".into(), bytes));
    let pids = limits.and_then(|limits| limits.pids).map(|count| count.to_string());
    let policy = detail.map_or(Restart::No, |detail| detail.restart).to_string();
    let field = |field: FormField, now: Option<String>| match old {
        Some(_) => field.now(&now.unwrap_or_default()),
        None => field.now(""),
    };
    vec![
        field(FormField::line("processors", "as 1.5; empty: no limit", processors), cpus),
        field(FormField::line("memory", "as 512m; empty: no limit", memory), memory_now),
        field(FormField::line("memory+swap", "both together; -1: no limit; empty: twice the memory", swap), swap_now),
        field(FormField::line("processes", "how many at once; -1: no limit", processes), pids),
        field(
            FormField::line("restart", "no, always, unless-stopped, on-failure:3", restart)
                .among(["no", "always", "unless-stopped", "on-failure"].map(String::from).to_vec()),
            old.map(|_| policy),
        ),
    ]
}

impl App {
    fn open_form(&mut self, purpose: Purpose, title: impl Into<String>, fields: Vec<FormField>) {
        self.layers.push(Layer::Fields(Box::new(Form { fields: Fields::new(title, fields), purpose })));
    }

    /// The kind of thing that must be known for what is on screen: a form proposes images or networks.
    pub(super) fn kind_wanted(&self) -> Kind {
        let form = self.layers.iter().rev().find_map(|layer| match layer {
            Layer::Fields(form) => Some(form),
            _ => None,
        });
        let field = form.and_then(|form| form.fields.fields.get(form.fields.focus));
        // Once the image has been chosen, networks are next.
        let asks_network = field.is_some_and(|field| field.label != "image");
        match form.map(|form| &form.purpose) {
            Some(Purpose::Instance) if asks_network => Kind::Network,
            Some(Purpose::Instance) => Kind::Image,
            Some(Purpose::Connect(_) | Purpose::Disconnect(_)) => Kind::Network,
            _ => self.view,
        }
    }

    /// What came to be known while a form is open is proposed too.
    pub(super) fn propose(&mut self) {
        let (images, networks) = (self.images_known(), self.networks_known());
        for layer in &mut self.layers {
            let Layer::Fields(form) = layer else { continue };
            for field in &mut form.fields.fields {
                match (&form.purpose, field.label) {
                    (Purpose::Instance, "image") => field.choices.clone_from(&images),
                    (Purpose::Instance | Purpose::Connect(_), "network") => field.choices.clone_from(&networks),
                    _ => {}
                }
            }
        }
    }

    fn images_known(&self) -> Vec<String> {
        let images = self.world.stock.images.iter().flat_map(|images| images.iter());
        let mut names: Vec<String> = images.flat_map(|image| image.tags.iter().map(ToString::to_string)).collect();
        names.extend(self.world.instances.values().map(|instance| instance.image.to_string()));
        names.sort();
        names.dedup();
        names
    }

    fn networks_known(&self) -> Vec<String> {
        let networks = self.world.stock.networks.iter().flat_map(|networks| networks.iter());
        let mut names: Vec<String> = networks.map(|network| network.name.to_string()).collect();
        names.extend(self.world.instances.values().flat_map(|one| one.networks.iter().map(ToString::to_string)));
        names.sort();
        names.dedup();
        names
    }

    pub(super) fn open_rename(&mut self, instance: &Instance) {
        let fields = vec![FormField::line("new name", "letters, digits, _ . -", name).now(&instance.name)];
        let title = format!("Rename {}", instance.name);
        self.open_form(Purpose::Rename(instance.id.clone(), instance.name.to_string()), title, fields);
    }

    pub(super) fn open_duplicate(&mut self, instance: &Instance) {
        let fields =
            vec![FormField::line("name", "letters, digits, _ . -", name).with(&format!("{}-2", instance.name))];
        let title = format!("Another one like {}", instance.name);
        self.open_form(Purpose::Duplicate(instance.id.clone(), instance.name.to_string()), title, fields);
    }

    pub(super) fn open_commit(&mut self, instance: &Instance) {
        let proposal = format!("{}:latest", instance.name.to_lowercase());
        let fields = vec![FormField::line("image", "as team/app:1.0", reference).with(&proposal)];
        let title = format!("An image of {}", instance.name);
        self.open_form(Purpose::Commit(instance.id.clone(), instance.name.to_string()), title, fields);
    }

    pub(super) fn open_tag(&mut self, id: Id, of: &str) {
        let fields = vec![FormField::line("new name", "as registry/team/app:1.0", reference)];
        self.open_form(Purpose::Tag(id, of.to_string()), format!("Another name for {of}"), fields);
    }

    pub(super) fn open_limits(&mut self, instances: &[Arc<Instance>]) {
        // Before it has been inspected its limits are not known: none is told as in force.
        let one = if let [one] = instances { Some(&**one).filter(|one| one.detail.is_some()) } else { None };
        let targets = targets(instances);
        let title = title("Limits of", &targets);
        self.open_form(Purpose::Limits(targets), title, limit_fields(one));
    }

    pub(super) fn open_connect(&mut self, instances: &[Arc<Instance>]) {
        let targets = targets(instances);
        let fields = vec![
            FormField::line("network", "its name", name).among(self.networks_known()),
            FormField::line("aliases", "further names on it, parted by blanks", alias_list),
        ];
        let title = title("Join a network:", &targets);
        self.open_form(Purpose::Connect(targets), title, fields);
    }

    pub(super) fn open_disconnect(&mut self, instances: &[Arc<Instance>]) {
        let targets = targets(instances);
        let mut on: Vec<String> =
            instances.iter().flat_map(|instance| instance.networks.iter().map(ToString::to_string)).collect();
        on.sort();
        on.dedup();
        let first = on.first().cloned().unwrap_or_default();
        let fields = vec![FormField::line("network", "its name", name).with(&first).among(on)];
        let title = title("Leave a network:", &targets);
        self.open_form(Purpose::Disconnect(targets), title, fields);
    }

    /// The form for an instance, of a certain image where one is chosen.
    pub(super) fn open_create(&mut self, image: Option<&str>) {
        let mut fields = vec![
            FormField::line("image", "as nginx:1.27; → completes", reference)
                .with(image.unwrap_or_default())
                .among(self.images_known()),
            FormField::line("name", "empty: the engine chooses", name_or_nothing),
            FormField::line("command", "words as in a shell; empty: the image's own", words),
            FormField::area("environment", "NAME=value, one on each line", variable),
            FormField::area("ports", "8080:80, 127.0.0.1:53:53/udp, 80; one on each line", port),
            FormField::area("mounts", "volume:/inside, /host:/inside:ro, tmpfs:/inside", mount),
            FormField::line("network", "empty: the engine's default", anything).among(self.networks_known()),
            FormField::line("user", "name, number or user:group", anything),
            FormField::line("folder", "empty: the image's own", folder),
        ];
        fields.extend(limit_fields(None));
        fields.extend([
            FormField::area("labels", "name=value, one on each line", variable),
            FormField::switch("terminal", "for a shell as the main process", false),
            FormField::switch("goes at its end", "removed when it ends", false),
            FormField::switch("start", "at once", true),
        ]);
        self.open_form(Purpose::Instance, "A new instance", fields);
    }

    pub(super) fn open_create_volume(&mut self) {
        let fields = vec![
            FormField::line("name", "empty: the engine chooses", name_or_nothing),
            FormField::line("driver", "empty: local", anything),
            FormField::area("options", "type=tmpfs, size=100m; one on each line", variable),
            FormField::area("labels", "name=value, one on each line", variable),
        ];
        self.open_form(Purpose::Volume, "A new volume", fields);
    }

    pub(super) fn open_create_network(&mut self) {
        let fields = vec![
            FormField::line("name", "letters, digits, _ . -", name),
            FormField::line("driver", "empty: bridge", anything)
                .among(["bridge", "macvlan", "ipvlan", "overlay"].map(String::from).to_vec()),
            FormField::line("subnet", "as 10.5.0.0/24; empty: the engine chooses", subnet),
            FormField::line("gateway", "as 10.5.0.1; empty: the engine chooses", address),
            FormField::switch("internal", "no way out of it", false),
            FormField::switch("isolated", "no traffic between its members", false),
            FormField::area("labels", "name=value, one on each line", variable),
        ];
        self.open_form(Purpose::Network, "A new network", fields);
    }

    /// A key for the form on top, which was taken off the layers.
    pub(super) fn fields_key(&mut self, mut form: Box<Form>, event: &KeyEvent) -> Vec<Effect> {
        match form.fields.key(event) {
            Edited::On => self.layers.push(Layer::Fields(form)),
            Edited::Left => self.notice = Some(Notice::good("cancelled: nothing was done", self.now)),
            Edited::Done => match self.acts_of(&mut form) {
                Some(acts) if acts.is_empty() => {
                    self.notice = Some(Notice::warn("nothing was changed in the form: nothing to do", self.now));
                }
                // The form stays below: cancelling the plan goes back to it.
                Some(acts) => {
                    let confirm = Confirm::of(acts, Vec::new(), &self.world);
                    self.layers.push(Layer::Fields(form));
                    self.layers.push(Layer::Confirm(confirm));
                }
                None => self.layers.push(Layer::Fields(form)),
            },
        }
        Vec::new()
    }

    /// The acts that a form means; none if something in it is wrong, which it then says.
    fn acts_of(&self, form: &mut Form) -> Option<Vec<Act>> {
        let fields = &mut form.fields;
        let text = |fields: &Fields, label: &str| fields.field(label).text();
        let one = |verb, id: &Id, name: &str, with| Some(vec![Act::with(verb, id.clone(), name, with)]);
        match &form.purpose {
            Purpose::Rename(id, old) => match fields.field("new name").changed() {
                Some(new) => one(Verb::Rename, id, old, With::Name(new)),
                None => Some(Vec::new()),
            },
            Purpose::Duplicate(id, old) => one(Verb::Duplicate, id, old, With::Name(text(fields, "name"))),
            Purpose::Commit(id, old) => one(Verb::Commit, id, old, With::Name(text(fields, "image"))),
            Purpose::Tag(id, old) => one(Verb::Tag, id, old, With::Name(text(fields, "new name"))),
            Purpose::Limits(targets) => {
                let change = limit_change(fields)?;
                let act = |(id, name): &(Id, String)| {
                    Act::with(Verb::Limit, id.clone(), name.as_str(), With::Limits(change.clone()))
                };
                Some(if change.is_empty() { Vec::new() } else { targets.iter().map(act).collect() })
            }
            Purpose::Connect(targets) | Purpose::Disconnect(targets) => {
                let leaves = matches!(form.purpose, Purpose::Disconnect(_));
                let wanted = text(fields, "network");
                if !self.networks_known().contains(&wanted) {
                    fields.blame("network", format!("no network named {wanted} is known"));
                    return None;
                }
                // An engine takes the name of a network as well as its id.
                let known = self.world.stock.networks.iter().flat_map(|list| list.iter());
                let known =
                    known.into_iter().find(|network| *network.name == *wanted).map(|network| network.id.clone());
                let aliases: Vec<String> = text(fields, "aliases").split_whitespace().map(str::to_string).collect();
                let verb = if leaves { Verb::Disconnect } else { Verb::Connect };
                let act = |(id, name): &(Id, String)| {
                    let network = known.clone().unwrap_or_else(|| Id::new(id.engine(), wanted.as_str()));
                    let joining = Joining { network, name: wanted.clone(), aliases: aliases.clone() };
                    Act::with(verb, id.clone(), name.as_str(), With::Joining(joining))
                };
                Some(targets.iter().map(act).collect())
            }
            Purpose::Instance => {
                let new = new_instance(fields)?;
                let mode = matches!(new.network.as_str(), "" | "default" | "bridge" | "host" | "none");
                let unknown = !mode && !new.network.starts_with("container:") && self.world.stock.networks.is_some();
                if unknown && !self.networks_known().contains(&new.network) {
                    fields.blame("network", format!("no network named {} is known", new.network));
                    return None;
                }
                let shown =
                    if new.name.is_empty() { format!("an instance of {}", new.image) } else { new.name.clone() };
                one(Verb::Create, &self.nobody()?, &shown, With::Instance(Box::new(new)))
            }
            Purpose::Volume => {
                let new = NewVolume {
                    name: text(fields, "name"),
                    driver: text(fields, "driver"),
                    options: pairs(&fields.field("options")),
                    labels: pairs(&fields.field("labels")),
                };
                let shown = if new.name.is_empty() { "a volume".into() } else { new.name.clone() };
                one(Verb::CreateVolume, &self.nobody()?, &shown, With::Volume(new))
            }
            Purpose::Network => {
                let new = NewNetwork {
                    name: text(fields, "name"),
                    driver: text(fields, "driver"),
                    subnet: text(fields, "subnet"),
                    gateway: text(fields, "gateway"),
                    internal: fields.field("internal").is_on(),
                    isolated: fields.field("isolated").is_on(),
                    labels: pairs(&fields.field("labels")),
                };
                if !new.gateway.is_empty() && new.subnet.is_empty() {
                    fields.blame("subnet", "a gateway needs its subnet");
                    return None;
                }
                let shown = new.name.clone();
                one(Verb::CreateNetwork, &self.nobody()?, &shown, With::Network(new))
            }
        }
    }

    /// The identity of what is not there yet, on the engine there is.
    fn nobody(&self) -> Option<Id> {
        self.world.engines.keys().next().map(|engine| Id::new(*engine, ""))
    }
}

/// What was changed in the fields for limits; none if that cannot be done, which the field then says.
fn limit_change(fields: &mut Fields) -> Option<LimitChange> {
    // Each was checked as it was typed.
    let number = |text: Option<String>| text.map(|text| text.parse::<i64>().unwrap_or(-1));
    let bytes = |text: Option<String>| text.and_then(|text| size(&text).ok().flatten());
    let taken_away = |fields: &Fields, label: &str| {
        let field = fields.field(label);
        field.text().is_empty() && field.before.as_deref().is_some_and(|before| !before.is_empty())
    };
    for label in ["processors", "memory"] {
        if taken_away(fields, label) {
            fields.blame(label, "engines change this limit but do not take it away: make the instance anew");
            return None;
        }
    }
    let swap = fields.field("memory+swap");
    let mut change = LimitChange {
        nano_cpus: fields.field("processors").changed().and_then(|text| nano_cpus(&text).ok().flatten()),
        memory: bytes(fields.field("memory").changed()),
        memory_swap: match swap.changed() {
            Some(text) if text == "-1" => Some(-1),
            other => bytes(other),
        },
        pids: number(fields.field("processes").changed().filter(|text| !text.is_empty())),
        restart: fields.field("restart").changed().and_then(|text| Restart::parse(&text).ok()),
    };
    if taken_away(fields, "memory+swap") {
        let memory = size(&fields.field("memory").text()).ok().flatten();
        let Some(memory) = memory else {
            fields.blame("memory+swap", "without a memory limit there is nothing to double: write -1 or a size");
            return None;
        };
        change.memory_swap = Some(memory.saturating_mul(2));
    }
    if taken_away(fields, "processes") {
        change.pids = Some(-1);
    }
    // The two are bound to each other: an engine refuses memory above memory and swap together.
    if let (Some(memory), None) = (change.memory, change.memory_swap) {
        let before = size(swap.before.as_deref().unwrap_or_default()).ok().flatten();
        let memory_before = size(fields.field("memory").before.as_deref().unwrap_or_default()).ok().flatten();
        change.memory_swap = match (before, memory_before) {
            (Some(both), Some(alone)) => Some(memory + (both - alone).max(0)),
            (Some(both), None) => Some(both.max(memory)),
            (None, _) => None,
        };
    }
    if let (Some(memory), Some(both)) = (change.memory, change.memory_swap)
        && both >= 0
        && both < memory
    {
        fields.blame("memory+swap", "it is both together: not less than the memory alone");
        return None;
    }
    Some(change)
}

fn new_instance(fields: &mut Fields) -> Option<NewInstance> {
    let limits = limit_change(fields)?;
    let text = |label: &str| fields.field(label).text();
    let new = NewInstance {
        name: text("name"),
        image: text("image"),
        command: shell_words::split(&text("command")).unwrap_or_default(),
        env: fields.field("environment").entries(),
        ports: fields.field("ports").entries().iter().filter_map(|entry| NewPort::parse(entry).ok()).collect(),
        mounts: fields.field("mounts").entries().iter().filter_map(|entry| NewMount::parse(entry).ok()).collect(),
        network: text("network"),
        user: text("user"),
        folder: text("folder"),
        limits,
        labels: pairs(&fields.field("labels")),
        tty: fields.field("terminal").is_on(),
        auto_remove: fields.field("goes at its end").is_on(),
        start: fields.field("start").is_on(),
    };
    if new.auto_remove && new.limits.restart.is_some_and(|restart| restart != Restart::No) {
        fields.blame("restart", "what goes at its end cannot start again");
        return None;
    }
    Some(new)
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

    fn limits(now: [&str; 2], typed: [&str; 2]) -> (Option<LimitChange>, Fields) {
        let mut fields = Fields::new("", limit_fields(None));
        for (at, label) in ["memory", "memory+swap"].into_iter().enumerate() {
            let field = fields.fields.iter_mut().find(|field| field.label == label).unwrap();
            *field = field.clone().now(now[at]).with(typed[at]);
        }
        (limit_change(&mut fields), fields)
    }

    #[test]
    fn memory_and_swap_go_together() {
        let change = limits(["512m", "1g"], ["1g", "1g"]).0.unwrap();
        assert_eq!((change.memory, change.memory_swap), (Some(1 << 30), Some(3 << 29)), "the swap beside it stays");
        assert_eq!(limits(["", ""], ["1g", ""]).0.unwrap().memory_swap, None);
        assert_eq!(limits(["512m", "-1"], ["1g", "-1"]).0.unwrap().memory_swap, None, "without limit it stays");
        let (refused, fields) = limits(["512m", "1g"], ["1g", "600m"]);
        assert!(refused.is_none() && fields.field("memory+swap").wrong.is_some());
        let (refused, fields) = limits(["512m", "1g"], ["", "1g"]);
        assert!(refused.is_none() && fields.field("memory").wrong.is_some());
    }
}
