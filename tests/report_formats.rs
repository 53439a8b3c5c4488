//! Every format beside the human one and the JSON: of the same small project, what is printed, and whether those who read
//! it can.

mod report_support;

use report_support::{origin_story, plan_with_an_unknown_kind};
use seaworthy::finding::Level;
use seaworthy::report::{Format, Options};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::process::{Command, Output};

/// An error, a warning that points at two files, values of a Secret, and what is not judged.
const PROJECT: &str = "fixtures/formats";

/// What `seaworthy check` does in the repository's directory, without the variables of any CI.
fn check(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("check").args(arguments);
    command.env_remove("GITHUB_STEP_SUMMARY").envs([("COLUMNS", "80"), ("LC_ALL", "C.UTF-8")]);
    command.output().expect("the program runs")
}

fn printed(format: &str) -> String {
    let output = check(&["--output", format, PROJECT]);
    assert_eq!(output.status.code(), Some(1), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

const FORMATS: [&str; 8] = ["human", "json", "concise", "sarif", "junit", "github", "gitlab", "tap"];

#[test]
fn concise() {
    insta::assert_snapshot!(printed("concise"));
}

/// But for the version and the help of the rules, which is theirs to change.
#[test]
fn sarif() {
    let mut log: Value = serde_json::from_str(&printed("sarif")).expect("JSON");
    let driver = &mut log["runs"][0]["tool"]["driver"];
    assert_eq!(driver["semanticVersion"], env!("CARGO_PKG_VERSION"));
    driver["semanticVersion"] = "VERSION".into();
    for rule in driver["rules"].as_array_mut().expect("rules") {
        assert!(rule["help"]["text"].as_str().is_some_and(|help| !help.is_empty()));
        rule["help"] = "HELP".into();
    }
    insta::assert_snapshot!(format!("{log:#}"));
}

#[test]
fn junit() {
    insta::assert_snapshot!(printed("junit"));
}

#[test]
fn github() {
    insta::assert_snapshot!(printed("github"));
}

#[test]
fn gitlab() {
    insta::assert_snapshot!(printed("gitlab"));
}

#[test]
fn tap() {
    insta::assert_snapshot!(printed("tap"));
}

#[test]
fn json() {
    insta::assert_snapshot!(printed("json"));
}

#[test]
fn human() {
    insta::assert_snapshot!(printed("human"));
}

#[test]
fn no_format_tells_a_secret() {
    let directory = tempfile::tempdir().expect("a directory");
    let summary = directory.path().join("summary.md");
    for format in FORMATS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["check", "--output", format, PROJECT]);
        let output = command.env("GITHUB_STEP_SUMMARY", &summary).output().expect("the program runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.contains("keeper"), "{format} tells of the Secret");
        for secret in ["correct horse", "battery", "4711"] {
            assert!(!text.contains(secret), "{format} tells {secret}");
        }
    }
    let text = std::fs::read_to_string(summary).expect("a job summary");
    assert!(text.contains("keeper") && !text.contains("battery") && !text.contains("4711"));
}

#[test]
fn every_format_counts_what_was_not_judged_and_ends_alike() {
    for format in FORMATS {
        let text = printed(format);
        assert!(text.contains("50-values.yaml"), "{format} names the template");
        assert!(text.contains("no CRD of sea.example.com/v1 Signal is known"), "{format} names the custom resource");
        let whole = check(&["--output", format, "fixtures/formats/00-namespace.yaml"]);
        assert_eq!(whole.status.code(), Some(0), "{format}");
        let usage = check(&["--output", format, "fixtures/no-such-directory"]);
        assert_eq!((usage.status.code(), usage.stdout.len()), (Some(2), 0), "{format}");
    }
}

fn sarif_errors(log: &str) -> Vec<String> {
    let schema = include_str!("vendor/sarif/sarif-schema-2.1.0.json");
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::draft4::new(&schema).expect("the schema is one");
    let log: Value = serde_json::from_str(log).expect("JSON");
    validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn sarif_follows_the_official_schema() {
    assert_eq!(sarif_errors(&printed("sarif")), [""; 0]);
    for builder in [origin_story(), plan_with_an_unknown_kind(), report_support::Builder::default()] {
        assert_eq!(sarif_errors(&builder.write(Format::Sarif, &Options::default())), [""; 0]);
    }
    assert_ne!(sarif_errors("{\"version\": \"2.1.0\", \"runs\": [{}]}"), [""; 0], "the schema refuses what is none");
}

/// Every value below one of these names.
fn below<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                if field == name {
                    found.push(value);
                }
                below(value, name, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| below(value, name, found)),
        _ => {}
    }
}

