//! Fields that the schema of a custom resource does not have.
//!
//! Apart because it is where the server's words end and a guess for people begins.
//! Source: `UnknownFieldPathOptions` of apiextensions `pkg/apiserver/schema/options.go` (1.36).

use super::definition::Definition;
use super::schema::JsonSchema;
use crate::decode::{FieldValidation, rules};
use crate::finding::{Applicability, Finding, Level, Mend};
use crate::object::{FieldPath, Object, Path, Segment};
use crate::schema::{nearest, nearest_alone, same_letters};
use crate::yaml::NodeIndex;

/// A field that is dropped, and, where strict validation is asked for, refused.
#[derive(Clone, Debug)]
pub(super) struct UnknownField {
    path: FieldPath,
    help: Option<String>,
    /// The field that was meant, and how surely.
    meant: Option<(String, Applicability)>,
    /// The schema that has no such field.
    schema: Option<NodeIndex>,
}

impl UnknownField {
    /// The field of this name in an object that has `schema`; `around` is the schema of what the object stands in.
    pub fn new(name: &str, path: &Path<'_>, schema: Option<&JsonSchema>, around: Option<&JsonSchema>) -> Self {
        let help = schema.and_then(|schema| suggestion(name, schema, around));
        let meant = schema.and_then(|schema| meant(name, schema, around));
        Self { path: path.field(name).to_field_path(), help, meant, schema: schema.map(|schema| schema.node) }
    }

    /// The path as the server writes it: nothing is quoted.
    pub fn path(&self) -> String {
        self.path.to_string()
    }

    /// The server's words.
    pub fn message(&self) -> String {
        format!("unknown field \"{}\"", self.path)
    }

    /// The finding it is; none if it is not to be told.
    pub fn into_finding(
        self,
        object: &Object,
        definition: &Definition,
        validation: FieldValidation,
    ) -> Option<Finding> {
        let level = match validation {
            FieldValidation::Strict => Level::Error,
            FieldValidation::Warn => Level::Warning,
            FieldValidation::Ignore => return None,
        };
        let place = object.locate(&self.path);
        let range = place.key.filter(|_| place.exact).unwrap_or_else(|| place.range());
        let mend = self.mend(object);
        let finding = Finding::at(&rules::UNKNOWN_FIELD, self.message(), object.span(range)).with_mend(mend);
        let finding = Finding { level, field: self.path, object: Some(object.origin), help: self.help, ..finding };
        Some(match self.schema {
            Some(schema) => finding.with_label(definition.span(schema, "properties"), "defined here"),
            None => finding,
        })
    }
}

impl UnknownField {
    /// The renaming of the field.
    fn mend(&self, object: &Object) -> Option<Mend> {
        let (name, sure) = self.meant.as_ref()?;
        let (Segment::Field(written), above) = self.path.0.split_last()? else { return None };
        let mapping = FieldPath(above.to_vec()).find(object.root())?;
        Mend::rename(mapping, mapping.entry(written)?, name, *sure)
    }
}

/// The field that a name was meant for: surely the only one of the same letters, likely one that is nearer than every
/// other. None for a field that is misplaced.
fn meant(name: &str, schema: &JsonSchema, around: Option<&JsonSchema>) -> Option<(String, Applicability)> {
    let names = || schema.properties.iter().map(|(known, _)| &**known);
    if let Some(same) = same_letters(name, names()) {
        return Some((same.to_owned(), Applicability::Safe));
    }
    let is_misplaced = around.is_some_and(|around| around.property(name).is_some())
        || schema.properties.iter().any(|(_, below)| below.property(name).is_some());
    let near = nearest_alone(name, names().collect::<Vec<_>>()).filter(|_| !is_misplaced)?;
    Some((near.to_owned(), Applicability::Unsafe))
}

/// A sentence about a field that the schema does not have.
fn suggestion(name: &str, schema: &JsonSchema, around: Option<&JsonSchema>) -> Option<String> {
    let names = || schema.properties.iter().map(|(known, _)| &**known);
    if let Some(same) = names().find(|known| known.eq_ignore_ascii_case(name)) {
        return Some(format!("did you mean `{same}`? Field names are case-sensitive"));
    }
    if around.is_some_and(|around| around.property(name).is_some()) {
        return Some(format!("`{name}` is a field one level further out: is it indented too deep?"));
    }
    if let Some((below, _)) = schema.properties.iter().find(|(_, below)| below.property(name).is_some()) {
        return Some(format!("did you mean `{below}.{name}`? `{name}` is a field of `{below}`"));
    }
    if let Some(near) = nearest(name, names()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let count = schema.properties.len();
    let listed: Vec<String> = names().map(|known| format!("`{known}`")).collect();
    (1..=12).contains(&count).then(|| format!("there are the fields {}", listed.join(", ")))
}
