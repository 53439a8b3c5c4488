//! Who applies a directory of the repository, and whether they delete what is no longer in it.
//!
//! Apart because the repository itself tells it, in objects of Flux and Argo CD that have nothing to do with the set.
//! Sources: `spec.prune` of kustomize-controller (v1), `spec.syncPolicy.automated.prune` of Argo CD's Application
//! (v1alpha1); what keeps one object: the annotations `kustomize.toolkit.fluxcd.io/prune`, `argocd.argoproj.io/sync-options`
//! and `helm.sh/resource-policy`.

use super::{Gone, Scene};
use crate::apply::Method;
use crate::object::view::View;
use crate::object::{FieldPath, Object};
use crate::source::{Span, go_path};
use crate::yaml::NodeRef;

/// A tool that is told to apply a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syncer {
    /// The object that tells it, as reports say it: `Flux Kustomization apps`.
    pub name: String,
    /// The tool.
    pub tool: Tool,
    /// The absolute path of the directory.
    pub directory: String,
    /// Whether it deletes what is no longer there.
    pub prunes: bool,
    /// Where that is said.
    pub place: Span,
}

/// The tools that apply directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Flux's kustomize-controller.
    Flux,
    /// Argo CD.
    ArgoCd,
}

/// What becomes of an object that is no longer in the repository.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    /// Whether somebody deletes it.
    pub(super) is_deleted: bool,
    /// Who, and why or why not.
    pub(super) words: String,
    /// Where that is said, in the object or in one of a tool.
    pub(super) place: Option<Span>,
    /// What to do about it, where that is not to delete it.
    pub(super) help: Option<&'static str>,
}

/// The tools that these objects tell to apply directories of the repository whose top is there.
pub fn syncers<'o>(objects: impl Iterator<Item = &'o Object>, top: &str) -> Vec<Syncer> {
    let mut syncers = Vec::new();
    for object in objects {
        match (object.gvk.group.as_str(), object.gvk.kind.as_str()) {
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => flux(object, top, &mut syncers),
            ("argoproj.io", "Application") => argo_cd(object, &["spec"], top, &mut syncers),
            ("argoproj.io", "ApplicationSet") => argo_cd(object, &["spec", "template", "spec"], top, &mut syncers),
            _ => {}
        }
    }
    syncers
}

fn flux(object: &Object, top: &str, syncers: &mut Vec<Syncer>) {
    let Some(spec) = object.root().get("spec") else { return };
    // What another kind of source brings is not in this repository's directories.
    if !matches!(spec.get("sourceRef").text("kind"), "" | "GitRepository") {
        return;
    }
    syncers.push(Syncer {
        name: format!("Flux Kustomization {}", object.name),
        tool: Tool::Flux,
        directory: go_path::join(top, spec.text("path")),
        prunes: spec.flag("prune"),
        place: object.span(object.locate(&FieldPath::of(&["spec", "prune"])).range()),
    });
}

fn argo_cd(object: &Object, spec: &[&str], top: &str, syncers: &mut Vec<Syncer>) {
    let Some(node) = object.root().at(spec) else { return };
    let sources: Vec<NodeRef<'_>> = node.get("source").into_iter().chain(node.list("sources")).collect();
    let prunes = node.at(&["syncPolicy", "automated"]).is_some_and(|automated| automated.flag("prune"));
    let told: Vec<&str> = spec.iter().copied().chain(["syncPolicy", "automated", "prune"]).collect();
    let place = object.span(object.locate(&FieldPath::of(&told)).range());
    for source in sources.into_iter().filter(|source| source.has("path")) {
        // What generates the path of an ApplicationSet fills in what stands behind the first placeholder.
        let path = source.text("path");
        let fixed = path.split("{{").next().unwrap_or_default();
        let directories: Vec<String> = if fixed.is_empty() { generated(object) } else { vec![fixed.to_owned()] };
        syncers.extend(directories.into_iter().map(|directory| Syncer {
            name: format!("Argo CD {} {}", object.gvk.kind, object.name),
            tool: Tool::ArgoCd,
            directory: go_path::join(top, &directory),
            prunes,
            place,
        }));
    }
}

