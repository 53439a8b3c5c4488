//! What `kubectl apply --prune` deletes once a set is applied, and why it leaves the rest.
//!
//! Apart from the tools that apply directories because here nothing stands in a file: the flags decide, what the apply came
//! by, and what the live objects carry. Sources: `pkg/cmd/apply/prune.go`, `apply.go` (`MarkNamespaceVisited`, `Run`) and
//! `applyset_pruner.go` of kubectl, the same in 1.27 to 1.37.

use super::Gone;
use super::syncer::Fate;
use crate::apply::{Identity, Members, Prune};
use crate::object::Object;
use crate::object::view::View as _;
use crate::server_rules::metadata::LAST_APPLIED;
use std::collections::HashSet;

/// The namespaces that the API server never deletes. Source: `immortalNamespaces` of the plugin `NamespaceLifecycle` (1.36).
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Who is known of an `ApplySet`.
#[derive(Clone, Debug)]
pub enum Membership {
    /// Its parent is not shown: whatever was applied with it is a member.
    Assumed,
    /// The cluster has no parent, so it has no members before this apply.
    None,
    /// The parent tells.
    Told(Members),
}

/// How an apply that prunes came by what it deletes.
#[derive(Debug)]
pub struct Pruning<'p> {
    prune: &'p Prune,
    membership: Membership,
    /// The namespaces that the apply came by.
    visited: HashSet<String>,
    /// Whether every object goes live: where one does not, kubectl ends before it prunes.
    is_whole: bool,
    /// Whether what was applied before has the annotation of client-side apply.
    is_client_side: bool,
    /// The namespaces that are deleted.
    namespaces: HashSet<String>,
    /// Where the API server refuses, and kubectl stops.
    stop: Option<Place>,
}

/// What an apply is known by that prunes.
#[derive(Debug)]
pub struct Applied<'p> {
    /// What it was asked to delete by.
    pub prune: &'p Prune,
    /// The members of its `ApplySet`.
    pub membership: Membership,
    /// The namespaces of the objects that were sent, and that of `--namespace`.
    pub visited: HashSet<String>,
    /// Whether every object goes live.
    pub is_whole: bool,
    /// Whether it is client-side apply.
    pub is_client_side: bool,
}

/// The order in which kubectl deletes: by namespace, what is in none at the end; by kind; by name.
type Place = (bool, String, usize, String);

/// Why kubectl leaves an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spared {
    Kind,
    Namespace,
    Labels,
    Annotation,
    FirstApply,
    Member,
    NotLookedFor,
}

impl Spared {
    fn words(self, identity: &Identity) -> String {
        let Identity { kind, namespace, .. } = identity;
        match self {
            Spared::Kind => {
                format!("kubectl apply --prune deletes only kinds of its allowlist, and {kind} is none of them")
            }
            Spared::Namespace => format!(
                "kubectl apply --prune looks only into the namespaces of what it applies, and {namespace} is none of them"
            ),
            Spared::Labels => {
                "kubectl apply --prune deletes only what the label selector selects, and this has other labels"
                    .to_owned()
            }
            Spared::Annotation => {
                "kubectl apply --prune deletes only what was applied on the client side, and this has no \
                                   last-applied annotation"
                    .to_owned()
            }
            Spared::FirstApply => {
                "the ApplySet has no parent in the cluster, so nothing is a member before this apply".to_owned()
            }
            Spared::Member => {
                "kubectl apply --prune --applyset deletes only members, and this has no label of the ApplySet"
                    .to_owned()
            }
            Spared::NotLookedFor => {
                "kubectl apply --prune --applyset looks only for kinds and into namespaces that the \
                                     ApplySet's parent names"
                    .to_owned()
            }
        }
    }
}

