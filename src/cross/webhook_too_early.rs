//! A webhook that judges what is applied after it, before its own pods can answer.
//!
//! Apart because the order of the apply decides, and because only the rules of webhooks tell which objects they judge.
//! Sources: `pkg/admission/plugin/webhook` of apiserver and `pkg/apis/admissionregistration/v1/defaults.go` (1.36).

use super::index::Workload;
use super::{Member, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::schema::{Minor, Schema};
use crate::server_rules::content::label_selector::{self, Selector};
use crate::yaml::{EntryRef, NodeRef};
use std::collections::HashMap;

/// A webhook that fails for objects of its own set.
pub static RULE: Rule = Rule {
    id: "cross/webhook-too-early",
    level: Level::Warning,
    summary: "a webhook judges objects of its own set before it can answer",
    why: "the API server asks the webhook as soon as its configuration is there; until its pods are ready the call fails, and with `failurePolicy: Fail` so does whatever it was asked about",
    docs: include_str!("webhook-too-early.md"),
};

const GROUP: &str = "admissionregistration.k8s.io";

/// The label that every namespace has.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Looks at the webhooks of the set whose pods it brings as well.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let positions = || scene.set.members().iter().enumerate().filter(|(_, member)| member.is_of_the_set);
    let mut resources = None;
    let mut found = Vec::new();
    for (position, configuration) in positions() {
        let is_configuration = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]
            .into_iter()
            .any(|kind| configuration.is(GROUP, kind));
        if !is_configuration {
            continue;
        }
        for (index, webhook) in configuration.object.root().list("webhooks").into_iter().enumerate() {
            let Some(backing) = backing(webhook, configuration, scene) else { continue };
            let resources = resources.get_or_insert_with(|| Resources::of(scene));
            let judged = positions().skip_while(|(at, _)| *at <= position).map(|(_, member)| member);
            let judged: Vec<&Member<'_>> = judged
                .filter(|member| scene.are_surely_together(configuration, member))
                .filter(|member| judges(webhook, member, resources, scene) == Some(true))
                .collect();
            if let Some(first) = judged.first() {
                found.push(tell(configuration, index, backing, first, judged.len() - 1));
                // What holds for one webhook of a configuration mostly holds for all.
                break;
            }
        }
    }
    found
}

/// The workload of the set that answers for a webhook, where its failing is refusing.
fn backing<'s>(webhook: NodeRef<'_>, configuration: &Member<'_>, scene: &'s Scene<'_>) -> Option<&'s Workload<'s>> {
    let service = webhook.at(&["clientConfig", "service"])?;
    // What matchConditions say takes the object to know.
    if webhook.text_or("failurePolicy", "Fail") != "Fail" || !webhook.list("matchConditions").is_empty() {
        return None;
    }
    let namespace = Some(service.text("namespace"));
    let is_it = |member: &&Member<'_>| member.object.name == service.text("name") && member.namespace == namespace;
    let mut services = scene.set.of_kind("", "Service").filter(is_it);
    let own = services.next()?;
    // Where the cluster has the Service, the webhook may answer already.
    if !own.is_of_the_set || services.any(|other| !other.is_of_the_set) || !scene.are_known_together(own, configuration)
    {
        return None;
    }
    let selector = own.spec()?.get("selector")?;
    let mut pods = scene.set.each_labelled(namespace, selector);
    pods.find(|workload| workload.member.is_of_the_set && workload.replicas != Some(0))
}

/// How kinds are called in the rules of webhooks.
struct Resources<'s> {
    minor: Minor,
    custom: HashMap<(&'s str, &'s str), &'s str>,
}

impl<'s> Resources<'s> {
    fn of(scene: &Scene<'s>) -> Self {
        const GROUP: &str = "apiextensions.k8s.io";
        let own = scene.set.of_kind(GROUP, "CustomResourceDefinition");
        let all = scene.repository().of_kind(GROUP, "CustomResourceDefinition").chain(own);
        let named = |definition: &Member<'s>| {
            let names = definition.spec().and_then(|spec| spec.get("names"));
            ((definition.spec().text("group"), names.text("kind")), names.text("plural"))
        };
        Self { minor: scene.minor, custom: all.map(named).collect() }
    }

    fn plural(&self, member: &Member<'_>) -> Option<&str> {
        let version = &member.object.gvk.version;
        let built_in = Schema::of(self.minor).kind(member.group, version, member.kind);
        built_in.map(|kind| kind.plural).or_else(|| self.custom.get(&(member.group, member.kind)).copied())
    }
}

