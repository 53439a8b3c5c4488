//! The expressions of rules: whether they compile, what they give, and what they cost.
//!
//! Apart because it is a walk of its own, over a schema that is good otherwise: types come down from the outermost schema
//! with rules, and costs add up over all of them. Sources: `ValidateCustomResourceDefinitionOpenAPISchema` of
//! apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go`, `CELSchemaContext` of `cel_validation.go`
//! (1.36).

use super::{Before, Options};
use crate::cel::Environment;
use crate::finding::{FieldError, FieldErrors, Reason, Verbatim};
use crate::object::{FieldPath, Path, view::View as _};
use crate::server_rules::custom::schema::{AdditionalProperties, JsonSchema, ListType, SchemaType};
use crate::server_rules::custom::validation_rules::compile::{Compiled, Compiler};
use crate::server_rules::custom::validation_rules::declared::Declared;
use crate::yaml::{Escape, NodeIndex, NodeRef, Tree, write_json};
use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::Arc;

/// The most that one expression may cost (`StaticEstimatedCostLimit`).
const EXPRESSION_LIMIT: u64 = 10_000_000;

/// The most that all of a schema may cost (`StaticEstimatedCRDCostLimit`).
const SCHEMA_LIMIT: u64 = 100_000_000;

/// Judges the expressions of a schema; those that stand in what is `faulty` are left out.
pub(super) fn validate(
    node: NodeRef<'_>,
    options: Options<'_>,
    faulty: &HashSet<NodeIndex>,
    path: &Path<'_>,
    errors: &mut FieldErrors,
) {
    let schema = JsonSchema::read(node);
    if !schema.has_validations {
        return;
    }
    let mut walk = Walk {
        definition: node.tree(),
        options,
        new: Environment::of_server(options.minor.0.into()),
        faulty,
        total: 0,
        costly: Vec::new(),
    };
    let root = Place {
        parent: None,
        step: Step::Root,
        schema: &schema,
        has_rules: schema.validations.is_some(),
        most: Some(1),
        uncorrelated: None,
        declared: OnceCell::new(),
    };
    walk.schema(&root, path, errors);
    if walk.total <= SCHEMA_LIMIT {
        return;
    }
    let text = "Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
    for (path, _) in walk.costly {
        let (rule, text) = (errors.rule, text.to_owned());
        errors.list.push(FieldError { rule, reason: Reason::Forbidden, path, text, place: None, meant: None });
    }
    let what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
    errors.forbidden(path, &too_costly(what, walk.total, SCHEMA_LIMIT));
}

/// How one comes to a schema.
#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Property(&'p str),
    /// The elements of a list, or the values of a map.
    Element,
}

/// A schema on the way down.
struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    step: Step<'p>,
    schema: &'p JsonSchema,
    /// Whether it or a schema around it has rules.
    has_rules: bool,
    /// How many such values an object can have; none where nothing limits that.
    most: Option<u64>,
    /// The outermost schema in which old and new values cannot be told to belong together.
    uncorrelated: Option<&'p Path<'p>>,
    declared: OnceCell<Found>,
}

/// What is known of the values of a schema: nothing where no schema around has rules.
type Found = Result<Option<Known>, &'static str>;

/// What CEL knows of a value; none where it knows of it that there is one, and nothing else.
type Known = Option<Arc<Declared>>;

impl<'p> Place<'p> {
    fn declared(&self, definition: &Tree) -> &Found {
        self.declared.get_or_init(|| {
            if !self.has_rules {
                return Ok(None);
            }
            if let Some(parent) = self.parent
                && let Some(Some(around)) = parent.declared(definition).as_ref().map_err(|error| *error)?
            {
                match self.step {
                    Step::Element => return Ok(Some(around.element().cloned())),
                    Step::Property(name) => {
                        if let Some(field) = around.field(name) {
                            return Ok(Some(Some(Arc::clone(field))));
                        }
                    }
                    Step::Root => {}
                }
            }
            let is_root = self.parent.is_none() || self.schema.embedded_resource;
            let declared = Declared::of(definition, self.schema, is_root);
            declared
                .map(|declared| Some(Some(declared)))
                .ok_or("unable to convert structural schema to CEL declarations")
        })
    }

