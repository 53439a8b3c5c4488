//! The examples in the rules' documentation: what is said about each, in the words behind its fence.
//!
//! Apart because the pages show them and the tests run them, and both must read the same.
//!
//! An example is a fenced block whose info string is `yaml`, a verdict, and what else was asked for:
//!
//! ````text
//! ```yaml refused 1.31 server-side
//! ````
//!
//! - The verdict is `refused` (an error of the rule), `warned` (a warning of it), `advised` (advice of it) or `quiet`
//!   (nothing of it, and no error).
//! - The others are a minor or a range of minors (`--kube-version`), `server-side`, `create` (by `kubectl create`),
//!   `kustomize` (`-k`), `check` (files found in a repository), `namespace=NAME`, `validate=warn`, `validate=ignore`, `prune`
//!   (`--prune --all`) and `applyset=PARENT` (`--prune --applyset PARENT`).
//! - In the text a whole line says where what follows stands: `# file: NAME`, `# link: NAME -> TARGET`, `# in the
//!   cluster:`, `# policies:`, `# applied before:` or `# applied before: NAME`, `# known CRDs:`, `# catalogue: PATH`. With
//!   `check` and something applied before, the change is judged (`--base`).
//! - `«x × 1000»` stands for a thousand of `x`, `«byte FF»` for that byte, and `«end»` for the end of the file.
//! - `# ^^^ text` points at the line above it: a finding of the rule starts there and says the text.

use std::fmt;

/// What is said of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The rule gives an error.
    Refused,
    /// The rule gives a warning.
    Warned,
    /// The rule gives advice, where it is asked for.
    Advised,
    /// The rule has nothing to say, and nothing is an error.
    Quiet,
}

/// How an example is applied, beside its text: one word of its fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting<'d> {
    /// `--kube-version`
    KubeVersion(&'d str),
    /// `--server-side`
    ServerSide,
    /// `kubectl create`
    Create,
    /// `-k`
    Kustomize,
    /// Found by `seaworthy check`.
    Check,
    /// `--namespace`
    Namespace(&'d str),
    /// `--validate`
    Validate(&'d str),
    /// `--prune --all`
    Prune,
    /// `--prune --applyset`
    ApplySet(&'d str),
}

impl fmt::Display for Setting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setting::KubeVersion(minors) => write!(f, "--kube-version {minors}"),
            Setting::ServerSide => f.write_str("--server-side"),
            Setting::Create => f.write_str("kubectl create"),
            Setting::Kustomize => f.write_str("-k"),
            Setting::Check => f.write_str("seaworthy check"),
            Setting::Namespace(name) => write!(f, "--namespace {name}"),
            Setting::Validate(mode) => write!(f, "--validate={mode}"),
            Setting::Prune => f.write_str("--prune --all"),
            Setting::ApplySet(parent) => write!(f, "--prune --applyset {parent}"),
        }
    }
}

/// An example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example<'d> {
    /// What is said of it.
    pub verdict: Verdict,
    /// How it is applied.
    pub settings: Vec<Setting<'d>>,
    /// The text between the fences.
    pub text: &'d str,
}

impl<'d> Example<'d> {
    /// Reads the info string of a fence; none if the block is no example.
    ///
    /// # Errors
    ///
    /// The word that means nothing.
    pub fn of_fence(info: &'d str, text: &'d str) -> Option<Result<Self, &'d str>> {
        let mut words = info.split_ascii_whitespace();
        if words.next() != Some("yaml") {
            return None;
        }
        let verdict = match words.next()? {
            "refused" => Verdict::Refused,
            "warned" => Verdict::Warned,
            "advised" => Verdict::Advised,
            "quiet" => Verdict::Quiet,
            other => return Some(Err(other)),
        };
        let settings: Result<Vec<_>, _> = words.map(|word| setting(word).ok_or(word)).collect();
        Some(settings.map(|settings| Self { verdict, settings, text }))
    }

    /// One line that says it to a reader: `Refused (--server-side):`.
    pub fn label(&self) -> String {
        let verdict = match self.verdict {
            Verdict::Refused => "Refused",
            Verdict::Warned => "Accepted with a warning",
            Verdict::Advised => "Accepted, with advice",
            Verdict::Quiet => "Accepted",
        };
        let settings: Vec<String> = self.settings.iter().map(|setting| format!("`{setting}`")).collect();
        if settings.is_empty() { format!("{verdict}:") } else { format!("{verdict} ({}):", settings.join(", ")) }
    }
}

