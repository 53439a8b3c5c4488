//! From a repository's files to what each is and which are applied together, on the trees of `fixtures/`.

use seaworthy::apply::Method;
use seaworthy::classify::{Classified, Input, classify_all};
use seaworthy::sets::{Grouped, Member, NamedSet, Part, Unmatched, group, identities};
use seaworthy::source::walk::{Options, Walked, walk};
use seaworthy::yaml::{self, Stream};
use std::fmt::Write as _;
use std::path::Path;

/// A tree of `fixtures/`, read; names start with what comes behind the second directory.
struct Repository {
    walked: Walked,
    names: Vec<String>,
    paths: Vec<String>,
    streams: Vec<Stream>,
}

impl Repository {
    fn read(directory: &str, below: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(directory);
        let path = root.join(below).display().to_string();
        let walked = walk(&[path], &Options::default(), &mut std::io::empty()).unwrap();
        assert_eq!(walked.problems, []);
        let prefix = format!("{}/", root.display());
        let files = || walked.files.iter().map(|found| walked.sources.get(found.file));
        let names = files().map(|file| file.name.strip_prefix(&prefix).unwrap().to_owned()).collect();
        let streams = files().map(|file| yaml::read(&file.text, &yaml::Options::default())).collect();
        let names: Vec<String> = names;
        let paths = names.iter().map(|name| format!("/repo/{name}")).collect();
        Self { walked, names, paths, streams }
    }

    fn classified(&self) -> Classified {
        let inputs: Vec<Input<'_>> = (0..self.names.len())
            .map(|at| Input {
                name: &self.names[at],
                path: &self.paths[at],
                is_context: false,
                text: &self.walked.sources.get(self.walked.files[at].file).text,
                stream: &self.streams[at],
            })
            .collect();
        classify_all(&inputs)
    }

    fn grouped(&self, classified: &Classified, named: &[NamedSet]) -> Grouped {
        let members: Vec<Member> = self
            .walked
            .files
            .iter()
            .zip(&self.names)
            .zip(&self.streams)
            .map(|((found, name), stream)| Member {
                file: found.file,
                name: name.clone(),
                path: format!("/repo/{name}"),
                identities: identities(stream).into(),
            })
            .collect();
        group(&members, classified, named)
    }

    /// Classes but for manifests and data, then sets, then what is in none.
    fn described(&self, named: &[NamedSet]) -> String {
        let classified = self.classified();
        let mut lines: Vec<String> = classified
            .classes
            .iter()
            .zip(&self.names)
            .filter(|(class, _)| !matches!(class.word(), "manifest" | "data"))
            .map(|(class, name)| format!("{} {name}\n", class.word()))
            .collect();
        lines.sort();
        let mut text = lines.concat();
        let grouped = self.grouped(&classified, named);
        let name = |file: &seaworthy::source::FileId| {
            let at = self.walked.files.iter().position(|found| found.file == *file).unwrap();
            self.names[at].clone()
        };
        let part = |part: &Part| match part {
            Part::File(file) => name(file),
            Part::Kustomization(built) | Part::Chart(built) => match &built.cannot {
                Some(why) => format!("no build of {}: {why}", built.directory),
                None if built.from.is_empty() => format!("build of {} from nothing", built.directory),
                None => {
                    let from: Vec<String> = built.from.iter().map(name).collect();
                    format!("build of {} from {}", built.directory, from.join(" "))
                }
            },
        };
        let mut sets: Vec<String> = grouped
            .sets
            .iter()
            .map(|set| {
                let parts: Vec<String> = set.parts.iter().map(part).collect();
                format!("  {} by {}: {}\n", set.name, method(set.method), parts.join(" "))
            })
            .collect();
        sets.sort();
        let _ = write!(text, "sets:\n{}", sets.concat());
        if !grouped.outside.is_empty() {
            text.push_str("outside:\n");
        }
        for (file, _) in &grouped.outside {
            let _ = writeln!(text, "  {}", name(file));
        }
        text
    }
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Kubectl => "kubectl",
        Method::Kustomize => "kustomize",
        Method::Helm => "helm",
        Method::Flux => "flux",
        _ => "another way",
    }
}

