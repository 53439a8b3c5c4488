//! Projected volumes: several sources in one directory (`validateProjectionSources`).
//!
//! Apart because its sources have rules of their own, and share one set of paths.
//!
//! Sources `clusterTrustBundle` and `podCertificate` are dropped before validation, for their gates
//! (`ClusterTrustBundleProjection`, `PodCertificateRequest`) are off by default in every minor up to 1.36.

use super::context::Context;
use super::volume_sources::{downward_api_file, key_to_path};
use super::{check, items};
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;
use std::collections::HashSet;

const CONFLICT: &str = "conflicting duplicate paths";

pub(super) fn validate(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    check::file_mode(source.int("defaultMode"), &path.field("defaultMode"), errors);
    let mut paths: HashSet<&str> = HashSet::new();
    let sources_path = path.field("sources");
    for (index, source) in items(source, "sources") {
        let element = sources_path.index(index);
        let mut sources = 0;
        for kind in ["secret", "configMap"] {
            let Some(keys) = source.get(kind) else { continue };
            sources += 1;
            let kind_path = element.field(kind);
            let name = keys.text("name");
            check::required(name, &kind_path.field("name"), errors);
            let items_path = kind_path.field("items");
            for (index, item) in items(keys, "items") {
                key_to_path(item, &items_path.index(index), errors);
                let file = item.text("path");
                if !file.is_empty() && !paths.insert(file) {
                    errors.invalid(path, name, CONFLICT);
                }
            }
        }
        if let Some(files) = source.get("downwardAPI") {
            sources += 1;
            for (_, file) in items(files, "items") {
                downward_api_file(file, &element.field("downwardAPI"), errors);
                let file = file.text("path");
                if !file.is_empty() && !paths.insert(file) {
                    errors.invalid(path, file, CONFLICT);
                }
            }
        }
        if let Some(token) = source.get("serviceAccountToken") {
            sources += 1;
            let token_path = element.field("serviceAccountToken");
            let expiration_path = token_path.field("expirationSeconds");
            let seconds = token.int("expirationSeconds").unwrap_or(3600);
            if seconds < 600 {
                errors.invalid(&expiration_path, &seconds, "may not specify a duration less than 10 minutes");
            }
            if seconds > 1 << 32 {
                errors.invalid(&expiration_path, &seconds, "may not specify a duration larger than 2^32 seconds");
            }
            // The server leaves the source out of this path.
            let file = token.text("path");
            if file.is_empty() {
                errors.required(&path.field("path"), "");
            } else {
                check::non_reserved_path(file, &path.field("path"), errors);
            }
        }
        if sources > 1 {
            errors.forbidden(&element, "may not specify more than 1 volume type per source");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::spec_errors;
    use serde_json::json;

    #[test]
    fn sources_share_one_set_of_paths() {
        assert_eq!(
            spec_errors(json!({"volumes": [{"name": "tray", "projected": {"sources": [
                {"secret": {"name": "s", "items": [{"key": "k", "path": "a"}]}},
                {"configMap": {"name": "c", "items": [{"key": "k", "path": "a"}]}, "secret": {}},
                {"serviceAccountToken": {"path": "../t", "expirationSeconds": 60}},
                {"clusterTrustBundle": {"path": "/is/dropped"}},
            ]}}]})),
            [
                "spec.volumes[0].projected.sources[1].secret.name: Required value",
                "spec.volumes[0].projected: Invalid value: \"c\": conflicting duplicate paths",
                "spec.volumes[0].projected.sources[1]: Forbidden: may not specify more than 1 volume type per source",
                "spec.volumes[0].projected.sources[2].serviceAccountToken.expirationSeconds: Invalid value: 60: may \
                 not specify a duration less than 10 minutes",
                "spec.volumes[0].projected.path: Invalid value: \"../t\": must not contain '..'",
            ]
        );
    }
}
