//! An example of a rule's documentation as files on disk, judged by the functions that the commands call.
//!
//! Apart from the assertions because it is the example's language: what its lines and signs mean.

use seaworthy::advice::Groups;
use seaworthy::apply::{ApplyOptions, Method, Parent, Prune, Together};
use seaworthy::decode::FieldValidation;
use seaworthy::finding::{Level, Rule};
use seaworthy::pipeline::{Catalogue, CheckRequest, PlanRequest, check, plan};
use seaworthy::report::Report;
use seaworthy::rules::example::{Example, Setting};
use seaworthy::schema::{Minor, Schema, VersionRange};
use seaworthy::source::render::Tools;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The examples' files, in a directory that goes with it.
pub struct Scene {
    root: TempDir,
}

/// What the lines `# …:` of an example begin.
enum Part<'e> {
    File(String),
    Link { path: String, target: &'e str },
}

fn part(line: &str) -> Option<Part<'_>> {
    if let Some(name) = line.strip_prefix("# file: ") {
        return Some(Part::File(format!("set/{name}")));
    }
    if let Some(name) = line.strip_prefix("# applied before: ") {
        return Some(Part::File(format!("base/{name}")));
    }
    if let Some((name, target)) = line.strip_prefix("# link: ").and_then(|link| link.split_once(" -> ")) {
        return Some(Part::Link { path: format!("set/{name}"), target });
    }
    if let Some(path) = line.strip_prefix("# catalogue: ") {
        return Some(Part::File(format!("catalogue/{path}")));
    }
    let directory = match line {
        "# in the cluster:" => "cluster",
        "# policies:" => "policies",
        // `check` holds the files of one name against each other.
        "# applied before:" => return Some(Part::File("base/manifest.yaml".to_owned())),
        "# known CRDs:" => "crds",
        _ => return None,
    };
    Some(Part::File(format!("{directory}/objects.yaml")))
}

/// The bytes that a text with its signs stands for.
fn expand(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, (sign, behind))) =
        rest.split_once('«').and_then(|(before, rest)| Some((before, rest.split_once('»')?)))
    {
        bytes.extend(before.as_bytes());
        if sign == "end" {
            return bytes;
        } else if let Some(byte) = sign.strip_prefix("byte ") {
            bytes.push(u8::from_str_radix(byte, 16).expect("a byte"));
        } else {
            let (what, times) = sign.rsplit_once(" × ").expect("what and how often");
            bytes.extend(what.repeat(times.parse().expect("a number")).into_bytes());
        }
        rest = behind;
    }
    bytes.extend(rest.as_bytes());
    bytes
}

impl Scene {
    /// Writes the files of an example. None where this machine cannot hold it.
    pub fn of(example: &Example<'_>) -> Option<Self> {
        let root = tempfile::tempdir().expect("a directory");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            fs::write(path, expand(text)).expect("a file");
        };
        fs::create_dir(root.path().join("set")).expect("a directory");
        let mut path = "set/manifest.yaml".to_owned();
        let mut text = String::new();
        for line in example.text.lines() {
            let Some(next) = part(line) else {
                text.push_str(line);
                text.push('\n');
                continue;
            };
            if !text.is_empty() {
                write(&path, &text);
            }
            text.clear();
            match next {
                Part::File(next) => path = next,
                Part::Link { path, target } => link(target, &root.path().join(path))?,
            }
        }
        if !text.is_empty() {
            write(&path, &text);
        }
        Some(Self { root })
    }

    /// Judges it. None where this machine has no program that it needs.
    pub fn judge(&self, rule: &Rule, example: &Example<'_>) -> Option<Report> {
        let advice = if rule.level == Level::Advice { Groups::all() } else { Groups::default() };
        let given = |name: &str| -> Vec<String> {
            let path = self.root.path().join(name);
            if path.exists() { vec![path.to_string_lossy().into_owned()] } else { Vec::new() }
        };
        let has = |setting| example.settings.contains(&setting);
        let mut versions = VersionRange::from(Minor::LATEST);
        let mut namespace = None;
        let mut validation = FieldValidation::Strict;
        for setting in &example.settings {
            match setting {
                Setting::KubeVersion(minors) => versions = VersionRange::parse(minors).expect("minors"),
                Setting::Namespace(name) => namespace = Some((*name).to_owned()),
                Setting::Validate("warn") => validation = FieldValidation::Warn,
                Setting::Validate(_) => validation = FieldValidation::Ignore,
                _ => {}
            }
        }
        let mut tools = Tools::default();
        if has(Setting::Kustomize) {
            tools = Tools::in_path(&std::env::var_os("PATH").unwrap_or_default());
            if !tools.can_kustomize() {
                return None;
            }
        }
        let catalogue = Catalogue::new(&given("catalogue")).expect("a catalogue");
        if has(Setting::Check) {
            let request = CheckRequest {
                paths: given("set"),
                versions: Some(versions),
                cluster: given("cluster"),
                policies: given("policies"),
                crds: given("crds"),
                catalogue,
                tools,
                advice,
                base: given("base").pop(),
                ..CheckRequest::default()
            };
            return Some(check(&request, &mut std::io::empty()).expect("a check"));
        }
        let cluster = given("cluster");
        let options = ApplyOptions {
            field_manager: None,
            force_conflicts: false,
            method: if has(Setting::ServerSide) {
                Method::KubectlServerSide
            } else if has(Setting::Create) {
                Method::KubectlCreate
            } else if has(Setting::Kustomize) {
                Method::Kustomize
            } else {
                Method::Kubectl
            },
            namespace,
            validation,
            minor: Minor::LATEST,
            kubectl_minor: Minor::LATEST,
            together: Together::All,
            closed_world: !cluster.is_empty(),
            context_namespace: None,
        };
        let prune = example.settings.iter().find_map(|setting| match setting {
            Setting::Prune => Some(Prune::Applied { allowlist: Vec::new(), selector: None }),
            Setting::ApplySet(parent) => {
                let parent = Parent::parse(parent, options.namespace.as_deref(), Schema::of(Minor::LATEST));
                Some(Prune::Members(parent.expect("a parent")))
            }
            _ => None,
        });
        let request = PlanRequest {
            filenames: if has(Setting::Kustomize) { Vec::new() } else { given("set") },
            kustomize: has(Setting::Kustomize).then(|| given("set").remove(0)),
            tools,
            recursive: true,
            options,
            versions: Some(versions),
            selector: None,
            cluster,
            policies: given("policies"),
            crds: given("crds"),
            catalogue,
            base: given("base"),
            prune,
            advice,
            server: None,
        };
        Some(plan(&request, &mut std::io::empty()).expect("a plan"))
    }

    /// A text without the directory that the example happens to lie in.
    pub fn plain(&self, text: &str) -> String {
        let root = self.root.path().to_string_lossy();
        text.replace(&format!("{root}/set/"), "").replace(&format!("{root}/"), "")
    }
}

#[cfg(unix)]
fn link(target: &str, path: &Path) -> Option<()> {
    std::os::unix::fs::symlink(target, path).ok()
}

#[cfg(not(unix))]
fn link(_: &str, _: &Path) -> Option<()> {
    None
}
