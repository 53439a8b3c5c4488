//! A request as policies are asked about it: what is sent, and the values that expressions name.
//!
//! Apart because the server makes these once for every request, whatever is asked. Sources: `CreateAdmissionRequest` and
//! `CreateNamespaceObject` of apiserver `pkg/admission/plugin/cel/condition.go`, `EquivalentResourceRegistry` of
//! apimachinery `pkg/runtime/mapper.go` (1.37).

use super::value::{self, Fields, Seen, map};
use crate::cel::map::Map;
use crate::cel::value::Value;
use crate::object::Object;
use crate::object::view::View;
use crate::schema::{KindInfo, Minor, Schema};
use crate::server_rules::custom::Definition;
use crate::yaml::NodeRef;
use std::sync::Arc;

/// What is known of the kind of an object.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'r> {
    /// A built-in kind.
    BuiltIn(&'r KindInfo),
    /// A kind of a CRD.
    Custom {
        /// The resource.
        plural: &'r str,
        /// Whether objects of it live in a namespace.
        namespaced: bool,
        /// Its definition, where it has a schema.
        definition: Option<&'r Definition>,
    },
    /// Nobody tells.
    Unknown,
}

/// What is known of the namespace of an object.
#[derive(Clone, Copy, Debug)]
pub enum Namespace<'r> {
    /// It is this.
    Known(&'r Object),
    /// Nothing but its name.
    Unknown,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The object as it would be stored.
    pub object: &'r Object,
    /// The live object that it changes; none where it is created.
    pub live: Option<&'r Object>,
    /// Its kind.
    pub kind: Kind<'r>,
    /// The effective namespace; none for a cluster-scoped kind.
    pub namespace: Option<&'r str>,
    /// What is known of that.
    pub of_namespace: Namespace<'r>,
    /// The server's minor.
    pub minor: Minor,
    /// Whether kubectl adds its last-applied annotation.
    pub last_applied: bool,
}

/// A kind in one version of its group, and its resource; none where that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub resource: Option<String>,
}

