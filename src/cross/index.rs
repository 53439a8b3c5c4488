//! Every object that a set is held against: by kind, namespace, name and the labels of its pods.
//!
//! Apart because each rule asks the same few questions, and asks them of thousands of objects.

use super::added_labels;
use super::alike::Alike;
use super::labelled::Labelled;
use crate::object::view::View;
use crate::object::{FieldPath, Object};
use crate::schema::{self, Made};
use crate::server_rules::content::label_selector::Selector;
use crate::source::Span;
use crate::yaml::NodeRef;
use fnv::{FnvHashMap, FnvHashSet};
use smallvec::SmallVec;
use std::sync::OnceLock;

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

    /// Its labels.
    pub fn labels(&self) -> Option<NodeRef<'i>> {
        self.object.root().at(&["metadata", "labels"])
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

    /// Whether the pods have a label, as written or from whoever makes them.
    pub fn has_label(&self, key: &str, value: &str) -> bool {
        let written = self.labels().and_then(|labels| labels.get(key)).and_then(NodeRef::as_str);
        written == Some(value) || added_labels::may_add(&self.member, key, value)
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

/// Numbers of objects, of which most names have one: a vector on the heap for each would be most of an index.
pub(super) type Numbers = SmallVec<[u32; 4]>;

/// Kind, group and name of what another object makes.
type NameMade<'i> = (&'i str, &'i str, String);

/// Objects, and the ways to find them.
#[derive(Debug, Default)]
pub struct Index<'i> {
    members: Vec<Member<'i>>,
    by_kind: FnvHashMap<(&'i str, &'i str), Vec<u32>>,
    by_name: FnvHashMap<Name<'i>, Numbers>,
    workloads: Vec<Workload<'i>>,
    by_namespace: FnvHashMap<Option<&'i str>, Vec<u32>>,
    pods: Labelled<'i>,
    services: Labelled<'i>,
    made: FnvHashMap<NameMade<'i>, Vec<(u32, bool)>>,
    /// What may make other objects of which nothing is known, by name; and whether one may make any, of any name.
    makers: FnvHashMap<&'i str, Numbers>,
    /// Their namespaces; none stands for any.
    maker_namespaces: FnvHashSet<Option<&'i str>>,
    makes_anything: bool,
    names_alike: OnceLock<Alike>,
}

impl<'i> Index<'i> {
    /// An index of these objects.
    pub fn new(members: impl IntoIterator<Item = Member<'i>>) -> Self {
        let members = members.into_iter();
        let mut index = Self { members: Vec::with_capacity(members.size_hint().0), ..Self::default() };
        for member in members {
            index.add(member);
        }
        index
    }

    fn add(&mut self, member: Member<'i>) {
        let at = self.members.len() as u32;
        self.members.push(member);
        self.by_kind.entry((member.kind, member.group)).or_default().push(at);
        self.by_name.entry((member.kind, member.group, member.object.name.as_str())).or_default().push(at);
        let links = schema::links(member.group, member.kind);
        for made in links.map(|links| links.makes.as_slice()).unwrap_or_default() {
            for name in names_made(made, member.object) {
                self.made.entry((made.kind, made.group, name)).or_default().push((at, made.anywhere));
            }
        }
        match links {
            Some(links) if links.makes_anything => self.makes_anything = true,
            None if !schema::Schema::of(schema::Minor::LATEST).group_exists(member.group) => {
                self.makers.entry(member.object.name.as_str()).or_default().push(at);
                self.maker_namespaces.insert(member.namespace.filter(|namespace| !namespace.is_empty()));
            }
            _ => {}
        }
        if member.is("", "Service") {
            self.services.add(at, member.labels(), &[]);
        }
        if let Some(workload) = Workload::of(member) {
            let number = self.workloads.len() as u32;
            self.by_namespace.entry(member.namespace).or_default().push(number);
            self.pods.add(number, workload.labels(), added_labels::keys(&member));
            self.workloads.push(workload);
        }
    }

    /// Every object, in the order given.
    pub fn members(&self) -> &[Member<'i>] {
        &self.members
    }

