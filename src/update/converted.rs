//! What the server makes of values that a patch brings in: of integers that 32 bits do not hold their low bits, of `null`
//! in a map the zero value.
//!
//! Apart because it is the converter's alone: a creation is refused for such an integer, and kubectl takes such a `null`
//! out. Source: `fromUnstructured` of apimachinery `pkg/runtime/converter.go`, which converts without a range check (1.36).

use super::prepare::Edit;
use crate::schema::{Definition, Schema, Type};
use crate::yaml::{NodeRef, Value};

/// Deeper values are not looked at; no built-in type is so deep.
const MAX_DEPTH: usize = 64;

/// The values below a struct that become others, with what becomes of them.
pub(super) fn edits(schema: Schema, definition: &str, root: NodeRef<'_>) -> Vec<Edit> {
    let mut search = Search { schema, path: Vec::new(), edits: Vec::new() };
    if let Some(definition) = schema.definition(definition) {
        search.fields(definition, root);
    }
    search.edits
}

struct Search {
    schema: Schema,
    path: Vec<String>,
    edits: Vec<Edit>,
}

impl Search {
    fn fields(&mut self, definition: &'static Definition, node: NodeRef<'_>) {
        for entry in node.entries() {
            if let Some(field) = definition.field(entry.name()) {
                self.below(entry.name().to_owned(), &field.ty, entry.value);
            }
        }
    }

    fn put(&mut self, key: &str, value: serde_json::Value) {
        let path = self.path.iter().cloned().chain([key.to_owned()]).collect();
        self.edits.push((path, Some(value)));
    }

    fn below(&mut self, key: String, ty: &'static Type, node: NodeRef<'_>) {
        if self.path.len() > MAX_DEPTH {
            return;
        }
        self.path.push(key);
        match (ty, node.value()) {
            (Type::Int32, Value::Int(number)) if i32::try_from(number).is_err() => {
                let low_bits = number.cast_unsigned() as u32;
                self.edits.push((self.path.clone(), Some(i64::from(low_bits.cast_signed()).into())));
            }
            (Type::Object(name), Value::Mapping) => {
                if let Some(definition) = self.schema.definition(name) {
                    self.fields(definition, node);
                }
            }
            (Type::List(element), Value::Sequence) => {
                for (index, value) in node.elements().enumerate() {
                    self.below(index.to_string(), element, value);
                }
            }
            (Type::Map(element), Value::Mapping) => {
                for entry in node.entries() {
                    match (&**element, entry.value.is_null()) {
                        (Type::Object(_), true) => self.put(entry.name(), serde_json::json!({})),
                        (Type::String, true) => self.put(entry.name(), "".into()),
                        _ => self.below(entry.name().to_owned(), element, entry.value),
                    }
                }
            }
            _ => {}
        }
        self.path.pop();
    }
}
