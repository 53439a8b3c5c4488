//! `ValidatingAdmissionPolicy` and `MutatingAdmissionPolicy`: what is asked of requests, and what is made of them.

use super::expression::{Compiler, Purpose};
use super::rules::{
    is_blank, validate_match_conditions, validate_match_resources, validate_mutating_operations, validate_param_kind,
    validate_word,
};
use crate::cel::parser::RESERVED;
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{names, one_of, report};
use crate::server_rules::metadata::generated_name;
use crate::yaml::NodeRef;

/// An admission policy's own fields.
pub static RULE: Rule = Rule {
    id: "api/admission-policy",
    level: Level::Error,
    summary: "an admission policy's matches, variables, validations or mutations are not valid",
    why: "the API server runs a policy on every request it matches, so it must know which and what to run",
    docs: include_str!("admission-policy.md"),
};

const MOST_ANNOTATIONS: usize = 20;
const EXPRESSION_LIMIT: usize = 5 * 1024;

/// Judges a `ValidatingAdmissionPolicy` on creation (`ValidateValidatingAdmissionPolicy`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let root = judge.root;
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    let spec = root.get("spec");
    let has_variables = !spec.list("variables").is_empty();
    let mut compiler = Compiler::new(judge.minor, has_parameters(spec), has_variables);
    validate_common(spec, false, &mut compiler, &path, errors);
    let validations = spec.list("validations");
    let annotations = spec.list("auditAnnotations");
    if validations.is_empty() && annotations.is_empty() {
        for field in ["validations", "auditAnnotations"] {
            errors.required(&path.field(field), "validations or auditAnnotations must contain at least one item");
        }
        return;
    }
    for (index, validation) in validations.into_iter().enumerate() {
        validate_validation(validation, &compiler, &path.field("validations").index(index), errors);
    }
    let path = path.field("auditAnnotations");
    if let Some(node) = spec.and_then(|spec| spec.get("auditAnnotations")).filter(|node| node.len() > MOST_ANNOTATIONS)
    {
        errors.invalid(&path, &node, &format!("must not have more than {MOST_ANNOTATIONS} auditAnnotations"));
    }
    let metadata = root.get("metadata");
    let name = match metadata.text("name") {
        "" if metadata.text("generateName").is_empty() => String::new(),
        "" => generated_name(metadata.text("generateName")),
        name => name.to_owned(),
    };
    for (index, annotation) in annotations.iter().enumerate() {
        let path = path.index(index);
        let key = annotation.text("key");
        if name.is_empty() {
            errors.invalid(&path.field("key"), key, "requires metadata.name be non-empty");
        } else {
            let whole = format!("{name}/{key}");
            report(names::qualified_name(&whole), &path.field("key"), &whole, errors);
        }
        let expression = annotation.text("valueExpression");
        let expression_path = path.field("valueExpression");
        match expression.trim().len() {
            0 => errors.required(&expression_path, "valueExpression is not specified"),
            1..=EXPRESSION_LIMIT => {
                compiler.compile_trimmed(Purpose::Annotation, expression, &expression_path, errors);
            }
            _ => errors.required(&expression_path, &format!("must not exceed {EXPRESSION_LIMIT} bytes in length")),
        }
        if annotations[..index].iter().any(|earlier| earlier.text("key") == key) {
            errors.duplicate(&path.field("key"), key);
        }
    }
}

/// Judges a `MutatingAdmissionPolicy` on creation (`ValidateMutatingAdmissionPolicy`).
pub fn validate_mutating(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    let spec = judge.root.get("spec");
    let mut compiler = Compiler::new(judge.minor, has_parameters(spec), true);
    validate_common(spec, true, &mut compiler, &path, errors);
    let mutations = spec.list("mutations");
    if mutations.is_empty() {
        errors.required(&path.field("mutations"), "mutations must contain at least one item");
    }
    for (index, mutation) in mutations.into_iter().enumerate() {
        validate_mutation(mutation, &compiler, &path.field("mutations").index(index), errors);
    }
    let policy = spec.text("reinvocationPolicy");
    let path = path.field("reinvocationPolicy");
    if policy.is_empty() {
        errors.required(&path, "");
    } else {
        one_of(policy, &["IfNeeded", "Never"], &path, errors);
    }
}

/// Whether expressions may use `params`.
fn has_parameters(spec: Option<NodeRef<'_>>) -> bool {
    spec.is_some_and(|spec| spec.get("paramKind").is_some())
}

fn validate_common(
    spec: Option<NodeRef<'_>>,
    is_mutating: bool,
    compiler: &mut Compiler,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let policy = spec.text_pointer("failurePolicy");
    validate_word(policy, &["Fail", "Ignore"], &path.field("failurePolicy"), errors);
    if let Some(kind) = spec.and_then(|spec| spec.get("paramKind")) {
        validate_param_kind(kind, &path.field("paramKind"), errors);
    }
    let constraints_path = path.field("matchConstraints");
    match spec.and_then(|spec| spec.get("matchConstraints")) {
        None => errors.required(&constraints_path, ""),
        Some(constraints) => {
            validate_match_resources(constraints, &constraints_path, errors);
            if constraints.get("resourceRules").is_none_or(NodeRef::is_empty) {
                errors.required(&constraints_path.field("resourceRules"), "");
            }
            if is_mutating {
                validate_mutating_operations(constraints, &constraints_path, errors);
            }
        }
    }
    let Some(spec) = spec else { return };
    validate_match_conditions(spec, compiler, path, errors);
    for (index, variable) in spec.list("variables").into_iter().enumerate() {
        let path = path.field("variables");
        let path = path.index(index);
        let name = variable.text("name");
        if is_blank(name) {
            errors.required(&path.field("name"), "name is not specified");
        } else if !is_identifier(name) {
            errors.invalid(&path.field("name"), name, "must be a valid CEL identifier");
        }
        match variable.text("expression") {
            blank if is_blank(blank) => errors.required(&path.field("expression"), "expression is not specified"),
            expression => compiler.variable(name, expression, &path.field("expression"), errors),
        }
    }
}