    /// How many values each value of this schema has at most (`extractMaxElements`).
    fn most_parts(&self) -> Option<u64> {
        let schema = self.schema;
        let limits = schema.limits.as_deref();
        let limit = match (schema.kind, &schema.additional_properties) {
            (Some(SchemaType::Object), Some(_)) => limits?.max_properties,
            (Some(SchemaType::Array), _) => limits?.max_items,
            _ => return Some(1),
        };
        limit.map(|limit| u64::try_from(limit).unwrap_or(0))
    }

    fn below(&'p self, schema: &'p JsonSchema, step: Step<'p>, uncorrelated: Option<&'p Path<'p>>) -> Self {
        let most = self.most.zip(self.most_parts()).map(|(most, parts)| most.saturating_mul(parts));
        let has_rules = self.has_rules || schema.validations.is_some();
        Self { parent: Some(self), step, schema, has_rules, most, uncorrelated, declared: OnceCell::new() }
    }
}

struct Walk<'w> {
    definition: &'w Tree,
    options: Options<'w>,
    new: Environment,
    faulty: &'w HashSet<NodeIndex>,
    total: u64,
    /// The most costly expressions, four at most.
    costly: Vec<(FieldPath, u64)>,
}

impl Walk<'_> {
    /// Recursion goes down the schema, whose depth is limited.
    fn schema(&mut self, place: &Place<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
        let schema = place.schema;
        if !schema.has_validations {
            return;
        }
        if let Some(AdditionalProperties::Schema(values)) = &schema.additional_properties {
            let below = place.below(values, Step::Element, place.uncorrelated);
            self.schema(&below, &path.field("additionalProperties"), errors);
        }
        let properties = path.field("properties");
        for (name, property) in &schema.properties {
            let below = place.below(property, Step::Property(name), place.uncorrelated);
            self.schema(&below, &properties.key(name), errors);
        }
        if let Some(items) = &schema.items {
            let is_correlated = schema.list_type == Some(ListType::Map);
            let uncorrelated = place.uncorrelated.or((!is_correlated).then_some(path));
            let below = place.below(items, Step::Element, uncorrelated);
            self.schema(&below, &path.field("items"), errors);
        }
        if schema.validations.is_some() && !self.faulty.contains(&schema.node) {
            self.rules(place, &path.field("x-kubernetes-validations"), errors);
        }
    }

    fn rules(&mut self, place: &Place<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
        let Some(rules) = place.schema.validations.map(|list| self.definition.node(list)) else { return };
        if rules.is_empty() {
            return;
        }
        let declared = match place.declared(self.definition) {
            Ok(Some(Some(declared))) => declared,
            Ok(_) => return errors.internal(path, "failed to convert to declType for CEL validation rules"),
            Err(why) => {
                let what = "internal error: failed to construct type information for x-kubernetes-validations rules";
                return errors.internal(path, &format!("{what}: {why}"));
            }
        };
        let expressions = Compiler::new(declared, self.new.clone());
        let before: Option<&Before<'_>> = self.options.before;
        for (index, rule) in rules.elements().enumerate() {
            let is_stored = |field: &'static str, text: &str| before.is_some_and(|before| before.has(field, text));
            let compiled = expressions.compile(rule, is_stored);
            let most = place.most.unwrap_or_else(|| declared.most_in_request());
            self.rule(rule, &compiled, compiled.cost.saturating_mul(most), place, &path.index(index), errors);
        }
    }

    fn rule(
        &mut self,
        rule: NodeRef<'_>,
        compiled: &Compiled,
        cost: u64,
        place: &Place<'_>,
        path: &Path<'_>,
        errors: &mut FieldErrors,
    ) {
        let shown = shown(rule);
        let shown = Verbatim(&shown);
        let is_free = self.options.is_unchanged;
        let rule_path = path.field("rule");
        if cost > EXPRESSION_LIMIT && !is_free {
            errors.forbidden(&rule_path, &too_costly("estimated rule cost", cost, EXPRESSION_LIMIT));
        }
        self.observe(&rule_path, cost);
        if let Some(error) = &compiled.error {
            errors.invalid(&rule_path, &shown, error);
        }
        let message_path = path.field("messageExpression");
        match &compiled.message {
            Some(Err(error)) => errors.invalid(&message_path, &shown, error),
            Some(Ok(cost)) => {
                if *cost > EXPRESSION_LIMIT && !is_free {
                    let text = too_costly("estimated messageExpression cost", *cost, EXPRESSION_LIMIT);
                    errors.forbidden(&message_path, &text);
                }
                self.observe(&message_path, *cost);
            }
            None => {}
        }
        let optional = rule.get("optionalOldSelf").and_then(NodeRef::as_bool);
        if compiled.uses_old_self
            && let Some(within) = place.uncorrelated
        {
            let text = format!("oldSelf cannot be used on the uncorrelatable portion of the schema within {within}");
            errors.invalid(&rule_path, rule.text("rule"), &text);
        } else if let Some(optional) = optional.filter(|_| !compiled.uses_old_self) {
            errors.invalid(&path.field("optionalOldSelf"), &optional, "may not be set if oldSelf is not used in rule");
        }
    }

    /// Adds up costs (`ObserveExpressionCost`).
    fn observe(&mut self, path: &Path<'_>, cost: u64) {
        self.total = self.total.saturating_add(cost);
        if cost >= SCHEMA_LIMIT / 100 {
            self.costly.push((path.to_field_path(), cost));
            self.costly.sort_by_key(|(_, cost)| std::cmp::Reverse(*cost));
            self.costly.truncate(4);
        }
    }
}

