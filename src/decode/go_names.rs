//! Names of Go types and embedded structs that the decoder's messages show and the OpenAPI does not.
//!
//! Apart because it is read only once something is wrong: the table stays text until then.

use std::sync::LazyLock;

/// Sorted by bytes; the comment at its top tells the form and the source.
static TABLE: &str = include_str!("../../schemas/go-names.tsv");

static LINES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let data = TABLE.lines().filter(|line| !line.starts_with('#'));
    data.filter_map(|line| {
        let end = line.match_indices('\t').nth(1)?.0;
        Some((&line[..end], &line[end + 1..]))
    })
    .collect()
});

/// What is known of one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GoNames {
    /// The Go type, where it does not follow from the OpenAPI (`v1.ServiceType`, `[]v1.OperationType`).
    pub go_type: Option<&'static str>,
    /// The embedded structs that the field is promoted through, with dots between (`RuleWithOperations.Rule`).
    pub embedded: Option<&'static str>,
}

/// Looks a field up by its definition's OpenAPI name and its JSON name.
pub fn go_names(definition: &str, field: &str) -> GoNames {
    let wanted = || definition.bytes().chain(std::iter::once(b'\t')).chain(field.bytes());
    let Ok(found) = LINES.binary_search_by(|(key, _)| key.bytes().cmp(wanted())) else {
        return GoNames::default();
    };
    let (go_type, embedded) = LINES[found].1.split_once('\t').unwrap_or_default();
    let some = |text: &'static str| (!text.is_empty()).then_some(text);
    GoNames { go_type: some(go_type), embedded: some(embedded) }
}

#[cfg(test)]
mod tests {
    use super::{GoNames, LINES, go_names};

    #[test]
    fn the_table_is_sorted_and_holds_each_field_once() {
        assert!(LINES.is_sorted_by(|x, y| x.0 < y.0));
    }

    #[test]
    fn knows_named_types_and_embedded_structs() {
        let field = go_names("io.k8s.api.admissionregistration.v1.NamedRuleWithOperations", "operations");
        assert_eq!(field, GoNames { go_type: Some("[]v1.OperationType"), embedded: Some("RuleWithOperations") });
        assert_eq!(go_names("io.k8s.api.apps.v1.DeploymentSpec", "replicas"), GoNames::default());
    }
}
