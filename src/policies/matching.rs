//! Whether a policy or a binding is about a request.
//!
//! Apart because both hold the same `matchResources`, and because here it is decided what takes the labels of a
//! namespace to know. Sources: apiserver `pkg/admission/plugin/policy/matching/matching.go`,
//! `pkg/admission/plugin/webhook/predicates/{namespace,object,rules}`, `pkg/kubeapiserver/admission/exclusion` (1.37).

use super::request::{Form, Namespace, Request};
use crate::object::view::View;
use crate::server_rules::content::label_selector::{self, Selector};
use crate::yaml::{EntryRef, NodeRef};

/// The label that every namespace has.
pub(super) const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Whether it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// As which group, version and resource: other than the request's where `matchPolicy: Equivalent` made it so.
    Yes(Form),
    No,
    /// Nobody here can tell; why.
    Unknown(String),
}

/// Objects that no policy is asked about.
pub(super) fn is_exempt(form: &Form) -> bool {
    match form.group.as_str() {
        "admissionregistration.k8s.io" => {
            form.kind.ends_with("WebhookConfiguration") || form.kind.contains("AdmissionPolicy")
        }
        "authentication.k8s.io" | "authorization.k8s.io" => true,
        _ => false,
    }
}

/// `Matches` of the matcher.
pub(super) fn matches(resources: NodeRef<'_>, request: &Request<'_>) -> Match {
    let own = request.form();
    let mut unknown = None;
    match namespace_matches(resources, request, &own) {
        Ok(false) => return Match::No,
        Ok(true) => {}
        Err(why) => unknown = Some(why),
    }
    if let Some(selector) = resources.get("objectSelector").filter(|selector| !label_selector::is_empty(*selector)) {
        let Some(selector) = Selector::of(Some(selector)) else {
            return Match::Unknown("its objectSelector is not valid".to_owned());
        };
        let is_selected = [Some(request.object), request.live]
            .into_iter()
            .flatten()
            .any(|object| selector.matches_labels(object.root().at(&["metadata", "labels"])));
        if !is_selected {
            return Match::No;
        }
    }
    let is_exact = resources.text_or("matchPolicy", "Equivalent") == "Exact";
    let mut resource = |rules: &str| match by_rules(resources, rules, is_exact, request, &own) {
        Match::Unknown(why) => {
            unknown.get_or_insert(why);
            None
        }
        known => Some(known),
    };
    if let Some(Match::Yes(_)) = resource("excludeResourceRules") {
        return Match::No;
    }
    let form = if resources.get("resourceRules").is_none_or(NodeRef::is_empty) {
        own.clone()
    } else {
        match resource("resourceRules") {
            Some(Match::Yes(form)) => form,
            Some(_) => return Match::No,
            None => own.clone(),
        }
    };
    unknown.map_or(Match::Yes(form), Match::Unknown)
}

/// Whether the namespace is selected, or why that is not known.
fn namespace_matches(resources: NodeRef<'_>, request: &Request<'_>, own: &Form) -> Result<bool, String> {
    let Some(selector) = resources.get("namespaceSelector").filter(|selector| !label_selector::is_empty(*selector))
    else {
        return Ok(true);
    };
    let is_namespace = own.resource.as_deref() == Some("namespaces") && own.group.is_empty();
    if request.namespace.is_none() && !is_namespace {
        return match request.is_namespaced() {
            Some(_) => Ok(true),
            None => Err("whether the kind is namespaced is not known".to_owned()),
        };
    }
    let Some(parsed) = Selector::of(Some(selector)) else {
        return Err("its namespaceSelector is not valid".to_owned());
    };
    let (name, labels) = if is_namespace {
        (request.object.name.as_str(), Some(request.object.root().at(&["metadata", "labels"])))
    } else {
        let name = request.namespace.unwrap_or_default();
        match request.of_namespace {
            Namespace::Known(namespace) => (name, Some(namespace.root().at(&["metadata", "labels"]))),
            Namespace::Unknown => (name, None),
        }
    };
    let label = |key: &str| match key {
        NAME_LABEL => Some(name),
        _ => labels.flatten()?.get(key)?.as_str(),
    };
    if labels.is_some() || asks_for_the_name_only(selector) {
        return Ok(parsed.matches(label));
    }
    // What it asks of the name may decide alone.
    if !parsed.matches_but(label, |key| key != NAME_LABEL) {
        return Ok(false);
    }
    Err(format!("the labels of namespace {name} are not known"))
}

