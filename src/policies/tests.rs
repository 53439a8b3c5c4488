use super::value::{self, Seen};
use crate::cel::value::Value;
use crate::object::{GroupVersionKind, Object, Origin};
use crate::schema::{Minor, Schema};
use crate::source::FileId;
use crate::yaml::{Content, Options, decode_bytes, read};
use std::sync::Arc;

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(i) => (*i).into(),
        Value::Double(d) => (*d).into(),
        Value::String(s) => s.to_string().into(),
        Value::List(l) => l.elements.iter().map(json).collect(),
        Value::Map(m) => serde_json::Value::Object(
            m.entries()
                .iter()
                .map(|(k, v)| (match k { Value::String(s) => s.to_string(), _ => "?".into() }, json(v)))
                .collect(),
        ),
        Value::Undecided => "<UNDECIDED>".into(),
        other => format!("{other:?}").into(),
    }
}

#[test]
fn dump() {
    let Ok(path) = std::env::var("DUMP_FILE") else { return };
    let text = decode_bytes(std::fs::read(&path).unwrap());
    let stream = read(&text, &Options { kubectl_minor: 37 });
    let mut out = Vec::new();
    for document in &stream.documents {
        let Content::Value(tree) = &document.content else { continue };
        let root = tree.root();
        use crate::object::view::View;
        let gvk = GroupVersionKind::parse(root.text("apiVersion"), root.text("kind")).unwrap();
        let object = Object {
            origin: Origin { file: FileId(0), document: 0, item: None },
            name: root.get("metadata").text("name").to_owned(),
            namespace: root.get("metadata").text("namespace").to_owned(),
            gvk,
            tree: Arc::clone(tree),
            node: root.index(),
        };
        let Some(kind) = Schema::of(Minor(37)).kind(&object.gvk.group, &object.gvk.version, &object.gvk.kind) else { continue };
        let seen = Seen { minor: Minor(37), namespace: kind.namespaced.then_some("default"), is_new: true, last_applied: false };
        out.push(json(&value::built_in(&object, &kind, seen)));
    }
    std::fs::write(format!("{path}.out"), serde_json::to_string(&out).unwrap()).unwrap();
}
