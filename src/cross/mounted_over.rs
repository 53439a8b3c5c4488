//! Two volumes of a container at one path, written in two ways.
//!
//! Apart from the API server's rule about `mountPath`, which compares the texts. Volumes inside of volumes are no
//! fault: the runtime mounts the outer one first.

use super::Scene;
use super::index::Workload;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::source::go_path;
use crate::yaml::NodeRef;
use std::collections::HashMap;

/// A volume that another one hides.
pub static RULE: Rule = Rule {
    id: "cross/mounted-over",
    level: Level::Warning,
    summary: "two volumes are mounted at the same path",
    why: "the API server compares the paths as texts and accepts `/data` beside `/data/`; in the container both are one directory, and the volume that is mounted last hides the other",
    docs: include_str!("mounted-over.md"),
};

/// Looks at the volume mounts of every container.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let own = scene.set.workloads().iter().filter(|workload| workload.member.is_of_the_set);
    own.flat_map(judge).collect()
}

fn judge(workload: &Workload<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for list in ["containers", "initContainers"] {
        for (at, container) in workload.pod_spec().list(list).into_iter().enumerate() {
            let mut seen: HashMap<String, (usize, NodeRef<'_>)> = HashMap::new();
            for (index, mount) in container.list("volumeMounts").into_iter().enumerate() {
                let written = mount.text("mountPath");
                // A path of Windows has its own rules, and two equal texts are refused.
                if written.is_empty() || written.contains(['\\', ':']) {
                    continue;
                }
                let path = go_path::clean(&format!("/{written}"));
                let Some((first, other)) = seen.get(&path) else {
                    seen.insert(path, (index, mount));
                    continue;
                };
                if other.text("mountPath") == written || is_the_same(*other, mount) {
                    continue;
                }
                let field = |index: usize| {
                    workload.in_pod_spec(&[list]).index(at).field("volumeMounts").index(index).field("mountPath")
                };
                let message = format!(
                    "{written} is the same directory as {}: one of the volumes {} and {} hides the other",
                    other.text("mountPath"),
                    other.text("name"),
                    mount.text("name")
                );
                found.push(
                    Finding::in_object(&RULE, message, workload.member.object, field(index))
                        .with_label(workload.member.place(&field(*first)), "mounted here first")
                        .with_help("mount one of the two elsewhere, or join them in a `projected` volume"),
                );
            }
        }
    }
    found
}

fn is_the_same(one: NodeRef<'_>, other: NodeRef<'_>) -> bool {
    ["name", "subPath", "subPathExpr"].into_iter().all(|key| one.text(key) == other.text(key))
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::findings;

    const RULE: &str = "cross/mounted-over";

    fn pod(mounts: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: oven}}\nspec:\n  volumes: [{{name: a, emptyDir: {{}}}}, {{name: b, emptyDir: {{}}}}]\n  containers: [{{name: c, image: i, volumeMounts: [{mounts}]}}]\n"
        )
    }

    #[test]
    fn one_directory_written_twice() {
        assert_eq!(
            findings(RULE, &pod("{name: a, mountPath: /data}, {name: b, mountPath: /data/}")),
            [
                "spec.containers[0].volumeMounts[1].mountPath: /data/ is the same directory as /data: one of the volumes \
              a and b hides the other"
            ]
        );
        assert_eq!(findings(RULE, &pod("{name: a, mountPath: /data}, {name: b, mountPath: //data}")).len(), 1);
        assert_eq!(findings(RULE, &pod("{name: a, mountPath: data}, {name: b, mountPath: /data}")).len(), 1);
    }

    #[test]
    fn directories_within_directories_are_fine() {
        assert!(findings(RULE, &pod("{name: a, mountPath: /data/in}, {name: b, mountPath: /data}")).is_empty());
        assert!(findings(RULE, &pod("{name: a, mountPath: /data}, {name: a, mountPath: /data/}")).is_empty());
        assert!(
            findings(RULE, &pod("{name: a, mountPath: 'C:\\data'}, {name: b, mountPath: 'C:\\data\\'}")).is_empty()
        );
    }
}
