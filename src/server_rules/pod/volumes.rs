//! The list of volumes: names, and one source each (`ValidateVolumes`, `validateVolumeSource`).
//!
//! Apart from the sources because mounts ask here which volumes there are. A volume with an error counts as absent, as
//! it does for the server.

use super::context::Context;
use super::{check, items, projected, volume_sources};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::Path;
use crate::server_rules::content::names;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;
use std::collections::{HashMap, HashSet};

/// Volumes.
pub static VOLUMES: Rule = Rule {
    id: "api/pod-volume",
    level: Level::Error,
    summary: "the API server refuses a volume of a pod",
    why: "a volume needs a name of its own and exactly one well-formed source",
    docs: include_str!("pod-volume.md"),
};

/// A volume that mounts may name.
#[derive(Clone, Copy)]
pub(super) enum Volume<'t> {
    /// One of the pod's own.
    Own(NodeRef<'t>),
    /// One that a `StatefulSet` makes from a claim template.
    Claim,
}

impl Volume<'_> {
    /// Whether it can be a block device: it is a claim, or has one made for it.
    pub(super) fn is_claim(self) -> bool {
        match self {
            Self::Own(volume) => volume.has("persistentVolumeClaim") || volume.has("ephemeral"),
            Self::Claim => true,
        }
    }
}

/// The volumes of a pod without errors, by name.
#[derive(Default)]
pub(super) struct Volumes<'t> {
    good: HashMap<&'t str, Volume<'t>>,
    dropped: HashSet<&'t str>,
}

impl<'t> Volumes<'t> {
    pub(super) fn get(&self, name: &str) -> Option<Volume<'t>> {
        self.good.get(name).copied()
    }

    /// Whether the server drops this volume, together with its mounts, because a gate is off.
    pub(super) fn is_dropped(&self, name: &str) -> bool {
        self.dropped.contains(name)
    }
}

/// Whether a volume is an `emptyDir`, which one without any source becomes.
pub(super) fn is_empty_dir(volume: NodeRef<'_>) -> bool {
    volume.has("emptyDir") || !SOURCES.iter().any(|source| volume.has(source.field))
}

/// Judges all volumes and returns the good ones.
pub(super) fn validate<'t>(pod: &Context<'t>, path: &Path<'_>, errors: &mut FieldErrors) -> Volumes<'t> {
    let mut volumes = Volumes::default();
    let mut index = 0;
    let mut templates = HashSet::new();
    if let Some(stateful_set) = pod.options.stateful_set {
        for (_, template) in items(stateful_set, "volumeClaimTemplates") {
            let name = template.get("metadata").text("name");
            if !templates.insert(name) {
                continue;
            }
            let before = errors.list.len();
            let path = path.index(index);
            if name.is_empty() {
                errors.required(&path.field("persistentVolumeClaim").field("claimName"), "");
            }
            validate_name(name, &path.field("name"), errors);
            if errors.list.len() == before {
                volumes.good.insert(name, Volume::Claim);
            }
            index += 1;
        }
    }
    let claims_made = claims_made(pod);
    for (index, volume) in items(pod.spec, "volumes") {
        let name = volume.text("name");
        if templates.contains(name) {
            continue;
        }
        if volume.has("image") && !pod.gates.image_volumes() {
            volumes.dropped.insert(name);
            continue;
        }
        let path = path.index(index);
        let before = errors.list.len();
        validate_source(volume, name, &path, pod, errors);
        validate_name(name, &path.field("name"), errors);
        if volumes.good.contains_key(name) {
            errors.duplicate(&path.field("name"), name);
        }
        if errors.list.len() == before {
            volumes.good.insert(name, Volume::Own(volume));
        }
        if let Some(claim) = volume.get("persistentVolumeClaim") {
            let claim_name = claim.text("claimName");
            if claims_made.contains(claim_name) {
                errors.invalid(
                    &path.field("persistentVolumeClaim").field("claimName"),
                    claim_name,
                    "must not reference a PVC that gets created for an ephemeral volume",
                );
            }
        }
    }
    volumes
}

/// The names of the claims that are made for ephemeral volumes; they are known for a Pod with a name.
fn claims_made(pod: &Context<'_>) -> HashSet<String> {
    let name = pod.pod_name();
    if name.is_empty() {
        return HashSet::new();
    }
    items(pod.spec, "volumes")
        .filter(|(_, volume)| volume.has("ephemeral"))
        .map(|(_, volume)| format!("{name}-{}", volume.text("name")))
        .collect()
}

fn validate_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if name.is_empty() {
        errors.required(path, "");
    } else {
        check::dns_label(name, path, errors);
    }
}

