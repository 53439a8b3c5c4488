//! Kustomizations: what one refers to, and what that makes of the files.
//!
//! Apart because the fields that name files are kustomize's own (`api/types/kustomization.go`, kustomize 5.5), and what
//! they name is no object of its own, but for `resources`.

use super::{Class, Input, root_of};
use crate::source::go_path;
use crate::yaml::NodeRef;
use std::collections::{HashMap, HashSet};

/// The names under which kustomize looks for a kustomization (`api/konfig/general.go`).
pub const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization, and what it refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kustomization {
    /// Its place among the files classified.
    pub file: usize,
    /// The directory it is in, as its name has it.
    pub directory: String,
    /// The directory it is in, absolute.
    pub absolute_directory: String,
    /// What it is beside a kustomization of its own.
    pub role: Role,
    /// Whether kustomize finds it by its name when it is given the directory.
    pub is_named_so: bool,
    /// `resources`, `bases` and `components`.
    pub resources: Vec<Reference>,
    /// Every other file it reads.
    pub inputs: Vec<Reference>,
    /// What `kustomize build` alone does not do for it, if there is something.
    pub needs: Option<&'static str>,
    /// Whether another kustomization lists it.
    pub is_referenced: bool,
}

/// What a kustomization is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// To be built, by itself or as a part of another one.
    #[default]
    Build,
    /// `kind: Component`: it is only ever part of another one.
    Component,
    /// It was not asked for, and tells what files are that were.
    Context,
}

/// What an entry of a kustomization leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A path, absolute and cleaned, that is none of the files known.
    Unknown(String),
    /// A file, by its place among the files classified.
    File(usize),
    /// Another kustomization, by its place among the kustomizations.
    Kustomization(usize),
    /// Something kustomize would fetch.
    Remote(String),
}

/// Whether a file has one of the names kustomize looks for.
pub(super) fn is_named_so(name: &str) -> bool {
    NAMES.contains(&go_path::file_name(name))
}

/// Reads what a kustomization refers to; everything is [`Reference::Unknown`] or [`Reference::Remote`] yet.
pub(super) fn read(file: usize, input: &Input<'_>) -> Kustomization {
    let mut read = Kustomization {
        file,
        directory: go_path::parent(&go_path::clean(input.name)),
        absolute_directory: go_path::parent(input.path),
        role: if input.is_context { Role::Context } else { Role::Build },
        is_named_so: is_named_so(input.name),
        ..Kustomization::default()
    };
    let Some(root) = input.stream.documents.iter().find_map(|document| root_of(&document.content)) else { return read };
    if root.get("kind").and_then(NodeRef::as_str) == Some("Component") {
        read.role = Role::Component;
    }
    if ["helmCharts", "helmChartInflationGenerator"].iter().any(|field| root.get(field).is_some()) {
        read.needs = Some("it inflates Helm charts, for which kustomize wants `--enable-helm` and the network");
    }
    for field in ["resources", "bases", "components"] {
        read.resources.extend(texts(root, field).map(|entry| reference(&read.absolute_directory, entry)));
    }
    let mut inputs: Vec<&str> = Vec::new();
    // `patches` was a list of paths before it became one of objects.
    for field in
        ["patches", "patchesStrategicMerge", "transformers", "generators", "validators", "configurations", "crds"]
    {
        inputs.extend(texts(root, field));
    }
    for field in ["patches", "patchesJson6902", "replacements"] {
        inputs.extend(texts_of(root, field, "path"));
    }
    inputs.extend(root.at(&["openapi", "path"]).and_then(NodeRef::as_str));
    for generator in ["configMapGenerator", "secretGenerator"] {
        for element in root.get(generator).into_iter().flat_map(NodeRef::elements) {
            // `key=path`, or the path alone.
            inputs.extend(texts(element, "files").map(|entry| entry.split_once('=').map_or(entry, |(_, path)| path)));
            inputs.extend(texts(element, "envs"));
            inputs.extend(element.get("env").and_then(NodeRef::as_str));
        }
    }
    for generator in ["helmCharts", "helmChartInflationGenerator"] {
        inputs.extend(texts_of(root, generator, "valuesFile"));
        inputs.extend(texts_of(root, generator, "values"));
        for element in root.get(generator).into_iter().flat_map(NodeRef::elements) {
            inputs.extend(texts(element, "additionalValuesFiles"));
        }
    }
    read.inputs = inputs
        .into_iter()
        .filter(|entry| is_path(entry))
        .map(|entry| reference(&read.absolute_directory, entry))
        .collect();
    read
}

