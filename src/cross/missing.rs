//! Names that lead nowhere: how sure it is that what a field names is not there, and how that is told.
//!
//! Apart because every rule about something missing asks the same questions of the same table of references; each of them
//! only says which names it speaks of and what becomes of them.
//!
//! What an open world holds nobody knows. There a name is warned of where the set itself makes it all but certain: it
//! brings something nearly of that name, or it makes the namespace and nothing makes further objects in it. Everything
//! else that is found nowhere is advice.

use super::alike::is_slip;
use super::index::Member;
use super::named::Named;
use super::scene::{Presence, Scene};
use super::{
    missing_backend, missing_claim, missing_class, missing_config_map, missing_gateway, missing_pull_secret,
    missing_reference, missing_resource_claim, missing_role, missing_scale_target, missing_secret,
    missing_service_account, missing_stateful_set_service, missing_subject, missing_webhook_service,
};
use crate::finding::{Finding, Level, Rule};
use crate::object::{FieldPath, Segment};
use crate::schema::Schema;
use std::collections::HashSet;

/// Kinds that may be meant by one another: group and kind.
const MISTAKEN: &[&[(&str, &str)]] = &[
    &[("", "ConfigMap"), ("", "Secret")],
    &[("rbac.authorization.k8s.io", "Role"), ("rbac.authorization.k8s.io", "ClusterRole")],
    &[
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("apps", "DaemonSet"),
        ("apps", "ReplicaSet"),
        ("argoproj.io", "Rollout"),
    ],
    &[("cert-manager.io", "Issuer"), ("cert-manager.io", "ClusterIssuer")],
    &[("external-secrets.io", "SecretStore"), ("external-secrets.io", "ClusterSecretStore")],
    &[("keda.sh", "TriggerAuthentication"), ("keda.sh", "ClusterTriggerAuthentication")],
];

/// A name that leads nowhere.
#[derive(Clone, Copy, Debug)]
pub struct Absent<'n, 's> {
    /// The field that names it.
    pub named: &'n Named<'s>,
    /// How sure that is.
    pub certainty: Certainty<'s>,
    /// What was likely meant.
    pub near: Option<Near<'s>>,
}

/// How sure it is that something is not there.
#[derive(Clone, Copy, Debug)]
pub enum Certainty<'s> {
    /// The apply of the set deletes it.
    Deleted,
    /// The cluster was shown.
    Closed,
    /// The set makes the namespace that it would be in.
    WholeNamespace(&'s Member<'s>),
    /// It is nowhere in what was read.
    Open,
}

/// What was likely meant.
#[derive(Clone, Copy, Debug)]
pub enum Near<'s> {
    /// One whose name differs as a slip of the hand would.
    Slip(&'s Member<'s>),
    /// One of the same name in another namespace.
    OtherNamespace(&'s Member<'s>),
    /// One of the same name and another kind.
    OtherKind(&'s Member<'s>),
}

impl<'s> Near<'s> {
    fn member(self) -> &'s Member<'s> {
        match self {
            Near::Slip(member) | Near::OtherNamespace(member) | Near::OtherKind(member) => member,
        }
    }
}

impl<'n, 's> Absent<'n, 's> {
    /// What a field names, if it is known not to be there or known nowhere.
    pub fn of(named: &'n Named<'s>, scene: &'s Scene<'s>) -> Option<Self> {
        if named.is_optional || !is_a_name(named.group, named.name) {
            return None;
        }
        let presence = scene.presence_of(named);
        if !presence.is_absent() {
            return None;
        }
        let (is_deleted, is_missing) = (matches!(presence, Presence::Deleted), matches!(presence, Presence::Missing));
        if !scene.closed && !is_deleted && may_be_elsewhere(named, scene) {
            return None;
        }
        let may_be_made = [&scene.set, scene.repository()];
        if may_be_made.iter().any(|known| known.namesake(named.namespace, named.name).is_some()) {
            return None;
        }
        let namespace = named.namespace.unwrap_or_default();
        let certainty = if is_deleted {
            Certainty::Deleted
        } else if is_missing && !scene.set.makes_anything() {
            Certainty::Closed
        } else if Schema::of(scene.minor).group_exists(named.group)
            && scene.shows_whole_namespace(namespace)
            && let Some(maker) = scene.set.find("", "Namespace", None, namespace)
        {
            Certainty::WholeNamespace(maker)
        } else {
            Certainty::Open
        };
        let near = nearest(named, scene)
            .filter(|near| scene.level_between(named.from.object, near.member().object) == Level::Warning);
        Some(Self { named, certainty, near })
    }

