//! Sets made ready to be judged: files as they stand, and what kustomize and Helm make of theirs.
//!
//! Apart because programs are run here, and what they cannot render is said and not judged.

use crate::apply::Method;
use crate::finding::{Finding, Level, Rule};
use crate::report::Unchecked;
use crate::sets::{Built, Part, PlannedSet};
use crate::source::render::{Failure, Rendered, Tools};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::yaml::{self, ByteRange};
use rayon::prelude::*;

/// A kustomization or chart that its own tool refuses.
pub static RENDER: Rule = Rule {
    id: "render/failed",
    level: Level::Error,
    summary: "the set cannot be rendered",
    why: "nothing of a kustomization or chart is applied when its build fails",
    docs: include_str!("failed.md"),
};

/// A set with all its files at hand.
#[derive(Debug)]
pub struct RenderedSet {
    /// Its name in the report.
    pub name: String,
    /// How it is applied.
    pub method: Method,
    /// The namespace given.
    pub namespace: Option<String>,
    /// Whether it is only a guess that the files are applied together.
    pub is_guess: bool,
    /// What is applied, in the order read.
    pub files: Vec<FileId>,
    /// Those of the files that were rendered.
    pub rendered: Vec<FileId>,
    /// The files that rendered ones were made from.
    pub from: Vec<FileId>,
    /// What went wrong with rendering.
    pub findings: Vec<Finding>,
    /// What could not be rendered, and why.
    pub unchecked: Vec<Unchecked>,
}

/// Renders every set that needs it, in parallel, and takes the output in as files.
pub fn render_all(sets: &[PlannedSet], tools: &Tools, sources: &mut Sources) -> Vec<RenderedSet> {
    let outputs: Vec<Vec<Option<Result<Rendered, Failure>>>> =
        sets.par_iter().map(|set| set.parts.iter().map(|part| render(set, part, tools)).collect()).collect();
    sets.iter().zip(outputs).map(|(set, outputs)| take_in(set, outputs, sources)).collect()
}

fn render(set: &PlannedSet, part: &Part, tools: &Tools) -> Option<Result<Rendered, Failure>> {
    match part {
        Part::File(_) => None,
        Part::Kustomization(built) => built.cannot.is_none().then(|| tools.kustomize(&built.directory)),
        Part::Chart(built) => built.cannot.is_none().then(|| {
            let release = built.directory.rsplit('/').next().filter(|name| !name.is_empty() && *name != ".");
            tools.helm(&built.directory, release.unwrap_or("release"), set.namespace.as_deref(), &built.values)
        }),
    }
}

fn take_in(set: &PlannedSet, outputs: Vec<Option<Result<Rendered, Failure>>>, sources: &mut Sources) -> RenderedSet {
    let mut rendered = RenderedSet {
        name: set.name.clone(),
        method: set.method,
        namespace: set.namespace.clone(),
        is_guess: set.is_guess,
        files: Vec::new(),
        rendered: Vec::new(),
        from: Vec::new(),
        findings: Vec::new(),
        unchecked: Vec::new(),
    };
    for (part, output) in set.parts.iter().zip(outputs) {
        let (built, class) = match part {
            Part::File(file) => {
                rendered.files.push(*file);
                continue;
            }
            Part::Kustomization(built) => (built, "kustomization"),
            Part::Chart(built) => (built, "helm-chart"),
        };
        rendered.from.extend(&built.from);
        match output {
            Some(Ok(output)) => {
                let name = format!("{} ({})", built.directory, output.by);
                let file = sources.add(SourceFile::new(name, yaml::decode_bytes(output.output)).made_from(built.file));
                rendered.files.push(file);
                rendered.rendered.push(file);
            }
            Some(Err(failure)) if failure.is_of_the_input() => {
                let span = Span { file: built.file, range: ByteRange::default() };
                rendered.findings.push(Finding::at(&RENDER, failure.to_string(), span));
            }
            Some(Err(failure)) => rendered.unchecked.push(not_rendered(built, class, &failure.to_string())),
            None => rendered.unchecked.push(not_rendered(built, class, built.cannot.as_deref().unwrap_or_default())),
        }
    }
    rendered
}

fn not_rendered(built: &Built, class: &'static str, why: &str) -> Unchecked {
    let span = Span { file: built.file, range: ByteRange::default() };
    Unchecked { what: built.directory.clone(), class, why: format!("not rendered: {why}"), span: Some(span) }
}
