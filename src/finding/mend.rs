//! Mends: what would have to be written for a fault to be gone.
//!
//! Apart because rules know what was meant and in which field, and only here it becomes bytes. A mend has no file yet:
//! what finds faults in a tree need not know where the tree came from.

use super::{Applicability, Edit, Fix};
use crate::object::{FieldPath, Object, Segment};
use crate::schema::{nearest_alone, same_letters};
use crate::source::{FileId, Span};
use crate::yaml::{ByteRange, EntryRef, Kind, NodeRef, Style, double_quoted, stands_plain};
use std::fmt::Write as _;

/// A [`Fix`] before it has a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    /// What it does, as an order. Never holds a value of the file: it may be a Secret's.
    pub title: String,
    /// How sure it is.
    pub applicability: Applicability,
    /// What goes, and what comes.
    pub edits: Vec<(ByteRange, String)>,
}

/// What the writer of a field meant, told by a rule that knows no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// One of these texts.
    OneOf(Vec<String>),
    /// The whole number that the quotes hold.
    Integer,
    /// What the quotes hold, or what stands there without: a value of another type.
    Type(Scalar),
    /// A map that has these labels, besides others.
    Labels(Vec<(String, String)>),
}

/// The scalar types of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `true` or `false`
    Boolean,
    /// A number without fraction, of 64 bits.
    Integer,
    /// Any number.
    Number,
    /// A string.
    String,
}

impl Mend {
    /// A mend of one edit. A place that an alias stands for too is changed for all who use it, so it is never safe.
    fn one(title: String, sure: Applicability, node: NodeRef<'_>, edits: Vec<(ByteRange, String)>) -> Self {
        let is_shared = edits.iter().any(|(range, _)| node.tree().is_shared(*range));
        Self { title, applicability: if is_shared { Applicability::Unsafe } else { sure }, edits }
    }

    /// The same, no surer than that.
    pub fn at_most(self, sure: Applicability) -> Self {
        Self { applicability: self.applicability.max(sure), ..self }
    }

    /// The fix that it is in a file.
    pub fn in_file(self, file: FileId) -> Fix {
        let edit = |(range, text)| Edit { span: Span { file, range }, text };
        Fix { title: self.title, applicability: self.applicability, edits: self.edits.into_iter().map(edit).collect() }
    }

    /// Another name for a key of `mapping`; none if the mapping has one of that name.
    pub fn rename(mapping: NodeRef<'_>, entry: EntryRef<'_>, name: &str, sure: Applicability) -> Option<Self> {
        if mapping.entry(name).is_some() {
            return None;
        }
        let text = entry.key.respelled(name)?;
        let title = format!("rename `{}` to `{name}`", entry.name());
        Some(Self::one(title, sure, entry.key, vec![(entry.key.range(), text)]))
    }

    /// Another string in the place of a string.
    pub fn write(node: NodeRef<'_>, text: &str, sure: Applicability) -> Option<Self> {
        let written = value(node)?.respelled(text)?;
        Some(Self::one(format!("write `{text}`"), sure, node, vec![(node.range(), written)]))
    }

