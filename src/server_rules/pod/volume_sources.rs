//! What a single volume can be backed by, the projected volume apart.
//!
//! Apart because each source is a small rule of its own. Names of functions are the fields'.

use super::context::Context;
use super::environment::{field_selector, resource_selector};
use super::{PodOptions, any, check, containers, items};
use crate::decode::quantity::Quantity;
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::schema::Minor;
use crate::server_rules::claim_spec;
use crate::server_rules::metadata::validate_template_object_meta;
use crate::server_rules::storage::csi_driver::validate_driver_name;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// Judges a source that persistent volumes have as well and that is judged alike there; others pass.
pub(in crate::server_rules) fn validate_shared(
    field: &str,
    source: NodeRef<'_>,
    minor: Minor,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let validate = match field {
        "awsElasticBlockStore" => aws_elastic_block_store,
        "azureDisk" => azure_disk,
        "cephfs" => cephfs,
        "fc" => fibre_channel,
        "flexVolume" => flex_volume,
        "flocker" => flocker,
        "gcePersistentDisk" => gce_persistent_disk,
        "hostPath" => host_path,
        "nfs" => nfs,
        "photonPersistentDisk" => photon_persistent_disk,
        "portworxVolume" => portworx_volume,
        "quobyte" => quobyte,
        "rbd" => rbd,
        "vsphereVolume" => vsphere_volume,
        _ => return,
    };
    // None of them asks anything of the pod.
    validate(source, path, &Context::new(source, None, PodOptions::default(), minor), errors);
}

/// `Required value` for each of these fields that is empty.
fn required(source: NodeRef<'_>, fields: &[&str], path: &Path<'_>, errors: &mut FieldErrors) {
    for field in fields {
        check::required(source.text(field), &path.field(field), errors);
    }
}

fn in_range(value: i64, path: &Path<'_>, text: &str, errors: &mut FieldErrors) {
    if !(0..=255).contains(&value) {
        errors.invalid(path, &value, text);
    }
}

fn partition(source: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    // The server's sentence forgets that 0 passes.
    let value = source.int("partition").unwrap_or(0);
    in_range(value, &path.field("partition"), "must be between 1 and 255, inclusive", errors);
}

pub(super) fn empty_dir(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    if source.get("sizeLimit").and_then(Quantity::of).and_then(Result::ok).is_some_and(|size| size.is_negative()) {
        errors.forbidden(&path.field("sizeLimit"), "SizeLimit field must be a valid resource quantity");
    }
}

pub(super) fn host_path(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    const TYPES: [&str; 8] =
        ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    let host_path = source.text("path");
    if host_path.is_empty() {
        errors.required(&path.field("path"), "");
        return;
    }
    check::no_backsteps(host_path, &path.field("path"), errors);
    let kind = source.text("type");
    if !TYPES.contains(&kind) {
        errors.not_supported(&path.field("type"), kind, &TYPES);
    }
}

pub(super) fn git_repo(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["repository"], path, errors);
    check::descending_path(source.text("directory"), &path.field("directory"), errors);
}

pub(super) fn gce_persistent_disk(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["pdName"], path, errors);
    partition(source, path, errors);
}

pub(super) fn aws_elastic_block_store(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["volumeID"], path, errors);
    partition(source, path, errors);
}

pub(super) fn secret(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["secretName"], path, errors);
    mode_and_items(source, path, errors);
}

pub(super) fn config_map(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["name"], path, errors);
    mode_and_items(source, path, errors);
}

fn mode_and_items(source: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    check::file_mode(source.int("defaultMode"), &path.field("defaultMode"), errors);
    let items_path = path.field("items");
    for (index, item) in items(source, "items") {
        key_to_path(item, &items_path.index(index), errors);
    }
}

/// A key of a ConfigMap or Secret and the file it becomes (`validateKeyToPath`).
pub(super) fn key_to_path(item: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    required(item, &["key", "path"], path, errors);
    check::non_reserved_path(item.text("path"), &path.field("path"), errors);
    check::file_mode(item.int("mode"), &path.field("mode"), errors);
}

