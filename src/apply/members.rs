//! kubectl's `ApplySet`: the object that it is known by, and which live objects are members of it.
//!
//! Apart from the flag because here live objects are read. What kubectl refuses for it, it refuses before it sends the first
//! object. Source: `pkg/cmd/apply/applyset.go` and `applyset_pruner.go` of kubectl (1.36).

use super::admission::Refusal;
use super::collect::{Collected, State};
use super::prune::Parent;
use super::world::{Identity, World};
use super::{Attempt, Outcome};
use crate::finding::{Finding, Level, Rule};
use crate::go_quote::go_quote;
use crate::object::view::View as _;
use crate::object::{FieldChange, FieldPath, Object};
use crate::server_rules::metadata::LAST_APPLIED;

/// kubectl refuses the whole apply for its `ApplySet`.
pub static REFUSED: Rule = Rule {
    id: "kubectl/applyset",
    level: Level::Error,
    summary: "kubectl cannot use the ApplySet",
    why: "kubectl apply --applyset looks at the set's parent object, and writes it, before it sends the first object: where \
          that fails, nothing is applied",
    docs: include_str!("applyset.md"),
};

/// The label of members; its value is the id of the parent.
pub const PART_OF: &str = "applyset.kubernetes.io/part-of";
const ID: &str = "applyset.kubernetes.io/id";
const TOOLING: &str = "applyset.kubernetes.io/tooling";
const KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
const RESOURCES: &str = "applyset.kubernetes.io/contains-group-resources";
const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";

/// Where kubectl looks for members, as the live parent tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    id: String,
    /// Group and kind; none where the parent names resources, as kubectl 1.27 wrote it.
    kinds: Option<Vec<(String, String)>>,
    namespaces: Vec<String>,
}

