//! What stands at a place of a text: which object, which field of it, its name or its value.
//!
//! Apart because whoever types has a text that does not parse, or not yet. A document is read by itself, whatever the
//! others of its file are like. What does not parse is read by its indentation.

use crate::apply::Written;
use crate::object::{GroupVersionKind, Segment};
use crate::yaml::{self, ByteRange, Content, Kind, NodeRef, Tree};
use std::sync::Arc;

/// What a key or a value is called that is not written yet: no field and no value of anything.
const NEW: &str = "seaworthy-cursor";

/// A part of the field at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The name of a field, or of a map's entry.
    Name,
    /// A value.
    Value,
}

/// What the cursor is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The kind of the object, as far as it is written.
    pub gvk: GroupVersionKind,
    /// The namespace of the object, as it is written.
    pub namespace: String,
    /// The field, in the object.
    pub path: Vec<Segment>,
    /// Which part of it.
    pub part: Part,
    /// Its text in the file.
    pub range: ByteRange,
    /// The names that the same mapping has already, and the texts of their values.
    pub beside: Vec<(String, String)>,
    /// The column of the name in its line, in bytes.
    pub column: usize,
}

impl Cursor {
    /// The text of a field beside the one at the cursor.
    pub fn beside(&self, name: &str) -> &str {
        self.beside.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }
}

/// What a whole text has at a byte; none for blanks and comments.
pub fn at(text: &str, offset: usize) -> Option<Cursor> {
    let piece = document_at(text, offset);
    let own = text.get(piece.start..piece.end)?;
    let offset = offset.checked_sub(piece.start)?;
    let mut cursor = match tree_of(own) {
        Some(tree) => in_tree(&tree, offset)?,
        None => by_indentation(own, offset)?,
    };
    cursor.range.start += piece.start as u32;
    cursor.range.end += piece.start as u32;
    Some(cursor)
}

/// What is being typed at a byte: the field whose name is begun there, or the value.
pub fn typed_at(text: &str, offset: usize) -> Option<Cursor> {
    let piece = document_at(text, offset);
    let own = text.get(piece.start..piece.end)?;
    let offset = offset.checked_sub(piece.start).filter(|offset| own.is_char_boundary(*offset))?;
    let line_start = own[..offset].rfind('\n').map_or(0, |at| at + 1);
    let line_end = own[offset..].find(['\n', '\r']).map_or(own.len(), |at| offset + at);
    if own[line_start..offset].trim_start().starts_with('#') || own[line_start..offset].contains(" #") {
        return None;
    }
    let word = word_before(own, line_start, offset);
    if own[word..offset].ends_with(':') {
        // The blank that makes it a value is still to come.
        return None;
    }
    let behind = &own[offset..line_end];
    let rest = behind.find([',', '}', ']', ' ', ':']).map_or(line_end, |at| offset + at);
    let has_colon = own[rest..line_end].starts_with(':');
    let is_value = value_begins(&own[line_start..word]);
    // The word becomes one that is known to be new, in a text that is sound otherwise.
    let both = [format!("{NEW}: "), NEW.to_owned()];
    let mended = both.iter().skip(usize::from(is_value || has_colon)).find_map(|new| {
        let tree = tree_of(&format!("{}{new}{}", &own[..word], &own[rest..]))?;
        let found = find_new(&tree)?;
        in_tree(&tree, found as usize)
    });
    let mut cursor = mended.or_else(|| by_indentation(own, word))?;
    cursor.beside.retain(|(name, _)| name != NEW);
    if cursor.path.last() == Some(&Segment::Field(NEW.to_owned())) {
        cursor.path.pop();
        cursor.path.push(Segment::Field(own[word..rest].trim_matches(['"', '\'']).to_owned()));
    }
    if is_value {
        cursor.part = Part::Value;
    }
    cursor.column = column(own, word);
    cursor.range = ByteRange::new((piece.start + word) as u32, (piece.start + rest) as u32);
    Some(cursor)
}

