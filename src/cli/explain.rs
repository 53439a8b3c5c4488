//! `seaworthy explain RULE`: what a rule finds, why that is refused, and how it is mended.
//!
//! Apart because it sets Markdown for a terminal, which nothing else does.

use super::output::{self, Colour};
use super::rules::lines;
use super::{WHOLE, say};
use crate::finding::Rule;
use crate::rules::example::{Piece, pieces};
use crate::rules::pages::{self, sentence};
use crate::rules::{all, find};
use crate::schema;
use clap::{Args, ValueEnum};
use owo_colors::Style;
use std::borrow::Cow;
use std::fmt::Write as _;
use textwrap::{WordSeparator, WordSplitter};

/// How a rule is explained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PageFormat {
    /// For a terminal
    #[default]
    Text,
    /// The page of docs/rules/
    Markdown,
}

/// The flags.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The rule's id, or the start of it: `api/` lists all rules of that area
    #[arg(value_name = "RULE")]
    rule: String,
    /// The form of the page
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: PageFormat,
    /// When to colour
    #[arg(long, alias = "colour", value_name = "WHEN", default_value = "auto")]
    color: Colour,
}

/// Runs `explain`.
///
/// # Errors
///
/// When there is no such rule, or standard output cannot be written to.
pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let colour = output::is_coloured(arguments.color);
    let text = match select(&arguments.rule)?.as_slice() {
        [rule] => match arguments.format {
            PageFormat::Text => Sheet { colour, unicode: output::unicode_locale(), width: output::width() }.page(rule),
            PageFormat::Markdown => pages::page(rule),
        },
        several => lines(several, colour),
    };
    say(&text)?;
    Ok(WHOLE)
}

/// The rule of that id, of that name in any area, or all whose ids start so.
fn select(asked: &str) -> Result<Vec<&'static Rule>, String> {
    if let Some(rule) = find(asked) {
        return Ok(vec![rule]);
    }
    let name = |rule: &Rule| rule.id.split_once('/').map_or("", |(_, name)| name);
    let same: Vec<&Rule> = all().iter().copied().filter(|rule| name(rule) == asked).collect();
    if !same.is_empty() {
        return Ok(same);
    }
    let begun: Vec<&Rule> =
        all().iter().copied().filter(|rule| !asked.is_empty() && rule.id.starts_with(asked)).collect();
    if !begun.is_empty() {
        return Ok(begun);
    }
    let ids = all().iter().map(|rule| rule.id);
    let near = schema::nearest(asked, ids).or_else(|| {
        let near = schema::nearest(asked, all().iter().map(|rule| name(rule)))?;
        all().iter().find(|rule| name(rule) == near).map(|rule| rule.id)
    });
    Err(match near {
        Some(near) => format!("there is no rule {asked}; did you mean {near}? `seaworthy rules` lists all"),
        None => format!("there is no rule {asked}; `seaworthy rules` lists all"),
    })
}

/// A page as a terminal shows it.
struct Sheet {
    colour: bool,
    unicode: bool,
    width: usize,
}

impl Sheet {
    fn paint(&self, style: Style, text: &str) -> String {
        if self.colour { style.style(text).to_string() } else { text.to_owned() }
    }

