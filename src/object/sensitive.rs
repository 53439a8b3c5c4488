//! What of an object may never be shown: the values of Secrets.
//!
//! Apart because every output asks the same question. The answer is made of what is known to be harmless, and is
//! everything else: a value lost to a repeated key, or a comment beside it, is in no tree and a secret all the same.

use super::Object;
use crate::yaml::{ByteRange, NodeRef, Value};

/// The annotation in which `kubectl apply` keeps the whole object, values included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Fields at the top of a Secret whose values are no secrets.
const HARMLESS: [&str; 4] = ["apiVersion", "kind", "type", "immutable"];

/// The ranges of an object's text that must be masked wherever text is shown, in order and apart from each other.
///
/// Of a Secret, that is everything but keys, `apiVersion`, `kind`, `type`, `immutable` and `metadata` (there, the
/// last-applied annotation); comments are masked as well, and so is data without a kind. Of a Kustomization, the literals of its secret generators.
/// Nothing for any other kind.
pub fn sensitive_ranges(object: &Object) -> Vec<ByteRange> {
    let root = object.root();
    match object.gvk.kind.as_str() {
        "Kustomization" => merged_ranges(generator_literals(root)),
        kind if kind.eq_ignore_ascii_case("Secret") => merged_ranges(secret(object, root)),
        // Without a kind nobody knows, so it is taken for one.
        "" if root.entry("data").or_else(|| root.entry("stringData")).is_some() => merged_ranges(secret(object, root)),
        _ => Vec::new(),
    }
}

fn generator_literals(root: NodeRef<'_>) -> Vec<ByteRange> {
    let generators = root.get("secretGenerator").into_iter().flat_map(NodeRef::elements);
    let literals = generators.filter_map(|generator| generator.get("literals")).flat_map(NodeRef::elements);
    literals.flat_map(|literal| [literal.range(), literal.written_range()]).collect()
}

fn secret(object: &Object, root: NodeRef<'_>) -> Vec<ByteRange> {
    let mut harmless = Vec::new();
    let mut sensitive = Vec::new();
    for entry in root.entries() {
        harmless.push(entry.key.range());
        match entry.name() {
            "metadata" => metadata(entry.value, &mut harmless, &mut sensitive),
            name if HARMLESS.contains(&name) => harmless.push(entry.value.written_range()),
            _ => {
                harmless.extend(entry.value.entries().map(|inner| inner.key.range()));
                values(entry.value, &mut sensitive);
            }
        }
    }
    let text = object.tree.text();
    let whole = extent(root);
    if root.index() == object.tree.root().index() {
        sensitive.extend(object.tree.comments().iter().map(|comment| comment.range));
    }
    harmless.retain(|range| !range.is_empty());
    harmless.sort_unstable();
    let mut from = whole.start;
    for range in harmless.into_iter().chain([ByteRange::new(whole.end, whole.end)]) {
        sensitive.extend(substance(text, from, range.start.min(whole.end)));
        from = from.max(range.end);
    }
    sensitive
}

/// Of metadata, the fields that `ObjectMeta` has are shown, but for the annotation that repeats the object. Anything
/// else may be data put one level too deep.
fn metadata(node: NodeRef<'_>, harmless: &mut Vec<ByteRange>, sensitive: &mut Vec<ByteRange>) {
    for entry in node.entries() {
        harmless.push(entry.key.range());
        match entry.name() {
            "labels" | "annotations" => {
                for inner in entry.value.entries() {
                    harmless.push(inner.key.range());
                    if inner.name() == LAST_APPLIED || !inner.value.is_empty() {
                        values(inner.value, sensitive);
                    } else {
                        harmless.push(inner.value.written_range());
                    }
                }
            }
            "name" | "generateName" | "namespace" if entry.value.is_empty() => {
                harmless.push(entry.value.written_range());
            }
            _ => values(entry.value, sensitive),
        }
    }
    if node.entries().len() == 0 && !node.is_null() {
        values(node, sensitive);
    }
}

/// Every scalar, where it is used and where it stands: behind an alias the two differ.
fn values(node: NodeRef<'_>, sensitive: &mut Vec<ByteRange>) {
    match node.value() {
        Value::Mapping => node.entries().for_each(|entry| values(entry.value, sensitive)),
        Value::Sequence => node.elements().for_each(|element| values(element, sensitive)),
        _ => sensitive.extend([node.range(), node.written_range()]),
    }
}

/// From the first byte of an object to its last, whatever the node of a block mapping covers.
fn extent(node: NodeRef<'_>) -> ByteRange {
    fn widen(node: NodeRef<'_>, whole: &mut ByteRange) {
        let range = node.written_range();
        if !range.is_empty() {
            whole.start = whole.start.min(range.start);
            whole.end = whole.end.max(range.end);
        }
        if !node.is_alias() {
            for entry in node.entries() {
                widen(entry.key, whole);
                widen(entry.value, whole);
            }
            node.elements().for_each(|element| widen(element, whole));
        }
    }
    let mut whole = ByteRange::new(u32::MAX, 0);
    widen(node, &mut whole);
    if whole.start > whole.end { ByteRange::default() } else { whole }
}

