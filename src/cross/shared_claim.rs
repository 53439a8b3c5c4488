//! A claim for one pod or one node that several pods mount.
//!
//! Apart because whether pods can share a claim depends on the claim, on how many they are, and on what volume it gets.

use super::index::Workload;
use super::{Member, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::server_rules::content::int_or_percent::IntOrPercent;
use crate::yaml::NodeRef;
use std::collections::HashMap;

/// Pods that cannot all have their claim.
pub static RULE: Rule = Rule {
    id: "cross/shared-claim",
    level: Level::Warning,
    summary: "more pods mount a claim than can have it",
    why: "ReadWriteOncePod is for one pod of the cluster: the scheduler leaves every other Pending; a disk that is ReadWriteOnce is attached to one node at a time: pods on other nodes wait in ContainerCreating (`Multi-Attach error`)",
    docs: include_str!("shared-claim.md"),
};

/// One use of a claim.
struct Use<'s> {
    workload: &'s Workload<'s>,
    field: FieldPath,
}

/// Looks at every claim of the set or the cluster with the pods of the set that mount it.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut uses: HashMap<(Option<&str>, &str), Vec<Use<'_>>> = HashMap::new();
    let mut order = Vec::new();
    for workload in scene.set.workloads().iter().filter(|workload| pods(workload) > 0) {
        for (index, volume) in workload.pod_spec().list("volumes").into_iter().enumerate() {
            let Some(name) = volume.get("persistentVolumeClaim").text_pointer("claimName") else { continue };
            let field =
                workload.in_pod_spec(&["volumes"]).index(index).field("persistentVolumeClaim").field("claimName");
            let key = (workload.member.namespace, name);
            let of = uses.entry(key).or_default();
            if of.is_empty() {
                order.push(key);
            }
            of.push(Use { workload, field });
        }
    }
    let mut found = Vec::new();
    for key in order {
        let Some(claim) = scene.set.find("", "PersistentVolumeClaim", key.0, key.1) else { continue };
        found.extend(judge(claim, &uses[&key], scene));
    }
    found
}

/// How many pods run at the same time; those of a DaemonSet count as two, those that end as none.
fn pods(workload: &Workload<'_>) -> i64 {
    match workload.member.kind {
        "DaemonSet" => 2,
        "Pod" => 1,
        _ if workload.is_replicated() => workload.replicas.unwrap_or(1),
        _ => 0,
    }
}

fn judge(claim: &Member<'_>, uses: &[Use<'_>], scene: &Scene<'_>) -> Vec<Finding> {
    let modes: Vec<&str> = claim.spec().list("accessModes").into_iter().filter_map(NodeRef::as_str).collect();
    let known = |one: &&Use<'_>| {
        let member = &one.workload.member;
        member.is_of_the_set && scene.are_known_together(member, claim)
    };
    let own = uses.iter().filter(known);
    match modes.as_slice() {
        ["ReadWriteOncePod"] => for_one_pod(claim, own, scene),
        ["ReadWriteOnce"] if is_on_a_disk(claim, scene) => own.filter_map(|one| for_one_node(claim, one)).collect(),
        _ => Vec::new(),
    }
}

fn for_one_pod<'u>(claim: &Member<'_>, uses: impl Iterator<Item = &'u Use<'u>>, scene: &Scene<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut holder: Option<&Use<'_>> = None;
    for one in uses {
        let member = &one.workload.member;
        let name = &claim.object.name;
        if let Some(first) = holder.filter(|first| scene.are_rivals(&first.workload.member, member)) {
            let message =
                format!("claim \"{name}\" is for one pod, and {} mounts it as well", first.workload.member.title());
            let finding = tell(
                claim,
                one,
                message,
                "give each a claim of its own, or make it ReadWriteMany on a shared file system",
            );
            found.push(finding.with_label(
                first.workload.member.place(&first.field),
                format!("{} mounts it too", first.workload.member.title()),
            ));
            continue;
        }
        if pods(one.workload) > 1 {
            let message = format!(
                "claim \"{name}\" is for one pod, and {} runs {} that mount it",
                member.title(),
                many(one.workload)
            );
            found.push(tell(claim, one, message, HELP));
        } else if member.is("apps", "Deployment") && replaces_too_late(member) {
            let message = format!(
                "claim \"{name}\" is for one pod, and a rollout of {} starts the new pod before it stops the old one: it never ends",
                member.title()
            );
            found.push(tell(claim, one, message, "write `strategy: {type: Recreate}`"));
        }
        holder = holder.or(Some(one));
    }
    found
}

