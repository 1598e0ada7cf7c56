//! Labels of what bowline makes from a blueprint: from them alone it is found again (row B4).

/// The blueprint's name.
pub const BLUEPRINT_LABEL: &str = "bowline.blueprint";
/// The hash of the blueprint.
pub const VERSION_LABEL: &str = "bowline.blueprint.version";
/// The values of its variables, as a JSON object, without those that are secret.
pub const VARIABLES_LABEL: &str = "bowline.blueprint.variables";
/// The project.
pub const PROJECT_LABEL: &str = "bowline.project";
/// The kind of work.
pub const KIND_LABEL: &str = "bowline.kind";
/// The time of creation, RFC 3339.
pub const CREATED_LABEL: &str = "bowline.created";
/// Who made it: `user@host`.
pub const OWNER_LABEL: &str = "bowline.owner";
/// The working session that owns it.
pub const SESSION_LABEL: &str = "bowline.session";
/// The run that made it: all things of one run have the same.
pub const RUN_LABEL: &str = "bowline.run";
/// On a volume that is there as long as a run is under way: a run that was killed leaves it.
pub const UNFINISHED_LABEL: &str = "bowline.unfinished";
