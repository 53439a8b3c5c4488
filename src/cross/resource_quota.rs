//! Workloads whose pods a ResourceQuota of their namespace does not let in.
//!
//! Apart from `apply/resource-quota`, which counts what is applied along the apply: here controllers make the pods, and
//! all that run at the same time count.

use super::index::Workload;
use super::limit_range::{known, makes_plain_pods};
use super::{Member, Scene};
use crate::apply::admission::limit_ranger;
use crate::apply::admission::resource_quota::{Demand, Unsaid, Usage};
use crate::decode::quantity::Quantity;
use crate::finding::{Finding, Level, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, Object};
use crate::yaml::NodeRef;
use std::collections::{BTreeMap, HashMap};

/// Pods of controllers beyond a quota, or that do not say for how much they ask.
pub static RULE: Rule = Rule {
    id: "cross/resource-quota",
    level: Level::Warning,
    summary: "a ResourceQuota does not let in the pods of a workload",
    why: "the workload is accepted; the ResourceQuota admission plugin refuses the pods that go beyond the quota, and all pods that leave out an amount of processor or memory that it counts",
    docs: include_str!("resource-quota.md"),
};

/// Looks at the workloads of every namespace with quotas.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut quotas: HashMap<&str, Vec<&Member<'_>>> = HashMap::new();
    // A quota with scopes counts only some of the pods.
    let counts_all = |quota: &&Member<'_>| quota.spec().list("scopes").is_empty() && !quota.spec().has("scopeSelector");
    for quota in scene.set.of_kind("", "ResourceQuota").filter(counts_all) {
        quotas.entry(quota.namespace.unwrap_or_default()).or_default().push(quota);
    }
    if quotas.is_empty() {
        return Vec::new();
    }
    let mut ranges: HashMap<&str, Vec<&Member<'_>>> = HashMap::new();
    for range in scene.set.of_kind("", "LimitRange") {
        ranges.entry(range.namespace.unwrap_or_default()).or_default().push(range);
    }
    let mut found = Vec::new();
    for (namespace, quotas) in &quotas {
        let ranges = ranges.get(namespace).map(Vec::as_slice).unwrap_or_default();
        let own = || scene.set.workloads_in(Some(namespace)).filter(|workload| workload.member.is_of_the_set);
        let mut demands: Vec<(&Workload<'_>, Demand<'_>)> = Vec::new();
        for workload in own().filter(|workload| makes_plain_pods(workload) || workload.member.kind == "Pod") {
            let Some(spec) = workload.pod_spec() else { continue };
            let known = known(ranges, &workload.member, scene);
            demands.push((workload, Demand::of(spec, &known, overhead(spec, scene))));
        }
        for quota in quotas {
            found.extend(judge(quota, &demands, scene));
        }
    }
    found
}

fn overhead<'s>(spec: NodeRef<'s>, scene: &'s Scene<'_>) -> Option<NodeRef<'s>> {
    let own = spec.get("overhead").filter(|overhead| !overhead.is_empty());
    own.or_else(|| {
        let class = spec.text_pointer("runtimeClassName")?;
        let class = scene.set.find("node.k8s.io", "RuntimeClass", Some(""), class)?;
        class.object.root().at(&["overhead", "podFixed"])
    })
}

fn judge(quota: &Member<'_>, demands: &[(&Workload<'_>, Demand<'_>)], scene: &Scene<'_>) -> Vec<Finding> {
    let Some(hard) = quota.spec().and_then(|spec| spec.get("hard")) else { return Vec::new() };
    let limits = limit_ranger::amounts(Some(hard));
    let mut found = Vec::new();
    let mut used = Used::default();
    for (workload, demand) in demands {
        if !scene.are_known_together(&workload.member, quota) {
            continue;
        }
        if let Some(finding) = one_pod(workload, demand, quota, &limits) {
            // A Pod is judged when it is applied.
            found.extend(Some(finding).filter(|_| workload.member.kind != "Pod"));
            continue;
        }
        // Where nobody said what is applied together, each workload is held against the quota alone.
        if scene.together.is_guess() {
            used = Used::default();
        }
        found.extend(used.add(workload, demand, quota, &limits));
    }
    found
}

