//! What a persistent volume can stand on.
//!
//! Apart because there are many, in an order that decides which of two is reported. Those that are judged as volumes of
//! pods are judged there.

use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::content::{names, report};
use crate::server_rules::pod::{has_iscsi_name, validate_shared_volume_source};
use crate::server_rules::storage::csi_driver::validate_driver_name;
use crate::yaml::NodeRef;

/// A kind of source.
pub(super) struct Source {
    /// The field it stands in.
    pub(super) field: &'static str,
    /// The field that the server names when there is another source already.
    pub(super) forbidden_path: &'static str,
    /// The field that the server names for errors in it.
    pub(super) path: &'static str,
    /// Whether the annotation for mount options may stand beside it.
    pub(super) takes_mount_options: bool,
}

const fn plain(field: &'static str, takes_mount_options: bool) -> Source {
    Source { field, forbidden_path: field, path: field, takes_mount_options }
}

/// All of them, in the order the server looks at them.
pub(super) const SOURCES: [Source; 22] = [
    plain("hostPath", false),
    Source { path: "persistentDisk", ..plain("gcePersistentDisk", true) },
    plain("awsElasticBlockStore", true),
    plain("glusterfs", true),
    plain("flocker", false),
    plain("nfs", true),
    plain("rbd", true),
    plain("quobyte", true),
    Source { forbidden_path: "cephFS", ..plain("cephfs", true) },
    plain("iscsi", true),
    plain("cinder", true),
    plain("fc", false),
    plain("flexVolume", false),
    plain("azureFile", true),
    plain("vsphereVolume", true),
    plain("photonPersistentDisk", true),
    plain("portworxVolume", false),
    plain("azureDisk", true),
    plain("scaleIO", false),
    plain("local", false),
    plain("storageos", false),
    plain("csi", false),
];

/// Judges one source; `volume` is the volume's name.
pub(super) fn validate_source(
    source: &Source,
    node: NodeRef<'_>,
    volume: &str,
    minor: Minor,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    match source.field {
        "azureFile" => azure_file(node, path, errors),
        "cinder" => {
            required(node, &["volumeID"], path, errors);
            secret_reference(node, &["name", "namespace"], path, errors);
        }
        "csi" => csi(node, path, errors),
        "glusterfs" => glusterfs(node, path, errors),
        "iscsi" => iscsi(node, volume, path, errors),
        "local" => local(node, path, errors),
        "scaleIO" => required(node, &["gateway", "system", "volumeName"], path, errors),
        "storageos" => storageos(node, path, errors),
        field => validate_shared_volume_source(field, node, minor, path, errors),
    }
}

/// `Required value` for each of these fields that is empty.
fn required(source: NodeRef<'_>, fields: &[&str], path: &Path<'_>, errors: &mut FieldErrors) {
    for field in fields {
        if source.text(field).is_empty() {
            errors.required(&path.field(field), "");
        }
    }
}

/// A reference to a Secret, if there is one, has these fields.
fn secret_reference(source: NodeRef<'_>, fields: &[&str], path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(reference) = source.get("secretRef") {
        required(reference, fields, &path.field("secretRef"), errors);
    }
}

fn azure_file(source: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    required(source, &["secretName", "shareName"], path, errors);
    if source.text_pointer("secretNamespace") == Some("") {
        errors.required(&path.field("secretNamespace"), "");
    }
}

fn glusterfs(source: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    required(source, &["endpoints", "path"], path, errors);
    let namespace_path = path.field("endpointsNamespace");
    match source.text_pointer("endpointsNamespace") {
        Some("") => {
            errors.invalid(&namespace_path, "", "if the endpointnamespace is set, it must be a valid namespace name");
        }
        Some(namespace) => report(names::dns_1123_label(namespace), &namespace_path, namespace, errors),
        None => {}
    }
}