impl Parent {
    /// What the parent object is; none for a custom resource, of which nobody knows the kind.
    pub fn identity(&self) -> Option<Identity> {
        let (_, kind) = self.resource?;
        Some(Identity {
            group: String::new(),
            kind: kind.to_owned(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        })
    }

    /// What its live object tells of the members.
    pub fn members(&self, live: &Object) -> Members {
        let metadata = live.root().get("metadata");
        let annotations = metadata.and_then(|metadata| metadata.get("annotations"));
        let list =
            |text: &str| -> Vec<String> { text.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect() };
        let kinds = annotations.has(KINDS).then(|| {
            let all = list(annotations.text(KINDS)).into_iter();
            all.map(|one| match one.split_once('.') {
                Some((kind, group)) => (group.to_owned(), kind.to_owned()),
                None => (String::new(), one),
            })
            .collect()
        });
        let mut namespaces = list(annotations.text(NAMESPACES));
        namespaces.push(self.namespace.clone());
        let id = metadata.and_then(|metadata| metadata.get("labels")).text(ID).to_owned();
        Members { id, kinds, namespaces }
    }

    /// Why kubectl gives up before it sends an object. `live` is the parent's object, where the cluster shows it. Source:
    /// `AddLabels`, `fetchParent` and `updateParent`.
    pub fn refuse(&self, collected: &[Collected], live: Option<&Object>, world: &World) -> Option<Refusal> {
        let objects = || {
            collected.iter().filter_map(|entry| match &entry.state {
                State::Ready { object, .. } => Some(object.as_ref()),
                _ => None,
            })
        };
        let labels = FieldPath::of(&["metadata", "labels"]);
        let is_labelled = |object: &&Object| object.root().at(&["metadata", "labels"]).has(PART_OF);
        if let Some(object) = objects().find(is_labelled) {
            let message = format!("ApplySet label {} already set in input data", go_quote(PART_OF));
            let finding = Finding::in_object(&REFUSED, &message, object, labels.key(PART_OF));
            return Some((message, finding.with_help("Take the label out: kubectl writes it itself.")));
        }
        if let Some(live) = live {
            let (message, path) = self.complaint(live)?;
            let finding = Finding::in_object(&REFUSED, &message, live, path);
            return Some((
                message,
                finding.with_help("Name another parent, or delete this one if nothing else needs it."),
            ));
        }
        let identity = self.identity()?;
        if !world.closed || world.get(&identity).is_some() || world.has_namespace(&self.namespace) {
            return None;
        }
        let namespace = &self.namespace;
        let message = format!("failed to update ApplySet: namespaces {} not found", go_quote(namespace));
        let is_made = |object: &&Object| {
            object.gvk.group.is_empty() && object.gvk.kind == "Namespace" && object.name == *namespace
        };
        let object = objects().find(is_made).or_else(|| objects().next())?;
        let finding = Finding::in_object(&REFUSED, &message, object, FieldPath::of(&["metadata", "name"]));
        Some((message, finding.with_help(format!("Make the namespace before: kubectl create namespace {namespace}"))))
    }

    /// What kubectl has against the live parent, and in which field. That its id is another one than its name gives is not
    /// looked at.
    fn complaint(&self, live: &Object) -> Option<(String, FieldPath)> {
        let (resource, _) = self.resource?;
        let called = format!("ApplySet parent object {}", go_quote(&format!("{resource}./{}", self.name)));
        let metadata = live.root().get("metadata");
        let annotations = metadata.and_then(|metadata| metadata.get("annotations"));
        let path = FieldPath::of(&["metadata", "annotations"]);
        if !annotations.has(TOOLING) {
            let name = go_quote(TOOLING);
            return Some((format!("{called} already exists and is missing required annotation {name}"), path));
        }
        let tooling = annotations.text(TOOLING);
        let tool = tooling.rsplit_once('/').map_or(tooling, |(tool, _)| tool);
        if tool != "kubectl" {
            let tool = go_quote(tool);
            let complaint = format!("{called} already exists and is managed by tooling {tool} instead of \"kubectl\"");
            return Some((complaint, path.key(TOOLING)));
        }
        if !metadata.and_then(|metadata| metadata.get("labels")).has(ID) {
            let path = FieldPath::of(&["metadata", "labels"]);
            return Some((format!("{called} exists and does not have required label {ID}"), path));
        }
        if !annotations.has(KINDS) && annotations.text(RESOURCES).is_empty() {
            let (called, kinds) = (go_quote(&format!("{resource}./{}", self.name)), go_quote(KINDS));
            let complaint = format!(
                "parsing ApplySet annotation on {called}: kubectl requires the {kinds} annotation to be set on all ApplySet \
                 parent objects"
            );
            return Some((complaint, path));
        }
        None
    }
}

/// Whether a live object was last applied with the label of members: kubectl puts it into what it sends, though no file has
/// it. Source: `AddLabels`.
pub fn was_applied_as_member(live: &Object) -> bool {
    let annotations = live.root().at(&["metadata", "annotations"]);
    let applied: Option<serde_json::Value> = serde_json::from_str(annotations.text(LAST_APPLIED)).ok();
    applied.is_some_and(|applied| applied["metadata"]["labels"][PART_OF].is_string())
}

/// Keeps the label of members in an object that was applied as one, and is again.
pub fn keep_label(attempt: &mut Attempt) {
    let labels = FieldPath::of(&["metadata", "labels"]);
    let is_of_it = |change: &FieldChange| match &change.before {
        _ if change.after.is_some() => false,
        Some(before) if change.field == labels => {
            before.as_object().is_some_and(|labels| labels.len() == 1 && labels.contains_key(PART_OF))
        }
        _ => change.field == labels.clone().key(PART_OF),
    };
    attempt.changes.retain(|change| !is_of_it(change));
    if attempt.changes.is_empty() && attempt.outcome == Outcome::Configured {
        attempt.outcome = Outcome::Unchanged;
    }
}

impl Members {
    /// Whether an object is a member by its label.
    pub fn has(&self, object: &Object) -> bool {
        object.root().at(&["metadata", "labels"]).text(PART_OF) == self.id
    }

