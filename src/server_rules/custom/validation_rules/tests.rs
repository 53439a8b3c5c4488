//! What is said of objects by rules of their definitions.

use super::super::schema::JsonSchema;
use super::super::testing::tree;
use super::{Rules, check};
use serde_json::{Value, json};

fn said(schema: &Value, object: &Value, old: Option<&Value>) -> Vec<String> {
    let (definition, object) = (tree(schema), tree(object));
    let old = old.map(tree);
    let schema = JsonSchema::read(definition.root());
    let rules = Rules::read(&definition, &schema);
    let problems = check(&rules, &schema, object.root(), old.as_ref().map(crate::yaml::Tree::root));
    let mut said: Vec<String> =
        problems.into_iter().map(|problem| format!("{}: {}", problem.field, problem.text)).collect();
    said.sort();
    said
}

fn of_spec(spec: &Value) -> Value {
    json!({"type": "object", "properties": {"spec": spec}})
}

fn ship(spec: &Value) -> Value {
    json!({"apiVersion": "sea.example/v1", "kind": "Ship", "metadata": {"name": "argo"}, "spec": spec})
}

fn said_of(spec: &Value, value: &Value) -> Vec<String> {
    said(&of_spec(spec), &ship(value), None)
}

#[test]
fn a_rule_that_does_not_hold_refuses() {
    let spec = json!({"type": "object", "properties": {"masts": {"type": "integer"}, "sails": {"type": "integer"}},
        "x-kubernetes-validations": [{"rule": "self.sails >= self.masts", "message": " a sail for every mast "}]});
    assert_eq!(said_of(&spec, &json!({"masts": 2, "sails": 3})), [""; 0]);
    assert_eq!(said_of(&spec, &json!({"masts": 2, "sails": 1})), ["spec: Invalid value: a sail for every mast"]);
    assert_eq!(
        said_of(&spec, &json!({"masts": 2})),
        ["spec: Invalid value: \"object\": no such key: sails evaluating rule: a sail for every mast"]
    );
}

#[test]
fn scalars_are_repeated_and_reasons_told() {
    let spec = json!({"type": "object", "properties": {
        "name": {"type": "string", "x-kubernetes-validations": [{"rule": "self != 'argo'"}]},
        "age": {"type": "integer", "x-kubernetes-validations": [{"rule": "self > 3", "reason": "FieldValueForbidden", "message": "too young"}]},
        "crew": {"type": "object", "properties": {"captain": {"type": "string"}}, "x-kubernetes-validations": [
            {"rule": "has(self.captain)", "reason": "FieldValueRequired", "message": "a captain is", "fieldPath": ".captain"}]},
    }});
    assert_eq!(
        said_of(&spec, &json!({"name": "argo", "age": 2, "crew": {}})),
        [
            "spec.age: Forbidden: too young",
            "spec.crew.captain: Required value: a captain is",
            "spec.name: Invalid value: \"argo\": failed rule: self != 'argo'",
        ]
    );
}

#[test]
fn messages_may_be_expressions() {
    let spec = json!({"type": "object", "properties": {"masts": {"type": "integer"}}, "x-kubernetes-validations": [
        {"rule": "self.masts < 4", "messageExpression": "'has %d masts'.format([self.masts])", "message": "too many"},
        {"rule": "self.masts < 4", "messageExpression": "' '", "message": "too many"}]});
    assert_eq!(
        said_of(&spec, &json!({"masts": 5})),
        ["spec: Invalid value: has 5 masts", "spec: Invalid value: too many"]
    );
}

#[test]
fn values_are_what_their_schema_says() {
    let spec = json!({"type": "object", "properties": {
        "port": {"x-kubernetes-int-or-string": true}, "span": {"type": "string", "format": "duration"},
        "at": {"type": "string", "format": "date-time"}, "seal": {"type": "string", "format": "byte"},
        "share": {"type": "number"}, "namespace": {"type": "string"}, "a-b": {"type": "string"},
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "flags": {"type": "object", "additionalProperties": {"type": "string"}},
        "none": {"type": "string", "nullable": true}}, "x-kubernetes-validations": [
        {"rule": "type(self.port) == int && self.port == 80"}, {"rule": "self.span == duration('90m')"},
        {"rule": "self.at.getFullYear() == 2024"}, {"rule": "self.seal == b'abc'"}, {"rule": "self.share == 2.0"},
        {"rule": "self.__namespace__ == 'a' && self.a__dash__b == 'b'"}, {"rule": "self.tags == ['b', 'a']"},
        {"rule": "self.flags.all(k, self.flags[k] == 'v') && 'x-y' in self.flags"}, {"rule": "!has(self.none)"}]});
    let value = json!({"port": 80, "span": "1h30m", "at": "2024-05-01T00:00:00Z", "seal": "YWJj", "share": 2,
        "namespace": "a", "a-b": "b", "tags": ["a", "b"], "flags": {"x-y": "v"}, "none": null});
    assert_eq!(said_of(&spec, &value), [""; 0]);
}