/// The strings of a list.
fn texts<'t>(node: NodeRef<'t>, field: &str) -> impl Iterator<Item = &'t str> {
    node.get(field).into_iter().flat_map(NodeRef::elements).filter_map(NodeRef::as_str)
}

/// The strings under a field of each element of a list.
fn texts_of<'t>(node: NodeRef<'t>, list: &str, field: &str) -> impl Iterator<Item = &'t str> {
    node.get(list).into_iter().flat_map(NodeRef::elements).filter_map(move |element| element.get(field)?.as_str())
}

/// Patches and transformers may be written in place.
fn is_path(entry: &str) -> bool {
    let entry = entry.trim();
    !entry.is_empty() && !entry.contains('\n') && !entry.contains(": ") && !entry.starts_with(['{', '['])
}

fn reference(directory: &str, entry: &str) -> Reference {
    let entry = entry.trim();
    if is_remote(entry) {
        Reference::Remote(entry.to_owned())
    } else if entry.starts_with('/') {
        Reference::Unknown(go_path::clean(entry))
    } else {
        Reference::Unknown(go_path::join(directory, entry))
    }
}

/// What kustomize takes for a URL or a repository (`api/internal/git/repospec.go`).
fn is_remote(entry: &str) -> bool {
    let user_at_host = entry.split_once('@').is_some_and(|(user, rest)| {
        !user.is_empty()
            && user.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            && rest.find(':').is_some_and(|colon| !rest[..colon].contains('/'))
    });
    entry.contains("://")
        || ["git::", "gh:", "github.com/", "github.com:"].iter().any(|start| entry.starts_with(start))
        || user_at_host
}

/// Looks every reference up among the files and the kustomizations.
pub(super) fn resolve(kustomizations: &mut [Kustomization], files: &HashMap<String, usize>) {
    let by_directory: HashMap<String, usize> = kustomizations
        .iter()
        .enumerate()
        .filter(|(_, kustomization)| kustomization.is_named_so)
        .map(|(index, kustomization)| (kustomization.absolute_directory.clone(), index))
        .collect();
    let mut referenced = HashSet::new();
    for kustomization in kustomizations.iter_mut() {
        for reference in kustomization.resources.iter_mut().chain(&mut kustomization.inputs) {
            let Reference::Unknown(path) = reference else { continue };
            if let Some(index) = by_directory.get(path) {
                // What was asked for is built, whatever above it is made of it.
                if kustomization.role != Role::Context {
                    referenced.insert(*index);
                }
                *reference = Reference::Kustomization(*index);
            } else if let Some(file) = files.get(path) {
                *reference = Reference::File(*file);
            }
        }
    }
    for index in referenced {
        kustomizations[index].is_referenced = true;
    }
}

/// Gives what kustomizations read the class it has by that. A file that one of them lists as a resource is an object,
/// whatever another makes of it, and whatever it is called.
pub(super) fn assign(kustomizations: &[Kustomization], classes: &mut [Class]) {
    let inputs = || kustomizations.iter().flat_map(|kustomization| &kustomization.inputs);
    // Transformers and generators may stand in a kustomization of their own, and its resources are such, too.
    let of_transformers: HashSet<usize> = inputs()
        .filter_map(|reference| if let Reference::Kustomization(index) = reference { Some(*index) } else { None })
        .collect();
    let resources = |transformers: bool| {
        let of_transformers = &of_transformers;
        kustomizations
            .iter()
            .enumerate()
            .filter(move |(index, _)| of_transformers.contains(index) == transformers)
            .flat_map(|(_, kustomization)| files(&kustomization.resources))
    };
    let listed: Vec<usize> = resources(false)
        .filter(|file| matches!(classes[*file], Class::Manifest | Class::StrayPatch | Class::Other("test-expectation")))
        .collect();
    for file in kustomizations.iter().flat_map(|kustomization| files(&kustomization.inputs)).chain(resources(true)) {
        if classes[file] != Class::ChartTemplate {
            classes[file] = Class::KustomizeInput;
        }
    }
    for file in listed {
        classes[file] = Class::Manifest;
    }
}

/// The files among references.
pub fn files(references: &[Reference]) -> impl Iterator<Item = usize> {
    references.iter().filter_map(|reference| if let Reference::File(file) = reference { Some(*file) } else { None })
}
