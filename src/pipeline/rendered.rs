//! Sets made ready to be judged: files as they stand, and what kustomize and Helm make of theirs.
//!
//! Apart because programs are run here, and what they cannot render is said and not judged. Only an editor wants it
//! judged all the same: as it is written, and without what a patch may still add.

use crate::apply::Method;
use crate::finding::{Finding, Level, Rule};
use crate::report::Unchecked;
use crate::sets::{Built, Part, PlannedSet};
use crate::source::render::{Failure, Rendered, Tools};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::yaml::{self, ByteRange};
use rayon::prelude::*;
use std::collections::HashSet;

/// A kustomization or chart that its own tool refuses.
pub static RENDER: Rule = Rule {
    id: "render/failed",
    level: Level::Error,
    summary: "the set cannot be rendered",
    why: "nothing of a kustomization or chart is applied when its build fails",
    docs: include_str!("failed.md"),
};

/// A set with all its files at hand.
#[derive(Clone, Debug)]
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
    /// The files that are judged as they are written, in place of what would be rendered from them.
    pub as_written: HashSet<FileId>,
    /// What went wrong with rendering.
    pub findings: Vec<Finding>,
    /// What could not be rendered, and why.
    pub unchecked: Vec<Unchecked>,
}

/// Whether something that has to be rendered is made from texts that no program can see yet.
pub type IsUnsaved<'u> = &'u (dyn Fn(&Built) -> bool + Sync);

const UNSAVED: &str = "what it is made from is not saved yet";

/// Renders every set that needs it, in parallel, and takes the output in as files. With `editing`, what cannot be
/// rendered is to be judged as it is written.
pub fn render_all(
    sets: &[&PlannedSet],
    tools: &Tools,
    sources: &mut Sources,
    editing: Option<IsUnsaved<'_>>,
) -> Vec<RenderedSet> {
    let outputs: Vec<Vec<Output>> =
        sets.par_iter().map(|set| set.parts.iter().map(|part| render(set, part, tools, editing)).collect()).collect();
    sets.iter().zip(outputs).map(|(set, outputs)| take_in(set, outputs, sources, editing.is_some())).collect()
}

/// What comes of a part.
enum Output {
    /// It is a file as it stands.
    File,
    /// It was rendered, or was not.
    Rendered(Result<Rendered, Failure>),
    /// It was not tried to render it.
    NotTried(String),
}

fn render(set: &PlannedSet, part: &Part, tools: &Tools, editing: Option<IsUnsaved<'_>>) -> Output {
    let (Part::Kustomization(built) | Part::Chart(built)) = part else { return Output::File };
    if let Some(cannot) = &built.cannot {
        return Output::NotTried(cannot.clone());
    }
    if editing.is_some_and(|is_unsaved| is_unsaved(built)) {
        return Output::NotTried(UNSAVED.to_owned());
    }
    if matches!(part, Part::Kustomization(_)) {
        return Output::Rendered(tools.kustomize(&built.directory));
    }
    let release = built.directory.rsplit('/').next().filter(|name| !name.is_empty() && *name != ".");
    Output::Rendered(tools.helm(
        &built.directory,
        release.unwrap_or("release"),
        set.namespace.as_deref(),
        &built.values,
    ))
}

fn take_in(set: &PlannedSet, outputs: Vec<Output>, sources: &mut Sources, editing: bool) -> RenderedSet {
    let mut rendered = RenderedSet {
        name: set.name.clone(),
        method: set.method,
        namespace: set.namespace.clone(),
        is_guess: set.is_guess,
        files: Vec::new(),
        rendered: Vec::new(),
        from: Vec::new(),
        as_written: HashSet::new(),
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
        let why = match output {
            Output::File => continue,
            Output::Rendered(Ok(output)) => {
                let name = format!("{} ({})", built.directory, output.by);
                let file = sources.add(SourceFile::new(name, yaml::decode_bytes(output.output)).made_from(built.file));
                rendered.files.push(file);
                rendered.rendered.push(file);
                continue;
            }
            Output::Rendered(Err(failure)) if failure.is_of_the_input() => {
                let span = Span { file: built.file, range: ByteRange::default() };
                rendered.findings.push(Finding::at(&RENDER, failure.to_string(), span));
                None
            }
            Output::Rendered(Err(failure)) => Some(failure.to_string()),
            Output::NotTried(why) => Some(why),
        };
        if editing {
            rendered.files.extend(&built.from);
            rendered.as_written.extend(&built.from);
            // Nobody knows what comes out of it, and how it would be applied.
            rendered.is_guess = true;
        }
        if let Some(why) = why {
            rendered.unchecked.push(not_rendered(built, class, &why));
        }
    }
    rendered
}

fn not_rendered(built: &Built, class: &'static str, why: &str) -> Unchecked {
    let span = Span { file: built.file, range: ByteRange::default() };
    Unchecked { what: built.directory.clone(), class, why: format!("not rendered: {why}"), span: Some(span) }
}
