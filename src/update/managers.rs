//! Who has set the fields of a live object, and whose fields a server-side apply would take over.
//!
//! Apart because only a cluster tells it: `metadata.managedFields`, which `kubectl get` leaves out unless it is told
//! otherwise. Where they are not shown nobody is known, and there is no conflict.
//!
//! Source: `Apply` and `update` in `merge/update.go` of structured-merge-diff (v6); `lastappliedmanager.go`, `conflict.go`
//! and `managers.go` of apimachinery `pkg/util/managedfields/internal` (1.37).

use super::field_set::{FieldSet, Member, PathElement, element_at};
use super::live::Live;
use super::merge::is_same_json;
use super::shape::{Elements, Shape};
use super::{Applier, Context, Patch};
use crate::finding::{Finding, Level, Rule};
use crate::go_quote::go_quote;
use crate::object::view::View;
use crate::object::{FieldPath, Object};
use crate::schema::Schema;
use crate::yaml::{Kind, NodeRef};
use std::collections::BTreeMap;

/// Fields of somebody else.
pub static RULE: Rule = Rule {
    id: "update/field-manager",
    level: Level::Error,
    summary: "server-side apply would change a field that another manager has set",
    why: "the API server keeps who has set each field, and refuses an apply that would change one of another manager, \
          unless it is told to take it over",
    docs: include_str!("field-manager.md"),
};

/// The manager whose annotation tells the server what kubectl applied client-side.
const KUBECTL: &str = "kubectl";

/// Deeper fields are in no conflict: no schema has such, and recursion must end.
const MAX_DEPTH: usize = 256;

/// Everyone who has set fields of an object.
#[derive(Debug)]
pub(super) struct Managers(Vec<Manager>);

/// One who has set fields: an entry of `managedFields`.
#[derive(Debug)]
struct Manager {
    name: String,
    applies: bool,
    subresource: String,
    api_version: String,
    /// Whether the fields are of the version that is applied, so that they can be told apart.
    is_readable: bool,
    set: FieldSet,
}

impl Manager {
    fn read(entry: NodeRef<'_>, api_version: &str) -> Self {
        Self {
            name: entry.text("manager").to_owned(),
            applies: entry.text("operation") == "Apply",
            subresource: entry.text("subresource").to_owned(),
            api_version: entry.text("apiVersion").to_owned(),
            is_readable: entry.text("apiVersion") == api_version,
            set: entry.get("fieldsV1").map(FieldSet::parse).unwrap_or_default(),
        }
    }

    /// Whether it is who applies.
    fn is(&self, applier: Applier<'_>) -> bool {
        self.applies && self.subresource.is_empty() && self.name == applier.manager
    }

    /// Its name as the server writes it.
    fn title(&self) -> String {
        let mut title = go_quote(&self.name);
        if !self.subresource.is_empty() {
            title = format!("{title} with subresource {}", go_quote(&self.subresource));
        }
        if self.applies { title } else { format!("{title} using {}", self.api_version) }
    }
}

impl Managers {
    /// Reads who has set the fields of a live object of the version that is applied; none where it does not show them.
    pub(super) fn of(live: &Object) -> Option<Self> {
        let entries = live.root().get("metadata").list("managedFields");
        let api_version = live.gvk.api_version();
        let managers: Vec<Manager> = entries.into_iter().map(|entry| Manager::read(entry, &api_version)).collect();
        (!managers.is_empty()).then_some(Self(managers))
    }

    /// What who applies has applied last.
    pub(super) fn last(&self, patch: Patch<'_>) -> FieldSet {
        let mut last = FieldSet::default();
        if let Patch::ServerSide(applier) = patch {
            let own = self.0.iter().filter(|manager| manager.is_readable && manager.is(applier));
            own.for_each(|manager| last.add(&manager.set));
        }
        last
    }

