//! Environment variables and where they come from (`ValidateEnv`, `ValidateEnvFrom`).
//!
//! Apart because the same selectors of fields and resources serve volumes of the downward API.

use super::context::Context;
use super::{check, items, visit_containers};
use crate::decode::quantity::Quantity;
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::Path;
use crate::server_rules::content::names;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// Environment variables of containers.
pub static ENVIRONMENT: Rule = Rule {
    id: "api/pod-environment",
    level: Level::Error,
    summary: "the API server refuses an environment variable of a container",
    why: "each variable needs a name and one source: a value, or one well-formed reference",
    docs: include_str!("pod-environment.md"),
};

/// The `env` of one container.
pub(super) fn validate(container: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    for (index, variable) in items(container, "env") {
        let path = path.index(index);
        let name = variable.text("name");
        if name.is_empty() {
            errors.required(&path.field("name"), "");
        } else {
            check::environment_name(name, pod.gates.relaxed_env_names(), &path.field("name"), errors);
        }
        if let Some(source) = variable.get("valueFrom") {
            validate_source(source, variable.text("value"), &path.field("valueFrom"), pod, errors);
        }
    }
}

const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn validate_source(source: NodeRef<'_>, value: &str, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    let mut sources = 0;
    if let Some(field) = source.get("fieldRef") {
        sources += 1;
        field_selector(field, &FIELDS, &path.field("fieldRef"), errors);
    }
    if let Some(resource) = source.get("resourceFieldRef") {
        sources += 1;
        resource_selector(resource, false, &path.field("resourceFieldRef"), errors);
    }
    for reference in ["configMapKeyRef", "secretKeyRef"] {
        if let Some(selector) = source.get(reference) {
            sources += 1;
            let path = path.field(reference);
            check::dns_subdomain(selector.text("name"), &path.field("name"), errors);
            let key = selector.text("key");
            if key.is_empty() {
                errors.required(&path.field("key"), "");
            } else {
                check::data_key(key, &path.field("key"), errors);
            }
        }
    }
    let has_files = pod.gates.env_files();
    if let Some(selector) = source.get("fileKeyRef").filter(|_| has_files) {
        sources += 1;
        file_selector(selector, &path.field("fileKeyRef"), errors);
    }
    if sources == 0 {
        let kinds = if has_files {
            "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        } else {
            "`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
        };
        errors.invalid(path, "", &format!("must specify one of: {kinds}"));
    } else if !value.is_empty() {
        errors.invalid(path, "", "may not be specified when `value` is not empty");
    } else if sources > 1 {
        errors.invalid(path, "", "may not have more than one field specified at a time");
    }
}

fn file_selector(selector: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let key = selector.text("key");
    if key.is_empty() {
        errors.required(&path.field("key"), "");
    } else {
        check::environment_name(key, true, &path.field("key"), errors);
    }
    let volume = selector.text("volumeName");
    if volume.is_empty() {
        errors.required(&path.field("volumeName"), "");
    } else {
        check::dns_label(volume, &path.field("volumeName"), errors);
    }
    let file = selector.text("path");
    if file.is_empty() {
        errors.required(&path.field("path"), "");
    } else {
        check::no_backsteps(file, &path.field("path"), errors);
    }
}

/// `metadata.annotations['key']` taken apart into path and key (`SplitMaybeSubscriptedPath` of
/// `pkg/fieldpath/fieldpath.go`).
fn subscript(field_path: &str) -> Option<(&str, &str)> {
    let (path, key) = field_path.strip_suffix("']")?.split_once("['")?;
    (!path.is_empty()).then_some((path, key))
}

/// What `ConvertDownwardAPIFieldLabel` of `pkg/apis/core/pods/helpers.go` lets through, one of which it renames.
fn convert_label(label: &str) -> Option<&str> {
    match label {
        "spec.host" => Some("spec.nodeName"),
        "metadata.annotations"
        | "metadata.labels"
        | "metadata.name"
        | "metadata.namespace"
        | "metadata.uid"
        | "spec.nodeName"
        | "spec.restartPolicy"
        | "spec.serviceAccountName"
        | "spec.schedulerName"
        | "status.phase"
        | "status.hostIP"
        | "status.hostIPs"
        | "status.podIP"
        | "status.podIPs" => Some(label),
        _ => None,
    }
}

