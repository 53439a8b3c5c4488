//! What the rules look at: the pods of a set with their containers, and what around them takes care of things.
//!
//! Apart because each rule asks the same of every pod (does it run on Windows? what scales it? what serves it?), and all of
//! them must answer it alike.

use crate::cross::{Member, Scene, Workload};
use crate::finding::{Finding, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::schema::Minor;
use crate::server_rules::content::label_selector::Selector;
use crate::yaml::NodeRef;
use std::collections::HashMap;

/// A set and its surroundings, as the rules of this room see them.
pub(super) struct Ground<'g> {
    /// The set, and what the repository has beside it.
    pub(super) scene: &'g Scene<'g>,
    /// The oldest minor that the set is applied to.
    pub(super) oldest: Minor,
    /// The pods of the set.
    pub(super) pods: Vec<Pod<'g>>,
    /// The Services of the set that send requests to the pods, by the number of the pods.
    services: HashMap<usize, Vec<&'g Member<'g>>>,
    /// What autoscalers scale, by kind and name, with the namespace and the least number of pods.
    autoscaled: Autoscaled<'g>,
}

/// By kind and name: namespaces (none for any), each with the least number of pods there.
type Autoscaled<'g> = HashMap<(&'g str, &'g str), Vec<(Option<&'g str>, i64)>>;

/// Pods that an object of the set is, or makes.
#[derive(Clone, Copy)]
pub(super) struct Pod<'g> {
    /// Its place among the pods of the set.
    number: usize,
    pub(super) workload: &'g Workload<'g>,
    pub(super) spec: NodeRef<'g>,
}

/// A container of such pods.
#[derive(Clone, Copy)]
pub(super) struct Container<'g> {
    pub(super) pod: Pod<'g>,
    pub(super) node: NodeRef<'g>,
    list: &'static str,
    index: usize,
}

impl<'g> Ground<'g> {
    /// The ground that a scene stands on.
    pub(super) fn new(scene: &'g Scene<'g>, oldest: Minor) -> Self {
        let own = scene.set.workloads().iter().filter(|workload| workload.member.is_of_the_set);
        let with_spec = own.filter_map(|workload| Some((workload, workload.pod_spec()?))).enumerate();
        let pods: Vec<Pod<'g>> = with_spec.map(|(number, (workload, spec))| Pod { number, workload, spec }).collect();
        let numbers: HashMap<usize, usize> =
            pods.iter().map(|pod| (std::ptr::from_ref(pod.workload).addr(), pod.number)).collect();
        let mut services: HashMap<usize, Vec<&Member<'_>>> = HashMap::new();
        for service in scene.set.of_the_set("", "Service") {
            let Some(selector) = service.spec().and_then(|spec| spec.get("selector")) else { continue };
            if is_for_metrics(service) {
                continue;
            }
            for workload in scene.set.with_labels(service.namespace, selector) {
                let number = numbers.get(&std::ptr::from_ref(workload).addr());
                if let Some(number) = number.filter(|_| scene.are_known_together(service, &workload.member)) {
                    services.entry(*number).or_default().push(service);
                }
            }
        }
        Self { scene, oldest, pods, services, autoscaled: autoscaled(scene) }
    }

