//! Admission that manifests decide: what must be live before an object is accepted.
//!
//! Apart from the rules about one object because the answer depends on what went live before it.
//! Source: `plugin/pkg/admission` and `apiserver/pkg/admission/plugin` (1.36).

mod claim_resize;
mod limit_ranger;
pub mod priority_class;
mod resource_quota;

use super::Together;
use super::kinds::Mapping;
use super::world::{Identity, SYSTEM_NAMESPACES, SYSTEM_PRIORITY_CLASSES, World};
use crate::decode::quantity::Quantity;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object};
use crate::yaml::NodeRef;
use std::collections::HashMap;
use std::sync::Arc;

/// An object's namespace does not exist when it is sent.
pub static NAMESPACE: Rule = Rule {
    id: "apply/namespace-missing",
    level: Level::Error,
    summary: "the namespace does not exist when the object is sent",
    why: "the NamespaceLifecycle admission plugin refuses an object whose namespace does not exist yet; kubectl applies files in order and does not sort by kind",
};

/// A Pod's ServiceAccount does not exist when it is sent.
pub static SERVICE_ACCOUNT: Rule = Rule {
    id: "apply/service-account-missing",
    level: Level::Error,
    summary: "the Pod's ServiceAccount does not exist when the Pod is sent",
    why: "the ServiceAccount admission plugin looks the account up when a Pod is created (for a Deployment nobody does before its Pods are made)",
};

/// A Pod's PriorityClass does not exist when it is sent, or contradicts its priority.
pub static PRIORITY_CLASS: Rule = Rule {
    id: "apply/priority-class",
    level: Level::Error,
    summary: "the Pod's priority cannot be resolved",
    why: "the Priority admission plugin computes a Pod's priority from its PriorityClass when the Pod is created",
};

/// A Pod's RuntimeClass does not exist when it is sent, or contradicts its overhead.
pub static RUNTIME_CLASS: Rule = Rule {
    id: "apply/runtime-class",
    level: Level::Error,
    summary: "the Pod's RuntimeClass cannot be resolved",
    why: "the RuntimeClass admission plugin looks the class up when a Pod is created",
};

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

/// NamespaceLifecycle: refuses an object whose namespace does not exist.
pub fn namespace(object: &Object, mapping: &Mapping, namespace: &str, around: Surroundings<'_>) -> Option<Refusal> {
    if let Some(live) = around.world.namespace(namespace)
        && live.root().at(&["status", "phase"]).and_then(NodeRef::as_str) == Some("Terminating")
    {
        let plural = match mapping {
            Mapping::BuiltIn(kind) => kind.plural,
            Mapping::Custom(kind) => kind.plural.as_str(),
            _ => return None,
        };
        let dot = if object.gvk.group.is_empty() { "" } else { "." };
        let message = format!(
            "{plural}{dot}{} \"{}\" is forbidden: unable to create new content in namespace {namespace} because it is being \
             terminated",
            object.gvk.group, object.name
        );
        let finding = Finding::in_object(&NAMESPACE, &message, object, FieldPath::of(&["metadata", "namespace"]));
        return Some((message, finding.with_help("wait until the namespace is gone, then apply again")));
    }
    if around.world.has_namespace(namespace) || SYSTEM_NAMESPACES.contains(&namespace) {
        return None;
    }
    let Presence::Missing(later) = around.presence(object, "", "Namespace", "", namespace) else { return None };
    let field = FieldPath::of(&["metadata", "namespace"]);
    Some(refuse(&NAMESPACE, format!("namespaces \"{namespace}\" not found"), object, field, later, "Namespace"))
}

/// The plugins that judge claims. `namespace` is the effective one, `live` the claim that is changed.
pub fn claim(
    object: &Object,
    live: Option<&Object>,
    mapping: &Mapping,
    namespace: &str,
    around: Surroundings<'_>,
) -> Vec<Refusal> {
    if !matches!(mapping, Mapping::BuiltIn(kind) if kind.group.is_empty() && kind.kind == "PersistentVolumeClaim") {
        return Vec::new();
    }
    let resized = live.and_then(|live| claim_resize::judge(object, live, around));
    limit_ranger::claim(object, namespace, around).into_iter().chain(resized).collect()
}