/// `isCELIdentifier`
fn is_identifier(name: &str) -> bool {
    names::c_identifier(name).is_empty() && !RESERVED.contains(&name)
}

fn validate_validation(validation: NodeRef<'_>, compiler: &Compiler, path: &Path<'_>, errors: &mut FieldErrors) {
    match validation.text("expression") {
        blank if is_blank(blank) => errors.required(&path.field("expression"), "expression is not specified"),
        expression => compiler.compile(Purpose::Validation, expression, &path.field("expression"), errors),
    }
    for field in ["messageExpression", "message"] {
        let text = validation.text(field);
        if !text.is_empty() && is_blank(text) {
            errors.invalid(&path.field(field), text, "must be non-empty if specified");
        } else if field == "messageExpression" && !text.is_empty() {
            compiler.compile(Purpose::Message, text, &path.field(field), errors);
        } else if field == "message" && text.trim().contains(['\n', '\r']) {
            errors.invalid(&path.field(field), text, "must not contain line breaks");
        }
    }
    if let Some(reason) = validation.text_pointer("reason") {
        one_of(reason, &["Forbidden", "Invalid", "RequestEntityTooLarge"], &path.field("reason"), errors);
    }
}

fn validate_mutation(mutation: NodeRef<'_>, compiler: &Compiler, path: &Path<'_>, errors: &mut FieldErrors) {
    const KINDS: [(&str, &str, Purpose); 2] = [
        ("JSONPatch", "jsonPatch", Purpose::JsonPatch),
        ("ApplyConfiguration", "applyConfiguration", Purpose::ApplyConfiguration),
    ];
    let kind = mutation.text("patchType");
    if kind.is_empty() {
        errors.required(&path.field("patchType"), "");
        return;
    }
    let Some((_, own, purpose)) = KINDS.iter().find(|(name, ..)| *name == kind) else {
        one_of(kind, &["ApplyConfiguration", "JSONPatch"], &path.field("patchType"), errors);
        return;
    };
    match mutation.get(own) {
        None => errors.required(&path.field(own), &format!("must be specified when patchType is {kind}")),
        Some(change) => {
            let path = path.field(own);
            let path = path.field("expression");
            match change.text("expression").trim() {
                "" => errors.required(&path, ""),
                expression => compiler.compile(*purpose, expression, &path, errors),
            }
        }
    }
    for (_, other, _) in KINDS {
        if other != *own && mutation.has(other) {
            let text = format!("must not be specified when patchType is {kind}");
            errors.invalid(&path.field(other), &format!("{{{other}}}"), &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn policy() -> Value {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": "draught"},
            "spec": {
                "matchConstraints": {"resourceRules": [{
                    "operations": ["CREATE"], "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"],
                }]},
                "validations": [{"expression": "object.spec.replicas <= 5"}],
            },
        })
    }

    #[test]
    fn a_policy_matches_something_and_asks_something() {
        assert_eq!(errors_of(&policy()), Vec::<String>::new());
        assert_eq!(errors_with(&policy(), "/spec/matchConstraints", None), ["spec.matchConstraints: Required value"]);
        assert_eq!(
            errors_with(&policy(), "/spec/validations", None),
            [
                "spec.validations: Required value: validations or auditAnnotations must contain at least one item",
                "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item",
            ]
        );
    }

    #[test]
    fn variables_and_parameters_are_named() {
        assert_eq!(
            errors_with(&policy(), "/spec/variables", Some(json!([{"name": "for", "expression": " "}]))),
            [
                "spec.variables[0].name: Invalid value: \"for\": must be a valid CEL identifier",
                "spec.variables[0].expression: Required value: expression is not specified",
            ]
        );
        assert_eq!(
            errors_with(&policy(), "/spec/paramKind", Some(json!({"apiVersion": "tides.example/", "kind": "Depth"}))),
            ["spec.paramKind.apiVersion: Invalid value: \"tides.example/\": version must be specified"]
        );
    }

    #[test]
    fn a_mutation_is_of_its_kind() {
        let mut mutating = policy();
        mutating["kind"] = json!("MutatingAdmissionPolicy");
        mutating["spec"]["validations"] = Value::Null;
        mutating["spec"]["reinvocationPolicy"] = json!("Never");
        mutating["spec"]["mutations"] = json!([{"patchType": "JSONPatch", "applyConfiguration": {"expression": "x"}}]);
        mutating["spec"]["matchConstraints"]["resourceRules"][0]["operations"] = json!(["DELETE"]);
        assert_eq!(
            errors_of(&mutating),
            [
                "spec.matchConstraints.resourceRules.operations: Unsupported value: \"DELETE\": supported values: \"*\", \
                 \"CONNECT\", \"CREATE\", \"UPDATE\"",
                "spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch",
                "spec.mutations[0].applyConfiguration: Invalid value: \"{applyConfiguration}\": must not be specified when \
                 patchType is JSONPatch",
            ]
        );
    }
}
