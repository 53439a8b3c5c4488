//! What the parts of one pod spec need to know of the whole, with the server's defaults filled in.
//!
//! Apart because a container is judged by fields of the pod around it, and reading those once keeps every part's
//! signature the same. Defaults: `pkg/apis/core/v1/defaults.go` (1.36).

use super::gates::Gates;
use super::{PodOptions, items};
use crate::schema::Minor;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// One pod spec under judgement.
pub(super) struct Context<'t> {
    pub(super) spec: NodeRef<'t>,
    /// The pod's or the template's metadata.
    pub(super) metadata: Option<NodeRef<'t>>,
    pub(super) options: PodOptions<'t>,
    pub(super) minor: Minor,
    pub(super) gates: Gates,
    /// `terminationGracePeriodSeconds`
    pub(super) grace_period: i64,
    /// Whether the pod uses the host's user namespace.
    pub(super) host_users: bool,
    pub(super) host_network: bool,
    pub(super) restart_policy: &'t str,
    /// `os.name` if `os` is set, possibly empty.
    pub(super) os: Option<&'t str>,
    /// `securityContext`
    pub(super) security: Option<NodeRef<'t>>,
    /// The names in `resourceClaims`.
    pub(super) claim_names: Vec<&'t str>,
}

impl<'t> Context<'t> {
    pub(super) fn new(spec: NodeRef<'t>, metadata: Option<NodeRef<'t>>, options: PodOptions<'t>, minor: Minor) -> Self {
        let gates = Gates::new(minor);
        let claim_names = if gates.resource_claims() {
            items(spec, "resourceClaims").map(|(_, claim)| claim.text("name")).filter(|name| !name.is_empty()).collect()
        } else {
            Vec::new()
        };
        Self {
            spec,
            metadata,
            options,
            minor,
            gates,
            grace_period: spec.int("terminationGracePeriodSeconds").unwrap_or(30),
            host_users: !gates.user_namespaces() || spec.get("hostUsers").and_then(NodeRef::as_bool).unwrap_or(true),
            host_network: spec.flag("hostNetwork"),
            restart_policy: spec.text_or("restartPolicy", "Always"),
            os: spec.get("os").map(|os| os.text("name")),
            security: spec.get("securityContext"),
            claim_names,
        }
    }

    /// The value of an annotation of the pod or template.
    pub(super) fn annotation(&self, key: &str) -> Option<&'t str> {
        // kubectl sends no key of a map whose value is null.
        Some(self.metadata?.get("annotations")?.get(key)?.as_str().unwrap_or_default())
    }

    /// The annotations of the pod or template.
    pub(super) fn annotations(&self) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t> {
        self.metadata
            .and_then(|metadata| metadata.get("annotations"))
            .into_iter()
            .flat_map(NodeRef::entries)
            .filter_map(|entry| Some((entry.name(), entry.value.as_str()?)))
    }

    /// The pod's own name; empty for a template, whose pods' names are not known.
    pub(super) fn pod_name(&self) -> &'t str {
        if self.options.is_pod { self.metadata.text("name") } else { "" }
    }

    /// Whether the pod mirrors a static pod.
    pub(super) fn is_mirror(&self) -> bool {
        self.annotation("kubernetes.io/config.mirror").is_some()
    }
}