    /// One of `allowed` in the place of a string: surely the only one with the same letters, likely the nearest one.
    pub fn choose<'a>(node: NodeRef<'_>, allowed: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let text = node.as_str()?;
        let allowed = allowed.filter(|allowed| !allowed.is_empty());
        if let Some(same) = same_letters(text, allowed.clone()) {
            return Self::write(node, same, Applicability::Safe);
        }
        Self::write(node, nearest_alone(text, allowed)?, Applicability::Unsafe)
    }

    /// The same text as a value of another type: quotes go, or come.
    ///
    /// Safe where every reader prints the value as it is written: `8080`, `-1`, `0.5`, `true`, `True`. Likely where the
    /// text is one of several for a value: `yes`, `0644`, `1.10`, `1e3` are kept as they are written when they get their
    /// quotes, and only the words of YAML 1.1 for true and false lose them.
    pub fn retype(node: NodeRef<'_>, wanted: Scalar) -> Option<Self> {
        let written = value(node)?.written_simply()?;
        let range = node.range();
        if wanted == Scalar::String {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_' | b'~');
            let is_other = matches!(node.kind(), Kind::Bool | Kind::Int | Kind::Float);
            if !is_other || node.style() != Style::Plain || !written.bytes().all(is_plain) {
                return None;
            }
            let sure = if is_canonical(written) { Applicability::Safe } else { Applicability::Unsafe };
            let quote = |at: u32| (ByteRange::new(at, at), "\"".to_owned());
            let edits = vec![quote(range.start), quote(range.end)];
            return Some(Self::one("put the value in quotes".to_owned(), sure, node, edits));
        }
        let text = node.as_str()?;
        if !matches!(node.style(), Style::SingleQuoted | Style::DoubleQuoted)
            || written.get(1..written.len() - 1) != Some(text)
        {
            return None;
        }
        let unquoted = |sure| {
            let nothing = |start| (ByteRange::new(start, start + 1), String::new());
            let title = "take the value out of its quotes".to_owned();
            Some(Self::one(title, sure, node, vec![nothing(range.start), nothing(range.end - 1)]))
        };
        match (wanted, text) {
            (Scalar::Boolean, "true" | "false") => unquoted(Applicability::Safe),
            (Scalar::Boolean, _) => {
                let (value, sure) = match text {
                    "True" | "TRUE" => ("true", Applicability::Safe),
                    "False" | "FALSE" => ("false", Applicability::Safe),
                    "yes" | "Yes" | "YES" | "on" | "On" | "ON" => ("true", Applicability::Unsafe),
                    "no" | "No" | "NO" | "off" | "Off" | "OFF" => ("false", Applicability::Unsafe),
                    _ => return None,
                };
                Some(Self::one(format!("write `{value}` without quotes"), sure, node, vec![(range, value.to_owned())]))
            }
            (Scalar::Integer, _) if is_canonical_integer(text) => unquoted(Applicability::Safe),
            (Scalar::Number, _) if is_canonical_number(text) => unquoted(Applicability::Safe),
            _ => None,
        }
    }

    /// What brings a field to what was meant; none where that is not known well enough, or nobody wrote the field.
    pub fn of(object: &Object, path: &FieldPath, meant: &Meant) -> Option<Self> {
        if let Meant::Labels(labels) = meant {
            return set_labels(object.root(), path, labels);
        }
        let node = path.find(object.root())?;
        match meant {
            Meant::OneOf(allowed) => Self::choose(node, allowed.iter().map(String::as_str)),
            Meant::Integer => Self::retype(node, Scalar::Integer),
            Meant::Type(wanted) => Self::retype(node, *wanted),
            Meant::Labels(_) => None,
        }
    }
}

/// A value that stands where it is used.
fn value(node: NodeRef<'_>) -> Option<NodeRef<'_>> {
    (!node.is_alias()).then_some(node)
}

/// Whether YAML 1.1, YAML 1.2 and JSON read the text as the same value and print it back as it is.
fn is_canonical(text: &str) -> bool {
    matches!(text, "true" | "false") || is_canonical_number(text)
}

fn is_canonical_integer(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|value| value.to_string() == text)
}

fn is_canonical_number(text: &str) -> bool {
    // Within these bounds every printer writes a decimal number without exponent.
    let is_plain = |value: f64| value == 0.0 || (1e-4..1e15).contains(&value.abs());
    is_canonical_integer(text)
        || (text.contains('.')
            && text.parse::<f64>().is_ok_and(|value| is_plain(value) && value.to_string() == text && text != "-0"))
}

/// Labels of the map at `path`, each set to its value; the map is made where it is missing.
fn set_labels(root: NodeRef<'_>, path: &FieldPath, labels: &[(String, String)]) -> Option<Mend> {
    let mut node = root;
    let mut missing = path.0.as_slice();
    while let [Segment::Field(name) | Segment::Key(name), rest @ ..] = missing {
        let Some(entry) = node.entry(name) else { break };
        // A value that is null, or not there, has no text to put another in the place of.
        value(entry.value).filter(|value| value.kind() == Kind::Mapping)?;
        (node, missing) = (entry.value, rest);
    }
    let names: Option<Vec<&str>> = missing
        .iter()
        .map(|segment| match segment {
            Segment::Field(name) | Segment::Key(name) => Some(name.as_str()),
            Segment::Index(_) => None,
        })
        .collect();
    let names = names?;
    let mut edits = Vec::new();
    let mut new = Vec::new();
    for (key, label) in labels {
        match node.entry(key).filter(|_| names.is_empty()) {
            Some(entry) if entry.value.as_str() == Some(label) => {}
            Some(entry) => edits.push((entry.value.range(), value(entry.value)?.respelled(label)?)),
            None => new.push((key.as_str(), label.as_str())),
        }
    }
    if !new.is_empty() {
        edits.push(insert(node, &names, &new)?);
    }
    edits.sort_by_key(|(range, _)| *range);
    let shown: Vec<String> = labels.iter().map(|(key, value)| format!("`{key}: {value}`")).collect();
    let title = format!("add {} to {path}", shown.join(", "));
    (!edits.is_empty()).then(|| Mend::one(title, Applicability::Unsafe, node, edits))
}

