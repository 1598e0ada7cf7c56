//! The forms for changing, making, running and moving things: their fields, and what follows from what was typed.

pub(in crate::app) mod checks;
mod exec;
mod limits;

use crate::app::confirm::Confirm;
use crate::app::fields::{Edited, Fields, FormField};
use crate::app::notice::Notice;
use crate::app::overlay::Overlay;
use crate::app::state::App;
use crate::app::transfers::TransferKind;
use crate::app::update::Effect;
use crate::model::{
    Container, Id, ImageName, ImageRef, Joining, Kind, NewContainer, NewMount, NewNetwork, NewPort, NewVolume,
    Operation, OperationArgs, OperationKind, Restart, SeenVolume, Transfer,
};
use checks::{
    address, alias_list, anything, folder, mount, name, name_or_nothing, port, reference, subnet, variable, words,
};
use crossterm::event::KeyEvent;
use limits::{LimitsOf, limit_change, limit_fields};
use std::sync::Arc;

/// What a form is for. The targets are those of the moment of the key.
#[derive(Debug, Clone)]
pub enum FormKind {
    /// Give a container another name.
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
    /// Make a container.
    Container,
    /// Make a volume.
    Volume,
    /// Make a network.
    Network,
    /// Run a command in a container.
    Exec(Id, String),
    /// Move an image.
    Transfer(TransferKind),
    /// Bring up a compose project.
    Compose,
    /// Write what is in a volume to a file.
    ExportVolume(SeenVolume),
    /// Bring a file into a volume.
    ImportVolume,
    /// Copy what is in a volume into another.
    CopyVolume(SeenVolume),
}

/// A form and what it is for.
#[derive(Debug, Clone)]
pub struct Form {
    /// Its fields.
    pub fields: Fields,
    /// What it is for.
    pub purpose: FormKind,
}

impl Form {
    /// True if it moves images or what is in a volume, and nothing has to be planned first.
    fn moves(&self) -> bool {
        matches!(self.purpose, FormKind::ExportVolume(_) | FormKind::Transfer(_))
    }

    /// What it moves; none if something in it is wrong, which it then says.
    fn transfer(&mut self) -> Option<Transfer> {
        if let FormKind::ExportVolume(id) = &self.purpose {
            return Some(crate::app::volume_forms::export(&self.fields, id));
        }
        let FormKind::Transfer(kind) = &self.purpose else { return None };
        kind.transfer(&mut self.fields)
    }
}

fn pairs(field: &FormField) -> Vec<(String, String)> {
    let pair = |entry: String| entry.split_once('=').map(|(name, value)| (name.to_string(), value.to_string()));
    field.entries().into_iter().filter_map(pair).collect()
}

fn targets(containers: &[Arc<Container>]) -> Vec<(Id, String)> {
    containers.iter().map(|container| (container.id.clone(), container.name.to_string())).collect()
}

fn title(verb: &str, targets: &[(Id, String)]) -> String {
    match targets {
        [(_, name)] => format!("{verb} {name}"),
        many => format!("{verb} {}", Kind::Container.count(many.len())),
    }
}

impl App {
    pub(in crate::app) fn open_form(&mut self, purpose: FormKind, title: impl Into<String>, fields: Vec<FormField>) {
        self.open_fields(purpose, Fields::new(title, fields));
    }

    /// Puts a form above the cockpit.
    pub(in crate::app) fn open_fields(&mut self, purpose: FormKind, fields: Fields) {
        self.overlays.push(Overlay::Fields(Box::new(Form { fields, purpose })));
    }

    /// The kind of thing that must be known for what is on screen: a form proposes images or networks.
    pub(in crate::app) fn kind_wanted(&self) -> Kind {
        let form = self.overlays.iter().rev().find_map(|layer| match layer {
            Overlay::Fields(form) => Some(form),
            _ => None,
        });
        let field = form.and_then(|form| form.fields.fields.get(form.fields.focus));
        // Once the image has been chosen, networks are next.
        let asks_network = field.is_some_and(|field| field.label != "image");
        match form.map(|form| &form.purpose) {
            Some(FormKind::Container) if asks_network => Kind::Network,
            Some(
                FormKind::Container
                | FormKind::Commit(..)
                | FormKind::Tag(..)
                | FormKind::Transfer(TransferKind::Pull | TransferKind::Push),
            ) => Kind::Image,
            Some(FormKind::Connect(_) | FormKind::Disconnect(_)) => Kind::Network,
            Some(FormKind::ExportVolume(_) | FormKind::ImportVolume | FormKind::CopyVolume(_)) => Kind::Volume,
            _ => self.view,
        }
    }

