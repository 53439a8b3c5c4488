//! kubectl's `-l`: which objects of the files take part.
//!
//! Apart because kubectl filters what it has read by it, before anything is sent.
//! Source: `pkg/labels/selector.go` of apimachinery (1.36).

use crate::object::view::View;
use crate::yaml::NodeRef;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    NotExists(String),
}

/// A parsed label selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSelector(Vec<Requirement>);

impl LabelSelector {
    /// Parses `a=b,c!=d,e in (x,y),f notin (z),g,!h`.
    ///
    /// # Errors
    ///
    /// When a part is no requirement; the message names it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut requirements = Vec::new();
        let mut depth = 0;
        let parts = text.split(|c| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            c == ',' && depth == 0
        });
        for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
            requirements.push(requirement(part).ok_or_else(|| format!("unable to parse requirement: {part}"))?);
        }
        Ok(Self(requirements))
    }

    /// Whether labels match every requirement.
    pub fn matches(&self, labels: Option<NodeRef<'_>>) -> bool {
        let value = |key: &str| labels.filter(|labels| labels.has(key)).map(|labels| labels.text(key));
        self.0.iter().all(|requirement| match requirement {
            Requirement::In(key, values) => value(key).is_some_and(|value| values.iter().any(|one| one == value)),
            Requirement::NotIn(key, values) => value(key).is_none_or(|value| values.iter().all(|one| one != value)),
            Requirement::Exists(key) => value(key).is_some(),
            Requirement::NotExists(key) => value(key).is_none(),
        })
    }
}

fn requirement(part: &str) -> Option<Requirement> {
    let key = |text: &str| {
        let text = text.trim();
        (!text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "()=!,".contains(c)))
            .then(|| text.to_owned())
    };
    if let Some(name) = part.strip_prefix('!') {
        return Some(Requirement::NotExists(key(name)?));
    }
    if let Some(inner) = part.strip_suffix(')') {
        let (left, values) = inner.split_once('(')?;
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let (name, operator) = left.trim().rsplit_once(char::is_whitespace)?;
        return match operator {
            "in" => Some(Requirement::In(key(name)?, values)),
            "notin" => Some(Requirement::NotIn(key(name)?, values)),
            _ => None,
        };
    }
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some((name, value)) = part.split_once("!=") {
        return Some(Requirement::NotIn(key(name)?, one(value)));
    }
    if let Some((name, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Some(Requirement::In(key(name)?, one(value)));
    }
    Some(Requirement::Exists(key(part)?))
}

#[cfg(test)]
mod tests {
    use super::LabelSelector;
    use crate::yaml::TreeBuilder;

    fn matches(selector: &str) -> bool {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(&serde_json::json!({"app": "web", "tier": "front"}));
        let tree = builder.finish(root);
        LabelSelector::parse(selector).expect(selector).matches(Some(tree.root()))
    }

    #[test]
    fn every_operator() {
        for yes in
            ["app=web", "app==web,tier=front", "app in (api, web)", "app notin (api)", "tier", "!gone", "gone!=x", ""]
        {
            assert!(matches(yes), "{yes}");
        }
        for no in ["app=api", "app!=web", "app in (api)", "app notin (web)", "gone", "!tier", "app=web,gone"] {
            assert!(!matches(no), "{no}");
        }
    }

    #[test]
    fn what_is_no_requirement_is_an_error() {
        for bad in ["a b", "app in web)", "=x", "app near (x)"] {
            assert!(LabelSelector::parse(bad).is_err(), "{bad}");
        }
    }
}
