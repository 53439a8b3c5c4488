//! Mounts of volumes in containers, as directories and as devices (`ValidateVolumeMounts`, `ValidateVolumeDevices`).
//!
//! Apart because a mount is judged against the volumes of the pod and the other mounts of its container.

use super::context::Context;
use super::volumes::Volumes;
use super::{bool_of, check, items};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::Path;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;
use std::collections::{HashMap, HashSet};

/// Mounts of volumes.
pub static MOUNTS: Rule = Rule {
    id: "api/pod-mount",
    level: Level::Error,
    summary: "the API server refuses a volume mount or device of a container",
    why: "a mount must name a volume of its pod, and paths and names must not collide in one container",
    docs: include_str!("pod-mount.md"),
};

/// Name to path: of entries that share a name the last counts, as in a Go map.
fn paths_by_name<'t>(container: NodeRef<'t>, list: &str, path: &str) -> HashMap<&'t str, &'t str> {
    items(container, list).map(|(_, entry)| (entry.text("name"), entry.text(path))).collect()
}

/// The `volumeMounts` of one container.
pub(super) fn validate_mounts(
    container: NodeRef<'_>,
    volumes: &Volumes<'_>,
    path: &Path<'_>,
    pod: &Context<'_>,
    errors: &mut FieldErrors,
) {
    if !super::any(container, "volumeMounts") {
        return;
    }
    let devices = paths_by_name(container, "volumeDevices", "devicePath");
    let mut mount_paths = HashSet::new();
    for (index, mount) in items(container, "volumeMounts") {
        let name = mount.text("name");
        if volumes.is_dropped(name) {
            continue;
        }
        let element = path.index(index);
        let mount_path = mount.text("mountPath");
        check::required(name, &element.field("name"), errors);
        if volumes.get(name).is_none() {
            errors.not_found(&element.field("name"), name);
        }
        check::required(mount_path, &element.field("mountPath"), errors);
        if !mount_paths.insert(mount_path) {
            errors.invalid(&element.field("mountPath"), mount_path, "must be unique");
        }
        if devices.contains_key(name) {
            errors.invalid(&element.field("name"), name, "must not already exist in volumeDevices");
        }
        if devices.values().any(|device_path| *device_path == mount_path) {
            let text = "must not already exist as a path in volumeDevices";
            errors.invalid(&element.field("mountPath"), mount_path, text);
        }
        let sub_path = mount.text("subPath");
        if !sub_path.is_empty() {
            check::descending_path(sub_path, &path.field("subPath"), errors);
        }
        let sub_path_expression = mount.text("subPathExpr");
        if !sub_path_expression.is_empty() {
            if !sub_path.is_empty() {
                let text = "subPathExpr and subPath are mutually exclusive";
                errors.invalid(&element.field("subPathExpr"), sub_path_expression, text);
            }
            check::descending_path(sub_path_expression, &path.field("subPathExpr"), errors);
        }
        let propagation = mount.text_pointer("mountPropagation");
        if let Some(propagation) = propagation {
            validate_propagation(propagation, container, &path.field("mountPropagation"), errors);
        }
        if pod.gates.recursive_read_only() {
            validate_recursive(mount, propagation, &path.field("recursiveReadOnly"), errors);
        }
    }
}

fn validate_propagation(propagation: &str, container: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if !matches!(propagation, "Bidirectional" | "HostToContainer" | "None") {
        errors.not_supported(path, propagation, &["Bidirectional", "HostToContainer", "None"]);
    }
    let is_privileged = container.at(&["securityContext", "privileged"]).and_then(NodeRef::as_bool) == Some(true);
    if propagation == "Bidirectional" && !is_privileged {
        errors.forbidden(path, "Bidirectional mount propagation is available only to privileged containers");
    }
}

fn validate_recursive(mount: NodeRef<'_>, propagation: Option<&str>, path: &Path<'_>, errors: &mut FieldErrors) {
    match mount.text_pointer("recursiveReadOnly") {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if bool_of(mount, "readOnly") != Some(true) {
                errors.forbidden(path, "may only be specified when readOnly is true");
            }
            if propagation.is_some_and(|propagation| propagation != "None") {
                errors.forbidden(path, "may only be specified when mountPropagation is None or not specified");
            }
        }
        Some(other) => errors.not_supported(path, other, &["Disabled", "IfPossible", "Enabled"]),
    }
}