/// The directories that the git generators of an `ApplicationSet` look in.
fn generated(object: &Object) -> Vec<String> {
    let generators = object.root().get("spec").list("generators").into_iter();
    let git = generators.filter_map(|generator| generator.get("git")).flat_map(|git| git.list("directories"));
    let fixed = |path: &str| path.split(['*', '?', '[']).next().unwrap_or_default().to_owned();
    git.map(|directory| fixed(directory.text("path"))).filter(|path| !path.is_empty()).collect()
}

/// What becomes of an object that is no longer in the repository.
pub(super) fn fate(gone: &Gone<'_>, scene: &Scene<'_>) -> Fate {
    if let Some(pruning) = scene.pruning {
        return pruning.fate(gone);
    }
    let is_in = |syncer: &&Syncer| {
        gone.path.strip_prefix(syncer.directory.as_str()).is_some_and(|rest| rest.starts_with('/'))
            || syncer.directory == "/"
    };
    let syncer = scene.syncers.iter().filter(is_in).max_by_key(|syncer| syncer.directory.len());
    let kept = kept_by(gone.object);
    match (syncer, scene.method) {
        (Some(syncer), _) => {
            let kept = kept.filter(|(tool, _)| *tool == Some(syncer.tool));
            match kept {
                Some((_, place)) => {
                    let words = format!("{} leaves it, because an annotation says so", syncer.name);
                    Fate { is_deleted: false, words, place: Some(place), help: None }
                }
                None if syncer.prunes => {
                    let words = format!("{} deletes it (prune is on)", syncer.name);
                    Fate { is_deleted: true, words, place: Some(syncer.place), help: None }
                }
                None => {
                    let words = format!("{} does not delete it (prune is off)", syncer.name);
                    Fate { is_deleted: false, words, place: Some(syncer.place), help: None }
                }
            }
        }
        (None, Method::Helm) => match kept.filter(|(tool, _)| tool.is_none()) {
            Some((_, place)) => Fate {
                is_deleted: false,
                words: "helm upgrade leaves it, because of helm.sh/resource-policy".to_owned(),
                place: Some(place),
                help: None,
            },
            None => Fate {
                is_deleted: true,
                words: "helm upgrade deletes what the chart no longer renders".to_owned(),
                place: None,
                help: None,
            },
        },
        (None, method) => {
            let tool = match method {
                Method::Flux => {
                    "Flux deletes it only with `prune: true`, and no Kustomization of the repository says so"
                }
                Method::ArgoCd => {
                    "Argo CD deletes it only when told to prune, and no Application of the repository says so"
                }
                Method::KubectlCreate => "kubectl create deletes nothing",
                _ => "kubectl apply deletes nothing",
            };
            Fate { is_deleted: false, words: tool.to_owned(), place: None, help: None }
        }
    }
}

/// The annotation that keeps an object when it leaves the repository, and whose it is: none for Helm's.
fn kept_by(object: &Object) -> Option<(Option<Tool>, Span)> {
    let annotations = object.root().at(&["metadata", "annotations"])?;
    let says = |key: &str, words: &[&str]| {
        let value = annotations.text(key);
        value.split(',').any(|option| words.contains(&option.trim())).then(|| {
            let path = FieldPath::of(&["metadata", "annotations"]).key(key);
            object.span(object.locate(&path).range())
        })
    };
    let flux = says("kustomize.toolkit.fluxcd.io/prune", &["disabled"]).map(|place| (Some(Tool::Flux), place));
    let argo = || {
        let place = says("argocd.argoproj.io/sync-options", &["Prune=false", "Prune=confirm"]);
        place.map(|place| (Some(Tool::ArgoCd), place))
    };
    let helm = || says("helm.sh/resource-policy", &["keep"]).map(|place| (None, place));
    flux.or_else(argo).or_else(helm)
}
