//! Names with which kubectl cannot even ask the server.
//!
//! Apart because kubectl refuses these itself, one object at a time, after the reading and before a request.

use super::Method;
use super::admission::Refusal;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object};

/// `generateName` with an apply.
pub static GENERATE_NAME: Rule = Rule {
    id: "kubectl/generate-name",
    level: Level::Error,
    summary: "generateName cannot be applied",
    why: "apply must know the name to find the object it applied before; only kubectl create accepts generateName",
    docs: include_str!("generate-name.md"),
};

/// No name, or one that no URL can hold.
pub static NO_NAME: Rule = Rule {
    id: "kubectl/name",
    level: Level::Error,
    summary: "the object has no name that kubectl can ask for",
    why: "kubectl reads the object by its name before it applies it, and refuses a name it cannot put into a URL",
    docs: include_str!("name.md"),
};

/// Whether the server is to make up the name.
pub fn is_generated(object: &Object) -> bool {
    let metadata = object.root().get("metadata");
    metadata.is_some_and(|metadata| metadata.text("name").is_empty() && !metadata.text("generateName").is_empty())
}

/// Refuses an object by its name alone. Source: `pkg/cmd/apply/apply.go` and `rest/request.go` of client-go (1.36).
pub fn refuse(object: &Object, method: Method) -> Option<Refusal> {
    let metadata = |field| object.root().get("metadata").map(|metadata| metadata.text(field)).unwrap_or_default();
    let name = metadata("name");
    let generated = metadata("generateName");
    let creates = matches!(method, Method::KubectlCreate | Method::Helm);
    if name.is_empty() && !generated.is_empty() {
        if creates {
            return None;
        }
        let message = format!("from {generated}: cannot use generate name with apply");
        let finding =
            Finding::in_object(&GENERATE_NAME, &message, object, FieldPath::of(&["metadata", "generateName"]));
        return Some((message, finding.with_help("give it a metadata.name, or create it with kubectl create")));
    }
    let field = FieldPath::of(&["metadata", "name"]);
    if name.is_empty() {
        let message = if creates {
            "metadata.name: Required value: name or generateName is required".to_owned()
        } else {
            "resource name may not be empty".to_owned()
        };
        let finding = Finding::in_object(&NO_NAME, &message, object, field);
        return Some((message, finding.with_help("add metadata.name")));
    }
    let problem = match name {
        "." => "may not be '.'",
        ".." => "may not be '..'",
        _ if name.contains('/') => "may not contain '/'",
        _ if name.contains('%') => "may not contain '%'",
        _ => return None,
    };
    let message = format!("invalid resource name \"{name}\": [{problem}]");
    let finding = Finding::in_object(&NO_NAME, &message, object, field);
    Some((message, finding))
}