pub(super) fn nfs(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["server", "path"], path, errors);
    let export = source.text("path");
    if !export.starts_with('/') {
        errors.invalid(&path.field("path"), export, "must be an absolute path");
    }
}

pub(super) fn iscsi(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["targetPortal"], path, errors);
    let target = source.text("iqn");
    if target.is_empty() {
        errors.required(&path.field("iqn"), "");
    } else if let Some(problem) = iscsi_name_problem(target) {
        errors.invalid(&path.field("iqn"), target, problem);
    }
    let lun = source.int("lun").unwrap_or(0);
    in_range(lun, &path.field("lun"), "must be between 0 and 255, inclusive", errors);
    if (source.flag("chapAuthDiscovery") || source.flag("chapAuthSession")) && !source.has("secretRef") {
        errors.required(&path.field("secretRef"), "");
    }
    let initiator = source.text_pointer("initiatorName");
    if let Some((initiator, problem)) = initiator.and_then(|name| Some((name, iscsi_name_problem(name)?))) {
        errors.invalid(&path.field("initiatorname"), initiator, problem);
    }
}

/// Whether a text is the name of an iSCSI target or initiator.
pub(in crate::server_rules) fn has_iscsi_name(text: &str) -> bool {
    iscsi_name_problem(text).is_none()
}

/// What is wrong with the name of an iSCSI target or initiator.
fn iscsi_name_problem(name: &str) -> Option<&'static str> {
    let is_good = match name.get(..3) {
        Some("iqn") => name.match_indices("iqn.").any(|(at, _)| is_iqn(&name[at + 4..])),
        Some("eui") => is_identifier(name, 16),
        Some("naa") => is_identifier(name, 32),
        _ => return Some("must be valid format starting with iqn, eui, or naa"),
    };
    (!is_good).then_some("must be valid format")
}

/// Year and month, a reversed domain, a colon and a text of the owner's.
fn is_iqn(rest: &str) -> bool {
    let is_date = |date: &[u8]| {
        date.iter().enumerate().all(|(at, byte)| match at {
            4 => *byte == b'-',
            7 => *byte == b'.',
            _ => byte.is_ascii_digit(),
        })
    };
    let Some((date, rest)) = rest.as_bytes().split_at_checked(8) else { return false };
    let Some(colon) = rest.iter().position(|byte| *byte == b':') else { return false };
    let (domain, text) = (&rest[..colon], &rest[colon + 1..]);
    let is_refused = |byte: &u8| matches!(byte, b',' | b';' | b'*' | b'&' | b'$' | b'|' | b' ' | b'\t'..=b'\r');
    is_date(date)
        && !domain.is_empty()
        && domain.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        && !text.is_empty()
        && !text.iter().any(is_refused)
}

/// Three letters, any one character, and a number of letters and digits.
fn is_identifier(name: &str, length: usize) -> bool {
    let mut rest = name[3..].chars();
    rest.next().is_some_and(|separator| separator != '\n')
        && rest.as_str().len() == length
        && rest.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric())
}

pub(super) fn glusterfs(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["endpoints", "path"], path, errors);
}

pub(super) fn flocker(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    let (name, id) = (source.text("datasetName"), source.text("datasetUUID"));
    if name.is_empty() && id.is_empty() {
        errors.required(path, "one of datasetName and datasetUUID is required");
    }
    if !name.is_empty() && !id.is_empty() {
        errors.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously");
    }
    if name.contains('/') {
        errors.invalid(&path.field("datasetName"), name, "must not contain '/'");
    }
}

pub(super) fn persistent_volume_claim(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["claimName"], path, errors);
}

pub(super) fn rbd(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    if !any(source, "monitors") {
        errors.required(&path.field("monitors"), "");
    }
    required(source, &["image"], path, errors);
}

pub(super) fn cinder(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["volumeID"], path, errors);
    secret_name(source, "secretRef", path, errors);
}

/// A reference to a Secret must name one.
fn secret_name(source: NodeRef<'_>, field: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(reference) = source.get(field) {
        check::required(reference.text("name"), &path.field(field).field("name"), errors);
    }
}

pub(super) fn cephfs(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    if !any(source, "monitors") {
        errors.required(&path.field("monitors"), "");
    }
}

