//! `PersistentVolume`: how much there is, who may use it, and what it stands on.

use super::persistent_volume_sources::{SOURCES, validate_source};
use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::{names, one_of, report, resource_name};
use crate::server_rules::pod::validate_node_selector;
use crate::yaml::NodeRef;

/// A `PersistentVolume`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/persistent-volume",
    level: Level::Error,
    summary: "a PersistentVolume's capacity, access or backing is not valid",
    why: "a volume stands on exactly one thing and says how much of it there is and who may use it",
    docs: include_str!("persistent-volume.md"),
};

/// Values of a node affinity must be label values since then. Source: `pkg/apis/core/validation/validation.go` (1.32, 1.33).
const JUDGES_VALUES: Minor = Minor(33);

const MOUNT_OPTIONS: &str = "volume.beta.kubernetes.io/mount-options";
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";
const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const CLASS: &str = "volumeAttributesClassName";

/// Judges a `PersistentVolume` on creation (`ValidatePersistentVolume`, and `checkMountOption` of
/// `pkg/volume/validation/pv_validation.go`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let root = judge.root;
    let spec = root.get("spec");
    let path = Path::ROOT.field("spec");
    let name = root.get("metadata").text("name");
    validate_spec(spec, name, judge.minor, &path, &mut judge.errors);
    let takes_options = SOURCES.iter().any(|source| source.takes_mount_options && spec.has(source.field));
    let annotations = root.at(&["metadata", "annotations"]);
    if annotations.has(MOUNT_OPTIONS) && !takes_options {
        judge.errors.forbidden(
            &Path::ROOT.field("metadata").field("annotations").field(MOUNT_OPTIONS),
            "may not specify mount options for this volume type",
        );
    }
    warn(spec, annotations, &path, judge);
}

/// `ValidatePersistentVolumeSpec` of a volume of its own.
fn validate_spec(spec: Option<NodeRef<'_>>, name: &str, minor: Minor, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_access_modes(spec, path, errors);
    validate_capacity(spec, &path.field("capacity"), errors);
    let policy = spec.text("persistentVolumeReclaimPolicy");
    let policy_path = path.field("persistentVolumeReclaimPolicy");
    if !policy.is_empty() {
        one_of(policy, &["Delete", "Recycle", "Retain"], &policy_path, errors);
    }
    let affinity = spec.and_then(|spec| spec.get("nodeAffinity"));
    if let Some(affinity) = affinity {
        let path = path.field("nodeAffinity");
        match affinity.get("required") {
            Some(required) => validate_node_selector(required, minor < JUDGES_VALUES, &path.field("required"), errors),
            None => errors.required(&path.field("required"), "must specify required node constraints"),
        }
    }
    validate_sources(spec, name, affinity.is_some(), minor, path, errors);
    if policy == "Recycle"
        && spec.and_then(|spec| spec.get("hostPath")).is_some_and(|host_path| is_root(host_path.text("path")))
    {
        errors.forbidden(&policy_path, "may not be 'recycle' for a hostPath mount of '/'");
    }
    let class = spec.text("storageClassName");
    if !class.is_empty() {
        report(names::dns_1123_subdomain(class), &path.field("storageClassName"), class, errors);
    }
    if let Some(mode) = spec.text_pointer("volumeMode") {
        one_of(mode, &["Block", "Filesystem"], &path.field("volumeMode"), errors);
    }
    // VolumeAttributesClass is on by default since 1.34; before, the field is dropped.
    if let Some(class) = spec.text_pointer(CLASS).filter(|_| minor >= Minor(34)) {
        if class.is_empty() {
            errors.required(&path.field(CLASS), "an empty string is disallowed");
        } else {
            report(names::dns_1123_subdomain(class), &path.field(CLASS), class, errors);
        }
        if !spec.has("csi") {
            errors.required(&path.field("csi"), "has to be specified when using volumeAttributesClassName");
        }
    }
}

