//! `LimitRanger`: what a namespace's limit ranges ask of Pods and claims.
//!
//! Apart because it reads amounts of two objects and first gives containers the defaults of one.
//! Source: `plugin/pkg/admission/limitranger/admission.go`, and `SetDefaults_LimitRangeItem` and `SetDefaults_Pod` of
//! `pkg/apis/core/v1/defaults.go` (1.36).

use super::{Refusal, Surroundings};
use crate::decode::quantity::Quantity;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object, Segment};
use crate::source::Span;
use crate::yaml::NodeRef;
use std::collections::BTreeMap;

/// A Pod or claim outside of what its namespace's LimitRange allows.
pub static LIMIT_RANGE: Rule = Rule {
    id: "apply/limit-range",
    level: Level::Error,
    summary: "the amounts are outside of what a LimitRange of the namespace allows",
    why: "the LimitRanger admission plugin gives containers the defaults of every LimitRange of the namespace and then refuses what is below its minimum, above its maximum or beyond its ratio",
    docs: include_str!("limit-range.md"),
};

/// Amounts by the name of what is asked for.
pub type Amounts<'t> = BTreeMap<&'t str, Quantity>;

/// The requests and limits of one container, or of a whole Pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Requirements<'t> {
    pub(super) requests: Amounts<'t>,
    pub(super) limits: Amounts<'t>,
}

/// One container as admitted: where it stands, and what it asks for.
pub(super) struct Container<'t> {
    pub(super) field: FieldPath,
    is_init: bool,
    is_sidecar: bool,
    pub(super) requirements: Requirements<'t>,
}

/// The largest amount that is compared in thousandths (`resource.MaxMilliValue`).
const MOST_IN_THOUSANDTHS: i64 = i64::MAX / 1000;

/// Judges a Pod that is created.
pub fn pod(object: &Object, namespace: &str, around: Surroundings<'_>) -> Option<Refusal> {
    let ranges = around.certain(object, "LimitRange", namespace);
    let violation = violation_of_pod(object.root().get("spec")?, &ranges)?;
    Some(refuse(object, "pods", violation))
}