/// A reference to a field of the pod (`validateObjectFieldSelector`); `supported` are the paths without subscript.
pub(super) fn field_selector(selector: NodeRef<'_>, supported: &[&str], path: &Path<'_>, errors: &mut FieldErrors) {
    let version = selector.text_or("apiVersion", "v1");
    let field_path = selector.text("fieldPath");
    if field_path.is_empty() {
        errors.required(&path.field("fieldPath"), "");
        return;
    }
    let mut cannot_convert = |problem: String| {
        errors.invalid(&path.field("fieldPath"), field_path, &format!("error converting fieldPath: {problem}"));
    };
    if version != "v1" {
        cannot_convert(format!("unsupported pod version: {version}"));
        return;
    }
    match subscript(field_path) {
        Some(("metadata.annotations", key)) => {
            for complaint in names::qualified_name(&key.to_lowercase()) {
                errors.invalid(path, &key.to_lowercase(), &complaint);
            }
        }
        Some(("metadata.labels", key)) => check::qualified_name(key, path, errors),
        Some(_) => cannot_convert(format!("field label does not support subscript: {field_path}")),
        None => match convert_label(field_path) {
            None => cannot_convert(format!("field label not supported: {field_path}")),
            Some(label) if !supported.contains(&label) => {
                errors.not_supported(&path.field("fieldPath"), label, supported);
            }
            Some(_) => {}
        },
    }
}

const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

fn is_huge_pages(resource: &str) -> bool {
    resource.starts_with("requests.hugepages-") || resource.starts_with("limits.hugepages-")
}

/// A reference to a resource of a container (`validateContainerResourceFieldSelector`); in a volume it names the
/// container.
pub(super) fn resource_selector(selector: NodeRef<'_>, in_volume: bool, path: &Path<'_>, errors: &mut FieldErrors) {
    let resource = selector.text("resource");
    if in_volume && selector.text("containerName").is_empty() {
        errors.required(&path.field("containerName"), "");
    } else if resource.is_empty() {
        errors.required(&path.field("resource"), "");
    } else if !RESOURCES.contains(&resource) && !is_huge_pages(resource) {
        errors.not_supported(&path.field("resource"), resource, &RESOURCES);
    }
    let divisor = selector.get("divisor").and_then(Quantity::of).and_then(Result::ok);
    let Some(divisor) = divisor.filter(|divisor| !divisor.is_zero()).map(|divisor| divisor.text()) else { return };
    let is_whole_unit = || {
        let bytes = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
        bytes.contains(&divisor.as_str())
    };
    let (is_good, allowed) = match resource {
        "limits.cpu" | "requests.cpu" => {
            (matches!(divisor.as_str(), "1m" | "1"), "1m and 1 are supported with the cpu resource")
        }
        "limits.memory" | "requests.memory" => (
            is_whole_unit(),
            "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource",
        ),
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => (
            is_whole_unit(),
            "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the local ephemeral storage \
             resource",
        ),
        _ if is_huge_pages(resource) => (
            is_whole_unit(),
            "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the hugepages resource",
        ),
        _ => (true, ""),
    };
    if !is_good {
        // The server shows the resource where it means the divisor.
        errors.invalid(&path.field("divisor"), resource, &format!("only divisor's values {allowed}"));
    }
}

/// The `envFrom` of one container.
pub(super) fn validate_from(container: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    for (index, source) in items(container, "envFrom") {
        let element = path.index(index);
        let prefix = source.text("prefix");
        if !prefix.is_empty() {
            check::environment_name(prefix, pod.gates.relaxed_env_names(), &element.field("prefix"), errors);
        }
        let mut sources = 0;
        for reference in ["configMapRef", "secretRef"] {
            if let Some(reference_node) = source.get(reference) {
                sources += 1;
                let name = reference_node.text("name");
                let reference_path = element.field(reference);
                if name.is_empty() {
                    errors.required(&reference_path.field("name"), "");
                } else {
                    check::dns_subdomain_prefix(name, &reference_path.field("name"), errors);
                }
            }
        }
        match sources {
            0 => errors.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => errors.invalid(path, "", "may not have more than one field specified at a time"),
        }
    }
}