    /// `warning` where it is certain enough. That a Secret is in no file says little: most are made by hand.
    pub fn level(&self) -> Level {
        match self.certainty {
            _ if self.near.is_some() => Level::Warning,
            Certainty::Deleted | Certainty::Closed => Level::Warning,
            Certainty::WholeNamespace(_) if self.named.kind != "Secret" => Level::Warning,
            _ => Level::Advice,
        }
    }

    /// The finding. `consequence` says what becomes of whoever names it.
    pub fn finding(&self, rule: &'static Rule, consequence: &str) -> Finding {
        let Named { from, path, kind, name, .. } = self.named;
        let title = self.named.title();
        let message = match self.certainty {
            Certainty::Deleted => format!("{title} is not in this set, and kubectl apply --prune deletes it"),
            Certainty::Closed => format!("{title} is neither in this set nor in the cluster"),
            Certainty::WholeNamespace(_) => {
                let namespace = self.named.namespace.unwrap_or_default();
                format!("{kind} \"{name}\" is not in namespace \"{namespace}\", which this set makes")
            }
            Certainty::Open => format!("{title} is not found in these manifests"),
        };
        let mut finding = Finding::in_object(rule, message, from.object, path.clone()).saying(consequence);
        finding.level = self.level();
        if let Some(near) = self.near {
            let member = near.member();
            let place = member.object.locate(&FieldPath::of(&["metadata", "name"]));
            let (text, help) = match near {
                Near::Slip(other) => {
                    let other = other.object.name.as_str();
                    ("this comes nearest".to_owned(), format!("Write \"{other}\", or give both the same name."))
                }
                Near::OtherNamespace(other) => {
                    let there = other.namespace.unwrap_or_default();
                    (
                        format!("one of this name is here, in namespace \"{there}\""),
                        format!("Put the {kind} and what names it into the same namespace."),
                    )
                }
                Near::OtherKind(other) => (
                    format!("a {} has this name", other.kind),
                    format!("Name it as a {}, or bring a {kind} of this name.", other.kind),
                ),
            };
            return finding.with_label(member.object.span(place.range()), text).with_help(help);
        }
        if let Certainty::WholeNamespace(namespace) = self.certainty {
            let place = namespace.object.locate(&FieldPath::of(&["metadata", "name"]));
            finding = finding.with_label(namespace.object.span(place.range()), "the namespace is made here");
        }
        let optional = match self.named.reference.beside.optional {
            Some(field) => format!(", or write `{field}: true` where it is not needed"),
            None => String::new(),
        };
        finding.with_help(match self.certainty {
            Certainty::Open => {
                format!("Make sure that the cluster has it before, bring it with these manifests, or mend the name{optional}.")
            }
            _ => format!("Bring the {kind} with this set, or mend the name{optional}."),
        })
    }
}

