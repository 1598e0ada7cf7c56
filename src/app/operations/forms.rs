//! The forms for changing, making, running and moving things: their fields, and what follows from what was typed.

pub(in crate::app) mod checks;
mod exec;
mod limits;

use super::known::Known;
use crate::app::action::Action;
use crate::app::command::Command;
use crate::app::layer::{Hints, Layer, Next, cancelled, plain};
use crate::app::msg::Effect;
use crate::app::overlay::Overlay;
use crate::app::overlay_layout;
use crate::app::state::App;
use crate::app::widgets::fields::{Edited, FieldKind, Fields, FormField};
use crate::app::widgets::form::Form;
use crate::app::widgets::frame;
use crate::model::{
    Container, EngineId, Id, ImageName, Joining, Kind, NewContainer, NewMount, NewNetwork, NewPort, NewVolume,
    Operation, OperationArgs, OperationKind, Restart,
};
use checks::{
    address, alias_list, anything, folder, mount, name, name_or_nothing, port, reference, subnet, variable, words,
};
use crossterm::event::KeyEvent;
use limits::{LimitsOf, limit_change, limit_fields};
use ratatui::layout::{Position, Rect};
use std::sync::Arc;

/// The plan for an operation on one thing.
pub(in crate::app) fn planned(kind: OperationKind, id: Id, name: &str, with: OperationArgs) -> Action {
    Action::Plan(vec![Operation::with(kind, id, name, with)])
}