/// What is being typed in a document that has nothing yet that could be an object.
pub fn typed_first(text: &str, offset: usize) -> Option<Cursor> {
    let piece = document_at(text, offset);
    let own = text.get(piece.start..piece.end)?;
    let offset = offset.checked_sub(piece.start).filter(|offset| own.is_char_boundary(*offset))?;
    let line_start = own[..offset].rfind('\n').map_or(0, |at| at + 1);
    let word = &own[line_start..offset];
    if !word.chars().all(char::is_alphanumeric) {
        return None;
    }
    let gvk = GroupVersionKind { group: String::new(), version: String::new(), kind: String::new() };
    let range = ByteRange::new((piece.start + line_start) as u32, (piece.start + offset) as u32);
    let path = vec![Segment::Field(word.to_owned())];
    Some(Cursor { gvk, namespace: String::new(), path, part: Part::Name, range, beside: Vec::new(), column: 0 })
}

/// The document that a byte is in, without its separator.
fn document_at(text: &str, offset: usize) -> std::ops::Range<usize> {
    let offset = (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let line_end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    let mut start = 0;
    if let Some(at) = text[..line_end].rfind("\n---") {
        start = text[at + 1..].find('\n').map_or(text.len(), |end| at + 1 + end + 1);
    } else if text.starts_with("---") {
        start = text.find('\n').map_or(text.len(), |end| end + 1);
    }
    // On the separator itself nothing stands.
    let start = start.min(text.len());
    let end = text[start.min(line_end)..].find("\n---").map_or(text.len(), |at| start.min(line_end) + at + 1);
    start..end.max(start)
}

fn tree_of(text: &str) -> Option<Arc<Tree>> {
    let stream = yaml::read(&yaml::decode_bytes(text.as_bytes().to_vec()), &yaml::Options::default());
    match stream.documents.into_iter().next()?.content {
        Content::Value(tree) => Some(tree),
        Content::Empty | Content::Error(_) => None,
    }
}

/// Where the word begins that ends at the cursor.
fn word_before(text: &str, line_start: usize, offset: usize) -> usize {
    let line = &text[line_start..offset];
    let after_colon = line.rfind(": ").map(|at| at + 2);
    let after_bracket = line.rfind(['{', '[', ',']).map(|at| at + 1);
    let mut start = after_colon.max(after_bracket).unwrap_or(0);
    loop {
        let rest = &line[start..];
        let blanks = rest.len() - rest.trim_start().len();
        start += blanks;
        if !line[start..].starts_with("- ") {
            return line_start + start;
        }
        start += 2;
    }
}

/// Whether a value stands behind this beginning of a line.
fn value_begins(line: &str) -> bool {
    line.trim_end().ends_with(':') && !line.trim_start().is_empty()
}

fn column(text: &str, at: usize) -> usize {
    at - text[..at].rfind('\n').map_or(0, |line| line + 1)
}

/// The place of what was put in as new.
fn find_new(tree: &Tree) -> Option<u32> {
    let mut waiting = vec![tree.root()];
    while let Some(node) = waiting.pop() {
        if node.as_str() == Some(NEW) {
            return Some(node.range().start);
        }
        for entry in node.entries() {
            if entry.name() == NEW {
                return Some(entry.key.range().start);
            }
            waiting.push(entry.value);
        }
        waiting.extend(node.elements());
    }
    None
}

/// The object that a path leads into: a List's own item, or the document.
fn object_of<'t>(root: NodeRef<'t>, path: &mut Vec<Segment>) -> NodeRef<'t> {
    if let [Segment::Field(items), Segment::Index(index), ..] = path.as_slice()
        && items == "items"
        && root.get("kind").and_then(NodeRef::as_str).is_some_and(|kind| kind.ends_with("List"))
        && let Some(item) = root.get("items").and_then(|items| items.elements().nth(*index))
    {
        path.drain(..2);
        return item;
    }
    root
}