#[test]
fn the_root_shows_its_names() {
    let mut schema = of_spec(&json!({"type": "object"}));
    schema["x-kubernetes-validations"] = json!([
        {"rule": "self.metadata.name == 'argo' && self.kind == 'Ship'"}, {"rule": "self.metadata.name == 'other'"}]);
    assert_eq!(
        said(&schema, &ship(&json!({})), None),
        ["<nil>: Invalid value: failed rule: self.metadata.name == 'other'"]
    );
}

#[test]
fn what_was_counts_on_an_update_only() {
    let spec = json!({"type": "object", "properties": {
        "name": {"type": "string", "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "is fixed"}]},
        "age": {"type": "integer", "x-kubernetes-validations": [
            {"rule": "!oldSelf.hasValue() || self >= oldSelf.value()", "optionalOldSelf": true, "message": "grows"}]},
        "crew": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": {
            "type": "object", "properties": {"name": {"type": "string"}, "rank": {"type": "integer"}},
            "x-kubernetes-validations": [{"rule": "self.rank >= oldSelf.rank", "message": "nobody is degraded"}]}}}});
    let schema = of_spec(&spec);
    let old = ship(&json!({"name": "a", "age": 3, "crew": [{"name": "x", "rank": 1}, {"name": "y", "rank": 2}]}));
    let new = ship(&json!({"name": "b", "age": 2, "crew": [{"name": "y", "rank": 1}, {"name": "z", "rank": 0}]}));
    assert_eq!(said(&schema, &new, None), [""; 0]);
    assert_eq!(
        said(&schema, &new, Some(&old)),
        [
            "spec.age: Invalid value: 2: grows",
            "spec.crew[0]: Invalid value: nobody is degraded",
            "spec.name: Invalid value: \"b\": is fixed",
        ]
    );
}

#[test]
fn what_was_broken_before_is_let_pass() {
    let spec = json!({"type": "object", "properties": {
        "name": {"type": "string", "x-kubernetes-validations": [{"rule": "self.size() < 3"}]}, "age": {"type": "integer"}}});
    let schema = of_spec(&spec);
    let old = ship(&json!({"name": "long", "age": 1}));
    assert_eq!(said(&schema, &ship(&json!({"name": "long", "age": 2})), Some(&old)), [""; 0]);
    assert_eq!(said(&schema, &ship(&json!({"name": "other", "age": 2})), Some(&old)).len(), 1);
}

#[test]
fn rules_stand_in_all_of_too() {
    let spec = json!({"type": "object", "properties": {"name": {"type": "string"}}, "x-kubernetes-validations": [{"rule": "true"}],
        "allOf": [{"properties": {"name": {"x-kubernetes-validations": [{"rule": "self != 'a'"}]}}}]});
    assert_eq!(said_of(&spec, &json!({"name": "a"})), ["spec.name: Invalid value: \"a\": failed rule: self != 'a'"]);
}

#[test]
fn what_cannot_be_read_refuses_nothing() {
    let spec = json!({"type": "object", "properties": {"name": {"type": "string"}}, "x-kubernetes-validations": [
        {"rule": "self.name =="}, {"rule": " "}, {"rule": "self.name.unheardOf()"}, {"rule": "other == 1"}]});
    assert_eq!(said_of(&spec, &json!({"name": "a"})), [""; 0]);
}

#[test]
fn a_duration_is_what_the_format_finds_in_a_text() {
    let spec = json!({"type": "object", "properties": {"watch": {"type": "string", "format": "duration",
        "x-kubernetes-validations": [{"rule": "self <= duration('4h')", "message": "too long"}]}}});
    for text in ["4h", "about 30m", "2 hours and 90 minutes", "240 MIN", "1h "] {
        assert_eq!(said_of(&spec, &json!({"watch": text})), [""; 0], "{text}");
    }
    for text in ["4h1ns", "x 5h", "3 hours 2 hours"] {
        assert_eq!(said_of(&spec, &json!({"watch": text})).len(), 1, "{text}");
    }
}
