//! Admission that manifests decide: what must be live before an object is accepted. One plugin is one file; `judge` has
//! their order.
//!
//! Apart from the rules about one object because the answer depends on what went live before it.
//! Source: `plugin/pkg/admission` and `apiserver/pkg/admission/plugin` (1.36); the order is that of
//! `pkg/kubeapiserver/options/plugins.go`.

mod claim_resize;
pub mod limit_ranger;
mod namespace_lifecycle;
mod priority;
mod priority_class;
pub mod resource_quota;
mod runtime_class;
mod service_account;
#[cfg(test)]
mod testing;

use super::Together;
use super::kinds::Mapping;
use super::world::{Identity, World};
use crate::finding::{Finding, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object};
use std::collections::HashMap;
use std::sync::Arc;

/// Every rule of the plugins.
pub static RULES: &[&Rule] = &[
    &claim_resize::CLAIM_RESIZE,
    &limit_ranger::LIMIT_RANGE,
    &namespace_lifecycle::NAMESPACE,
    &priority::PRIORITY_CLASS,
    &priority_class::SECOND_DEFAULT,
    &resource_quota::RESOURCE_QUOTA,
    &runtime_class::RUNTIME_CLASS,
    &service_account::SERVICE_ACCOUNT,
];

/// What one object meets: the cluster so far, and all that the set will bring.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'s> {
    /// The cluster so far.
    pub world: &'s World,
    /// The objects of the set that others need first, live or not.
    pub set: &'s HashMap<Identity, Arc<Object>>,
    /// Which of the set's files are known to be applied in one run.
    pub together: &'s Together,
}

/// Whether another object is there for the one that needs it.
enum Presence<'s> {
    Live(&'s Object),
    /// Proven to be missing; the set brings it too late, or not at all.
    Missing(Option<&'s Object>),
    Unknown,
}

impl<'s> Surroundings<'s> {
    fn presence(self, of: &Object, group: &str, kind: &str, namespace: &str, name: &str) -> Presence<'s> {
        let identity = Identity {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        match (self.world.get(&identity), self.set.get(&identity)) {
            (Some(live), _) => Presence::Live(live),
            _ if self.world.is_external(&identity) => Presence::Unknown,
            (None, Some(later)) if self.together.knows(of.origin.file, later.origin.file) => {
                Presence::Missing(Some(later))
            }
            (None, None) if self.world.closed => Presence::Missing(None),
            (None, _) => Presence::Unknown,
        }
    }
}

impl<'s> Surroundings<'s> {
    /// The live objects of a kind in a namespace, by name, as far as they are surely there for the object.
    pub(super) fn certain(self, of: &Object, kind: &'static str, namespace: &str) -> Vec<&'s Object> {
        let live = self.world.indexed(kind, namespace);
        live.filter(|live| self.together.knows(of.origin.file, live.origin.file)).collect()
    }
}

/// Whether the plugins here look objects of this kind up.
pub fn is_looked_for(kind: &str) -> bool {
    matches!(kind, "Namespace" | "ServiceAccount" | "PriorityClass" | "RuntimeClass")
}

/// A refusal: the server's words, and the finding.
pub type Refusal = (String, Finding);

/// What is sent: the object as it would be stored, and how the API server calls its kind.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The object.
    pub object: &'r Object,
    /// The object of its identity that is live; none if it is created.
    pub live: Option<&'r Object>,
    /// Its kind.
    pub mapping: &'r Mapping,
    /// The effective namespace; none for cluster-scoped kinds.
    pub namespace: Option<&'r str>,
}

impl Request<'_> {
    fn is(self, group: &str, kind: &str) -> bool {
        matches!(self.mapping, Mapping::BuiltIn(info) if info.group == group && info.kind == kind)
    }

    /// `plural.group`, or the plural alone in the core group; none for kinds that nobody declares.
    fn resource(self) -> Option<String> {
        let plural = match self.mapping {
            Mapping::BuiltIn(kind) => kind.plural,
            Mapping::Custom(kind) => kind.plural.as_str(),
            _ => return None,
        };
        let group = &self.object.gvk.group;
        Some(if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") })
    }
}

/// Asks the plugins one after the other, in the order in which the API server asks them; what each has to say.
/// ResourceQuota is asked by itself: it comes last, after validation too, and counts what it lets in.
pub fn judge(request: Request<'_>, around: Surroundings<'_>) -> Vec<Refusal> {
    let Request { object, live, namespace, .. } = request;
    let namespace = namespace.unwrap_or_default();
    let mut refusals = Vec::new();
    if live.is_none() && !namespace.is_empty() {
        refusals.extend(namespace_lifecycle::judge(request, namespace, around));
    }
    if request.is("", "Pod") && live.is_none() && object.root().has("spec") {
        refusals.extend(limit_ranger::pod(object, namespace, around));
        refusals.extend(service_account::pod(object, namespace, around));
        refusals.extend(priority::pod(object, around));
        refusals.extend(runtime_class::pod(object, around));
    }
    if request.is("", "PersistentVolumeClaim") {
        refusals.extend(limit_ranger::claim(object, namespace, around));
        refusals.extend(live.and_then(|live| claim_resize::judge(object, live, around)));
    }
    if request.is("scheduling.k8s.io", "PriorityClass") {
        refusals.extend(priority_class::judge(object, around));
    }
    refusals
}

/// `pods "x" is forbidden: …`
fn forbidden(object: &Object, why: &str) -> String {
    format!("pods \"{}\" is forbidden: {why}", object.name)
}

fn refuse(
    rule: &'static Rule,
    message: String,
    object: &Object,
    field: FieldPath,
    later: Option<&Object>,
    what: &str,
) -> Refusal {
    let mut finding = Finding::in_object(rule, &message, object, field);
    if let Some(later) = later {
        let place = later.locate(&FieldPath::of(&["metadata", "name"])).range();
        finding =
            finding.with_label(later.span(place), format!("this {what} is not live yet when it is needed")).with_help(
                format!("apply the {what} first: in a document or file that is read earlier, or in a run of its own"),
            );
    } else {
        finding = finding.with_help(format!("add the {what} to the set, or name one that exists"));
    }
    (message, finding)
}
