//! Where a catalogue keeps the schema of a kind: a path with placeholders, as kubeconform has them.
//!
//! Apart because it is a small language of its own and reads no file.
//! Source: kubeconform 0.7, `pkg/registry/registry.go` (`schemaPath`), and the layout of datreeio/CRDs-catalog.

use crate::object::GroupVersionKind;
use crate::schema::Minor;
use std::fmt::Write as _;

/// The layout of a directory for which no other is given.
const LAYOUT: &str = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json";

/// A place of schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Group,
    ResourceKind,
    ResourceApiVersion,
    NormalizedKubernetesVersion,
    StrictSuffix,
    KindSuffix,
}

/// Why a location cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationError {
    /// It is on the network, which is never asked.
    Remote,
    /// A placeholder that is none, as written.
    Placeholder(String),
}

impl std::fmt::Display for LocationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LocationError::Remote => f.write_str(
                "schema locations are local paths: seaworthy never asks the network. Clone the catalogue and give its directory",
            ),
            LocationError::Placeholder(text) => write!(
                f,
                "{text} is no placeholder; there are {{{{.Group}}}}, {{{{.ResourceKind}}}}, {{{{.ResourceAPIVersion}}}}, \
                 {{{{.NormalizedKubernetesVersion}}}}, {{{{.StrictSuffix}}}} and {{{{.KindSuffix}}}}"
            ),
        }
    }
}

impl Location {
    /// Reads a location: a path with placeholders that ends in `.json`, or a directory laid out as
    /// `GROUP/KIND_VERSION.json`.
    ///
    /// # Errors
    ///
    /// [`LocationError`]
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        if text.contains("://") {
            return Err(LocationError::Remote);
        }
        let text = text.strip_prefix("file:").unwrap_or(text);
        let whole = if std::path::Path::new(text).extension().is_some_and(|extension| extension == "json") {
            text.to_owned()
        } else {
            format!("{}/{LAYOUT}", text.trim_end_matches('/'))
        };
        let mut parts = Vec::new();
        let mut rest = whole.as_str();
        while let Some((before, behind)) = rest.split_once("{{") {
            parts.push(Part::Text(before.to_owned()));
            let Some((name, behind)) = behind.split_once("}}") else {
                return Err(LocationError::Placeholder(format!("{{{{{behind}")));
            };
            parts.push(match name.trim() {
                ".Group" => Part::Group,
                ".ResourceKind" => Part::ResourceKind,
                ".ResourceAPIVersion" => Part::ResourceApiVersion,
                ".NormalizedKubernetesVersion" => Part::NormalizedKubernetesVersion,
                ".StrictSuffix" => Part::StrictSuffix,
                ".KindSuffix" => Part::KindSuffix,
                _ => return Err(LocationError::Placeholder(format!("{{{{{name}}}}}"))),
            });
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The path of a kind's schema.
    pub fn path(&self, gvk: &GroupVersionKind, minor: Minor) -> String {
        let mut path = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => path.push_str(text),
                Part::Group => path.push_str(&gvk.group),
                Part::ResourceKind => path.push_str(&gvk.kind.to_lowercase()),
                Part::ResourceApiVersion => path.push_str(&gvk.version),
                Part::NormalizedKubernetesVersion => {
                    let _ = write!(path, "v{minor}.0");
                }
                Part::StrictSuffix => path.push_str("-strict"),
                Part::KindSuffix => {
                    let group = gvk.group.split('.').next().unwrap_or_default().to_lowercase();
                    let dash = if group.is_empty() { "" } else { "-" };
                    let _ = write!(path, "{dash}{group}-{}", gvk.version.to_lowercase());
                }
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(location: &str) -> String {
        let gvk = GroupVersionKind::parse("ferries.example.com/v1alpha2", "FerryLine").expect("a kind");
        Location::parse(location).expect("a location").path(&gvk, Minor(34))
    }

    #[test]
    fn a_directory_has_the_layout_of_the_catalogues() {
        assert_eq!(path("schemas"), "schemas/ferries.example.com/ferryline_v1alpha2.json");
        assert_eq!(path("schemas/"), "schemas/ferries.example.com/ferryline_v1alpha2.json");
        assert_eq!(path("file:/opt/catalogue"), "/opt/catalogue/ferries.example.com/ferryline_v1alpha2.json");
    }

    #[test]
    fn placeholders_are_kubeconforms() {
        assert_eq!(
            path(
                "s/{{ .NormalizedKubernetesVersion }}-standalone{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json"
            ),
            "s/v1.34.0-standalone-strict/ferryline-ferries-v1alpha2.json"
        );
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        assert_eq!(Location::parse("https://example.com/{{.Group}}.json"), Err(LocationError::Remote));
        assert_eq!(
            Location::parse("a/{{.Kind}}.json").unwrap_err().to_string(),
            "{{.Kind}} is no placeholder; there are {{.Group}}, {{.ResourceKind}}, {{.ResourceAPIVersion}}, \
             {{.NormalizedKubernetesVersion}}, {{.StrictSuffix}} and {{.KindSuffix}}"
        );
        assert!(Location::parse("a/{{.Group").is_err());
    }
}
