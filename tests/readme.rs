//! Everything that the README and the pages about editors and policies show is what the program prints.

use std::path::Path;
use std::process::Command;

/// The commands of the README's `console` blocks with what stands below them, indentation taken off.
fn examples(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(indent) = line.find("```console") else { continue };
        let before = found.len();
        for line in lines.by_ref() {
            let line = line.get(indent..).unwrap_or_default();
            if line.starts_with("```") {
                break;
            }
            if let Some(command) = line.strip_prefix("$ ") {
                found.push((command.to_owned(), String::new()));
            } else if found.len() > before
                && let Some((_, output)) = found.last_mut()
            {
                output.push_str(line);
                output.push('\n');
            }
        }
    }
    found
}

#[test]
fn every_shown_output_is_printed() {
    assert_printed("README.md", 3);
    assert_printed("docs/editors.md", 1);
    assert_printed("docs/policies.md", 1);
}

/// Runs the commands of a page, of which there are so many.
fn assert_printed(page: &str, count: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join(page)).expect("a page");
    let program = Path::new(env!("CARGO_BIN_EXE_seaworthy")).parent().expect("a directory");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let examples = examples(&text);
    assert_eq!(examples.len(), count, "{examples:?}");
    for (command, shown) in examples {
        let output = Command::new("sh")
            .args(["-c", &command])
            .current_dir(root)
            .envs([("PATH", path.as_str()), ("COLUMNS", "80"), ("LC_ALL", "C.UTF-8")])
            .output()
            .expect("a shell");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(printed, shown, "$ {command}");
    }
}
