//! Which fields name another object, which kinds make one, and where pods are described: `schemas/facts/references.txt`.
//!
//! Apart from the tables of types because most of it is about kinds that Kubernetes does not publish: one row is all that
//! a new kind needs.

use std::collections::HashMap;
use std::sync::LazyLock;

const TEXT: &str = include_str!("../../schemas/facts/references.txt");

/// A field that holds the name of another object.
#[derive(Debug, PartialEq, Eq)]
pub struct Reference {
    /// The group of what is named; where `kind_at` is set, what holds if that field is empty.
    pub group: &'static str,
    /// The kind of what is named; empty where only `kind_at` tells.
    pub kind: &'static str,
    /// Whether what is named has no namespace.
    pub cluster: bool,
    /// Fields beside the name.
    pub beside: Beside,
    /// The one kind that is looked at, where `kind_at` may name others that are no objects.
    pub only: Option<&'static str>,
}

/// Fields beside the one that holds the name, as paths from the mapping that holds it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The kind of what is named.
    pub kind: Option<&'static str>,
    /// Its group.
    pub group: Option<&'static str>,
    /// Its `apiVersion`.
    pub api_version: Option<&'static str>,
    /// Its namespace; the own one where it is empty.
    pub namespace: Option<&'static str>,
    /// Whether it may be missing.
    pub optional: Option<&'static str>,
    /// A key that it must have.
    pub key: Option<&'static str>,
    /// Keys that it must have: a list, and the field of each element.
    pub keys: Option<(&'static str, &'static str)>,
    /// A number of one of its ports.
    pub port_number: Option<&'static str>,
    /// A name of one of its ports.
    pub port_name: Option<&'static str>,
    /// A listener of it.
    pub section: Option<&'static str>,
}

/// An object that a kind makes.
#[derive(Debug, PartialEq, Eq)]
pub struct Made {
    /// Where its name stands: fields, `[]` through a list.
    pub name_at: &'static str,
    /// Where its name stands, if not there.
    pub default_at: Option<&'static str>,
    /// What is put behind it.
    pub suffix: &'static str,
    /// Its group.
    pub group: &'static str,
    /// Its kind.
    pub kind: &'static str,
    /// Whether it is made in other namespaces than the maker's.
    pub anywhere: bool,
}

/// Where a kind describes pods.
#[derive(Debug, PartialEq, Eq)]
pub struct Pods {
    /// The template: the fields down to what holds `metadata` and `spec`; none for the object itself.
    pub template: Vec<&'static str>,
    /// How many pods: the fields down to the number.
    pub replicas: Option<Vec<&'static str>>,
}

/// A step down a tree of fields that hold names.
#[derive(Debug, Default)]
pub struct Step {
    /// The fields below, each with whether it is a list to go through.
    pub below: Vec<(&'static str, bool, Step)>,
    /// What the value here names.
    pub references: Vec<&'static Reference>,
}

/// All that is known of one kind.
#[derive(Debug, Default)]
pub struct Links {
    /// The fields that name other objects.
    pub references: Step,
    /// What it makes.
    pub makes: Vec<Made>,
    /// Whether it makes more than that: whatever somebody wrote elsewhere.
    pub makes_anything: bool,
    /// The pods it describes.
    pub pods: Option<Pods>,
}

/// What is known of a kind; none where it names nothing.
pub fn links(group: &str, kind: &str) -> Option<&'static Links> {
    LINKS.get(kind)?.iter().find(|(of, _)| *of == group).map(|(_, links)| links)
}

/// Every kind of the table: group and kind.
pub fn linked_kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    LINKS.iter().flat_map(|(kind, groups)| groups.iter().map(|(group, _)| (*group, *kind)))
}

type Kind = (&'static str, &'static str);

/// By kind, then by group.
static LINKS: LazyLock<HashMap<&'static str, Vec<(&'static str, Links)>>> = LazyLock::new(|| {
    let mut by_kind: HashMap<&'static str, Vec<_>> = HashMap::new();
    for ((kind, group), links) in read(TEXT) {
        by_kind.entry(kind).or_default().push((group, links));
    }
    by_kind
});

/// `Kind.group`; the core group has none.
fn kind(word: &'static str) -> Kind {
    word.split_once('.').unwrap_or((word, ""))
}

