//! A catalogue, from the CRDs it is made of to the objects it judges.

use seaworthy::pipeline::{Catalogue, CatalogueError, CheckRequest, check, write_catalogue};
use seaworthy::report::Report;
use std::fs;
use std::path::Path;

const CRD: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ferrylines.ferries.example.com}
spec:
  group: ferries.example.com
  scope: Namespaced
  names: {kind: FerryLine, plural: ferrylines}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [harbours]
              properties:
                harbours: {type: array, items: {type: string}}
                seats: {type: integer, minimum: 1}
";

fn line(name: &str, spec: &str) -> String {
    format!("apiVersion: ferries.example.com/v1\nkind: FerryLine\nmetadata: {{name: {name}}}\nspec: {spec}\n")
}

fn checked(directory: &Path, locations: &[String]) -> Report {
    let request = CheckRequest {
        paths: vec![directory.join("lines").to_string_lossy().into_owned()],
        catalogue: Catalogue::new(locations).expect("locations"),
        ..CheckRequest::default()
    };
    check(&request, &mut std::io::empty()).expect("a report")
}

#[test]
fn what_a_catalogue_knows_is_judged() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    fs::write(path("crd.yaml"), CRD).expect("written");
    fs::create_dir(path("lines")).expect("a directory");
    fs::write(path("lines/north.yaml"), line("north", "{harbours: [a, b]}")).expect("written");
    fs::write(path("lines/south.yaml"), line("south", "{harbors: [a], seats: 0}")).expect("written");

    let unjudged = checked(directory.path(), &[]);
    assert_eq!(unjudged.findings.len(), 0);
    assert!(unjudged.sets.iter().flat_map(|set| &set.attempts).all(|attempt| attempt.unchecked.is_some()));

    let catalogue = directory.path().join("schemas");
    let written = write_catalogue(&[path("crd.yaml")], &catalogue).expect("a catalogue");
    assert_eq!((written.files, written.unchanged), (vec!["ferries.example.com/ferryline_v1.json".to_owned()], 0));
    let again = write_catalogue(&[path("crd.yaml")], &catalogue).expect("a catalogue");
    assert_eq!(again.unchanged, 1);

    let report = checked(directory.path(), &[path("nowhere"), path("schemas")]);
    let mut found: Vec<_> = report.findings.iter().map(|one| (one.field.to_string(), one.help.clone())).collect();
    found.sort();
    assert_eq!(
        found,
        [
            ("spec".to_owned(), None),
            ("spec.harbors".to_owned(), Some("did you mean harbours?".to_owned())),
            ("spec.seats".to_owned(), None),
        ]
    );
    assert!(report.sets.iter().flat_map(|set| &set.attempts).all(|attempt| attempt.unchecked.is_none()));
}

#[test]
fn nothing_is_written_of_what_cannot_be_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    fs::write(path("crds.yaml"), format!("{CRD}---\na: [\n")).expect("written");
    let catalogue = directory.path().join("schemas");
    let error = write_catalogue(&[path("crds.yaml")], &catalogue).expect_err("a document is broken");
    assert!(matches!(error, CatalogueError::Document(_)), "{error}");
    assert!(!catalogue.exists());
    fs::write(path("crds.yaml"), line("north", "{}")).expect("written");
    let error = write_catalogue(&[path("crds.yaml")], &catalogue).expect_err("there is no CRD");
    assert_eq!(error.to_string(), "there is no CustomResourceDefinition with a schema in these files");
    let differing = format!("{CRD}---\n{}", CRD.replace("minimum: 1", "minimum: 2"));
    fs::write(path("crds.yaml"), differing).expect("written");
    let error = write_catalogue(&[path("crds.yaml")], &catalogue).expect_err("which of them is not known");
    assert!(matches!(error, CatalogueError::Twice(_)), "{error}");
}

#[test]
fn a_broken_schema_is_a_warning() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    fs::create_dir_all(path("schemas/ferries.example.com")).expect("a directory");
    fs::write(path("schemas/ferries.example.com/ferryline_v1.json"), "{").expect("written");
    fs::create_dir(path("lines")).expect("a directory");
    fs::write(path("lines/north.yaml"), line("north", "{}")).expect("written");
    let report = checked(directory.path(), &[path("schemas")]);
    let rules: Vec<_> = report.findings.iter().map(|finding| finding.rule.id).collect();
    assert_eq!(rules, ["schema/unusable"]);
    assert!(report.sets[0].attempts[0].unchecked.is_some(), "nothing judged it");
}
