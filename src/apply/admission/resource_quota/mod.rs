//! ResourceQuota: what a namespace may use, and what its Pods must say so that it can be counted.
//!
//! Apart because it counts along the apply: every object that is admitted leaves less for the next one. It counts only
//! where a quota's status has what a controller worked out, so never for a quota of the same apply.
//! Source: `checkRequest` in apiserver `pkg/admission/plugin/resourcequota/controller.go`, and
//! `pkg/quota/v1/evaluator/core` (1.36).

mod constraints;
mod scopes;
mod usage;

use super::limit_ranger::{self, Container, amounts};
use super::{Refusal, Request, Surroundings};
use crate::decode::quantity::Quantity;
use crate::finding::{Finding, Level, Rule};
use crate::object::{FieldPath, Object, Segment};
use crate::yaml::NodeRef;
pub use constraints::Unsaid;
pub use usage::Usage;

/// An object that asks for more than a quota of its namespace leaves, or does not say for how much it asks.
pub static RESOURCE_QUOTA: Rule = Rule {
    id: "apply/resource-quota",
    level: Level::Error,
    summary: "a ResourceQuota of the namespace does not let the object in",
    why: "the ResourceQuota admission plugin refuses what goes beyond what is left of a quota, and Pods that leave out amounts of processors and memory that a quota counts",
    docs: include_str!("resource-quota.md"),
};

/// What an admitted object takes from a quota.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The quota's name.
    pub quota: String,
    /// What is taken.
    pub usage: Usage,
}

/// What pods of one spec ask for, as quotas count it.
pub struct Demand<'t> {
    spec: NodeRef<'t>,
    containers: Vec<Container<'t>>,
    /// What one pod uses.
    pub usage: Usage,
}

impl<'t> Demand<'t> {
    /// The demand of pods of this spec, in a namespace with these limit ranges; `overhead` is what their runtime adds.
    pub fn of(spec: NodeRef<'t>, ranges: &[&'t Object], overhead: Option<NodeRef<'_>>) -> Self {
        let containers = limit_ranger::with_defaults(spec, ranges);
        let mut usage = Usage::from([("count/pods".to_owned(), Quantity::from_integer(1))]);
        usage::amounts_of_pod(spec, &containers, overhead, &mut usage);
        Self { spec, containers, usage }
    }

    /// What the pods leave out though a quota counts it: the amounts that it limits (`spec.hard`).
    pub fn unsaid(&self, hard: NodeRef<'_>) -> Option<Unsaid> {
        constraints::unsaid(self.spec, hard, &self.containers)
    }
}