/// The plan for the same operation on each of these.
fn planned_for_each(kind: OperationKind, targets: &[(Id, String)], with: impl Fn() -> OperationArgs) -> Action {
    Action::Plan(targets.iter().map(|(id, name)| Operation::with(kind, id.clone(), name.as_str(), with())).collect())
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
    /// What a form may read.
    pub(in crate::app) fn known(&self) -> Known<'_> {
        Known { snapshot: &self.snapshot, engine: self.engine }
    }

    pub(in crate::app) fn open_form(
        &mut self,
        title: impl Into<String>,
        fields: Vec<FormField>,
        read: impl Fn(&Known, &mut Fields) -> Option<Action> + Send + Sync + 'static,
    ) {
        self.open_fields(Fields::new(title, fields), read);
    }

    /// Puts a form above the cockpit.
    pub(in crate::app) fn open_fields(
        &mut self,
        fields: Fields,
        read: impl Fn(&Known, &mut Fields) -> Option<Action> + Send + Sync + 'static,
    ) {
        self.overlays.push(Overlay::Fields(Box::new(Form::new(fields, read))));
    }

    /// The kind of thing that must be known for what is on screen: a form proposes images or networks.
    pub(in crate::app) fn kind_wanted(&self) -> Kind {
        let form = self.overlays.iter().rev().find_map(Overlay::form);
        form.and_then(|form| form.fields.needs()).unwrap_or(self.view)
    }

    /// What came to be known while a form is open is proposed too.
    pub(in crate::app) fn propose(&mut self) {
        let (images, networks) = (self.known().images(), self.known().networks());
        let forms = self.overlays.iter_mut().filter_map(Overlay::form_mut);
        for field in forms.flat_map(|form| &mut form.fields.fields).filter(|field| field.proposes) {
            let known = if field.needs == Some(Kind::Image) { &images } else { &networks };
            field.choices.clone_from(known);
        }
    }

    /// Opens the form for a command in a container.
    pub(in crate::app) fn open_exec(&mut self, container: &Container) {
        let fields = exec::fields(&container.name, &self.options.ran);
        let (id, name) = (container.id.clone(), container.name.to_string());
        self.open_fields(fields, move |_, fields| {
            let (exec, ran) = exec::command(fields, &id)?;
            Some(Action::Run(Box::new(exec), name.clone(), ran))
        });
    }

    pub(in crate::app) fn open_rename(&mut self, container: &Container) {
        let fields = vec![FormField::line("new name", "letters, digits, _ . -", name).now(&container.name)];
        let (id, old) = (container.id.clone(), container.name.to_string());
        self.open_form(format!("Rename {old}"), fields, move |_, fields| {
            Some(match fields.field("new name").changed() {
                Some(new) => planned(OperationKind::Rename, id.clone(), &old, OperationArgs::Name(new)),
                None => Action::Plan(Vec::new()),
            })
        });
    }

    pub(in crate::app) fn open_duplicate(&mut self, container: &Container) {
        let fields =
            vec![FormField::line("name", "letters, digits, _ . -", name).with(&format!("{}-2", container.name))];
        let (id, old) = (container.id.clone(), container.name.to_string());
        self.open_form(format!("Duplicate {old}"), fields, move |_, fields| {
            Some(planned(OperationKind::Duplicate, id.clone(), &old, OperationArgs::Name(fields.field("name").text())))
        });
    }

    pub(in crate::app) fn open_commit(&mut self, container: &Container) {
        let proposal = format!("{}:latest", container.name.to_lowercase());
        let fields = vec![FormField::line("image", "e.g. team/app:1.0", reference).with(&proposal).of(Kind::Image)];
        let (id, old) = (container.id.clone(), container.name.to_string());
        self.open_form(format!("Commit {old} to an image"), fields, move |known, fields| {
            Some(planned(OperationKind::Commit, id.clone(), &old, known.image_name(fields, "image")?))
        });
    }

    pub(in crate::app) fn open_tag(&mut self, id: Id, of: &str) {
        let fields = vec![FormField::line("new name", "e.g. registry/team/app:1.0", reference).of(Kind::Image)];
        let old = of.to_string();
        self.open_form(format!("Tag {of}"), fields, move |known, fields| {
            Some(planned(OperationKind::Tag, id.clone(), &old, known.image_name(fields, "new name")?))
        });
    }

    pub(in crate::app) fn open_limits(&mut self, containers: &[Arc<Container>]) {
        // Before it has been inspected its limits are not known: none is told as in force.
        let detail = if let [one] = containers { one.detail.as_deref() } else { None };
        let targets = targets(containers);
        let fields = limit_fields(detail.map_or(LimitsOf::Unknown, LimitsOf::One));
        self.open_form(title("Limits of", &targets), fields, move |_, fields| {
            let change = limit_change(fields)?;
            match change.is_empty() {
                true => Some(Action::Plan(Vec::new())),
                false => {
                    Some(planned_for_each(OperationKind::Limit, &targets, || OperationArgs::Limits(change.clone())))
                }
            }
        });
    }

    pub(in crate::app) fn open_connect(&mut self, containers: &[Arc<Container>]) {
        let fields = vec![
            FormField::line("network", "name of the network", name).proposing(Kind::Network, self.known().networks()),
            FormField::line("aliases", "other names on this network, separated by spaces", alias_list),
        ];
        self.open_membership(OperationKind::Connect, "Connect to a network:", targets(containers), fields);
    }

    pub(in crate::app) fn open_disconnect(&mut self, containers: &[Arc<Container>]) {
        let mut on: Vec<String> =
            containers.iter().flat_map(|container| container.networks.iter().map(ToString::to_string)).collect();
        on.sort();
        on.dedup();
        let first = on.first().cloned().unwrap_or_default();
        let fields =
            vec![FormField::line("network", "name of the network", name).with(&first).of(Kind::Network).among(on)];
        self.open_membership(OperationKind::Disconnect, "Disconnect from a network:", targets(containers), fields);
    }

    fn open_membership(
        &mut self,
        kind: OperationKind,
        words: &str,
        targets: Vec<(Id, String)>,
        fields: Vec<FormField>,
    ) {
        self.open_form(title(words, &targets), fields, move |known, fields| {
            let wanted = fields.field("network").text();
            let aliases = fields.field("aliases").text();
            let aliases: Vec<String> = aliases.split_whitespace().map(str::to_string).collect();
            let joining = |(id, name): &(Id, String)| {
                let network = known.network_named(fields, id.engine(), &wanted)?;
                let joining = Joining { network, name: wanted.clone(), aliases: aliases.clone() };
                Some(Operation::with(kind, id.clone(), name.as_str(), OperationArgs::Joining(joining)))
            };
            targets.iter().map(joining).collect::<Option<_>>().map(Action::Plan)
        });
    }

    /// The form for a container, of a certain image where one is chosen.
    pub(in crate::app) fn open_create(&mut self, image: Option<&str>) {
        let mut fields = vec![
            FormField::line("image", "e.g. nginx:1.27; → completes", checks::image)
                .with(image.unwrap_or_default())
                .proposing(Kind::Image, self.known().images()),
            FormField::line("name", "empty: the engine chooses", name_or_nothing),
            FormField::line("command", "quoted as in a shell; empty: the image's own", words),
            FormField::area("environment", "NAME=value, one per line", variable),
            FormField::area("ports", "8080:80, 127.0.0.1:53:53/udp, 80; one per line", port),
            FormField::area("mounts", "volume:/inside, /host:/inside:ro, tmpfs:/inside", mount),
            FormField::line("network", "empty: the engine's default", anything)
                .proposing(Kind::Network, self.known().networks()),
            FormField::line("user", "name, number or user:group", anything),
            FormField::line("folder", "empty: the image's own", folder),
        ];
        fields.extend(limit_fields(LimitsOf::New));
        fields.extend([
            FormField::area("labels", "name=value, one per line", variable),
            FormField::switch(
                "terminal",
                ["stdout and stderr stay separate", "for a shell as the main process"],
                false,
            ),
            FormField::switch("auto-remove", ["kept after it exits", "removed when it exits (docker's --rm)"], false),
            FormField::switch("start", ["created, not started", "created and started"], true),
        ]);
        self.open_form("Create a container", fields, |known, fields| known.creation(fields));
    }

    pub(in crate::app) fn open_create_volume(&mut self) {
        let fields = vec![
            FormField::line("name", "empty: the engine chooses", name_or_nothing),
            FormField::line("driver", "empty: local", anything),
            FormField::area("options", "type=tmpfs, size=100m; one per line", variable),
            FormField::area("labels", "name=value, one per line", variable),
        ];
        self.open_form("Create a volume", fields, |known, fields| known.volume_creation(fields));
    }

    pub(in crate::app) fn open_create_network(&mut self) {
        let fields = vec![
            FormField::line("name", "letters, digits, _ . -", name),
            FormField::line("driver", "empty: bridge", anything)
                .among(["bridge", "macvlan", "ipvlan", "overlay"].map(String::from).to_vec()),
            FormField::line("subnet", "e.g. 10.5.0.0/24; empty: the engine chooses", subnet),
            FormField::line("gateway", "e.g. 10.5.0.1; empty: the engine chooses", address),
            FormField::switch("internal", ["outside traffic allowed", "no outside traffic"], false),
            FormField::switch(
                "isolated",
                ["containers on it can reach each other", "no traffic between its containers"],
                false,
            ),
            FormField::area("labels", "name=value, one per line", variable),
        ];
        self.open_form("Create a network", fields, |known, fields| known.network_creation(fields));
    }

    /// It is known whether the file that a form names can be made: what the form means is begun, or the form says why not. It may
    /// have been left, or name another file by now.
    pub(in crate::app) fn looked(&mut self, path: &str, looked: Result<(), String>) -> Vec<Effect> {
        let Some(Overlay::Fields(mut form)) = self.overlays.pop_if(|overlay| matches!(overlay, Overlay::Fields(_)))
        else {
            return Vec::new();
        };
        let meant = form.meaning(&self.known());
        if let Some(Action::Move(transfer)) = meant
            && transfer.makes() == Some(path)
        {
            match looked {
                Ok(()) => {
                    self.begin_transfer(transfer);
                    return Vec::new();
                }
                Err(why) => form.fields.set_error("file", why),
            }
        }
        self.overlays.push(Overlay::Fields(form));
        Vec::new()
    }
}