/// A rule as the server shows it: the JSON of its own struct.
fn shown(rule: NodeRef<'_>) -> String {
    let json = |field: &str| match rule.get(field) {
        Some(value) => write_json(value, Escape::Html),
        None => "null".to_owned(),
    };
    let text = |field: &str| if rule.has(field) { json(field) } else { "\"\"".to_owned() };
    format!(
        "{{\"Rule\":{},\"Message\":{},\"MessageExpression\":{},\"Reason\":{},\"FieldPath\":{},\"OptionalOldSelf\":{}}}",
        text("rule"),
        text("message"),
        text("messageExpression"),
        json("reason"),
        text("fieldPath"),
        json("optionalOldSelf")
    )
}

/// `getCostErrorMessage`
fn too_costly(what: &str, cost: u64, limit: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "as the server reckons")]
    let factor = cost as f64 / limit as f64;
    let factor = if factor > 100.0 {
        "more than 100x".to_owned()
    } else if factor < 1.5 {
        format!("{factor:.6}x")
    } else {
        format!("{factor:.1}x")
    };
    format!(
        "{what} exceeds budget by factor of {factor} (try simplifying the rule, or adding maxItems, maxProperties, and \
         maxLength where arrays, maps, and strings are declared)"
    )
}

#[cfg(test)]
mod tests {
    use crate::finding::Level;
    use crate::object::Object;
    use crate::schema::Minor;
    use crate::server_rules::apiextensions::testing::{definition, errors_of_property};
    use crate::server_rules::testing::object;
    use crate::server_rules::validate_updated;
    use serde_json::{Value, json};

    fn with_rule(schema: &Value, rule: &Value) -> Vec<String> {
        let mut schema = schema.clone();
        schema["x-kubernetes-validations"] = json!([rule]);
        errors_of_property(&schema).iter().map(|error| error.replace("x.x-kubernetes-validations[0]", "rule")).collect()
    }

    #[test]
    fn rules_compile() {
        let text = json!({"type": "string", "maxLength": 20});
        assert_eq!(with_rule(&text, &json!({"rule": "self != 'oak'"})), Vec::<String>::new());
        assert_eq!(
            with_rule(&text, &json!({"rule": "self < 3", "message": "few"})),
            ["rule.rule: Invalid value: {\"Rule\":\"self \\u003c 3\",\"Message\":\"few\",\"MessageExpression\":\"\",\
                 \"Reason\":null,\"FieldPath\":\"\",\"OptionalOldSelf\":null}: compilation failed: ERROR: <input>:1:6: \
                 found no matching overload for '_<_' applied to '(string, int)'\n | self < 3\n | .....^"]
        );
        let errors = with_rule(&text, &json!({"rule": "true", "messageExpression": "self.size()"}));
        assert!(errors[0].ends_with("messageExpression must evaluate to a string"), "{errors:?}");
        assert_eq!(
            with_rule(&json!({"x-kubernetes-preserve-unknown-fields": true}), &json!({"rule": "true"})),
            ["x.x-kubernetes-validations: Internal error: internal error: failed to construct type information for \
                 x-kubernetes-validations rules: unable to convert structural schema to CEL declarations"]
        );
    }

