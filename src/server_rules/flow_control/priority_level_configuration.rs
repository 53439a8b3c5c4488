//! `PriorityLevelConfiguration`: how many requests at once, and what becomes of the rest.

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::one_of;
use crate::yaml::NodeRef;

/// A `PriorityLevelConfiguration`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/priority-level-configuration",
    level: Level::Error,
    summary: "a PriorityLevelConfiguration's limits or queues are not valid",
    why: "the API server shares itself out by these numbers and refuses those it could not keep",
    docs: include_str!("priority-level-configuration.md"),
};

const ROUND_TRIP: &str = "flowcontrol.k8s.io/preserve-zero-concurrency-shares";
const MOST_QUEUES: i64 = 10_000_000;
const HASH_BITS: i64 = 60;

/// Judges a `PriorityLevelConfiguration` on creation (`ValidatePriorityLevelConfiguration`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let root = judge.root;
    let version = judge.gvk.version.as_str();
    let errors = &mut judge.errors;
    if version != "v1beta3" && root.at(&["metadata", "annotations"]).has(ROUND_TRIP) {
        let path = Path::ROOT.field("metadata");
        errors.forbidden(&path.field("annotations"), &format!("annotation '{ROUND_TRIP}' is forbidden"));
    }
    let spec = root.get("spec");
    let path = Path::ROOT.field("spec");
    let kind = spec.text("type");
    let is_exempt = root.get("metadata").text("name") == "exempt";
    if is_exempt != (kind == "Exempt") {
        errors.invalid(&path.field("type"), kind, "must be 'Exempt' if and only if `name` is 'exempt'");
    }
    let (limited, exempt) = (part(spec, "limited"), part(spec, "exempt"));
    match kind {
        "Exempt" => {
            if limited.is_some() {
                errors.forbidden(&path.field("limited"), "must be nil if the type is not Limited");
            }
            if let Some(exempt) = exempt {
                validate_shares(exempt, "nominalConcurrencyShares", &path.field("exempt"), errors);
            }
        }
        "Limited" => {
            if exempt.is_some() {
                errors.forbidden(&path.field("exempt"), "must be nil if the type is Limited");
            }
            match limited {
                None => errors.required(&path.field("limited"), "must not be empty when type is Limited"),
                Some(limited) => validate_limited(limited, version, &path.field("limited"), errors),
            }
        }
        _ => one_of(kind, &["Exempt", "Limited"], &path.field("type"), errors),
    }
}

fn part<'t>(node: Option<NodeRef<'t>>, key: &str) -> Option<NodeRef<'t>> {
    node.and_then(|node| node.get(key))
}

fn validate_shares(node: NodeRef<'_>, shares: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(count) = node.int(shares).filter(|count| *count < 0) {
        errors.invalid(&path.field(shares), &count, "must be a non-negative integer");
    }
    validate_percent(node, path, errors);
}

fn validate_percent(node: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    if let Some(percent) = node.int("lendablePercent").filter(|percent| !(0..=100).contains(percent)) {
        errors.invalid(&path.field("lendablePercent"), &percent, "must be between 0 and 100, inclusive");
    }
}

fn validate_limited(limited: NodeRef<'_>, version: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let shares = match version {
        "v1beta1" | "v1beta2" => "assuredConcurrencyShares",
        _ => "nominalConcurrencyShares",
    };
    if let Some(count) = limited.int(shares).filter(|count| *count < 0) {
        errors.invalid(&path.field(shares), &count, "must be a non-negative integer");
    }
    let response = limited.get("limitResponse");
    let response_path = path.field("limitResponse");
    let queuing = part(response, "queuing");
    let queuing_path = response_path.field("queuing");
    match (response.text("type"), queuing) {
        ("Reject", Some(_)) => {
            errors.forbidden(&queuing_path, "must be nil if limited.limitResponse.type is not Limited");
        }
        ("Queue", None) => {
            errors.required(&queuing_path, "must not be empty if limited.limitResponse.type is Limited");
        }
        ("Queue", Some(queuing)) => validate_queuing(queuing, &queuing_path, errors),
        ("Reject", None) => {}
        (kind, _) => one_of(kind, &["Queue", "Reject"], &response_path.field("type"), errors),
    }
    validate_percent(limited, path, errors);
    if let Some(percent) = limited.int("borrowingLimitPercent").filter(|percent| *percent < 0) {
        let path = path.field("borrowingLimitPercent");
        errors.invalid(&path, &percent, "if specified, must be a non-negative integer");
    }
}

#[expect(clippy::cast_precision_loss, reason = "the server counts bits as float64 too")]
fn validate_queuing(queuing: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let number = |key, default| queuing.int(key).filter(|number| *number != 0).unwrap_or(default);
    let limit = number("queueLengthLimit", 50);
    if limit <= 0 {
        errors.invalid(&path.field("queueLengthLimit"), &limit, "must be positive");
    }
    let queues = number("queues", 64);
    if queues <= 0 {
        errors.invalid(&path.field("queues"), &queues, "must be positive");
    } else if queues > MOST_QUEUES {
        errors.invalid(&path.field("queues"), &queues, &format!("must not be greater than {MOST_QUEUES}"));
    }
    let hand = number("handSize", 8);
    let path = path.field("handSize");
    if hand <= 0 {
        errors.invalid(&path, &hand, "must be positive");
    } else if hand > queues {
        errors.invalid(&path, &hand, &format!("should not be greater than queues ({queues})"));
    } else if ((queues as f64).log2() * hand as f64).ceil() > HASH_BITS as f64 {
        let text = format!(
            "required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {HASH_BITS}"
        );
        errors.invalid(&path, &hand, &text);
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(spec: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "PriorityLevelConfiguration",
            "metadata": {"name": "ferries"}, "spec": spec,
        }))
    }

    fn queue(queuing: &Value) -> Value {
        json!({"type": "Limited", "limited": {"limitResponse": {"type": "Queue", "queuing": queuing}}})
    }

    #[test]
    fn a_limited_level_says_what_becomes_of_the_rest() {
        assert_eq!(errors(&queue(&json!({}))), Vec::<String>::new());
        assert_eq!(
            errors(&json!({"type": "Limited"})),
            ["spec.limited: Required value: must not be empty when type is Limited"]
        );
        assert_eq!(
            errors(&json!({"type": "Exempt"})),
            ["spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'"]
        );
    }

    #[test]
    fn hands_fit_the_deck_and_the_hash() {
        assert_eq!(
            errors(&queue(&json!({"queues": 4}))),
            ["spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)"]
        );
        assert_eq!(
            errors(&queue(&json!({"queues": 1024}))),
            [
                "spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 1024 and \
              handSize 8 should not be greater than 60"
            ]
        );
    }
}