pub(super) fn quobyte(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    let text = "must be a host:port pair or multiple pairs separated by commas";
    let registry = source.text("registry");
    if registry.is_empty() {
        errors.required(&path.field("registry"), text);
    } else if source.text("tenant").len() >= 65 {
        errors.required(&path.field("tenant"), "must be a UUID and may not exceed a length of 64 characters");
    } else {
        for pair in registry.split(',') {
            if !is_host_and_port(pair) {
                errors.invalid(&path.field("registry"), registry, text);
            }
        }
    }
    required(source, &["volume"], path, errors);
}

/// Whether Go's `net.SplitHostPort` takes a text apart.
fn is_host_and_port(text: &str) -> bool {
    let Some(colon) = text.rfind(':') else { return false };
    let (rest_of_open, rest_of_close) = if let Some(rest) = text.strip_prefix('[') {
        let Some(close) = text.find(']') else { return false };
        if close + 1 != colon {
            return false;
        }
        (rest, &text[close + 1..])
    } else {
        if text[..colon].contains(':') {
            return false;
        }
        (text, text)
    };
    !rest_of_open.contains('[') && !rest_of_close.contains(']')
}

pub(super) fn downward_api(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    check::file_mode(source.int("defaultMode"), &path.field("defaultMode"), errors);
    for (_, file) in items(source, "items") {
        downward_api_file(file, path, errors);
    }
}

const DOWNWARD_FIELDS: [&str; 5] =
    ["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"];

/// One file of a downward API volume (`validateDownwardAPIVolumeFile`); the server's paths leave its index out.
pub(super) fn downward_api_file(file: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    required(file, &["path"], path, errors);
    check::non_reserved_path(file.text("path"), &path.field("path"), errors);
    match (file.get("fieldRef"), file.get("resourceFieldRef")) {
        (Some(field), resource) => {
            field_selector(field, &DOWNWARD_FIELDS, &path.field("fieldRef"), errors);
            if resource.is_some() {
                let text = "fieldRef and resourceFieldRef can not be specified simultaneously";
                errors.invalid(path, "resource", text);
            }
        }
        (None, Some(resource)) => resource_selector(resource, true, &path.field("resourceFieldRef"), errors),
        (None, None) => errors.required(path, "one of fieldRef and resourceFieldRef is required"),
    }
    check::file_mode(file.int("mode"), &path.field("mode"), errors);
}

pub(super) fn fibre_channel(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    let names_path = path.field("targetWWNs");
    let names = source.get("targetWWNs").filter(|names| !names.is_empty());
    let has_ids = any(source, "wwids");
    match names {
        None if !has_ids => errors.required(&names_path, "must specify either targetWWNs or wwids, but not both"),
        Some(names) if has_ids => {
            errors.invalid(&names_path, &names, "targetWWNs and wwids can not be specified simultaneously");
        }
        _ => {}
    }
    if names.is_some() {
        match source.int("lun") {
            None => errors.required(&path.field("lun"), "lun is required if targetWWNs is specified"),
            Some(lun) => in_range(lun, &path.field("lun"), "must be between 0 and 255, inclusive", errors),
        }
    }
}

pub(super) fn flex_volume(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["driver"], path, errors);
    let options_path = path.field("options");
    for entry in source.get("options").into_iter().flat_map(NodeRef::entries) {
        let key = entry.name();
        let namespace = key.split_once('/').map_or(key, |(namespace, _)| namespace).to_lowercase();
        let is_reserved =
            |domain: &str| namespace.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if is_reserved("kubernetes.io") || is_reserved("k8s.io") {
            errors.invalid(&options_path.key(key), key, "kubernetes.io and k8s.io namespaces are reserved");
        }
    }
}

pub(super) fn azure_file(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["secretName", "shareName"], path, errors);
}

pub(super) fn vsphere_volume(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["volumePath"], path, errors);
}

pub(super) fn photon_persistent_disk(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["pdID"], path, errors);
}

pub(super) fn portworx_volume(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["volumeID"], path, errors);
}