/// How one source is judged: the source, its path, the pod.
type Check = fn(NodeRef<'_>, &Path<'_>, &Context<'_>, &mut FieldErrors);

/// One of the fields of which a volume may have one.
struct Source {
    field: &'static str,
    /// The field's name in the error for a second source; the server misspells two.
    when_second: &'static str,
    /// The field's name in errors of the source itself.
    when_judged: &'static str,
    check: Check,
}

const fn source(field: &'static str, check: Check) -> Source {
    Source { field, when_second: field, when_judged: field, check }
}

/// In the server's order: the first that is set is the volume's source.
const SOURCES: [Source; 30] = [
    source("emptyDir", volume_sources::empty_dir),
    source("hostPath", volume_sources::host_path),
    source("gitRepo", volume_sources::git_repo),
    Source { when_judged: "persistentDisk", ..source("gcePersistentDisk", volume_sources::gce_persistent_disk) },
    source("awsElasticBlockStore", volume_sources::aws_elastic_block_store),
    source("secret", volume_sources::secret),
    source("nfs", volume_sources::nfs),
    source("iscsi", volume_sources::iscsi),
    source("glusterfs", volume_sources::glusterfs),
    source("flocker", volume_sources::flocker),
    source("persistentVolumeClaim", volume_sources::persistent_volume_claim),
    source("rbd", volume_sources::rbd),
    source("cinder", volume_sources::cinder),
    Source { when_second: "cephFS", ..source("cephfs", volume_sources::cephfs) },
    source("quobyte", volume_sources::quobyte),
    Source { when_second: "downwarAPI", ..source("downwardAPI", volume_sources::downward_api) },
    source("fc", volume_sources::fibre_channel),
    source("flexVolume", volume_sources::flex_volume),
    source("configMap", volume_sources::config_map),
    source("azureFile", volume_sources::azure_file),
    source("vsphereVolume", volume_sources::vsphere_volume),
    source("photonPersistentDisk", volume_sources::photon_persistent_disk),
    source("portworxVolume", volume_sources::portworx_volume),
    source("azureDisk", volume_sources::azure_disk),
    source("storageos", volume_sources::storageos),
    source("projected", projected::validate),
    source("scaleIO", volume_sources::scale_io),
    source("csi", volume_sources::csi),
    source("ephemeral", volume_sources::ephemeral),
    source("image", volume_sources::image),
];

fn validate_source(volume: NodeRef<'_>, name: &str, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    let mut found = false;
    for source in &SOURCES {
        let Some(node) = volume.get(source.field) else { continue };
        if found {
            errors.forbidden(&path.field(source.when_second), "may not specify more than 1 volume type");
        } else {
            found = true;
            (source.check)(node, &path.field(source.when_judged), pod, errors);
            if source.field == "ephemeral" {
                validate_claim_name(name, path, pod, errors);
            }
        }
        if source.field == "iscsi" && node.has("initiatorName") && name.len() + 1 + node.text("targetPortal").len() > 64
        {
            let text = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
                        iscsi.initiatorName is specified.";
            errors.invalid(&path.field("name"), name, text);
        }
    }
}

fn validate_claim_name(name: &str, path: &Path<'_>, pod: &Context<'_>, errors: &mut FieldErrors) {
    if pod.pod_name().is_empty() || name.is_empty() {
        return;
    }
    let claim = format!("{}-{name}", pod.pod_name());
    for complaint in names::dns_1123_subdomain(&claim) {
        errors.invalid(&path.field("name"), name, &format!("PVC name \"{claim}\": {complaint}"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::spec_errors;
    use serde_json::json;

    #[test]
    fn a_volume_has_a_name_of_its_own() {
        assert_eq!(
            spec_errors(json!({"volumes": [{"name": "tray"}, {"name": "tray", "emptyDir": {}}, {"name": "a.b"}, {}]})),
            [
                "spec.volumes[1].name: Duplicate value: \"tray\"",
                "spec.volumes[2].name: Invalid value: \"a.b\": must not contain dots",
                "spec.volumes[3].name: Required value",
            ]
        );
    }

    #[test]
    fn a_volume_has_one_source() {
        assert_eq!(
            spec_errors(json!({"volumes": [{"name": "tray", "emptyDir": {}, "configMap": {"name": "c"}}]})),
            ["spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type"]
        );
    }

    #[test]
    fn a_claim_made_for_the_pod_is_not_claimed_again() {
        let claim = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        assert_eq!(
            spec_errors(json!({"volumes": [
                {"name": "tray", "ephemeral": {"volumeClaimTemplate": {"spec": claim}}},
                {"name": "copy", "persistentVolumeClaim": {"claimName": "bakery-tray"}},
            ]})),
            ["spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: \"bakery-tray\": must not reference a \
              PVC that gets created for an ephemeral volume"]
        );
    }
}
