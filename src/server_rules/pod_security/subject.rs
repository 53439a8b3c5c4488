//! The pod as the checks see it, and the phrases they share.
//!
//! Apart because every check walks the same containers and words its finding the same way.

use super::{PodSource, Violation};
use crate::object::{FieldPath, Path};
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// A pod under judgement in one version of the standards.
pub(super) struct Subject<'t> {
    pub(super) pod: PodSource<'t>,
    /// The minor whose standard is meant.
    pub(super) version: u8,
}

/// One container and where it stands below the pod spec.
#[derive(Clone, Copy)]
pub(super) struct Container<'t> {
    pub(super) node: NodeRef<'t>,
    list: &'static str,
    index: usize,
}

impl<'t> Container<'t> {
    pub(super) fn name(self) -> &'t str {
        self.node.text("name")
    }

    /// A struct of the container's security context.
    pub(super) fn security(self, field: &str) -> Option<NodeRef<'t>> {
        self.node.at(&["securityContext", field])
    }

    fn field(self, fields: &[&str]) -> FieldPath {
        let list = Path::ROOT.field(self.list);
        let mut path = list.index(self.index).to_field_path();
        path.0.extend(FieldPath::of(fields).0);
        path
    }
}

impl<'t> Subject<'t> {
    pub(super) fn new(pod: PodSource<'t>, version: u8) -> Self {
        Self { pod, version }
    }

    /// All containers: init, regular, ephemeral (`visitContainers`).
    pub(super) fn containers(&self) -> impl Iterator<Item = Container<'t>> + use<'t> {
        let spec = self.pod.spec;
        ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(move |list| {
            let nodes = spec.get(list).into_iter().flat_map(NodeRef::elements).enumerate();
            nodes.map(move |(index, node)| Container { node, list, index })
        })
    }

    /// A struct of the pod's security context.
    pub(super) fn security(&self, field: &str) -> Option<NodeRef<'t>> {
        self.pod.spec.at(&["securityContext", field])
    }

    /// Whether the pod runs on Windows, where some settings have no meaning.
    pub(super) fn is_windows(&self) -> bool {
        self.pod.spec.get("os").text("name") == "windows"
    }

    /// Whether the pod has a user namespace of its own, which takes the sting out of some settings since 1.35.
    pub(super) fn is_in_user_namespace(&self) -> bool {
        self.version >= 35 && self.pod.spec.get("hostUsers").and_then(NodeRef::as_bool) == Some(false)
    }

    /// The annotations of the pod.
    pub(super) fn annotations(&self) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t> {
        let annotations = self.pod.metadata.and_then(|metadata| metadata.get("annotations"));
        annotations
            .into_iter()
            .flat_map(NodeRef::entries)
            .filter_map(|entry| Some((entry.name(), entry.value.as_str()?)))
    }
}

/// Who violates a standard: the pod itself, containers, or both.
#[derive(Default)]
pub(super) struct Setters<'t> {
    pub(super) pod: bool,
    containers: Vec<&'t str>,
    first: Option<FieldPath>,
}

impl<'t> Setters<'t> {
    /// Counts the pod, for this field below the spec.
    pub(super) fn add_pod(&mut self, fields: &[&str]) {
        self.pod = true;
        self.first.get_or_insert_with(|| FieldPath::of(fields));
    }

    /// Counts a container, for this field below it.
    pub(super) fn add(&mut self, container: Container<'t>, fields: &[&str]) {
        self.containers.push(container.name());
        self.first.get_or_insert_with(|| container.field(fields));
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.pod && self.containers.is_empty()
    }

    pub(super) fn has_containers(&self) -> bool {
        !self.containers.is_empty()
    }

    /// How many containers.
    pub(super) fn count(&self) -> usize {
        self.containers.len()
    }

    /// Names in alphabetical order, each once.
    pub(super) fn sort(&mut self) {
        self.containers.sort_unstable();
        self.containers.dedup();
    }

    /// `container "a"`, `containers "a", "b"`
    pub(super) fn containers(&self) -> String {
        let noun = plural("container", "containers", self.containers.len());
        format!("{noun} {}", quoted(&self.containers))
    }

    /// `pod and container "a"`
    pub(super) fn shown(&self) -> String {
        match (self.pod, self.containers.is_empty()) {
            (true, true) => "pod".to_owned(),
            (true, false) => format!("pod and {}", self.containers()),
            (false, _) => self.containers(),
        }
    }

    pub(super) fn violation(self, reason: &'static str, detail: String) -> Violation {
        Violation { reason, detail, field: self.first.unwrap_or_default() }
    }
}

/// `"a", "b"`, without escapes, as the server does it.
pub(super) fn quoted(items: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("\"{}\"", item.as_ref())).collect();
    quoted.join(", ")
}

/// The singular for one, else the plural.
pub(super) fn plural(one: &'static str, many: &'static str, count: usize) -> &'static str {
    if count == 1 { one } else { many }
}

/// Sorted, each once.
pub(super) fn distinct<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort_unstable();
    items.dedup();
    items
}