    /// The objects of a kind.
    pub fn of_kind<'s>(&'s self, group: &'s str, kind: &'s str) -> impl Iterator<Item = &'s Member<'i>> {
        self.by_kind.get(&(kind, group)).into_iter().flatten().map(|at| &self.members[*at as usize])
    }

    /// The objects of a kind that the set brings.
    pub fn of_the_set<'s>(&'s self, group: &'s str, kind: &'s str) -> impl Iterator<Item = &'s Member<'i>> {
        self.of_kind(group, kind).filter(|member| member.is_of_the_set)
    }

    /// An object by its name; `namespace` is where it is looked for, none for anywhere.
    pub fn find(&self, group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Option<&Member<'i>> {
        let found = self.by_name.get(&(kind, group, name))?;
        found.iter().map(|at| &self.members[*at as usize]).find(|member| member.may_be_in(namespace))
    }

    /// Every object of a name: of two files that hold one, nobody says which is applied where it is a guess that they are
    /// applied together.
    pub fn find_all(&self, group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Vec<&Member<'i>> {
        let found = self.by_name.get(&(kind, group, name)).into_iter().flatten();
        found.map(|at| &self.members[*at as usize]).filter(|member| member.may_be_in(namespace)).collect()
    }

    /// The objects of the set that are one object of the cluster, written down several times, each in the order given.
    pub fn repeated(&self) -> Vec<Vec<&Member<'i>>> {
        let mut repeated = Vec::new();
        for numbers in self.by_name.values().filter(|numbers| numbers.len() > 1) {
            let members = numbers.iter().map(|at| &self.members[*at as usize]);
            let own = members.filter(|member| member.is_of_the_set && !member.object.name.is_empty());
            let mut own: Vec<&Member<'i>> = own.collect();
            own.sort_by_key(|member| member.namespace);
            let same = own.chunk_by(|one, other| one.is_same_as(other)).filter(|same| same.len() > 1);
            repeated.extend(same.map(<[_]>::to_vec));
        }
        repeated
    }

    /// What makes an object of this name.
    pub fn maker(&self, group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Option<&Member<'i>> {
        // The key of the map owns its name; most indexes have nothing that makes others.
        let found = (!self.made.is_empty()).then(|| self.made.get(&(kind, group, name.to_owned()))).flatten()?;
        let there = |(at, anywhere): &&(u32, bool)| *anywhere || self.members[*at as usize].may_be_in(namespace);
        found.iter().find(there).map(|(at, _)| &self.members[*at as usize])
    }

    /// Whether something here makes other objects of any name (a Helm release, an Argo CD application).
    pub fn makes_anything(&self) -> bool {
        self.makes_anything
    }

    /// Whether an object of a kind of which nothing is known is in this namespace: its controller may make others.
    pub fn has_unknown_makers(&self, namespace: &str) -> bool {
        self.maker_namespaces.contains(&None) || self.maker_namespaces.contains(&Some(namespace))
    }

    /// An object of a kind of which nothing is known whose name begins this one: operators name what they make so.
    pub fn namesake(&self, namespace: Option<&str>, name: &str) -> Option<&Member<'i>> {
        if self.makers.is_empty() {
            return None;
        }
        let dashes = name.match_indices('-').map(|(at, _)| at).chain([name.len()]);
        let makers = dashes.filter_map(|end| self.makers.get(&name[..end])).flatten();
        makers.map(|at| &self.members[*at as usize]).find(|member| member.may_be_in(namespace))
    }

    /// An object of the set whose name differs from this one as a slip of the hand would.
    pub fn alike(&self, group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Option<&Member<'i>> {
        let own = || self.members.iter().filter(|member| member.is_of_the_set);
        let alike = self.names_alike.get_or_init(|| Alike::new(own().map(|member| member.object.name.as_str())));
        let words = alike.find(name).into_iter();
        words.filter_map(|word| self.find(group, kind, namespace, word)).find(|member| member.is_of_the_set)
    }

    /// Everything that is or makes pods.
    pub fn workloads(&self) -> &[Workload<'i>] {
        &self.workloads
    }

    /// The pods that a kind of workload describes, by its name.
    pub fn workload(&self, group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Option<Workload<'i>> {
        self.find(group, kind, namespace, name).and_then(|member| Workload::of(*member))
    }

    /// The pods of a namespace (none for any) that a map of labels selects: all of its pairs. An empty map selects
    /// nothing here, as in a Service.
    pub fn with_labels(&self, namespace: Option<&str>, selector: NodeRef<'_>) -> Vec<&Workload<'i>> {
        let pairs = pairs(selector);
        let has_all = |workload: &&Workload<'_>| pairs.iter().all(|(key, value)| workload.has_label(key, value));
        let may_have = self.pods.with(&pairs).into_iter().map(|at| &self.workloads[at as usize]);
        may_have.filter(|workload| workload.member.may_be_in(namespace)).filter(has_all).collect()
    }

    /// Pods of the set whose labels differ from the pairs of a selector as a slip of the hand would: all but one pair are
    /// there, and the key or the value of that one is nearly the pods'.
    pub fn with_labels_alike(&self, namespace: Option<&str>, selector: NodeRef<'_>) -> Option<&Workload<'i>> {
        let pairs = pairs(selector);
        self.pods.alike(&pairs).map(|(off, at)| (off, &self.workloads[at as usize])).find_map(|(off, workload)| {
            let rest = pairs.iter().enumerate().filter(|(at, _)| *at != off);
            let is_near = workload.member.is_of_the_set
                && workload.member.may_be_in(namespace)
                && rest.map(|(_, pair)| pair).all(|(key, value)| workload.has_label(key, value));
            is_near.then_some(workload)
        })
    }

    /// The Services of a namespace (none for any) that a label selector selects; none where it is not understood.
    pub fn selected_services(&self, namespace: Option<&str>, selector: NodeRef<'_>) -> Option<Vec<&Member<'i>>> {
        let understood = Selector::of(Some(selector))?;
        let labels = selector.get("matchLabels").filter(|labels| !labels.is_empty());
        let may_be: Vec<&Member<'_>> = match labels {
            Some(labels) => {
                self.services.with(&pairs(labels)).into_iter().map(|at| &self.members[at as usize]).collect()
            }
            None => self.of_kind("", "Service").collect(),
        };
        let selected = may_be.into_iter().filter(|service| service.may_be_in(namespace));
        Some(selected.filter(|service| understood.matches_labels(service.labels())).collect())
    }

    /// A Service of the set whose labels differ from the pairs of a selector as a slip of the hand would.
    pub fn service_alike(&self, namespace: Option<&str>, selector: NodeRef<'_>) -> Option<&Member<'i>> {
        let pairs = pairs(selector);
        self.services.alike(&pairs).map(|(off, at)| (off, &self.members[at as usize])).find_map(|(off, service)| {
            let has = |key: &str| service.labels().and_then(|labels| labels.get(key)).and_then(NodeRef::as_str);
            let mut rest = pairs.iter().enumerate().filter(|(at, _)| *at != off).map(|(_, pair)| pair);
            let is_near = service.is_of_the_set
                && service.may_be_in(namespace)
                && rest.all(|(key, value)| has(key) == Some(*value));
            is_near.then_some(service)
        })
    }

    /// The pods of a namespace (none for any) that a label selector selects; none where the selector is not understood.
    pub fn selected(&self, namespace: Option<&str>, selector: NodeRef<'_>) -> Option<Vec<&Workload<'i>>> {
        let understood = Selector::of(Some(selector))?;
        if let Some(labels) = selector.get("matchLabels").filter(|labels| !labels.is_empty()) {
            let mut found = self.with_labels(namespace, labels);
            found.retain(|workload| selects(&understood, workload));
            return Some(found);
        }
        let all = self.workloads.iter().filter(|workload| workload.member.may_be_in(namespace));
        Some(all.filter(|workload| selects(&understood, workload)).collect())
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
        let own = own.filter_map(|own| self.by_namespace.get(&own)).flatten().map(|at| &self.workloads[*at as usize]);
        all.into_iter().flatten().chain(own)
    }

    /// The pods of a namespace (none for any) that have all pairs of a map of labels, one after the other: the first may
    /// be all that is needed. An empty map selects nothing here.
    pub fn each_labelled<'n, 's: 'n>(
        &'s self,
        namespace: Option<&'n str>,
        pairs: NodeRef<'n>,
    ) -> impl Iterator<Item = &'s Workload<'i>> + use<'n, 's, 'i> {
        let pairs = self::pairs(pairs);
        let rarest = self.pods.with(&pairs);
        let has_all = move |workload: &&Workload<'_>| {
            pairs.iter().all(|(key, value)| {
                workload.labels().and_then(|labels| labels.get(key)).and_then(NodeRef::as_str) == Some(*value)
            })
        };
        rarest
            .into_iter()
            .map(|at| &self.workloads[at as usize])
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

/// The pairs of a map of labels. A null value is no pair: neither kubectl nor the API server keeps its key.
fn pairs(labels: NodeRef<'_>) -> Vec<(&str, &str)> {
    let pairs = labels.entries().filter(|pair| !pair.value.is_null());
    pairs.map(|pair| (pair.name(), pair.value.as_str().unwrap_or_default())).collect()
}

/// Whether a selector may select the pods: a label that whoever makes them adds has any value.
fn selects(selector: &Selector<'_>, workload: &Workload<'_>) -> bool {
    let written = |key: &str| workload.labels()?.get(key)?.as_str();
    selector.matches(written)
        || selector.matches_but(written, |key| added_labels::keys(&workload.member).contains(&key))
}

/// The names of what an object makes by a row of the table.
fn names_made(made: &Made, object: &Object) -> Vec<String> {
    let at = |path: &str| {
        let mut found = vec![object.root()];
        for field in path.split('.') {
            let (field, each) = field.strip_suffix("[]").map_or((field, false), |field| (field, true));
            let values = found.into_iter().filter_map(|node| node.get(field));
            found = if each { values.flat_map(NodeRef::elements).collect() } else { values.collect() };
        }
        let names = found.into_iter().filter_map(NodeRef::as_str).filter(|name| !name.is_empty());
        names.map(|name| format!("{name}{}", made.suffix)).collect::<Vec<_>>()
    };
    let own = at(made.name_at);
    if own.is_empty() { made.default_at.map(at).unwrap_or_default() } else { own }
}