fn directories(of: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(of);
    let mut names: Vec<String> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every file below `fixtures/classify/CLASS/` is of that class.
#[test]
fn each_file_is_what_its_directory_says() {
    let mut wrong = Vec::new();
    for class in directories("classify") {
        let repository = Repository::read("classify", &class);
        for (index, name) in repository.names.iter().enumerate() {
            let input = repository.walked.sources.get(repository.walked.files[index].file);
            let alone = name.strip_prefix(&format!("{class}/")).unwrap();
            let found = seaworthy::classify::classify(alone, &input.text, &repository.streams[index]);
            if found.word() != class {
                wrong.push(format!("{name} is taken for {}", found.word()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every tree of `fixtures/sets/` is divided as its `expected.txt` says.
#[test]
fn each_tree_is_divided_as_expected() {
    for tree in directories("sets") {
        let described = Repository::read("sets", &tree).described(&[]);
        let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sets").join(&tree).join("expected.txt");
        assert_eq!(described, std::fs::read_to_string(expected).unwrap(), "{tree}");
    }
}

#[test]
fn named_sets_come_first_and_share_files() {
    let repository = Repository::read("sets", "environments");
    let set = |name: &str, paths: &[&str], method| NamedSet {
        name: name.to_owned(),
        paths: paths.iter().map(|path| format!("/repo/environments/k8s/{path}")).collect(),
        method,
        namespace: Some("harbour".to_owned()),
        values: Vec::new(),
    };
    let described = repository.described(&[
        set("north", &["crd.yaml", "production"], None),
        set("south", &["staging/*.yaml", "crd.yaml"], Some(Method::Flux)),
    ]);
    let expected = "sets:
  environments/k8s/monitoring/rules.yaml by kubectl: environments/k8s/monitoring/rules.yaml
  north by kubectl: environments/k8s/crd.yaml environments/k8s/production/namespace.yaml environments/k8s/production/web.yaml
  south by flux: environments/k8s/staging/web.yaml environments/k8s/crd.yaml
";
    assert_eq!(described, expected);
}

#[test]
fn a_named_set_builds_what_it_names() {
    let repository = Repository::read("sets", "overlays");
    let classified = repository.classified();
    let named = NamedSet {
        name: "production".to_owned(),
        paths: vec!["/repo/overlays/overlays/production".to_owned(), "/repo/overlays/nowhere".to_owned()],
        ..NamedSet::default()
    };
    let grouped = repository.grouped(&classified, &[named]);
    assert_eq!((grouped.sets[0].name.as_str(), grouped.sets[0].method), ("production", Method::Kustomize));
    let Part::Kustomization(built) = &grouped.sets[0].parts[0] else { panic!("{:?}", grouped.sets[0]) };
    assert_eq!((built.directory.as_str(), grouped.sets[0].parts.len()), ("overlays/overlays/production", 1));
    let unmatched = Unmatched { set: "production".to_owned(), path: "/repo/overlays/nowhere".to_owned() };
    assert_eq!(grouped.unmatched, [unmatched]);
    let sets: Vec<&str> = grouped.sets.iter().map(|set| set.name.as_str()).collect();
    assert_eq!(sets, ["production", "overlays/overlays/staging", "overlays/base/forgotten.yaml"]);
}

/// A program of this name that says this, in a directory that is the whole `PATH`.
#[cfg(unix)]
fn saying(directory: &Path, program: &str, text: &str, exit: u8) -> seaworthy::source::render::Tools {
    use std::os::unix::fs::PermissionsExt;
    let path = directory.join(program);
    let (said, to) = (directory.join("said"), if exit == 0 { 1 } else { 2 });
    std::fs::write(&said, text).unwrap();
    std::fs::write(&path, format!("#!/bin/sh\ncat '{}' >&{to}\nexit {exit}\n", said.display())).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    seaworthy::source::render::Tools::in_path(directory.as_os_str())
}

#[cfg(unix)]
fn checked(tree: &str, tools: seaworthy::source::render::Tools) -> seaworthy::report::Report {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sets").join(tree).display().to_string();
    let request = seaworthy::pipeline::CheckRequest { paths: vec![path], tools, ..Default::default() };
    seaworthy::pipeline::check(&request, &mut std::io::empty()).unwrap()
}

#[cfg(unix)]
#[test]
fn what_is_rendered_is_judged_but_for_what_is_still_a_template() {
    let bin = tempfile::tempdir().unwrap();
    let rendered = "apiVersion: v1\nkind: Service\nmetadata: {name: \"web-${REGION}\"}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: Web}\nspec: {ports: [{port: 80}]}\n";
    let report = checked("overlays/overlays/staging", saying(bin.path(), "kustomize", rendered, 0));
    let attempts: Vec<(&str, &str)> = report
        .sets
        .iter()
        .flat_map(|set| &set.attempts)
        .map(|attempt| (attempt.name.as_str(), attempt.outcome.word()))
        .collect();
    assert_eq!(attempts, [("Web", "failed")]);
    let left_out: Vec<&str> =
        report.unchecked.iter().filter(|what| what.class == "template").map(|what| what.what.as_str()).collect();
    assert_eq!(left_out.len(), 1);
    assert!(left_out[0].ends_with("overlays/staging (kustomize build)"), "{left_out:?}");
}

#[cfg(unix)]
#[test]
fn a_build_that_fails_is_a_finding_and_one_that_cannot_be_tried_is_not() {
    let bin = tempfile::tempdir().unwrap();
    let words = "Error: may not add resource with an already registered id";
    let report = checked("overlays/overlays/staging", saying(bin.path(), "kustomize", words, 1));
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].message, "may not add resource with an already registered id");
    let words = "Error: accumulating resources from '../../base': no such file";
    let report = checked("overlays/overlays/staging", saying(bin.path(), "kustomize", words, 1));
    let place = report.findings[0].labels[0].span;
    let text = &report.sources.get(place.file).text.text;
    assert_eq!(&text[place.range.start as usize..place.range.end as usize], "../../base");
    let nothing = tempfile::tempdir().unwrap();
    let report =
        checked("overlays/overlays/staging", seaworthy::source::render::Tools::in_path(nothing.path().as_os_str()));
    assert!(report.findings.is_empty());
    let reasons: Vec<&str> = report.unchecked.iter().map(|what| what.why.as_str()).collect();
    assert_eq!(reasons, ["not rendered: kustomize or kubectl is not installed"]);
}

/// What pre-commit does: single files, without what they belong to.
#[cfg(unix)]
#[test]
fn a_part_of_something_that_is_named_alone_is_no_manifest() {
    let nothing = tempfile::tempdir().unwrap();
    for (path, class, unchecked) in [
        ("overlays/overlays/production/replicas.yaml", "kustomize-input", "kustomization"),
        ("overlays/overlays/production/transformers/labels.yaml", "kustomize-input", "kustomization"),
        ("overlays/base/web.yaml", "manifest", "kustomization"),
        ("charts/shop/templates/tests/parses.yaml", "helm-template", "helm-chart"),
        ("charts/shop/templates/tests", "helm-template", "helm-chart"),
        ("charts/shop/values.yaml", "values", "helm-chart"),
    ] {
        let report = checked(path, seaworthy::source::render::Tools::in_path(nothing.path().as_os_str()));
        assert_eq!(report.files.iter().map(|count| count.class).collect::<Vec<_>>(), [class], "{path}");
        let classes: Vec<&str> = report.unchecked.iter().map(|what| what.class).collect();
        assert_eq!((report.sets.len(), classes), (0, vec![unchecked]), "{path}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_wrong_in_rendered_text_is_shown_where_it_is_written() {
    let bin = tempfile::tempdir().unwrap();
    let rendered = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: prod-web
spec:
  replicas: -3
  minReadySeconds: -1
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: Web
        image: web:1
";
    let report = checked("traced", saying(bin.path(), "kustomize", rendered, 0));
    let mut places: Vec<(String, String)> = report
        .findings
        .iter()
        .map(|finding| {
            let label = &finding.labels[0];
            let file = report.sources.get(label.span.file);
            let at = &file.text.text[label.span.range.start as usize..label.span.range.end as usize];
            let name = file.name.rsplit_once("traced/").unwrap().1;
            (finding.field.to_string(), format!("{name}: {at} {}", label.text))
        })
        .collect();
    places.sort();
    let expected = [
        ("spec.minReadySeconds", "base/web.yaml: web the object it was made from"),
        ("spec.replicas", "prod/replicas.yaml: -3 the patch sets it"),
        ("spec.template.spec.containers[0].name", "base/web.yaml: Web "),
    ];
    assert_eq!(places, expected.map(|(field, place)| (field.to_owned(), place.to_owned())));
    let second: Vec<&str> = report.findings.iter().map(|finding| finding.labels[1].text.as_str()).collect();
    assert_eq!(second, ["as rendered"; 3]);
}

#[cfg(unix)]
#[test]
fn what_is_wrong_in_a_chart_is_shown_in_its_template() {
    let bin = tempfile::tempdir().unwrap();
    let rendered = "---
# Source: shop/templates/deployment.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: Wrong
";
    let report = checked("charts/shop", saying(bin.path(), "helm", rendered, 0));
    let label = &report.findings[0].labels[0];
    assert!(report.sources.get(label.span.file).name.ends_with("charts/shop/templates/deployment.yaml"));
    assert_eq!(label.text, "rendered from this template");
}