/// What limit ranges have against pods of this spec; fields start with `spec`.
pub fn violation_of_pod<'r>(spec: NodeRef<'_>, ranges: &[&'r Object]) -> Option<Violation<'r>> {
    if ranges.is_empty() {
        return None;
    }
    let containers = with_defaults(spec, ranges);
    ranges.iter().find_map(|range| {
        let mut faults = Vec::new();
        for (index, item) in items(range).enumerate() {
            match item.text("type") {
                "Container" => {
                    let (main, init): (Vec<_>, Vec<_>) = containers.iter().partition(|container| !container.is_init);
                    for container in main.into_iter().chain(init) {
                        constrain(item, index, "Container", &container.requirements, &container.field, &mut faults);
                    }
                }
                "Pod" => {
                    let total = whole(spec, &containers);
                    constrain(item, index, "Pod", &total, &FieldPath::of(&["spec"]), &mut faults);
                }
                _ => {}
            }
        }
        Violation::of(range, faults)
    })
}

/// The containers of a Pod with what the namespace's limit ranges give them.
pub(super) fn with_defaults<'t>(spec: NodeRef<'t>, ranges: &[&'t Object]) -> Vec<Container<'t>> {
    let mut containers = containers(spec);
    for range in ranges {
        let defaults = defaults(range);
        for container in &mut containers {
            let Requirements { requests, limits } = &mut container.requirements;
            for (name, amount) in &defaults.limits {
                limits.entry(name).or_insert_with(|| amount.clone());
            }
            for (name, amount) in &defaults.requests {
                requests.entry(name).or_insert_with(|| amount.clone());
            }
        }
    }
    containers
}

/// The containers of a Pod as ResourceQuota meets them.
pub(super) fn admitted<'t>(object: &'t Object, namespace: &str, around: Surroundings<'t>) -> Vec<Container<'t>> {
    let ranges = around.certain(object, "LimitRange", namespace);
    object.root().get("spec").map(|spec| with_defaults(spec, &ranges)).unwrap_or_default()
}

/// Judges a claim that is created or changed.
pub fn claim(object: &Object, namespace: &str, around: Surroundings<'_>) -> Option<Refusal> {
    let ranges = around.certain(object, "LimitRange", namespace);
    let violation = violation_of_claim(object.root().get("spec")?, &ranges)?;
    Some(refuse(object, "persistentvolumeclaims", violation))
}

/// What limit ranges have against claims of this spec; fields start with `spec`.
pub fn violation_of_claim<'r>(spec: NodeRef<'_>, ranges: &[&'r Object]) -> Option<Violation<'r>> {
    let requests = amounts(spec.at(&["resources", "requests"]));
    let field = FieldPath::of(&["spec", "resources"]);
    ranges.iter().find_map(|range| {
        let mut faults = Vec::new();
        let kind = "PersistentVolumeClaim";
        for (index, item) in items(range).enumerate().filter(|(_, item)| item.text("type") == kind) {
            let none = Amounts::new();
            for (name, enforced) in amounts(item.get("min")) {
                let why = minimum(kind, name, &enforced, &requests, &none);
                faults.extend(why.map(|why| Fault::new(why, &field, "requests", name, index, "min")));
            }
            for (name, enforced) in amounts(item.get("max")) {
                let why = maximum_request(kind, name, &enforced, &requests);
                faults.extend(why.map(|why| Fault::new(why, &field, "requests", name, index, "max")));
            }
        }
        Violation::of(range, faults)
    })
}

fn items(range: &Object) -> impl Iterator<Item = NodeRef<'_>> {
    range.root().get("spec").list("limits").into_iter()
}

/// The amounts of a resource list that can be read.
pub fn amounts(list: Option<NodeRef<'_>>) -> Amounts<'_> {
    let entries = list.into_iter().flat_map(NodeRef::entries);
    entries.filter_map(|entry| Some((entry.name(), Quantity::of(entry.value)?.ok()?))).collect()
}

/// Requests that are not set are what the limits are.
fn requirements(resources: Option<NodeRef<'_>>) -> Requirements<'_> {
    let part = |key| amounts(resources.and_then(|resources| resources.get(key)));
    let (mut requests, limits) = (part("requests"), part("limits"));
    for (name, amount) in &limits {
        requests.entry(name).or_insert_with(|| amount.clone());
    }
    Requirements { requests, limits }
}

fn containers(spec: NodeRef<'_>) -> Vec<Container<'_>> {
    let of = |key: &'static str| {
        spec.list(key).into_iter().enumerate().map(move |(index, container)| Container {
            field: FieldPath(vec![
                Segment::Field("spec".to_owned()),
                Segment::Field(key.to_owned()),
                Segment::Index(index),
                Segment::Field("resources".to_owned()),
            ]),
            is_init: key == "initContainers",
            is_sidecar: container.text("restartPolicy") == "Always",
            requirements: requirements(container.get("resources")),
        })
    };
    of("containers").chain(of("initContainers")).collect()
}

/// What a LimitRange gives containers that leave an amount out.
fn defaults(range: &Object) -> Requirements<'_> {
    let mut given = Requirements::default();
    for item in items(range).filter(|item| item.text("type") == "Container") {
        let mut limits = amounts(item.get("default"));
        for (name, amount) in amounts(item.get("max")) {
            limits.entry(name).or_insert(amount);
        }
        let mut requests = amounts(item.get("defaultRequest"));
        for (name, amount) in
            limits.iter().map(|(name, amount)| (*name, amount.clone())).chain(amounts(item.get("min")))
        {
            requests.entry(name).or_insert(amount);
        }
        given.limits.extend(limits);
        given.requests.extend(requests);
    }
    given
}

/// What the Pod asks for as a whole: the sum of what runs side by side, or more where an init container needs more.
pub(super) fn whole<'t>(spec: NodeRef<'t>, containers: &[Container<'t>]) -> Requirements<'t> {
    fn add<'t>(list: &mut Amounts<'t>, more: &Amounts<'t>) {
        for (name, amount) in more {
            let sum = list.get(name).map_or_else(|| amount.clone(), |have| have.plus(amount));
            list.insert(name, sum);
        }
    }
    fn raise<'t>(list: &mut Amounts<'t>, to: &Amounts<'t>) {
        for (name, amount) in to {
            if list.get(name).is_none_or(|have| amount > have) {
                list.insert(name, amount.clone());
            }
        }
    }
    let total = |of: for<'r> fn(&'r Requirements<'t>) -> &'r Amounts<'t>, key: &str| {
        let (mut sum, mut sidecars, mut most) = (Amounts::new(), Amounts::new(), Amounts::new());
        for container in containers.iter().filter(|container| !container.is_init) {
            add(&mut sum, of(&container.requirements));
        }
        for container in containers.iter().filter(|container| container.is_init) {
            let own = of(&container.requirements);
            if container.is_sidecar {
                add(&mut sum, own);
                add(&mut sidecars, own);
                raise(&mut most, &sidecars);
            } else {
                let mut at_once = own.clone();
                add(&mut at_once, &sidecars);
                raise(&mut most, &at_once);
            }
        }
        raise(&mut sum, &most);
        let of_pod = amounts(spec.at(&["resources", key]));
        sum.extend(of_pod.into_iter().filter(|(name, _)| matches!(*name, "cpu" | "memory")));
        sum
    };
    Requirements { requests: total(|of| &of.requests, "requests"), limits: total(|of| &of.limits, "limits") }
}

/// One refusal: the server's words, the field, and the place in the LimitRange.
struct Fault {
    why: String,
    field: FieldPath,
    rule: FieldPath,
}

impl Fault {
    fn new(why: String, resources: &FieldPath, part: &str, name: &str, item: usize, constraint: &str) -> Self {
        let mut field = resources.clone();
        field.0.extend([Segment::Field(part.to_owned()), Segment::Key(name.to_owned())]);
        let rule = FieldPath(vec![
            Segment::Field("spec".to_owned()),
            Segment::Field("limits".to_owned()),
            Segment::Index(item),
            Segment::Field(constraint.to_owned()),
            Segment::Key(name.to_owned()),
        ]);
        Self { why, field, rule }
    }
}

fn constrain(
    item: NodeRef<'_>,
    index: usize,
    kind: &str,
    of: &Requirements<'_>,
    field: &FieldPath,
    faults: &mut Vec<Fault>,
) {
    let part = |why: &str| if why.contains("limit is") || why.contains("No limit") { "limits" } else { "requests" };
    let mut fault = |why: Option<String>, name: &str, constraint: &str| {
        faults.extend(why.map(|why| {
            let part = part(&why);
            Fault::new(why, field, part, name, index, constraint)
        }));
    };
    for (name, enforced) in amounts(item.get("min")) {
        fault(minimum(kind, name, &enforced, &of.requests, &of.limits), name, "min");
    }
    for (name, enforced) in amounts(item.get("max")) {
        fault(maximum(kind, name, &enforced, &of.requests, &of.limits), name, "max");
    }
    for (name, enforced) in amounts(item.get("maxLimitRequestRatio")) {
        fault(ratio(kind, name, &enforced, &of.requests, &of.limits), name, "maxLimitRequestRatio");
    }
}

/// Amounts at the precision at which the server compares them: thousandths if they all fit, else whole units.
fn comparable(amounts: [Option<&Quantity>; 3]) -> [i64; 3] {
    let whole = amounts.map(|amount| amount.map_or(Some(0), Quantity::value).unwrap_or(i64::MAX));
    if whole.iter().all(|value| *value <= MOST_IN_THOUSANDTHS) {
        amounts.map(|amount| amount.map_or(Some(0), Quantity::milli_value).unwrap_or(i64::MAX))
    } else {
        whole
    }
}

fn minimum(
    kind: &str,
    name: &str,
    enforced: &Quantity,
    requests: &Amounts<'_>,
    limits: &Amounts<'_>,
) -> Option<String> {
    let (request, limit) = (requests.get(name), limits.get(name));
    let [requested, limited, least] = comparable([request, limit, Some(enforced)]);
    let said = format!("minimum {name} usage per {kind} is {}", enforced.text());
    match (request, limit) {
        (None, _) => Some(format!("{said}.  No request is specified")),
        (Some(request), _) if requested < least => Some(format!("{said}, but request is {}", request.text())),
        (_, Some(limit)) if limited < least => Some(format!("{said}, but limit is {}", limit.text())),
        _ => None,
    }
}

fn maximum(
    kind: &str,
    name: &str,
    enforced: &Quantity,
    requests: &Amounts<'_>,
    limits: &Amounts<'_>,
) -> Option<String> {
    let (request, limit) = (requests.get(name), limits.get(name));
    let [requested, limited, most] = comparable([request, limit, Some(enforced)]);
    let said = format!("maximum {name} usage per {kind} is {}", enforced.text());
    match (limit, request) {
        (None, _) => Some(format!("{said}.  No limit is specified")),
        (Some(limit), _) if limited > most => Some(format!("{said}, but limit is {}", limit.text())),
        (_, Some(request)) if requested > most => Some(format!("{said}, but request is {}", request.text())),
        _ => None,
    }
}

fn maximum_request(kind: &str, name: &str, enforced: &Quantity, requests: &Amounts<'_>) -> Option<String> {
    let request = requests.get(name);
    let [requested, _, most] = comparable([request, None, Some(enforced)]);
    let said = format!("maximum {name} usage per {kind} is {}", enforced.text());
    match request {
        None => Some(format!("{said}.  No request is specified")),
        Some(request) if requested > most => Some(format!("{said}, but request is {}", request.text())),
        Some(_) => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "the server divides floats as well")]
fn ratio(kind: &str, name: &str, enforced: &Quantity, requests: &Amounts<'_>, limits: &Amounts<'_>) -> Option<String> {
    let (request, limit) = (requests.get(name), limits.get(name));
    let [requested, limited, _] = comparable([request, limit, Some(enforced)]);
    let said = format!("{name} max limit to request ratio per {kind} is {}", enforced.text());
    if requested == 0 {
        return Some(format!("{said}, but no request is specified or request is 0"));
    }
    if limited == 0 {
        return Some(format!("{said}, but no limit is specified or limit is 0"));
    }
    let observed = limited as f64 / requested as f64;
    let most = enforced.milli_value().map_or(f64::INFINITY, |thousandths| thousandths as f64);
    (observed * 1000.0 > most).then(|| format!("{said}, but provided ratio is {observed:.6}"))
}

/// What the first LimitRange that has something against an object says.
#[derive(Clone, Debug)]
pub struct Violation<'r> {
    /// The server's words, all it has to say.
    pub why: String,
    /// The field of the object.
    pub field: FieldPath,
    /// The LimitRange.
    pub range: &'r Object,
    /// The field of the LimitRange that asks for it.
    pub asked_at: FieldPath,
}

