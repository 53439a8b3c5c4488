//! The rules' documentation as pages of Markdown: one for each rule, an index, and their part of the book's summary.
//!
//! Apart because what is printed by `explain --format markdown` and what is committed in `docs/rules/` are the same text.

use super::all;
use super::example::{Piece, pieces};
use crate::finding::{Level, Rule};
use std::fmt::Write as _;

/// The file of a page, below `docs/rules/`: `api/ingress.md`.
pub fn path(rule: &Rule) -> String {
    format!("{}.md", rule.id)
}

/// What a level means, to somebody who reads about one rule.
pub const fn consequence(level: Level) -> &'static str {
    match level {
        Level::Error => "kubectl or the API server refuses it",
        Level::Warning => "it is accepted, and something is lost or cannot work",
        Level::Advice => "it is accepted and works, and is likely to hurt",
    }
}

/// A text as a sentence.
pub fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    // What starts with a name in another case keeps it: kubectl is never Kubectl.
    let is_name = text.starts_with("kube") || text.starts_with("etcd") || text.starts_with("metadata.");
    if is_name { format!("{text}.") } else { format!("{first}{}.", letters.as_str()) }
}

/// What the signs in examples stand for.
pub const SIGNS: &str = "In the examples `«x × 1000»` stands for a thousand of `x`, `«byte E9»` for that one byte, and \
                         `«end»` for the end of the file, without a line feed.";

/// The page of a rule.
pub fn page(rule: &Rule) -> String {
    let mut page = format!(
        "# {}\n\n{}\n\nLevel: **{}** ({}).\n\n{}\n",
        rule.id,
        sentence(rule.summary),
        rule.level.word(),
        consequence(rule.level),
        sentence(rule.why)
    );
    let parts = pieces(rule.docs).unwrap_or_else(|_| vec![Piece::Prose(rule.docs)]);
    for piece in &parts {
        let _ = match piece {
            Piece::Prose(text) => write!(page, "\n{text}\n"),
            Piece::Block(info, text) => write!(page, "\n```{info}\n{text}```\n"),
            Piece::Example(example) => write!(page, "\n{}\n\n```yaml\n{}```\n", example.label(), example.text),
        };
    }
    if rule.docs.contains('«') {
        let _ = write!(page, "\n{SIGNS}\n");
    }
    page
}

/// The areas of rules, each with what its rules are about.
pub const AREAS: &[(&str, &str)] = &[
    ("admission", "What the admission plugins of the API server refuse by the labels of a namespace"),
    ("api", "What the API server's validation refuses in an object"),
    ("apply", "What is refused, or warned about, because of what is live when an object is sent"),
    ("cross", "What is accepted and cannot work, for want of another object"),
    ("decode", "What cannot be decoded into its kind"),
    ("efficiency", "What is wasted, or taken from others; only with `--advice`"),
    ("kubectl", "What kubectl refuses before it sends anything"),
    ("reliability", "What goes down sooner than it must; only with `--advice`"),
    ("render", "What cannot be built"),
    ("schema", "What a catalogue of JSON Schemas says"),
    ("security", "What gives an intruder more than they had; only with `--advice`"),
    ("seaworthy", "Faults of seaworthy itself"),
    ("server", "What an API server says that was asked with `--server`"),
    ("suppress", "What is wrong with comments and annotations that leave findings out"),
    ("update", "What cannot be changed once it is live, and what a change does without being refused"),
    ("yaml", "What is lost without a word while a file is read"),
];

/// The area of a rule: what stands before the slash.
pub fn area(rule: &Rule) -> &'static str {
    rule.id.split_once('/').map_or("", |(area, _)| area)
}

/// The rules of an area.
pub fn of_area(name: &str) -> impl Iterator<Item = &'static Rule> {
    all().iter().copied().filter(move |rule| area(rule) == name)
}

/// The index of all pages.
pub fn index() -> String {
    let mut index = format!(
        "# Rules\n\nEach finding names its rule; `seaworthy explain RULE` prints the page of one, `seaworthy rules` a list of \
         all.\n\n- **error**: {}.\n- **warning**: {}.\n- **advice**: {}; only with \
         `--advice`.\n",
        consequence(Level::Error),
        consequence(Level::Warning),
        consequence(Level::Advice)
    );
    for (name, about) in AREAS {
        let mut rules = of_area(name).peekable();
        if rules.peek().is_none() {
            continue;
        }
        let _ = write!(index, "\n## {name}\n\n{about}.\n\n| rule | level | what is wrong |\n| --- | --- | --- |\n");
        for rule in rules {
            let summary = rule.summary.replace('|', "\\|");
            let _ = writeln!(index, "| [{}]({}) | {} | {summary} |", rule.id, path(rule), rule.level.word());
        }
    }
    index
}

/// The line of the book's summary behind which everything is generated.
pub const SUMMARY_HEADING: &str = "# Rules";

/// The summary of the book with the rules as they are now: all up to [`SUMMARY_HEADING`] is kept.
pub fn summary(written: &str) -> String {
    let kept = written.split(SUMMARY_HEADING).next().unwrap_or_default();
    let mut summary = format!("{kept}{SUMMARY_HEADING}\n\n- [All rules](rules/README.md)\n");
    for (name, _) in AREAS {
        let mut rules = of_area(name).peekable();
        if rules.peek().is_none() {
            continue;
        }
        let _ = writeln!(summary, "- [{name}]()");
        for rule in rules {
            let _ = writeln!(summary, "  - [{}](rules/{})", rule.id, path(rule));
        }
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::{AREAS, area, index, page, sentence, summary};
    use crate::finding::{Level, Rule};
    use crate::rules::all;

    #[test]
    fn a_page_labels_its_examples() {
        let rule = Rule {
            id: "test/rule",
            level: Level::Warning,
            summary: "a kettle is empty",
            why: "kubectl boils it dry.",
            docs: "More.\n\n```yaml warned 1.31\nkind: Kettle\n```\n",
        };
        assert_eq!(
            page(&rule),
            "# test/rule\n\nA kettle is empty.\n\nLevel: **warning** (it is accepted, and something is lost or cannot work).\n\n\
             kubectl boils it dry.\n\nMore.\n\nAccepted with a warning (`--kube-version 1.31`):\n\n```yaml\nkind: Kettle\n\
             ```\n"
        );
    }

    #[test]
    fn every_rule_is_in_the_index_and_the_summary() {
        let (index, summary) = (index(), summary("# Summary\n\n# Rules\n- old\n"));
        assert!(summary.starts_with("# Summary\n\n# Rules\n\n- [All"), "{summary}");
        for rule in all() {
            assert!(AREAS.iter().any(|(name, _)| *name == area(rule)), "{} has an area that no page tells of", rule.id);
            assert!(index.contains(&format!("[{}]", rule.id)) && summary.contains(&format!("[{}]", rule.id)));
        }
    }

    #[test]
    fn a_sentence_keeps_the_case_of_names() {
        assert_eq!(sentence("etcd keeps it"), "etcd keeps it.");
        assert_eq!(sentence("a name."), "A name.");
    }
}