    /// What came to be known while a form is open is proposed too.
    pub(in crate::app) fn propose(&mut self) {
        let (images, networks) = (self.images_known(), self.networks_known());
        for layer in &mut self.overlays {
            let Overlay::Fields(form) = layer else { continue };
            for field in &mut form.fields.fields {
                match (&form.purpose, field.label) {
                    (FormKind::Container | FormKind::Transfer(_), "image") => field.choices.clone_from(&images),
                    (FormKind::Container | FormKind::Connect(_), "network") => field.choices.clone_from(&networks),
                    _ => {}
                }
            }
        }
    }

    /// Opens the form for a command in a container.
    pub(in crate::app) fn open_exec(&mut self, container: &Container) {
        let fields = exec::fields(&container.name, &self.options.ran);
        self.open_fields(FormKind::Exec(container.id.clone(), container.name.to_string()), fields);
    }

    fn images_known(&self) -> Vec<String> {
        let images = self.snapshot.stock.images.iter().flat_map(|images| images.iter());
        let mut names: Vec<String> = images.flat_map(|image| image.tags.iter().map(ToString::to_string)).collect();
        names.extend(self.snapshot.containers.values().map(|container| container.image.to_string()));
        names.sort();
        names.dedup();
        names
    }

    fn networks_known(&self) -> Vec<String> {
        let networks = self.snapshot.stock.networks.iter().flat_map(|networks| networks.iter());
        let mut names: Vec<String> = networks.map(|network| network.name.to_string()).collect();
        names.extend(self.snapshot.containers.values().flat_map(|one| one.networks.iter().map(ToString::to_string)));
        names.sort();
        names.dedup();
        names
    }

    pub(in crate::app) fn open_rename(&mut self, container: &Container) {
        let fields = vec![FormField::line("new name", "letters, digits, _ . -", name).now(&container.name)];
        let title = format!("Rename {}", container.name);
        self.open_form(FormKind::Rename(container.id.clone(), container.name.to_string()), title, fields);
    }

    pub(in crate::app) fn open_duplicate(&mut self, container: &Container) {
        let fields =
            vec![FormField::line("name", "letters, digits, _ . -", name).with(&format!("{}-2", container.name))];
        let title = format!("Another one like {}", container.name);
        self.open_form(FormKind::Duplicate(container.id.clone(), container.name.to_string()), title, fields);
    }

    pub(in crate::app) fn open_commit(&mut self, container: &Container) {
        let proposal = format!("{}:latest", container.name.to_lowercase());
        let fields = vec![FormField::line("image", "as team/app:1.0", reference).with(&proposal)];
        let title = format!("An image of {}", container.name);
        self.open_form(FormKind::Commit(container.id.clone(), container.name.to_string()), title, fields);
    }

    pub(in crate::app) fn open_tag(&mut self, id: Id, of: &str) {
        let fields = vec![FormField::line("new name", "as registry/team/app:1.0", reference)];
        self.open_form(FormKind::Tag(id, of.to_string()), format!("Another name for {of}"), fields);
    }

    pub(in crate::app) fn open_limits(&mut self, containers: &[Arc<Container>]) {
        // Before it has been inspected its limits are not known: none is told as in force.
        let detail = if let [one] = containers { one.detail.as_deref() } else { None };
        let targets = targets(containers);
        let title = title("Limits of", &targets);
        self.open_form(FormKind::Limits(targets), title, limit_fields(detail.map_or(LimitsOf::Unknown, LimitsOf::One)));
    }

