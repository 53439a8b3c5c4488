//! What somebody makes of a finding: whether it is told, and whether it fails the run.
//!
//! Apart from the level, which is a fact and stays what it is: an error that is allowed is refused all the same.

use super::{Finding, Level, Rule};
use crate::schema::nearest;

/// What is made of a finding, in the words of rustc's lints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    /// It is not told, only counted.
    Allow,
    /// It is told, and does not fail the run.
    Warn,
    /// It is told, and fails the run.
    Deny,
}

/// What is made of the findings of a rule, of a group of rules, or of a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The files it is for, as absolute paths and patterns; empty for all.
    pub paths: Vec<String>,
    /// A rule's id, a group (what stands before the slash), or [`WARNINGS`] or [`ADVICE`].
    pub name: String,
    /// What is made of them.
    pub stance: Stance,
}

/// The name of every warning.
pub const WARNINGS: &str = "warnings";
/// The name of all advice.
pub const ADVICE: &str = "advice";
/// The group of seaworthy's own faults, of which nobody may make anything.
pub const OWN_FAULTS: &str = "seaworthy";

impl Choice {
    /// Whether it is about a finding, wherever it stands.
    pub fn is_about(&self, finding: &Finding) -> bool {
        finding.rule.group() != OWN_FAULTS
            && match self.name.as_str() {
                WARNINGS => finding.level == Level::Warning,
                ADVICE => finding.level == Level::Advice,
                name => finding.rule.is_named(name),
            }
    }

    /// How much it says at once: levels more than groups, groups more than rules.
    pub fn breadth(&self) -> u8 {
        match self.name.as_str() {
            WARNINGS | ADVICE => 2,
            name if name.contains('/') => 0,
            _ => 1,
        }
    }
}

impl Rule {
    /// The part of the id before the slash.
    pub fn group(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(group, _)| group)
    }

    /// Whether a name is the rule's id or its group.
    pub fn is_named(&self, name: &str) -> bool {
        self.id == name || self.group() == name
    }
}

/// Why a name is none of a rule or a group of these; none if it is one. Where no rules are known, every name is.
pub fn unknown_name(name: &str, rules: &[&'static Rule]) -> Option<String> {
    if rules.is_empty() {
        return None;
    }
    if name == OWN_FAULTS || name.strip_prefix(OWN_FAULTS).is_some_and(|rest| rest.starts_with('/')) {
        return Some(format!("{name}: seaworthy's own faults cannot be left out"));
    }
    if rules.iter().any(|rule| rule.is_named(name)) {
        return None;
    }
    let known = rules.iter().flat_map(|rule| [rule.id, rule.group()]);
    let near = nearest(name, known).or_else(|| {
        let behind = |rule: &&&'static Rule| rule.id.split_once('/').is_some_and(|(_, behind)| behind == name);
        rules.iter().find(behind).map(|rule| rule.id)
    });
    Some(match near {
        Some(near) => format!("there is no rule or group {name}; did you mean {near}? `seaworthy rules` lists all"),
        None => format!("there is no rule or group {name}; `seaworthy rules` lists all"),
    })
}

/// [`unknown_name`], for places in which levels have names too.
pub fn unknown_choice(name: &str, rules: &[&'static Rule]) -> Option<String> {
    if matches!(name, WARNINGS | ADVICE) { None } else { unknown_name(name, rules) }
}

/// A finding that is not told, and who says so.
#[derive(Clone, Debug)]
pub struct SetAside {
    /// The finding.
    pub finding: Finding,
    /// Who says so.
    pub by: By,
}

/// Who says that a finding is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// `-A` or `seaworthy.toml`.
    Choice,
    /// Nobody: it is advice, and none was asked for.
    NotAsked,
    /// A comment or an annotation: the reason that it gives, or nothing if that may not be shown.
    InSource(Option<String>),
    /// The baseline.
    Baseline,
}

#[cfg(test)]
mod tests {
    use super::{Choice, Stance, unknown_choice, unknown_name};
    use crate::finding::{Finding, Level, Rule};
    use crate::source::{FileId, Span};
    use crate::yaml::ByteRange;

    static BREAD: Rule = Rule { id: "bakery/bread", level: Level::Warning, summary: "", why: "", docs: "" };
    static OWN: Rule = Rule { id: "seaworthy/internal", level: Level::Error, summary: "", why: "", docs: "" };
    static RULES: &[&Rule] = &[&BREAD, &OWN];

    #[test]
    fn a_choice_is_about_a_rule_a_group_or_a_level() {
        let finding = |rule| Finding::at(rule, "", Span { file: FileId(0), range: ByteRange::default() });
        let is_about = |name: &str, finding: &Finding| {
            Choice { paths: Vec::new(), name: name.to_owned(), stance: Stance::Deny }.is_about(finding)
        };
        let bread = finding(&BREAD);
        for name in ["bakery/bread", "bakery", "warnings"] {
            assert!(is_about(name, &bread), "{name}");
        }
        for name in ["advice", "bake", "bakery/roll", "bread"] {
            assert!(!is_about(name, &bread), "{name}");
        }
        assert!(!is_about("seaworthy", &finding(&OWN)));
        assert!(!is_about("seaworthy/internal", &finding(&OWN)));
    }

    #[test]
    fn what_is_no_name_is_told_with_what_comes_nearest() {
        assert_eq!(unknown_name("bakery", RULES), None);
        assert_eq!(unknown_name("bakery/bread", RULES), None);
        assert!(unknown_name("bakery/bred", RULES).unwrap().contains("did you mean bakery/bread?"));
        assert!(unknown_name("bread", RULES).unwrap().contains("did you mean bakery/bread?"));
        assert!(unknown_name("bakry", RULES).unwrap().contains("did you mean bakery?"));
        assert!(unknown_name("xylophone", RULES).unwrap().starts_with("there is no rule or group xylophone;"));
        assert!(unknown_name("seaworthy/internal", RULES).unwrap().contains("own faults"));
        assert!(unknown_name("warnings", RULES).is_some());
        assert_eq!(unknown_choice("warnings", RULES), None);
        assert_eq!(unknown_name("anything", &[]), None);
    }
}