    /// What stays: what is applied now, and all that others have set.
    pub(super) fn kept(&self, patch: Patch<'_>, applied: FieldSet) -> FieldSet {
        let mut kept = applied;
        if let Patch::ServerSide(applier) = patch {
            let others = self.0.iter().filter(|manager| !manager.is(applier));
            others.for_each(|manager| kept.add(&manager.set));
        }
        kept
    }

    /// The server's refusal of an apply that would change fields of others.
    pub(super) fn refusal(
        &self,
        merged: &Object,
        new: &Object,
        live: &Live<'_>,
        context: Context<'_>,
        applier: Applier<'_>,
    ) -> Option<Finding> {
        if applier.forces {
            return None;
        }
        let others = self.0.iter().filter(|manager| manager.is_readable && !manager.is(applier));
        // kubectl may change what its own annotation holds, as long as that is what is live.
        let annotated = live
            .annotation()
            .filter(|applied| applier.manager == KUBECTL && applied.text("apiVersion") == new.gvk.api_version());
        let Context { schema, patch, .. } = context;
        let shape = context.shape(schema.kind(&new.gvk.group, &new.gvk.version, &new.gvk.kind));
        let live = live.object();
        let mut by_manager: BTreeMap<String, Vec<Conflict>> = BTreeMap::new();
        for manager in others {
            let mut search = Search { schema, patch, conflicts: Vec::new() };
            let sides = Sides { old: Some(live.root()), new: Some(merged.root()), applied: annotated };
            search.below(shape, &manager.set, sides, &Place::default());
            if !search.conflicts.is_empty() {
                by_manager.entry(manager.title()).or_default().extend(search.conflicts);
            }
        }
        let all: Vec<(&String, &Conflict)> =
            by_manager.iter().flat_map(|(title, conflicts)| conflicts.iter().map(move |one| (title, one))).collect();
        let [(title, first), rest @ ..] = all.as_slice() else { return None };
        let message = if rest.is_empty() {
            format!("Apply failed with 1 conflict: conflict with {title}: {}", first.path)
        } else {
            let lines = by_manager.iter().flat_map(|(title, conflicts)| {
                let paths = conflicts.iter().map(|conflict| format!("- {}", conflict.path));
                std::iter::once(format!("conflicts with {title}:")).chain(paths)
            });
            format!("Apply failed with {} conflicts: {}", all.len(), lines.collect::<Vec<_>>().join("\n"))
        };
        let place = live.span(live.locate(&first.in_live).range());
        let mut finding = Finding::in_object(&RULE, message, new, first.in_new.clone())
            .with_label(place, "another manager has set it, and it is this")
            .with_help(
                "Write the value that is live to own the field together, leave the field to its other manager, or take \
                 it over with --force-conflicts.",
            );
        for (_, conflict) in rest {
            finding = finding.with_label(new.span(new.locate(&conflict.in_new).range()), "so is this");
        }
        Some(finding)
    }
}

/// A field that an apply would change, and another has set.
struct Conflict {
    /// As the server writes it.
    path: String,
    in_new: FieldPath,
    in_live: FieldPath,
}

/// One value in the live object, in what it becomes, and in what kubectl's annotation holds.
#[derive(Clone, Copy)]
struct Sides<'t> {
    old: Option<NodeRef<'t>>,
    new: Option<NodeRef<'t>>,
    applied: Option<NodeRef<'t>>,
}

/// Where a value stands.
#[derive(Clone, Default)]
struct Place {
    path: String,
    in_new: FieldPath,
    in_live: FieldPath,
    depth: usize,
}

struct Search<'p> {
    schema: Schema,
    patch: Patch<'p>,
    conflicts: Vec<Conflict>,
}

