//! `PriorityClass`: its value, and whether it may evict others.

use crate::finding::{Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;

/// A `PriorityClass`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/priority-class",
    level: Level::Error,
    summary: "a PriorityClass's value, name or policy is not valid",
    why: "priorities above a thousand million and names that begin with `system-` are Kubernetes' own",
    docs: include_str!("priority-class.md"),
};

const HIGHEST: i64 = 1_000_000_000;
const SYSTEM: [(&str, i64); 2] = [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

/// Judges a `PriorityClass` on creation (`ValidatePriorityClass`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let errors = &mut judge.errors;
    let name = judge.root.get("metadata").text("name");
    let value = judge.root.int("value").unwrap_or(0);
    if name.starts_with("system-") {
        let complaint = match SYSTEM.iter().find(|(system, _)| *system == name) {
            None => Some(format!("{name} is not a known system priority class")),
            Some((_, known)) if *known != value => Some(format!("value of {name} PriorityClass must be {known}")),
            Some(_) if judge.root.flag("globalDefault") => {
                Some(format!("globalDefault of {name} PriorityClass must be false"))
            }
            Some(_) => None,
        };
        if let Some(complaint) = complaint {
            errors.forbidden(
                &Path::ROOT.field("metadata").field("name"),
                &format!(
                    "priority class names with 'system-' prefix are reserved for system use only. error: {complaint}"
                ),
            );
        }
    } else if value > HIGHEST {
        let path = Path::ROOT.field("value");
        errors.forbidden(&path, &format!("maximum allowed value of a user defined priority is {HIGHEST}"));
    }
    let path = Path::ROOT.field("preemptionPolicy");
    match judge.root.text_pointer("preemptionPolicy") {
        None | Some("PreemptLowerPriority" | "Never") => {}
        Some("") => errors.required(&path, ""),
        Some(other) => errors.not_supported_in_order(&path, other, &["PreemptLowerPriority", "Never"]),
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(name: &str, value: i64, policy: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": value,
            "preemptionPolicy": policy,
        }))
    }

    #[test]
    fn the_highest_values_and_names_are_the_systems() {
        assert_eq!(errors("urgent", 1_000_000_000, &Value::Null), Vec::<String>::new());
        assert_eq!(
            errors("urgent", 1_000_000_001, &Value::Null),
            ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"]
        );
        assert_eq!(
            errors("system-mine", 1, &Value::Null),
            ["metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. \
              error: system-mine is not a known system priority class"]
        );
        assert_eq!(errors("system-node-critical", 2_000_001_000, &Value::Null), Vec::<String>::new());
    }

    #[test]
    fn there_are_two_policies() {
        assert_eq!(
            errors("urgent", 1, &json!("never")),
            ["preemptionPolicy: Unsupported value: \"never\": supported values: \"PreemptLowerPriority\", \"Never\""]
        );
        assert_eq!(errors("urgent", 1, &json!("")), ["preemptionPolicy: Required value"]);
    }
}
