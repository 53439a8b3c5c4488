//! What `kubectl apply --prune` was asked to delete by.
//!
//! Apart from deciding what goes because these are words of a command line, and kubectl refuses some of them before it reads
//! a file. Sources: `pkg/util/prune/prune.go` and `ParseApplySetParentRef` and `Validate` in `pkg/cmd/apply/applyset.go` of
//! kubectl, which are the same in 1.27 to 1.37; the allowlist is in 1.25 and 1.26 too.

use super::collect::{Collected, State};
use super::kinds::{Kinds, Mapping};
use super::{LabelSelector, World};
use crate::finding::Finding;
use crate::go_quote::go_quote;
use crate::object::{GroupVersionKind, Object};
use crate::schema::{KindInfo, Schema};

/// The kinds that are deleted where no allowlist is given, in the order in which kubectl lists them: group and kind.
const ALLOWLIST: [(&str, &str); 16] = [
    ("", "ConfigMap"),
    ("", "Endpoints"),
    ("", "PersistentVolumeClaim"),
    ("", "Pod"),
    ("", "ReplicationController"),
    ("", "Secret"),
    ("", "Service"),
    ("batch", "Job"),
    ("batch", "CronJob"),
    ("networking.k8s.io", "Ingress"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("", "Namespace"),
    ("", "PersistentVolume"),
];

/// By what kubectl knows the objects that it deletes.
#[derive(Clone, Debug)]
pub enum Prune {
    /// By their kinds, their labels and the annotation of client-side apply: `--prune` with `--all` or `--selector`.
    Applied {
        /// The kinds; kubectl's own list if none is given.
        allowlist: Vec<GroupVersionKind>,
        /// The labels; all if none is given.
        selector: Option<LabelSelector>,
    },
    /// By the label that makes them members of an `ApplySet`: `--prune` with `--applyset`.
    Members(Parent),
}

impl Prune {
    /// Reads a value of `--prune-allowlist`.
    ///
    /// # Errors
    ///
    /// kubectl's words for what is none.
    pub fn allowed(text: &str) -> Result<GroupVersionKind, String> {
        let [group, version, kind] = text.split('/').collect::<Vec<_>>()[..] else {
            return Err(format!("invalid GroupVersionKind format: {text}, please follow <group/version/kind>"));
        };
        let group = if group == "core" { "" } else { group };
        Ok(GroupVersionKind { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() })
    }

    /// Looks every kind of the allowlist up, as kubectl does before it reads a file.
    ///
    /// # Errors
    ///
    /// kubectl's words for a kind that is not served.
    pub fn look_up(&self, kinds: &Kinds) -> Result<(), String> {
        let Prune::Applied { allowlist, .. } = self else { return Ok(()) };
        let is_missing = |gvk: &&GroupVersionKind| matches!(kinds.map(gvk), Mapping::Missing | Mapping::List);
        match allowlist.iter().find(is_missing) {
            Some(gvk) => {
                let (kind, version) = (go_quote(&gvk.kind), go_quote(&gvk.api_version()));
                Err(format!("no matches for kind {kind} in version {version}"))
            }
            None => Ok(()),
        }
    }

    /// Refuses the whole set where kubectl does, before it sends the first object: nothing of it is tried then. `parent` is
    /// the live parent of the `ApplySet`, where the cluster shows it.
    pub fn refuse(&self, collected: &mut [Collected], parent: Option<&Object>, world: &World) -> Option<Finding> {
        let Prune::Members(of) = self else { return None };
        let (reason, finding) = of.refuse(collected, parent, world)?;
        for entry in collected.iter_mut().filter(|entry| matches!(entry.state, State::Ready { .. })) {
            entry.state = State::Skipped(reason.clone());
        }
        Some(finding)
    }

    /// The place of a kind in the order in which kubectl lists kinds to delete; none if it never looks at it. Members are
    /// looked for whatever their kind.
    pub fn rank(&self, group: &str, kind: &str) -> Option<usize> {
        match self {
            Prune::Members(_) => Some(0),
            Prune::Applied { allowlist, .. } if allowlist.is_empty() => {
                ALLOWLIST.iter().position(|allowed| *allowed == (group, kind))
            }
            // The REST mapping takes a kind as it is written, or all in lower case.
            Prune::Applied { allowlist, .. } => allowlist.iter().position(|allowed| {
                allowed.group == group && (allowed.kind == kind || allowed.kind == kind.to_lowercase())
            }),
        }
    }
}

/// The object by which an `ApplySet` is known: the value of `--applyset`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// As it was written.
    pub written: String,
    /// Its resource and kind; none for a custom resource, of which nothing else is known.
    pub resource: Option<(&'static str, &'static str)>,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What may be the parent of an `ApplySet` without anybody saying so: resource, kind, and what else kubectl knows the
/// resource by. Source: `builtinApplySetParentGVRs`, and `shortcuts` of the discovery of the API server.
const PARENTS: [(&str, &str, &[&str]); 2] =
    [("secrets", "Secret", &["secret"]), ("configmaps", "ConfigMap", &["configmap", "cm"])];

impl Parent {
    /// Reads `[RESOURCE][.GROUP]/NAME`, a Secret where there is no resource.
    ///
    /// # Errors
    ///
    /// kubectl's words for what is none, and for a resource that cannot be one.
    pub fn parse(text: &str, namespace: Option<&str>, schema: Schema) -> Result<Self, String> {
        let (resource, name) = text.split_once('/').unwrap_or(("secrets", text));
        if name.is_empty() {
            return Err(format!("invalid parent reference {}: name cannot be blank", go_quote(text)));
        }
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        let known = PARENTS
            .iter()
            .find(|(known, _, others)| group.is_empty() && (*known == plural || others.contains(&plural)));
        if known.is_none() {
            let is_it = |kind: &KindInfo| {
                (group.is_empty() || kind.group == group)
                    && (kind.plural == plural || kind.kind.to_ascii_lowercase() == plural)
            };
            if let Some(kind) = schema.kinds().find(is_it) {
                let KindInfo { group, version, plural, .. } = kind;
                return Err(format!(
                    "resource \"{group}/{version}, Resource={plural}\" is not permitted as an ApplySet parent"
                ));
            }
        }
        if known.is_some() && namespace.is_none() {
            return Err("namespace is required to use namespace-scoped ApplySet".to_owned());
        }
        Ok(Self {
            written: text.to_owned(),
            resource: known.map(|(resource, kind, _)| (*resource, *kind)),
            namespace: namespace.unwrap_or_default().to_owned(),
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Parent, Prune};
    use crate::apply::Kinds;
    use crate::object::GroupVersionKind;
    use crate::schema::{Minor, Schema};

    fn parent(text: &str, namespace: Option<&str>) -> Result<Parent, String> {
        Parent::parse(text, namespace, Schema::of(Minor::LATEST))
    }

    #[test]
    fn a_parent_is_a_secret_unless_another_resource_is_named() {
        let web = parent("web", Some("shop")).expect("a parent");
        assert_eq!(
            (web.resource, web.namespace.as_str(), web.name.as_str()),
            (Some(("secrets", "Secret")), "shop", "web")
        );
        for text in ["configmaps/web", "configmap/web", "cm/web"] {
            assert_eq!(parent(text, Some("shop")).expect("a parent").resource, Some(("configmaps", "ConfigMap")));
        }
        // A kind of a CRD may be cluster-scoped, and nobody knows.
        assert_eq!(parent("webs.example.com/web", None).expect("a parent").resource, None);
    }

    // The words are those of kubectl 1.32 with KUBECTL_APPLYSET=true.
    #[test]
    fn what_is_no_parent_is_refused_in_the_words_of_kubectl() {
        let refused = |text: &str| parent(text, Some("shop")).expect_err("no parent");
        assert_eq!(refused("secrets/"), "invalid parent reference \"secrets/\": name cannot be blank");
        let services = "resource \"/v1, Resource=services\" is not permitted as an ApplySet parent";
        assert_eq!(refused("services/web"), services);
        let deployments = "resource \"apps/v1, Resource=deployments\" is not permitted as an ApplySet parent";
        assert_eq!(refused("deployments.apps/web"), deployments);
        let nowhere = parent("web", None).expect_err("no parent");
        assert_eq!(nowhere, "namespace is required to use namespace-scoped ApplySet");
    }

    #[test]
    fn an_allowlist_takes_the_place_of_that_of_kubectl() {
        let prune = |allowed: &[&str]| Prune::Applied {
            allowlist: allowed.iter().map(|text| Prune::allowed(text).expect("a kind")).collect(),
            selector: None,
        };
        let own = prune(&[]);
        assert!(own.rank("", "ConfigMap").is_some() && own.rank("apps", "Deployment").is_some());
        assert!(own.rank("", "ServiceAccount").is_none() && own.rank("extensions", "Deployment").is_none());
        let given = prune(&["core/v1/serviceaccount", "apps/v1/Deployment"]);
        assert_eq!(given.rank("", "ServiceAccount"), Some(0));
        assert_eq!(given.rank("apps", "Deployment"), Some(1));
        assert_eq!(given.rank("", "ConfigMap"), None);
    }

    #[test]
    fn an_allowlist_names_kinds_that_are_served() {
        let looked_up = |text: &str, closed: bool| {
            let kinds = Kinds::new(Schema::of(Minor::LATEST), closed);
            let allowlist: Vec<GroupVersionKind> = vec![Prune::allowed(text)?];
            Prune::Applied { allowlist, selector: None }.look_up(&kinds)
        };
        assert_eq!(looked_up("core/v1/ConfigMap", true), Ok(()));
        assert_eq!(looked_up("core/v1/configmap", true), Ok(()));
        assert_eq!(
            looked_up("core/v1", true),
            Err("invalid GroupVersionKind format: core/v1, please follow <group/version/kind>".to_owned())
        );
        let missing =
            |kind: &str, version: &str| Err(format!("no matches for kind \"{kind}\" in version \"{version}\""));
        assert_eq!(looked_up("core/v1/Nothing", false), missing("Nothing", "v1"));
        assert_eq!(looked_up("extensions/v1beta1/Ingress", false), missing("Ingress", "extensions/v1beta1"));
        assert_eq!(looked_up("example.com/v1/Boat", false), Ok(()));
        assert_eq!(looked_up("example.com/v1/Boat", true), missing("Boat", "example.com/v1"));
    }
}
