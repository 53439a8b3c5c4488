//! Every object that a set is held against: by kind, namespace, name and the labels of its pods.
//!
//! Apart because each rule asks the same few questions, and asks them of thousands of objects.

use crate::object::view::View;
use crate::object::{FieldPath, Object};
use crate::schema;
use crate::server_rules::content::label_selector::Selector;
use crate::source::Span;
use crate::yaml::NodeRef;
use std::collections::HashMap;

/// One object of an index.
#[derive(Clone, Copy, Debug)]
pub struct Member<'i> {
    /// The object.
    pub object: &'i Object,
    /// Its group.
    pub group: &'i str,
    /// Its kind.
    pub kind: &'i str,
    /// The namespace it goes to, empty for a cluster-scoped kind; none where nobody says (it may be any).
    pub namespace: Option<&'i str>,
    /// Whether the set brings it; what else is known is there, and nothing is said of it.
    pub is_of_the_set: bool,
}

impl<'i> Member<'i> {
    /// An object as it is written, of which nobody says where it goes.
    pub fn as_written(object: &'i Object) -> Self {
        let namespace = Some(object.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        Self { object, group: &object.gvk.group, kind: &object.gvk.kind, namespace, is_of_the_set: false }
    }

    /// Whether it is of this kind.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group == group
    }

    /// Whether it may be in a namespace.
    pub fn may_be_in(&self, namespace: Option<&str>) -> bool {
        match (self.namespace, namespace) {
            (None | Some(""), _) | (_, None) => true,
            (Some(own), Some(namespace)) => own == namespace,
        }
    }

    /// Whether it is the same object of the cluster: written down twice, or one of several to choose from.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.object.name == other.object.name
            && self.is(other.group, other.kind)
            && self.namespace.unwrap_or_default() == other.namespace.unwrap_or_default()
    }

    /// Where a field of it stands.
    pub fn place(&self, field: &FieldPath) -> Span {
        self.object.span(self.object.locate(field).range())
    }

    /// Where its name stands.
    pub fn name_place(&self) -> Span {
        self.place(&FieldPath::of(&["metadata", "name"]))
    }

    /// Its `spec`.
    pub fn spec(&self) -> Option<NodeRef<'i>> {
        self.object.root().get("spec")
    }

    /// `Kind namespace/name`, as reports say it.
    pub fn title(&self) -> String {
        match self.namespace {
            None | Some("") => format!("{} {}", self.kind, self.object.name),
            Some(namespace) => format!("{} {namespace}/{}", self.kind, self.object.name),
        }
    }
}

/// Pods that an object is, or makes.
#[derive(Clone, Debug)]
pub struct Workload<'i> {
    /// The object.
    pub member: Member<'i>,
    /// What holds `metadata` and `spec` of the pods: a template, or the Pod.
    pub template: NodeRef<'i>,
    /// Where that is: fields from the root of the object.
    pub path: &'static [&'static str],
    /// How many pods, where the object says it.
    pub replicas: Option<i64>,
}

impl<'i> Workload<'i> {
    /// The pods of an object; none for one that has none.
    pub fn of(member: Member<'i>) -> Option<Self> {
        let pods = schema::links(member.group, member.kind)?.pods.as_ref()?;
        let root = member.object.root();
        let template = root.at(&pods.template)?;
        let replicas = pods.replicas.as_ref().and_then(|path| root.at(path)).and_then(NodeRef::as_i64);
        Some(Self { member, template, path: &pods.template, replicas })
    }

    /// The labels of the pods.
    pub fn labels(&self) -> Option<NodeRef<'i>> {
        self.template.at(&["metadata", "labels"])
    }

    /// The spec of the pods.
    pub fn pod_spec(&self) -> Option<NodeRef<'i>> {
        self.template.get("spec")
    }

    /// The containers of the pods, init containers that keep running included, each with its list and its index there.
    pub fn containers(&self) -> impl Iterator<Item = (&'static str, usize, NodeRef<'i>)> {
        let spec = self.pod_spec();
        let of =
            move |list: &'static str| spec.list(list).into_iter().enumerate().map(move |(at, one)| (list, at, one));
        of("containers").chain(of("initContainers").filter(|(.., one)| one.text("restartPolicy") == "Always"))
    }

    /// A field path below the spec of the pods.
    pub fn in_pod_spec(&self, fields: &[&str]) -> FieldPath {
        let whole: Vec<&str> = self.path.iter().copied().chain(["spec"]).chain(fields.iter().copied()).collect();
        FieldPath::of(&whole)
    }

    /// Whether a controller keeps this number of pods running all the time: they do not end by themselves, and there is
    /// not one for each node.
    pub fn is_replicated(&self) -> bool {
        matches!(
            (self.member.group, self.member.kind),
            ("apps", "Deployment" | "StatefulSet" | "ReplicaSet")
                | ("", "ReplicationController")
                | ("argoproj.io", "Rollout")
        )
    }
}

