//! Job: its spec, and the selector that the server generates for it.
//!
//! Apart from the spec because selector, generated labels and name belong to a Job alone.

use super::job_spec::{self, JobSpec};
use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::Path;
use crate::server_rules::Judge;
use crate::server_rules::apps::workload;
use crate::server_rules::content::label_selector::{self, Lenience, Selector, ShownSelector};
use crate::server_rules::content::names;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// A Job's name and the labels that are generated for it.
pub static RULE: Rule = Rule {
    id: "api/job",
    level: Level::Error,
    summary: "a Job's name, or a label or selector that the server generates, does not hold",
    why: "the API server labels a Job's pods with the Job's name and uid and selects them so, unless manualSelector is set; \
          what is written in their place must be the same",
    docs: include_str!("job.md"),
};

/// Labels that hold the Job's name.
const NAME_LABELS: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];
/// Labels that hold the Job's uid.
const UID_LABELS: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];
/// Stands for the uid that the server will make up; no label value can be this.
const UID: &str = "<the uid that the API server generates>";

/// Judges a Job on creation (`ValidateJob`, after `generateSelectorIfNeeded`), or what an update makes of it.
pub fn validate(judge: &mut Judge<'_>) {
    let name = judge.root.get("metadata").text("name");
    let spec = JobSpec::of_job(judge.root.get("spec"));
    // What a cluster gave out has its selector and its labels, and no update generates or compares them again.
    let has_them = judge.live.is_some_and(|live| live.get("metadata").has("uid"));
    let is_generated = !spec.node.flag("manualSelector") && !has_them;
    let path = Path::ROOT.field("spec");
    let template = spec.node.and_then(|spec| spec.get("template"));
    let selector = spec.node.and_then(|spec| spec.get("selector"));

    judge.errors.rule = &RULE;
    validate_borrowed_labels(name, judge.root.get("metadata"), template, is_generated, &mut judge.errors);
    if is_generated {
        validate_generated(name, selector, workload::template_labels(template), &path, &mut judge.errors);
    }
    job_spec::validate(&spec, &path, judge);

    judge.errors.rule = &workload::SELECTOR;
    let selector_path = path.field("selector");
    if is_generated {
        label_selector::validate(selector, Lenience::default(), &selector_path, &mut judge.errors);
    } else {
        match selector {
            None => judge.errors.required(&selector_path, ""),
            Some(_) => {
                label_selector::validate(selector, Lenience::default(), &selector_path, &mut judge.errors);
            }
        }
        if let Some(understood) = Selector::of(selector) {
            workload::validate_selects_template(&understood, template, &path.field("template"), &mut judge.errors);
        }
    }
    judge.errors.rule = &RULE;
    validate_hostname(name, &spec, &mut judge.errors);
    workload::warn_of_name(judge);
}

/// A Job without labels has those of its template, the very same, and so those that are generated for the template
/// (`SetDefaults_Job`).
fn validate_borrowed_labels(
    name: &str,
    metadata: Option<NodeRef<'_>>,
    template: Option<NodeRef<'_>>,
    is_generated: bool,
    errors: &mut FieldErrors,
) {
    let (own, borrowed) = (metadata.and_then(|metadata| metadata.get("labels")), workload::template_labels(template));
    if borrowed.is_none() || own.is_some_and(|own| !own.is_empty()) {
        return;
    }
    let path = Path::ROOT.field("metadata");
    let path = path.field("labels");
    label_selector::validate_labels(borrowed, &path, errors);
    if is_generated && NAME_LABELS.iter().any(|label| !borrowed.has(label)) {
        for complaint in names::label_value(name) {
            errors.invalid(&path, name, &complaint);
        }
    }
}