impl<'p> Pruning<'p> {
    /// What an apply deletes of these.
    pub fn new(applied: Applied<'p>, gone: &[Gone<'_>]) -> Self {
        let Applied { prune, membership, visited, is_whole, is_client_side } = applied;
        let (namespaces, stop) = (HashSet::new(), None);
        let mut pruning = Self { prune, membership, visited, is_whole, is_client_side, namespaces, stop };
        let is_immortal =
            |gone: &&Gone<'_>| is_namespace(&gone.identity) && IMMORTAL.contains(&gone.identity.name.as_str());
        pruning.stop = gone
            .iter()
            .filter(|gone| pruning.deletes(gone))
            .filter(is_immortal)
            .map(|gone| pruning.place(&gone.identity))
            .min();
        let deleted = gone.iter().filter(|gone| is_namespace(&gone.identity) && pruning.deletes(gone));
        pruning.namespaces = deleted.map(|gone| gone.identity.name.clone()).collect();
        pruning
    }

    /// Whether kubectl deletes an object itself.
    pub fn deletes(&self, gone: &Gone<'_>) -> bool {
        self.is_whole && self.reaches(&gone.identity) && self.spares(gone).is_none()
    }

    /// Whether an object is gone in the end: deleted, or with its namespace.
    pub fn takes(&self, identity: &Identity) -> bool {
        self.namespaces.contains(&identity.namespace)
    }

    /// The object for which the API server refuses, and kubectl stops.
    pub fn is_refused(&self, gone: &Gone<'_>) -> bool {
        self.stop.as_ref().is_some_and(|stop| *stop == self.place(&gone.identity))
    }

    /// Where an object stands in the order in which kubectl deletes.
    pub fn place(&self, identity: &Identity) -> Place {
        let rank = self.prune.rank(&identity.group, &identity.kind).unwrap_or(usize::MAX);
        (identity.namespace.is_empty(), identity.namespace.clone(), rank, identity.name.clone())
    }

    /// Whether kubectl gets to it before it stops.
    fn reaches(&self, identity: &Identity) -> bool {
        self.stop.as_ref().is_none_or(|stop| self.place(identity) < *stop)
    }

    fn spares(&self, gone: &Gone<'_>) -> Option<Spared> {
        let Gone { object, identity, live, .. } = gone;
        match (self.prune, &self.membership) {
            (Prune::Applied { selector, .. }, _) => {
                let live = live.unwrap_or(object);
                let is_annotated = |live: &Object| live.root().at(&["metadata", "annotations"]).has(LAST_APPLIED);
                if self.prune.rank(&identity.group, &identity.kind).is_none() {
                    Some(Spared::Kind)
                } else if !identity.namespace.is_empty() && !self.visited.contains(&identity.namespace) {
                    Some(Spared::Namespace)
                } else if selector.as_ref().is_some_and(|all| !all.matches(live.root().at(&["metadata", "labels"]))) {
                    Some(Spared::Labels)
                } else if !gone.live.map_or(self.is_client_side, is_annotated) {
                    Some(Spared::Annotation)
                } else {
                    None
                }
            }
            (Prune::Members(_), Membership::Assumed) => None,
            (Prune::Members(_), Membership::None) => Some(Spared::FirstApply),
            (Prune::Members(_), Membership::Told(members)) => {
                if live.is_some_and(|live| !members.has(live)) {
                    Some(Spared::Member)
                } else if !members.are_looked_for(identity) {
                    Some(Spared::NotLookedFor)
                } else {
                    None
                }
            }
        }
    }

    /// Whether it is the label of an `ApplySet` by which objects are known.
    pub(super) const fn is_by_label(&self) -> bool {
        matches!(self.prune, Prune::Members(_))
    }

    /// The command line, as far as it says what is deleted.
    const fn command(&self) -> &'static str {
        if self.is_by_label() { "kubectl apply --prune --applyset" } else { "kubectl apply --prune" }
    }

    /// What becomes of an object that is in the set no more.
    pub(super) fn fate(&self, gone: &Gone<'_>) -> Fate {
        let by = self.command();
        let (is_deleted, words) = match self.spares(gone) {
            _ if self.takes(&gone.identity) => (true, format!("{by} deletes its namespace")),
            Some(spared) => (false, spared.words(&gone.identity)),
            None if self.is_whole && self.reaches(&gone.identity) => (true, format!("{by} deletes it")),
            None if self.is_whole => (false, format!("{by} stops with an error before it")),
            None => {
                let words = format!("{by} deletes nothing, for the apply would not go through whole");
                let help = Some("The first apply that goes through whole deletes it.");
                return Fate { is_deleted: false, words, place: None, help };
            }
        };
        Fate { is_deleted, words, place: None, help: None }
    }
}

fn is_namespace(identity: &Identity) -> bool {
    identity.group.is_empty() && identity.kind == "Namespace"
}

#[cfg(test)]
mod tests {
    use super::{Applied, Membership, Pruning};
    use crate::apply::{Identity, LabelSelector, Prune};
    use crate::change::{Gone, Known};
    use crate::object::Object;
    use crate::server_rules::metadata::LAST_APPLIED;
    use crate::server_rules::testing::object;
    use serde_json::json;

