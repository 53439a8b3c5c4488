//! A field that was taken out of the manifest and stays in the live object all the same.
//!
//! Apart because it takes a third object: neither the manifest nor the live object tells that the field was ever meant.
//! kubectl takes out what it has applied itself and nothing else, so what somebody else has set, or what was never in its
//! annotation, outlives the line that is deleted. Source: `CreateThreeWayMergePatch` of apimachinery
//! `pkg/util/strategicpatch/patch.go` (1.36).

use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object, Segment};
use crate::yaml::{Kind, NodeRef};

/// What stays though it was taken out.
pub static RULE: Rule = Rule {
    id: "update/stays-live",
    level: Level::Warning,
    summary: "a field is taken out of the manifest and stays live",
    why: "kubectl apply takes out what it has applied itself; what another manager has set too, or what the \
          last-applied annotation never held, stays as it is",
    docs: include_str!("stays-live.md"),
};

/// Deeper values are compared no further.
const MAX_DEPTH: usize = 32;

/// The fields that `before`, the manifest last applied, had, `new` has no more, and the merged object still has.
pub fn find(new: &Object, before: &Object, merged: &Object, live: &Object) -> Vec<Finding> {
    let mut gone = Vec::new();
    walk(&FieldPath::default(), before.root(), new.root(), merged.root(), &mut gone);
    let told = |(path, value): (FieldPath, String)| {
        let owner = owner_of(live, &path);
        // To leave the replicas to who scales is why they are taken out.
        if owner.is_some_and(|owner| owner.text("subresource") == "scale") {
            return None;
        }
        let by = owner.map_or_else(String::new, |owner| format!(", which {} has set as well", owner.text("manager")));
        let place = before.span(before.locate(&path).range());
        let value = if new.gvk.kind.eq_ignore_ascii_case("Secret") { String::new() } else { format!(": {value}") };
        let message = format!("{path} is in the manifest no more and stays live{by}{value}");
        let finding = Finding::in_object(&RULE, message, new, path)
            .with_label(place, "it was here when it was last applied")
            .with_help("Write the value that is meant, or take the field out of the live object by hand.");
        Some(finding)
    };
    gone.into_iter().filter_map(told).collect()
}

fn walk(
    path: &FieldPath,
    before: NodeRef<'_>,
    new: NodeRef<'_>,
    merged: NodeRef<'_>,
    gone: &mut Vec<(FieldPath, String)>,
) {
    if path.0.len() > MAX_DEPTH {
        return;
    }
    match (before.kind(), new.kind(), merged.kind()) {
        (Kind::Mapping, Kind::Mapping, Kind::Mapping) => {
            for entry in before.entries().filter(|entry| !entry.value.is_null()) {
                let name = entry.name();
                let path = path.clone().field(name);
                match (new.get(name), merged.get(name)) {
                    (Some(new), Some(merged)) => walk(&path, entry.value, new, merged, gone),
                    // Of another value there is nothing that was taken out and stayed.
                    (None, Some(merged)) if new.entry(name).is_none() && super::is_same_json(merged, entry.value) => {
                        gone.push((path, shown(merged)));
                    }
                    _ => {}
                }
            }
        }
        (Kind::Sequence, Kind::Sequence, Kind::Sequence) => {
            let named = |list: NodeRef<'_>, name: &str| list.elements().position(|one| one.text("name") == name);
            for old in before.elements().filter(|old| !old.text("name").is_empty()) {
                let name = old.text("name");
                match (named(new, name), named(merged, name)) {
                    (Some(at), Some(in_merged)) => {
                        let (new, merged) = (new.elements().nth(at), merged.elements().nth(in_merged));
                        if let (Some(new), Some(merged)) = (new, merged) {
                            walk(&path.clone().index(at), old, new, merged, gone);
                        }
                    }
                    (None, Some(in_merged)) => {
                        if let Some(merged) = merged.elements().nth(in_merged) {
                            gone.push((path.clone().index(in_merged), shown(merged)));
                        }
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// A value in a few words.
fn shown(node: NodeRef<'_>) -> String {
    let text = node.to_json().to_string();
    if text.chars().count() > 60 { text.chars().take(60).chain(['…']).collect() } else { text }
}

/// Who else has set a field, as the live object tells: the entry of `managedFields` that holds it.
fn owner_of<'l>(live: &'l Object, path: &FieldPath) -> Option<NodeRef<'l>> {
    let of_kubectl =
        |manager: &str| matches!(manager, "kubectl-client-side-apply" | "kubectl" | "kubectl-last-applied");
    let managed = live.root().get("metadata").list("managedFields");
    managed.into_iter().find(|entry| {
        let mut node = entry.get("fieldsV1");
        for segment in &path.0 {
            node = match segment {
                Segment::Field(name) | Segment::Key(name) => node.and_then(|node| node.get(&format!("f:{name}"))),
                Segment::Index(_) => None,
            };
        }
        node.is_some() && !of_kubectl(entry.text("manager"))
    })
}