#[test]
fn sarif_regions_are_where_they_say_in_lines_and_in_characters() {
    let log: Value = serde_json::from_str(&printed("sarif")).expect("JSON");
    let mut places = Vec::new();
    below(&log, "physicalLocation", &mut places);
    let mut with_offsets = 0;
    for place in places {
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI").replace("%2C", ",").replace("%20", " ");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(uri.replace("%25", "%"));
        let text: Vec<char> = std::fs::read_to_string(&path).expect("a file of the project").chars().collect();
        let region = &place["region"];
        let number = |name: &str| region[name].as_u64().map(|number| usize::try_from(number).expect("small"));
        let Some(offset) = number("charOffset") else { continue };
        with_offsets += 1;
        let at = |line: usize, column: usize| {
            let before: usize = text.split_inclusive(|c| *c == '\n').take(line - 1).map(<[char]>::len).sum();
            before + column - 1
        };
        let [Some(line), Some(column), Some(end_line), Some(end_column)] =
            ["startLine", "startColumn", "endLine", "endColumn"].map(number)
        else {
            panic!("a region without lines: {region}");
        };
        assert_eq!(at(line, column), offset, "{uri} {region}");
        assert_eq!(at(end_line, end_column), offset + number("charLength").expect("a length"), "{uri} {region}");
    }
    assert!(with_offsets >= 8, "{with_offsets}");
}

#[test]
fn sarif_results_point_at_their_rules_and_carry_our_fingerprints() {
    let log: Value = serde_json::from_str(&printed("sarif")).expect("JSON");
    let json: Value = serde_json::from_str(&printed("json")).expect("JSON");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), json["findings"].as_array().expect("findings").len());
    for (result, finding) in results.iter().zip(json["findings"].as_array().expect("findings")) {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(rules[index]["help"]["text"].as_str().map(str::is_empty), Some(false));
        assert_eq!(result["partialFingerprints"]["seaworthyFinding/v1"], finding["fingerprint"]);
    }
}

#[test]
fn gitlab_fingerprints_are_all_different() {
    // The same fault twice: two sets that hold the same object.
    let mut twice = origin_story();
    let again = twice.report.findings.clone();
    twice.report.findings.extend(again);
    let issues: Vec<Value> = serde_json::from_str(&twice.write(Format::Gitlab, &Options::default())).expect("JSON");
    let fingerprints: HashSet<&str> = issues.iter().filter_map(|issue| issue["fingerprint"].as_str()).collect();
    assert_eq!(fingerprints.len(), issues.len());
    for issue in &issues {
        let severity = issue["severity"].as_str().expect("a severity");
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity), "{severity}");
        assert!(issue["location"]["lines"]["begin"].as_u64().is_some_and(|line| line > 0));
    }
}