const HELP: &str = "run one pod, let a StatefulSet make a claim for each by volumeClaimTemplates, or use a ReadWriteMany claim on a shared file system";

fn for_one_node(claim: &Member<'_>, one: &Use<'_>) -> Option<Finding> {
    if pods(one.workload) < 2 || is_bound_to_one_node(one.workload) {
        return None;
    }
    let message = format!(
        "claim \"{}\" is ReadWriteOnce, and {} runs {} that mount it: those on other nodes than the first cannot start",
        claim.object.name,
        one.workload.member.title(),
        many(one.workload)
    );
    Some(tell(claim, one, message, HELP))
}

fn many(workload: &Workload<'_>) -> String {
    match workload.member.kind {
        "DaemonSet" => "a pod on every node".to_owned(),
        _ => format!("{} pods", pods(workload)),
    }
}

fn tell(claim: &Member<'_>, one: &Use<'_>, message: String, help: &str) -> Finding {
    let modes = FieldPath::of(&["spec", "accessModes"]);
    Finding::in_object(&RULE, message, one.workload.member.object, one.field.clone())
        .with_label(claim.place(&modes), format!("what claim \"{}\" allows", claim.object.name))
        .with_help(help)
}

/// Whether a Deployment of one pod keeps it until the next one is ready.
/// Source: `ResolveFenceposts` in `pkg/controller/deployment/util/deployment_util.go` (1.36).
fn replaces_too_late(deployment: &Member<'_>) -> bool {
    let strategy = deployment.spec().and_then(|spec| spec.get("strategy"));
    if strategy.text("type") == "Recreate" {
        return false;
    }
    let rolling = strategy.and_then(|strategy| strategy.get("rollingUpdate"));
    let number = |key: &str| rolling.and_then(|rolling| rolling.get(key)).map(IntOrPercent::of);
    // Of one pod, a share below all of it is none that may be missing, and one that may be more.
    let may_be_missing = number("maxUnavailable").is_some_and(|amount| match amount {
        IntOrPercent::Int(count) => count > 0,
        IntOrPercent::Text(_) => amount.number() >= 100,
    });
    let may_be_more = number("maxSurge").is_none_or(|amount| amount.number() > 0);
    !may_be_missing && may_be_more
}

/// Whether something keeps all the pods on one node.
fn is_bound_to_one_node(workload: &Workload<'_>) -> bool {
    let Some(spec) = workload.pod_spec() else { return true };
    let affinity = spec.get("affinity");
    let of_pods = affinity.and_then(|affinity| affinity.get("podAffinity"));
    let selects = spec.get("nodeSelector").is_some_and(|selector| selector.has("kubernetes.io/hostname"));
    spec.has("nodeName")
        || selects
        || of_pods.is_some()
        || affinity.is_some_and(|affinity| affinity.has("nodeAffinity"))
}

/// Parts of the names of storage classes and drivers whose volumes are no disks: directories of a node, which every pod
/// then follows to it, or file systems of the network, which do not care who mounts them.
const NO_DISKS: [&str; 14] = [
    "nfs",
    "efs",
    "file",
    "cephfs",
    "gluster",
    "local",
    "hostpath",
    "host-path",
    "no-provisioner",
    "smb",
    "cifs",
    "shared",
    "rwx",
    "manual",
];

/// Whether the claim gets a disk, as far as the set tells.
fn is_on_a_disk(claim: &Member<'_>, scene: &Scene<'_>) -> bool {
    let spec = claim.spec();
    let class = spec.text("storageClassName");
    let is_no_disk = |text: &str| NO_DISKS.iter().any(|part| text.to_ascii_lowercase().contains(part));
    let provisioner = scene.set.find("storage.k8s.io", "StorageClass", Some(""), class);
    if is_no_disk(class) || provisioner.is_some_and(|class| is_no_disk(class.object.root().text("provisioner"))) {
        return false;
    }
    let is_its_volume = |volume: &&Member<'_>| {
        let own = volume.spec();
        match spec.text("volumeName") {
            "" => own.text("storageClassName") == class || own.get_claim() == Some(claim.object.name.as_str()),
            name => volume.object.name == name,
        }
    };
    let is_directory = |volume: &Member<'_>| {
        let own = volume.spec();
        ["hostPath", "local", "nfs", "cephfs", "glusterfs", "azureFile"].into_iter().any(|source| own.has(source))
            || is_no_disk(own.and_then(|own| own.get("csi")).text("driver"))
    };
    !scene.set.of_kind("", "PersistentVolume").filter(is_its_volume).any(is_directory)
}

