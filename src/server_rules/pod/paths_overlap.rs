//! Files of one volume that would be written over each other (`warningsForOverlappingVirtualPaths` of
//! `pkg/api/pod/warnings.go`, 1.36).
//!
//! Apart because it is the one warning that needs a search of its own.

use super::items;
use crate::go_quote::go_quote;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// A file, and the source it comes from where there are several.
struct File<'t> {
    path: &'t str,
    source: String,
}

impl File<'_> {
    fn shown(&self) -> String {
        let path = go_quote(self.path);
        if self.source.is_empty() { path } else { format!("{path} ({})", self.source) }
    }
}

/// The server's warnings about one volume.
pub(super) fn of_volume(volume: NodeRef<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    let name = go_quote(volume.text("name"));
    let plain =
        [("configMap", Some(("ConfigMap", "name"))), ("secret", Some(("Secret", "secretName"))), ("downwardAPI", None)];
    for (field, described) in plain {
        let Some(source) = volume.get(field) else { continue };
        let description = described.map_or_else(
            || "DownwardAPI".to_owned(),
            |(kind, name_field)| format!("{kind} {}", go_quote(source.text(name_field))),
        );
        let mut files = Vec::new();
        for file in files_of(source, "") {
            collide(file, &mut files, |overlap| {
                warnings.push(format!("volume {name} ({description}): overlapping paths: {overlap}"));
            });
        }
    }
    let Some(projected) = volume.get("projected") else { return warnings };
    let mut files = Vec::new();
    for (_, source) in items(projected, "sources") {
        let kinds = ["configMap", "secret", "downwardAPI", "serviceAccountToken"];
        let Some(kind) = kinds.into_iter().find(|kind| source.has(kind)) else {
            warnings.push(format!("volume {name} (Projected) has no sources provided"));
            continue;
        };
        let Some(node) = source.get(kind) else { continue };
        let of_source = match kind {
            "configMap" => files_of(node, &format!("ConfigMap {}", go_quote(node.text("name")))),
            "secret" => files_of(node, &format!("Secret {}", go_quote(node.text("name")))),
            "downwardAPI" => files_of(node, "DownwardAPI"),
            _ => vec![File { path: node.text("path"), source: "ServiceAccountToken".to_owned() }],
        };
        for file in of_source {
            collide(file, &mut files, |overlap| {
                warnings.push(format!("volume {name} (Projected): overlapping paths: {overlap}"));
            });
        }
    }
    warnings
}

fn files_of<'t>(source: NodeRef<'t>, described: &str) -> Vec<File<'t>> {
    items(source, "items").map(|(_, item)| File { path: item.text("path"), source: described.to_owned() }).collect()
}

/// Reports each earlier file that lies at, above or below a new one, and keeps the new one.
fn collide<'t>(mut file: File<'t>, earlier: &mut Vec<File<'t>>, mut report: impl FnMut(String)) {
    file.path = file.path.trim_end_matches('/');
    if !file.path.is_empty() {
        for other in earlier.iter().filter(|other| !other.path.is_empty()) {
            let contains = |outer: &str, inner: &str| {
                inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if contains(file.path, other.path) || contains(other.path, file.path) {
                report(format!("{} with {}", file.shown(), other.shown()));
            }
        }
    }
    earlier.push(file);
}

#[cfg(test)]
mod tests {
    use super::super::testing::spec_warnings;
    use serde_json::json;

    #[test]
    fn a_file_is_not_a_directory_as_well() {
        let items = json!([{"key": "a", "path": "x"}, {"key": "b", "path": "x/y"}, {"key": "c", "path": "xy"}]);
        assert_eq!(
            spec_warnings(json!({"volumes": [{"name": "v", "configMap": {"name": "c", "items": items}}]})),
            ["volume \"v\" (ConfigMap \"c\"): overlapping paths: \"x/y\" with \"x\""]
        );
        assert_eq!(
            spec_warnings(json!({"volumes": [{"name": "v", "projected": {"sources": [
                {},
                {"serviceAccountToken": {"path": "t"}},
                {"secret": {"name": "s", "items": [{"key": "k", "path": "t/"}]}},
            ]}}]})),
            [
                "volume \"v\" (Projected) has no sources provided",
                "volume \"v\" (Projected): overlapping paths: \"t\" (Secret \"s\") with \"t\" (ServiceAccountToken)",
            ]
        );
    }
}