fn read(text: &'static str) -> HashMap<Kind, Links> {
    let mut embeds: HashMap<Kind, Vec<(&str, Kind)>> = HashMap::new();
    let mut references: HashMap<Kind, Vec<(&str, &'static Reference)>> = HashMap::new();
    let mut links: HashMap<Kind, Links> = HashMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_ascii_whitespace();
        let (Some(verb), Some(owner), Some(path)) = (words.next(), words.next(), words.next()) else { continue };
        let owner = kind(owner);
        let rest: Vec<&'static str> = words.collect();
        let word =
            |name: &str| rest.iter().find_map(|word| word.strip_prefix(name).and_then(|word| word.strip_prefix('=')));
        let target = || kind(rest.first().copied().unwrap_or_default());
        match verb {
            "embed" => embeds.entry(owner).or_default().push((path, target())),
            "ref" => {
                let (target, group) = match target() {
                    ("*", _) => ("", word("group-default").unwrap_or_default()),
                    known => known,
                };
                let beside = Beside {
                    kind: word("kind"),
                    group: word("group"),
                    api_version: word("api-version"),
                    namespace: word("namespace"),
                    optional: word("optional"),
                    key: word("key"),
                    keys: word("keys").and_then(|keys| keys.split_once("[].")),
                    port_number: word("port-number"),
                    port_name: word("port-name"),
                    section: word("section"),
                };
                let reference =
                    Reference { group, kind: target, cluster: rest.contains(&"cluster"), beside, only: word("only") };
                references.entry(owner).or_default().push((path, Box::leak(Box::new(reference))));
            }
            "make" if path == "nothing" => drop(links.entry(owner).or_default()),
            "make" if path == "anything" => links.entry(owner).or_default().makes_anything = true,
            "make" => {
                let (target, group) = target();
                links.entry(owner).or_default().makes.push(Made {
                    name_at: path,
                    default_at: word("default"),
                    suffix: word("suffix").unwrap_or_default(),
                    group,
                    kind: target,
                    anywhere: word("namespace") == Some("any"),
                });
            }
            "pods" => {
                let fields = |path: &'static str| path.split('.').filter(|field| !field.is_empty()).collect();
                let pods = Pods { template: fields(path), replicas: word("replicas").map(fields) };
                links.entry(owner).or_default().pods = Some(pods);
            }
            _ => {}
        }
    }
    let owners: Vec<Kind> = embeds.keys().chain(references.keys()).copied().collect();
    for owner in owners {
        let known = links.entry(owner).or_default();
        if known.references.below.is_empty() {
            grow(&mut known.references, owner, &embeds, &references);
        }
    }
    links
}

/// Hangs what an owner names, and what it embeds names, below a step.
fn grow(
    step: &mut Step,
    owner: Kind,
    embeds: &HashMap<Kind, Vec<(&'static str, Kind)>>,
    references: &HashMap<Kind, Vec<(&'static str, &'static Reference)>>,
) {
    for (path, reference) in references.get(&owner).into_iter().flatten() {
        down(step, path).references.push(reference);
    }
    for (path, embedded) in embeds.get(&owner).into_iter().flatten() {
        grow(down(step, path), *embedded, embeds, references);
    }
}

/// The step at the end of a path.
fn down<'s>(step: &'s mut Step, path: &'static str) -> &'s mut Step {
    path.split('.').fold(step, |step, field| {
        let (field, each) = field.strip_suffix("[]").map_or((field, false), |field| (field, true));
        let at = step.below.iter().position(|(name, list, _)| *name == field && *list == each);
        let at = at.unwrap_or_else(|| {
            step.below.push((field, each, Step::default()));
            step.below.len() - 1
        });
        &mut step.below[at].2
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every word a row may have.
    const KNOWN: [&str; 17] = [
        "cluster",
        "kind",
        "group",
        "api-version",
        "namespace",
        "optional",
        "key",
        "keys",
        "port-number",
        "port-name",
        "section",
        "only",
        "default",
        "replicas",
        "group-default",
        "any",
        "suffix",
    ];

    #[test]
    fn every_line_is_understood() {
        for line in TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let words: Vec<_> = line.split_ascii_whitespace().collect();
            assert!(words.len() >= 3, "{line}");
            assert!(matches!(words[0], "embed" | "ref" | "make" | "pods"), "{line}");
            let options = words.iter().skip(if words[0] == "pods" { 3 } else { 4 });
            for option in options {
                let name = option.split('=').next().unwrap_or_default();
                assert!(KNOWN.contains(&name), "{option} in {line}");
            }
        }
    }

    #[test]
    fn a_workload_names_what_its_containers_name() {
        let links = links("apps", "Deployment").expect("a kind of the table");
        let field = |step: &'static Step, name: &str| {
            step.below.iter().find(|(field, ..)| *field == name).map(|(.., step)| step).expect("a field")
        };
        let names = ["spec", "template", "spec", "containers", "env", "valueFrom", "configMapKeyRef", "name"];
        let step = names.iter().fold(&links.references, |step, name| field(step, name));
        assert_eq!(step.references.len(), 1);
        assert_eq!((step.references[0].kind, step.references[0].beside.key), ("ConfigMap", Some("key")));
        assert_eq!(links.pods.as_ref().map(|pods| pods.template.clone()), Some(vec!["spec", "template"]));
    }

    #[test]
    fn what_a_kind_makes_is_known() {
        let links = links("external-secrets.io", "ExternalSecret").expect("a kind of the table");
        assert_eq!((links.makes[0].kind, links.makes[0].default_at), ("Secret", Some("metadata.name")));
    }
}
