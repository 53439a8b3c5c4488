//! `CustomResourceDefinition`: the parts of one, in the server's order.
//!
//! Apart because it calls all others here. Source: `ValidateCustomResourceDefinition`,
//! `validateCustomResourceDefinitionSpec` of apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go`,
//! `pkg/registry/customresourcedefinition/strategy.go` (1.36).

use super::layout::{self, Layout};
use super::names::Names;
use super::schema::{self, Before, Options};
use super::{approval, conversion, formats, printer_columns, selectable_fields, subresources, versions};
use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::schema::Minor;
use crate::server_rules::Judge;
use crate::server_rules::content::{names as grammar, one_of};
use crate::server_rules::metadata::generated_name;
use crate::yaml::NodeRef;

/// A definition's own fields.
pub static RULE: Rule = Rule {
    id: "api/custom-resource-definition",
    level: Level::Error,
    summary: "a definition of a custom resource is not valid",
    why: "the API server serves the resource by its definition, so it takes none that leaves a question open",
    docs: include_str!("custom-resource-definition.md"),
};

/// Judges a definition (`ValidateCustomResourceDefinition`; on update, with what `ValidateCustomResourceDefinitionUpdate`
/// does not ask of those that were there before).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let (root, live, minor) = (judge.root, judge.live, judge.minor);
    let start = judge.errors.list.len();
    let errors = &mut judge.errors;
    let spec = root.get("spec");
    let layout = Layout::of(spec.list("versions"));
    let names = Names::read(spec.and_then(|spec| spec.get("names")));
    if live.is_none() {
        validate_name(root, &names, errors);
    }
    let before = live.and_then(|live| live.get("spec"));
    validate_spec(spec, before, minor, &layout, &names, errors);
    if live.is_none() {
        versions::validate_stored(&layout, errors);
    }
    approval::validate(root, live, errors);
    let preserves = |spec: Option<NodeRef<'_>>| spec.flag("preserveUnknownFields");
    if preserves(spec) && !live.is_some_and(|live| preserves(live.get("spec"))) {
        let path = Path::ROOT.field("spec");
        let text = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema \
                    instead";
        errors.invalid(&path.field("preserveUnknownFields"), &true, text);
    }
    layout::place(errors, start);
    formats::warn(judge);
}

fn validate_name(root: NodeRef<'_>, names: &Names<'_>, errors: &mut FieldErrors) {
    let metadata = root.get("metadata");
    let name = match metadata.text("name") {
        "" if metadata.text("generateName").is_empty() => return,
        "" => generated_name(metadata.text("generateName")),
        name => name.to_owned(),
    };
    let group = root.get("spec").text("group");
    if name.strip_prefix(names.plural).and_then(|rest| rest.strip_prefix('.')) != Some(group) {
        let path = Path::ROOT.field("metadata");
        errors.invalid(&path.field("name"), &name, "must be spec.names.plural+\".\"+spec.group");
    }
}

fn validate_spec(
    spec: Option<NodeRef<'_>>,
    live: Option<NodeRef<'_>>,
    minor: Minor,
    layout: &Layout<'_>,
    names: &Names<'_>,
    errors: &mut FieldErrors,
) {
    let path = Path::ROOT.field("spec");
    validate_group(spec.text("group"), &path.field("group"), errors);
    let scope = spec.text("scope");
    if scope.is_empty() {
        errors.required(&path.field("scope"), "");
    } else {
        one_of(scope, &["Cluster", "Namespaced"], &path.field("scope"), errors);
    }
    // What was there before without a schema may stay so where it is not served.
    let requires_schemas = live.is_none_or(|live| schemas(Some(live)).all(|schema| schema.is_some()));
    for (index, version) in layout.versions().iter().enumerate() {
        if version.at(&["schema", "openAPIV3Schema"]).is_some() {
            continue;
        }
        let path = path.field("versions");
        let path = path.index(index);
        let path = path.field("schema");
        let path = path.field("openAPIV3Schema");
        if requires_schemas {
            errors.required(&path, "");
        } else if !spec.flag("preserveUnknownFields") && version.flag("served") {
            errors.required(&path, "because otherwise all fields are pruned");
        }
    }
    if spec.flag("preserveUnknownFields") && schemas(spec).flatten().any(schema::has_default) {
        let text = "must be false in order to use defaults in the schema";
        errors.invalid(&path.field("preserveUnknownFields"), &true, text);
    }
    let before = live.map(Before::of);
    let options = Options::of(minor, before.as_ref());
    versions::validate_each(layout, options, errors);
    versions::validate_together(layout, errors);
    names.validate(&path.field("names"), errors);
    if let Some(validation) = layout.of_spec("schema") {
        let has_status = layout.versions().iter().any(|version| version.at(&["subresources", "status"]).is_some());
        let options = layout.versions().first().map_or(options, |first| options.of_version(*first));
        schema::validate(validation, has_status, options, &path.field("validation"), errors);
    }
    subresources::validate(layout.of_spec("subresources"), &path.field("subresources"), errors);
    printer_columns::validate(layout.of_spec("additionalPrinterColumns"), &path, errors);
    let schema = layout.of_spec("schema").and_then(|validation| validation.get("openAPIV3Schema"));
    let missing = "may only be set when validations.schema is included";
    selectable_fields::validate(layout.of_spec("selectableFields"), schema, missing, minor, &path, errors);
    let requires_known_version = live.is_none_or(|live| conversion::has_known_version_or_none(Some(live)));
    conversion::validate(spec, requires_known_version, errors);
}

/// The schema of each version.
fn schemas(spec: Option<NodeRef<'_>>) -> impl Iterator<Item = Option<NodeRef<'_>>> {
    spec.list("versions").into_iter().map(|version| version.at(&["schema", "openAPIV3Schema"]))
}

fn validate_group(group: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let complaints = grammar::dns_1123_subdomain(group);
    if group.is_empty() {
        errors.required(path, "");
    } else if !complaints.is_empty() {
        errors.invalid(path, group, &complaints.join(","));
    } else if !group.contains('.') {
        errors.invalid(path, group, "should be a domain with at least one dot");
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::definition;
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::json;

    #[test]
    fn a_definition_is_named_for_what_it_defines() {
        assert_eq!(errors_of(&definition()), Vec::<String>::new());
        assert_eq!(
            errors_with(&definition(), "/spec/group", Some(json!("harbour"))),
            [
                "metadata.name: Invalid value: \"anchors.harbour.example\": must be spec.names.plural+\".\"+spec.group",
                "spec.group: Invalid value: \"harbour\": should be a domain with at least one dot",
            ]
        );
    }

    #[test]
    fn a_definition_says_where_and_what() {
        assert_eq!(errors_with(&definition(), "/spec/scope", None), ["spec.scope: Required value"]);
        assert_eq!(
            errors_with(&definition(), "/spec/scope", Some(json!("namespaced"))),
            ["spec.scope: Unsupported value: \"namespaced\": supported values: \"Cluster\", \"Namespaced\""]
        );
        assert_eq!(
            errors_with(&definition(), "/spec/versions/0/schema", None),
            ["spec.versions[0].schema.openAPIV3Schema: Required value"]
        );
    }

    #[test]
    fn unknown_fields_are_not_kept_as_a_whole() {
        assert_eq!(
            errors_with(&definition(), "/spec/preserveUnknownFields", Some(json!(true))),
            ["spec.preserveUnknownFields: Invalid value: true: cannot set to true, set \
                 x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"]
        );
    }
}
