//! What the reader as a whole promises, on texts of our own; expectations are what kubectl's libraries answer.

use super::{Content, Escape, Kind, LossKind, NodeRef, Options, Stream, Style, decode_bytes, read, write_json};

fn stream(text: &str) -> Stream {
    read(&decode_bytes(text.as_bytes().to_vec()), &Options::default())
}

/// Every document: its JSON, `-` if it is skipped, or the error behind `!`.
fn shown(text: &str) -> Vec<String> {
    let documents = stream(text).documents;
    let show = |content: &Content| match content {
        Content::Value(tree) => write_json(tree.root(), Escape::Minimal),
        Content::Empty => "-".to_owned(),
        Content::Error(error) => format!("!{}", error.message),
    };
    documents.iter().map(|document| show(&document.content)).collect()
}

#[track_caller]
fn reads(text: &str, expected: &[&str]) {
    assert_eq!(shown(text), expected, "{text:?}");
}

/// One document that is read as this JSON.
#[track_caller]
fn is(text: &str, expected: &str) {
    reads(text, &[expected]);
}

/// One document that is refused with these words behind the usual prefix.
#[track_caller]
fn refuses(text: &str, expected: &str) {
    reads(text, &[&format!("!error converting YAML to JSON: {expected}")]);
}

/// What is lost: its kind, its text, and the text that takes its place.
fn losses(text: &str) -> Vec<(LossKind, String, Option<String>)> {
    let decoded = decode_bytes(text.as_bytes().to_vec());
    let cut = |range: super::ByteRange| decoded.text[range.start as usize..range.end as usize].to_owned();
    let documents = read(&decoded, &Options::default()).documents;
    let all = documents.iter().flat_map(|document| &document.losses);
    all.map(|loss| (loss.kind, cut(loss.lost), loss.kept.map(cut))).collect()
}

/// The text that a node's range covers.
fn covered(node: NodeRef<'_>) -> &str {
    let range = node.range();
    &node.tree().text()[range.start as usize..range.end as usize]
}

fn with_root(text: &str, look: impl FnOnce(NodeRef<'_>)) {
    let stream = stream(text);
    match &stream.documents[0].content {
        Content::Value(tree) => look(tree.root()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_manifest() {
    is(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a   # here\n  labels: {x: z, \"k\": 'it''s'}\ndata:\n- a\n-   - b\n    - c: 1\n      d:\n-\n",
        r#"{"apiVersion":"v1","data":["a",["b",{"c":1,"d":null}],null],"kind":"ConfigMap","metadata":{"labels":{"k":"it's","x":"z"},"name":"a"}}"#,
    );
}

#[test]
fn words_of_yaml_1_1() {
    is(
        "[y, Yes, on, TRUE, n, off, no, tRUE, ~, Null, nULL, =]",
        r#"[true,true,true,true,false,false,false,"tRUE",null,null,"nULL","="]"#,
    );
    is("[0644, 0o17, 0x1F, 0b11, -017, 08, 1_000, 0b-1, 1__0, _1, +12]", r#"[420,15,31,3,-15,8,1000,-1,10,"_1",12]"#);
    is(
        "[1.0, 1., .5, 1e3, 5e-1, 1e-7, 1e21, 1e400, 1:30, 1.2.3, 2001-01-01]",
        r#"[1,1,0.5,1000,0.5,1e-7,1e+21,"1e400","1:30","1.2.3","2001-01-01"]"#,
    );
    is(
        "[9223372036854775807, 9223372036854775808, -9223372036854775808]",
        "[9223372036854775807,9223372036854776000,-9223372036854775808]",
    );
    refuses("a: .inf", "json: unsupported value: +Inf");
}

#[test]
fn block_scalars() {
    is("a: |\n  x\n   y\n\n  z\nb: >-\n  p\n  q\n\n  r\n", r#"{"a":"x\n y\n\nz\n","b":"p q\nr"}"#);
    is("a: |2+\n   x\n\nb: 1", r#"{"a":" x\n\n","b":1}"#);
}

#[test]
fn ranges_are_those_of_the_text() {
    with_root("a: &x  [1, \"b\\n\"]  # c\r\nk:\r\n  - |\r\n    t1\r\n    t2\r\n  - plain text \r\né: *x\r\n", |root| {
        let get = |key: &str| root.get(key).unwrap();
        assert_eq!(covered(get("a")), "[1, \"b\\n\"]");
        assert_eq!(covered(get("k")), "- |\r\n    t1\r\n    t2\r\n  - plain text");
        let literal = get("k").elements().next().unwrap();
        assert_eq!((covered(literal), literal.style()), ("|\r\n    t1\r\n    t2", Style::Literal));
        assert_eq!(literal.as_str(), Some("t1\nt2\n"));
        assert_eq!(covered(root.entry("é").unwrap().key), "é");
        assert!(get("é").is_alias());
        assert_eq!(covered(get("é")), "[1, \"b\\n\"]");
        let written = get("é").written_range();
        assert_eq!(&root.tree().text()[written.start as usize..written.end as usize], "*x");
        let tree = root.tree();
        let anchor = tree.anchors()[0];
        assert_eq!(&tree.text()[anchor.range.start as usize..anchor.range.end as usize], "&x");
        assert_eq!(tree.node(anchor.node).kind(), Kind::Sequence);
        let comment = tree.comments()[0];
        assert_eq!(&tree.text()[comment.range.start as usize..comment.range.end as usize], "# c");
        assert!(!comment.own_line);
    });
}

#[test]
fn json_and_the_switch_to_yaml() {
    reads(r#"{"a":1.5}{"b":[true,null,"\u00e9\ud83d\ude00"]} 7"#, &[r#"{"a":1.5}"#, r#"{"b":[true,null,"é😀"]}"#, "7"]);
    reads("{\"a\":1}\n---\n{\"b\":2}", &[r#"{"a":1}"#, r#"{"b":2}"#]);
    reads("{a: 1}", &[r#"{"a":1}"#]);
    reads("{{ .X }}: 1\n", &["!json: offset 2: invalid character '{' looking for beginning of object key string"]);
    let old = read(&decode_bytes(b"{\"a\":1}\n---\nb: 2\n".to_vec()), &Options { kubectl_minor: 32 });
    assert_eq!(old.documents.len(), 2);
    assert!(matches!(&old.documents[1].content, Content::Error(error)
        if error.message == "json: offset 10: invalid character '-' in numeric literal"));
}

#[test]
fn what_is_lost() {
    assert_eq!(losses("a: 1\nb: 2\na: 3\n"), [(LossKind::DuplicateKey, "a: 1".to_owned(), Some("a: 3".to_owned()))]);
    assert_eq!(losses("1: x\n\"1\": y\n"), [(LossKind::CollidingKey, "1: x".to_owned(), Some("\"1\": y".to_owned()))]);
    assert_eq!(losses("  a: 1\nb: 2\n"), [(LossKind::AfterRoot, "b: 2".to_owned(), None)]);
    assert_eq!(losses("a: 1\n...\n# c\nb: 2\n"), [(LossKind::AfterDocumentEnd, "b: 2".to_owned(), None)]);
    assert_eq!(losses("a: 1\n...\n# c\n"), []);
    assert_eq!(losses("a: 12345678901234567890\n"), [(LossKind::Precision, "12345678901234567890".to_owned(), None)]);
    assert_eq!(
        losses("x: &x {k: 1}\ny:\n  k: 9\n  <<: *x\n"),
        [(LossKind::MergeOverwrites, "k: 9".to_owned(), Some("*x".to_owned()))]
    );
}
