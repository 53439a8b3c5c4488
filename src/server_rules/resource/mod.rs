//! Rules of the group `resource.k8s.io`: devices, who offers them, and who asks for them (dynamic resource allocation).
//!
//! Apart because the group has its own grammars and limits. Source: `pkg/apis/resource/validation/validation.go`,
//! `types.go`, `v1/defaults.go` and `pkg/registry/resource/*/strategy.go` (1.36). The declarative validation of the
//! group is alpha throughout: the server runs it beside these rules and does not answer with it.

pub mod device;
pub mod device_attribute;
pub mod device_capacity;
pub mod device_class;
pub mod device_configuration;
pub mod device_names;
pub mod device_request;
pub mod device_selector;
pub mod device_taint;
pub mod device_taint_rule;
pub mod gates;
pub mod resource_claim;
pub mod resource_slice;

use crate::finding::{FieldErrors, Rule};
use crate::object::Path;
use crate::yaml::NodeRef;

/// Every rule of the group.
pub static RULES: &[&Rule] = &[
    &device::RULE,
    &device_attribute::RULE,
    &device_capacity::RULE,
    &device_class::RULE,
    &device_configuration::RULE,
    &device_request::RULE,
    &device_selector::RULE,
    &device_taint::RULE,
    &device_taint_rule::RULE,
    &resource_claim::ADMIN_ACCESS,
    &resource_claim::TEMPLATE,
    &resource_slice::RULE,
];

/// Judges each element of a list, unless there are more than the limit: then only that is said (`validateSlice`).
fn each<'t>(
    list: &[NodeRef<'t>],
    limit: usize,
    path: &Path<'_>,
    errors: &mut FieldErrors,
    mut judge: impl FnMut(NodeRef<'t>, &Path<'_>, &mut FieldErrors),
) -> bool {
    if list.len() > limit {
        errors.too_many(path, list.len(), limit);
        return false;
    }
    for (index, element) in list.iter().enumerate() {
        judge(*element, &path.index(index), errors);
    }
    true
}

/// As [`each`], and no two elements have the same key (`validateSet`).
fn each_unique<'t>(
    list: &[NodeRef<'t>],
    limit: usize,
    key: impl Fn(NodeRef<'t>) -> &'t str,
    path: &Path<'_>,
    errors: &mut FieldErrors,
    judge: impl FnMut(NodeRef<'t>, &Path<'_>, &mut FieldErrors),
) {
    if each(list, limit, path, errors, judge) {
        for (index, element) in list.iter().enumerate() {
            let key_here = key(*element);
            if list[..index].iter().any(|earlier| key(*earlier) == key_here) {
                errors.duplicate(&path.index(index), key_here);
            }
        }
    }
}

/// The text of an element of a list of strings: empty for `null`.
fn text_of(node: NodeRef<'_>) -> &str {
    node.as_str().unwrap_or_default()
}
