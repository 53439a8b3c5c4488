//! The patch itself: what `kubectl apply` sends to change a live object.
//!
//! Apart from `merge`, which builds what a patch leads to: only who speaks to a server needs the patch. Numbers,
//! lists and directives are as kubectl has them, for the server may refuse a patch for itself.
//!
//! Source: `CreateThreeWayMergePatch` in apimachinery `pkg/util/strategicpatch/patch.go`, `pkg/util/jsonmergepatch` (1.36).

use crate::schema::{Definition, Field, KindInfo, Schema, Type};
use serde_json::{Map, Value, json};

/// Deeper values are taken whole: no schema has such, and recursion must end.
const MAX_DEPTH: usize = 256;

/// The strategic merge patch that leads from `current` to `modified` and takes out what only `original`, the one last
/// applied, had. An empty object if there is nothing to change.
///
/// # Errors
///
/// An element of a list that is merged by a key has none: kubectl's words.
pub fn strategic(
    schema: Schema,
    kind: &KindInfo,
    original: Option<&Value>,
    modified: &Value,
    current: &Value,
) -> Result<Value, String> {
    let shape = schema.definition(kind.definition).map_or(Shape::Unknown, Shape::Struct);
    let empty = Map::new();
    let map = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let modified = modified.as_object().unwrap_or(&empty);
    let diff = Diff { schema };
    let delta = Parts { additions: true, deletions: false };
    let delta = diff.maps(&map(Some(current)), modified, shape, delta, false, 0)?;
    let deletions = Parts { additions: false, deletions: true };
    let mut patch = diff.maps(&map(original), modified, shape, deletions, false, 0)?;
    diff.lay_over(&mut patch, delta, shape, 0);
    Ok(Value::Object(patch))
}

/// The JSON merge patch that does the same for a kind whose lists have no keys: a custom resource.
pub fn json_merge(original: Option<&Value>, modified: &Value, current: &Value) -> Value {
    let mut patch = additions(current, modified, 0).unwrap_or_else(|| json!({}));
    if let Some(original) = original {
        deletions(original, modified, &mut patch, 0);
    }
    patch
}

/// What `modified` adds to or changes of `current`; none if nothing.
fn additions(current: &Value, modified: &Value, depth: usize) -> Option<Value> {
    match (current, modified) {
        (Value::Object(current), Value::Object(modified)) if depth < MAX_DEPTH => {
            let mut patch = Map::new();
            for (key, value) in modified {
                let added = match current.get(key) {
                    // A null in a JSON merge patch takes away what is not there.
                    None if value.is_null() => None,
                    None => Some(value.clone()),
                    Some(before) => additions(before, value, depth + 1),
                };
                patch.extend(added.map(|added| (key.clone(), added)));
            }
            (!patch.is_empty()).then_some(Value::Object(patch))
        }
        _ if current == modified => None,
        _ => Some(modified.clone()),
    }
}

/// Adds a null for every key that only `original` has.
fn deletions(original: &Value, modified: &Value, patch: &mut Value, depth: usize) {
    let (Value::Object(original), Value::Object(modified)) = (original, modified) else { return };
    for (key, before) in original {
        let Value::Object(patch) = patch else { return };
        match modified.get(key) {
            None => drop(patch.insert(key.clone(), Value::Null)),
            Some(now) if now.is_object() && before.is_object() && depth < MAX_DEPTH => {
                let mut below = patch.remove(key).unwrap_or_else(|| json!({}));
                deletions(before, now, &mut below, depth + 1);
                if below.as_object().is_none_or(|below| !below.is_empty()) {
                    patch.insert(key.clone(), below);
                }
            }
            Some(_) => {}
        }
    }
}