/// Judges labels and selector of a Job whose selector is generated (`validateGeneratedSelector`, and what
/// `ValidatePodTemplateSpec` and `ValidateJobSpec` say of the generated labels).
fn validate_generated(
    name: &str,
    selector: Option<NodeRef<'_>>,
    labels: Option<NodeRef<'_>>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let template_path = path.field("template");
    let metadata_path = template_path.field("metadata");
    let labels_path = metadata_path.field("labels");
    let expected = NAME_LABELS.map(|label| (label, name)).into_iter().chain(UID_LABELS.map(|label| (label, UID)));
    for (label, expected) in expected.clone() {
        match labels.and_then(|labels| labels.entry(label)) {
            Some(entry) if entry.value.as_str().unwrap_or_default() != expected => {
                let shown = labels.map_or_else(String::new, |labels| labels.to_json().to_string());
                errors.invalid(&labels_path.key(label), &Verbatim(&shown), &format!("must be '{expected}'"));
            }
            None if expected == name => {
                for complaint in names::label_value(name) {
                    errors.invalid(&template_path.field("labels"), name, &complaint);
                }
            }
            _ => {}
        }
    }
    let Some((selector, understood)) = selector.and_then(|node| Some((node, Selector::of(Some(node))?))) else {
        return;
    };
    // The server adds the uid to the selector, and asks that the whole select nothing but what it generates itself.
    let generated = |key: &str| expected.clone().find(|(label, _)| *label == key).map(|(_, value)| value);
    if !understood.matches(generated) {
        errors.invalid(&path.field("selector"), &ShownSelector(selector), "`selector` not auto-generated");
    }
    let written = |key: &str| labels.and_then(|labels| labels.entry(key)).and_then(|entry| entry.value.as_str());
    if !understood.matches(|key| written(key).or_else(|| generated(key))) {
        let shown = labels.map_or_else(|| "{}".to_owned(), |labels| labels.to_json().to_string());
        errors.invalid(&labels_path, &Verbatim(&shown), "`selector` does not match template `labels`");
    }
}