/// Whether a webhook is asked when an object is created; none where that depends on what is not known.
fn judges(webhook: NodeRef<'_>, member: &Member<'_>, resources: &Resources<'_>, scene: &Scene<'_>) -> Option<bool> {
    if member.group == GROUP {
        // Nobody is asked about these, so that a wrong one can be taken away.
        let is_exempt = member.kind.ends_with("WebhookConfiguration") || member.kind.contains("AdmissionPolicy");
        if is_exempt {
            return Some(false);
        }
    }
    let plural = resources.plural(member)?;
    let is_listed = |rule: NodeRef<'_>, key: &str, names: &[&str]| {
        rule.list(key).into_iter().filter_map(NodeRef::as_str).any(|name| name == "*" || names.contains(&name))
    };
    let scope = if member.namespace.is_some_and(str::is_empty) { "Cluster" } else { "Namespaced" };
    let matches = |rule: &NodeRef<'_>| {
        is_listed(*rule, "operations", &["CREATE"])
            && is_listed(*rule, "apiGroups", &[member.group])
            && is_listed(*rule, "apiVersions", &[&member.object.gvk.version])
            && is_listed(*rule, "resources", &[plural, "*/*"])
            && matches!(rule.text_or("scope", "*"), "*") | (rule.text("scope") == scope)
    };
    if !webhook.list("rules").iter().any(matches) {
        return Some(false);
    }
    let own_labels = member.object.root().at(&["metadata", "labels"]);
    let of_objects = webhook.get("objectSelector").filter(|selector| !label_selector::is_empty(*selector));
    if let Some(selector) = of_objects
        && !Selector::of(Some(selector))?.matches_labels(own_labels)
    {
        return Some(false);
    }
    let Some(selector) = webhook.get("namespaceSelector").filter(|selector| !label_selector::is_empty(*selector))
    else {
        return Some(true);
    };
    let is_namespace = member.is("", "Namespace");
    if scope == "Cluster" && !is_namespace {
        return Some(true);
    }
    let name = if is_namespace { member.object.name.as_str() } else { member.namespace? };
    let namespace = scene.set.find("", "Namespace", None, name);
    let is_only_by_name = {
        let pairs = selector.get("matchLabels").into_iter().flat_map(NodeRef::entries).map(EntryRef::name);
        let expressions = selector.list("matchExpressions").into_iter().map(|one| one.text("key"));
        pairs.chain(expressions).all(|key| key == NAME_LABEL)
    };
    if namespace.is_none() && !is_only_by_name {
        return None;
    }
    let labels = namespace.and_then(|namespace| namespace.object.root().at(&["metadata", "labels"]));
    Some(Selector::of(Some(selector))?.matches(|key| match key {
        NAME_LABEL => Some(name),
        _ => labels?.get(key)?.as_str(),
    }))
}

fn tell(configuration: &Member<'_>, index: usize, backing: &Workload<'_>, first: &Member<'_>, more: usize) -> Finding {
    let webhook = FieldPath::of(&["webhooks"]).index(index);
    let others = match more {
        0 => String::new(),
        1 => " and 1 more object".to_owned(),
        more => format!(" and {more} more objects"),
    };
    let message = format!(
        "this webhook judges {}{others} of the same set after it, and its pods ({}) cannot be ready by then",
        first.title(),
        backing.member.title()
    );
    Finding::in_object(
        &RULE,
        message,
        configuration.object,
        webhook.field("clientConfig").field("service").field("name"),
    )
    .with_label(first.name_place(), "refused where the set is applied for the first time")
    .with_label(backing.member.name_place(), "its pods answer for the webhook")
    .with_help(
        "apply the configuration last, once the pods are ready, or leave these objects out by `namespaceSelector` or \
             `objectSelector`",
    )
}

#[cfg(test)]
mod tests {
    use crate::cross::testing::{findings, findings_in};

    const RULE: &str = "cross/webhook-too-early";
    const SERVER: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: taster, namespace: kitchen}\nspec: {ports: [{port: 443}], selector: {app: taster}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: taster, namespace: kitchen}\nspec: {template: {metadata: {labels: {app: taster}}}}\n---\n";
    const MENU: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: menu, namespace: kitchen}\n---\n";

    fn webhook(more: &str) -> String {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {{name: taste}}\nwebhooks:\n- name: taste.example.com\n  clientConfig: {{service: {{name: taster, namespace: kitchen}}}}\n  rules: [{{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}}]\n{more}---\n"
        )
    }

    #[test]
    fn what_comes_after_is_refused() {
        assert_eq!(
            findings(RULE, &(SERVER.to_owned() + &webhook("") + MENU)),
            [
                "webhooks[0].clientConfig.service.name: this webhook judges ConfigMap kitchen/menu of the same set after it, and its \
              pods (Deployment kitchen/taster) cannot be ready by then"
            ]
        );
        let by_name = "  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kitchen}}\n";
        assert_eq!(findings(RULE, &(SERVER.to_owned() + &webhook(by_name) + MENU)).len(), 1);
    }

    #[test]
    fn what_comes_before_or_is_left_out_is_not() {
        assert!(findings(RULE, &(SERVER.to_owned() + MENU + &webhook(""))).is_empty());
        for more in [
            "  failurePolicy: Ignore\n",
            "  objectSelector: {matchLabels: {taste: 'yes'}}\n",
            "  namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kitchen]}]}\n",
            "  namespaceSelector: {matchLabels: {taste: 'yes'}}\n",
            "  matchConditions: [{name: a, expression: 'true'}]\n",
        ] {
            assert!(findings(RULE, &(SERVER.to_owned() + &webhook(more) + MENU)).is_empty(), "{more}");
        }
        let other = webhook("").replace("[configmaps]", "[secrets]");
        assert!(findings(RULE, &(SERVER.to_owned() + &other + MENU)).is_empty());
        assert!(findings(RULE, &(webhook("") + MENU)).is_empty(), "the Service is not in the set");
    }

    #[test]
    fn where_it_runs_already_it_answers() {
        assert!(findings_in(SERVER, RULE, &(SERVER.to_owned() + &webhook("") + MENU)).is_empty());
    }
}
