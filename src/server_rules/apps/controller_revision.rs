//! `ControllerRevision`: a number and the data kept under it.

use crate::finding::{Level, Rule};
use crate::object::Path;
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::int_or_percent::nonnegative;
use crate::server_rules::view::View;
use crate::yaml::Kind;

/// A `ControllerRevision`'s fields.
pub static RULE: Rule = Rule {
    id: "api/controller-revision",
    level: Level::Error,
    summary: "a ControllerRevision has no data or a negative number",
    why: "the API server refuses a revision that holds no object to go back to",
    docs: include_str!("controller-revision.md"),
};

/// What the data is was not judged before. Source: `pkg/apis/apps/validation/validation.go` (1.30, 1.31).
const JUDGES_DATA: Minor = Minor(31);

/// Judges a `ControllerRevision` on creation (`ValidateControllerRevisionCreate`).
pub fn validate(judge: &mut Judge<'_>) {
    let errors = &mut judge.errors;
    errors.rule = &RULE;
    nonnegative(judge.root.int("revision").unwrap_or(0), &Path::ROOT.field("revision"), errors);
    match judge.root.get("data") {
        None => errors.required(&Path::ROOT.field("data"), "data is mandatory"),
        Some(data) if data.kind() != Kind::Mapping && judge.minor >= JUDGES_DATA => {
            errors.required(&Path::ROOT.field("data"), "data must be a valid JSON object");
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::json;

    #[test]
    fn data_is_an_object() {
        let revision = json!({
            "apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "agent-1"},
            "revision": 1, "data": {},
        });
        assert_eq!(errors_of(&revision), [""; 0]);
        assert_eq!(errors_with(&revision, "/data", None), ["data: Required value: data is mandatory"]);
        assert_eq!(
            errors_with(&revision, "/data", Some(json!([]))),
            ["data: Required value: data must be a valid JSON object"]
        );
        assert_eq!(
            errors_with(&revision, "/revision", Some(json!(-1))),
            ["revision: Invalid value: -1: must be greater than or equal to 0"]
        );
    }
}