fn asks_for_the_name_only(selector: NodeRef<'_>) -> bool {
    let pairs = selector.get("matchLabels").into_iter().flat_map(NodeRef::entries).map(EntryRef::name);
    let expressions = selector.list("matchExpressions").into_iter().map(|one| one.text("key"));
    pairs.chain(expressions).all(|key| key == NAME_LABEL)
}

/// `matchesResourceRules`
fn by_rules(resources: NodeRef<'_>, key: &str, is_exact: bool, request: &Request<'_>, own: &Form) -> Match {
    let rules = resources.list(key);
    let is_named = |rule: &NodeRef<'_>| {
        let names = rule.list("resourceNames");
        names.is_empty() || names.into_iter().any(|name| name.as_str() == Some(&request.object.name))
    };
    let mut unknown = None;
    let mut find = |form: &Form| {
        let mut found = false;
        for rule in rules.iter().filter(|rule| is_named(rule)) {
            match by_rule(*rule, request, form) {
                Some(true) => found = true,
                Some(false) => {}
                None => unknown = Some("the resource of the kind is not known, for want of its CRD".to_owned()),
            }
        }
        found
    };
    if find(own) {
        return Match::Yes(own.clone());
    }
    // What else a resource may be called is looked up only for rules that are about it in some version.
    let is_about = |rule: &NodeRef<'_>| {
        let lists = |key: &str, wanted: &str| listed(*rule, key).any(|item| item == "*" || item == wanted);
        let resource = own.resource.as_deref().unwrap_or_default();
        let is_listed = |item: &str| {
            let name = item.split_once('/').map_or(item, |(name, _)| name);
            name == "*" || name == resource
        };
        (lists("apiGroups", &own.group) || own.kind == "Event") && listed(*rule, "resources").any(is_listed)
    };
    if !is_exact && rules.iter().any(is_about) {
        for form in request.equivalents() {
            if find(&form) {
                return Match::Yes(form);
            }
        }
    }
    unknown.map_or(Match::No, Match::Unknown)
}

/// The texts of a list.
fn listed<'t>(rule: NodeRef<'t>, key: &str) -> impl Iterator<Item = &'t str> {
    rule.list(key).into_iter().filter_map(NodeRef::as_str)
}

/// `Matches` of `rules.Matcher`; none where the resource of the kind is not known and would decide.
fn by_rule(rule: NodeRef<'_>, request: &Request<'_>, form: &Form) -> Option<bool> {
    let lists = |key: &str, wanted: &str| listed(rule, key).any(|item| item == "*" || item == wanted);
    if !(lists("operations", request.operation())
        && lists("apiGroups", &form.group)
        && lists("apiVersions", &form.version))
    {
        return Some(false);
    }
    let is_namespace = form.group.is_empty() && form.resource.as_deref() == Some("namespaces");
    let is_in_one = request.namespace.is_some() && !is_namespace;
    let is_in_scope = match rule.text_or("scope", "*") {
        "Namespaced" => is_in_one,
        "Cluster" => !is_in_one,
        _ => true,
    };
    if !is_in_scope {
        return Some(false);
    }
    let mut may_match = false;
    for resource in listed(rule, "resources") {
        let (resource, sub) = resource.split_once('/').unwrap_or((resource, ""));
        // Objects that are applied are never subresources.
        if sub != "*" && !sub.is_empty() {
            continue;
        }
        match &form.resource {
            _ if resource == "*" => return Some(true),
            Some(own) if own == resource => return Some(true),
            Some(_) => {}
            None => may_match = true,
        }
    }
    (!may_match).then_some(false)
}
