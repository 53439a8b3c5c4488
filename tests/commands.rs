//! The commands that tell of rules and of themselves, and what every command does when nobody reads its output.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn seaworthy(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command.envs([("COLUMNS", "80"), ("LC_ALL", "C.UTF-8")]);
    command
}

fn run(arguments: &[&str]) -> Output {
    seaworthy(arguments).output().expect("the program")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

const SET: &str = "fixtures/origin-story";

#[test]
fn rules_lists_every_rule_as_text_and_as_json() {
    let listed = run(&["rules"]);
    assert_eq!(listed.status.code(), Some(0));
    let ids: Vec<&str> = text(&listed.stdout).lines().filter_map(|line| line.split(' ').next()).collect();
    let all: Vec<&str> = seaworthy::rules::all().iter().map(|rule| rule.id).collect();
    assert_eq!(ids, all);

    let json: serde_json::Value = serde_json::from_slice(&run(&["rules", "--format", "json"]).stdout).expect("JSON");
    for (told, rule) in json.as_array().expect("a list").iter().zip(seaworthy::rules::all()) {
        assert_eq!(told["id"], rule.id);
        assert_eq!(told["level"], rule.level.word());
        assert_eq!(told["docs"], rule.docs);
    }
}

#[test]
fn rules_are_listed_by_area_and_by_level() {
    let ids = |arguments: &[&str]| -> Vec<String> {
        let listed = run(arguments);
        assert_eq!(listed.status.code(), Some(0), "{arguments:?}");
        text(&listed.stdout).lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect()
    };
    let security = ids(&["rules", "security"]);
    assert!(security.len() > 20 && security.iter().all(|id| id.starts_with("security/")), "{security:?}");
    assert!(ids(&["rules", "--level", "advice"]).len() > security.len());
    assert!(ids(&["rules", "api", "--level", "advice"]).is_empty());
    let unknown = run(&["rules", "securty"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).starts_with("seaworthy: there is no area securty; there are admission, api,"));
}

#[test]
fn explain_prints_a_page_a_list_or_what_was_meant() {
    let page = run(&["explain", "api/ingress"]);
    assert!(text(&page.stdout).starts_with("api/ingress\n\nAn Ingress's hosts"), "{}", text(&page.stdout));
    let markdown = run(&["explain", "api/ingress", "--format", "markdown"]);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules/api/ingress.md");
    assert_eq!(text(&markdown.stdout), std::fs::read_to_string(committed).expect("a page"));
    let area = run(&["explain", "yaml/"]);
    assert!(text(&area.stdout).lines().count() > 5 && text(&area.stdout).lines().all(|line| line.starts_with("yaml/")));
    let unknown = run(&["explain", "api/ingrss"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert_eq!(
        text(&unknown.stderr),
        "seaworthy: there is no rule api/ingrss; did you mean api/ingress? `seaworthy rules` lists all\n"
    );
}

#[test]
fn colours_are_there_only_where_they_are_asked_for() {
    for arguments in [&["rules"][..], &["explain", "kubectl/parse"], &["check", SET]] {
        assert!(!run(arguments).stdout.contains(&0x1b), "{arguments:?}");
        let coloured = run(&[arguments, &["--color", "always"][..]].concat());
        assert!(coloured.stdout.contains(&0x1b), "{arguments:?}");
    }
}

#[test]
fn completions_are_printed_for_every_shell_and_read_by_those_at_hand() {
    for (shell, check) in [
        ("bash", Some(["bash", "-n"])),
        ("elvish", None),
        ("fish", Some(["fish", "--no-execute"])),
        ("powershell", None),
        ("zsh", Some(["zsh", "-n"])),
    ] {
        let script = run(&["completions", shell]);
        assert_eq!(script.status.code(), Some(0), "{shell}");
        for command in seaworthy::cli::command().get_subcommands() {
            assert!(text(&script.stdout).contains(command.get_name()), "{shell}: {}", command.get_name());
        }
        let Some([program, flag]) = check else { continue };
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), &script.stdout).expect("a script");
        match Command::new(program).arg(flag).arg(file.path()).output() {
            Ok(read) => assert!(read.status.success(), "{shell}: {}", text(&read.stderr)),
            Err(_) => eprintln!("SKIPPED: {program} is not here to read its completions"),
        }
    }
}

#[test]
fn quiet_says_what_is_wrong_and_twice_quiet_nothing() {
    let quiet = run(&["check", SET, "--quiet"]);
    assert_eq!(quiet.status.code(), Some(1));
    let said = text(&quiet.stdout);
    assert!(said.starts_with("error[api/pod-resources]") && !said.contains("would not go through whole"), "{said}");
    let silent = run(&["check", SET, "-qq"]);
    assert_eq!((silent.status.code(), text(&silent.stdout)), (Some(1), ""));

    let whole = format!("{SET}/00-namespace.yaml");
    for quiet in ["-q", "-qq"] {
        let nothing = run(&["plan", "-f", &whole, quiet]);
        assert_eq!((nothing.status.code(), text(&nothing.stdout)), (Some(0), ""), "{quiet}");
    }
    let json = run(&["check", SET, "-qq", "--format", "json"]);
    assert!(serde_json::from_slice::<serde_json::Value>(&json.stdout).is_ok(), "forms for programs stay whole");
}

#[test]
fn nothing_is_said_on_standard_error_that_is_no_terminal() {
    assert_eq!(text(&run(&["check", SET]).stderr), "");
}

/// Arguments with which each command prints something.
const EVERY_COMMAND: &[&[&str]] = &[
    &["--help"],
    &["--version"],
    &["catalog", "add", "CRDS", "--to", "SCHEMAS"],
    &["check", SET],
    &["check", SET, "--format", "json"],
    &["check", "SLIP", "--diff", "--unsafe-fixes"],
    &["completions", "bash"],
    &["explain", "api/ingress"],
    &["plan", "-f", SET],
    &["read", "fixtures/origin-story/10-settings.yaml"],
    &["rules"],
];

#[test]
fn a_reader_that_goes_away_is_no_fault_of_any_command() {
    let temporary = tempfile::tempdir().expect("a directory");
    let crds = temporary.path().join("crds.yaml");
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: dinghies.harbour.example.com}\nspec:\n  group: harbour.example.com\n  scope: Namespaced\n  names: {plural: dinghies, kind: Dinghy}\n  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]\n";
    std::fs::write(&crds, crd).expect("a file");
    let crds = crds.to_string_lossy().into_owned();
    let slip = temporary.path().join("slip.yaml");
    std::fs::write(&slip, "apiVersion: v1\nkind: Service\nmetadata: {name: buoy}\nspec: {prots: [{port: 80}]}\n")
        .expect("a file");
    let slip = slip.to_string_lossy().into_owned();
    let schemas = temporary.path().join("schemas").to_string_lossy().into_owned();
    let mut named = BTreeSet::new();
    for arguments in EVERY_COMMAND {
        named.insert(arguments[0]);
        let in_place = |argument: &&'static str| match *argument {
            "CRDS" => crds.clone(),
            "SCHEMAS" => schemas.clone(),
            "SLIP" => slip.clone(),
            other => other.to_owned(),
        };
        let given: Vec<String> = arguments.iter().map(in_place).collect();
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let read = run(&given);
        assert!(!read.stdout.is_empty(), "{given:?} prints something");
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let unread = seaworthy(&given).stdout(writer).output().expect("the program");
        assert_eq!(unread.status.code(), read.status.code(), "{given:?}: {}", text(&unread.stderr));
        assert_eq!(text(&unread.stderr), text(&read.stderr), "{given:?}");
    }
    // It answers to a client and prints nothing of its own accord; tests/lsp.rs holds it to clients that go away.
    named.insert("lsp");
    // It prints what a server tells it; tests/server_real.rs has one.
    named.insert("snapshot");
    for command in seaworthy::cli::command().get_subcommands() {
        assert!(named.contains(command.get_name()), "{} is not held to this", command.get_name());
    }
}

#[test]
fn what_nobody_hears_is_still_in_the_exit_code() {
    for arguments in [&["explain", "no-such-rule"][..], &["check", "no/such/path"]] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let status = seaworthy(arguments).stdout(Stdio::null()).stderr(writer).status().expect("the program");
        assert_eq!(status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn no_command_prints_by_a_macro_that_panics_where_nobody_reads() {
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli")).expect("a directory") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(!text.contains("println!("), "{} prints by a macro", path.display());
    }
}