/// The pods of an Indexed Job are named after it and their index, and that is their hostname too.
fn validate_hostname(name: &str, spec: &JobSpec<'_>, errors: &mut FieldErrors) {
    let Some(completions) = spec.completions.filter(|completions| *completions > 0 && spec.is_indexed()) else {
        return;
    };
    let hostname = format!("{name}-{}", completions - 1);
    if !names::dns_1123_label(&hostname).is_empty() {
        let path = Path::ROOT.field("metadata");
        let detail = format!("will not able to create pod with invalid DNS label: {hostname}");
        errors.invalid(&path.field("name"), name, &detail);
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn job() -> Value {
        json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "tally"},
            "spec": {
                "template": {
                    "metadata": {"labels": {"app": "tally"}},
                    "spec": {"restartPolicy": "Never", "containers": [{"name": "tally", "image": "tally:1"}]},
                },
            },
        })
    }

    fn with(field: &str, value: Value) -> Vec<String> {
        errors_with(&job(), &format!("/spec/{field}"), Some(value))
    }

    fn with_spec(fields: &Value) -> Vec<String> {
        let mut job = job();
        for (key, value) in fields.as_object().expect("an object") {
            job["spec"][key] = value.clone();
        }
        errors_of(&job)
    }

    #[test]
    fn the_selector_is_generated() {
        assert_eq!(errors_of(&job()), [""; 0]);
        assert_eq!(with("selector", json!({"matchLabels": {"job-name": "tally"}})), [""; 0]);
        assert_eq!(
            with("selector", json!({"matchLabels": {"app": "tally"}})),
            ["spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"tally\"}}: `selector` not auto-generated"]
        );
        assert_eq!(
            with("template/metadata/labels", json!({"job-name": "sum"})),
            ["spec.template.metadata.labels[job-name]: Invalid value: {\"job-name\":\"sum\"}: must be 'tally'"]
        );
    }

    #[test]
    fn a_name_too_long_for_its_label_is_refused() {
        let mut job = job();
        job["metadata"]["name"] = json!("t".repeat(64));
        let text = format!("Invalid value: \"{}\": must be no more than 63 bytes", "t".repeat(64));
        assert_eq!(errors_of(&job), [format!("metadata.labels: {text}"), format!("spec.template.labels: {text}")]);
        job["metadata"]["labels"] = json!({"own": "label"});
        assert_eq!(errors_of(&job), [format!("spec.template.labels: {text}")]);
    }

    #[test]
    fn a_manual_selector_selects_the_template() {
        assert_eq!(
            with_spec(&json!({"manualSelector": true})),
            [
                "spec.selector: Required value",
                "spec.template.metadata.labels: Invalid value: {\"app\":\"tally\"}: `selector` does not match template `labels`"
            ]
        );
        let selector = json!({"matchLabels": {"app": "tally"}});
        assert_eq!(with_spec(&json!({"manualSelector": true, "selector": selector})), [""; 0]);
    }

    #[test]
    fn pods_must_be_able_to_end() {
        assert_eq!(
            with("template/spec/restartPolicy", json!("Always")),
            ["spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""]
        );
    }

    #[test]
    fn an_indexed_job_has_limits() {
        assert_eq!(with_spec(&json!({"completionMode": "Indexed"})), [""; 0]);
        assert_eq!(
            with_spec(&json!({"completionMode": "Indexed", "parallelism": 100_001})),
            [
                "spec.completions: Required value: when completion mode is Indexed",
                "spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is \
                 Indexed",
            ]
        );
        assert_eq!(
            with_spec(&json!({"maxFailedIndexes": 1})),
            [
                "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
                "spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode",
            ]
        );
        assert_eq!(
            with_spec(&json!({
                "completionMode": "Indexed", "completions": 200_000, "parallelism": 20_000, "backoffLimitPerIndex": 1,
            })),
            [
                "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000",
                "spec.parallelism: Invalid value: 20000: must be less than or equal to 10000 when completions are above \
                 100000 and used with backoff limit per index",
            ]
        );
    }

    #[test]
    fn the_last_pod_of_an_indexed_job_needs_a_hostname() {
        let mut job = job();
        job["metadata"]["name"] = json!("t".repeat(61));
        job["spec"]["completionMode"] = json!("Indexed");
        job["spec"]["completions"] = json!(11);
        let name = "t".repeat(61);
        assert_eq!(
            errors_of(&job),
            [format!(
                "metadata.name: Invalid value: \"{name}\": will not able to create pod with invalid DNS label: {name}-10"
            )]
        );
    }

    #[test]
    fn managed_by_is_a_path_with_a_domain() {
        assert_eq!(with("managedBy", json!("example.com/runner")), [""; 0]);
        assert_eq!(
            with("managedBy", json!("runner")),
            ["spec.managedBy: Invalid value: \"runner\": must be a domain-prefixed path (such as \"acme.io/foo\")"]
        );
        assert_eq!(
            with("managedBy", json!("example.com/a b")),
            ["spec.managedBy: Invalid value: \"a b\": Invalid path (regex used for validation is \
              '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"]
        );
        assert_eq!(with("managedBy", json!("")), ["spec.managedBy: Required value"]);
    }

    #[test]
    fn a_failure_policy_is_made_of_rules_that_can_apply() {
        let rules = |rule: Value| with("podFailurePolicy", json!({"rules": [rule]}));
        let at = "spec.podFailurePolicy.rules[0]";
        assert_eq!(
            rules(json!({"action": "Ignore"})),
            [format!("{at}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required")]
        );
        assert_eq!(
            rules(json!({"action": "FailIndex", "onPodConditions": [{"type": "Ready"}]})),
            [format!("{at}.action: Invalid value: \"FailIndex\": requires the backoffLimitPerIndex to be set")]
        );
        assert_eq!(
            rules(
                json!({"action": "Stop", "onExitCodes": {"operator": "In", "containerName": "x", "values": [3, 0, 3]}})
            ),
            [
                format!(
                    "{at}.action: Unsupported value: \"Stop\": supported values: \"Count\", \"FailIndex\", \"FailJob\", \"Ignore\""
                ),
                format!(
                    "{at}.onExitCodes.containerName: Invalid value: \"x\": must be one of the container or initContainer names in the pod template"
                ),
                format!("{at}.onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator"),
                format!("{at}.onExitCodes.values[2]: Duplicate value: 3"),
                format!("{at}.onExitCodes.values: Invalid value: [3,0,3]: must be ordered"),
            ]
        );
        assert_eq!(
            with_spec(&json!({
                "podReplacementPolicy": "TerminatingOrFailed",
                "podFailurePolicy": {"rules": []},
            })),
            ["spec.podReplacementPolicy: Unsupported value: \"TerminatingOrFailed\": supported values: \"Failed\""]
        );
    }

    #[test]
    fn a_success_policy_is_for_indexed_jobs() {
        let rules = json!({"rules": [{"succeededCount": 4, "succeededIndexes": "0-1"}, {}]});
        assert_eq!(
            with("successPolicy", rules.clone()),
            ["spec.successPolicy: Invalid value: {\"Rules\":[{\"SucceededIndexes\":\"0-1\",\"SucceededCount\":4},\
              {\"SucceededIndexes\":null,\"SucceededCount\":null}]}: requires indexed completion mode"]
        );
        assert_eq!(
            with_spec(&json!({"completionMode": "Indexed", "completions": 3, "successPolicy": rules})),
            [
                "spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 3 (the \
                 number of specified completions)",
                "spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 2 (the \
                 number of indexes in the specified succeededIndexes field)",
                "spec.successPolicy.rules[1]: Required value: at least one of succeededCount or succeededIndexes must be \
                 specified",
            ]
        );
    }
}