    pub(in crate::app) fn open_connect(&mut self, containers: &[Arc<Container>]) {
        let targets = targets(containers);
        let fields = vec![
            FormField::line("network", "its name", name).among(self.networks_known()),
            FormField::line("aliases", "further names on it, parted by blanks", alias_list),
        ];
        let title = title("Join a network:", &targets);
        self.open_form(FormKind::Connect(targets), title, fields);
    }

    pub(in crate::app) fn open_disconnect(&mut self, containers: &[Arc<Container>]) {
        let targets = targets(containers);
        let mut on: Vec<String> =
            containers.iter().flat_map(|container| container.networks.iter().map(ToString::to_string)).collect();
        on.sort();
        on.dedup();
        let first = on.first().cloned().unwrap_or_default();
        let fields = vec![FormField::line("network", "its name", name).with(&first).among(on)];
        let title = title("Leave a network:", &targets);
        self.open_form(FormKind::Disconnect(targets), title, fields);
    }

    /// The form for a container, of a certain image where one is chosen.
    pub(in crate::app) fn open_create(&mut self, image: Option<&str>) {
        let mut fields = vec![
            FormField::line("image", "as nginx:1.27; → completes", checks::image)
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
        fields.extend(limit_fields(LimitsOf::New));
        fields.extend([
            FormField::area("labels", "name=value, one on each line", variable),
            FormField::switch(
                "terminal",
                ["stdout and stderr are told apart", "for a shell as the main process"],
                false,
            ),
            FormField::switch("goes at its end", ["it stays when it has ended", "it is removed when it ends"], false),
            FormField::switch("start", ["it is only made", "it starts at once"], true),
        ]);
        self.open_form(FormKind::Container, "A new container", fields);
    }

    pub(in crate::app) fn open_create_volume(&mut self) {
        let fields = vec![
            FormField::line("name", "empty: the engine chooses", name_or_nothing),
            FormField::line("driver", "empty: local", anything),
            FormField::area("options", "type=tmpfs, size=100m; one on each line", variable),
            FormField::area("labels", "name=value, one on each line", variable),
        ];
        self.open_form(FormKind::Volume, "A new volume", fields);
    }

    pub(in crate::app) fn open_create_network(&mut self) {
        let fields = vec![
            FormField::line("name", "letters, digits, _ . -", name),
            FormField::line("driver", "empty: bridge", anything)
                .among(["bridge", "macvlan", "ipvlan", "overlay"].map(String::from).to_vec()),
            FormField::line("subnet", "as 10.5.0.0/24; empty: the engine chooses", subnet),
            FormField::line("gateway", "as 10.5.0.1; empty: the engine chooses", address),
            FormField::switch("internal", ["there is a way out of it", "there is no way out of it"], false),
            FormField::switch("isolated", ["its members reach each other", "no traffic between its members"], false),
            FormField::area("labels", "name=value, one on each line", variable),
        ];
        self.open_form(FormKind::Network, "A new network", fields);
    }

    /// A key for the form on top, which was taken off the layers.
    pub(in crate::app) fn fields_key(&mut self, mut form: Box<Form>, event: &KeyEvent) -> Vec<Effect> {
        if matches!(form.purpose, FormKind::Compose) {
            return crate::app::compose::form_key(self, form, event);
        }
        match form.fields.key(event) {
            Edited::On => self.overlays.push(Overlay::Fields(form)),
            Edited::Left => self.notice = Some(Notice::good("cancelled: nothing was done", self.now)),
            Edited::Done => return self.form_done(form),
        }
        Vec::new()
    }

    /// What a complete form means is begun, or planned. A form with a fault stays, and says it.
    fn form_done(&mut self, mut form: Box<Form>) -> Vec<Effect> {
        if let FormKind::Exec(id, of) = &form.purpose {
            let command = exec::command(&form.fields, id, self.shell_size());
            if let Some((exec, ran)) = command {
                return self.run_command(exec, of, ran);
            }
        } else if !form.moves() {
            return self.form_planned(form);
        } else if let Some(transfer) = form.transfer() {
            match transfer.makes() {
                None => return self.begin_transfer(self.identified(transfer)),
                // The form stays until it is known that the file can be there.
                Some(path) => {
                    let look = Effect::Look(path.to_string());
                    self.overlays.push(Overlay::Fields(form));
                    return vec![look];
                }
            }
        }
        self.overlays.push(Overlay::Fields(form));
        Vec::new()
    }

    /// It is known whether the file that a form names can be made: what the form means is begun, or the form says why not. It may
    /// have been left, or name another file by now.
    pub(in crate::app) fn looked(&mut self, path: &str, looked: Result<(), String>) -> Vec<Effect> {
        let Some(Overlay::Fields(form)) = self.overlays.last_mut() else { return Vec::new() };
        let Some(transfer) = form.transfer().filter(|transfer| transfer.makes() == Some(path)) else {
            return Vec::new();
        };
        match looked {
            Ok(()) => {
                self.overlays.pop();
                self.begin_transfer(transfer)
            }
            Err(why) => {
                form.fields.set_error("file", why);
                Vec::new()
            }
        }
    }

    fn form_planned(&mut self, mut form: Box<Form>) -> Vec<Effect> {
        match self.acts_of(&mut form) {
            Some(acts) if acts.is_empty() => {
                self.notice = Some(Notice::warn("nothing was changed in the form: nothing to do", self.now));
            }
            // The form stays below: cancelling the plan goes back to it.
            Some(acts) => {
                let losses = crate::app::volume_forms::losses(&acts, &self.snapshot);
                let confirm = Confirm::of(acts, losses, &self.snapshot);
                self.overlays.push(Overlay::Fields(form));
                self.overlays.push(Overlay::Confirm(confirm));
            }
            None => self.overlays.push(Overlay::Fields(form)),
        }
        Vec::new()
    }

    /// The acts that a form means; none if something in it is wrong, which it then says.
    fn acts_of(&self, form: &mut Form) -> Option<Vec<Operation>> {
        let fields = &mut form.fields;
        let text = |fields: &Fields, label: &str| fields.field(label).text();
        let one = |verb, id: &Id, name: &str, with| Some(vec![Operation::with(verb, id.clone(), name, with)]);
        match &form.purpose {
            FormKind::Rename(id, old) => match fields.field("new name").changed() {
                Some(new) => one(OperationKind::Rename, id, old, OperationArgs::Name(new)),
                None => Some(Vec::new()),
            },
            FormKind::Duplicate(id, old) => {
                one(OperationKind::Duplicate, id, old, OperationArgs::Name(text(fields, "name")))
            }
            FormKind::Commit(id, old) => one(OperationKind::Commit, id, old, self.image_name(fields, "image")?),
            FormKind::Tag(id, old) => one(OperationKind::Tag, id, old, self.image_name(fields, "new name")?),
            FormKind::Limits(targets) => {
                let change = limit_change(fields)?;
                let act = |(id, name): &(Id, String)| {
                    Operation::with(
                        OperationKind::Limit,
                        id.clone(),
                        name.as_str(),
                        OperationArgs::Limits(change.clone()),
                    )
                };
                Some(if change.is_empty() { Vec::new() } else { targets.iter().map(act).collect() })
            }
            FormKind::Connect(targets) | FormKind::Disconnect(targets) => {
                let leaves = matches!(form.purpose, FormKind::Disconnect(_));
                let wanted = text(fields, "network");
                let network = self.network_named(fields, &wanted)?;
                let aliases: Vec<String> = text(fields, "aliases").split_whitespace().map(str::to_string).collect();
                let verb = if leaves { OperationKind::Disconnect } else { OperationKind::Connect };
                let act = |(id, name): &(Id, String)| {
                    let joining = Joining { network: network.clone(), name: wanted.clone(), aliases: aliases.clone() };
                    Operation::with(verb, id.clone(), name.as_str(), OperationArgs::Joining(joining))
                };
                Some(targets.iter().map(act).collect())
            }
            FormKind::Container => {
                let new = new_container(fields)?;
                let mode = matches!(new.network.as_str(), "" | "default" | "bridge" | "host" | "none");
                let unknown = !mode && !new.network.starts_with("container:") && self.snapshot.stock.networks.is_some();
                if unknown && !self.networks_known().contains(&new.network) {
                    fields.set_error("network", format!("no network named {} is known", new.network));
                    return None;
                }
                let shown =
                    if new.name.is_empty() { format!("a container of {}", new.image) } else { new.name.clone() };
                one(OperationKind::Create, &self.unset_id()?, &shown, OperationArgs::Container(Box::new(new)))
            }
            FormKind::Volume => {
                let new = NewVolume {
                    name: text(fields, "name"),
                    driver: text(fields, "driver"),
                    options: pairs(&fields.field("options")),
                    labels: pairs(&fields.field("labels")),
                };
                let shown = if new.name.is_empty() { "a volume".into() } else { new.name.clone() };
                one(OperationKind::CreateVolume, &self.unset_id()?, &shown, OperationArgs::Volume(new))
            }
            // It has keys of its own: what it means is no act of the engine's.
            FormKind::Compose => None,
            FormKind::Network => {
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
                    fields.set_error("subnet", "a gateway needs its subnet");
                    return None;
                }
                let shown = new.name.clone();
                one(OperationKind::CreateNetwork, &self.unset_id()?, &shown, OperationArgs::Network(new))
            }
            // These are begun at once.
            FormKind::Exec(..) | FormKind::Transfer(_) | FormKind::ExportVolume(_) => None,
            FormKind::ImportVolume => self.import_of(fields),
            FormKind::CopyVolume(from) => self.copy_of(fields, from),
        }
    }