    /// Every container of the set, init containers included.
    pub(super) fn containers(&self) -> impl Iterator<Item = Container<'g>> {
        self.pods.iter().flat_map(|pod| pod.containers())
    }

    /// Every container but those on Windows, where what only Linux has is nothing to speak of.
    pub(super) fn linux_containers(&self) -> impl Iterator<Item = Container<'g>> {
        self.pods.iter().filter(|pod| !pod.is_windows()).flat_map(|pod| pod.containers())
    }

    /// The objects of a kind, of the set and of everything else that is known.
    pub(super) fn known<'s>(&'s self, group: &'s str, kind: &'s str) -> impl Iterator<Item = &'s Member<'s>> {
        let scene: &'s Scene<'s> = self.scene;
        scene.set.of_kind(group, kind).chain(scene.repository().of_kind(group, kind))
    }

    /// The Services of the set that select these pods.
    pub(super) fn services(&self, pod: &Pod<'_>) -> &[&'g Member<'g>] {
        self.services.get(&pod.number).map(Vec::as_slice).unwrap_or_default()
    }

    /// The least number of pods that an autoscaler keeps; none where nothing scales them.
    pub(super) fn autoscaled_to(&self, pod: &Pod<'_>) -> Option<i64> {
        let member = &pod.workload.member;
        let scaled = self.autoscaled.get(&(member.kind, member.object.name.as_str()))?;
        scaled.iter().filter(|(namespace, _)| member.may_be_in(*namespace)).map(|(_, least)| *least).max()
    }

    /// How many pods a controller keeps running at least, where one keeps a number of them.
    pub(super) fn least_pods(&self, pod: &Pod<'_>) -> Option<i64> {
        let replicas = || pod.workload.replicas.unwrap_or(1);
        pod.workload.is_replicated().then(|| self.autoscaled_to(pod).unwrap_or_else(replicas))
    }

    /// Whether an object of this kind, of the set or known beside it, selects the pods by the selector at this path.
    pub(super) fn is_selected_by(&self, pod: &Pod<'_>, group: &str, kind: &str, selector: &[&str]) -> bool {
        let member = &pod.workload.member;
        self.known(group, kind).filter(|other| member.may_be_in(other.namespace)).any(|other| {
            // What is not understood may select them.
            other.object.root().at(selector).is_none_or(|selector| {
                Selector::of(Some(selector)).is_none_or(|selector| selector.matches_labels(pod.workload.labels()))
            })
        })
    }
}

/// Whether a Service only leads whoever watches the pods to their numbers: nobody waits for its answer.
fn is_for_metrics(service: &Member<'_>) -> bool {
    let says_so = |name: &str| name.contains("metrics") || name.contains("prometheus") || name.contains("profiling");
    let ports = service.spec().list("ports");
    service.object.name.ends_with("-metrics")
        || (!ports.is_empty() && ports.iter().all(|port| says_so(port.text("name"))))
}

/// What the autoscalers of the set and of the repository scale.
fn autoscaled<'g>(scene: &'g Scene<'g>) -> Autoscaled<'g> {
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    let kinds = [
        ("autoscaling", "HorizontalPodAutoscaler", "minReplicas", 1),
        ("keda.sh", "ScaledObject", "minReplicaCount", 0),
    ];
    for (group, kind, least, default) in kinds {
        let all = scene.set.of_kind(group, kind).chain(scene.repository().of_kind(group, kind));
        for autoscaler in all {
            let spec = autoscaler.spec();
            let target = spec.and_then(|spec| spec.get("scaleTargetRef"));
            let key = (target.text_or("kind", "Deployment"), target.text("name"));
            let least = spec.int(least).unwrap_or(default);
            found.entry(key).or_default().push((autoscaler.namespace, least));
        }
    }
    found
}

impl<'g> Pod<'g> {
    /// The object.
    pub(super) fn member(&self) -> &'g Member<'g> {
        &self.workload.member
    }

