//! Which resources there are and were: the lines of `facts/kinds.txt` and `facts/removed.txt`.
//!
//! Apart because they speak of kinds, not of fields, and the published schema has none of it.

use super::{Broken, Line, Minors};

/// What a resource can be asked to do, in the order of its bits.
pub const VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version in the group.
    pub version: String,
    /// The kind.
    pub name: String,
    /// The name in URLs.
    pub plural: String,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// `deploy`, …
    pub short_names: Vec<String>,
    /// A bit for each of [`VERBS`].
    pub verbs: u8,
    /// Where a server with default settings serves it.
    pub served: Minors,
    /// It exists only below another resource: no manifest can have it.
    pub subresource: bool,
}

impl Kind {
    /// As definitions name it: `apps/v1/Deployment`.
    pub fn written(&self) -> String {
        let group = if self.group.is_empty() { String::new() } else { format!("{}/", self.group) };
        format!("{group}{}/{}", self.version, self.name)
    }
}

/// A kind that is no longer there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Removal {
    /// The API group.
    pub group: String,
    /// The version in the group.
    pub version: String,
    /// The kind.
    pub name: String,
    /// The first minor without it.
    pub removed_in: u8,
    /// The group, version and kind to use now, as `apps/v1/Deployment`; empty if there is none.
    pub instead: String,
    /// Whether an object means the same in what is to be used now.
    pub same: bool,
}

fn identity(line: &Line) -> Result<(String, String, String), Broken> {
    let api_version = line.word(0, "the apiVersion")?;
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    Ok((group.to_owned(), version.to_owned(), line.word(1, "the kind")?))
}

/// Reads the lines of `facts/kinds.txt`.
pub(super) fn kinds(lines: &[Line]) -> Result<Vec<Kind>, Broken> {
    let mut kinds = Vec::new();
    for line in lines {
        let (group, version, name) = identity(line)?;
        let scope = line.word(3, "the scope")?;
        if scope != "namespaced" && scope != "cluster" {
            return Err(line.broken(format!("no such scope: {scope}")));
        }
        let mut verbs = 0;
        for verb in line.value("verbs").map_or(VERBS.to_vec(), |verbs| verbs.split(',').collect()) {
            let bit = VERBS.iter().position(|known| *known == verb);
            verbs |= 1 << bit.ok_or_else(|| line.broken(format!("no such verb: {verb}")))?;
        }
        let plural = line.word(2, "the plural")?;
        kinds.push(Kind {
            group,
            version,
            name,
            namespaced: scope == "namespaced",
            short_names: line.value("short").map_or(Vec::new(), |names| names.split(',').map(str::to_owned).collect()),
            verbs,
            served: line.minors("served")?,
            subresource: plural.contains('/'),
            plural,
        });
    }
    kinds.sort();
    match kinds.windows(2).find(|pair| pair[0].written() == pair[1].written() && pair[0].plural == pair[1].plural) {
        Some(pair) => Err(Broken::new(format!("{} stands there twice", pair[0].written()))),
        None => Ok(kinds),
    }
}

/// Reads the lines of `facts/removed.txt`.
pub(super) fn removals(lines: &[Line]) -> Result<Vec<Removal>, Broken> {
    let mut removals = Vec::new();
    for line in lines {
        let (group, version, name) = identity(line)?;
        let removed = line.value("removed").unwrap_or_default();
        let removed_in = removed.strip_prefix("1.").and_then(|minor| minor.parse().ok());
        removals.push(Removal {
            group,
            version,
            name,
            removed_in: removed_in.ok_or_else(|| line.broken("removed=1.N is missing"))?,
            instead: line.value("instead").unwrap_or_default().to_owned(),
            same: line.words.get(2).is_some_and(|word| word == "same"),
        });
    }
    removals.sort();
    match removals.windows(2).find(|pair| {
        pair[0].name == pair[1].name && pair[0].group == pair[1].group && pair[0].version == pair[1].version
    }) {
        Some(pair) => Err(Broken::new(format!("{} of {} stands there twice", pair[0].name, pair[0].group))),
        None => Ok(removals),
    }
}
