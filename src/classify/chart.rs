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
    /// The files of its `templates/`.
    pub templates: Vec<usize>,
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
            crds: Vec::new(),
            templates: Vec::new(),
        })
        .collect();
    let directories: Vec<String> = charts.iter().map(|chart| chart.directory.clone()).collect();
    for chart in &mut charts {
        chart.is_subchart = directories
            .iter()
            .any(|other| below(other, &chart.directory).is_some_and(|path| path.starts_with("charts/")));
    }
    for (file, input) in inputs.iter().enumerate() {
        let name = go_path::clean(input.name);
        // The innermost chart: a subchart's files are its own.
        let chart = charts
            .iter_mut()
            .filter(|chart| below(&chart.directory, &name).is_some())
            .max_by_key(|chart| chart.directory.len());
        let Some(chart) = chart else { continue };
        let Some(path) = below(&chart.directory, &name) else { continue };
        if path.starts_with("templates/") {
            classes[file] = Class::ChartTemplate;
            chart.templates.push(file);
        } else if path.starts_with("crds/") {
            if classes[file].is_manifest() {
                chart.crds.push(file);
            }
        } else if matches!(path, "Chart.yaml" | "requirements.yaml") {
            classes[file] = Class::Chart;
        } else if path.starts_with("ci/") || (!path.contains('/') && super::known::is_named_as_values(path)) {
            classes[file] = Class::Values;
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
