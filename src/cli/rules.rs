//! `seaworthy rules`: every rule on a line.
//!
//! Apart because it judges nothing: the list is the same whatever the files.

use super::output::{self, Colour};
use super::{WHOLE, say};
use crate::finding::{Level, Rule};
use crate::rules::{self, pages};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::fmt::Write as _;

/// How the list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// A line for each rule
    #[default]
    Text,
    /// One JSON array of objects: id, level, summary, why, docs (Markdown)
    Json,
}

/// A level, as `--level` spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RuleLevel {
    /// kubectl or the API server refuses it
    Error,
    /// It is accepted, and something is lost or cannot work
    Warning,
    /// It is accepted, and is likely to hurt
    Advice,
}

/// The flags.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only the rules of these areas: what stands before the slash (`api`, `cross`, `security`)
    #[arg(value_name = "AREA")]
    areas: Vec<String>,
    /// Only the rules of this level
    #[arg(long, value_name = "LEVEL")]
    level: Option<RuleLevel>,
    /// The form of the list
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ListFormat,
    /// When to colour
    #[arg(long, alias = "colour", value_name = "WHEN", default_value = "auto")]
    color: Colour,
}

/// A rule as `--format json` tells it.
#[derive(Debug, Serialize)]
struct JsonRule {
    id: &'static str,
    level: &'static str,
    summary: &'static str,
    why: &'static str,
    docs: &'static str,
}

/// Runs `rules`.
///
/// # Errors
///
/// When there is no such area, or standard output cannot be written to.
pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let asked = select(&arguments.areas, arguments.level)?;
    match arguments.format {
        ListFormat::Text => say(&lines(&asked, output::is_coloured(arguments.color)))?,
        ListFormat::Json => {
            let of = |rule: &&'static Rule| JsonRule {
                id: rule.id,
                level: rule.level.word(),
                summary: rule.summary,
                why: rule.why,
                docs: rule.docs,
            };
            let all: Vec<JsonRule> = asked.iter().map(of).collect();
            let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
            say(&format!("{text}\n"))?;
        }
    }
    Ok(WHOLE)
}

/// The rules of these areas, or of all, and of a level, or of all.
fn select(areas: &[String], level: Option<RuleLevel>) -> Result<Vec<&'static Rule>, String> {
    let areas: Vec<&str> = areas.iter().map(|area| area.trim_end_matches('/')).collect();
    if let Some(unknown) = areas.iter().find(|area| pages::of_area(area).next().is_none()) {
        let known: Vec<&str> = pages::AREAS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no area {unknown}; there are {}", known.join(", ")));
    }
    let level = level.map(|level| match level {
        RuleLevel::Error => Level::Error,
        RuleLevel::Warning => Level::Warning,
        RuleLevel::Advice => Level::Advice,
    });
    let is_asked = |rule: &&&Rule| {
        (areas.is_empty() || areas.contains(&pages::area(rule))) && level.is_none_or(|level| rule.level == level)
    };
    Ok(rules::all().iter().filter(is_asked).copied().collect())
}

/// A table of rules: id, level, summary.
pub fn lines(rules: &[&Rule], colour: bool) -> String {
    let longest = |of: fn(&Rule) -> &str| rules.iter().map(|rule| of(rule).len()).max().unwrap_or_default();
    let (id, level) = (longest(|rule| rule.id), longest(|rule| rule.level.word()));
    let mut lines = String::new();
    for rule in rules {
        let word = format!("{:level$}", rule.level.word());
        let word = if colour { output::style_of(rule.level).style(word).to_string() } else { word };
        let _ = writeln!(lines, "{:id$}  {word}  {}", rule.id, rule.summary);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::lines;
    use crate::rules::find;

    #[test]
    fn columns_are_aligned() {
        let rules = [find("api/pod").expect("a rule"), find("yaml/last-line").expect("a rule")];
        assert_eq!(
            lines(&rules, false),
            "api/pod         error    the API server refuses the pod or pod template\n\
             yaml/last-line  warning  the last line is never read\n"
        );
    }
}
