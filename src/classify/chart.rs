//! Helm charts: what belongs to one.
//!
//! Apart because a chart is known by a `Chart.yaml` and makes what lies beside it what it is, whatever it holds.

use super::{Class, Input, root_of};
use crate::source::go_path;
use crate::yaml::NodeRef;

/// A Helm chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Its `Chart.yaml`, by its place among the files classified.
    pub file: usize,
    /// The directory it is in.
    pub directory: String,
    /// `type: library`: it renders nothing of its own.
    pub is_library: bool,
    /// Whether it lies in another chart's `charts/`, and is rendered with it.
    pub is_subchart: bool,
    /// The files of its `crds/`, by their places; Helm applies them as they stand, before anything else.
    pub crds: Vec<usize>,
    /// Whether it was not asked for itself.
    pub is_context: bool,
    /// All its files that were asked for.
    pub files: Vec<usize>,
}

/// Finds the charts and sets the classes of what belongs to them.
pub(super) fn find(inputs: &[Input<'_>], classes: &mut [Class]) -> Vec<Chart> {
    let mut charts: Vec<Chart> = inputs
        .iter()
        .enumerate()
        .filter(|(_, input)| go_path::file_name(input.name) == "Chart.yaml")
        .map(|(file, input)| Chart {
            file,
            directory: go_path::parent(&go_path::clean(input.name)),
            is_library: is_library(input),
            is_subchart: false,
            is_context: input.is_context,
            crds: Vec::new(),
            files: Vec::new(),
        })
        .collect();
    let directories: Vec<String> = charts.iter().map(|chart| go_path::parent(inputs[chart.file].path)).collect();
    for (chart, directory) in charts.iter_mut().zip(&directories) {
        chart.is_subchart =
            directories.iter().any(|other| below(other, directory).is_some_and(|path| path.starts_with("charts/")));
    }
    for (file, input) in inputs.iter().enumerate() {
        // The innermost chart: a subchart's files are its own.
        let innermost = directories
            .iter()
            .enumerate()
            .filter_map(|(chart, directory)| Some((chart, directory.len(), below(directory, input.path)?)))
            .max_by_key(|(_, depth, _)| *depth);
        let Some((chart, _, path)) = innermost else { continue };
        let chart = &mut charts[chart];
        if path.starts_with("templates/") {
            classes[file] = Class::ChartTemplate;
        } else if path.starts_with("crds/") {
            if classes[file].is_manifest() {
                chart.crds.push(file);
            }
        } else if matches!(path, "Chart.yaml" | "requirements.yaml") {
            classes[file] = Class::Chart;
        } else if path.starts_with("ci/") || (!path.contains('/') && super::known::is_named_as_values(path)) {
            classes[file] = Class::Values;
        } else {
            continue;
        }
        if !input.is_context {
            chart.files.push(file);
        }
    }
    charts
}

fn is_library(input: &Input<'_>) -> bool {
    let root = input.stream.documents.first().and_then(|document| root_of(&document.content));
    root.and_then(|root| root.get("type")).and_then(NodeRef::as_str) == Some("library")
}

/// What remains of a path below a directory.
pub(super) fn below<'p>(directory: &str, path: &'p str) -> Option<&'p str> {
    match directory {
        "." if path.starts_with('/') || path == ".." || path.starts_with("../") => None,
        "." => Some(path),
        "/" => path.strip_prefix('/'),
        directory => path.strip_prefix(directory)?.strip_prefix('/'),
    }
}
