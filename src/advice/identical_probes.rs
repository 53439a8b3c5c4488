//! Probes that restart a pod where it should only be left alone.

use super::ground::Ground;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::yaml::NodeRef;

/// The same question for readiness and liveness, with no more patience.
pub(super) static RULE: Rule = Rule {
    id: "reliability/identical-probes",
    level: Level::Advice,
    summary: "liveness and readiness ask the same, with the same patience",
    why: "what makes a pod unready (too much load, a database that is away) makes it restart at the same moment: all pods restart at once, and the load that is left is greater for each",
    docs: include_str!("identical-probes.md"),
};

/// Looks at every container with both probes.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for container in ground.containers() {
        let (Some(live), Some(ready)) = (container.node.get("livenessProbe"), container.node.get("readinessProbe"))
        else {
            continue;
        };
        if is_trivial(live) || handler(live) != handler(ready) || patience(live) > patience(ready) {
            continue;
        }
        let message = format!("{} is restarted for whatever makes it unready, and as soon", container.title());
        let path = container.field(&["readinessProbe"]);
        let place = container.pod.member().place(&path);
        let help = "let the liveness probe ask only whether the process itself goes on, or give it a greater `failureThreshold`";
        found.push(
            container.advise(&RULE, message, &["livenessProbe"]).with_label(place, "it asks the same").with_help(help),
        );
    }
    found
}

/// What a probe asks.
fn handler(probe: NodeRef<'_>) -> Vec<Option<serde_json::Value>> {
    ["httpGet", "grpc", "tcpSocket", "exec"].iter().map(|kind| probe.get(kind).map(NodeRef::to_json)).collect()
}

/// Whether a probe only asks whether the process is there, which restarts nothing that works; what a command asks, nobody
/// knows.
fn is_trivial(probe: NodeRef<'_>) -> bool {
    let path = probe.get("httpGet").text("path");
    probe.has("tcpSocket") || probe.has("exec") || path.contains("live") || path.contains("ping")
}

/// Seconds for which it may fail. Defaults: `SetDefaults_Probe` in `pkg/apis/core/v1/defaults.go` (1.36).
fn patience(probe: NodeRef<'_>) -> i64 {
    let or = |key: &str, default: i64| probe.int(key).filter(|number| *number != 0).unwrap_or(default);
    or("periodSeconds", 10).saturating_mul(or("failureThreshold", 3))
}
