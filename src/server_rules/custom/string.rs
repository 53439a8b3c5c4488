//! Texts: length, pattern, format.
//!
//! Apart as every family of keywords is. Source: `stringValidator` and `formatValidator` of kube-openapi
//! `pkg/validation/validate` (1.36).

use super::outcome::{Outcome, Problem, dotted};
use super::schema::JsonSchema;
use super::value_type::format_of;
use crate::finding::Reason;
use crate::go_quote::go_quote;
use crate::object::Path;
use crate::schema::Minor;
use crate::yaml::NodeRef;

/// Holds a text against the limits of a schema: the first that it breaks, and its format.
pub(super) fn check(schema: &JsonSchema, node: NodeRef<'_>, path: &Path<'_>, minor: Minor) -> Outcome {
    let mut outcome = Outcome { matches: 1, ..Outcome::default() };
    let (Some(text), Some(limits)) = (node.as_str(), schema.limits.as_deref()) else { return outcome };
    let length = if limits.max_length.is_some() || limits.min_length.is_some() { text.chars().count() } else { 0 };
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let shown = || go_quote(text);
    if let Some(most) = limits.max_length.filter(|most| length > *most) {
        let text = format!("Too long: may not be more than {most} bytes");
        outcome.problems.push(Problem::of(Reason::TooLong, path, text).by(schema, "maxLength"));
    } else if let Some(least) = limits.min_length.filter(|least| length < *least) {
        let detail = format!("{} in body should be at least {least} chars long", dotted(path));
        outcome.problems.push(Problem::invalid(path, &shown(), &detail).by(schema, "minLength"));
    } else if let Some(pattern) = limits.pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
        let detail = format!("{} in body should match '{}'", dotted(path), pattern.text);
        outcome.problems.push(Problem::invalid(path, &shown(), &detail).by(schema, "pattern"));
    }
    if let Some(format) = format_of(schema, minor) {
        outcome.matches += u32::from(format.is_of_text());
        if !format.accepts(text) {
            let text = format!(
                "Invalid value: {}: {} in body must be of type {}: {}",
                shown(),
                dotted(path),
                format.name,
                shown()
            );
            outcome.problems.push(Problem::of(Reason::TypeInvalid, path, text).by(schema, "format"));
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problems, problems_at};
    use serde_json::json;

    #[test]
    fn a_text_breaks_one_limit_at_a_time() {
        let name = json!({"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-z]+$"});
        assert_eq!(problems(&name, &json!("keel")), [""; 0]);
        assert_eq!(
            problems(&name, &json!("éèéè")),
            ["spec: Invalid value: \"éèéè\": spec in body should match '^[a-z]+$'"]
        );
        assert_eq!(problems(&name, &json!("keels")), ["spec: Too long: may not be more than 4 bytes"]);
        assert_eq!(
            problems(&name, &json!("k")),
            ["spec: Invalid value: \"k\": spec in body should be at least 2 chars long"]
        );
    }

    #[test]
    fn a_format_is_told_beside() {
        let day = json!({"type": "string", "maxLength": 3, "format": "date"});
        assert_eq!(
            problems(&day, &json!("soon")),
            [
                "spec: Too long: may not be more than 3 bytes",
                "spec: Invalid value: \"soon\": spec in body must be of type date: \"soon\""
            ]
        );
        assert_eq!(problems(&json!({"type": "string", "format": "tide"}), &json!("low")), [""; 0]);
    }

    #[test]
    fn names_are_formats_since_1_34() {
        let name = json!({"type": "string", "format": "k8s-short-name"});
        assert_eq!((problems_at(34, &name, &json!("A")).len(), problems_at(33, &name, &json!("A")).len()), (1, 0));
    }
}