#[test]
fn junit_is_well_formed_and_its_counts_are_true() {
    use quick_xml::events::Event;
    let text = printed("junit");
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    let mut claimed: BTreeMap<String, usize> = BTreeMap::new();
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(element) | Event::Empty(element) => {
                let name = String::from_utf8(element.name().as_ref().to_vec()).expect("UTF-8");
                if name == "testsuites" {
                    for attribute in element.attributes() {
                        let attribute = attribute.expect("an attribute");
                        let key = String::from_utf8(attribute.key.as_ref().to_vec()).expect("UTF-8");
                        let value = attribute.unescape_value().expect("escaped");
                        if let Ok(number) = value.parse() {
                            claimed.insert(key, number);
                        }
                    }
                }
                *counted.entry(name).or_default() += 1;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(claimed["tests"], counted["testcase"]);
    assert_eq!(claimed["failures"], counted["failure"]);
    assert_eq!(claimed["skipped"], counted["skipped"]);
    assert_eq!((claimed["tests"], claimed["failures"], claimed["skipped"]), (9, 5, 2));
}

#[test]
fn tap_numbers_its_points_through() {
    let text = origin_story().write(Format::Tap, &Options::default());
    let mut lines = text.lines();
    assert_eq!((lines.next(), lines.next()), (Some("TAP version 14"), Some("1..10")));
    let points: Vec<&str> = lines.filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).collect();
    for (at, point) in points.iter().enumerate() {
        let number = point.trim_start_matches("not ").trim_start_matches("ok ").split(' ').next();
        assert_eq!(number, Some((at + 1).to_string().as_str()));
    }
    assert_eq!(points.len(), 10);
    assert_eq!(points.iter().filter(|point| point.starts_with("not ok ")).count(), 3);
}

#[test]
fn github_shows_ten_annotations_of_a_level_and_says_that_there_are_more() {
    let mut many = origin_story();
    let error = many.report.findings.iter().find(|finding| finding.level == Level::Error).expect("an error").clone();
    many.report.findings.extend((0..20).map(|_| error.clone()));
    let text = many.write(Format::Github, &Options::default());
    let errors = many.report.count(Level::Error);
    assert_eq!(text.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert!(text.contains(&format!("::error title=seaworthy::{errors} annotations of this level")), "{text}");
    // Those without an annotation are lines of the log, and none of them is a command.
    let plain = text.lines().filter(|line| line.starts_with("- ") && line.contains("error[")).count();
    assert_eq!(plain, errors - 9);
}

#[test]
fn a_summary_of_much_ends_within_what_github_takes() {
    let mut much = report_support::Builder::default();
    for set in 0..600 {
        report_support::config_maps(&mut much, &format!("set-{set}"), 30, &(0..30).step_by(2).collect::<Vec<_>>());
    }
    let summary = seaworthy::report::github_summary(&much.report);
    assert!(summary.len() <= 1024 * 1024, "{}", summary.len());
    assert!(summary.contains("more would not fit"), "it says what is missing");
}

#[test]
fn several_formats_are_written_at_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).display().to_string();
    let summary = path("summary.md");
    std::fs::write(&summary, "# What another command wrote\n").expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["check", PROJECT, "--output", "github", "--output", &format!("sarif={}", path("deep/out.sarif"))])
        .args(["--format", &format!("junit={}", path("out.xml"))])
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    let read = |path: &str| std::fs::read_to_string(path).expect("a file");
    assert_eq!(read(&path("deep/out.sarif")), printed("sarif"));
    assert_eq!(read(&path("out.xml")), printed("junit"));
    assert_eq!(String::from_utf8(output.stdout).expect("UTF-8"), printed("github"));
    let summary = read(&summary);
    assert!(summary.starts_with("# What another command wrote\n### ❌ seaworthy: "), "{summary}");
    insta::assert_snapshot!("github_summary", summary.trim_start_matches("# What another command wrote\n"));
    let left = std::fs::read_dir(directory.path()).expect("a directory").count();
    assert_eq!(left, 3, "no part of a file is left over");
}

#[test]
fn where_only_files_are_asked_for_people_read_standard_output() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = format!("json={}", directory.path().join("out.json").display());
    let output = check(&["--output", &file, PROJECT]);
    assert_eq!(String::from_utf8(output.stdout).expect("UTF-8"), printed("human"));
}

