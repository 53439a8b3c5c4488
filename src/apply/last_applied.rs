//! How long kubectl's last-applied annotation is.
//!
//! Apart because it is kubectl that adds it, and the API server that refuses what is too long with it.
//! Source: `GetModifiedConfiguration` of kubectl `pkg/util/apply.go` (1.36).

use crate::finding::{Finding, Level, Rule};
use crate::object::view::View as _;
use crate::server_rules::metadata::{LAST_APPLIED, TOO_LARGE_TO_APPLY};
use crate::yaml::{Escape, NodeRef, write_json};

/// As [`TOO_LARGE_TO_APPLY`], where nobody said that it is client-side apply.
pub static SERVER_SIDE_ONLY: Rule = Rule {
    id: "apply/server-side-only",
    level: Level::Warning,
    summary: "the object is too large for client-side apply",
    why: TOO_LARGE_TO_APPLY.why,
    docs: include_str!("server-side-only.md"),
};

/// Makes warnings of what only client-side apply is refused for: for objects of which nobody said how they are applied.
pub fn warn_only(findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| finding.rule.id == TOO_LARGE_TO_APPLY.id) {
        finding.rule = &SERVER_SIDE_ONLY;
        finding.level = SERVER_SIDE_ONLY.level;
        finding.message = format!("kubectl apply without --server-side would be refused: {}", finding.message);
    }
}

/// The length in bytes of the annotation's value: the object as JSON, without this annotation, with the namespace that
/// kubectl puts in, and with a line feed.
pub fn length(root: NodeRef<'_>, namespace: Option<&str>) -> usize {
    let json = |node: NodeRef<'_>| write_json(node, Escape::Html).len();
    let mut length = json(root) + 1;
    let metadata = root.get("metadata");
    if let Some(namespace) = namespace.filter(|_| metadata.text("namespace").is_empty()) {
        let key = if metadata.has("namespace") { 0 } else { r#""namespace":"","#.len() };
        length += key + namespace.len();
    }
    match metadata.and_then(|metadata| metadata.get("annotations")) {
        None => length += r#""annotations":{},"#.len(),
        Some(annotations) => {
            if let Some(entry) = annotations.entry(LAST_APPLIED) {
                let comma = usize::from(annotations.len() > 1);
                length -= LAST_APPLIED.len() + r#""":"#.len() + json(entry.value) + comma;
            }
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::length;
    use crate::server_rules::testing::object;
    use serde_json::json;

    #[test]
    fn it_is_the_object_as_kubectl_sends_it() {
        let plain = object(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tides"}}));
        let written = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"annotations":{},"name":"tides"}}"#;
        assert_eq!(length(plain.root(), None), written.len() + 1);
        let placed = written.replace("\"name\":\"tides\"", "\"name\":\"tides\",\"namespace\":\"coast\"");
        assert_eq!(length(plain.root(), Some("coast")), placed.len() + 1);
    }

    #[test]
    fn an_older_one_is_left_out() {
        let applied = "kubectl.kubernetes.io/last-applied-configuration";
        let metadata =
            json!({"name": "tides", "namespace": "coast", "annotations": {applied: "{\"a\":1}\n", "b": "<"}});
        let older = object(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}));
        let written = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"annotations":{"b":"\u003c"},"name":"tides","namespace":"coast"}}"#;
        assert_eq!(length(older.root(), Some("coast")), written.len() + 1);
    }
}
