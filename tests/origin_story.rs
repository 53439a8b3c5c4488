//! Why seaworthy exists: a merge in which one object of seven is refused, and kubectl deploys the other six.

use std::process::{Command, Output};

fn seaworthy(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("COLUMNS", "80")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("NO_COLOR")
        .output()
        .expect("the program runs")
}

#[test]
fn the_report_says_which_objects_would_have_been_deployed() {
    let output = seaworthy(&["check", "fixtures/origin-story"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("6 of 7 objects would be live when this apply ends; Deployment harbour/berth"), "{text}");
    assert!(text.contains("must be less than or equal to memory limit of 256Mi"), "{text}");
    assert!(text.contains("fixtures/origin-story/20-berth.yaml:40:"), "{text}");
    assert!(!text.contains("anchor-chain"), "a Secret's value must not be printed: {text}");
    insta::assert_snapshot!("origin_story", text);
}

#[test]
fn plan_says_the_same_in_json() {
    let output = seaworthy(&["plan", "-f", "fixtures/origin-story", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let outcomes: Vec<(&str, &str)> = report["objects"]
        .as_array()
        .expect("objects")
        .iter()
        .map(|object| (object["kind"].as_str().expect("kind"), object["outcome"].as_str().expect("outcome")))
        .collect();
    let expected = [
        ("Namespace", "created"),
        ("ConfigMap", "created"),
        ("Secret", "created"),
        ("Service", "created"),
        ("Deployment", "failed"),
        ("Ingress", "created"),
        ("CronJob", "created"),
    ];
    assert_eq!(outcomes, expected);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("anchor-chain"));
}
