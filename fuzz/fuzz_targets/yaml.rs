//! Any bytes are read without a panic, every place lies in the text, and memory stays in proportion.
//!
//! `cargo +nightly fuzz run yaml fuzz/corpus/yaml fuzz/seeds/yaml -- -dict=fuzz/yaml.dict -max_len=4096`

#![no_main]

use libfuzzer_sys::fuzz_target;
use seaworthy::yaml::{
    ByteRange, Content, Document, Escape, NodeIndex, Options, Tree, TreeBuilder, decode_bytes, read, write_json,
};

fn check(text: &str, range: ByteRange) {
    let cut = text.get(range.start as usize..range.end as usize);
    assert!(cut.is_some(), "{range:?} is no range of {} bytes", text.len());
}

fn check_tree(text: &str, tree: &Tree) {
    for index in 0..tree.len() {
        let node = tree.node(NodeIndex(index as u32));
        check(text, node.range());
        check(text, node.written_range());
        let names: Vec<&str> = node.entries().map(|entry| entry.name()).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "keys are sorted and stand once");
    }
    for comment in tree.comments() {
        check(text, comment.range);
        assert!(text[comment.range.start as usize..].starts_with('#'));
    }
    for anchor in tree.anchors() {
        check(text, anchor.range);
        assert!(text[anchor.range.start as usize..].starts_with('&'));
    }
    // What aliases bring in is limited by go-yaml itself, whatever the length of the text.
    assert!(tree.heap_bytes() <= 100 * text.len() + (64 << 20), "{} bytes", tree.heap_bytes());
}

fn check_document(text: &str, document: &Document) {
    check(text, document.range);
    for loss in &document.losses {
        check(text, loss.lost);
        if let Some(kept) = loss.kept {
            check(text, kept);
        }
    }
    match &document.content {
        Content::Empty => {}
        Content::Error(error) => check(text, error.at),
        Content::Value(tree) => {
            check_tree(text, tree);
            let json = write_json(tree.root(), Escape::Html);
            let mut builder = TreeBuilder::new(tree.text().clone());
            let copy = builder.copy(tree.root());
            let copy = builder.finish(copy);
            assert_eq!(write_json(copy.root(), Escape::Html), json, "a copy is the same value");
            // What was written is JSON that reads as the same value.
            if json.starts_with('{') && !json.contains("\\ufffd") {
                let again = read(&decode_bytes(json.clone().into_bytes()), &Options::default());
                match again.documents.as_slice() {
                    [Document { content: Content::Value(tree), .. }] => {
                        assert_eq!(write_json(tree.root(), Escape::Html), json);
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let text = decode_bytes(bytes.to_vec());
    for kubectl_minor in [32, 36] {
        let stream = read(&text, &Options { kubectl_minor });
        for document in &stream.documents {
            check_document(&text.text, document);
        }
    }
});
