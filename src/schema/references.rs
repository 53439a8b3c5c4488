//! Which fields name another object, which kinds make one, and where pods are described: `schemas/facts/references.txt`.
//!
//! Apart from the tables of types because most of it is about kinds that Kubernetes does not publish: one row is all that
//! a new kind needs.

use fnv::FnvHashMap;
use std::sync::{LazyLock, OnceLock};

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
    pub references: Vec<Reference>,
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
    let rows = rows((kind, group))?;
    Some(rows.links.get_or_init(|| Box::leak(Box::new(read(rows)))))
}

/// Every kind of the table: group and kind.
pub fn linked_kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.keys().map(|(kind, group)| (*group, *kind))
}

type Kind = (&'static str, &'static str);

/// The rows about a kind, or about a part that kinds embed; and what they come to, which is made when it is first asked
/// for, because a run meets few kinds of the many.
#[derive(Default)]
struct Rows {
    rows: Vec<&'static str>,
    links: OnceLock<&'static Links>,
}

static TABLE: LazyLock<FnvHashMap<Kind, Rows>> = LazyLock::new(|| {
    let mut table: FnvHashMap<Kind, Rows> = FnvHashMap::default();
    for row in TEXT.lines().filter(|line| !line.starts_with('#')) {
        if let Some(owner) = row.split_ascii_whitespace().nth(1) {
            table.entry(kind(owner)).or_default().rows.push(row);
        }
    }
    table
});

fn rows<'k>(kind: (&'k str, &'k str)) -> Option<&'k Rows> {
    TABLE.get(&kind)
}

/// `Kind.group`; the core group has none.
fn kind(word: &'static str) -> Kind {
    word.split_once('.').unwrap_or((word, ""))
}

/// A row: its path, and the words behind.
struct Row {
    path: &'static str,
    rest: Vec<&'static str>,
}

impl Row {
    fn of(text: &'static str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace().skip(2);
        Some(Self { path: words.next()?, rest: words.collect() })
    }

    /// The kind that the row leads to.
    fn target(&self) -> Kind {
        kind(self.rest.first().copied().unwrap_or_default())
    }

    /// The value of `name=value`.
    fn word(&self, name: &str) -> Option<&'static str> {
        self.rest.iter().find_map(|word| word.strip_prefix(name).and_then(|word| word.strip_prefix('=')))
    }

    fn reference(&self) -> Reference {
        let (kind, group) = match self.target() {
            ("*", _) => ("", self.word("group-default").unwrap_or_default()),
            known => known,
        };
        let beside = Beside {
            kind: self.word("kind"),
            group: self.word("group"),
            api_version: self.word("api-version"),
            namespace: self.word("namespace"),
            optional: self.word("optional"),
            key: self.word("key"),
            keys: self.word("keys").and_then(|keys| keys.split_once("[].")),
            port_number: self.word("port-number"),
            port_name: self.word("port-name"),
            section: self.word("section"),
        };
        Reference { group, kind, cluster: self.rest.contains(&"cluster"), beside, only: self.word("only") }
    }

    fn made(&self) -> Made {
        let (kind, group) = self.target();
        Made {
            name_at: self.path,
            default_at: self.word("default"),
            suffix: self.word("suffix").unwrap_or_default(),
            group,
            kind,
            anywhere: self.word("namespace") == Some("any"),
        }
    }

    fn pods(&self) -> Pods {
        let fields = |path: &'static str| path.split('.').filter(|field| !field.is_empty()).collect();
        Pods { template: fields(self.path), replicas: self.word("replicas").map(fields) }
    }
}

impl Rows {
    /// The rows of a verb.
    fn of(&self, verb: &str) -> impl Iterator<Item = Row> {
        self.rows.iter().filter(move |row| row.starts_with(verb)).filter_map(|row| Row::of(row))
    }
}

fn read(known: &Rows) -> Links {
    let mut links = Links { pods: known.of("pods").last().map(|row| row.pods()), ..Links::default() };
    for row in known.of("make") {
        match row.path {
            "nothing" => {}
            "anything" => links.makes_anything = true,
            _ => links.makes.push(row.made()),
        }
    }
    grow(&mut links.references, known);
    links
}

/// Hangs what a kind names, and what it embeds names, below a step.
fn grow(step: &mut Step, known: &Rows) {
    for row in known.of("ref") {
        let references = &mut down(step, row.path).references;
        // Nearly every field has only one.
        references.reserve_exact(1);
        references.push(row.reference());
    }
    for row in known.of("embed") {
        if let Some(embedded) = rows(row.target()) {
            grow(down(step, row.path), embedded);
        }
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
