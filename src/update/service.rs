//! Service: addresses and what was allocated for it.
//!
//! Apart because what may change depends on the type before and after. What is left out of an update keeps its value.
//! Source: `ValidateServiceUpdate` of `pkg/apis/core/validation/validation.go`, `patchAllocatedValues` of
//! `pkg/registry/core/service/storage/storage.go` (1.36).

use super::Transition;
use crate::finding::{FieldErrors, Verbatim};
use crate::object::Path;
use crate::object::view::View;
use crate::yaml::NodeRef;

const ONCE_SET: &str = "may not change once set";

pub(super) fn validate(transition: &mut Transition<'_>) {
    let (old, new) = transition.both(&["spec"]);
    let path = Path::ROOT.field("spec");
    let errors = &mut transition.errors;
    let has_address = |spec: Option<NodeRef<'_>>| spec.text("type") != "ExternalName";
    if has_address(old) && has_address(new) {
        validate_addresses(old, new, &path, errors);
        validate_families(old, new, &path, errors);
    }
    let is_balanced = |spec: Option<NodeRef<'_>>| spec.text("type") == "LoadBalancer";
    if !is_balanced(old) || !is_balanced(new) {
        return;
    }
    let class = new.text_pointer("loadBalancerClass");
    if old.text_pointer("loadBalancerClass") != class {
        let shown = class.map_or_else(|| "null".to_owned(), |class| serde_json::Value::from(class).to_string());
        errors.invalid(&path.field("loadBalancerClass"), &Verbatim(&shown), ONCE_SET);
    }
    let is_local = |spec: Option<NodeRef<'_>>| spec.text("externalTrafficPolicy") == "Local";
    let port = new.int("healthCheckNodePort").unwrap_or(0);
    if is_local(old) && is_local(new) && port != 0 && old.int("healthCheckNodePort") != Some(port) {
        errors.forbidden(&path.field("healthCheckNodePort"), "field is immutable");
    }
}

/// The addresses a spec tells; none if it leaves them to the server.
fn addresses(spec: Option<NodeRef<'_>>) -> Vec<&str> {
    let list: Vec<&str> = spec.list("clusterIPs").into_iter().filter_map(NodeRef::as_str).collect();
    match spec.text("clusterIP") {
        first if list.is_empty() && !first.is_empty() => vec![first],
        _ => list,
    }
}

fn families(spec: Option<NodeRef<'_>>) -> Vec<&str> {
    spec.list("ipFamilies").into_iter().filter_map(NodeRef::as_str).collect()
}

fn shown(list: &[&str]) -> String {
    serde_json::Value::from(list.to_vec()).to_string()
}

/// One of two fields may have changed alone; then it tells for both (`NormalizeClusterIPs`).
fn changed_addresses<'t>(old: Option<NodeRef<'t>>, new: Option<NodeRef<'t>>) -> Vec<&'t str> {
    let (single, list) = (new.text("clusterIP"), addresses(new));
    let list_is_kept =
        old.list("clusterIPs").iter().map(|ip| ip.to_json()).eq(new.list("clusterIPs").iter().map(|ip| ip.to_json()));
    if list_is_kept && !single.is_empty() && single != old.text("clusterIP") {
        return std::iter::once(single).chain(list.into_iter().skip(1)).collect();
    }
    list
}

fn validate_addresses(old: Option<NodeRef<'_>>, new: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let (before, after) = (addresses(old), changed_addresses(old, new));
    let is_headless = |list: &[&str]| list.first() == Some(&"None");
    if after.is_empty() || (is_headless(&before) && is_headless(&after)) {
        return;
    }
    let path_of_list = path.field("clusterIPs");
    let shown = shown(&after);
    // An address that was left to the server is none that could be known beforehand.
    let first_changes = before.first() != after.first();
    if first_changes {
        errors.invalid(&path_of_list.index(0), &Verbatim(&shown), ONCE_SET);
    }
    if before.len() == after.len() {
        for (index, _) in before.iter().zip(&after).enumerate().skip(1).filter(|(_, (old, new))| old != new) {
            errors.invalid(&path_of_list.index(index), &Verbatim(&shown), ONCE_SET);
        }
    } else if after.len() == 1 && before.len() > 1 {
        validate_single_stack(new, "clusterIP", path, errors);
    }
}

fn validate_families(old: Option<NodeRef<'_>>, new: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let (before, after) = (families(old), families(new));
    let headless = (old.text("clusterIP") == "None", new.text("clusterIP") == "None");
    if before.is_empty() || after.is_empty() || headless != (false, false) {
        return;
    }
    let path_of_list = path.field("ipFamilies");
    let shown = shown(&after);
    let changes = |count: usize| before.iter().zip(&after).take(count).any(|(old, new)| old != new);
    if changes(if before.len() == after.len() { before.len() } else { 1 }) {
        errors.invalid(&path_of_list.index(0), &Verbatim(&shown), ONCE_SET);
    }
    if after.len() == 1 && before.len() > 1 {
        validate_single_stack(new, "ipFamily", path, errors);
    }
}

/// What is second can only be given up together with the policy that asked for it.
fn validate_single_stack(new: Option<NodeRef<'_>>, what: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let policy = new.text("ipFamilyPolicy");
    if policy != "SingleStack" {
        let words = format!("must be set to 'SingleStack' when releasing the secondary {what}");
        errors.invalid(&path.field("ipFamilyPolicy"), policy, &words);
    }
}