    fn live(kind: &str, name: &str) -> Object {
        let api_version = if kind == "Deployment" { "apps/v1" } else { "v1" };
        let metadata = json!({"name": name, "labels": {"side": "east"}, "annotations": {LAST_APPLIED: "{}"}});
        object(&json!({"apiVersion": api_version, "kind": kind, "metadata": metadata}))
    }

    fn gone<'o>(object: &'o Object, namespace: &str, live: Option<&'o Object>) -> Gone<'o> {
        let identity = Identity {
            group: object.gvk.group.clone(),
            kind: object.gvk.kind.clone(),
            namespace: namespace.to_owned(),
            name: object.name.clone(),
        };
        Gone { object, identity, path: "", live, known: Known::Before }
    }

    fn all() -> Prune {
        Prune::Applied { allowlist: Vec::new(), selector: None }
    }

    fn applied<'p>(prune: &'p Prune, visited: &[&str]) -> Applied<'p> {
        Applied {
            prune,
            membership: Membership::Assumed,
            visited: visited.iter().map(|namespace| (*namespace).to_owned()).collect(),
            is_whole: true,
            is_client_side: true,
        }
    }

    /// The names of what is deleted, in order.
    fn deleted(pruning: &Pruning<'_>, gone: &[Gone<'_>]) -> Vec<String> {
        let mut deleted: Vec<&Gone<'_>> = gone.iter().filter(|gone| pruning.deletes(gone)).collect();
        deleted.sort_by_cached_key(|gone| pruning.place(&gone.identity));
        deleted.into_iter().map(|gone| gone.identity.name.clone()).collect()
    }

    #[test]
    fn namespaces_come_first_and_what_is_in_none_last() {
        let objects = [
            live("PersistentVolume", "disk"),
            live("Namespace", "inland"),
            live("Deployment", "a"),
            live("Secret", "b"),
            live("ConfigMap", "d"),
            live("ConfigMap", "c"),
        ];
        let namespaces = ["", "", "west", "west", "west", "east"];
        let gone: Vec<_> =
            objects.iter().zip(namespaces).map(|(object, namespace)| gone(object, namespace, None)).collect();
        let prune = all();
        let pruning = Pruning::new(applied(&prune, &["east", "west"]), &gone);
        assert_eq!(deleted(&pruning, &gone), ["c", "d", "b", "a", "inland", "disk"]);
    }

    #[test]
    fn kubectl_stops_at_a_namespace_that_stays() {
        let objects = [live("Namespace", "coast"), live("Namespace", "default"), live("Namespace", "inland")];
        let gone: Vec<_> = objects.iter().map(|object| gone(object, "", None)).collect();
        let prune = all();
        let pruning = Pruning::new(applied(&prune, &[]), &gone);
        assert_eq!(deleted(&pruning, &gone), ["coast"]);
        assert_eq!(gone.iter().map(|gone| pruning.is_refused(gone)).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(pruning.fate(&gone[2]).words, "kubectl apply --prune stops with an error before it");
        // Where the apply fails, it does not come that far.
        let failed = Applied { is_whole: false, ..applied(&prune, &[]) };
        assert!(!Pruning::new(failed, &gone).is_refused(&gone[1]));
    }

    #[test]
    fn what_is_live_decides_where_it_is_shown() {
        let written = live("ConfigMap", "tides");
        let changed = object(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tides"}}));
        let words = |prune: &Prune, live: Option<&Object>| {
            let gone = [gone(&written, "coast", live)];
            Pruning::new(applied(prune, &["coast"]), &gone).fate(&gone[0]).words
        };
        let selector = Some(LabelSelector::parse("side=east").expect("a selector"));
        let selected = Prune::Applied { allowlist: Vec::new(), selector };
        assert_eq!(words(&selected, None), "kubectl apply --prune deletes it");
        assert!(words(&selected, Some(&changed)).contains("what the label selector selects"));
        assert!(words(&all(), Some(&changed)).contains("no last-applied annotation"));
    }

    #[test]
    fn what_is_in_a_deleted_namespace_goes_with_it() {
        let objects = [live("Namespace", "inland"), live("ServiceAccount", "pilot")];
        let gone = [gone(&objects[0], "", None), gone(&objects[1], "inland", None)];
        let prune = all();
        let pruning = Pruning::new(applied(&prune, &["coast"]), &gone);
        assert_eq!(deleted(&pruning, &gone), ["inland"]);
        let fate = pruning.fate(&gone[1]);
        assert_eq!((fate.is_deleted, fate.words.as_str()), (true, "kubectl apply --prune deletes its namespace"));
    }
}
