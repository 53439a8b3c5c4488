//! The three lists of containers: regular, init (sidecars among them) and ephemeral (`validateContainers`,
//! `validateInitContainers`, `validateEphemeralContainers`, `validateContainerCommon`).
//!
//! Apart because what a container may have depends on the list it stands in.

use super::context::Context;
use super::volumes::Volumes;
use super::{any, check, environment, handlers, items, mounts, name_of, ports, resources, restart, security_context};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::Path;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;
use std::collections::HashSet;

/// Containers.
pub static CONTAINERS: Rule = Rule {
    id: "api/pod-container",
    level: Level::Error,
    summary: "the API server refuses a container",
    why: "a pod needs at least one container; each needs an image and a name of its own, and well-formed fields",
    docs: include_str!("pod-container.md"),
};

/// `containers`
pub(super) fn validate_regular(pod: &Context<'_>, volumes: &Volumes<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if !any(pod.spec, "containers") {
        errors.required(path, "");
        return;
    }
    let mut names = HashSet::new();
    for (index, container) in items(pod.spec, "containers") {
        let path = path.index(index);
        validate_common(container, volumes, &path, pod, errors);
        if !names.insert(name_of(container)) {
            errors.duplicate(&path.field("name"), name_of(container));
        }
        errors.under(&handlers::HANDLERS, |errors| {
            if let Some(lifecycle) = handlers::lifecycle(container) {
                handlers::validate_lifecycle(lifecycle, &path.field("lifecycle"), pod, errors);
            }
            handlers::validate_probes(container, &path, pod, errors);
        });
        restart::validate(container, &path, pod, errors);
    }
    ports::host_port_conflicts(items(pod.spec, "containers").map(|(_, container)| container), path, pod, errors);
}

/// `initContainers`
pub(super) fn validate_init(pod: &Context<'_>, volumes: &Volumes<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let mut names: HashSet<&str> = items(pod.spec, "containers").map(|(_, container)| name_of(container)).collect();
    for (index, container) in items(pod.spec, "initContainers") {
        let element = path.index(index);
        validate_common(container, volumes, &element, pod, errors);
        restart::validate_init(container, &element, pod, errors);
        let name = name_of(container);
        if names.contains(name) {
            errors.duplicate(&element.field("name"), name);
        } else if !name.is_empty() {
            names.insert(name);
        }
        // Init containers run one by one, so each is compared with itself only.
        ports::host_port_conflicts(std::iter::once(container), path, pod, errors);
        let is_sidecar = restart::is_sidecar(container, pod);
        errors.under(&handlers::HANDLERS, |errors| {
            if is_sidecar {
                if let Some(lifecycle) = handlers::lifecycle(container) {
                    handlers::validate_lifecycle(lifecycle, &element.field("lifecycle"), pod, errors);
                }
                handlers::validate_probes(container, &element, pod, errors);
            } else {
                forbid_handlers(container, &element, pod, errors);
            }
        });
        if !is_sidecar && pod.gates.init_resize_is_judged() {
            let list = element.field("resizePolicy");
            for (index, policy) in items(container, "resizePolicy") {
                if policy.text("restartPolicy") == "RestartContainer" {
                    let text = "must not be set to 'RestartContainer' for non-sidecar initContainers";
                    errors.invalid(&list.index(index).field("restartPolicy"), "RestartContainer", text);
                }
            }
        }
    }
}

fn forbid_handlers(container: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    let text = if pod.gates.sidecar_containers() {
        "may not be set for init containers without restartPolicy=Always"
    } else {
        "may not be set for init containers"
    };
    if handlers::lifecycle(container).is_some() {
        errors.forbidden(&path.field("lifecycle"), text);
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if container.has(probe) {
            errors.forbidden(&path.field(probe), text);
        }
    }
}

/// `ephemeralContainers`, which no manifest may have; what else is wrong with them is told nevertheless.
pub(super) fn validate_ephemeral(pod: &Context<'_>, volumes: &Volumes<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let others: HashSet<&str> = items(pod.spec, "containers")
        .chain(items(pod.spec, "initContainers"))
        .map(|(_, container)| name_of(container))
        .collect();
    let mut names = others.clone();
    for (index, container) in items(pod.spec, "ephemeralContainers") {
        let path = path.index(index);
        validate_common(container, volumes, &path, pod, errors);
        validate_image_of_pod(container, &path, errors);
        if !names.insert(name_of(container)) {
            errors.duplicate(&path.field("name"), name_of(container));
        }
        let target = container.text("targetContainerName");
        if !target.is_empty() && !others.contains(target) {
            errors.not_found(&path.field("targetContainerName"), target);
        }
        let refused = [
            "ports",
            "resources",
            "resizePolicy",
            "restartPolicy",
            "restartPolicyRules",
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
            "lifecycle",
        ];
        for field in refused {
            let is_set = match field {
                // A struct held by value: set once something in it is.
                "resources" => {
                    container.get(field).is_some_and(|value| value.entries().any(|entry| !entry.value.is_null()))
                }
                _ => container.has(field),
            };
            if is_set {
                errors.forbidden(&path.field(field), "cannot be set for an Ephemeral Container");
            }
        }
        let mounts_path = path.field("volumeMounts");
        for (index, mount) in items(container, "volumeMounts") {
            for field in ["subPath", "subPathExpr"] {
                if !mount.text(field).is_empty() {
                    let text = "cannot be set for an Ephemeral Container";
                    errors.forbidden(&mounts_path.index(index).field(field), text);
                }
            }
        }
    }
}