#[test]
fn two_forms_in_one_place_are_refused_before_anything_is_judged() {
    let refused = |arguments: &[&str]| {
        let output = check(arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    assert!(
        refused(&["--output", "sarif", "--output", "tap"]).contains("two forms of the report would go to standard")
    );
    assert!(refused(&["--format", "sarif", "--output", "tap=-"]).contains("sarif=report.sarif"));
    assert!(refused(&["--output", "tap=x", "--output", "sarif=x"]).contains("would be written to x"));
    assert!(refused(&["--output", "yaml"]).contains("\"yaml\" is no format; there are human, json, concise"));
    assert!(refused(&["--output", "sarif="]).contains("a file is missing"));
}

#[test]
fn a_file_that_cannot_be_written_is_said_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("a-file");
    std::fs::write(&file, "").expect("a file");
    let output = check(&["--output", &format!("sarif={}", file.join("below").display()), PROJECT]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write "), "{output:?}");
    assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 1);
}

#[test]
fn a_plan_takes_the_same_formats() {
    let output = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        // kubectl's own `-o` is taken and changes nothing.
        .args(["plan", "-o", "yaml", "--format", "concise", "-f", "fixtures/formats/30-keeper.yaml"])
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.starts_with("fixtures/formats/30-keeper.yaml:7:8: error[decode/wrong-type] "), "{text}");
}

/// The block of this language below the heading on the page.
fn documented<'p>(page: &'p str, heading: &str, language: &str) -> &'p str {
    let below = page.split(heading).nth(1).unwrap_or_else(|| panic!("the page has no {heading}"));
    let block = below.split(&format!("```{language}\n")).nth(1).unwrap_or_else(|| panic!("no {language} block"));
    block.split("```").next().unwrap_or_default()
}

/// What an editor takes out of each line of the concise form: file, line, column, severity, rule and message.
#[test]
fn the_problem_matcher_of_the_page_reads_concise_lines() {
    let page = include_str!("../docs/output.md");
    let matcher: Value = serde_json::from_str(documented(page, "### `concise`", "jsonc")).expect("JSON");
    let pattern = &matcher["pattern"];
    let expression = regex::Regex::new(pattern["regexp"].as_str().expect("an expression")).expect("one");
    let group = |name: &str| usize::try_from(pattern[name].as_u64().expect("a group")).expect("small");
    let printed = printed("concise");
    for line in printed.lines() {
        let found = expression.captures(line).unwrap_or_else(|| panic!("not matched: {line}"));
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(&found[group("file")]).is_file(), "{line}");
        assert!(found[group("line")].parse::<u32>().is_ok_and(|line| line > 0));
        assert!(found[group("column")].parse::<u32>().is_ok_and(|column| column > 0));
        assert!(["error", "warning", "advice", "unchecked"].contains(&&found[group("severity")]), "{line}");
        assert!(!found[group("code")].is_empty() && !found[group("message")].is_empty());
    }
}

/// vim's own `errorformat`, as it is without any configuration.
#[test]
fn vim_reads_concise_lines() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).display().to_string();
    std::fs::write(path("errors"), printed("concise")).expect("a file");
    let script = format!(
        "cgetfile {}\nlet l = map(filter(getqflist(), 'v:val.valid'), 'bufname(v:val.bufnr) . \"|\" . v:val.lnum . \
         \"|\" . v:val.col . \"|\" . v:val.text')\ncall writefile(l, '{}')\nqa!\n",
        path("errors"),
        path("read")
    );
    std::fs::write(path("script.vim"), script).expect("a file");
    let vim = Command::new("vim")
        .args(["-u", "NONE", "-i", "NONE", "-n", "-N", "-e", "-s", "-S", &path("script.vim")])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(std::process::Stdio::null())
        .output();
    let Ok(output) = vim else {
        eprintln!("SKIPPED: vim is not installed, so nobody asked it to read the concise form");
        return;
    };
    let read = std::fs::read_to_string(path("read")).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let expected: Vec<String> = printed("concise")
        .lines()
        .map(|line| {
            let mut parts = line.splitn(4, ':');
            let mut next = || parts.next().expect("four parts");
            format!("{}|{}|{}|{}", next(), next(), next(), next())
        })
        .collect();
    assert_eq!(read.lines().collect::<Vec<_>>(), expected);
}