/// The claim that a volume is kept for.
trait ClaimRef<'t> {
    fn get_claim(self) -> Option<&'t str>;
}

impl<'t> ClaimRef<'t> for Option<NodeRef<'t>> {
    fn get_claim(self) -> Option<&'t str> {
        self?.get("claimRef")?.text_pointer("name")
    }
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/shared-claim";

    fn claim(mode: &str, class: &str) -> String {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: flour}}\nspec: {{accessModes: [{mode}]{class}, resources: {{requests: {{storage: 1Gi}}}}}}\n---\n"
        )
    }

    fn workload(kind: &str, name: &str, spec: &str, pod: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}template: {{spec: {{{pod}volumes: [{{name: v, persistentVolumeClaim: {{claimName: flour}}}}]}}}}}}\n---\n"
        )
    }

    #[test]
    fn a_claim_for_one_pod_is_for_one_pod() {
        let claim = claim("ReadWriteOncePod", "");
        let said = |pods: &str| findings(RULE, &(claim.clone() + pods));
        let at = "spec.template.spec.volumes[0].persistentVolumeClaim.claimName";
        assert_eq!(
            said(&workload("StatefulSet", "mill", "replicas: 2, ", "")),
            [format!("{at}: claim \"flour\" is for one pod, and StatefulSet default/mill runs 2 pods that mount it")]
        );
        assert_eq!(
            said(&(workload("StatefulSet", "mill", "", "") + &workload("StatefulSet", "oven", "", ""))),
            [format!("{at}: claim \"flour\" is for one pod, and StatefulSet default/mill mounts it as well")]
        );
        assert_eq!(
            said(&workload("Deployment", "mill", "", "")),
            [format!(
                "{at}: claim \"flour\" is for one pod, and a rollout of Deployment default/mill starts the new pod \
                 before it stops the old one: it never ends"
            )]
        );
        for strategy in [
            "strategy: {type: Recreate}, ",
            "strategy: {rollingUpdate: {maxUnavailable: 1}}, ",
            "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}, ",
        ] {
            assert!(said(&workload("Deployment", "mill", strategy, "")).is_empty(), "{strategy}");
        }
    }

    #[test]
    fn a_disk_is_on_one_node() {
        let found =
            findings(RULE, &(claim("ReadWriteOnce", "") + &workload("Deployment", "mill", "replicas: 3, ", "")));
        assert_eq!(
            found,
            ["spec.template.spec.volumes[0].persistentVolumeClaim.claimName: claim \"flour\" is ReadWriteOnce, and \
              Deployment default/mill runs 3 pods that mount it: those on other nodes than the first cannot start"]
        );
        let daemon = claim("ReadWriteOnce", "") + &workload("DaemonSet", "mill", "", "");
        assert_eq!(findings(RULE, &daemon).len(), 1);
    }

    #[test]
    fn one_pod_one_node_or_no_disk() {
        let pods = workload("Deployment", "mill", "replicas: 3, ", "");
        assert!(findings(RULE, &(claim("ReadWriteMany", "") + &pods)).is_empty());
        assert!(findings(RULE, &(claim("ReadWriteOnce", "") + &workload("Deployment", "mill", "", ""))).is_empty());
        assert!(findings(RULE, &(claim("ReadWriteOnce", ", storageClassName: nfs-client") + &pods)).is_empty());
        let pinned = workload("Deployment", "mill", "replicas: 3, ", "nodeSelector: {kubernetes.io/hostname: a}, ");
        assert!(findings(RULE, &(claim("ReadWriteOnce", "") + &pinned)).is_empty());
        let volume = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: shelf}\nspec: {storageClassName: dry, hostPath: {path: /shelf}}\n---\n";
        assert!(findings(RULE, &(claim("ReadWriteOnce", ", storageClassName: dry") + volume + &pods)).is_empty());
        assert!(findings(RULE, &pods).is_empty(), "the claim is not in the set");
    }
}