/// What a rule says of every name that is its own and leads nowhere, once for each object and name. `consequence` says
/// what becomes of whoever names it; what `is_excused` need not be there.
pub fn findings(
    scene: &Scene<'_>,
    rule: &'static Rule,
    consequence: fn(&Named<'_>) -> &'static str,
    is_excused: fn(&Named<'_>, &Scene<'_>) -> bool,
) -> Vec<Finding> {
    let mut told = HashSet::new();
    let own = scene.names.iter().filter(|named| rule_of(named).is_some_and(|of| std::ptr::eq(of, rule)));
    let absent = own.filter_map(|named| Absent::of(named, scene)).filter(|absent| !is_excused(absent.named, scene));
    let once = absent.filter(|absent| {
        let Named { from, kind, namespace, name, .. } = absent.named;
        told.insert((from.object.origin, *kind, *namespace, *name))
    });
    once.map(|absent| absent.finding(rule, consequence(absent.named))).collect()
}

/// The rule that speaks of a name; none where what it names need not be there.
fn rule_of(named: &Named<'_>) -> Option<&'static Rule> {
    let from = named.from.kind;
    // The API server refuses the Pod itself, and other rules say so.
    let is_refused = from == "Pod" && named.from.group.is_empty();
    Some(match (named.group, named.kind) {
        ("", "ConfigMap") => &missing_config_map::RULE,
        // Only which Secrets a Pod may mount, where the namespace asks for it.
        ("", "Secret") if from == "ServiceAccount" && named.has_field("secrets") => return None,
        ("", "Secret") if named.has_field("imagePullSecrets") => &missing_pull_secret::RULE,
        ("", "Secret") => &missing_secret::RULE,
        // A volume may be made for a claim that comes later, and of a class that is but a word.
        _ if from == "PersistentVolume" && !named.group.is_empty() => return None,
        ("", "PersistentVolumeClaim") if from == "PersistentVolume" => return None,
        ("", "PersistentVolumeClaim") => &missing_claim::RULE,
        ("", "ServiceAccount") if named.has_field("subjects") => &missing_subject::RULE,
        ("", "ServiceAccount") | ("scheduling.k8s.io" | "node.k8s.io", _) if is_refused => return None,
        ("", "ServiceAccount") => &missing_service_account::RULE,
        (_, kind) if kind.ends_with("Class") || kind == "CSIDriver" => &missing_class::RULE,
        ("resource.k8s.io", _) => &missing_resource_claim::RULE,
        ("rbac.authorization.k8s.io", _) => &missing_role::RULE,
        ("", "Service") => match from {
            "StatefulSet" => &missing_stateful_set_service::RULE,
            "APIService" | "CustomResourceDefinition" => &missing_webhook_service::RULE,
            _ if from.ends_with("WebhookConfiguration") => &missing_webhook_service::RULE,
            _ => &missing_backend::RULE,
        },
        ("gateway.networking.k8s.io", "Gateway") => &missing_gateway::RULE,
        _ if matches!(from, "HorizontalPodAutoscaler" | "VerticalPodAutoscaler" | "ScaledObject")
            && (named.has_field("scaleTargetRef") || named.has_field("targetRef")) =>
        {
            &missing_scale_target::RULE
        }
        _ => &missing_reference::RULE,
    })
}

/// Whether it can be a name at all: placeholders are filled in by somebody else. Those of roles may have any letters.
pub fn is_a_name(group: &str, name: &str) -> bool {
    let is_of_a_role = group == "rbac.authorization.k8s.io";
    name.bytes().all(|byte| match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' => true,
        b'A'..=b'Z' | b':' | b'_' => is_of_a_role,
        _ => false,
    })
}

/// Whether one of this name may be where it is looked for, as nobody wrote a namespace on one of the two.
fn may_be_elsewhere(named: &Named<'_>, scene: &Scene<'_>) -> bool {
    let in_any = scene.set.find_all(named.group, named.kind, None, named.name);
    let is_assumed = named.from.object.namespace.is_empty() && named.namespace == named.from.namespace;
    in_any.iter().any(|member| is_assumed || member.object.namespace.is_empty())
}

fn nearest<'s>(named: &Named<'s>, scene: &'s Scene<'s>) -> Option<Near<'s>> {
    let Named { group, kind, namespace, name, .. } = *named;
    let set = &scene.set;
    if let Some(member) = set.alike(group, kind, namespace, name) {
        return Some(Near::Slip(member));
    }
    let other = set.find_all(group, kind, None, name).into_iter().find(|member| member.is_of_the_set);
    if let Some(member) = other {
        return Some(Near::OtherNamespace(member));
    }
    let kinds = MISTAKEN.iter().find(|kinds| kinds.iter().any(|(_, known)| *known == kind))?;
    let others = kinds.iter().filter(|other| **other != (group, kind));
    others
        .filter_map(|(group, kind)| set.find(group, kind, namespace, name))
        .filter(|member| member.is_of_the_set && member.kind != named.from.kind)
        .find(|member| may_be_meant(named, member))
        .map(Near::OtherKind)
}

/// A Secret beside a ConfigMap of the same name is usual: the keys must tell that the other is meant.
fn may_be_meant(named: &Named<'_>, other: &Member<'_>) -> bool {
    let root = other.object.root();
    let has = |key: &str| ["data", "stringData", "binaryData"].iter().any(|data| root.at(&[data, key]).is_some());
    match named.kind {
        "Secret" => named.keys().iter().any(|(key, _)| has(key)),
        _ => true,
    }
}

/// What a Pod shows that lacks something which this field names.
pub fn of_a_pod(named: &Named<'_>) -> &'static str {
    if named.has_field("env") || named.has_field("envFrom") {
        "the container stays in CreateContainerConfigError"
    } else if named.has_field("volumes") {
        "the Pod stays in ContainerCreating: FailedMount"
    } else {
        ""
    }
}

/// The nearest of some words, as a slip of the hand.
pub fn slip<'w>(word: &str, mut words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    words.find(|other| is_slip(word, other))
}

impl Named<'_> {
    /// Whether its path leads through a field.
    pub fn has_field(&self, field: &str) -> bool {
        self.path.0.iter().any(|segment| matches!(segment, Segment::Field(name) if name == field))
    }
}