fn setting(word: &str) -> Option<Setting<'_>> {
    Some(match word {
        "server-side" => Setting::ServerSide,
        "create" => Setting::Create,
        "kustomize" => Setting::Kustomize,
        "check" => Setting::Check,
        "prune" => Setting::Prune,
        _ if word.starts_with("1.") => Setting::KubeVersion(word),
        _ => match word.split_once('=')? {
            ("namespace", name) => Setting::Namespace(name),
            ("applyset", parent) => Setting::ApplySet(parent),
            ("validate", mode @ ("warn" | "ignore")) => Setting::Validate(mode),
            _ => return None,
        },
    })
}

/// A piece of a rule's documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'d> {
    /// Markdown that is no fenced block.
    Prose(&'d str),
    /// A fenced block that is no example: its info string, and the text.
    Block(&'d str, &'d str),
    /// An example.
    Example(Example<'d>),
}

/// Takes a documentation apart at its fences.
///
/// # Errors
///
/// What is wrong with a fence.
pub fn pieces(docs: &str) -> Result<Vec<Piece<'_>>, String> {
    const FENCE: &str = "```";
    let mut pieces = Vec::new();
    let mut rest = docs;
    while let Some(start) = position_of_line(rest, FENCE) {
        let (prose, fence) = rest.split_at(start);
        let info = fence.lines().next().unwrap_or_default().trim_start_matches('`').trim();
        let text = fence.split_once('\n').map_or("", |(_, text)| text);
        let end = position_of_line(text, FENCE).ok_or_else(|| format!("the block {info:?} has no end"))?;
        if !prose.trim().is_empty() {
            pieces.push(Piece::Prose(prose.trim()));
        }
        let inside = &text[..end];
        pieces.push(match Example::of_fence(info, inside) {
            None => Piece::Block(info, inside),
            Some(Ok(example)) => Piece::Example(example),
            Some(Err(word)) => return Err(format!("{word:?} means nothing behind a fence: {info:?}")),
        });
        rest = text[end..].split_once('\n').map_or("", |(_, behind)| behind);
    }
    if !rest.trim().is_empty() {
        pieces.push(Piece::Prose(rest.trim()));
    }
    Ok(pieces)
}

/// Where the first line begins that starts so.
fn position_of_line(text: &str, start: &str) -> Option<usize> {
    if text.starts_with(start) {
        return Some(0);
    }
    text.match_indices('\n').map(|(at, _)| at + 1).find(|at| text[*at..].starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::{Example, Piece, Setting, Verdict, pieces};

    #[test]
    fn a_documentation_is_taken_apart_at_its_fences() {
        let docs = "Why.\n\n```yaml refused 1.31 server-side\nkind: A\n```\n```text\nwords\n```\n\nMore.\n";
        let example = Example {
            verdict: Verdict::Refused,
            settings: vec![Setting::KubeVersion("1.31"), Setting::ServerSide],
            text: "kind: A\n",
        };
        assert_eq!(example.label(), "Refused (`--kube-version 1.31`, `--server-side`):");
        assert_eq!(
            pieces(docs).expect("fences"),
            [Piece::Prose("Why."), Piece::Example(example), Piece::Block("text", "words\n"), Piece::Prose("More."),]
        );
    }

    #[test]
    fn what_means_nothing_is_said() {
        assert_eq!(
            pieces("```yaml refused sideways\n```\n"),
            Err("\"sideways\" means nothing behind a fence: \"yaml refused sideways\"".to_owned())
        );
        assert_eq!(pieces("```yaml quiet\nkind: A\n"), Err("the block \"yaml quiet\" has no end".to_owned()));
    }
}