type Name<'i> = (&'i str, &'i str, &'i str);

/// Objects, and the ways to find them.
#[derive(Debug, Default)]
pub struct Index<'i> {
    members: Vec<Member<'i>>,
    by_kind: HashMap<(&'i str, &'i str), Vec<usize>>,
    by_name: HashMap<Name<'i>, Vec<usize>>,
    workloads: Vec<Workload<'i>>,
    by_label: HashMap<(&'i str, &'i str), Vec<usize>>,
    by_namespace: HashMap<Option<&'i str>, Vec<usize>>,
    made: HashMap<Name<'i>, Vec<(usize, bool)>>,
}

impl<'i> Index<'i> {
    /// An index of these objects.
    pub fn new(members: impl IntoIterator<Item = Member<'i>>) -> Self {
        let mut index = Self::default();
        for member in members {
            index.add(member);
        }
        index
    }

    fn add(&mut self, member: Member<'i>) {
        let at = self.members.len();
        self.members.push(member);
        self.by_kind.entry((member.kind, member.group)).or_default().push(at);
        self.by_name.entry((member.kind, member.group, member.object.name.as_str())).or_default().push(at);
        for made in schema::links(member.group, member.kind).map(|links| links.makes.as_slice()).unwrap_or_default() {
            let root = member.object.root();
            let at_path = |path: &str| path.split('.').try_fold(root, NodeRef::get).and_then(NodeRef::as_str);
            let name = at_path(made.name_at).or_else(|| at_path(made.default_at?));
            if let Some(name) = name {
                self.made.entry((made.kind, made.group, name)).or_default().push((at, made.anywhere));
            }
        }
        if let Some(workload) = Workload::of(member) {
            let number = self.workloads.len();
            for label in workload.labels().into_iter().flat_map(NodeRef::entries) {
                let value = label.value.as_str().unwrap_or_default();
                self.by_label.entry((label.name(), value)).or_default().push(number);
            }
            self.by_namespace.entry(member.namespace).or_default().push(number);
            self.workloads.push(workload);
        }
    }

    /// Every object, in the order given.
    pub fn members(&self) -> &[Member<'i>] {
        &self.members
    }

