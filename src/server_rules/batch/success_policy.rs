//! When an Indexed Job counts as done before all its pods are: `successPolicy`.
//!
//! Apart because it is a table of rules with a grammar of its own (`validateSuccessPolicy`).

use super::index_intervals;
use crate::finding::{FieldErrors, Level, Rule, Verbatim};
use crate::object::Path;
use crate::server_rules::content::int_or_percent::nonnegative;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;
use serde_json::Value;

/// The rules of a `successPolicy`.
pub static RULE: Rule = Rule {
    id: "api/success-policy",
    level: Level::Error,
    summary: "a rule of a Job's successPolicy is malformed, or the Job is not Indexed",
    why: "the API server refuses a rule that no run of the Job could ever meet",
    docs: include_str!("success-policy.md"),
};

const MAX_RULES: usize = 20;
const MAX_INDEXES: usize = 64 * 1024;

/// Judges the policy of a Job spec, if it has one; `path` is the spec's.
pub(super) fn validate(spec: Option<NodeRef<'_>>, completions: Option<i64>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(policy) = spec.and_then(|spec| spec.get("successPolicy")) else { return };
    let path = path.field("successPolicy");
    if spec.text("completionMode") != "Indexed" {
        errors.invalid(&path, &Verbatim(&shown(policy)), "requires indexed completion mode");
        return;
    }
    let path = path.field("rules");
    let rules = policy.list("rules");
    if rules.is_empty() {
        errors.required(&path, "at least one rules must be specified when the successPolicy is specified");
    }
    if rules.len() > MAX_RULES {
        errors.too_many(&path, rules.len(), MAX_RULES);
    }
    // Without completions the spec is refused for that, and there is nothing to count against.
    let Some(completions) = completions else { return };
    for (index, rule) in rules.into_iter().enumerate() {
        validate_rule(rule, completions, &path.index(index), errors);
    }
}

fn validate_rule(rule: NodeRef<'_>, completions: i64, path: &Path<'_>, errors: &mut FieldErrors) {
    let (count, indexes) = (rule.int("succeededCount"), rule.text_pointer("succeededIndexes"));
    if count.is_none() && indexes.is_none() {
        errors.required(path, "at least one of succeededCount or succeededIndexes must be specified");
    }
    let mut total = 0;
    if let Some(indexes) = indexes {
        let path = path.field("succeededIndexes");
        if indexes.len() > MAX_INDEXES {
            errors.too_long(&path, MAX_INDEXES);
        }
        match index_intervals::parse(indexes, completions) {
            Ok(counted) => total = counted,
            Err(error) => errors.invalid(&path, indexes, &format!("error parsing succeededIndexes: {error}")),
        }
    }
    if let Some(count) = count {
        let path = path.field("succeededCount");
        nonnegative(count, &path, errors);
        if count > completions {
            let detail = format!("must be less than or equal to {completions} (the number of specified completions)");
            errors.invalid(&path, &count, &detail);
        }
        if indexes.is_some() && count > total {
            let detail = format!(
                "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
            );
            errors.invalid(&path, &count, &detail);
        }
    }
}

/// The policy as the server prints it: the JSON of its internal struct.
fn shown(policy: NodeRef<'_>) -> String {
    let rules = policy.list("rules").into_iter().map(|rule| {
        let field = |key: &str| rule.get(key).map_or(Value::Null, NodeRef::to_json);
        format!("{{\"SucceededIndexes\":{},\"SucceededCount\":{}}}", field("succeededIndexes"), field("succeededCount"))
    });
    if policy.has("rules") {
        format!("{{\"Rules\":[{}]}}", rules.collect::<Vec<_>>().join(","))
    } else {
        "{\"Rules\":null}".to_owned()
    }
}