/// The plugins that judge Pods alone. `namespace` is the effective one.
pub fn pod(object: &Object, mapping: &Mapping, namespace: &str, around: Surroundings<'_>) -> Vec<Refusal> {
    if !matches!(mapping, Mapping::BuiltIn(kind) if kind.group.is_empty() && kind.kind == "Pod") {
        return Vec::new();
    }
    let Some(spec) = object.root().get("spec") else { return Vec::new() };
    [
        limit_ranger::pod(object, namespace, around),
        service_account(object, spec, namespace, around),
        priority(object, spec, around),
        runtime_class(object, spec, around),
        resource_quota::pod(object, namespace, around),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn service_account(object: &Object, spec: NodeRef<'_>, namespace: &str, around: Surroundings<'_>) -> Option<Refusal> {
    let field = if spec.text("serviceAccountName").is_empty() { "serviceAccount" } else { "serviceAccountName" };
    let name = spec.text_or(field, "default");
    // A controller makes the default account of every namespace, and the plugin waits for it.
    if name == "default" {
        return None;
    }
    let Presence::Missing(later) = around.presence(object, "", "ServiceAccount", namespace, name) else { return None };
    let message = forbidden(
        object,
        &format!("error looking up service account {namespace}/{name}: serviceaccount \"{name}\" not found"),
    );
    Some(refuse(&SERVICE_ACCOUNT, message, object, FieldPath::of(&["spec", field]), later, "ServiceAccount"))
}

fn priority(object: &Object, spec: NodeRef<'_>, around: Surroundings<'_>) -> Option<Refusal> {
    let name = spec.text("priorityClassName");
    let (computed, preemption) = if name.is_empty() {
        if !around.world.closed {
            return None;
        }
        let default = around
            .world
            .objects()
            .find(|(identity, class)| identity.kind == "PriorityClass" && class.root().flag("globalDefault"));
        default.map_or((0, PREEMPT), |(_, class)| value_and_preemption(class))
    } else if SYSTEM_PRIORITY_CLASSES.contains(&name) {
        (if name == SYSTEM_PRIORITY_CLASSES[0] { 2_000_000_000 } else { 2_000_001_000 }, PREEMPT)
    } else {
        match around.presence(object, "scheduling.k8s.io", "PriorityClass", "", name) {
            Presence::Live(class) => value_and_preemption(class),
            Presence::Unknown => return None,
            Presence::Missing(later) => {
                let message = forbidden(object, &format!("no PriorityClass with name {name} was found"));
                let field = FieldPath::of(&["spec", "priorityClassName"]);
                return Some(refuse(&PRIORITY_CLASS, message, object, field, later, "PriorityClass"));
            }
        }
    };
    let contradicts = |what: &str, given: &str, computed: &str, field: &str| {
        let message = forbidden(
            object,
            &format!(
                "the {what} ({given}) must not be provided in pod spec; priority admission controller computed \
                 {computed} from the given PriorityClass name"
            ),
        );
        let finding = Finding::in_object(&PRIORITY_CLASS, &message, object, FieldPath::of(&["spec", field]));
        Some((message, finding.with_help(format!("leave spec.{field} out: the PriorityClass sets it"))))
    };
    if let Some(given) = spec.int("priority").filter(|given| *given != computed) {
        return contradicts("integer value of priority", &given.to_string(), &computed.to_string(), "priority");
    }
    let given = spec.text_pointer("preemptionPolicy").filter(|given| *given != preemption)?;
    contradicts("string value of PreemptionPolicy", given, preemption, "preemptionPolicy")
}

/// What a PriorityClass without a preemption policy means.
const PREEMPT: &str = "PreemptLowerPriority";

fn value_and_preemption(class: &Object) -> (i64, &str) {
    (class.root().int("value").unwrap_or(0), class.root().text_or("preemptionPolicy", PREEMPT))
}

fn runtime_class(object: &Object, spec: NodeRef<'_>, around: Surroundings<'_>) -> Option<Refusal> {
    let name = spec.text("runtimeClassName");
    let overhead_path = || FieldPath::of(&["spec", "overhead"]);
    if name.is_empty() {
        if spec.get("overhead").is_some_and(|overhead| !overhead.is_empty()) {
            let message =
                forbidden(object, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
            return Some(refuse(&RUNTIME_CLASS, message, object, overhead_path(), None, "RuntimeClass"));
        }
        return None;
    }
    match around.presence(object, "node.k8s.io", "RuntimeClass", "", name) {
        Presence::Unknown => None,
        Presence::Missing(later) => {
            let message = forbidden(object, &format!("pod rejected: RuntimeClass \"{name}\" not found"));
            let field = FieldPath::of(&["spec", "runtimeClassName"]);
            Some(refuse(&RUNTIME_CLASS, message, object, field, later, "RuntimeClass"))
        }
        Presence::Live(class) => {
            let fixed = class.root().at(&["overhead", "podFixed"]);
            let given = spec.get("overhead").filter(|overhead| !overhead.is_empty())?;
            match fixed {
                None => {
                    let message = forbidden(
                        object,
                        "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
                    );
                    Some(refuse(&RUNTIME_CLASS, message, object, overhead_path(), None, "RuntimeClass"))
                }
                Some(fixed) if !same_quantities(given, fixed) => {
                    let message =
                        forbidden(object, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
                    Some(refuse(&RUNTIME_CLASS, message, object, overhead_path(), None, "RuntimeClass"))
                }
                Some(_) => None,
            }
        }
    }
}

/// Whether two resource lists hold the same amounts, however they are written.
fn same_quantities(x: NodeRef<'_>, y: NodeRef<'_>) -> bool {
    let amount = |node| Quantity::of(node).and_then(Result::ok).map(|quantity| quantity.canonical());
    x.len() == y.len()
        && x.entries().all(|entry| y.get(entry.name()).is_some_and(|other| amount(entry.value) == amount(other)))
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