/// A variable read from a file needs a volume of type `emptyDir` (`validateFileKeyRefVolumes`).
pub(super) fn file_volumes(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if !pod.gates.env_files() {
        return;
    }
    visit_containers(pod.spec, path, |container, path| {
        for (index, variable) in items(container, "env") {
            let Some(selector) = variable.get("valueFrom").and_then(|source| source.get("fileKeyRef")) else {
                continue;
            };
            let name = selector.text("volumeName");
            let env_path = path.field("env");
            let variable_path = env_path.index(index);
            let source_path = variable_path.field("valueFrom");
            let selector_path = source_path.field("fileKeyRef");
            let name_path = selector_path.field("volumeName");
            // Of volumes that share a name the last one counts, as in a Go map.
            match items(pod.spec, "volumes").filter(|(_, volume)| volume.text("name") == name).last() {
                None => errors.not_found(&name_path, name),
                Some((_, volume)) if !super::volumes::is_empty_dir(volume) => {
                    errors.invalid(&name_path, name, "referenced volume must be of type emptyDir");
                }
                Some(_) => {}
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container, container_errors, spec_errors};
    use serde_json::json;

    #[test]
    fn a_variable_has_a_printable_name_without_equals_sign() {
        assert!(container_errors(json!({"env": [{"name": "1 two-three"}]})).is_empty());
        assert_eq!(
            container_errors(json!({"env": [{"name": "A=B"}, {"value": "x"}]})),
            [
                "spec.containers[0].env[0].name: Invalid value: \"A=B\": a valid environment variable name must \
                 consist only of printable ASCII characters other than '='",
                "spec.containers[0].env[1].name: Required value",
            ]
        );
    }

    #[test]
    fn a_variable_has_one_source() {
        let from = |source: serde_json::Value| container_errors(json!({"env": [{"name": "A", "valueFrom": source}]}));
        assert_eq!(
            from(json!({})),
            ["spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, \
              `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"]
        );
        assert_eq!(
            from(json!({"secretKeyRef": {"name": "s", "key": "k"}, "configMapKeyRef": {"name": "c", "key": ".."}})),
            [
                "spec.containers[0].env[0].valueFrom.configMapKeyRef.key: Invalid value: \"..\": must not be '..'",
                "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not have more than one field \
                 specified at a time",
            ]
        );
        let both = json!({"env": [
            {"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ]});
        assert_eq!(
            container_errors(both),
            ["spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not \
              empty"]
        );
    }

    #[test]
    fn a_field_is_one_that_a_variable_can_show() {
        let from = |path: &str| {
            container_errors(json!({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": path}}}]}))
        };
        assert!(from("metadata.labels['shop.example/tier']").is_empty());
        assert!(from("spec.host").is_empty());
        let at = "spec.containers[0].env[0].valueFrom.fieldRef";
        assert_eq!(
            from("spec.containers"),
            [format!(
                "{at}.fieldPath: Invalid value: \"spec.containers\": error converting fieldPath: field label not \
                 supported: spec.containers"
            )]
        );
        assert_eq!(
            from("status.phase"),
            [format!(
                "{at}.fieldPath: Unsupported value: \"status.phase\": supported values: \"metadata.name\", \
                 \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \
                 \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", \"status.podIPs\""
            )]
        );
        assert_eq!(
            from("metadata.name['x']"),
            [format!(
                "{at}.fieldPath: Invalid value: \"metadata.name['x']\": error converting fieldPath: field label does \
                 not support subscript: metadata.name['x']"
            )]
        );
    }

    #[test]
    fn a_resource_is_shown_in_a_unit_that_divides_it() {
        let from = |divisor: &str| {
            let source = json!({"resourceFieldRef": {"resource": "limits.cpu", "divisor": divisor}});
            container_errors(json!({"env": [{"name": "A", "valueFrom": source}]}))
        };
        assert!(from("1m").is_empty());
        assert!(from("0").is_empty());
        assert_eq!(
            from("2"),
            ["spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: \"limits.cpu\": only \
              divisor's values 1m and 1 are supported with the cpu resource"]
        );
    }

    #[test]
    fn a_file_is_read_from_an_empty_dir() {
        let variable = json!({"env": [{"name": "A", "valueFrom": {
            "fileKeyRef": {"volumeName": "ovens", "path": "../a", "key": "A"},
        }}]});
        let pod = json!({
            "containers": [container(variable)],
            "volumes": [{"name": "ovens", "hostPath": {"path": "/ovens"}}],
        });
        assert_eq!(
            spec_errors(pod),
            [
                "spec.containers[0].env[0].valueFrom.fileKeyRef.path: Invalid value: \"../a\": must not contain '..'",
                "spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Invalid value: \"ovens\": referenced \
                 volume must be of type emptyDir",
            ]
        );
    }

    #[test]
    fn all_of_a_source_comes_from_one_source() {
        assert_eq!(
            container_errors(json!({"envFrom": [{"prefix": "="}]})),
            [
                "spec.containers[0].envFrom[0].prefix: Invalid value: \"=\": a valid environment variable name must \
                 consist only of printable ASCII characters other than '='",
                "spec.containers[0].envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`",
            ]
        );
        // The server masks the last two bytes of a name that ends with a dash.
        assert!(container_errors(json!({"envFrom": [{"secretRef": {"name": "a_-"}}]})).is_empty());
    }
}
