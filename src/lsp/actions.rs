//! Fixes as code actions.
//!
//! Apart because a fix is made of bytes in any files, and an action of edits that a client makes.

use super::diagnostics;
use super::documents::Documents;
use super::position::{Encoding, Lines};
use super::uri;
use crate::finding::{Applicability, Edit, Finding, Fix};
use crate::pipeline::Snapshot;
use crate::source::FileId;
use crate::yaml::ByteRange;
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Diagnostic, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};
use std::collections::{BTreeMap, HashMap};

/// The kind of the action that makes every safe fix of a file.
pub const FIX_ALL: &str = "source.fixAll.seaworthy";

/// What a client asks for.
pub struct Asked<'a> {
    /// The file.
    pub file: FileId,
    /// The bytes that are selected.
    pub range: ByteRange,
    /// The kinds that are wanted; none for all.
    pub only: Option<&'a [CodeActionKind]>,
    /// The diagnostics at the place, as the client has them.
    pub diagnostics: &'a [Diagnostic],
    /// What is open.
    pub documents: &'a Documents,
    /// What a column counts.
    pub encoding: Encoding,
    /// Whether the client takes edits with the version they are made for.
    pub versioned: bool,
}

/// The fixes at a place, and that of everything.
pub fn at(asked: &Asked<'_>, snapshot: &Snapshot) -> Vec<CodeActionOrCommand> {
    let mut actions = Vec::new();
    let here = || {
        let findings = snapshot.sets.iter().flat_map(|set| &set.findings);
        findings.filter(|finding| diagnostics::place(finding, snapshot).is_some_and(|place| place.file == asked.file))
    };
    if asked.wants(&CodeActionKind::QUICKFIX) {
        let mut seen: Vec<&Fix> = Vec::new();
        for finding in here().filter(|finding| asked.touches(finding, snapshot)) {
            let Some(fix) = finding.fix.as_ref().filter(|fix| !seen.contains(fix)) else { continue };
            seen.push(fix);
            actions.extend(quick_fix(finding, fix, asked, snapshot).map(CodeActionOrCommand::CodeAction));
        }
    }
    let fix_all = CodeActionKind::new(FIX_ALL);
    if asked.wants(&fix_all) {
        let safe = here().filter_map(|finding| finding.fix.as_ref());
        let edits = apart(safe.filter(|fix| fix.applicability == Applicability::Safe));
        if let Some(edit) = (!edits.is_empty()).then(|| asked.workspace_edit(&edits, snapshot)).flatten() {
            let title = "Make every safe fix of this file".to_owned();
            let action = CodeAction { title, kind: Some(fix_all), edit: Some(edit), ..CodeAction::default() };
            actions.push(CodeActionOrCommand::CodeAction(action));
        }
    }
    actions
}

fn quick_fix(finding: &Finding, fix: &Fix, asked: &Asked<'_>, snapshot: &Snapshot) -> Option<CodeAction> {
    let is_of_it = |diagnostic: &&Diagnostic| {
        diagnostic.source.as_deref() == Some(diagnostics::SOURCE) && diagnostic.message.starts_with(&finding.message)
    };
    let mended: Vec<Diagnostic> = asked.diagnostics.iter().filter(is_of_it).cloned().collect();
    let is_safe = fix.applicability == Applicability::Safe;
    Some(CodeAction {
        title: if is_safe { fix.title.clone() } else { format!("{} (likely, not certain)", fix.title) },
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: (!mended.is_empty()).then_some(mended),
        edit: Some(asked.workspace_edit(&fix.edits.iter().collect::<Vec<_>>(), snapshot)?),
        is_preferred: is_safe.then_some(true),
        ..CodeAction::default()
    })
}

/// The edits of fixes that can be made together: of two that meet, those of the first.
fn apart<'f>(fixes: impl Iterator<Item = &'f Fix>) -> Vec<&'f Edit> {
    let mut taken: Vec<&Edit> = Vec::new();
    for fix in fixes {
        let meets = |one: &Edit, other: &Edit| {
            let (one, other) = (one.span, other.span);
            one.file == other.file && one.range.start <= other.range.end && other.range.start <= one.range.end
        };
        if !fix.edits.iter().any(|edit| taken.iter().any(|known| meets(edit, known))) {
            taken.extend(&fix.edits);
        }
    }
    taken
}

