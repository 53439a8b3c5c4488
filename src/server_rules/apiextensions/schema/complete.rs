//! Completeness: what the quantifiers at the root name is defined outside of them.
//!
//! Apart because it compares two parts of one schema. The server asks it of the root alone. Source:
//! `validateStructuralCompleteness` of apiextensions-apiserver `pkg/apiserver/schema/validation.go` (1.36).

use super::keywords::{DEEPEST, Keywords, listed, named};
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::yaml::NodeRef;

/// Judges the quantifiers of the root.
pub(super) fn validate(schema: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let root = Keywords::read(schema);
    validate_values(&root, Some(schema), path, path, 0, errors);
}

fn validate_values(
    values: &Keywords<'_>,
    defined: Option<NodeRef<'_>>,
    defined_path: &Path<'_>,
    path: &Path<'_>,
    depth: u32,
    errors: &mut FieldErrors,
) {
    if let Some(not) = values.not {
        validate_node(not, defined, defined_path, &path.field("not"), depth + 1, errors);
    }
    for (field, list) in [("allOf", values.all_of), ("anyOf", values.any_of), ("oneOf", values.one_of)] {
        let path = path.field(field);
        for (index, node) in listed(list) {
            validate_node(node, defined, defined_path, &path.index(index), depth + 1, errors);
        }
    }
}

fn validate_node(
    node: NodeRef<'_>,
    defined: Option<NodeRef<'_>>,
    defined_path: &Path<'_>,
    path: &Path<'_>,
    depth: u32,
    errors: &mut FieldErrors,
) {
    if depth >= DEEPEST {
        return;
    }
    let Some(defined) = defined else {
        errors.required(defined_path, &format!("because it is defined in {path}"));
        return;
    };
    let values = Keywords::read(node);
    let known = Keywords::read(defined);
    validate_values(&values, Some(defined), defined_path, path, depth, errors);
    if let Some(items) = values.item() {
        let defined_path = defined_path.field("items");
        validate_node(items, known.item(), &defined_path, &path.field("items"), depth + 1, errors);
    }
    let (defined_path, path) = (defined_path.field("properties"), path.field("properties"));
    for (name, property) in named(values.properties) {
        let known = known.properties.and_then(|properties| properties.get(name));
        validate_node(property, known, &defined_path.key(name), &path.key(name), depth + 1, errors);
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::errors_of_root;
    use serde_json::json;

    #[test]
    fn what_is_narrowed_is_defined() {
        let root = |keel: &str| {
            json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
                "weight": {"type": "integer"}}}},
                "anyOf": [{"properties": {"spec": {"properties": {keel: {"minimum": 3}}}}}]})
        };
        assert_eq!(errors_of_root(&root("weight")), Vec::<String>::new());
        assert_eq!(
            errors_of_root(&root("keel")),
            ["root.properties[spec].properties[keel]: Required value: because it is defined in \
                 root.anyOf[0].properties[spec].properties[keel]"]
        );
    }
}
