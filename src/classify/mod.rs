//! What each file of a repository is: a manifest, or one of the many things that only look like one.
//!
//! Apart because everything behind it judges manifests, and a file that was never one must not be judged. Pure: it
//! reads names and trees, knows which groups a server serves, and touches no file.
//!
//! A file is judged in two steps. First by itself ([`classify`]): by what its documents hold, then by its name. Then
//! by what lies around it ([`classify_all`]): a file in a chart's `templates/` is a template whatever it holds, and a
//! file that a kustomization lists as a patch is no object of its own.
//!
//! What decides, in this order:
//!
//! 1. It is encrypted: it stays closed ([`Class::Encrypted`]).
//! 2. It is meant to pass through a template engine first ([`Class::Template`], see `template.rs`).
//! 3. One document is an object, by `apiVersion` and `kind` or, where one of the two is missing or misspelt, by the
//!    rest of its shape: the file is a [`Class::Manifest`], and what is odd about its other documents is an error in
//!    a manifest. So is text that does not parse and has an object's fields at the start of its lines.
//! 4. Groups that no API server serves (`kind.x-k8s.io`, `kubelet.config.k8s.io`, `skaffold`, …) are files of tools.
//! 5. Everything else gets the name of what it is, as far as that is known, and is counted.

mod chart;
mod document;
mod known;
mod kustomization;
mod template;

pub use chart::Chart;
pub use kustomization::{Kustomization, NAMES as NAMES_OF_KUSTOMIZATIONS, Reference, Role, files};

use crate::yaml::{Content, NodeRef, Stream, Text};
use document::Shape;
use std::collections::HashMap;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Objects for an API server, sound or not.
    Manifest,
    /// `kustomization.yaml` and its like; also a Component.
    Kustomization,
    /// What a kustomization reads beside resources: patches, files of generators, transformers, their configuration.
    KustomizeInput,
    /// `Chart.yaml`, and what else describes a chart and its dependencies.
    Chart,
    /// A file in a chart's `templates/`.
    ChartTemplate,
    /// Values for a chart.
    Values,
    /// A file that has to pass through a template engine before it is one thing or another.
    Template,
    /// A file encrypted as a whole or in its values, by SOPS, git-crypt or Ansible Vault.
    Encrypted,
    /// A patch by its name, which no kustomization lists.
    StrayPatch,
    /// A list of objects as a document: kubectl reads no such thing, other tools do.
    ObjectList,
    /// It does not parse, and nothing in it tells that it should be a manifest.
    Broken,
    /// Nothing but blanks and comments.
    Empty,
    /// Of another known kind, by its word.
    Other(&'static str),
    /// YAML or JSON of no known kind.
    Data,
}

impl Class {
    /// The word in counts and in the list of what was not checked.
    pub const fn word(self) -> &'static str {
        match self {
            Class::Manifest => "manifest",
            Class::Kustomization => "kustomization",
            Class::KustomizeInput => "kustomize-input",
            Class::Chart => "helm-chart",
            Class::ChartTemplate => "helm-template",
            Class::Values => "values",
            Class::Template => "template",
            Class::Encrypted => "encrypted",
            Class::StrayPatch => "patch",
            Class::ObjectList => "object-list",
            Class::Broken => "broken",
            Class::Empty => "empty",
            Class::Other(word) => word,
            Class::Data => "data",
        }
    }

    /// Whether its documents are objects that are applied as they stand.
    pub fn is_manifest(self) -> bool {
        self == Class::Manifest
    }

    /// Why the file was not judged, where it may hold what is applied in the end. `None` for manifests, for what is
    /// judged as part of a kustomization or a chart, and for what never reaches a server.
    pub const fn unchecked(self) -> Option<&'static str> {
        match self {
            Class::Template => Some("it is a template: render it and check what comes out"),
            Class::Encrypted => Some("it is encrypted: what is applied is its decrypted text"),
            Class::StrayPatch => Some("by its name it is a patch, and no kustomization lists it"),
            Class::ObjectList => {
                Some("a document is a list of objects, which kubectl does not read; `kind: List` with `items` it does")
            }
            Class::Broken => Some("it is no valid YAML or JSON, and does not look like a manifest"),
            Class::Manifest
            | Class::Kustomization
            | Class::KustomizeInput
            | Class::Chart
            | Class::ChartTemplate
            | Class::Values
            | Class::Empty
            | Class::Other(_)
            | Class::Data => None,
        }
    }
}