impl Form {
    /// What it means is begun, or planned, if nothing in it is wrong.
    fn done(&mut self, app: &App) -> Next {
        match self.meaning(&app.known()) {
            Some(Action::Plan(operations)) if operations.is_empty() => {
                Next::Goes(vec![Action::Refuse("nothing changed in the form: nothing to do")])
            }
            // It stays until it is known that the file can be there.
            Some(Action::Move(transfer)) if transfer.makes().is_some() => {
                let look = transfer.makes().map(|path| Action::Effect(Effect::Look(path.to_string())));
                Next::Stays(look.into_iter().collect())
            }
            // It stays below: cancelling the question goes back to it.
            Some(action @ (Action::Plan(_) | Action::FindProject(..))) => Next::Stays(vec![action]),
            Some(action) => Next::Goes(vec![action]),
            None => Next::Stays(Vec::new()),
        }
    }
}

impl Layer for Form {
    fn area(&self, app: &App) -> Rect {
        let (columns, rows) = overlay_layout::form_size(&self.fields);
        frame::centered(app.size, columns, rows)
    }

    fn hints(&self, _: &App) -> Hints {
        let goes = Some(self.fields.goes);
        let first = match self.fields.fields.get(self.fields.focus).map(|field| &field.holds) {
            Some(FieldKind::Area(_)) => vec![(Command::FinishForm, goes), (Command::Accept, Some("next line"))],
            Some(FieldKind::Line(_) | FieldKind::Switch(..) | FieldKind::Choice { .. }) | None => {
                vec![(Command::Accept, goes)]
            }
        };
        first.into_iter().chain(plain(&[Command::NextField, Command::Cancel])).collect()
    }