/// The spec of a volume that stands inside a `VolumeAttachment` (`ValidatePersistentVolumeSpec` with
/// `validateInlinePersistentVolumeSpec`): only what CSI needs may be there.
pub(in crate::server_rules) fn validate_inline(
    spec: NodeRef<'_>,
    minor: Minor,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    const INLINE: &str = "may not be specified in the context of inline volumes";
    let forbid = |field: &str, errors: &mut FieldErrors| errors.forbidden(&path.field(field), INLINE);
    if spec.has("claimRef") {
        forbid("claimRef", errors);
    }
    if spec.get("capacity").is_some_and(|capacity| !capacity.is_empty()) {
        forbid("capacity", errors);
    }
    if !spec.has("csi") {
        errors.required(&path.field("csi"), "has to be specified in the context of inline volumes");
    }
    validate_access_modes(Some(spec), path, errors);
    if !matches!(spec.text("persistentVolumeReclaimPolicy"), "" | "Retain") {
        errors.forbidden(
            &path.field("persistentVolumeReclaimPolicy"),
            "may only be Retain in the context of inline volumes",
        );
    }
    if spec.has("nodeAffinity") {
        forbid("nodeAffinity", errors);
    }
    validate_sources(Some(spec), "", false, minor, path, errors);
    if !spec.text("storageClassName").is_empty() {
        forbid("storageClassName", errors);
    }
    if spec.text_pointer("volumeMode").is_some_and(|mode| mode != "Filesystem") {
        errors.forbidden(
            &path.field("volumeMode"),
            "may not specify volumeMode other than Filesystem in the context of inline volumes",
        );
    }
}

fn validate_access_modes(spec: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let path = path.field("accessModes");
    let modes: Vec<&str> = spec.list("accessModes").into_iter().map(|mode| mode.as_str().unwrap_or_default()).collect();
    if modes.is_empty() {
        errors.required(&path, "");
    }
    for mode in &modes {
        one_of(mode, &ACCESS_MODES, &path, errors);
    }
    let is_alone = |mode: &&str| *mode == "ReadWriteOncePod";
    if modes.iter().any(is_alone) && modes.iter().any(|mode| !is_alone(mode) && ACCESS_MODES.contains(mode)) {
        errors.forbidden(&path, "may not use ReadWriteOncePod with other access modes");
    }
}

fn validate_capacity(spec: Option<NodeRef<'_>>, path: &Path<'_>, errors: &mut FieldErrors) {
    let entries = spec.and_then(|spec| spec.get("capacity")).into_iter().flat_map(NodeRef::entries);
    let amounts: Vec<_> =
        entries.filter_map(|entry| Some((entry.name(), resource_name::amount(entry.value)?))).collect();
    if amounts.is_empty() {
        errors.required(path, "");
    }
    if amounts.len() != 1 || amounts[0].0 != "storage" {
        let shown: Vec<String> =
            amounts.iter().map(|(name, amount)| format!("\"{name}\":\"{}\"", amount.text())).collect();
        errors.not_supported(path, &Verbatim(&format!("{{{}}}", shown.join(","))), &["storage"]);
    }
    for (name, amount) in &amounts {
        if let Some(value) = amount.value().filter(|_| amount.is_negative()) {
            errors.invalid(&path.key(name), &value, "must be a valid resource quantity");
        }
        if amount.sign() <= 0 {
            errors.invalid(&path.key(name), &amount.text(), "must be greater than zero");
        }
    }
}

fn validate_sources(
    spec: Option<NodeRef<'_>>,
    name: &str,
    has_affinity: bool,
    minor: Minor,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let mut count = 0;
    for source in &SOURCES {
        let Some(node) = spec.and_then(|spec| spec.get(source.field)) else { continue };
        // The server forgets to count before it looks at this one.
        if count > 0 && source.field != "flexVolume" {
            errors.forbidden(&path.field(source.forbidden_path), "may not specify more than 1 volume type");
            continue;
        }
        count += 1;
        validate_source(source, node, name, minor, &path.field(source.path), errors);
        if source.field == "local" && !has_affinity {
            errors.required(&path.field("nodeAffinity"), "Local volume requires node affinity");
        }
    }
    if count == 0 {
        errors.required(path, "must specify a volume type");
    }
}