/// Judges an object that everything else has let in. Gives what it takes from which quotas.
///
/// # Errors
///
/// The refusal.
pub fn judge(request: Request<'_>, around: Surroundings<'_>) -> Result<Vec<Charge>, Box<Refusal>> {
    let Request { object, live, namespace, .. } = request;
    let (Some(namespace), Some(resource)) = (namespace, request.resource()) else { return Ok(Vec::new()) };
    // Which files are applied together decides what is left.
    if around.together.is_guess() || matches!(resource.as_str(), "events" | "events.events.k8s.io") {
        return Ok(Vec::new());
    }
    if live.is_some() && !matches!(resource.as_str(), "services" | "persistentvolumeclaims") {
        return Ok(Vec::new());
    }
    let quotas = around.certain(object, "ResourceQuota", namespace);
    if quotas.is_empty() {
        return Ok(Vec::new());
    }
    let is_pod = resource == "pods";
    let containers = if is_pod { limit_ranger::admitted(object, namespace, around) } else { Vec::new() };
    let mut counting = Vec::new();
    for quota in quotas {
        let hard = amounts(quota.root().at(&["status", "hard"]));
        let mut about = hard.keys().filter(|name| usage::is_about(name, &resource)).peekable();
        if about.peek().is_none() || !scopes::matches(quota, object, &resource, &containers, around) {
            continue;
        }
        if is_pod && let Some(refusal) = constraints::judge(object, quota, &containers) {
            return Err(Box::new(refusal));
        }
        let used = amounts(quota.root().at(&["status", "used"]));
        if about.clone().any(|name| !used.contains_key(name)) {
            let names: Vec<&str> = about.copied().collect();
            let why = format!("status unknown for quota: {}, resources: {}", quota.name, names.join(","));
            return Err(Box::new(refuse(request, &resource, quota, names.first().copied().unwrap_or_default(), &why)));
        }
        counting.push((quota, hard, used));
    }
    let asked = usage::usage(object, &resource, &containers, around);
    let before = live.map(|live| (live, usage::usage(live, &resource, &[], around)));
    let mut charges = Vec::new();
    for (quota, hard, used) in counting {
        let counted = before.as_ref().filter(|(live, _)| scopes::matches(quota, live, &resource, &[], around));
        let mut asked = match counted {
            Some((_, before)) => beyond(&asked, before),
            None => asked.clone(),
        };
        asked.retain(|name, amount| amount.sign() > 0 && hard.contains_key(name.as_str()));
        let taken = around.world.taken(namespace, &quota.name);
        let now = |name: &str| {
            let used = used.get(name).cloned().unwrap_or_else(|| Quantity::from_integer(0));
            taken.and_then(|taken| taken.get(name)).map_or_else(|| used.clone(), |taken| used.plus(taken))
        };
        let exceeded: Vec<&str> = hard
            .iter()
            .filter(|(name, limit)| asked.get(**name).is_some_and(|amount| now(name).plus(amount) > **limit))
            .map(|(name, _)| *name)
            .collect();
        if let Some(first) = exceeded.first() {
            let list = |of: &dyn Fn(&str) -> Option<String>| {
                let each = exceeded.iter().filter_map(|name| Some(format!("{name}={}", of(name)?)));
                each.collect::<Vec<_>>().join(",")
            };
            let why = format!(
                "exceeded quota: {}, requested: {}, used: {}, limited: {}",
                quota.name,
                list(&|name| asked.get(name).map(Quantity::text)),
                list(&|name| Some(now(name).text())),
                list(&|name| hard.get(name).map(Quantity::text)),
            );
            return Err(Box::new(refuse(request, &resource, quota, first, &why)));
        }
        charges.push(Charge { quota: quota.name.clone(), usage: asked });
    }
    Ok(charges)
}

/// What is asked for beyond what was there before.
fn beyond(asked: &Usage, before: &Usage) -> Usage {
    let more = asked.iter().map(|(name, amount)| {
        let rest = before.get(name).map_or_else(|| amount.clone(), |before| amount.plus(&before.negated()));
        (name.clone(), rest)
    });
    more.collect()
}

fn refuse(request: Request<'_>, resource: &str, quota: &Object, name: &str, why: &str) -> Refusal {
    let object = request.object;
    let message = format!("{resource} \"{}\" is forbidden: {why}", object.name);
    let field = match name.rsplit('/').next() {
        Some("requests.storage") => FieldPath::of(&["spec", "resources", "requests", "storage"]),
        Some("services.nodeports") => FieldPath::of(&["spec", "ports"]),
        Some("services.loadbalancers") => FieldPath::of(&["spec", "type"]),
        _ if resource == "pods" && !matches!(name, "pods" | "count/pods") => FieldPath::of(&["spec", "containers"]),
        _ => FieldPath::of(&["metadata", "name"]),
    };
    let finding = Finding::in_object(&RESOURCE_QUOTA, &message, object, field)
        .with_label(quota.span(quota.locate(&hard(name)).range()), "this ResourceQuota limits it")
        .with_help("ask for less, or raise the quota first");
    (message, finding)
}

/// Where a quota's status holds a limit.
fn hard(name: &str) -> FieldPath {
    let fields = ["status", "hard"].map(|field| Segment::Field(field.to_owned()));
    FieldPath(fields.into_iter().chain([Segment::Key(name.to_owned())]).collect())
}

#[cfg(test)]
mod tests;
