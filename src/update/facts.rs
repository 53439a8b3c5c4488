//! Fields that are immutable and nothing more: the lines of `schemas/facts/immutable.txt`.
//!
//! Apart because they are data; what relates several fields is in the file of its kind.

use super::{Transition, same};
use crate::finding::Verbatim;
use crate::object::{GroupVersionKind, Path};
use crate::schema::Minor;
use std::collections::HashSet;
use std::sync::LazyLock;

/// One line of the file.
#[derive(Debug)]
struct Fact {
    group: &'static str,
    kind: &'static str,
    path: Vec<&'static str>,
    /// The path in the message, where the server prints another.
    printed: Vec<&'static str>,
    /// Fields of the struct at `path` that can change.
    except: Vec<&'static str>,
    /// Compared as a set.
    is_set: bool,
    /// Can be set once.
    once: bool,
    since: Minor,
    form: Form,
}

/// The category of the error, and its words.
#[derive(Debug)]
enum Form {
    Invalid(&'static str),
    /// As [`Form::Invalid`], with the value of another type than the field's: left out.
    WithoutValue(&'static str),
    Forbidden(&'static str),
}

static FACTS: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    let lines = include_str!("../../schemas/facts/immutable.txt").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(Fact::parse).collect()
});

impl Fact {
    /// `group/Kind | path | options | form: words`
    fn parse(line: &'static str) -> Option<Self> {
        let columns: Vec<&'static str> = line.split('|').map(str::trim).collect();
        let [kind, path, options, words] = columns[..] else { return None };
        let (group, kind) = kind.rsplit_once('/').unwrap_or(("", kind));
        let path: Vec<&'static str> = path.split('.').collect();
        let option = |name: &str| {
            options.split_whitespace().find_map(|option| match option.split_once('=') {
                Some((key, value)) => (key == name).then_some(value),
                None => (option == name).then_some(""),
            })
        };
        let form = match words.split_once(": ")? {
            ("forbidden", words) => Form::Forbidden(words),
            ("invalid", words) if option("without-value").is_some() => Form::WithoutValue(words),
            ("invalid", words) => Form::Invalid(words),
            _ => return None,
        };
        Some(Self {
            group,
            kind,
            printed: option("as").map_or_else(|| path.clone(), |printed| printed.split('.').collect()),
            except: option("except").map(|except| except.split(',').collect()).unwrap_or_default(),
            is_set: option("set").is_some(),
            once: option("once").is_some(),
            since: Minor(option("since").and_then(|minor| minor.strip_prefix("1.")?.parse().ok()).unwrap_or(0)),
            path,
            form,
        })
    }
}

/// Reports every immutable field of the kind that changes.
pub(super) fn validate(transition: &mut Transition<'_>, gvk: &GroupVersionKind) {
    let of_kind = |fact: &&Fact| fact.kind == gvk.kind && fact.group == gvk.group && transition.minor >= fact.since;
    let facts: Vec<&Fact> = FACTS.iter().filter(of_kind).collect();
    for fact in facts {
        if !is_kept(transition, fact) {
            report(transition, fact);
        }
    }
}

fn is_kept(transition: &Transition<'_>, fact: &Fact) -> bool {
    let (old, new) = transition.both(&fact.path);
    if fact.once && old.is_none_or(|old| old.is_empty() && old.as_str().is_none_or(str::is_empty)) {
        return true;
    }
    if fact.is_set {
        let set = |side: Option<crate::yaml::NodeRef<'_>>| -> HashSet<String> {
            side.map(|list| list.elements().map(|element| element.to_json().to_string()).collect()).unwrap_or_default()
        };
        return set(old) == set(new);
    }
    if fact.except.is_empty() {
        return transition.is_same(&fact.path);
    }
    let definition =
        transition.kind.and_then(|kind| same::definition_at(transition.schema, kind.definition, &fact.path));
    definition.is_none_or(|name| same::structs_except(transition.schema, name, &fact.except, old, new))
}

fn report(transition: &mut Transition<'_>, fact: &Fact) {
    let (_, new) = transition.both(&fact.path);
    let errors = &mut transition.errors;
    with_path(&Path::ROOT, &fact.printed, &mut |path| match (&fact.form, new) {
        (Form::Forbidden(words), _) => errors.forbidden(path, words),
        (Form::WithoutValue(words), _) => errors.invalid_without_value(path, words),
        (Form::Invalid(words), Some(new)) => errors.invalid(path, &new, words),
        (Form::Invalid(words), None) => errors.invalid(path, &Verbatim("null"), words),
    });
}

/// Calls `then` with a path of several fields, which lives on the stack.
fn with_path(parent: &Path<'_>, fields: &[&str], then: &mut dyn FnMut(&Path<'_>)) {
    match fields {
        [] => then(parent),
        [first, rest @ ..] => with_path(&parent.field(first), rest, then),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    #[test]
    fn every_line_is_read() {
        let lines = include_str!("../../schemas/facts/immutable.txt").lines();
        let written = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert_eq!(FACTS.len(), written);
    }

    #[test]
    fn every_field_exists() {
        let schema = Schema::of(Minor(36));
        for fact in FACTS.iter() {
            let mut kinds = schema.kinds().filter(|kind| kind.group == fact.group && kind.kind == fact.kind);
            let exists =
                |definition: &str| same::definition_at(schema, definition, &fact.path[..fact.path.len() - 1]).is_some();
            assert!(kinds.any(|kind| exists(kind.definition)), "{} {}", fact.kind, fact.path.join("."));
        }
    }
}