fn validate_common(
    container: NodeRef<'_>,
    volumes: &Volumes<'_>,
    path: &Path<'_>,
    pod: &Context<'_>,
    errors: &mut FieldErrors,
) {
    let name = name_of(container);
    if name.is_empty() {
        errors.required(&path.field("name"), "");
    } else {
        check::dns_label(name, &path.field("name"), errors);
    }
    check::required(container.text("image"), &path.field("image"), errors);
    let message_policy = container.text_or("terminationMessagePolicy", "File");
    if !matches!(message_policy, "File" | "FallbackToLogsOnError") {
        let policies = ["File", "FallbackToLogsOnError"];
        errors.not_supported_in_order(&path.field("terminationMessagePolicy"), message_policy, &policies);
    }
    ports::validate(container, &path.field("ports"), pod, errors);
    errors.under(&environment::ENVIRONMENT, |errors| {
        environment::validate(container, &path.field("env"), pod, errors);
        environment::validate_from(container, &path.field("envFrom"), pod, errors);
    });
    errors.under(&mounts::MOUNTS, |errors| {
        mounts::validate_mounts(container, volumes, &path.field("volumeMounts"), pod, errors);
        mounts::validate_devices(container, volumes, &path.field("volumeDevices"), errors);
    });
    validate_pull_policy(container.text("imagePullPolicy"), &path.field("imagePullPolicy"), errors);
    errors.under(&resources::RESOURCES, |errors| {
        if let Some(requirements) = container.get("resources") {
            resources::validate_container(requirements, &path.field("resources"), pod, errors);
        }
        restart::validate_resize(container, &path.field("resizePolicy"), pod, errors);
    });
    if let Some(context) = container.get("securityContext") {
        errors.under(&security_context::SECURITY_CONTEXT, |errors| {
            security_context::validate_container(context, &path.field("securityContext"), pod, errors);
        });
    }
}

/// When to pull an image; the empty policy has a default.
pub(super) fn validate_pull_policy(policy: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if !matches!(policy, "" | "Always" | "IfNotPresent" | "Never") {
        errors.not_supported(path, policy, &["Always", "IfNotPresent", "Never"]);
    }
}

/// In a Pod, not in a template, the image must not be padded (`validateContainerOnlyForPod`).
pub(super) fn validate_image_of_pod(container: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let image = container.text("image");
    if image.trim() != image {
        errors.invalid(&path.field("image"), image, "must not have leading or trailing whitespace");
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container, container_errors, spec_errors};
    use serde_json::json;

    #[test]
    fn a_pod_has_a_container() {
        assert_eq!(spec_errors(json!({"containers": []})), ["spec.containers: Required value"]);
    }

    #[test]
    fn a_container_has_a_name_of_its_own_and_an_image() {
        assert_eq!(
            spec_errors(json!({"containers": [container(json!({})), {"name": "oven"}], "initContainers": [{}]})),
            [
                "spec.containers[1].image: Required value",
                "spec.containers[1].name: Duplicate value: \"oven\"",
                "spec.initContainers[0].name: Required value",
                "spec.initContainers[0].image: Required value",
            ]
        );
        assert_eq!(
            container_errors(json!({"image": " oven", "imagePullPolicy": "Now", "terminationMessagePolicy": "None"})),
            [
                "spec.containers[0].terminationMessagePolicy: Unsupported value: \"None\": supported values: \
                 \"File\", \"FallbackToLogsOnError\"",
                "spec.containers[0].imagePullPolicy: Unsupported value: \"Now\": supported values: \"Always\", \
                 \"IfNotPresent\", \"Never\"",
                "spec.containers[0].image: Invalid value: \" oven\": must not have leading or trailing whitespace",
            ]
        );
    }

    #[test]
    fn only_a_sidecar_among_init_containers_is_probed() {
        let probed = |policy: &str| {
            let changes = json!({"name": "starter", "livenessProbe": {"tcpSocket": {"port": 1}}});
            let mut starter = container(changes);
            if !policy.is_empty() {
                starter["restartPolicy"] = policy.into();
            }
            spec_errors(json!({"initContainers": [starter]}))
        };
        assert!(probed("Always").is_empty());
        assert_eq!(
            probed(""),
            ["spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without \
              restartPolicy=Always"]
        );
    }

    #[test]
    fn ephemeral_containers_are_not_made_with_the_pod() {
        let debugger = container(json!({"name": "debug", "ports": [{"containerPort": 1}], "targetContainerName": "x"}));
        assert_eq!(
            spec_errors(json!({"ephemeralContainers": [debugger]})),
            [
                "spec.ephemeralContainers[0].targetContainerName: Not found: \"x\"",
                "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
                "spec.ephemeralContainers: Forbidden: cannot be set on create",
            ]
        );
    }
}