impl<'r> Violation<'r> {
    fn of(range: &'r Object, mut faults: Vec<Fault>) -> Option<Self> {
        let mut said: Vec<&str> = Vec::new();
        for fault in &faults {
            if !said.contains(&fault.why.as_str()) {
                said.push(&fault.why);
            }
        }
        let why = match said.as_slice() {
            [] => return None,
            [one] => (*one).to_owned(),
            many => format!("[{}]", many.join(", ")),
        };
        let first = faults.swap_remove(0);
        Some(Self { why, field: first.field, range, asked_at: first.rule })
    }

    /// Where the LimitRange asks for it, and in what words to say so.
    pub fn label(&self) -> (Span, String) {
        let place = self.range.locate(&self.asked_at).range();
        (self.range.span(place), format!("LimitRange {} asks for it here", self.range.name))
    }
}

fn refuse(object: &Object, resource: &str, violation: Violation<'_>) -> Refusal {
    let message = format!("{resource} \"{}\" is forbidden: {}", object.name, violation.why);
    let (place, text) = violation.label();
    let finding = Finding::in_object(&LIMIT_RANGE, &message, object, violation.field)
        .with_label(place, text)
        .with_help("set an amount within these bounds, or change the LimitRange first");
    (message, finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::world::Identity;
    use crate::apply::{Together, World};
    use crate::object::{GroupVersionKind, Origin};
    use crate::source::FileId;
    use crate::yaml::TreeBuilder;
    use serde_json::{Value, json};
    use std::collections::HashMap;
    use std::sync::Arc;

    fn object(kind: &str, name: &str, value: &Value) -> Object {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(value);
        let tree = Arc::new(builder.finish(root));
        Object {
            origin: Origin { file: FileId(0), document: 0, item: None },
            gvk: GroupVersionKind::parse("v1", kind).expect("a kind"),
            namespace: "quay".to_owned(),
            name: name.to_owned(),
            node: tree.root().index(),
            tree,
        }
    }

    fn judged(limits: &Value, kind: &str, spec: &Value) -> Option<(String, String)> {
        let mut world = World::new(false);
        let range = object("LimitRange", "bounds", &json!({"spec": {"limits": limits}}));
        let identity = Identity {
            group: String::new(),
            kind: "LimitRange".to_owned(),
            namespace: "quay".to_owned(),
            name: "bounds".to_owned(),
        };
        world.put(identity, Arc::new(range));
        let set = HashMap::new();
        let around = Surroundings { world: &world, set: &set, together: &Together::All };
        let object = object(kind, "tug", &json!({"spec": spec}));
        let refusal = match kind {
            "Pod" => pod(&object, "quay", around),
            _ => claim(&object, "quay", around),
        };
        refusal.map(|(message, finding)| (message, finding.field.to_string()))
    }

    fn pod_of(limits: &Value, spec: &Value) -> Option<(String, String)> {
        judged(limits, "Pod", spec)
    }

    fn one(resources: &Value) -> Value {
        json!({"containers": [{"name": "hull", "resources": resources}]})
    }

    #[test]
    fn containers_stay_within_bounds() {
        let bounds = json!([{"type": "Container", "min": {"memory": "10Mi"}, "max": {"cpu": "1", "memory": "1Gi"}}]);
        let said = |resources: &Value| pod_of(&bounds, &one(resources)).expect("a refusal");
        assert_eq!(pod_of(&bounds, &one(&json!({"requests": {"memory": "10Mi"}}))), None);
        assert_eq!(
            said(&json!({"requests": {"memory": "5Mi"}})),
            (
                "pods \"tug\" is forbidden: minimum memory usage per Container is 10Mi, but request is 5Mi".to_owned(),
                "spec.containers[0].resources.requests[memory]".to_owned()
            )
        );
        assert_eq!(
            said(&json!({"limits": {"cpu": "2", "memory": "2Gi"}})).0,
            "pods \"tug\" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per \
             Container is 1Gi, but limit is 2Gi]"
        );
    }

    #[test]
    fn defaults_come_first() {
        let bounds = json!([{"type": "Container", "max": {"cpu": "1"}, "default": {"cpu": "500m"}}]);
        assert_eq!(pod_of(&bounds, &one(&json!({}))), None, "the limit is given");
        let bounds = json!([{"type": "Pod", "max": {"cpu": "1"}}]);
        assert_eq!(
            pod_of(&bounds, &one(&json!({}))).expect("a refusal").0,
            "pods \"tug\" is forbidden: maximum cpu usage per Pod is 1.  No limit is specified"
        );
    }

    #[test]
    fn a_limit_and_its_request_keep_their_ratio() {
        let bounds = json!([{"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}}]);
        let resources = json!({"requests": {"cpu": "100m"}, "limits": {"cpu": "250m"}});
        assert_eq!(
            pod_of(&bounds, &one(&resources)).expect("a refusal").0,
            "pods \"tug\" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is \
             2.500000"
        );
        assert_eq!(
            pod_of(&bounds, &one(&json!({}))).expect("a refusal").0,
            "pods \"tug\" is forbidden: cpu max limit to request ratio per Container is 2, but no request is specified \
             or request is 0"
        );
    }

    #[test]
    fn a_pod_is_the_sum_of_what_runs_side_by_side() {
        let bounds = json!([{"type": "Pod", "max": {"memory": "1Gi"}}]);
        let part = |memory: &str| json!({"limits": {"memory": memory}});
        let pod = |main: &str, sidecar: &str, init: &str| {
            json!({
                "containers": [{"name": "hull", "resources": part(main)}],
                "initContainers": [
                    {"name": "radio", "restartPolicy": "Always", "resources": part(sidecar)},
                    {"name": "load", "resources": part(init)},
                ],
            })
        };
        assert_eq!(pod_of(&bounds, &pod("600Mi", "424Mi", "600Mi")), None);
        assert_eq!(
            pod_of(&bounds, &pod("601Mi", "424Mi", "1Mi")).expect("a refusal").0,
            "pods \"tug\" is forbidden: maximum memory usage per Pod is 1Gi, but limit is 1025Mi"
        );
        assert_eq!(
            pod_of(&bounds, &pod("1Mi", "424Mi", "601Mi")).expect("a refusal").0,
            "pods \"tug\" is forbidden: maximum memory usage per Pod is 1Gi, but limit is 1025Mi"
        );
        let mut with_own = pod("601Mi", "424Mi", "1Mi");
        with_own["resources"] = part("1Gi");
        with_own["resources"]["requests"] = json!({"memory": "1Gi"});
        assert_eq!(pod_of(&bounds, &with_own), None, "what the Pod itself asks for stands in place of the sum");
    }

    #[test]
    fn claims_are_judged_by_what_they_request() {
        let bounds = json!([{"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}}]);
        let claim = |storage: &str| {
            judged(&bounds, "PersistentVolumeClaim", &json!({"resources": {"requests": {"storage": storage}}}))
        };
        assert_eq!(claim("1Gi"), None);
        assert_eq!(
            claim("3Gi").expect("a refusal").0,
            "persistentvolumeclaims \"tug\" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but \
             request is 3Gi"
        );
        assert_eq!(
            claim("1Mi").expect("a refusal").0,
            "persistentvolumeclaims \"tug\" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but \
             request is 1Mi"
        );
    }
}