    /// A text in the characters that the terminal has.
    fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.unicode { Cow::Borrowed(text) } else { Cow::Owned(ascii(text)) }
    }

    fn page(&self, rule: &Rule) -> String {
        let id = self.paint(Style::new().bold(), rule.id);
        let mut page = format!("{id}\n\n{}\n", self.prose(&sentence(rule.summary)));
        let level = self.prose(&format!("Level: {} ({}).", rule.level.word(), pages::consequence(rule.level)));
        let painted = self.paint(output::style_of(rule.level), rule.level.word());
        let _ = writeln!(page, "{}", level.replacen(rule.level.word(), &painted, 1));
        let _ = writeln!(page, "{}", self.prose(&sentence(rule.why)));
        for piece in pieces(rule.docs).unwrap_or_else(|_| vec![Piece::Prose(rule.docs)]) {
            let _ = match piece {
                Piece::Prose(text) => writeln!(page, "{}", self.prose(text)),
                Piece::Block(_, text) => writeln!(page, "{}", self.code(text)),
                Piece::Example(example) => {
                    let label = self.paint(Style::new().bold(), &self.inline(&example.label()));
                    writeln!(page, "{label}\n\n{}", self.code(example.text))
                }
            };
        }
        if rule.docs.contains('«') {
            let _ = writeln!(page, "{}", self.prose(pages::SIGNS));
        }
        page.truncate(page.trim_end().len());
        page.push('\n');
        page
    }

    /// Paragraphs, lists and tables, wrapped to the width. Links become their text.
    fn prose(&self, markdown: &str) -> String {
        let mut text = String::new();
        for block in markdown.split("\n\n") {
            if block.starts_with('|') {
                text.push_str(&self.inline(&self.shown(block)));
                text.push('\n');
            } else if block.starts_with("- ") {
                for item in block.split("\n- ") {
                    let item = item.trim_start_matches("- ");
                    text.push_str(&self.wrapped(item, "  - ", "    "));
                }
            } else {
                text.push_str(&self.wrapped(block, "", ""));
            }
            text.push('\n');
        }
        text.pop();
        text
    }

    fn wrapped(&self, markdown: &str, first: &str, rest: &str) -> String {
        let options = textwrap::Options::new(self.width)
            .initial_indent(first)
            .subsequent_indent(rest)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .break_words(false);
        let one_line = markdown.split_whitespace().collect::<Vec<_>>().join(" ");
        let filled = textwrap::fill(&self.shown(&plain_links(&one_line)), options);
        format!("{}\n", self.inline(&filled))
    }

    /// Code and emphasis within a line: coloured where there is colour, as written where not.
    fn inline(&self, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let parts = text.split('`').enumerate();
        parts
            .map(|(at, part)| if at % 2 == 1 { self.paint(Style::new().cyan(), part) } else { part.to_owned() })
            .collect()
    }

    fn code(&self, text: &str) -> String {
        let mut code = String::new();
        for line in self.shown(text).lines() {
            let is_comment = line.trim_start().starts_with('#');
            let line = if is_comment { self.paint(Style::new().dimmed(), line) } else { line.to_owned() };
            let _ = writeln!(code, "    {line}");
        }
        code
    }
}

/// `[text](target)` as `text`.
fn plain_links(markdown: &str) -> String {
    let mut text = String::new();
    let mut rest = markdown;
    while let Some((before, after)) = rest.split_once('[') {
        let link = after.split_once("](").and_then(|(label, target)| Some((label, target.split_once(')')?.1)));
        text.push_str(before);
        match link {
            // A bracket in code is no link: `items[].path`.
            Some((label, behind)) if !label.contains(['[', ']', ' ']) => {
                text.push_str(label);
                rest = behind;
            }
            _ => {
                text.push('[');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

/// A text without what is not ASCII, for terminals that show nothing else.
fn ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '«' => ascii.push_str("<<"),
            '»' => ascii.push_str(">>"),
            '×' => ascii.push('x'),
            '…' => ascii.push_str("..."),
            c if c.is_ascii() => ascii.push(c),
            c => ascii.extend(c.escape_default()),
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::{Sheet, plain_links, select};
    use crate::rules::find;

    fn ids(asked: &str) -> Vec<&'static str> {
        select(asked).expect("rules").iter().map(|rule| rule.id).collect()
    }

    #[test]
    fn a_rule_is_found_by_id_name_and_beginning() {
        assert_eq!(ids("api/ingress"), ["api/ingress"]);
        assert_eq!(ids("ingress"), ["api/ingress"]);
        assert_eq!(ids("resource-quota"), ["api/resource-quota", "apply/resource-quota", "cross/resource-quota"]);
        assert_eq!(ids("schema/"), ["schema/catalog", "schema/unusable"]);
        assert_eq!(ids("schema"), ids("schema/"));
    }

    #[test]
    fn what_comes_nearest_is_named() {
        let nearest = |asked| select(asked).expect_err("no such rule");
        assert_eq!(
            nearest("api/ingres-clas"),
            "there is no rule api/ingres-clas; did you mean api/ingress-class? `seaworthy rules` lists all"
        );
        assert!(nearest("duplicat-key").contains("did you mean yaml/duplicate-key?"));
        assert_eq!(nearest("sundial"), "there is no rule sundial; `seaworthy rules` lists all");
        assert_eq!(nearest(""), "there is no rule ; `seaworthy rules` lists all");
    }

    #[test]
    fn links_become_their_text_and_brackets_stay() {
        assert_eq!(plain_links("see [api/name](../api/name.md), `items[].path`"), "see api/name, `items[].path`");
    }

    #[test]
    fn a_page_is_wrapped_and_its_examples_are_indented() {
        let sheet = Sheet { colour: false, unicode: false, width: 60 };
        let page = sheet.page(find("yaml/last-line").expect("a rule"));
        let prose = page.lines().filter(|line| !line.starts_with(' '));
        assert!(prose.clone().all(|line| line.len() <= 60), "{page}");
        assert!(page.is_ascii() && page.contains("\n    apiVersion: v1\n"), "{page}");
        assert!(page.contains("<<a x 4080>>"), "{page}");
    }
}
