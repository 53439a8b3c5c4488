//! Where the server's words place what versions have: what is the same in all of them moves to `spec`.
//!
//! Apart because it is the server's internal form, of which its users see only the paths: `spec.validation` for the
//! schema of a definition with one version. Findings name these paths and point at what was written. Source:
//! `Convert_v1_CustomResourceDefinitionSpec_To_apiextensions_CustomResourceDefinitionSpec` of apiextensions-apiserver
//! `pkg/apis/apiextensions/v1/conversion.go` (1.36).

use crate::finding::FieldErrors;
use crate::object::{FieldPath, Segment};
use crate::yaml::{NodeRef, Value};

/// What moves, and how it is called in `spec`.
const MOVING: [(&str, &str); 4] = [
    ("schema", "validation"),
    ("subresources", "subresources"),
    ("additionalPrinterColumns", "additionalPrinterColumns"),
    ("selectableFields", "selectableFields"),
];

/// The parts of all versions: one that is the same in all of them is of `spec`, and no version has it any more.
pub(super) struct Layout<'t> {
    versions: Vec<NodeRef<'t>>,
    shared: [bool; 4],
}

impl<'t> Layout<'t> {
    /// Looks what is the same.
    pub fn of(versions: Vec<NodeRef<'t>>) -> Self {
        let is_shared = |field: &str| match versions.split_first() {
            None => false,
            Some((first, rest)) => rest.iter().all(|version| is_same(first.get(field), version.get(field))),
        };
        let shared = MOVING.map(|(field, _)| is_shared(field));
        Self { versions, shared }
    }

    /// The versions.
    pub fn versions(&self) -> &[NodeRef<'t>] {
        &self.versions
    }

    fn is_shared(&self, field: &str) -> bool {
        MOVING.iter().zip(self.shared).any(|((name, _), shared)| *name == field && shared)
    }

    /// What `spec` has of a field.
    pub fn of_spec(&self, field: &str) -> Option<NodeRef<'t>> {
        self.versions.first().filter(|_| self.is_shared(field))?.get(field)
    }

    /// What a version has of a field.
    pub fn of_version(&self, version: NodeRef<'t>, field: &str) -> Option<NodeRef<'t>> {
        version.get(field).filter(|_| !self.is_shared(field))
    }
}

/// Whether two values are the same to the server: what is not set, empty or false is one.
pub(super) fn is_same(a: Option<NodeRef<'_>>, b: Option<NodeRef<'_>>) -> bool {
    let mut pairs = vec![(a, b)];
    while let Some((a, b)) = pairs.pop() {
        let (a, b) = match (a, b) {
            (Some(a), Some(b)) => (a, b),
            (Some(one), None) | (None, Some(one)) if !is_nothing(one) => return false,
            _ => continue,
        };
        match (a.value(), b.value()) {
            (Value::Mapping, Value::Mapping) => {
                pairs.extend(a.entries().map(|entry| (Some(entry.value), b.get(entry.name()))));
                pairs.extend(
                    b.entries().filter(|entry| a.get(entry.name()).is_none()).map(|entry| (None, Some(entry.value))),
                );
            }
            (Value::Sequence, Value::Sequence) if a.len() == b.len() => {
                pairs.extend(a.elements().zip(b.elements()).map(|(a, b)| (Some(a), Some(b))));
            }
            (Value::Null, Value::Null) => {}
            (Value::Bool(a), Value::Bool(b)) if a == b => {}
            (Value::Int(a), Value::Int(b)) if a == b => {}
            (Value::Float(a), Value::Float(b)) if a.to_bits() == b.to_bits() => {}
            (Value::String(a), Value::String(b)) if a == b => {}
            _ => return false,
        }
    }
    true
}

fn is_nothing(node: NodeRef<'_>) -> bool {
    match node.value() {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::String(text) => text.is_empty(),
        Value::Sequence => node.is_empty(),
        Value::Int(_) | Value::Float(_) | Value::Mapping => false,
    }
}

/// Remembers for each error from `start` on where its field was written.
pub(super) fn place(errors: &mut FieldErrors, start: usize) {
    for error in errors.list.iter_mut().skip(start) {
        let place = error.place.as_ref().unwrap_or(&error.path);
        let written = as_written(place);
        if written != error.path {
            error.place = Some(written);
        }
    }
}

/// The path in the form that is written (`v1`) of one in the internal form.
fn as_written(path: &FieldPath) -> FieldPath {
    let mut out: Vec<Segment> = Vec::with_capacity(path.0.len() + 2);
    for (depth, segment) in path.0.iter().enumerate() {
        let Segment::Field(name) = segment else {
            out.push(segment.clone());
            continue;
        };
        // Some steps of the server's hold two names.
        for name in name.split('.').filter(|_| !name.starts_with('$')) {
            let is_in_spec = depth == 1 && matches!(path.0.first(), Some(Segment::Field(spec)) if spec == "spec");
            let moved = MOVING.iter().find(|(_, inner)| is_in_spec && *inner == name);
            if let Some((field, _)) = moved {
                out.extend([field_of("versions"), Segment::Index(0), field_of(field)]);
                continue;
            }
            match name {
                "webhookClientConfig" => out.extend([field_of("webhook"), field_of("clientConfig")]),
                "conversionReviewVersions" => out.extend([field_of("webhook"), field_of(name)]),
                "JSONPath" => out.push(field_of("jsonPath")),
                _ => out.push(field_of(name)),
            }
        }
        if name.starts_with('$') {
            out.push(segment.clone());
        }
    }
    FieldPath(out)
}

fn field_of(name: &str) -> Segment {
    Segment::Field(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Layout, as_written};
    use crate::object::{FieldPath, Path};
    use crate::yaml::TreeBuilder;
    use serde_json::json;

    #[test]
    fn what_is_the_same_in_all_versions_moves() {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(&json!([
            {"schema": {"a": [1, "x"], "b": ""}, "subresources": {"status": {}}},
            {"schema": {"a": [1, "x"], "c": null}},
        ]));
        let tree = builder.finish(root);
        let layout = Layout::of(tree.root().elements().collect());
        assert!(layout.of_spec("schema").is_some() && layout.of_spec("subresources").is_none());
        let first = layout.versions()[0];
        assert!(layout.of_version(first, "schema").is_none() && layout.of_version(first, "subresources").is_some());
    }

    #[test]
    fn paths_lead_to_what_is_written() {
        let path = Path::ROOT.field("spec");
        let path = path.field("validation");
        let path = path.field("openAPIV3Schema.type");
        assert_eq!(as_written(&path.to_field_path()).to_string(), "spec.versions[0].schema.openAPIV3Schema.type");
        let names = FieldPath::of(&["spec", "conversion", "webhookClientConfig", "url"]);
        assert_eq!(as_written(&names).to_string(), "spec.conversion.webhook.clientConfig.url");
    }
}