    /// Whether kubectl looks for members of this kind, in this namespace.
    pub fn are_looked_for(&self, identity: &Identity) -> bool {
        let is_of = |(group, kind): &(String, String)| *group == identity.group && *kind == identity.kind;
        self.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(is_of))
            && (identity.namespace.is_empty() || self.namespaces.contains(&identity.namespace))
    }
}

#[cfg(test)]
mod tests {
    use super::{Members, PART_OF};
    use crate::apply::{Identity, Parent};
    use crate::schema::{Minor, Schema};
    use crate::server_rules::testing::object;
    use serde_json::{Value, json};

    fn parent() -> Parent {
        Parent::parse("configmaps/web", Some("shop"), Schema::of(Minor::LATEST)).expect("a parent")
    }

    fn live(metadata: &Value) -> crate::object::Object {
        object(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}))
    }

    fn members() -> Members {
        let metadata = json!({
            "name": "web",
            "labels": {"applyset.kubernetes.io/id": "applyset-x-v1"},
            "annotations": {
                "applyset.kubernetes.io/contains-group-kinds": "Deployment.apps,Secret",
                "applyset.kubernetes.io/additional-namespaces": "store",
            },
        });
        parent().members(&live(&metadata))
    }

    fn identity(group: &str, kind: &str, namespace: &str) -> Identity {
        Identity {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: "a".to_owned(),
        }
    }

    #[test]
    fn members_are_looked_for_where_the_parent_says() {
        let members = members();
        for (group, kind, namespace, expected) in [
            ("apps", "Deployment", "shop", true),
            ("apps", "Deployment", "store", true),
            ("", "Secret", "store", true),
            ("", "Secret", "cellar", false),
            ("", "ConfigMap", "shop", false),
            ("apps", "StatefulSet", "shop", false),
        ] {
            assert_eq!(members.are_looked_for(&identity(group, kind, namespace)), expected, "{kind} {namespace}");
        }
    }

    #[test]
    fn a_member_has_the_label() {
        let members = members();
        assert!(members.has(&live(&json!({"name": "a", "labels": {PART_OF: "applyset-x-v1"}}))));
        assert!(!members.has(&live(&json!({"name": "a", "labels": {PART_OF: "applyset-y-v1"}}))));
        assert!(!members.has(&live(&json!({"name": "a"}))));
    }

    // The words are those of kubectl 1.32 with KUBECTL_APPLYSET=true.
    #[test]
    fn a_parent_of_another_tool_is_refused() {
        let complaint = |metadata: &Value| parent().complaint(&live(metadata)).map(|(complaint, _)| complaint);
        let tooling = "applyset.kubernetes.io/tooling";
        assert_eq!(
            complaint(&json!({"name": "web"})).as_deref(),
            Some(
                "ApplySet parent object \"configmaps./web\" already exists and is missing required annotation \"applyset.kubernetes.io/tooling\""
            )
        );
        assert_eq!(
            complaint(&json!({"name": "web", "annotations": {tooling: "helm/v3"}})).as_deref(),
            Some(
                "ApplySet parent object \"configmaps./web\" already exists and is managed by tooling \"helm\" instead of \"kubectl\""
            )
        );
        assert_eq!(
            complaint(&json!({"name": "web", "annotations": {tooling: "kubectl/v1.32.0"}})).as_deref(),
            Some(
                "ApplySet parent object \"configmaps./web\" exists and does not have required label applyset.kubernetes.io/id"
            )
        );
        let kinds = "applyset.kubernetes.io/contains-group-kinds";
        let whole = json!({
            "name": "web",
            "labels": {"applyset.kubernetes.io/id": "applyset-x-v1"},
            "annotations": {tooling: "kubectl/v1.32.0", kinds: ""},
        });
        assert_eq!(complaint(&whole), None);
    }
}