pub(super) fn azure_disk(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["diskName", "diskURI"], path, errors);
    let caching = source.text_pointer("cachingMode").unwrap_or("ReadWrite");
    if !matches!(caching, "None" | "ReadOnly" | "ReadWrite") {
        errors.not_supported(&path.field("cachingMode"), caching, &["None", "ReadOnly", "ReadWrite"]);
    }
    let kind = source.text_pointer("kind").unwrap_or("Shared");
    if !matches!(kind, "Shared" | "Dedicated" | "Managed") {
        errors.not_supported(&path.field("kind"), kind, &["Shared", "Dedicated", "Managed"]);
    }
    let location = source.text("diskURI");
    let (start, example) = if kind == "Managed" {
        (
            "/subscriptions/",
            "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
        )
    } else {
        ("https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd")
    };
    if !location.starts_with(start) {
        errors.not_supported(&path.field("diskURI"), location, &[example]);
    }
}

pub(super) fn storageos(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    let name = source.text("volumeName");
    if name.is_empty() {
        errors.required(&path.field("volumeName"), "");
    } else {
        check::dns_label(name, &path.field("volumeName"), errors);
    }
    let namespace = source.text("volumeNamespace");
    if !namespace.is_empty() {
        check::dns_label(namespace, &path.field("volumeNamespace"), errors);
    }
    secret_name(source, "secretRef", path, errors);
}

pub(super) fn scale_io(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    required(source, &["gateway", "system", "volumeName"], path, errors);
}

pub(super) fn csi(source: NodeRef<'_>, path: &Path<'_>, _: &Context<'_>, errors: &mut FieldErrors) {
    validate_driver_name(source.text("driver"), &path.field("driver"), errors);
    if let Some(reference) = source.get("nodePublishSecretRef") {
        let name = reference.text("name");
        if name.is_empty() {
            errors.required(&path.field("nodePublishSecretRef").field("name"), "");
        } else {
            check::dns_subdomain(name, &path.field("name"), errors);
        }
    }
}

pub(super) fn ephemeral(source: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    let path = path.field("volumeClaimTemplate");
    let Some(template) = source.get("volumeClaimTemplate") else {
        errors.required(&path, "");
        return;
    };
    if let Some(metadata) = template.get("metadata") {
        validate_template_object_meta(metadata, &path.field("metadata"), errors);
    }
    claim_spec::validate(template.get("spec"), pod.gates.minor(), &path.field("spec"), errors);
}

pub(super) fn image(source: NodeRef<'_>, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    if pod.options.is_pod || pod.gates.image_volumes_are_named() {
        required(source, &["reference"], path, errors);
    }
    containers::validate_pull_policy(source.text("pullPolicy"), &path.field("pullPolicy"), errors);
}

#[cfg(test)]
mod tests {
    use super::super::testing::spec_errors;
    use serde_json::{Value, json};

    fn errors(source: &str, value: Value) -> Vec<String> {
        let mut volume = json!({"name": "tray"});
        volume[source] = value;
        spec_errors(json!({"volumes": [volume]}))
            .into_iter()
            .map(|error| error.strip_prefix("spec.volumes[0].").unwrap_or(&error).to_owned())
            .collect()
    }

    #[test]
    fn sources_name_what_they_need() {
        let required = [
            ("gitRepo", "gitRepo.repository"),
            ("gcePersistentDisk", "persistentDisk.pdName"),
            ("awsElasticBlockStore", "awsElasticBlockStore.volumeID"),
            ("secret", "secret.secretName"),
            ("configMap", "configMap.name"),
            ("persistentVolumeClaim", "persistentVolumeClaim.claimName"),
            ("cinder", "cinder.volumeID"),
            ("cephfs", "cephfs.monitors"),
            ("flexVolume", "flexVolume.driver"),
            ("vsphereVolume", "vsphereVolume.volumePath"),
            ("photonPersistentDisk", "photonPersistentDisk.pdID"),
            ("portworxVolume", "portworxVolume.volumeID"),
            ("storageos", "storageos.volumeName"),
            ("csi", "csi.driver"),
            ("ephemeral", "ephemeral.volumeClaimTemplate"),
            ("image", "image.reference"),
            ("hostPath", "hostPath.path"),
        ];
        for (source, field) in required {
            assert_eq!(errors(source, json!({})), [format!("{field}: Required value")]);
        }
    }