/// The `volumeDevices` of one container.
pub(super) fn validate_devices(
    container: NodeRef<'_>,
    volumes: &Volumes<'_>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    if !super::any(container, "volumeDevices") {
        return;
    }
    let mounts: HashMap<&str, &str> = paths_by_name(container, "volumeMounts", "mountPath")
        .into_iter()
        .filter(|(name, _)| !volumes.is_dropped(name))
        .collect();
    let mut names = HashSet::new();
    let mut device_paths = HashSet::new();
    for (index, device) in items(container, "volumeDevices") {
        let element = path.index(index);
        let name = device.text("name");
        let device_path = device.text("devicePath");
        check::required(name, &element.field("name"), errors);
        if names.contains(name) {
            errors.invalid(&element.field("name"), name, "must be unique");
        }
        match volumes.get(name) {
            None => errors.not_found(&element.field("name"), name),
            Some(volume) if !volume.is_claim() => {
                let text = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                errors.invalid(&element.field("name"), name, text);
            }
            Some(_) => {}
        }
        check::required(device_path, &element.field("devicePath"), errors);
        if device_paths.contains(device_path) {
            errors.invalid(&element.field("devicePath"), device_path, "must be unique");
        }
        if check::has_backsteps(device_path) {
            errors.invalid(&element.field("devicePath"), device_path, "can not contain backsteps ('..')");
        } else {
            device_paths.insert(device_path);
        }
        if mounts.contains_key(name) {
            errors.invalid(&element.field("name"), name, "must not already exist in volumeMounts");
        }
        if mounts.values().any(|mount_path| *mount_path == device_path) {
            let text = "must not already exist as a path in volumeMounts";
            errors.invalid(&element.field("devicePath"), device_path, text);
        }
        if !name.is_empty() {
            names.insert(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container, spec_errors};
    use serde_json::{Value, json};

    fn errors(changes: Value) -> Vec<String> {
        spec_errors(json!({
            "containers": [container(changes)],
            "volumes": [
                {"name": "tray", "emptyDir": {}},
                {"name": "store", "persistentVolumeClaim": {"claimName": "flour"}},
            ],
        }))
    }

    #[test]
    fn a_mount_names_a_volume_and_a_path_of_its_own() {
        assert_eq!(
            errors(json!({"volumeMounts": [
                {"name": "tray", "mountPath": "/a"},
                {"name": "shelf", "mountPath": "/a"},
                {"mountPath": "/b", "name": "tray", "subPath": "/x", "subPathExpr": "y/.."},
            ]})),
            [
                "spec.containers[0].volumeMounts[1].name: Not found: \"shelf\"",
                "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique",
                "spec.containers[0].volumeMounts.subPath: Invalid value: \"/x\": must be a relative path",
                "spec.containers[0].volumeMounts[2].subPathExpr: Invalid value: \"y/..\": subPathExpr and subPath are \
                 mutually exclusive",
                "spec.containers[0].volumeMounts.subPathExpr: Invalid value: \"y/..\": must not contain '..'",
            ]
        );
    }

    #[test]
    fn mounts_spread_both_ways_from_privileged_containers_only() {
        let mount = json!({"name": "tray", "mountPath": "/a", "mountPropagation": "Bidirectional"});
        assert_eq!(
            errors(json!({"volumeMounts": [mount]})),
            ["spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is \
              available only to privileged containers"]
        );
        assert!(errors(json!({"volumeMounts": [mount], "securityContext": {"privileged": true}})).is_empty());
    }

    #[test]
    fn only_a_read_only_mount_is_read_only_throughout() {
        assert_eq!(
            errors(json!({"volumeMounts": [{"name": "tray", "mountPath": "/a", "recursiveReadOnly": "Enabled"}]})),
            ["spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is \
              true"]
        );
    }

    #[test]
    fn a_device_is_a_claim_and_not_mounted_as_well() {
        assert_eq!(
            errors(json!({
                "volumeMounts": [{"name": "store", "mountPath": "/a"}],
                "volumeDevices": [
                    {"name": "tray", "devicePath": "/dev/../x"},
                    {"name": "store", "devicePath": "/dev/y"},
                ],
            })),
            [
                "spec.containers[0].volumeMounts[0].name: Invalid value: \"store\": must not already exist in \
                 volumeDevices",
                "spec.containers[0].volumeDevices[0].name: Invalid value: \"tray\": can only use volume source type \
                 of PersistentVolumeClaim or Ephemeral for block mode",
                "spec.containers[0].volumeDevices[0].devicePath: Invalid value: \"/dev/../x\": can not contain \
                 backsteps ('..')",
                "spec.containers[0].volumeDevices[1].name: Invalid value: \"store\": must not already exist in \
                 volumeMounts",
            ]
        );
    }
}