    /// Its containers: init containers, then the others.
    pub(super) fn containers(self) -> impl Iterator<Item = Container<'g>> {
        ["initContainers", "containers"].into_iter().flat_map(move |list| {
            let nodes = self.spec.get(list).into_iter().flat_map(NodeRef::elements).enumerate();
            nodes.map(move |(index, node)| Container { pod: self, node, list, index })
        })
    }

    /// The containers that run as long as the pods do.
    pub(super) fn lasting_containers(self) -> impl Iterator<Item = Container<'g>> {
        self.containers().filter(|container| !container.is_init())
    }

    /// Whether they run on Windows.
    pub(super) fn is_windows(&self) -> bool {
        let selected = self.spec.get("nodeSelector");
        self.spec.get("os").text("name") == "windows"
            || ["kubernetes.io/os", "beta.kubernetes.io/os"].iter().any(|label| selected.text(label) == "windows")
    }

    /// Whether they are part of their node: what networks, storage and nodes are made of needs what others should not have.
    pub(super) fn is_part_of_the_node(&self) -> bool {
        self.member().namespace == Some("kube-system") || self.spec.text("priorityClassName") == "system-node-critical"
    }

    /// Whether they are meant to run until somebody stops them.
    pub(super) fn is_lasting(&self) -> bool {
        match (self.member().group, self.member().kind) {
            ("batch" | "keda.sh", _) => false,
            ("", "Pod") => self.spec.text_or("restartPolicy", "Always") == "Always",
            _ => true,
        }
    }

    /// Whether Knative makes them, which fills in what others must write.
    pub(super) fn is_knative(&self) -> bool {
        self.member().group == "serving.knative.dev"
    }

    /// A field below the spec of the pods.
    pub(super) fn field(&self, fields: &[&str]) -> FieldPath {
        self.workload.in_pod_spec(fields)
    }

    /// The volume of a name, with its index.
    pub(super) fn volumes(&self) -> impl Iterator<Item = (usize, NodeRef<'g>)> + use<'g> {
        self.spec.list("volumes").into_iter().enumerate()
    }

    /// A finding about a field.
    pub(super) fn advise(&self, rule: &'static Rule, message: impl Into<String>, field: FieldPath) -> Finding {
        Finding::in_object(rule, message, self.member().object, field)
    }
}

impl<'g> Container<'g> {
    /// Whether it ends before the others start.
    pub(super) fn is_init(&self) -> bool {
        self.list == "initContainers" && self.node.text("restartPolicy") != "Always"
    }

    /// `container "web"`, as messages say it.
    pub(super) fn title(&self) -> String {
        let kind = if self.list == "initContainers" { "init container" } else { "container" };
        match self.node.text("name") {
            "" => format!("{kind} {}", self.index),
            name => format!("{kind} \"{name}\""),
        }
    }

    /// A field of it.
    pub(super) fn field(&self, fields: &[&str]) -> FieldPath {
        let list = self.pod.field(&[self.list]).index(self.index);
        fields.iter().fold(list, |path, field| path.field(field))
    }

    /// A field of its security context, else that of the pods: the value that counts, and where it stands.
    pub(super) fn security(&self, field: &str) -> Option<(NodeRef<'g>, FieldPath)> {
        let own = self.node.get("securityContext").and_then(|context| context.get(field));
        let own = own.map(|value| (value, self.field(&["securityContext", field])));
        own.or_else(|| {
            let value = self.pod.spec.at(&["securityContext", field])?;
            Some((value, self.pod.field(&["securityContext", field])))
        })
    }

    /// A boolean of its own security context.
    pub(super) fn switch(&self, field: &str) -> Option<bool> {
        self.node.get("securityContext")?.get(field)?.as_bool()
    }

    /// The names in `securityContext.capabilities.add` or `drop`, without `CAP_`, in capitals as runtimes read them.
    pub(super) fn capabilities(&self, list: &str) -> Vec<String> {
        let names = self.node.at(&["securityContext", "capabilities", list]);
        let names = names.into_iter().flat_map(NodeRef::elements).filter_map(NodeRef::as_str);
        names
            .map(|name| {
                let name = name.to_ascii_uppercase();
                name.strip_prefix("CAP_").map(str::to_owned).unwrap_or(name)
            })
            .collect()
    }

    /// A finding about a field of it.
    pub(super) fn advise(&self, rule: &'static Rule, message: impl Into<String>, fields: &[&str]) -> Finding {
        self.pod.advise(rule, message, self.field(fields))
    }
}