/// What there is between two harmless ranges apart from punctuation.
fn substance(text: &str, from: u32, to: u32) -> Option<ByteRange> {
    let gap = text.get(from as usize..to as usize)?;
    let punctuation = |c: char| c.is_whitespace() || ":,{}[]\"'-?".contains(c);
    let start = gap.len() - gap.trim_start_matches(punctuation).len();
    let end = gap.trim_end_matches(punctuation).len();
    (start < end).then(|| ByteRange::new(from + start as u32, from + end as u32))
}

/// The same bytes as ranges in order, none of which overlaps or touches another.
pub fn merged_ranges(mut ranges: Vec<ByteRange>) -> Vec<ByteRange> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let touches = next.start <= kept.end;
        if touches {
            kept.end = kept.end.max(next.end);
        }
        touches
    });
    ranges
}

/// The ranges to mask in a piece of text that could not be read as YAML (hand in everything up to the end of the file:
/// nothing behind an error is read either). If a Secret seems to stand in it, that is every value on every line, but
/// for those of `apiVersion`, `kind`, `type` and what stands below `metadata`.
pub fn sensitive_ranges_unread(text: &str, piece: ByteRange) -> Vec<ByteRange> {
    let Some(unread) = text.get(piece.start as usize..piece.end as usize) else { return Vec::new() };
    if !mentions_secret(unread) {
        return Vec::new();
    }
    let mut ranges = Vec::new();
    let mut at = piece.start as usize;
    let mut metadata_indent = None;
    for line in unread.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim();
        let indent = line.len() - line.trim_start().len();
        if content.is_empty() || content.starts_with("---") {
            metadata_indent = None;
            continue;
        }
        if metadata_indent.is_some_and(|parent| indent <= parent) {
            metadata_indent = None;
        }
        let begin = start + indent;
        let end = begin + content.len();
        let flow = content.contains(['{', '[']);
        let hidden = match content.split_once(':') {
            Some((key, _)) if !flow && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./ ".contains(&b)) => {
                let key_name = key.trim_start_matches(['-', ' ']);
                match key_name {
                    "metadata" => metadata_indent = Some(indent),
                    "data" | "stringData" => metadata_indent = None,
                    _ => {}
                }
                let shown = HARMLESS.contains(&key_name) && indent <= 4;
                if shown || (metadata_indent.is_some() && key_name != LAST_APPLIED) {
                    end
                } else {
                    begin + key.len() + 1
                }
            }
            _ => begin,
        };
        let value = &text[hidden..end];
        let hidden = hidden + (value.len() - value.trim_start().len());
        if hidden < end {
            ranges.push(ByteRange::new(hidden as u32, end as u32));
        }
    }
    ranges
}

