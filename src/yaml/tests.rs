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

#[test]
fn separators_are_text() {
    reads("a: 1\n---\nb: 2\n", &[r#"{"a":1}"#, r#"{"b":2}"#]);
    reads("---\n---\na: 1\n--- # next\nb: 2", &["-", r#"{"a":1}"#, r#"{"b":2}"#]);
    // Inside a block scalar and inside quotes too.
    reads("a: |\n  x\n---\n  z\n", &[r#"{"a":"x\n"}"#, r#""z""#]);
    reads("a: 1\n--- b\nc: 2\n---\nd: 3\n", &["!invalid Yaml document separator: b"]);
    reads("a: 1\n---\nb: 2\n----\n", &[r#"{"a":1}"#, "!invalid Yaml document separator: -"]);
    reads("# nothing\n---\n~\n---\nnull\n", &["-", "-", "-"]);
    reads("", &[]);
    is("a: 1\n ---\n", r#"{"a":"1 ---"}"#);
}

#[test]
fn the_line_reader_drops_some_last_lines() {
    let line = format!("b: {}", "x".repeat(4093));
    assert_eq!(line.len(), 4096);
    is(&format!("a: 1\n{line}"), r#"{"a":1}"#);
    assert_eq!(losses(&format!("a: 1\n{line}")), [(LossKind::LastLine, line.clone(), None)]);
    assert!(shown(&format!("a: 1\n{line}\n"))[0].contains("xxx"));
    assert!(shown(&format!("a: 1\n{line}x"))[0].contains("xxx"));
}

#[test]
fn directives() {
    is("%YAML 1.1\n", "!error converting YAML to JSON: yaml: line 1: did not find expected <document start>");
    refuses("%YAML 1.2\n---\na: 1\n", "yaml: found incompatible YAML document");
    refuses("%FOO\n", "yaml: found unknown directive name");
    refuses("% x\n", "yaml: could not find expected directive name");
    // Only a lone carriage return keeps a directive with its document.
    is("%TAG !e! tag:yaml.org,2002:\r---\r!e!str 1\r", r#""1""#);
}

#[test]
fn tags() {
    is(
        "[!!str 1, !!int '1', !!float 1, !!bool on, !!null ~, ! 1, !x 1, !<tag:yaml.org,2002:int> 2]",
        r#"["1",1,1,true,null,"1","1",2]"#,
    );
    is(
        "a: !!binary aGVsbG8=\nb: !!set {x, z}\nc: !!str\nd: !!timestamp 2001-02-03T04:05:06Z\n",
        r#"{"a":"hello","b":{"x":null,"z":null},"c":"","d":"2001-02-03T04:05:06Z"}"#,
    );
    is("[!a, b]", r#"["b"]"#);
    refuses("a: !!int x", "yaml: cannot decode !!str `x` as a !!int");
    refuses("a: !!int", "yaml: cannot decode !!null `` as a !!int");
    refuses("a: !!timestamp 2001-02-30", "yaml: cannot decode !!str `2001-02-30` as a !!timestamp");
    refuses("a: !!binary a", "yaml: !!binary value contains invalid base64 data");
    refuses("a: !e!x y", "yaml: found undefined tag handle");
}

#[test]
fn anchors() {
    is("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", r#"{"a":1,"b":1,"c":2,"d":2}"#);
    is("&k key: &v [1]\nagain: *v\n*k : 2\n", r#"{"again":[1],"key":2}"#);
    is("a: &x\nb: *x\n", r#"{"a":null,"b":null}"#);
    refuses("a: *x\nb: &x 1\n", "yaml: unknown anchor 'x' referenced");
    refuses("a: &x [*x]\n", "yaml: anchor 'x' value contains itself");
    // A later key is a number, the value that the alias stands for stays one.
    is("a: &x 1\nb: {*x : c}\n", r#"{"a":1,"b":{"1":"c"}}"#);
}

#[test]
fn merge_keys() {
    let bases = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\n";
    let merged = |rest: &str| shown(&format!("{bases}z:\n{rest}"))[0].split_once(r#""z":"#).unwrap().1.to_owned();
    assert_eq!(merged("  <<: *x\n  b: 9\n"), r#"{"a":1,"b":9}}"#);
    assert_eq!(merged("  b: 9\n  <<: *x\n"), r#"{"a":1,"b":2}}"#);
    assert_eq!(merged("  <<: [*x, *y]\n"), r#"{"a":1,"b":2,"c":4}}"#);
    assert_eq!(merged("  <<: *x\n  <<: *y\n"), r#"{"a":1,"b":3,"c":4}}"#);
    assert_eq!(merged("  <<: {d: 5, <<: *y}\n"), r#"{"b":3,"c":4,"d":5}}"#);
    assert_eq!(merged("  \"<<\": *x\n"), r#"{"<<":{"a":1,"b":2}}}"#);
    refuses("<<: 1\n", "yaml: map merge requires map or sequence of maps as the value");
    refuses("x: &x 1\nz: {<<: [*x]}\n", "yaml: map merge requires map or sequence of maps as the value");
    with_root("x: &x {a: 1}\nz:\n  <<: *x\n", |root| {
        let entry = root.get("z").unwrap().entry("a").unwrap();
        assert_eq!(covered(entry.value), "1");
        let written = entry.value.written_range();
        assert_eq!(&root.tree().text()[written.start as usize..written.end as usize], "*x");
    });
}

#[test]
fn keys_become_strings() {
    is(
        "1: a\n0x10: b\n2.5: c\n1e30: d\non: e\n.inf: f\n2001-01-01: g\n",
        r#"{".inf":"f","1":"a","16":"b","1e+30":"d","2.5":"c","2001-01-01":"g","true":"e"}"#,
    );
    is("123456789.125: a\n456789.125: b\n", r#"{"1.2345679e+08":"a","456789.12":"b"}"#);
    is("0.0: a\n-0.0: b\n", r#"{"-0":"b"}"#);
    refuses("~: a\n", "unsupported map key of type: %!s(<nil>), key: <nil>, value: \"a\"");
    refuses(
        "18446744073709551615: [a]\n",
        "unsupported map key of type: uint64, key: 0xffffffffffffffff, value: []interface {}{\"a\"}",
    );
    refuses(
        "a: {{ .Values.x }}\n",
        "yaml: invalid map key: map[interface {}]interface {}{\".Values.x\":interface {}(nil)}",
    );
    refuses(
        "? [1, {b: 2.5}]\n: c\n",
        "yaml: invalid map key: []interface {}{1, map[interface {}]interface {}{\"b\":2.5}}",
    );
    // Nothing is refused that is lost anyway.
    is("a: {~: 1}\na: 2\n", r#"{"a":2}"#);
    refuses("~: 1\n\"\": 2\n", "unsupported map key of type: %!s(<nil>), key: <nil>, value: 1");
    refuses(
        "a: 1\n<<: {~: {2: b}}\n",
        "unsupported map key of type: %!s(<nil>), key: <nil>, value: map[interface {}]interface {}{2:\"b\"}",
    );
}

#[test]
fn alias_bombs() {
    let mut bomb = String::from("a: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..8 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.extend([format!("a{level}: &a{level} [{aliases}]\n")]);
    }
    refuses(&bomb, "yaml: document contains excessive aliasing");
    // The same with merges, which would build a great deal if they were not refused first.
    let mut merges = String::from("a: &a {");
    merges.extend((0..1000).map(|key| format!("k{key}: 1, ")));
    merges.push_str("}\nlist:\n");
    merges.push_str(&"- <<: *a\n".repeat(5000));
    refuses(&merges, "yaml: document contains excessive aliasing");
}

#[test]
fn deep_nesting() {
    let run = || {
        let depth = 10_000;
        let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        is(&text, &text);
        refuses(&"[".repeat(depth + 1), "yaml: exceeded max depth of 10000");
        let mut json = format!("{{\"a\":{}1{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        is(&json, &json);
        json.insert(5, '[');
        // Neither JSON nor YAML takes it, and then the words are those of JSON.
        reads(&json, &["!json: offset 10005: exceeded max depth"]);
        let block = format!("{}x\n", "- ".repeat(depth));
        assert_eq!(shown(&block)[0].len(), 2 * depth + 3);
        let text = format!("{}1{}", "{a: ".repeat(depth), "}".repeat(depth));
        with_root(&text, |root| {
            let mut builder = super::TreeBuilder::new(root.tree().text().clone());
            let copy = builder.copy(root);
            let copy = builder.finish(copy);
            assert_eq!(write_json(copy.root(), Escape::Html), write_json(root, Escape::Html));
            // Compared and dropped without harm, too.
            assert_eq!(root.to_json(), copy.root().to_json());
        });
        // Blocks and flows count apart, so that go-yaml takes what encoding/json does not.
        let both = format!("{}{}{}\n", "- ".repeat(6000), "[".repeat(6000), "]".repeat(6000));
        reads(&both, &["!error unmarshaling JSON: while decoding JSON: exceeded max depth"]);
    };
    // The stack of a rayon worker.
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn long_scalars_and_keys() {
    let long = "x".repeat(1 << 20);
    is(&format!("a: {long}"), &format!(r#"{{"a":"{long}"}}"#));
    is(&format!("a: |\n  {long}\n"), &format!(r#"{{"a":"{long}\n"}}"#));
    let key = "k".repeat(1024);
    is(&format!("{key}: 1"), &format!(r#"{{"{key}":1}}"#));
    refuses(&format!("k{key}: 1"), "yaml: mapping values are not allowed in this context");
    is(&format!("? k{key}\n: 1"), &format!(r#"{{"k{key}":1}}"#));
}

#[test]
fn characters() {
    refuses("a: \0\n", "yaml: control characters are not allowed");
    refuses("a: \u{7F}\n", "yaml: control characters are not allowed");
    refuses("a: \u{FFFE}\n", "yaml: control characters are not allowed");
    // Only what go-yaml has taken in by the end of the document is checked: blocks of 512 bytes.
    let far = format!("{{a: 1}}\nb: 2\n#{}\u{1}\n", "x".repeat(600));
    reads(&far.replace("{a: 1}", "'a'"), &[r#""a""#]);
    is("a\u{85}: 1\n", r#""a""#);
    is("a: b\rc: d\r", r#"{"a":"b","c":"d"}"#);
    is("a: |\r\n  b\r\n  c\r\n", r#"{"a":"b\nc\n"}"#);
    is("a: 'x\u{2028}y'\n", "{\"a\":\"x\\u2028y\"}");
    refuses("a:\n\tb: 1\n", "yaml: line 2: found character that cannot start any token");
    refuses("a: b\n\tc\n", "yaml: line 2: found a tab character that violates indentation");
    is("a:\t1\n", r#"{"a":1}"#);
    refuses("a: @x\n", "yaml: found character that cannot start any token");
}

#[test]
fn bytes() {
    let of = |bytes: &[u8]| decode_bytes(bytes.to_vec());
    assert_eq!(&*of(b"\xEF\xBB\xBFa: 1").text, "a: 1");
    assert_eq!(&*of(b"\xFF\xFEa\0:\0 \0\x3D\xD8\x00\xDE").text, "a: 😀");
    assert_eq!(&*of(b"\xFE\xFF\0a\0").text, "a\u{FFFD}");
    let text = of(b"a: x\xFF\xE2\x82y\n");
    assert_eq!(&*text.text, "a: x\u{FFFD}\u{FFFD}y\n");
    assert_eq!(text.replaced[0].range, super::ByteRange::new(4, 10));
    let stream = read(&text, &Options::default());
    assert_eq!(stream.documents[0].losses[0].kind, LossKind::Replaced);
    // Behind a byte order mark nothing is replaced, and the YAML reader refuses it.
    let stream = read(&of(b"\xEF\xBB\xBFa: x\xFF\n"), &Options::default());
    assert!(matches!(&stream.documents[0].content, Content::Error(error)
        if error.message == "error converting YAML to JSON: yaml: invalid leading UTF-8 octet"));
    // At the start of a later document a byte order mark is dropped, elsewhere it is content.
    reads("a: 1\n---\n\u{FEFF}b: 2\n", &[r#"{"a":1}"#, r#"{"b":2}"#]);
    is("a: 1\n\u{FEFF}b: 2\n", "{\"a\":1,\"\u{FEFF}b\":2}");
}

#[test]
fn quotes() {
    is(
        r#"["\x41\u00e9\U0001F600\0\t\N\_\L\P\e\ \'", 'it''s']"#,
        "[\"Aé😀\\u0000\\t\u{85}\u{A0}\\u2028\\u2029\\u001b '\",\"it's\"]",
    );
    is("a: \"x \n  y\n\n  z\\\n   w\\\n\n  v\"\n", r#"{"a":"x y\nzw\nv"}"#);
    is("'a\nb'", r#""a b""#);
    refuses(r#"a: "\/""#, "yaml: found unknown escape character");
    refuses(r#"a: "\ud83d\ude00""#, "yaml: found invalid Unicode character escape code");
    refuses(r#"a: "\xq0""#, "yaml: did not find expected hexdecimal number");
    refuses("a: \"x\n", "yaml: line 2: found unexpected end of stream");
}

#[test]
fn flow_collections() {
    is("{a:1, b:, c: , ? d, \"e\":f}", r#"{"a:1":null,"b:":null,"c":null,"d":null,"e":"f"}"#);
    is("[a b, c: d, ? e : f, {}]", r#"["a b",{"c":"d"},{"e":"f"},{}]"#);
    is("[]: v\n", "[]");
    refuses("[a,,b]", "yaml: did not find expected node content");
    refuses("[a?b]", "yaml: did not find expected ',' or ']'");
    refuses("a: [b\n", "yaml: line 1: did not find expected ',' or ']'");
}

#[test]
fn json_numbers_and_errors() {
    reads(r#"{"a":9223372036854775808,"b":-0,"c":1.0,"d":1e2}"#, &[r#"{"a":9223372036854776000,"b":0,"c":1,"d":100}"#]);
    let stream = stream(r#"{"a":1e400} {"b":1}"#);
    assert!(matches!(&stream.documents[0].content, Content::Error(error)
        if error.kind == super::ReadErrorKind::Value));
    assert!(matches!(stream.documents[1].content, Content::Value(_)));
    for (text, message) in [
        (r#"{"a":tru}"#, "json: offset 9: invalid character '}' in literal true (expecting 'e')"),
        (r#"{"a":"x"#, "unexpected EOF"),
        ("{\"a\":\"\t\"}", "json: offset 7: invalid character '\\t' in string literal"),
        (r#"{"a":"\x"}"#, "json: offset 8: invalid character 'x' in string escape code"),
        (r#"{"a":"\u00g0"}"#, "json: offset 11: invalid character 'g' in \\u hexadecimal character escape"),
        (r#"{"a":01}"#, "json: offset 7: invalid character '1' after object key:value pair"),
        (r#"{"a":1.}"#, "json: offset 8: invalid character '}' after decimal point in numeric literal"),
        (r#"{"a":1e}"#, "json: offset 8: invalid character '}' in exponent of numeric literal"),
        (r#"{"a":[1 2]}"#, "json: offset 9: invalid character '2' after array element"),
        (r#"{"a" 1}"#, "json: offset 6: invalid character '1' after object key"),
        ("{'a':1}", "json: offset 2: invalid character '\\'' looking for beginning of object key string"),
    ] {
        let stream = read(&decode_bytes(text.as_bytes().to_vec()), &Options { kubectl_minor: 32 });
        assert!(
            matches!(&stream.documents[0].content, Content::Error(error) if error.message == message),
            "{text}: {stream:?}"
        );
    }
    // The third value shows that it is a stream of JSON, whatever follows.
    reads(r#"{"a":1}{"b":2}x"#, &[r#"{"a":1}"#, r#"{"b":2}"#, "!invalid character 'x' looking for beginning of value"]);
}

#[test]
fn messages_can_be_told_without_values() {
    for (text, message) in [
        ("pin: !!int topsecret", "error converting YAML to JSON: yaml: cannot decode !!str `…` as a !!int"),
        ("? {pin: topsecret}\n: 1", "error converting YAML to JSON: yaml: invalid map key: …"),
        ("~: topsecret", "error converting YAML to JSON: unsupported map key of type: …"),
        ("--- topsecret", "invalid Yaml document separator: …"),
        ("a: @", "error converting YAML to JSON: yaml: found character that cannot start any token"),
    ] {
        let stream = stream(text);
        match &stream.documents[0].content {
            Content::Error(error) => assert_eq!(error.message_without_values(), message),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_text_that_never_ends_well_is_told_where() {
    let text = decode_bytes(b"a: 1\n---\nb: [1\n".to_vec());
    let stream = read(&text, &Options::default());
    match &stream.documents[1].content {
        Content::Error(error) => assert_eq!(error.at.start, 15),
        other => panic!("{other:?}"),
    }
}
