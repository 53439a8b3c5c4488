//! What is made of findings, out of all that somebody has chosen: `seaworthy.toml` first, the command line last.
//!
//! Apart because choices contradict each other, and one place knows which of them holds.

use crate::finding::{ADVICE, By, Choice, Finding, Level, SetAside, Stance};
use crate::sets;

/// Choices in their order: the last one that is about a finding holds.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    choices: Vec<Choice>,
}

impl Levels {
    /// The choices, the weightiest last.
    pub fn new(choices: impl IntoIterator<Item = Choice>) -> Self {
        Self { choices: choices.into_iter().collect() }
    }

    /// Whether some advice is told though none was asked for, because it was chosen by name.
    pub fn may_advise(&self) -> bool {
        self.choices.iter().any(|choice| choice.stance != Stance::Allow)
    }

    /// What is made of a finding in the file of this absolute path.
    fn choice(&self, finding: &Finding, path: &str) -> Option<&Choice> {
        let holds = |choice: &&Choice| {
            choice.is_about(finding)
                && (choice.paths.is_empty() || choice.paths.iter().any(|pattern| sets::covers(pattern, path)))
        };
        self.choices.iter().rev().find(holds)
    }

    /// Gives every finding what was chosen for it, and takes out those that are not told. `path` tells the absolute path of
    /// the file that a finding stands in; `is_asked`, of advice, whether it was asked for.
    pub fn settle<'p>(
        &self,
        findings: &mut Vec<Finding>,
        path: impl Fn(&Finding) -> &'p str,
        is_asked: impl Fn(&Finding) -> bool,
    ) -> Vec<SetAside> {
        let mut aside = Vec::new();
        findings.retain_mut(|finding| {
            let choice = self.choice(finding, path(finding));
            let by = match choice {
                Some(Choice { stance: Stance::Allow, .. }) => Some(By::Choice),
                _ if finding.level != Level::Advice || is_asked(finding) => None,
                // A rule that also warns is not asked for its advice by whoever names it for its warnings.
                Some(choice) if finding.rule.level == Level::Advice || choice.name == ADVICE => None,
                _ => Some(By::NotAsked),
            };
            finding.stance = choice.map(|choice| choice.stance);
            match by {
                Some(by) => {
                    aside.push(SetAside { finding: finding.clone(), by });
                    false
                }
                None => true,
            }
        });
        aside
    }
}

#[cfg(test)]
mod tests {
    use super::Levels;
    use crate::finding::{By, Choice, Finding, Level, Rule, Stance};
    use crate::source::{FileId, Span};
    use crate::yaml::ByteRange;

    static BREAD: Rule = Rule { id: "bakery/bread", level: Level::Warning, summary: "", why: "", docs: "" };
    static CRUMBS: Rule = Rule { id: "bakery/crumbs", level: Level::Advice, summary: "", why: "", docs: "" };

    fn choice(paths: &[&str], name: &str, stance: Stance) -> Choice {
        Choice { paths: paths.iter().map(|path| (*path).to_owned()).collect(), name: name.to_owned(), stance }
    }

    fn finding(rule: &'static Rule, level: Level) -> Finding {
        Finding { level, ..Finding::at(rule, rule.id, Span { file: FileId(0), range: ByteRange::default() }) }
    }

    /// What is told and whether it fails the run, and what is not told.
    fn settled(choices: &[Choice], finding: Finding, path: &str) -> (Option<bool>, Option<By>) {
        let mut findings = vec![finding];
        let aside = Levels::new(choices.to_vec()).settle(&mut findings, |_| path, |_| false);
        (findings.first().map(Finding::fails), aside.first().map(|aside| aside.by.clone()))
    }

    #[test]
    fn the_last_choice_holds() {
        use Stance::{Allow, Deny, Warn};
        let bread = || finding(&BREAD, Level::Warning);
        assert_eq!(settled(&[], bread(), "/a"), (Some(false), None));
        assert_eq!(settled(&[choice(&[], "warnings", Deny)], bread(), "/a"), (Some(true), None));
        let both = [choice(&[], "bakery", Deny), choice(&[], "bakery/bread", Allow)];
        assert_eq!(settled(&both, bread(), "/a"), (None, Some(By::Choice)));
        let other_way = [choice(&[], "bakery/bread", Allow), choice(&[], "bakery", Warn)];
        assert_eq!(settled(&other_way, bread(), "/a"), (Some(false), None));
    }

    #[test]
    fn a_choice_may_be_for_some_files() {
        let vendored = [choice(&["/repo/vendor"], "bakery", Stance::Allow)];
        assert_eq!(settled(&vendored, finding(&BREAD, Level::Warning), "/repo/vendor/a.yaml").1, Some(By::Choice));
        assert_eq!(settled(&vendored, finding(&BREAD, Level::Warning), "/repo/a.yaml"), (Some(false), None));
        let pattern = [choice(&["/repo/*/test/*.yaml"], "bakery", Stance::Allow)];
        assert_eq!(settled(&pattern, finding(&BREAD, Level::Warning), "/repo/a/test/b.yaml").1, Some(By::Choice));
    }

    #[test]
    fn an_error_that_is_only_warned_of_keeps_its_level() {
        let mut findings = vec![finding(&BREAD, Level::Error)];
        Levels::new([choice(&[], "bakery", Stance::Warn)]).settle(&mut findings, |_| "", |_| false);
        assert_eq!((findings[0].level, findings[0].fails()), (Level::Error, false));
    }

    #[test]
    fn advice_is_told_where_it_is_asked_for_by_name() {
        let crumbs = || finding(&CRUMBS, Level::Advice);
        assert_eq!(settled(&[], crumbs(), ""), (None, Some(By::NotAsked)));
        assert_eq!(settled(&[choice(&[], "bakery", Stance::Warn)], crumbs(), ""), (Some(false), None));
        assert_eq!(settled(&[choice(&[], "advice", Stance::Deny)], crumbs(), ""), (Some(true), None));
        assert_eq!(settled(&[choice(&[], "warnings", Stance::Deny)], crumbs(), ""), (None, Some(By::NotAsked)));
        let denied = [choice(&[], "bakery", Stance::Deny)];
        assert_eq!(settled(&denied, finding(&BREAD, Level::Advice), ""), (None, Some(By::NotAsked)));
    }
}