fn in_tree(tree: &Tree, offset: usize) -> Option<Cursor> {
    let offset = offset as u32;
    let holds = |range: ByteRange| range.start <= offset && offset <= range.end;
    let mut node = tree.root();
    let mut path = Vec::new();
    let mut beside = Vec::new();
    let (part, range) = loop {
        if node.kind() == Kind::Mapping {
            let text = |node: NodeRef<'_>| node.as_str().unwrap_or_default().to_owned();
            beside = node.entries().map(|entry| (entry.name().to_owned(), text(entry.value))).collect();
        }
        let mut on_key = node.entries().filter(|entry| holds(entry.key.range()));
        if let Some(entry) = on_key.next() {
            path.push(Segment::Field(entry.name().to_owned()));
            break (Part::Name, entry.key.range());
        }
        let entry = node.entries().find(|entry| !entry.value.is_alias() && holds(entry.value.written_range()));
        if let Some(entry) = entry {
            path.push(Segment::Field(entry.name().to_owned()));
            node = entry.value;
            continue;
        }
        let element = node.elements().enumerate().find(|(_, element)| holds(element.written_range()));
        if let Some((index, element)) = element {
            path.push(Segment::Index(index));
            node = element;
            continue;
        }
        if matches!(node.kind(), Kind::Mapping | Kind::Sequence) {
            return None;
        }
        break (Part::Value, node.written_range());
    };
    let root = object_of(tree.root(), &mut path);
    let Written { api_version, kind, namespace, .. } = Written::of(root);
    let gvk = GroupVersionKind::parse(&api_version, &kind)?;
    let column = column(tree.text(), range.start as usize);
    Some(Cursor { gvk, namespace, path, part, range, beside, column })
}

/// A line of a block, as far as its indentation tells.
struct Line<'t> {
    /// The columns of the dashes that it begins with.
    dashes: Vec<usize>,
    /// The column behind them.
    column: usize,
    /// The key, if there is one.
    key: Option<&'t str>,
    /// What stands behind the key.
    value: &'t str,
}

impl<'t> Line<'t> {
    fn read(line: &'t str) -> Option<Self> {
        let mut column = line.len() - line.trim_start().len();
        let mut dashes = Vec::new();
        while line[column..].starts_with("- ") || &line[column..] == "-" {
            dashes.push(column);
            let rest = &line[column + 1..];
            column += 1 + rest.len() - rest.trim_start().len();
        }
        let rest = line[column..].trim_end();
        if rest.starts_with('#') || (rest.is_empty() && dashes.is_empty()) {
            return None;
        }
        let split = rest.split_once(": ").or_else(|| rest.strip_suffix(':').map(|key| (key, "")));
        let key = split.map(|(key, _)| key.trim_matches(['"', '\'']));
        let value = split.map_or(rest, |(_, value)| value.trim().trim_matches(['"', '\'']));
        Some(Self { dashes, column, key, value })
    }
}

/// Reads a document that cannot be parsed by its indentation, from a line upwards.
fn by_indentation(text: &str, offset: usize) -> Option<Cursor> {
    let line_start = text.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[line_start..].find('\n').map_or(text.len(), |at| line_start + at);
    let line = text[line_start..line_end].trim_end_matches('\r');
    let own =
        Line::read(line).unwrap_or(Line { dashes: Vec::new(), column: offset - line_start, key: None, value: "" });
    let on_value = own.key.is_some_and(|key| offset - line_start > own.column + key.len());
    let begin = line_start + own.column;
    let range = match own.key {
        Some(key) if !on_value => ByteRange::new(begin as u32, (begin + key.len()) as u32),
        Some(_) => {
            let value = line.rfind(own.value).filter(|_| !own.value.is_empty()).unwrap_or(line.len());
            ByteRange::new((line_start + value) as u32, (line_start + value + own.value.len()) as u32)
        }
        None => ByteRange::new(begin as u32, (line_start + line.len()) as u32),
    };
    let mut beside = Vec::new();
    let above = text[..line_start].lines().rev().filter_map(Line::read);
    let mut path = vec![Segment::Field(own.key.unwrap_or(NEW).to_owned())];
    let own_column = own.column;
    climb(own, above, &mut path, &mut beside);
    let below = text[line_end..].lines().filter_map(Line::read);
    let same = below.take_while(|line| line.column >= own_column && !line.dashes.iter().any(|at| *at < own_column));
    beside.extend(same.filter(|line| line.column == own_column).filter_map(|line| named(&line)));
    path.reverse();
    let (written, _) = Written::guess(text, usize::MAX);
    let gvk = GroupVersionKind::parse(&written.api_version, &written.kind)?;
    let part = if on_value { Part::Value } else { Part::Name };
    Some(Cursor { gvk, namespace: written.namespace, path, part, range, beside, column: own_column })
}