    fn command(&mut self, app: &App, command: Command) -> Next {
        match self.fields.give(command) {
            Edited::On => Next::Stays(Vec::new()),
            Edited::Left => Next::Goes(vec![cancelled(app)]),
            Edited::Done => self.done(app),
        }
    }

    fn type_in(&mut self, event: &KeyEvent) -> Next {
        self.fields.edit(event);
        Next::Stays(Vec::new())
    }

    fn paste(&mut self, text: &str) -> Vec<Action> {
        self.fields.paste(text);
        Vec::new()
    }

    fn click(&mut self, app: &App, at: Position) -> Next {
        let places = overlay_layout::field_places(&self.fields, frame::inner(self.area(app)));
        let hit = places.into_iter().find(|(_, place)| place.contains(at));
        hit.into_iter().for_each(|(index, _)| self.fields.click(index));
        Next::Stays(Vec::new())
    }
}

impl Known<'_> {
    fn creation(&self, fields: &mut Fields) -> Option<Action> {
        let new = new_container(fields)?;
        let mode = matches!(new.network.as_str(), "" | "default" | "bridge" | "host" | "none");
        let unknown = !mode && !new.network.starts_with("container:") && self.inventory().networks.is_some();
        if unknown && !self.networks().contains(&new.network) {
            fields.set_error("network", format!("no network named {}", new.network));
            return None;
        }
        let shown = if new.name.is_empty() { format!("a container of {}", new.image) } else { new.name.clone() };
        Some(planned(OperationKind::Create, self.unset_id()?, &shown, OperationArgs::Container(Box::new(new))))
    }

    fn volume_creation(&self, fields: &mut Fields) -> Option<Action> {
        let new = NewVolume {
            name: fields.field("name").text(),
            driver: fields.field("driver").text(),
            options: pairs(&fields.field("options")),
            labels: pairs(&fields.field("labels")),
        };
        let shown = if new.name.is_empty() { "a volume".into() } else { new.name.clone() };
        Some(planned(OperationKind::CreateVolume, self.unset_id()?, &shown, OperationArgs::Volume(new)))
    }

    fn network_creation(&self, fields: &mut Fields) -> Option<Action> {
        let text = |label: &str| fields.field(label).text();
        let new = NewNetwork {
            name: text("name"),
            driver: text("driver"),
            subnet: text("subnet"),
            gateway: text("gateway"),
            internal: fields.field("internal").is_on(),
            isolated: fields.field("isolated").is_on(),
            labels: pairs(&fields.field("labels")),
        };
        if !new.gateway.is_empty() && new.subnet.is_empty() {
            fields.set_error("subnet", "a gateway needs a subnet");
            return None;
        }
        let shown = new.name.clone();
        Some(planned(OperationKind::CreateNetwork, self.unset_id()?, &shown, OperationArgs::Network(new)))
    }

    /// The name that an image is to be given, and which image has it now; none while that is not known, which the field says.
    fn image_name(&self, fields: &mut Fields, label: &str) -> Option<OperationArgs> {
        if self.inventory().images.is_none() {
            fields.set_error(label, "the list of images is not loaded yet: try again in a moment");
            return None;
        }
        let name = fields.field(label).text();
        let holder = self.image_named(&name);
        Some(OperationArgs::ImageName(ImageName { name, holder }))
    }

    /// The one network of a name; none if there is not exactly one, which the field says.
    fn network_named(&self, fields: &mut Fields, engine: EngineId, wanted: &str) -> Option<Id> {
        let Some(networks) = &self.snapshot.inventory(engine).networks else {
            fields.set_error("network", "the list of networks is not loaded yet: try again in a moment");
            return None;
        };
        let named: Vec<&Id> = networks.iter().filter(|one| *one.name == *wanted).map(|one| &one.id).collect();
        match named.as_slice() {
            [one] => Some((*one).clone()),
            [] => {
                fields.set_error("network", format!("no network named {wanted}"));
                None
            }
            many => {
                fields.set_error(
                    "network",
                    format!("{} networks are named {wanted}: use docker with the id", many.len()),
                );
                None
            }
        }
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
        auto_remove: fields.field("auto-remove").is_on(),
        start: fields.field("start").is_on(),
    };
    if new.auto_remove && new.limits.restart.is_some_and(|restart| restart != Restart::No) {
        fields.set_error("restart", "auto-remove cannot be combined with a restart policy");
        return None;
    }
    Some(new)
}