    #[test]
    fn types_come_from_the_schema_around() {
        let resource = |rule: &str| {
            errors_of_property(&json!({"type": "object", "x-kubernetes-embedded-resource": true,
                "x-kubernetes-validations": [{"rule": "self.metadata.name != self.kind"}],
                "properties": {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}},
                    "x-kubernetes-validations": [{"rule": rule}]}}}))
        };
        assert_eq!(resource("self.generateName == ''"), Vec::<String>::new());
        assert!(resource("has(self.labels)")[0].contains("undefined field 'labels'"));
        // A name that CEL cannot write has a type of its own.
        let odd = json!({"type": "object", "x-kubernetes-validations": [{"rule": "true"}],
            "properties": {"a b": {"type": "string", "maxLength": 9, "x-kubernetes-validations": [{"rule": "self == ''"}]}}});
        assert_eq!(errors_of_property(&odd), Vec::<String>::new());
    }

    #[test]
    fn what_a_rule_may_cost_is_limited() {
        let matching = json!({"rule": "self.matches('^[a-z]+(-[a-z]+)*$')"});
        assert_eq!(with_rule(&json!({"type": "string", "maxLength": 100}), &matching), Vec::<String>::new());
        let list = |limit: Option<u32>| {
            let mut list = json!({"type": "array", "items": {"type": "string", "maxLength": 1000,
                "x-kubernetes-validations": [matching.clone()]}});
            if let Some(limit) = limit {
                list["maxItems"] = json!(limit);
            }
            errors_of_property(&list)
        };
        assert_eq!(list(Some(10)), Vec::<String>::new());
        let errors = list(None);
        assert!(
            errors[0].starts_with(
                "x.items.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more \
                 than 100x (try"
            ),
            "{errors:?}"
        );
        assert_eq!(
            errors[1..].iter().map(|error| error.split(": ").take(2).collect::<Vec<_>>()).collect::<Vec<_>>(),
            [
                ["x.items.x-kubernetes-validations[0].rule", "Forbidden"],
                ["spec.validation.openAPIV3Schema", "Forbidden"],
            ]
        );
    }

    #[test]
    fn old_values_belong_to_new_ones() {
        let items = json!({"type": "array", "items": {"type": "string", "x-kubernetes-validations": [
            {"rule": "self == oldSelf"}]}, "maxItems": 3});
        assert_eq!(
            errors_of_property(&items),
            [
                "x.items.x-kubernetes-validations[0].rule: Invalid value: \"self == oldSelf\": oldSelf cannot be used on the \
                 uncorrelatable portion of the schema within x"
            ]
        );
        assert_eq!(
            with_rule(&json!({"type": "integer"}), &json!({"rule": "self > 0", "optionalOldSelf": false})),
            ["rule.optionalOldSelf: Invalid value: false: may not be set if oldSelf is not used in rule"]
        );
    }

    #[test]
    fn what_was_stored_before_is_let_be() {
        let with = |schema: Value| {
            let mut definition = definition();
            definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["x"] =
                schema;
            object(&definition)
        };
        let errors = |new: &Object, live: &Object, minor: u8| {
            let findings = validate_updated(new, live, Minor(minor), None);
            findings.into_iter().filter(|finding| finding.level == Level::Error).count()
        };
        let held_to = |rule: &str, description: &str| {
            with(json!({"type": "string", "description": description, "x-kubernetes-validations": [{"rule": rule}]}))
        };
        // A server of 1.33 has versions, and lets nobody use what one of 1.32 could not read.
        let (plain, versions) = (held_to("self != ''", ""), held_to("isSemver(self)", ""));
        assert_eq!(errors(&versions, &plain, 33), 1);
        assert_eq!(errors(&held_to("isSemver(self)", "a version"), &versions, 33), 0);
        assert_eq!(errors(&versions, &plain, 34), 0);
        // What one rule costs is not asked of a schema that stays as it is.
        let costly = format!("self.matches('{}')", "a".repeat(200));
        let (old, new) = (held_to(&costly, ""), held_to(&costly, "as"));
        assert_eq!((errors(&old, &old, 36), errors(&new, &old, 36)), (0, 1));
    }
}