/// What a quota has against each pod of a workload, were it alone.
fn one_pod(
    workload: &Workload<'_>,
    demand: &Demand<'_>,
    quota: &Member<'_>,
    limits: &BTreeMap<&str, Quantity>,
) -> Option<Finding> {
    let member = &workload.member;
    if let Some(Unsaid { why, field, counted }) = quota.spec()?.get("hard").and_then(|hard| demand.unsaid(hard)) {
        let message =
            format!("the pods of {} are forbidden: failed quota: {}: {why}", member.title(), quota.object.name);
        let mut fields = FieldPath::of(workload.path);
        fields.0.extend(field.0);
        let label = format!("ResourceQuota {} counts it", quota.object.name);
        return Some(
            Finding::in_object(&RULE, message, member.object, fields)
                .with_label(place(quota.object, counted), label)
                .with_help("give every container an amount, or add a LimitRange with defaults to the namespace"),
        );
    }
    let (name, limit) = exceeded(limits, &demand.usage)?;
    let message = format!(
        "one pod of {} uses {name}={}, and {} limits it to {}",
        member.title(),
        demand.usage[name].text(),
        quota.title(),
        limit.text()
    );
    Some(tell(workload, quota, name, message, workload.in_pod_spec(&["containers"])))
}

fn exceeded<'l>(limits: &'l BTreeMap<&str, Quantity>, usage: &Usage) -> Option<(&'l str, &'l Quantity)> {
    let beyond = limits.iter().find(|(name, limit)| usage.get(**name).is_some_and(|amount| amount > limit));
    beyond.map(|(name, limit)| (*name, limit))
}

/// What the workloads so far use when all their pods run.
#[derive(Default)]
struct Used {
    usage: Usage,
    pods: i64,
    is_over: bool,
}

impl Used {
    /// Adds the pods of a workload; tells where they are the first that go beyond the quota.
    fn add(
        &mut self,
        workload: &Workload<'_>,
        demand: &Demand<'_>,
        quota: &Member<'_>,
        limits: &BTreeMap<&str, Quantity>,
    ) -> Option<Finding> {
        let member = &workload.member;
        let replicas = match workload.replicas {
            _ if member.kind == "Pod" => 1,
            Some(replicas) if workload.is_replicated() => replicas,
            None if workload.is_replicated() => 1,
            // How many nodes there are, and which Jobs run at once, nobody knows.
            _ => return None,
        };
        self.pods = self.pods.saturating_add(replicas);
        for (name, amount) in &demand.usage {
            let all = times(amount, replicas);
            let sum = self.usage.get(name).map_or_else(|| all.clone(), |before| before.plus(&all));
            self.usage.insert(name.clone(), sum);
        }
        let (name, limit) = exceeded(limits, &self.usage)?;
        if std::mem::replace(&mut self.is_over, true) || member.kind == "Pod" {
            return None;
        }
        let whose = if self.pods == replicas {
            format!("the {replicas} pods of {}", member.title())
        } else {
            format!("with the {replicas} of {}, the {} pods of the set", member.title(), self.pods)
        };
        let message = format!(
            "{whose} use {name}={} together, and {} limits it to {}",
            self.usage[name].text(),
            quota.title(),
            limit.text()
        );
        let field = if member.spec().has("replicas") { ["spec", "replicas"] } else { ["metadata", "name"] };
        Some(tell(workload, quota, name, message, FieldPath::of(&field)))
    }
}

fn tell(workload: &Workload<'_>, quota: &Member<'_>, name: &str, message: String, field: FieldPath) -> Finding {
    Finding::in_object(&RULE, message, workload.member.object, field)
        .with_label(place(quota.object, name), format!("ResourceQuota {} limits it", quota.object.name))
        .with_help("ask for less or run fewer pods, or raise the quota")
}