/// What is known of a value's type.
#[derive(Clone, Copy)]
enum Shape {
    Struct(&'static Definition),
    Map(&'static Type),
    Unknown,
}

/// Which half of a patch is made.
#[derive(Clone, Copy)]
struct Parts {
    additions: bool,
    deletions: bool,
}

struct Diff {
    schema: Schema,
}

/// How a field is patched.
struct Strategy {
    shape: Shape,
    /// What the elements of a list are, where it is one.
    elements: Shape,
    merges: bool,
    replaces: bool,
    retains: bool,
    key: Option<&'static str>,
}

impl Diff {
    fn shape_of(&self, ty: Option<&'static Type>) -> Shape {
        match ty {
            Some(Type::Object(name)) => self.schema.definition(name).map_or(Shape::Unknown, Shape::Struct),
            Some(Type::Map(values)) => Shape::Map(values),
            _ => Shape::Unknown,
        }
    }

    fn strategy(&self, shape: Shape, name: &str) -> Strategy {
        let field: Option<&'static Field> = match shape {
            Shape::Struct(definition) => definition.field(name),
            _ => None,
        };
        let ty = match shape {
            Shape::Map(values) => Some(values),
            _ => field.map(|field| &field.ty),
        };
        let words = field.and_then(|field| field.patch_strategy).unwrap_or_default();
        let element = match ty {
            Some(Type::List(element)) => Some(&**element),
            _ => None,
        };
        Strategy {
            shape: self.shape_of(ty),
            elements: self.shape_of(element),
            merges: words.split(',').any(|word| word == "merge"),
            replaces: words.split(',').any(|word| word == "replace"),
            retains: words.split(',').any(|word| word == "retainKeys"),
            key: field.and_then(|field| field.patch_merge_key),
        }
    }

    fn maps(
        &self,
        before: &Map<String, Value>,
        modified: &Map<String, Value>,
        shape: Shape,
        parts: Parts,
        retains: bool,
        depth: usize,
    ) -> Result<Map<String, Value>, String> {
        let mut patch = Map::new();
        for (key, value) in modified {
            match (before.get(key), value) {
                (Some(Value::Object(before)), Value::Object(now)) if depth < MAX_DEPTH => {
                    let strategy = self.strategy(shape, key);
                    if strategy.replaces {
                        if parts.additions {
                            patch.insert(key.clone(), value.clone());
                        }
                        continue;
                    }
                    let below = self.maps(before, now, strategy.shape, parts, strategy.retains, depth + 1)?;
                    if !below.is_empty() {
                        patch.insert(key.clone(), Value::Object(below));
                    }
                }
                (Some(Value::Array(before)), Value::Array(now)) if self.strategy(shape, key).merges => {
                    self.lists(key, before, now, &self.strategy(shape, key), parts, depth, &mut patch)?;
                }
                (Some(before), _) if before == value => {}
                _ if parts.additions => drop(patch.insert(key.clone(), value.clone())),
                _ => {}
            }
        }
        if parts.deletions {
            let gone = before.keys().filter(|key| !modified.contains_key(*key));
            patch.extend(gone.map(|key| (key.clone(), Value::Null)));
        }
        if retains {
            let mut kept: Vec<&String> =
                modified.iter().filter(|(_, value)| !value.is_null()).map(|(key, _)| key).collect();
            kept.sort();
            let is_less = before.keys().any(|key| !modified.contains_key(key));
            if !kept.is_empty() && (!patch.is_empty() || is_less) {
                patch.insert("$retainKeys".to_owned(), json!(kept));
            }
        }
        Ok(patch)
    }

    #[expect(clippy::too_many_arguments, reason = "one list, in two objects, and what is known of it")]
    fn lists(
        &self,
        name: &str,
        before: &[Value],
        modified: &[Value],
        strategy: &Strategy,
        parts: Parts,
        depth: usize,
        patch: &mut Map<String, Value>,
    ) -> Result<(), String> {
        if before.is_empty() {
            if !modified.is_empty() && parts.additions {
                patch.insert(name.to_owned(), json!(modified));
            }
            return Ok(());
        }
        let Some(key) = strategy.key else {
            let added: Vec<&Value> =
                modified.iter().filter(|value| parts.additions && !before.contains(value)).collect();
            let gone: Vec<&Value> =
                before.iter().filter(|value| parts.deletions && !modified.contains(value)).collect();
            let kept: Vec<&Value> = before.iter().filter(|value| modified.contains(value)).collect();
            let is_ordered = is_in_order(&kept, &modified.iter().collect::<Vec<_>>());
            if !added.is_empty() || !gone.is_empty() || !is_ordered {
                patch.insert(format!("$setElementOrder/{name}"), json!(modified));
            }
            if !added.is_empty() {
                patch.insert(name.to_owned(), json!(added));
            }
            if !gone.is_empty() {
                patch.insert(format!("$deleteFromPrimitiveList/{name}"), json!(gone));
            }
            return Ok(());
        };
        let (of_before, of_modified) = (keys(before, key)?, keys(modified, key)?);
        let mut list = Vec::new();
        for (at, (element, own)) in modified.iter().zip(&of_modified).enumerate() {
            let occurrence = of_modified[..at].iter().filter(|other| *other == own).count();
            let mut same = before.iter().zip(&of_before).filter(|(_, other)| *other == own);
            match (same.nth(occurrence), element) {
                (Some((Value::Object(before), _)), Value::Object(now)) => {
                    let below = self.maps(before, now, strategy.elements, parts, strategy.retains, depth + 2)?;
                    if !below.is_empty() {
                        let mut below = below;
                        below.insert(key.to_owned(), (*own).clone());
                        list.push(Value::Object(below));
                    }
                }
                _ if parts.additions => list.push(element.clone()),
                _ => {}
            }
        }
        if parts.deletions {
            let gone = of_before.iter().filter(|own| !of_modified.contains(own));
            list.extend(gone.map(|own| json!({key: own, "$patch": "delete"})));
        }
        let kept: Vec<&Value> = of_before.iter().copied().filter(|own| of_modified.contains(own)).collect();
        if !list.is_empty() || !is_in_order(&kept, &of_modified) {
            let order: Vec<Value> = of_modified.iter().map(|own| json!({key: own})).collect();
            patch.insert(format!("$setElementOrder/{name}"), json!(order));
        }
        if !list.is_empty() {
            patch.insert(name.to_owned(), json!(list));
        }
        Ok(())
    }

    /// Puts the additions into the deletions: neither is applied, both are sent.
    fn lay_over(&self, patch: &mut Map<String, Value>, above: Map<String, Value>, shape: Shape, depth: usize) {
        for (key, value) in above {
            let strategy = self.strategy(shape, &key);
            match (patch.get_mut(&key), value) {
                (Some(Value::Object(below)), Value::Object(above)) if depth < MAX_DEPTH => {
                    self.lay_over(below, above, strategy.shape, depth + 1);
                }
                (Some(Value::Array(below)), Value::Array(above)) if strategy.merges => {
                    let Some(merge_key) = strategy.key else {
                        below.extend(above);
                        continue;
                    };
                    let mut merged = Vec::with_capacity(above.len() + below.len());
                    for element in above {
                        let own = element.get(merge_key).cloned();
                        let same = below.iter().position(|other| other.get(merge_key) == own.as_ref());
                        match (same.map(|at| below.remove(at)), element) {
                            (Some(Value::Object(mut below)), Value::Object(above)) => {
                                self.lay_over(&mut below, above, strategy.elements, depth + 1);
                                merged.push(Value::Object(below));
                            }
                            (_, element) => merged.push(element),
                        }
                    }
                    merged.append(below);
                    *below = merged;
                }
                (_, value) => drop(patch.insert(key, value)),
            }
        }
    }
}

/// Whether what both lists hold stands in the same order.
fn is_in_order(kept: &[&Value], modified: &[&Value]) -> bool {
    let mut rest = modified.iter();
    kept.iter().all(|value| rest.any(|other| other == value))
}

/// The value of the merge key of every element.
fn keys<'v>(list: &'v [Value], key: &str) -> Result<Vec<&'v Value>, String> {
    let of = |element: &'v Value| {
        element.get(key).ok_or_else(|| format!("map: {element} does not contain declared merge key: {key}"))
    };
    list.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::{json_merge, strategic};
    use crate::schema::{Minor, Schema};
    use serde_json::{Value, json};

    fn deployment(original: &Value, modified: &Value, current: &Value) -> Value {
        let schema = Schema::of(Minor::LATEST);
        let kind = schema.kind("apps", "v1", "Deployment").expect("a kind");
        strategic(schema, &kind, Some(original), modified, current).expect("a patch")
    }

    fn with_containers(containers: &Value) -> Value {
        json!({"spec": {"template": {"spec": {"containers": containers}}}})
    }

    #[test]
    fn nothing_changed_is_an_empty_patch() {
        let same = with_containers(&json!([{"name": "tide", "image": "tide:1"}]));
        let live = with_containers(&json!([{"name": "tide", "image": "tide:1", "imagePullPolicy": "Always"}]));
        assert_eq!(deployment(&same, &same, &live), json!({}));
        assert_eq!(json_merge(Some(&same), &same, &same), json!({}));
    }

    #[test]
    fn lists_are_merged_by_their_key_and_keep_their_order() {
        let before = with_containers(&json!([{"name": "tide", "image": "tide:1"}, {"name": "log", "image": "log:1"}]));
        let after = with_containers(&json!([{"name": "tide", "image": "tide:2"}]));
        let patch = deployment(&before, &after, &before);
        let spec = &patch["spec"]["template"]["spec"];
        assert_eq!(spec["$setElementOrder/containers"], json!([{"name": "tide"}]));
        assert_eq!(
            spec["containers"],
            json!([{"image": "tide:2", "name": "tide"}, {"$patch": "delete", "name": "log"}])
        );
    }

    #[test]
    fn a_strategy_of_a_rollout_keeps_only_what_is_written() {
        let before = json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
        let after = json!({"spec": {"strategy": {"type": "Recreate"}}});
        let patch = deployment(&json!({"spec": {}}), &after, &before);
        assert_eq!(patch, json!({"spec": {"strategy": {"type": "Recreate", "$retainKeys": ["type"]}}}));
    }

    #[test]
    fn what_was_applied_and_is_no_longer_written_goes() {
        let before = json!({"spec": {"replicas": 2, "paused": true}});
        let after = json!({"spec": {"paused": true}});
        let live = json!({"spec": {"replicas": 2, "paused": true, "minReadySeconds": 3}});
        assert_eq!(deployment(&before, &after, &live), json!({"spec": {"replicas": null}}));
        assert_eq!(json_merge(Some(&before), &after, &live), json!({"spec": {"replicas": null}}));
    }

    #[test]
    fn a_list_of_a_custom_resource_is_one_value() {
        let (before, after) = (json!({"spec": {"ports": [1, 2]}}), json!({"spec": {"ports": [2]}}));
        assert_eq!(json_merge(Some(&before), &after, &before), json!({"spec": {"ports": [2]}}));
    }
}