impl Request<'_> {
    /// `CREATE` or `UPDATE`
    pub(super) fn operation(&self) -> &'static str {
        if self.live.is_some() { "UPDATE" } else { "CREATE" }
    }

    /// The form in which the object is sent.
    pub(super) fn form(&self) -> Form {
        let gvk = &self.object.gvk;
        let (kind, resource) = match self.kind {
            Kind::BuiltIn(info) => (info.kind, Some(info.plural.to_owned())),
            Kind::Custom { plural, .. } => (gvk.kind.as_str(), Some(plural.to_owned())),
            Kind::Unknown => (gvk.kind.as_str(), None),
        };
        Form { group: gvk.group.clone(), version: gvk.version.clone(), kind: kind.to_owned(), resource }
    }

    /// Whether the kind is namespaced, where that is known.
    pub(super) fn is_namespaced(&self) -> Option<bool> {
        match self.kind {
            Kind::BuiltIn(info) => Some(info.namespaced),
            Kind::Custom { namespaced, .. } => Some(namespaced),
            Kind::Unknown => None,
        }
    }

    /// Whether the fields of the kind, and their defaults, are known.
    pub(super) fn knows_fields(&self) -> bool {
        match self.kind {
            Kind::BuiltIn(_) => true,
            Kind::Custom { definition, .. } => definition.is_some(),
            Kind::Unknown => false,
        }
    }

    /// The other forms of the same resource.
    pub(super) fn equivalents(&self) -> Vec<Form> {
        let own = self.form();
        match self.kind {
            Kind::BuiltIn(info) => {
                let is_event = |group: &str| matches!(group, "" | "events.k8s.io");
                Schema::of(self.minor)
                    .kinds()
                    .filter(|other| other.plural == info.plural && other.kind == info.kind)
                    .filter(|other| {
                        other.group == info.group
                            || (info.kind == "Event" && is_event(other.group) && is_event(info.group))
                    })
                    .filter(|other| other.version != info.version || other.group != info.group)
                    .map(|other| Form {
                        group: other.group.to_owned(),
                        version: other.version.to_owned(),
                        ..own.clone()
                    })
                    .collect()
            }
            Kind::Custom { definition: Some(definition), .. } => definition
                .served_versions()
                .filter(|version| *version != own.version)
                .map(|version| Form { version: version.to_owned(), ..own.clone() })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// `object`, or with the live one `oldObject`, in a form.
    pub(super) fn value_of(&self, object: &Object, is_old: bool, form: &Form) -> Value {
        let seen = Seen {
            minor: self.minor,
            namespace: self.namespace,
            is_new: self.live.is_none(),
            last_applied: self.last_applied && !(is_old && object.root().get("metadata").has("uid")),
        };
        let converted = form.version != object.gvk.version || form.group != object.gvk.group;
        let value = match self.kind {
            Kind::BuiltIn(info) => value::built_in(object, info, seen),
            Kind::Custom { definition, .. } => value::custom(object, definition, seen),
            Kind::Unknown => value::custom(object, None, seen),
        };
        let Value::Map(mut fields) = value else { return value };
        if self.is_namespaced().is_none() && object.namespace.is_empty() {
            let mut entries = fields.entries().to_vec();
            if let Some((_, Value::Map(metadata))) = entries.iter().find(|(key, _)| value::is_named(key, "metadata")) {
                let mut metadata = metadata.entries().to_vec();
                value::put(&mut metadata, "namespace", Value::Undecided);
                value::put(&mut entries, "metadata", map(metadata));
                fields = Arc::new(Map::new(entries));
            }
        }
        if !converted {
            return Value::Map(fields);
        }
        let keeps_fields = match self.kind {
            Kind::Custom { definition: Some(definition), .. } => !definition.is_converted_by_webhook(),
            _ => false,
        };
        let api_version =
            if form.group.is_empty() { form.version.clone() } else { format!("{}/{}", form.group, form.version) };
        let fields = fields.entries().iter().map(|(key, value)| {
            let value = match key {
                Value::String(key) if **key == *"apiVersion" => Value::string(api_version.as_str()),
                Value::String(key) if matches!(&**key, "kind" | "metadata") => value.clone(),
                _ if keeps_fields => value.clone(),
                _ => Value::Undecided,
            };
            (key.clone(), value)
        });
        map(fields.collect())
    }

    /// `request`
    pub(super) fn value(&self, form: &Form) -> Value {
        let text = |text: &str| Value::string(text);
        let own = self.form();
        let kind = |form: &Form| {
            map(vec![
                (text("group"), text(&form.group)),
                (text("version"), text(&form.version)),
                (text("kind"), text(&form.kind)),
            ])
        };
        let resource = |form: &Form| {
            let resource = form.resource.as_deref().map_or(Value::Undecided, Value::string);
            map(vec![
                (text("group"), text(&form.group)),
                (text("version"), text(&form.version)),
                (text("resource"), resource),
            ])
        };
        let mut fields: Fields = vec![
            (text("kind"), kind(form)),
            (text("resource"), resource(form)),
            (text("requestKind"), kind(&own)),
            (text("requestResource"), resource(&own)),
            (text("operation"), text(self.operation())),
            (text("userInfo"), Value::Undecided),
            (text("dryRun"), Value::Bool(false)),
            (text("options"), Value::Undecided),
        ];
        let name = self.object.name.as_str();
        if !name.is_empty() {
            fields.push((text("name"), text(name)));
        }
        let is_namespace = own.group.is_empty() && own.kind == "Namespace";
        match self.namespace {
            _ if is_namespace => fields.push((text("namespace"), text(name))),
            Some(namespace) => fields.push((text("namespace"), text(namespace))),
            None if self.is_namespaced().is_none() => fields.push((text("namespace"), Value::Undecided)),
            None => {}
        }
        map(fields)
    }

    /// `namespaceObject`
    pub(super) fn namespace_value(&self) -> Value {
        let is_namespace = matches!(self.kind, Kind::BuiltIn(info) if info.kind == "Namespace");
        let Some(name) = self.namespace.filter(|_| !is_namespace) else {
            return if self.is_namespaced().is_none() { Value::Undecided } else { Value::Null };
        };
        let known = match self.of_namespace {
            Namespace::Known(namespace) => Schema::of(self.minor).kind("", "v1", "Namespace").map(|kind| {
                // It was made by a request before this one.
                let seen = Seen {
                    minor: self.minor,
                    namespace: None,
                    is_new: !namespace.root().get("metadata").has("uid"),
                    last_applied: false,
                };
                value::built_in(namespace, &kind, seen)
            }),
            Namespace::Unknown => None,
        };
        if let Some(Value::Map(known)) = known {
            let fields = known
                .entries()
                .iter()
                .filter(|(key, _)| !value::is_named(key, "apiVersion") && !value::is_named(key, "kind"));
            return map(fields.cloned().collect());
        }
        let mut metadata: Fields = vec![(Value::string("name"), Value::string(name))];
        for field in [
            "labels",
            "annotations",
            "uid",
            "creationTimestamp",
            "generateName",
            "finalizers",
            "generation",
            "resourceVersion",
            "deletionTimestamp",
        ] {
            metadata.push((Value::string(field), Value::Undecided));
        }
        map(vec![
            (Value::string("metadata"), map(metadata)),
            (Value::string("spec"), Value::Undecided),
            (Value::string("status"), Value::Undecided),
        ])
    }
}

/// A parameter, as the server hands it to expressions.
pub(super) fn parameter(object: &Object, minor: Minor, definition: Option<&Definition>) -> Value {
    let namespace = Some(object.namespace.as_str()).filter(|namespace| !namespace.is_empty());
    let is_new = !object.root().at(&["metadata"]).is_some_and(|metadata: NodeRef<'_>| metadata.has("uid"));
    let seen = Seen { minor, namespace, is_new, last_applied: false };
    match Schema::of(minor).kind(&object.gvk.group, &object.gvk.version, &object.gvk.kind) {
        Some(kind) => value::built_in(object, &kind, seen),
        None => value::custom(object, definition, seen),
    }
}