/// Whether `Secret` or `SecretList` stands on a line behind the word `kind`.
fn mentions_secret(text: &str) -> bool {
    text.lines().filter_map(|line| line.split_once("kind")).any(|(_, rest)| {
        rest.match_indices("Secret").any(|(at, word)| {
            let behind = &rest[at + word.len()..];
            !behind.strip_prefix("List").unwrap_or(behind).starts_with(|c: char| c.is_ascii_alphanumeric())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{GroupVersionKind, Origin};
    use crate::source::FileId;
    use crate::yaml::{Entry, NodeIndex, TreeBuilder};
    use std::sync::Arc;

    /// A tree described by what stands in the text, in the order of the text.
    enum Spec {
        Scalar(&'static str),
        Map(Vec<(&'static str, Spec)>),
        List(Vec<Spec>),
    }
    use Spec::{List, Map, Scalar};

    fn find(text: &str, cursor: &mut usize, what: &str) -> ByteRange {
        let start = *cursor + text[*cursor..].find(what).expect("the text has this");
        *cursor = start + what.len();
        ByteRange::new(start as u32, *cursor as u32)
    }

    fn build(builder: &mut TreeBuilder, text: &str, cursor: &mut usize, spec: &Spec) -> NodeIndex {
        let start = *cursor;
        match spec {
            Scalar(written) => {
                let range = find(text, cursor, written);
                builder.scalar(Value::String(written.trim_matches('"')), range)
            }
            Map(fields) => {
                let mut entries = Vec::new();
                for (name, value) in fields {
                    let range = find(text, cursor, name);
                    let key = builder.scalar(Value::String(name), range);
                    entries.push(Entry { key, value: build(builder, text, cursor, value) });
                }
                builder.mapping(entries, ByteRange::new(start as u32, *cursor as u32))
            }
            List(elements) => {
                let built: Vec<NodeIndex> = elements.iter().map(|one| build(builder, text, cursor, one)).collect();
                builder.sequence(&built, ByteRange::new(start as u32, *cursor as u32))
            }
        }
    }

    /// The text with every sensitive range replaced.
    fn masked(kind: &str, text: &str, spec: &Spec) -> String {
        let mut builder = TreeBuilder::new(Arc::from(text));
        let root = build(&mut builder, text, &mut 0, spec);
        let tree = Arc::new(builder.finish(root));
        let gvk = GroupVersionKind { group: String::new(), version: "v1".to_owned(), kind: kind.to_owned() };
        let origin = Origin { file: FileId(0), document: 0, item: None };
        let object = Object { origin, gvk, namespace: String::new(), name: String::new(), node: root, tree };
        let mut shown = String::new();
        let mut from = 0;
        for range in sensitive_ranges(&object) {
            shown.push_str(&text[from..range.start as usize]);
            shown.push_str("###");
            from = range.end as usize;
        }
        shown + &text[from..]
    }

    #[test]
    fn of_a_secret_keys_and_metadata_are_shown_and_no_value() {
        let text = "\
apiVersion: v1
kind: Secret
metadata:
  name: db
  annotations:
    team: shop
    kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{\"a\":\"eA==\"}}'
  data:
    deep: too-deep
type: Opaque
data:
  user: YWRtaW4=
  key: |
    bGluZQ==
    bGluZQ==
stringData:
  pin: 1234
other: stray
";
        let spec = Map(vec![
            ("apiVersion", Scalar("v1")),
            ("kind", Scalar("Secret")),
            (
                "metadata",
                Map(vec![
                    ("name", Scalar("db")),
                    (
                        "annotations",
                        Map(vec![("team", Scalar("shop")), (LAST_APPLIED, Scalar("'{\"data\":{\"a\":\"eA==\"}}'"))]),
                    ),
                    ("data", Map(vec![("deep", Scalar("too-deep"))])),
                ]),
            ),
            ("type", Scalar("Opaque")),
            ("data", Map(vec![("user", Scalar("YWRtaW4=")), ("key", Scalar("|\n    bGluZQ==\n    bGluZQ=="))])),
            ("stringData", Map(vec![("pin", Scalar("1234"))])),
            ("other", Scalar("stray")),
        ]);
        assert_eq!(
            masked("Secret", text, &spec),
            "\
apiVersion: v1
kind: Secret
metadata:
  name: db
  annotations:
    team: shop
    kubectl.kubernetes.io/last-applied-configuration: ###
  data:
    ###
type: Opaque
data:
  user: ###
  key: ###
stringData:
  pin: ###
other: ###
"
        );
    }

    #[test]
    fn what_the_tree_has_lost_is_masked_too() {
        let text = "kind: Secret\ndata:\n  user: bG9zdA==\n  # was: b2xk\n  user: a2VwdA==\n  empty: ''\n";
        let spec = Map(vec![
            ("kind", Scalar("Secret")),
            ("data", Map(vec![("user: a2VwdA==", Scalar("")), ("empty", Scalar("''"))])),
        ]);
        let shown = masked("Secret", text, &spec);
        assert!(!shown.contains("bG9zdA") && !shown.contains("b2xk"), "{shown}");
    }

    #[test]
    fn a_flow_secret_keeps_its_punctuation() {
        let text = r#"{"kind":"Secret","data":{"user":"YWRtaW4=","pin":"MTIzNA=="}}"#;
        let spec = Map(vec![
            ("kind", Scalar("\"Secret\"")),
            ("data", Map(vec![("user", Scalar("\"YWRtaW4=\"")), ("pin", Scalar("\"MTIzNA==\""))])),
        ]);
        assert_eq!(masked("Secret", text, &spec), r#"{"kind":"Secret","data":{"user":###,"pin":###}}"#);
    }

    #[test]
    fn data_that_is_no_map_is_masked() {
        let spec = Map(vec![("kind", Scalar("Secret")), ("data", List(vec![Scalar("YWRtaW4=")]))]);
        assert_eq!(masked("Secret", "kind: Secret\ndata:\n- YWRtaW4=\n", &spec), "kind: Secret\ndata:\n- ###\n");
        let spec = Map(vec![("kind", Scalar("Secret")), ("metadata", Scalar("YWRtaW4="))]);
        assert_eq!(masked("Secret", "kind: Secret\nmetadata: YWRtaW4=\n", &spec), "kind: Secret\nmetadata: ###\n");
    }

    #[test]
    fn of_a_kustomization_the_literals_of_secret_generators_are_masked() {
        let literals = |value| Map(vec![("literals", List(vec![Scalar(value)]))]);
        let spec = Map(vec![
            ("kind", Scalar("Kustomization")),
            ("configMapGenerator", List(vec![literals("LEVEL=info")])),
            ("secretGenerator", List(vec![literals("password=hunter2")])),
        ]);
        let text = "kind: Kustomization\nconfigMapGenerator:\n- literals: [LEVEL=info]\n\
                    secretGenerator:\n- literals: [password=hunter2]\n";
        let expected = text.replace("password=hunter2", "###");
        assert_eq!(masked("Kustomization", text, &spec), expected);
        assert_eq!(masked("ConfigMap", text, &spec), text);
    }
}
