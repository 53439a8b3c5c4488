//! `spec.names`: how the resource is called in paths, on the command line and in objects.
//!
//! Apart because the names have one grammar and defaults of their own. Source:
//! `ValidateCustomResourceDefinitionNames` of apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go`,
//! `SetDefaults_CustomResourceDefinitionSpec` of `pkg/apis/apiextensions/v1/defaults.go` (1.36).

use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::server_rules::content::names;
use crate::yaml::NodeRef;
use std::borrow::Cow;

/// The names of a definition, with the server's defaults.
pub(super) struct Names<'t> {
    node: Option<NodeRef<'t>>,
    /// `plural`
    pub plural: &'t str,
    singular: Cow<'t, str>,
    kind: &'t str,
    list_kind: Cow<'t, str>,
}

impl<'t> Names<'t> {
    /// Reads `spec.names`: the singular name is the kind in lower case, the kind of lists is the kind with `List`.
    pub fn read(node: Option<NodeRef<'t>>) -> Self {
        let kind = node.text("kind");
        let singular = match node.text("singular") {
            "" => Cow::Owned(kind.to_lowercase()),
            singular => Cow::Borrowed(singular),
        };
        let list_kind = match node.text("listKind") {
            "" if kind.is_empty() => Cow::Borrowed(""),
            "" => Cow::Owned(format!("{kind}List")),
            list_kind => Cow::Borrowed(list_kind),
        };
        Self { node, plural: node.text("plural"), singular, kind, list_kind }
    }

    /// Judges them.
    pub fn validate(&self, path: &Path<'_>, errors: &mut FieldErrors) {
        let named: [(&str, &str, bool); 4] = [
            ("plural", self.plural, false),
            ("singular", &self.singular, false),
            ("kind", self.kind, true),
            ("listKind", &self.list_kind, true),
        ];
        for (field, name, _) in named {
            if name.is_empty() {
                errors.required(&path.field(field), "");
            }
        }
        for (field, name, has_mixed_case) in named {
            if name.is_empty() {
                continue;
            }
            let path = path.field(field);
            if has_mixed_case {
                let complaints = names::dns_1035_label(&name.to_lowercase());
                if !complaints.is_empty() {
                    let text = format!("may have mixed case, but should otherwise match: {}", complaints.join(","));
                    errors.invalid(&path, name, &text);
                }
            } else {
                label(name, &path, errors);
            }
        }
        labels(self.node, "shortNames", path, errors);
        if !self.kind.is_empty() && self.kind == self.list_kind {
            errors.invalid(&path.field("listKind"), self.kind, "kind and listKind may not be the same");
        }
        labels(self.node, "categories", path, errors);
    }
}

/// A DNS-1035 label, all complaints in one error.
pub(super) fn label(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let complaints = names::dns_1035_label(name);
    if !complaints.is_empty() {
        errors.invalid(path, name, &complaints.join(","));
    }
}

fn labels(node: Option<NodeRef<'_>>, field: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field(field);
    for (index, name) in node.list(field).into_iter().enumerate() {
        label(name.as_str().unwrap_or_default(), &path.index(index), errors);
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::definition;
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    const LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                         alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', \
                         regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    #[test]
    fn names_are_labels() {
        assert_eq!(errors_of(&definition()), Vec::<String>::new());
        for (field, value, path) in [
            ("singular", json!("An Anchor"), "singular: Invalid value: \"An Anchor\": "),
            ("shortNames", json!(["an", "1"]), "shortNames[1]: Invalid value: \"1\": "),
            ("categories", json!(["all", "Ships"]), "categories[1]: Invalid value: \"Ships\": "),
            (
                "listKind",
                json!("An-"),
                "listKind: Invalid value: \"An-\": may have mixed case, but should otherwise match: ",
            ),
        ] {
            let errors = errors_with(&definition(), &format!("/spec/names/{field}"), Some(value));
            assert_eq!(errors, [format!("spec.names.{path}{LABEL}")]);
        }
    }

    #[test]
    fn a_kind_gives_the_names_that_are_not_written() {
        assert_eq!(
            errors_with(&definition(), "/spec/names/kind", None),
            [
                "spec.names.singular: Required value",
                "spec.names.kind: Required value",
                "spec.names.listKind: Required value",
            ]
        );
        assert_eq!(
            errors_with(&definition(), "/spec/names/listKind", Some(json!("Anchor"))),
            ["spec.names.listKind: Invalid value: \"Anchor\": kind and listKind may not be the same"]
        );
        assert_eq!(errors_with(&definition(), "/spec/names/shortNames", Some(Value::Null)), Vec::<String>::new());
    }
}
