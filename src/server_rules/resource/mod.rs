//! `resource.k8s.io`: devices on offer, and claims to them.
//!
//! Apart because devices have names, selectors and quantities of their own, which these kinds share. Only `v1` and
//! `v1beta2` are judged: `v1beta1` writes the same things in other fields, and few wrote it.

mod capacity;
mod configuration;
mod device;
pub mod device_class;
mod device_names;
pub mod resource_claim;
pub mod resource_slice;

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::yaml::NodeRef;

/// Devices: what is offered, what is claimed.
pub static RULE: Rule = Rule {
    id: "api/device-resource",
    level: Level::Error,
    summary: "devices, or claims to them, are not well formed",
    why: "the scheduler matches claims with devices by their names, attributes and capacities, which must be readable",
};

/// Taints, partitions, binding conditions and shared capacity are on by default from this minor on; before, the server
/// drops their fields.
const ADVANCED: Minor = Minor(36);

/// Whether the version of the object is one whose fields are known here.
fn is_known_version(judge: &Judge<'_>) -> bool {
    matches!(judge.gvk.version.as_str(), "v1" | "v1beta2")
}

/// Judges each item, unless there are too many (`validateSlice`).
fn validate_list<'t>(
    owner: NodeRef<'t>,
    field: &str,
    most: usize,
    path: &Path<'_>,
    errors: &mut FieldErrors,
    mut validate: impl FnMut(NodeRef<'t>, &Path<'_>, &mut FieldErrors),
) -> bool {
    let items = owner.list(field);
    let path = path.field(field);
    if items.len() > most {
        errors.too_many(&path, items.len(), most);
        return false;
    }
    for (index, item) in items.into_iter().enumerate() {
        validate(item, &path.index(index), errors);
    }
    true
}

/// As [`validate_list`], of items that differ in a key (`validateSet`).
fn validate_set<'t>(
    owner: NodeRef<'t>,
    field: &str,
    most: usize,
    key: impl Fn(NodeRef<'t>) -> &'t str,
    path: &Path<'_>,
    errors: &mut FieldErrors,
    validate: impl FnMut(NodeRef<'t>, &Path<'_>, &mut FieldErrors),
) {
    if !validate_list(owner, field, most, path, errors, validate) {
        return;
    }
    let path = path.field(field);
    let mut seen = std::collections::HashSet::new();
    for (index, item) in owner.list(field).into_iter().enumerate() {
        let key = key(item);
        if !seen.insert(key) {
            errors.duplicate(&path.index(index), key);
        }
    }
}

/// The name of an item, as a key.
fn name_of(item: NodeRef<'_>) -> &str {
    item.text("name")
}

/// The item itself, as a key.
fn itself(item: NodeRef<'_>) -> &str {
    item.as_str().unwrap_or_default()
}