    /// The objects of a kind.
    pub fn of_kind<'s>(&'s self, group: &'s str, kind: &'s str) -> impl Iterator<Item = &'s Member<'i>> {
        self.by_kind.get(&(kind, group)).into_iter().flatten().map(|at| &self.members[*at])
    }

    /// The objects of a kind that the set brings.
    pub fn of_the_set<'s>(&'s self, group: &'s str, kind: &'s str) -> impl Iterator<Item = &'s Member<'i>> {
        self.of_kind(group, kind).filter(|member| member.is_of_the_set)
    }

    /// An object by its name; `namespace` is where it is looked for, none for anywhere.
    pub fn find(&self, group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Option<&Member<'i>> {
        let found = self.by_name.get(&(kind, group, name))?;
        found.iter().map(|at| &self.members[*at]).find(|member| member.may_be_in(namespace))
    }

    /// What makes an object of this name.
    pub fn maker(&self, group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Option<&Member<'i>> {
        let found = self.made.get(&(kind, group, name))?;
        let there = |(at, anywhere): &&(usize, bool)| *anywhere || self.members[*at].may_be_in(namespace);
        found.iter().find(there).map(|(at, _)| &self.members[*at])
    }

    /// Everything that is or makes pods.
    pub fn workloads(&self) -> &[Workload<'i>] {
        &self.workloads
    }

    /// The pods of a namespace (none for any) that a map of labels selects: all of its pairs. An empty map selects
    /// nothing here, as in a Service.
    pub fn with_labels(&self, namespace: Option<&str>, selector: NodeRef<'_>) -> Vec<&Workload<'i>> {
        let pairs: Vec<(&str, &str)> = selector
            .entries()
            .filter(|pair| !pair.value.is_null())
            .map(|pair| (pair.name(), pair.value.as_str().unwrap_or_default()))
            .collect();
        let lists: Option<Vec<&Vec<usize>>> = pairs.iter().map(|pair| self.by_label.get(pair)).collect();
        let Some(rarest) = lists.and_then(|lists| lists.into_iter().min_by_key(|list| list.len())) else {
            return Vec::new();
        };
        let has_all = |workload: &&Workload<'_>| {
            pairs.iter().all(|(key, value)| {
                workload.labels().and_then(|labels| labels.get(key)).and_then(NodeRef::as_str) == Some(*value)
            })
        };
        rarest
            .iter()
            .map(|at| &self.workloads[*at])
            .filter(|workload| workload.member.may_be_in(namespace))
            .filter(has_all)
            .collect()
    }

    /// The pods of a namespace (none for any) that a label selector selects; none where the selector is not understood.
    pub fn selected(&self, namespace: Option<&str>, selector: NodeRef<'_>) -> Option<Vec<&Workload<'i>>> {
        let understood = Selector::of(Some(selector))?;
        if let Some(labels) = selector.get("matchLabels").filter(|labels| !labels.is_empty()) {
            let mut found = self.with_labels(namespace, labels);
            found.retain(|workload| understood.matches_labels(workload.labels()));
            return Some(found);
        }
        let all = self.workloads.iter().filter(|workload| workload.member.may_be_in(namespace));
        Some(all.filter(|workload| understood.matches_labels(workload.labels())).collect())
    }
}

/// What labels say as they are written, for rules about pods that are surely selected.
impl<'i> Index<'i> {
    /// The workloads that may be in a namespace (none for any).
    pub fn workloads_in<'n, 's: 'n>(
        &'s self,
        namespace: Option<&'n str>,
    ) -> impl Iterator<Item = &'s Workload<'i>> + use<'n, 's, 'i> {
        let all = namespace.is_none().then_some(self.workloads.iter());
        let own = namespace.into_iter().flat_map(|own| [Some(own), Some(""), None]);
        let own = own.filter_map(|own| self.by_namespace.get(&own)).flatten().map(|at| &self.workloads[*at]);
        all.into_iter().flatten().chain(own)
    }

    /// The pods of a namespace (none for any) that have all pairs of a map of labels, one after the other: the first may
    /// be all that is needed. An empty map selects nothing here.
    pub fn each_labelled<'n, 's: 'n>(
        &'s self,
        namespace: Option<&'n str>,
        pairs: NodeRef<'n>,
    ) -> impl Iterator<Item = &'s Workload<'i>> + use<'n, 's, 'i> {
        let pairs: Vec<(&str, &str)> = pairs
            .entries()
            .filter(|pair| !pair.value.is_null())
            .map(|pair| (pair.name(), pair.value.as_str().unwrap_or_default()))
            .collect();
        let lists: Option<Vec<&'n Vec<usize>>> = pairs.iter().map(|pair| self.by_label.get(pair)).collect();
        let rarest = lists.and_then(|lists| lists.into_iter().min_by_key(|list| list.len()));
        let has_all = move |workload: &&Workload<'_>| {
            pairs.iter().all(|(key, value)| {
                workload.labels().and_then(|labels| labels.get(key)).and_then(NodeRef::as_str) == Some(*value)
            })
        };
        rarest
            .into_iter()
            .flatten()
            .map(|at| &self.workloads[*at])
            .filter(move |workload| workload.member.may_be_in(namespace))
            .filter(has_all)
    }

    /// The pods of a namespace (none for any) that a label selector surely selects; none where the selector is not
    /// understood.
    pub fn surely_selected(&self, namespace: Option<&str>, selector: NodeRef<'_>) -> Option<Vec<&Workload<'i>>> {
        let understood = Selector::of(Some(selector))?;
        let is_selected = |workload: &&Workload<'_>| understood.matches_labels(workload.labels());
        Some(match selector.get("matchLabels").filter(|labels| !labels.is_empty()) {
            Some(labels) => self.each_labelled(namespace, labels).filter(is_selected).collect(),
            None => self.workloads_in(namespace).filter(is_selected).collect(),
        })
    }
}