/// A file to classify.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its name, as `source` names files.
    pub name: &'a str,
    /// Its absolute path, cleaned, by which files find each other; empty for what has none.
    pub path: &'a str,
    /// Whether it was not asked for, and only says what others are part of.
    pub is_context: bool,
    /// Its text.
    pub text: &'a Text,
    /// Its documents.
    pub stream: &'a Stream,
}

/// A repository's files, told apart.
#[derive(Debug, Default)]
pub struct Classified {
    /// The class of each file, in the order given.
    pub classes: Vec<Class>,
    /// The kustomizations, in the order given.
    pub kustomizations: Vec<Kustomization>,
    /// The charts, in the order given.
    pub charts: Vec<Chart>,
}

/// What files are, each by itself and by what lies around it.
pub fn classify_all(inputs: &[Input<'_>]) -> Classified {
    let own = inputs.iter().map(|input| classify(input.name, input.text, input.stream)).collect();
    classify_among(inputs, own)
}

/// What files are by what lies around them, where it is known what each is by itself.
pub fn classify_among(inputs: &[Input<'_>], own: Vec<Class>) -> Classified {
    let mut classes = own;
    let by_path: HashMap<String, usize> =
        inputs.iter().enumerate().map(|(index, input)| (input.path.to_owned(), index)).collect();
    let charts = chart::find(inputs, &mut classes);
    let mut kustomizations: Vec<Kustomization> = inputs
        .iter()
        .enumerate()
        .filter(|(index, _)| classes[*index] == Class::Kustomization)
        .map(|(index, input)| kustomization::read(index, input))
        .collect();
    kustomization::resolve(&mut kustomizations, &by_path);
    kustomization::assign(&kustomizations, &mut classes);
    Classified { classes, kustomizations, charts }
}

/// What a file is by its own name and content.
pub fn classify(name: &str, text: &Text, stream: &Stream) -> Class {
    let text = text.text.as_ref();
    if known::is_encrypted_text(text) {
        return Class::Encrypted;
    }
    if kustomization::is_named_so(name) && !is_flux_kustomization(stream) {
        return Class::Kustomization;
    }
    let shapes: Vec<Shape> = stream.documents.iter().filter_map(|document| shape_of(&document.content)).collect();
    if shapes.contains(&Shape::Encrypted) {
        return Class::Encrypted;
    }
    let is_broken = stream.documents.iter().any(|document| matches!(document.content, Content::Error(_)));
    let is_object = shapes.contains(&Shape::Object);
    if is_object || (is_broken && document::reads_like_an_object(text)) {
        return of_objects(name, text, stream, is_broken);
    }
    if let Some(class) = shapes.iter().find_map(|shape| shape.class()) {
        return class;
    }
    if let Some(class) = known::by_name(name) {
        return class;
    }
    if is_broken {
        return if template::is_written_as_one(text) { Class::Template } else { Class::Broken };
    }
    let mut roots = stream.documents.iter().filter_map(|document| root_of(&document.content)).peekable();
    if roots.peek().is_none() {
        return Class::Empty;
    }
    roots.find_map(|root| known::by_shape(root, text)).unwrap_or(Class::Data)
}

/// A file with at least one object in it may still be a template or a patch.
fn of_objects(name: &str, text: &str, stream: &Stream, is_broken: bool) -> Class {
    let is_template = (is_broken && template::is_written_as_one(text))
        || template::is_wrapped_in_comments(text)
        || stream.documents.iter().filter_map(|document| root_of(&document.content)).any(template::is_in_an_object);
    if is_template {
        Class::Template
    } else if known::is_named_as_patch(name) {
        Class::StrayPatch
    } else if known::is_test_expectation(name) {
        Class::Other("test-expectation")
    } else {
        Class::Manifest
    }
}

/// Whether a document holds a placeholder where no server takes one: what a build leaves for another tool to fill in.
pub fn is_template(root: NodeRef<'_>) -> bool {
    template::is_in_an_object(root)
}

fn root_of(content: &Content) -> Option<NodeRef<'_>> {
    match content {
        Content::Value(tree) => Some(tree.root()),
        Content::Empty | Content::Error(_) => None,
    }
}

fn shape_of(content: &Content) -> Option<Shape> {
    root_of(content).map(document::shape)
}

/// Flux's own `Kustomization` is an object of the cluster, and people call its file `kustomization.yaml`, too.
fn is_flux_kustomization(stream: &Stream) -> bool {
    stream.documents.iter().filter_map(|document| root_of(&document.content)).any(|root| {
        root.get("apiVersion")
            .and_then(NodeRef::as_str)
            .is_some_and(|version| version.starts_with("kustomize.toolkit.fluxcd.io/"))
    })
}