    /// The name that an image is to be given, and which image has it now; none while that is not known, which the field says.
    fn image_name(&self, fields: &mut Fields, label: &str) -> Option<OperationArgs> {
        if self.snapshot.stock.images.is_none() {
            fields.set_error(label, "which images there are is not known yet: try again in a moment");
            return None;
        }
        let name = fields.field(label).text();
        let holder = self.image_named(&name);
        Some(OperationArgs::ImageName(ImageName { name, holder }))
    }

    /// The id of the image that a name leads to, as far as images are known.
    fn image_named(&self, name: &str) -> Option<String> {
        let full = |name: &str| ImageRef::parse(name).map(|reference| (reference.registry.clone(), reference.full()));
        let wanted = full(name);
        let is_it = |tag: &Arc<str>| wanted.is_ok() && full(tag) == wanted;
        let image = self.snapshot.stock.images.as_ref()?.iter().find(|image| image.tags.iter().any(is_it))?;
        Some(image.id.raw().to_string())
    }

    /// A push with the image that is meant: also what is tried again later pushes that one or none.
    fn identified(&self, transfer: Transfer) -> Transfer {
        match transfer {
            Transfer::Push { reference, .. } => {
                let image = self.image_named(&reference);
                Transfer::Push { reference, image }
            }
            other => other,
        }
    }