impl Asked<'_> {
    fn wants(&self, kind: &CodeActionKind) -> bool {
        let is_below = |wanted: &CodeActionKind| {
            let rest = kind.as_str().strip_prefix(wanted.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || wanted.as_str().is_empty())
        };
        self.only.is_none_or(|only| only.iter().any(is_below))
    }

    fn touches(&self, finding: &Finding, snapshot: &Snapshot) -> bool {
        let place = diagnostics::place(finding, snapshot);
        place.is_some_and(|place| place.range.start <= self.range.end && self.range.start <= place.range.end)
    }

    /// Edits as the client makes them; none if one of them is in no file.
    fn workspace_edit(&self, edits: &[&Edit], snapshot: &Snapshot) -> Option<WorkspaceEdit> {
        let mut by_path: BTreeMap<&str, Vec<TextEdit>> = BTreeMap::new();
        for edit in edits {
            let path = snapshot.path(edit.span.file)?;
            let lines = Lines::new(&snapshot.sources.get(edit.span.file).text.text, self.encoding);
            let edit = TextEdit { range: lines.range(edit.span.range), new_text: edit.text.clone() };
            by_path.entry(path).or_default().push(edit);
        }
        let named = |path: &str| match self.documents.get(path) {
            Some(document) => Some((document.uri.clone(), Some(document.version))),
            None => Some((uri::of_path(path)?, None)),
        };
        if self.versioned {
            let mut changes = Vec::new();
            for (path, edits) in by_path {
                let (uri, version) = named(path)?;
                changes.push(TextDocumentEdit {
                    text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
                    edits: edits.into_iter().map(OneOf::Left).collect(),
                });
            }
            return Some(WorkspaceEdit {
                document_changes: Some(DocumentChanges::Edits(changes)),
                ..WorkspaceEdit::default()
            });
        }
        #[expect(
            clippy::mutable_key_type,
            reason = "a URI caches how it was parsed, and nothing that its hash is made of"
        )]
        let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
        for (path, edits) in by_path {
            changes.insert(named(path)?.0, edits);
        }
        Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Class;
    use crate::finding::{Level, Rule};
    use crate::lsp::documents::Document;
    use crate::pipeline::SnapshotSet;
    use crate::source::{SourceFile, Span};
    use crate::yaml;
    use serde_json::{Value, json};
    use std::collections::HashSet;
    use std::sync::Arc;

    static RULE: Rule =
        Rule { id: "test/rule", level: Level::Error, summary: "a test", why: "to see what is offered", docs: "" };

    const TEXT: &str = "ship: 🚢, nam: a\nkinds: b\n";

    fn edit(file: u32, word: &str, text: &str) -> Edit {
        let start = TEXT.find(word).expect("it is there") as u32;
        let range = ByteRange::new(start, start + word.len() as u32);
        Edit { span: Span { file: FileId(file), range }, text: text.to_owned() }
    }

    fn finding(word: &str, applicability: Applicability, edits: Vec<Edit>) -> Finding {
        let title = format!("mend {word}");
        let fix = Fix { title, applicability, edits };
        Finding::at(&RULE, format!("{word} is wrong"), edit(0, word, "").span).with_fix(fix)
    }

    /// What is offered for a word of the first of two files with the same text.
    fn offered(word: &str, only: Option<&str>, versioned: bool) -> Value {
        let mut snapshot = Snapshot::default();
        let mut files = Vec::new();
        for path in ["/a.yaml", "/b.yaml"] {
            let text = yaml::decode_bytes(TEXT.as_bytes().to_vec());
            files.push((
                snapshot.sources.add(SourceFile::new(path.to_owned(), text)),
                path.to_owned(),
                Class::Manifest,
            ));
        }
        snapshot.files = Arc::new(files);
        let findings = vec![
            finding("nam", Applicability::Safe, vec![edit(0, "nam", "name"), edit(1, "nam", "name")]),
            finding("kinds", Applicability::Unsafe, vec![edit(0, "kinds", "kind")]),
            finding("am", Applicability::Safe, vec![edit(0, "am", "ame")]),
        ];
        let set = SnapshotSet {
            files: HashSet::new(),
            described_in: None,
            set: None,
            findings,
            undecided: crate::pipeline::Undecided::default(),
            known: crate::pipeline::Known::default(),
            aside: Vec::new(),
        };
        snapshot.sets.push(Arc::new(set));
        let uri: Uri = "file:///a.yaml".parse().expect("a URI");
        let document = Document { uri, version: 7, text: TEXT.to_owned() };
        let only = only.map(|kind| [CodeActionKind::from(kind.to_owned())]);
        let asked = Asked {
            file: FileId(0),
            range: edit(0, word, "").span.range,
            only: only.as_ref().map(<[CodeActionKind; 1]>::as_slice),
            diagnostics: &[],
            documents: &Documents::from([("/a.yaml".to_owned(), document)]),
            encoding: Encoding::Utf16,
            versioned,
        };
        serde_json::to_value(at(&asked, &snapshot)).expect("JSON")
    }

    fn text_edit(line: u32, start: u32, end: u32, text: &str) -> Value {
        let range = json!({"start": {"line": line, "character": start}, "end": {"line": line, "character": end}});
        json!({"range": range, "newText": text})
    }

    #[test]
    fn a_fix_is_made_whole_in_every_file() {
        let actions = offered("nam", Some("quickfix"), false);
        assert_eq!((&actions[0]["title"], &actions[0]["isPreferred"]), (&json!("mend nam"), &json!(true)));
        let edits = json!([text_edit(0, 10, 13, "name")]);
        assert_eq!(actions[0]["edit"], json!({"changes": {"file:///a.yaml": edits, "file:///b.yaml": edits}}));
        let versioned = &offered("nam", None, true)[0]["edit"]["documentChanges"];
        assert_eq!(versioned[0]["textDocument"], json!({"uri": "file:///a.yaml", "version": 7}));
        assert_eq!(versioned[1]["textDocument"], json!({"uri": "file:///b.yaml", "version": null}));
    }

    #[test]
    fn what_is_only_likely_is_said_to_be_and_not_made_with_the_rest() {
        let actions = offered("kinds", None, false);
        assert_eq!(actions[0]["title"], "mend kinds (likely, not certain)");
        assert_eq!(actions[0].get("isPreferred"), None);
        let all = actions.as_array().and_then(|all| all.last()).expect("the fix of everything");
        assert_eq!(all["kind"], FIX_ALL);
        // Of two fixes that meet, the first is made.
        assert_eq!(all["edit"]["changes"]["file:///a.yaml"], json!([text_edit(0, 10, 13, "name")]));
        assert_eq!(offered("kinds", Some("refactor"), false), json!([]));
        assert_eq!(offered("ship", Some("quickfix"), false), json!([]));
    }
}