fn named(line: &Line<'_>) -> Option<(String, String)> {
    line.key.map(|key| (key.to_owned(), line.value.to_owned()))
}

/// Walks up from a line to the root, and tells the segments met, the innermost first.
fn climb<'t>(
    own: Line<'t>,
    above: impl Iterator<Item = Line<'t>>,
    path: &mut Vec<Segment>,
    beside: &mut Vec<(String, String)>,
) {
    let mut column = own.column;
    // The column of the dashes of the list that is being left, and how many elements stand above.
    let mut list = own.dashes.last().map(|dash| (*dash, 0));
    let mut more_dashes = own.dashes.len().saturating_sub(1);
    let mut dashes = own.dashes;
    let mut above = above.peekable();
    loop {
        if let Some((dash, count)) = list {
            if more_dashes > 0 {
                // A list in a list, on one line.
                path.push(Segment::Index(count));
                more_dashes -= 1;
                list = Some((dashes[more_dashes], 0));
                column = dashes[more_dashes];
                continue;
            }
            let Some(line) = above.next() else {
                path.push(Segment::Index(count));
                return;
            };
            if line.dashes.contains(&dash) {
                list = Some((dash, count + 1));
            } else if line.column <= dash && line.key.is_some() {
                path.push(Segment::Index(count));
                path.push(Segment::Field(line.key.unwrap_or_default().to_owned()));
                column = line.column;
                list = line.dashes.last().map(|dash| (*dash, 0));
                more_dashes = line.dashes.len().saturating_sub(1);
                dashes = line.dashes;
            }
            continue;
        }
        let Some(line) = above.next() else { return };
        if line.column == column {
            if path.len() == 1 {
                beside.extend(named(&line));
            }
            list = line.dashes.last().map(|dash| (*dash, 0));
            more_dashes = line.dashes.len().saturating_sub(1);
            dashes = line.dashes;
        } else if line.column < column {
            let Some(key) = line.key else { continue };
            path.push(Segment::Field(key.to_owned()));
            column = line.column;
            list = line.dashes.last().map(|dash| (*dash, 0));
            more_dashes = line.dashes.len().saturating_sub(1);
            dashes = line.dashes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Part, at, typed_at};
    use crate::object::FieldPath;

    /// The text without its `|`, and where that stood.
    fn marked(text: &str) -> (String, usize) {
        let at = text.find('|').expect("a mark");
        (text.replacen('|', "", 1), at)
    }

    fn told(cursor: Option<Cursor>, text: &str) -> Option<(String, String, Part, String)> {
        let cursor = cursor?;
        let kind = format!("{} {}", cursor.gvk.api_version(), cursor.gvk.kind);
        let word = text[cursor.range.start as usize..cursor.range.end as usize].to_owned();
        Some((kind, FieldPath(cursor.path).to_string(), cursor.part, word))
    }

    fn seen(text: &str) -> Option<(String, String, Part, String)> {
        let (text, offset) = marked(text);
        told(at(&text, offset), &text)
    }

    fn typed(text: &str) -> Option<(String, String, Part, String)> {
        let (text, offset) = marked(text);
        told(typed_at(&text, offset), &text)
    }

    #[track_caller]
    fn expect(found: Option<(String, String, Part, String)>, path: &str, part: Part, word: &str) {
        let (_, found_path, found_part, found_word) = found.expect("something stands there");
        assert_eq!((found_path.as_str(), found_part, found_word.as_str()), (path, part, word));
    }

    #[test]
    fn names_and_values_are_told_apart_in_any_document() {
        let first = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    ima|ge: b\n---\nkind: X\n";
        expect(seen(first), "spec.containers[0].image", Part::Name, "image");
        let second = "a: [\n---\napiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: 'o|f'}]}\n";
        expect(seen(second), "spec.containers[0].image", Part::Value, "'of'");
        assert_eq!(seen("kind: Pod\n|\nspec: {}\n"), None);
        assert_eq!(seen("kind: Pod\n--|-\nkind: Job\n").map(|seen| seen.0), None);
    }

    #[test]
    fn an_item_of_a_list_is_its_own_object() {
        let text =
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  spec: {repl|icas: 1}\n";
        let (kind, path, ..) = seen(text).expect("a field");
        assert_eq!((kind.as_str(), path.as_str()), ("apps/v1 Deployment", "spec.replicas"));
    }

    #[test]
    fn what_does_not_parse_is_read_by_its_indentation() {
        let text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n  - name: b\n    image: [\n    env:\n      - na|me: X\n";
        expect(seen(text), "spec.containers[1].env[0].name", Part::Name, "name");
        let value = "apiVersion: v1\nkind: Pod\nspec:\n  containers: [\n  restartPolicy: Al|ways\n";
        expect(seen(value), "spec.restartPolicy", Part::Value, "Always");
    }

    #[test]
    fn a_name_that_is_begun_is_known_by_where_it_stands() {
        let head = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n";
        expect(typed(&format!("{head}  - name: a\n    ima|\n")), "spec.containers[0].ima", Part::Name, "ima");
        expect(typed(&format!("{head}  - name: a\n    |\n    image: b\n")), "spec.containers[0].", Part::Name, "");
        expect(typed(&format!("{head}  - |")), "spec.containers[0].", Part::Name, "");
        expect(typed(&format!("{head}  - name: a\n  re|\n")), "spec.re", Part::Name, "re");
        expect(typed(&format!("{head}  - {{name: a, im|}}\n")), "spec.containers[0].im", Part::Name, "im");
        expect(typed(&format!("{head}  - name: a\n    image|: b\n")), "spec.containers[0].image", Part::Name, "image");
        let broken = format!("{head}  - name: [\n    ima|\n    env: }}\n");
        expect(typed(&broken), "spec.containers[0].ima", Part::Name, "ima");
    }

    #[test]
    fn a_value_that_is_begun_is_known_by_its_name() {
        let head = "apiVersion: v1\nkind: Pod\nspec:\n";
        expect(typed(&format!("{head}  restartPolicy: |\n  hostname: a\n")), "spec.restartPolicy", Part::Value, "");
        expect(typed(&format!("{head}  restartPolicy: Al|\n")), "spec.restartPolicy", Part::Value, "Al");
        expect(typed(&format!("{head}  restartPolicy: |Never\n")), "spec.restartPolicy", Part::Value, "Never");
        expect(typed(&format!("{head}  a: {{\n  restartPolicy: Al|\n")), "spec.restartPolicy", Part::Value, "Al");
        expect(
            typed(&format!("{head}  tolerations: [{{effect: |}}]\n")),
            "spec.tolerations[0].effect",
            Part::Value,
            "",
        );
        let list = format!("{head}  containers:\n  - args:\n    - --a\n    - b|\n");
        let (_, path, ..) = typed(&list).expect("an element");
        assert!(path.starts_with("spec.containers[0].args[1]"), "{path}");
        assert_eq!(typed(&format!("{head}  # restart|\n")), None);
        assert_eq!(typed(&format!("{head}  restartPolicy:|\n")), None);
    }

    #[test]
    fn what_stands_beside_is_told() {
        let (text, offset) =
            marked("apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nroleRef:\n  kind: Role\n  name: |\n");
        let cursor = typed_at(&text, offset).expect("a value");
        assert_eq!((cursor.beside("kind"), cursor.beside("apiGroup")), ("Role", ""));
        let (text, offset) = marked("a: }\napiVersion: v1\nkind: X\nroleRef:\n  kind: Role\n  na|\n  apiGroup: g\n");
        let cursor = typed_at(&text, offset).expect("a name");
        assert_eq!((cursor.beside("kind"), cursor.beside("apiGroup"), cursor.column), ("Role", "g", 2));
    }

    #[test]
    fn nothing_is_too_odd() {
        for text in
            ["", "|", "---", "\n---\n", "- - - -", ": :\n  -", "🚢: \u{feff}\r\n-\r\n", "a:\n\t- b: {", "--- x\n"]
        {
            for offset in 0..=text.len() + 2 {
                let _ = (at(text, offset), typed_at(text, offset));
            }
        }
    }
}