impl Search<'_> {
    /// Finds what is changed or added of a set of fields. Paths are found in the server's order: those of one level, then
    /// what is below them.
    fn below(&mut self, shape: Shape<'_>, set: &FieldSet, sides: Sides<'_>, place: &Place) {
        if place.depth > MAX_DEPTH {
            return;
        }
        let parts: Vec<(&Member, Shape<'_>, Sides<'_>, Place)> = set
            .iter()
            .filter_map(|(element, member)| {
                let (shape, sides, place) = self.part(shape, element, sides, place)?;
                // What is not there afterwards is taken away, which nobody minds.
                sides.new.is_some().then_some((member, shape, sides, place))
            })
            .collect();
        for (_, shape, sides, place) in parts.iter().filter(|(member, ..)| member.itself) {
            if self.is_changed(*shape, *sides) && !self.is_allowed(*shape, *sides) {
                let Place { path, in_new, in_live, .. } = place.clone();
                self.conflicts.push(Conflict { path, in_new, in_live });
            }
        }
        for (member, shape, sides, place) in parts {
            if !member.below.is_empty() && !sides.new.is_some_and(|new| self.is_one_value(shape, new)) {
                self.below(shape, &member.below, sides, &place);
            }
        }
    }

    fn part<'t, 's>(
        &self,
        shape: Shape<'s>,
        element: &PathElement,
        sides: Sides<'t>,
        place: &Place,
    ) -> Option<(Shape<'s>, Sides<'t>, Place)> {
        let mut below = Place { path: format!("{}{element}", place.path), depth: place.depth + 1, ..place.clone() };
        if let PathElement::Field(name) = element {
            // An apply of the object leaves its status alone.
            if place.depth == 0 && name == "status" && shape.has_status() {
                return None;
            }
            let shape = if let Shape::Unknown = shape { shape } else { shape.under(self.schema, name) };
            // To set a field to null is to set it.
            let part = |side: Option<NodeRef<'t>>| side.and_then(|side| Some(side.entry(name)?.value));
            below.in_new = below.in_new.field(name);
            below.in_live = below.in_live.field(name);
            let Sides { old, new, applied } = sides;
            return Some((shape, Sides { old: part(old), new: part(new), applied: part(applied) }, below));
        }
        let part =
            |side: Option<NodeRef<'t>>| side.and_then(|side| element_at(self.schema, shape.element(), side, element));
        let (old, new, applied) = (part(sides.old), part(sides.new), part(sides.applied));
        below.in_new = below.in_new.index(new?.0);
        below.in_live = old.map_or(below.in_live.clone(), |(at, _)| below.in_live.clone().index(at));
        let node = |part: Option<(usize, NodeRef<'t>)>| part.map(|(_, node)| node);
        Some((shape.element(), Sides { old: node(old), new: node(new), applied: node(applied) }, below))
    }

    /// Whether a value is owned whole.
    fn is_one_value(&self, shape: Shape<'_>, node: NodeRef<'_>) -> bool {
        match node.kind() {
            Kind::Mapping => shape.is_atomic_map(self.schema, self.patch),
            Kind::Sequence => matches!(shape.elements(self.patch), Elements::Atomic),
            _ => true,
        }
    }

    /// Whether a path itself counts as changed or added: what is owned in parts does so in its parts.
    fn is_changed(&self, shape: Shape<'_>, sides: Sides<'_>) -> bool {
        match (sides.old, sides.new) {
            (Some(old), Some(new)) => {
                let has_parts = |node: NodeRef<'_>| !self.is_one_value(shape, node);
                !has_parts(old) && !has_parts(new) && !is_same_json(old, new)
            }
            (None, Some(_)) => true,
            _ => false,
        }
    }

    /// Whether kubectl's annotation holds what is live.
    fn is_allowed(&self, shape: Shape<'_>, sides: Sides<'_>) -> bool {
        match (sides.applied, sides.old) {
            (Some(applied), Some(old)) => {
                !self.is_changed(shape, Sides { old: Some(applied), new: Some(old), applied: None })
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, object};
    use super::super::{Change, Patch, Update, judge};
    use super::*;
    use crate::update::live::LAST_APPLIED;
    use serde_json::{Value, json};

    fn entry(manager: &str, operation: &str, version: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": version, "time": "2026-02-03T04:05:06Z",
            "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    fn live(mut object: Value, managers: &[Value]) -> Value {
        object["metadata"]["uid"] = json!("0d7c3c0e-5a8e-4f8e-9d55-7d8c7c6b1a11");
        object["metadata"]["creationTimestamp"] = json!("2026-02-03T04:05:06Z");
        object["metadata"]["managedFields"] = json!(managers);
        object
    }

    fn log(data: &Value) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "log", "namespace": "ship"}, "data": data})
    }

    fn applied_by(applier: Applier<'_>, live: &Value, new: &Value) -> Update {
        judge(&object(new), &object(live), context(Patch::ServerSide(applier)))
    }

    fn applied(live: &Value, new: &Value) -> Update {
        applied_by(Applier { manager: "kubectl", forces: false }, live, new)
    }

    fn words(update: Update) -> Vec<String> {
        update.findings.into_iter().map(|finding| finding.message).collect()
    }

    fn merged(update: Update) -> Value {
        match update.change {
            Change::Changed(object) => object.root().to_json(),
            Change::Unchanged => json!("unchanged"),
        }
    }

    #[test]
    fn what_another_has_set_is_not_changed_unless_it_is_taken_over() {
        let fields = json!({"f:data": {".": {}, "f:level": {}}});
        let live = live(log(&json!({"level": "info"})), &[entry("bridge", "Update", "v1", &fields)]);
        let new = log(&json!({"level": "debug", "more": "1"}));
        assert_eq!(
            words(applied(&live, &new)),
            ["Apply failed with 1 conflict: conflict with \"bridge\" using v1: .data.level"]
        );
        let forced = applied_by(Applier { manager: "kubectl", forces: true }, &live, &new);
        assert_eq!(merged(forced)["data"], json!({"level": "debug", "more": "1"}));
        assert_eq!(words(applied(&live, &log(&json!({"level": "info", "more": "1"})))), [""; 0]);
    }

    #[test]
    fn conflicts_are_told_manager_by_manager_in_the_servers_order() {
        let fields = |names: &[&str]| {
            let fields: serde_json::Map<String, Value> =
                names.iter().map(|name| (format!("f:{name}"), json!({}))).collect();
            json!({"f:data": fields})
        };
        let managers = [
            entry("mate", "Apply", "v1", &fields(&["b"])),
            entry("bridge", "Update", "v1", &fields(&["c", "a"])),
            entry("kubectl", "Apply", "v1", &fields(&["d"])),
        ];
        let live = live(log(&json!({"a": "1", "b": "1", "c": "1", "d": "1"})), &managers);
        let new = log(&json!({"a": "2", "b": "2", "c": "2", "d": "2"}));
        assert_eq!(
            words(applied(&live, &new)),
            [
                "Apply failed with 3 conflicts: conflicts with \"bridge\" using v1:\n- .data.a\n- .data.c\nconflicts with \
              \"mate\":\n- .data.b"
            ]
        );
        let finding = applied(&live, &new).findings.remove(0);
        assert_eq!(finding.field, FieldPath::of(&["data", "a"]));
    }

    #[test]
    fn kubectl_may_change_what_its_annotation_holds_as_it_is_live() {
        let slice = |ports: &Value| {
            json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": [],
                "metadata": {"name": "log", "namespace": "ship", "labels": {"watch": "first"}}, "ports": ports})
        };
        let written = slice(&json!([{"name": "http", "port": 80}]));
        let mut stored = slice(&json!([{"name": "http", "port": 80, "protocol": "TCP"}]));
        stored["metadata"]["annotations"] = json!({LAST_APPLIED: written.to_string()});
        let fields = json!({"f:ports": {}, "f:metadata": {"f:labels": {"f:watch": {}}}});
        let live = live(stored, &[entry("kubectl-client-side-apply", "Update", "discovery.k8s.io/v1", &fields)]);
        let mut new = written.clone();
        new["metadata"]["labels"]["watch"] = json!("second");
        let conflict = "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using \
                        discovery.k8s.io/v1: .ports";
        // The label is what was applied; the ports are one value, and the server filled something in.
        assert_eq!(words(applied(&live, &new)), [conflict]);
        new["ports"][0]["protocol"] = json!("TCP");
        assert_eq!(words(applied(&live, &new)), [""; 0]);
        // Nobody but kubectl has that annotation.
        let other = applied_by(Applier { manager: "mate", forces: false }, &live, &new);
        assert_eq!(
            words(other),
            ["Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using discovery.k8s.io/v1: \
              .metadata.labels.watch"]
        );
    }

    #[test]
    fn elements_are_named_by_their_keys() {
        let deployment = |image: &str, mut more: Value| {
            more["name"] = json!("app");
            more["image"] = json!(image);
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "log", "namespace": "ship"},
                "spec": {"selector": {"matchLabels": {"app": "log"}}, "template": {"metadata": {"labels": {"app": "log"}},
                    "spec": {"containers": [more]}}}})
        };
        let fields = json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"app\"}": {
            ".": {}, "f:name": {}, "f:image": {},
            "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}, "f:name": {}}},
        }}}}}});
        let with_port = |name: &str| json!({"ports": [{"containerPort": 80, "name": name}]});
        let mut stored = with_port("web");
        stored["ports"][0]["protocol"] = json!("TCP");
        let live = live(deployment("log:1", stored), &[entry("mate", "Apply", "apps/v1", &fields)]);
        assert_eq!(
            words(applied(&live, &deployment("log:2", with_port("http")))),
            ["Apply failed with 2 conflicts: conflicts with \"mate\":\n\
              - .spec.template.spec.containers[name=\"app\"].image\n\
              - .spec.template.spec.containers[name=\"app\"].ports[containerPort=80,protocol=\"TCP\"].name"]
        );
    }

    #[test]
    fn what_was_applied_and_is_no_longer_goes_unless_somebody_else_has_set_it() {
        let own = json!({"f:data": {"f:level": {}, "f:pages": {}, "f:shared": {}}});
        let theirs = json!({"f:data": {"f:shared": {}, "f:theirs": {}}});
        let data = json!({"level": "info", "pages": "3", "shared": "1", "theirs": "1", "nobodys": "1"});
        let live = live(log(&data), &[entry("kubectl", "Apply", "v1", &own), entry("bridge", "Update", "v1", &theirs)]);
        let update = applied(&live, &log(&json!({"level": "info"})));
        assert_eq!(
            update.was.as_ref().map(|was| was.root().to_json()["data"].clone()),
            Some(json!({"level": "info", "pages": "3", "shared": "1"}))
        );
        assert_eq!(merged(update)["data"], json!({"level": "info", "shared": "1", "theirs": "1", "nobodys": "1"}));
    }

    #[test]
    fn the_same_again_changes_nothing() {
        let own = json!({"f:data": {"f:level": {}}});
        let live = live(log(&json!({"level": "info", "other": "1"})), &[entry("kubectl", "Apply", "v1", &own)]);
        assert_eq!(merged(applied(&live, &log(&json!({"level": "info"})))), json!("unchanged"));
    }

    #[test]
    fn a_null_takes_nothing_out_of_what_is_owned_in_parts() {
        let fields = json!({"f:spec": {"f:unschedulable": {}}});
        let node =
            |spec: Value| json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "deck"}, "spec": spec});
        let spec = json!({"unschedulable": true, "podCIDRs": ["10.0.0.0/24"]});
        let live = live(node(spec), &[entry("mate", "Apply", "v1", &fields)]);
        let update = applied(&live, &node(json!({"podCIDRs": null})));
        assert_eq!(merged(update)["spec"]["podCIDRs"], json!(["10.0.0.0/24"]));
        assert_eq!(
            words(applied(&live, &node(json!({"unschedulable": null})))),
            ["Apply failed with 1 conflict: conflict with \"mate\": .spec.unschedulable"]
        );
    }
}
