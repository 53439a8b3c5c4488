//! A `StorageClass`, `IngressClass`, PriorityClass, RuntimeClass or another class that is named and not there.

use super::missing;
use super::named::Named;
use super::scene::Scene;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;

/// A class that is named does not exist.
pub static RULE: Rule = Rule {
    id: "cross/missing-class",
    level: Level::Warning,
    summary: "a class that is named does not exist",
    why: "no storage is provided, no controller takes the Ingress or the Gateway, or the Pods are refused, until a class of this name is there",
    docs: include_str!("missing-class.md"),
};

/// Looks at every such name.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    missing::findings(scene, &RULE, consequence, is_but_a_word)
}

/// A class of storage need not be there where volumes of it are: they are bound by its name.
fn is_but_a_word(named: &Named<'_>, scene: &Scene<'_>) -> bool {
    let is_of_it = |spec: Option<crate::yaml::NodeRef<'_>>| spec.text("storageClassName") == named.name;
    named.kind == "StorageClass"
        && (named.holder.has("volumeName")
            || scene.set.of_kind("", "PersistentVolume").any(|volume| is_of_it(volume.spec()))
            || scene.repository().of_kind("", "PersistentVolume").any(|volume| is_of_it(volume.spec())))
}

fn consequence(named: &Named<'_>) -> &'static str {
    match named.kind {
        "StorageClass" => "the claim stays Pending: ProvisioningFailed",
        "VolumeAttributesClass" => "the claim stays Pending",
        "PriorityClass" | "RuntimeClass" => "no Pod is created: FailedCreate",
        "IngressClass" | "GatewayClass" => "no controller takes it",
        "CSIDriver" => "the Pod stays in ContainerCreating: FailedMount",
        "DeviceClass" => "the claim is never allocated",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const RULE: &str = "cross/missing-class";
    const NOTHING: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n";
    const CLAIM: &str =
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: larder}\nspec: {storageClassName: cool}\n---\n";

    #[test]
    fn a_class_of_storage_must_be_there() {
        let class = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: cool}\n---\n";
        assert_eq!(
            findings_in(NOTHING, RULE, CLAIM),
            ["spec.storageClassName: StorageClass \"cool\" is neither in this set nor in the cluster"]
        );
        assert!(findings_in(NOTHING, RULE, &format!("{CLAIM}{class}")).is_empty());
        assert!(findings(RULE, CLAIM).is_empty(), "most clusters bring their own");
    }

    #[test]
    fn a_class_of_volumes_that_are_there_is_but_a_word() {
        let volume =
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: one}\nspec: {storageClassName: cool}\n---\n";
        assert!(findings_in(NOTHING, RULE, &format!("{CLAIM}{volume}")).is_empty());
    }

    #[test]
    fn priorities_of_the_system_are_everywhere() {
        let deployment = |class: &str| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: oven}}\nspec: {{template: {{spec: {{priorityClassName: {class}}}}}}}\n"
            )
        };
        assert!(findings_in(NOTHING, RULE, &deployment("system-node-critical")).is_empty());
        assert_eq!(findings_in(NOTHING, RULE, &deployment("urgent")).len(), 1);
    }
}