fn iscsi(source: NodeRef<'_>, volume: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    const BAD_NAME: &str = "must be valid format";
    required(source, &["targetPortal"], path, errors);
    let portal = source.text("targetPortal");
    let initiator = source.text_pointer("initiatorName");
    if initiator.is_some() && volume.len() + 1 + portal.len() > 64 {
        errors.invalid(
            &path.field("targetportal"),
            portal,
            "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is \
             specified.",
        );
    }
    let target = source.text("iqn");
    if target.is_empty() {
        errors.required(&path.field("iqn"), "");
    } else if !has_iscsi_name(target) {
        errors.invalid(&path.field("iqn"), target, BAD_NAME);
    }
    let lun = source.int("lun").unwrap_or(0);
    if !(0..=255).contains(&lun) {
        errors.invalid(&path.field("lun"), &lun, "must be between 0 and 255, inclusive");
    }
    if (source.flag("chapAuthDiscovery") || source.flag("chapAuthSession")) && !source.has("secretRef") {
        errors.required(&path.field("secretRef"), "");
    }
    secret_reference(source, &["name"], path, errors);
    if let Some(initiator) = initiator.filter(|name| !has_iscsi_name(name)) {
        errors.invalid(&path.field("initiatorname"), initiator, BAD_NAME);
    }
}

fn local(source: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    required(source, &["path"], path, errors);
    let text = source.text("path");
    if text.split('/').any(|part| part == "..") {
        errors.invalid(&path.field("path"), text, "must not contain '..'");
    }
}

fn storageos(source: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    required(source, &["volumeName"], path, errors);
    for field in ["volumeName", "volumeNamespace"] {
        let text = source.text(field);
        if !text.is_empty() {
            report(names::dns_1123_label(text), &path.field(field), text, errors);
        }
    }
    secret_reference(source, &["name", "namespace"], path, errors);
}

fn csi(source: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    validate_driver_name(source.text("driver"), &path.field("driver"), errors);
    required(source, &["volumeHandle"], path, errors);
    let references =
        ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"];
    for field in references {
        let Some(reference) = source.get(field) else { continue };
        let path = path.field(field);
        required(reference, &["name"], &path, errors);
        let name = reference.text("name");
        if !name.is_empty() {
            report(names::dns_1123_subdomain(name), &path.field("name"), name, errors);
        }
        required(reference, &["namespace"], &path, errors);
        let namespace = reference.text("namespace");
        if !namespace.is_empty() {
            report(names::dns_1123_label(namespace), &path.field("namespace"), namespace, errors);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(field: &str, source: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "hold"},
            "spec": {"capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce"], field: source},
        }))
    }

    #[test]
    fn each_source_needs_its_own() {
        assert_eq!(errors("gcePersistentDisk", &json!({})), ["spec.persistentDisk.pdName: Required value"]);
        assert_eq!(errors("vsphereVolume", &json!({})), ["spec.vsphereVolume.volumePath: Required value"]);
        assert_eq!(
            errors("azureFile", &json!({"secretName": "a", "shareName": "b", "secretNamespace": ""})),
            ["spec.azureFile.secretNamespace: Required value"]
        );
        assert_eq!(
            errors("cinder", &json!({"volumeID": "1", "secretRef": {"name": "a"}})),
            ["spec.cinder.secretRef.namespace: Required value"]
        );
        assert_eq!(
            errors("scaleIO", &json!({"gateway": "g", "system": "s", "secretRef": {}})),
            ["spec.scaleIO.volumeName: Required value"]
        );
    }

    #[test]
    fn secrets_are_named_in_full() {
        assert_eq!(
            errors(
                "csi",
                &json!({"driver": "Disk.example", "volumeHandle": "1", "nodeExpandSecretRef": {"namespace": "a.b"}})
            ),
            [
                "spec.csi.nodeExpandSecretRef.name: Required value",
                "spec.csi.nodeExpandSecretRef.namespace: Invalid value: \"a.b\": must not contain dots",
            ]
        );
    }

    #[test]
    fn targets_have_names_of_their_own_form() {
        assert_eq!(
            errors("iscsi", &json!({"targetPortal": "10.0.0.9:3260", "iqn": "disk", "lun": 256})),
            [
                "spec.iscsi.iqn: Invalid value: \"disk\": must be valid format",
                "spec.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive",
            ]
        );
        assert_eq!(
            errors("iscsi", &json!({"targetPortal": "10.0.0.9:3260", "iqn": "iqn.2024-03.example.disk:one"})),
            Vec::<String>::new()
        );
    }
}