/// Whether a path is `/` once it is cleaned as Go's `path.Clean` does.
fn is_root(text: &str) -> bool {
    let mut depth = 0usize;
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => depth = depth.saturating_sub(1),
            _ => depth += 1,
        }
    }
    text.starts_with('/') && depth == 0
}

/// `GetWarningsForPersistentVolume` of `pkg/api/persistentvolume/util.go`, node labels apart.
fn warn(spec: Option<NodeRef<'_>>, annotations: Option<NodeRef<'_>>, path: &Path<'_>, judge: &mut Judge<'_>) {
    const GONE: [(&str, &str, &str); 6] = [
        ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
        ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ];
    let metadata = Path::ROOT.field("metadata");
    let annotations_path = metadata.field("annotations");
    for (key, text) in [
        (CLASS_ANNOTATION, "deprecated since v1.8; use \"storageClassName\" attribute instead"),
        (MOUNT_OPTIONS, "deprecated since v1.31; use \"mountOptions\" attribute instead"),
    ] {
        if annotations.has(key) {
            let path = annotations_path.key(key);
            let text = format!("{path}: {text}");
            judge.warn(&path, text);
        }
    }
    if spec.text("persistentVolumeReclaimPolicy") == "Recycle" {
        let path = path.field("persistentVolumeReclaimPolicy");
        let text = format!(
            "{path}: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic \
             provisioning."
        );
        judge.warn(&path, text);
    }
    for (field, shown, text) in GONE {
        if spec.has(field) {
            let text = format!("{}: {text}", path.field(shown));
            judge.warn(&path.field(field), text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_root;
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn volume() -> Value {
        json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "hold"},
            "spec": {
                "capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce"],
                "nfs": {"server": "pier.example", "path": "/hold"},
            },
        })
    }

    #[test]
    fn a_volume_stands_on_one_thing() {
        assert_eq!(errors_of(&volume()), Vec::<String>::new());
        assert_eq!(errors_with(&volume(), "/spec/nfs", None), ["spec: Required value: must specify a volume type"]);
        assert_eq!(
            errors_with(&volume(), "/spec/csi", Some(json!({"driver": "disk.example", "volumeHandle": "1"}))),
            ["spec.csi: Forbidden: may not specify more than 1 volume type"]
        );
    }

    #[test]
    fn there_is_storage_and_nothing_else() {
        assert_eq!(
            errors_with(&volume(), "/spec/capacity", Some(json!({"storage": "0", "cpu": "1"}))),
            [
                "spec.capacity: Unsupported value: {\"cpu\":\"1\",\"storage\":\"0\"}: supported values: \"storage\"",
                "spec.capacity[storage]: Invalid value: \"0\": must be greater than zero",
            ]
        );
    }

    #[test]
    fn a_local_volume_is_on_a_node() {
        let mut local = volume();
        local["spec"]["nfs"] = Value::Null;
        local["spec"]["local"] = json!({"path": "/disk"});
        assert_eq!(errors_of(&local), ["spec.nodeAffinity: Required value: Local volume requires node affinity"]);
    }

    #[test]
    fn the_root_is_not_recycled() {
        let mut host = volume();
        host["spec"]["nfs"] = Value::Null;
        host["spec"]["hostPath"] = json!({"path": "/a/../"});
        host["spec"]["persistentVolumeReclaimPolicy"] = json!("Recycle");
        assert_eq!(
            errors_of(&host),
            [
                "spec.hostPath.path: Invalid value: \"/a/../\": must not contain '..'",
                "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
            ]
        );
        assert!(is_root("/./") && !is_root("a/..") && !is_root("/a"));
    }

    #[test]
    fn mount_options_suit_the_volume() {
        let mut csi = volume();
        csi["metadata"]["annotations"] = json!({"volume.beta.kubernetes.io/mount-options": "ro"});
        assert_eq!(errors_of(&csi), Vec::<String>::new());
        csi["spec"]["nfs"] = Value::Null;
        csi["spec"]["csi"] = json!({"driver": "disk.example", "volumeHandle": "1"});
        assert_eq!(
            errors_of(&csi),
            [
                "metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify mount options for \
              this volume type"
            ]
        );
    }
}