/// The edit that puts strings below `names` before the first entry of a mapping.
fn insert(mapping: NodeRef<'_>, names: &[&str], entries: &[(&str, &str)]) -> Option<(ByteRange, String)> {
    let text = mapping.tree().text();
    let in_flow = || {
        let pairs: Vec<String> =
            entries.iter().map(|(k, v)| format!("{}: {}", double_quoted(k), double_quoted(v))).collect();
        names.iter().rev().fold(pairs.join(", "), |inside, name| format!("{}: {{{inside}}}", double_quoted(name)))
    };
    // Entries are sorted by name; the first of the text is wanted, and none that a `<<` brought in.
    let own = mapping.range();
    let inside = |range: ByteRange| own.start <= range.start && range.end <= own.end;
    let first = mapping.entries().map(|entry| entry.key.range()).filter(|key| inside(*key)).min();
    match (mapping.style(), first) {
        (Style::Flow, None) if mapping.is_empty() => {
            let at = own.start + 1;
            Some((ByteRange::new(at, at), in_flow()))
        }
        (Style::Flow, Some(first)) => Some((ByteRange::new(first.start, first.start), format!("{}, ", in_flow()))),
        (Style::Block, Some(first)) if first.start == own.start => {
            let at = first.start as usize;
            let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            // The mapping may begin behind a `-`: its other lines are indented by as many blanks.
            let before = &text[line..at];
            if !before.bytes().all(|byte| matches!(byte, b' ' | b'-')) || before.contains("--") {
                return None;
            }
            let end = if text[..line].ends_with("\r\n") || text[at..].split('\n').next()?.ends_with('\r') {
                "\r\n"
            } else {
                "\n"
            };
            let scalar = |text: &str| if stands_plain(text) { text.to_owned() } else { double_quoted(text) };
            let mut indent = " ".repeat(before.len());
            let mut written = String::new();
            for name in names {
                indent.push_str("  ");
                let _ = write!(written, "{}:{end}{indent}", scalar(name));
            }
            let pairs: Vec<String> = entries.iter().map(|(k, v)| format!("{}: {}", scalar(k), scalar(v))).collect();
            written.push_str(&pairs.join(&format!("{end}{indent}")));
            let _ = write!(written, "{end}{}", " ".repeat(before.len()));
            Some((ByteRange::new(first.start, first.start), written))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{GroupVersionKind, Origin};
    use crate::yaml::{self, Content, decode_bytes};
    use std::sync::Arc;

    fn object(text: &str) -> Object {
        let stream = yaml::read(&decode_bytes(text.as_bytes().to_vec()), &yaml::Options::default());
        let Content::Value(tree) = &stream.documents[0].content else { panic!("{stream:?}") };
        Object {
            origin: Origin { file: FileId(0), document: 0, item: None },
            gvk: GroupVersionKind { group: String::new(), version: "v1".to_owned(), kind: "Buoy".to_owned() },
            namespace: String::new(),
            name: String::new(),
            node: tree.root().index(),
            tree: Arc::clone(tree),
        }
    }

    /// The text after the mend of what stands at a path, with its first letter `+` for safe and `?` for unsafe.
    fn mended(text: &str, path: &[&str], meant: &Meant) -> String {
        let Some(mend) = Mend::of(&object(text), &FieldPath::of(path), meant) else { return String::new() };
        let mut mended = text.to_owned();
        for (range, new) in mend.edits.iter().rev() {
            mended.replace_range(range.start as usize..range.end as usize, new);
        }
        format!("{}{mended}", if mend.applicability == Applicability::Safe { '+' } else { '?' })
    }

    #[test]
    fn values_get_and_lose_their_quotes() {
        for (text, wanted, new) in [
            ("a: 8080 # port", Scalar::String, "+a: \"8080\" # port"),
            ("a: true", Scalar::String, "+a: \"true\""),
            ("a: 1.5", Scalar::String, "+a: \"1.5\""),
            ("{\"a\":-1}", Scalar::String, "+{\"a\":\"-1\"}"),
            ("a: yes", Scalar::String, "?a: \"yes\""),
            ("a: 0644", Scalar::String, "?a: \"0644\""),
            ("a: 1.10", Scalar::String, "?a: \"1.10\""),
            ("a: 1e3", Scalar::String, "?a: \"1e3\""),
            ("a: 1_000", Scalar::String, "?a: \"1_000\""),
            ("a: True", Scalar::String, "?a: \"True\""),
            ("a: !!int 8080", Scalar::String, ""),
            ("a: [1]", Scalar::String, ""),
            ("a: ~", Scalar::String, ""),
            ("a: '80'", Scalar::Integer, "+a: 80"),
            ("{\"a\": \"80\"}", Scalar::Integer, "+{\"a\": 80}"),
            ("a: \"080\"", Scalar::Integer, ""),
            ("a: \"1e3\"", Scalar::Integer, ""),
            ("a: \"8\\u0030\"", Scalar::Integer, ""),
            ("a: !!str \"80\"", Scalar::Integer, ""),
            ("a: |-\n  80", Scalar::Integer, ""),
            ("a: \"0.5\"", Scalar::Number, "+a: 0.5"),
            ("a: \"true\"", Scalar::Boolean, "+a: true"),
            ("a: \"True\"", Scalar::Boolean, "+a: true"),
            ("a: 'yes'", Scalar::Boolean, "?a: true"),
            ("a: 'off'", Scalar::Boolean, "?a: false"),
            ("a: '1'", Scalar::Boolean, ""),
            ("a: &x \"80\"\nb: *x", Scalar::Integer, "?a: &x 80\nb: *x"),
            ("b: &x \"80\"\na: *x", Scalar::Integer, ""),
        ] {
            assert_eq!(mended(text, &["a"], &Meant::Type(wanted)), new, "{text}");
        }
    }

    #[test]
    fn an_allowed_text_is_chosen() {
        let policies = Meant::OneOf(["Always", "Never", "OnFailure"].map(str::to_owned).to_vec());
        for (text, new) in [
            ("a: always", "+a: Always"),
            ("a: 'on-failure'", "+a: 'OnFailure'"),
            ("a: Nevr", "?a: Never"),
            ("a: Sometimes", ""),
            ("a: 1", ""),
        ] {
            assert_eq!(mended(text, &["a"], &policies), new, "{text}");
        }
    }

    #[test]
    fn labels_are_set_in_any_style() {
        let labels = Meant::Labels(vec![("app".to_owned(), "web".to_owned()), ("on".to_owned(), "1".to_owned())]);
        for (text, new) in [
            ("m:\n  l:\n    app: x # y\n    'on': '0'\n", "?m:\n  l:\n    app: web # y\n    'on': '1'\n"),
            ("m:\n  l:\n    b: x\n", "?m:\n  l:\n    app: web\n    \"on\": \"1\"\n    b: x\n"),
            ("m:\r\n  l:\r\n    app: web\r\n", "?m:\r\n  l:\r\n    \"on\": \"1\"\r\n    app: web\r\n"),
            ("m: {l: {b: x}}", "?m: {l: {\"app\": \"web\", \"on\": \"1\", b: x}}"),
            ("m: {l: {}}", "?m: {l: {\"app\": \"web\", \"on\": \"1\"}}"),
            ("m:\n  n: x\n", "?m:\n  l:\n    app: web\n    \"on\": \"1\"\n  n: x\n"),
            ("m: {n: x}", "?m: {\"l\": {\"app\": \"web\", \"on\": \"1\"}, n: x}"),
            ("m:\n  l:\n", ""),
        ] {
            assert_eq!(mended(text, &["m", "l"], &labels), new, "{text}");
        }
        assert_eq!(mended("- m: 1\n", &["m"], &labels), "");
    }
}