    /// The one network of a name; none if there is not exactly one, which the field says.
    fn network_named(&self, fields: &mut Fields, wanted: &str) -> Option<Id> {
        let Some(networks) = &self.snapshot.stock.networks else {
            fields.set_error("network", "which networks there are is not known yet: try again in a moment");
            return None;
        };
        let named: Vec<&Id> = networks.iter().filter(|one| *one.name == *wanted).map(|one| &one.id).collect();
        match named.as_slice() {
            [one] => Some((*one).clone()),
            [] => {
                fields.set_error("network", format!("no network named {wanted} is known"));
                None
            }
            many => {
                fields.set_error(
                    "network",
                    format!("{} networks are named {wanted}: docker takes their ids", many.len()),
                );
                None
            }
        }
    }

    /// The identity of what is not there yet, on the engine there is.
    pub(in crate::app) fn unset_id(&self) -> Option<Id> {
        self.snapshot.engines.keys().next().map(|engine| Id::new(*engine, ""))
    }
}

fn new_container(fields: &mut Fields) -> Option<NewContainer> {
    let limits = limit_change(fields)?;
    let text = |label: &str| fields.field(label).text();
    let new = NewContainer {
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
        fields.set_error("restart", "what goes at its end cannot start again");
        return None;
    }
    Some(new)
}
