//! Which advice is asked for.
//!
//! Apart because the command line, the pipeline and the rules speak of groups, and none of them should spell them anew.

use crate::finding::{Level, Rule};
use std::collections::BTreeSet;

/// A group of advice: what stands before the slash in the ids of its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// What rules across objects say of names that are found nowhere, and may be in the cluster.
    Cross,
    /// What is wasted, or taken from others.
    Efficiency,
    /// What goes down sooner than it must.
    Reliability,
    /// What gives an intruder more than they had.
    Security,
    /// What a change to a live object brings about, and is meant less often than not.
    Update,
}

impl Group {
    /// Every group.
    pub const ALL: [Group; 5] = [Group::Cross, Group::Efficiency, Group::Reliability, Group::Security, Group::Update];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Group::Cross => "cross",
            Group::Efficiency => "efficiency",
            Group::Reliability => "reliability",
            Group::Security => "security",
            Group::Update => "update",
        }
    }
}

/// The groups that are asked for; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups(BTreeSet<Group>);

impl Groups {
    /// Every group.
    pub fn all() -> Self {
        Group::ALL.into_iter().collect()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the group of a rule is.
    pub fn has_rule(&self, rule: &Rule) -> bool {
        let name = rule.id.split_once('/').map_or("", |(group, _)| group);
        self.0.iter().any(|group| group.name() == name)
    }

    /// Whether what a rule says at a level is told: advice where its group is asked for, all else always.
    pub fn lets_pass(&self, rule: &Rule, level: Level) -> bool {
        level != Level::Advice || self.has_rule(rule)
    }
}

impl FromIterator<Group> for Groups {
    fn from_iter<I: IntoIterator<Item = Group>>(groups: I) -> Self {
        Self(groups.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Group, Groups};
    use crate::advice;
    use crate::finding::Level;

    #[test]
    fn every_rule_is_in_a_group_and_is_advice() {
        for rule in advice::rules() {
            let groups = Group::ALL.into_iter().filter(|group| Groups::from_iter([*group]).has_rule(rule));
            assert_eq!(groups.count(), 1, "{}", rule.id);
            assert_eq!(rule.level, Level::Advice, "{}", rule.id);
        }
    }

    #[test]
    fn only_advice_is_asked_for() {
        let rule = advice::rules().find(|rule| rule.id == "security/privileged").expect("a rule");
        assert!(!Groups::default().lets_pass(rule, Level::Advice));
        assert!(Groups::default().lets_pass(rule, Level::Warning));
        assert!(Groups::from_iter([Group::Security]).lets_pass(rule, Level::Advice));
        assert!(!Groups::from_iter([Group::Reliability]).lets_pass(rule, Level::Advice));
        assert!(Groups::all().lets_pass(rule, Level::Advice));
    }
}