    #[test]
    fn files_stay_in_the_volume() {
        assert_eq!(
            errors("secret", json!({"secretName": "s", "defaultMode": 512, "items": [{"key": "a", "path": "..b"}]})),
            [
                "secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive",
                "secret.items[0].path: Invalid value: \"..b\": must not start with '..'",
            ]
        );
        assert_eq!(
            errors("hostPath", json!({"path": "/a/../b", "type": "Door"})),
            [
                "hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
                "hostPath.type: Unsupported value: \"Door\": supported values: \"\", \"BlockDevice\", \"CharDevice\", \
                 \"Directory\", \"DirectoryOrCreate\", \"File\", \"FileOrCreate\", \"Socket\"",
            ]
        );
    }

    #[test]
    fn an_iscsi_target_is_named_in_one_of_three_ways() {
        let named = |iqn: &str| errors("iscsi", json!({"targetPortal": "10.0.0.1:3260", "iqn": iqn}));
        assert!(named("iqn.2001-04.com.example:storage.disk2").is_empty());
        assert!(named("eui.0123456789abcdef").is_empty());
        assert_eq!(named("eui.0123"), ["iscsi.iqn: Invalid value: \"eui.0123\": must be valid format"]);
        assert_eq!(
            named("é"),
            ["iscsi.iqn: Invalid value: \"é\": must be valid format starting with iqn, eui, or naa"]
        );
    }

    #[test]
    fn a_size_is_not_below_zero() {
        assert_eq!(
            errors("emptyDir", json!({"sizeLimit": "-1"})),
            ["emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity"]
        );
    }

    #[test]
    fn a_disk_of_azure_lies_where_its_kind_does() {
        let disk = |kind: &str| errors("azureDisk", json!({"diskName": "d", "diskURI": "https://a", "kind": kind}));
        assert!(disk("Shared").is_empty());
        assert_eq!(
            disk("Managed"),
            ["azureDisk.diskURI: Unsupported value: \"https://a\": supported values: \
              \"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}\""]
        );
    }

    #[test]
    fn a_registry_is_hosts_with_ports() {
        let registry = |text: &str| errors("quobyte", json!({"registry": text, "volume": "v"}));
        assert!(registry("a:1,[::1]:2").is_empty());
        assert_eq!(
            registry("a:1,::1:2"),
            ["quobyte.registry: Invalid value: \"a:1,::1:2\": must be a host:port pair or multiple pairs separated \
              by commas"]
        );
    }

    #[test]
    fn options_leave_the_servers_domains_alone() {
        assert_eq!(
            errors("flexVolume", json!({"driver": "d", "options": {"Storage.K8s.io/x": "y", "notk8s.io": "z"}})),
            ["flexVolume.options[Storage.K8s.io/x]: Invalid value: \"Storage.K8s.io/x\": kubernetes.io and k8s.io \
              namespaces are reserved"]
        );
    }

    #[test]
    fn a_file_shows_a_field_or_a_resource() {
        assert_eq!(
            errors("downwardAPI", json!({"items": [{"path": "a"}, {"path": "b", "resourceFieldRef": {}}]})),
            [
                "downwardAPI: Required value: one of fieldRef and resourceFieldRef is required",
                "downwardAPI.resourceFieldRef.containerName: Required value",
            ]
        );
    }

    #[test]
    fn a_claim_template_leaves_its_name_to_the_server() {
        let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        assert_eq!(
            errors("ephemeral", json!({"volumeClaimTemplate": {"metadata": {"name": "mine"}, "spec": spec}})),
            ["ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set"]
        );
    }

    #[test]
    fn a_fibre_channel_is_named_one_way() {
        assert_eq!(
            errors("fc", json!({"targetWWNs": ["a"], "wwids": ["b"]})),
            [
                "fc.targetWWNs: Invalid value: [\"a\"]: targetWWNs and wwids can not be specified simultaneously",
                "fc.lun: Required value: lun is required if targetWWNs is specified",
            ]
        );
    }
}