fn place(quota: &Object, name: &str) -> crate::source::Span {
    quota.span(quota.locate(&FieldPath::of(&["spec", "hard"]).key(name)).range())
}

/// An amount, so many times.
fn times(amount: &Quantity, mut count: i64) -> Quantity {
    let (mut sum, mut power) = (Quantity::from_integer(0), amount.clone());
    while count > 0 {
        if count % 2 == 1 {
            sum = sum.plus(&power);
        }
        power = power.plus(&power);
        count /= 2;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::{Quantity, times};
    use crate::cross::testing::findings;

    const RULE: &str = "cross/resource-quota";

    fn quota(hard: &str) -> String {
        format!(
            "apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: share, namespace: bakery}}\nspec: {{hard: {hard}}}\n---\n"
        )
    }

    fn oven(name: &str, replicas: i64, resources: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: bakery}}\nspec: {{replicas: {replicas}, template: {{spec: {{containers: [{{name: c, resources: {resources}}}]}}}}}}\n---\n"
        )
    }

    const HALF: &str = "{requests: {cpu: 500m}}";

    #[test]
    fn pods_that_do_not_say_for_how_much_they_ask() {
        let set = quota("{limits.memory: 4Gi}") + &oven("oven", 1, "{}");
        assert_eq!(
            findings(RULE, &set),
            ["spec.template.spec.containers[0].resources: the pods of Deployment bakery/oven are forbidden: failed \
              quota: share: must specify limits.memory for: c"]
        );
        let range = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: bounds, namespace: bakery}\nspec: {limits: [{type: Container, default: {memory: 1Gi}}]}\n";
        assert!(findings(RULE, &(set + range)).is_empty());
    }

    #[test]
    fn pods_that_are_too_large_or_too_many() {
        assert_eq!(
            findings(RULE, &(quota("{requests.cpu: 250m}") + &oven("oven", 1, HALF))),
            ["spec.template.spec.containers: one pod of Deployment bakery/oven uses requests.cpu=500m, and \
              ResourceQuota bakery/share limits it to 250m"]
        );
        assert_eq!(
            findings(RULE, &(quota("{requests.cpu: 1}") + &oven("oven", 3, HALF))),
            ["spec.replicas: the 3 pods of Deployment bakery/oven use requests.cpu=1500m together, and ResourceQuota \
              bakery/share limits it to 1"]
        );
        let set = quota("{pods: 4}") + &oven("oven", 3, HALF) + &oven("mill", 2, HALF) + &oven("shop", 2, HALF);
        assert_eq!(
            findings(RULE, &set),
            ["spec.replicas: with the 2 of Deployment bakery/mill, the 5 pods of the set use pods=5 together, and \
              ResourceQuota bakery/share limits it to 4"]
        );
    }

    #[test]
    fn pods_within_the_quota_and_elsewhere() {
        assert!(findings(RULE, &(quota("{requests.cpu: 1500m, pods: 3}") + &oven("oven", 3, HALF))).is_empty());
        assert!(
            findings(RULE, &(quota("{limits.memory: 4Gi}") + &oven("oven", 1, "{limits: {memory: 1Gi}}"))).is_empty()
        );
        let elsewhere = oven("oven", 3, HALF).replace("namespace: bakery", "namespace: annex");
        assert!(findings(RULE, &(quota("{pods: 1}") + &elsewhere)).is_empty());
        let scoped = quota("{pods: 1}").replace("spec: {", "spec: {scopes: [BestEffort], ");
        assert!(findings(RULE, &(scoped + &oven("oven", 3, HALF))).is_empty());
    }

    #[test]
    fn amounts_are_multiplied() {
        let half = Quantity::parse("500m").expect("an amount");
        assert_eq!(times(&half, 7).text(), "3500m");
        assert!(times(&half, 0).is_zero());
    }
}
