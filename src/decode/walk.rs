//! The walk: a value against its type, as `sigs.k8s.io/json` decodes it into the server's Go types.
//!
//! Apart because here only the decoder's own order and words count; what becomes of its errors is told elsewhere.
//! Source: sigs.k8s.io/json `internal/golang/encoding/json/decode.go` and `kubernetes_patch.go` (as of 1.36), and the
//! `UnmarshalJSON` methods of apimachinery and of apiextensions `v1/marshal.go`.

use super::fault::{Fault, FaultKind};
use super::frame::Frame;
use super::go_number::{integer, number_text};
use super::{base64, go_duration, go_time, quantity, suggest};
use crate::object::Segment;
use crate::schema::{Definition, Schema, Type};
use crate::yaml::{EntryRef, Kind, NodeRef, Value};

/// Steps below the object beyond which nothing is judged: schemas are recursive, and the stack is not endless.
pub(super) const MOST_STEPS: u32 = 500;

/// Which type error a decoder returns: the first of those that stop it, else the first at all.
#[derive(Clone, Copy, Default)]
struct First {
    stopping: Option<usize>,
    saved: Option<usize>,
}

impl First {
    fn returned(self) -> Option<usize> {
        self.stopping.or(self.saved)
    }
}

pub(super) struct Walk {
    schema: Schema,
    pub faults: Vec<Fault>,
    first: First,
    /// The scope of the outermost decoder whose words count.
    outermost: u32,
}

impl Walk {
    pub fn new(schema: Schema) -> Self {
        Self { schema, faults: Vec::new(), first: First::default(), outermost: 0 }
    }

    /// A walk that begins where a Go type decodes itself and no decoder around it adds to its words.
    pub fn of_self_decoding(schema: Schema, frame: &Frame<'_>) -> Self {
        Self { outermost: frame.scope + 1, ..Self::new(schema) }
    }

    /// The type error that the server's decoder returns.
    pub fn returned(&self) -> Option<&Fault> {
        self.first.returned().map(|at| &self.faults[at])
    }

    /// Decodes a value into a type.
    pub fn value(&mut self, node: NodeRef<'_>, ty: &Type, frame: &Frame<'_>) {
        // `null` leaves everything as it is: a pointer nil, a scalar zero, a list or map empty.
        if node.is_null() {
            return;
        }
        if frame.depth > MOST_STEPS {
            self.too_deep(node, frame);
            return;
        }
        let found = self.faults.len();
        match ty {
            Type::Bool if node.kind() == Kind::Bool => {}
            Type::String if node.kind() == Kind::String => {}
            Type::Float64 if matches!(node.kind(), Kind::Int | Kind::Float) => {}
            Type::Bool | Type::String | Type::Float64 => self.mismatch(node, frame, || frame.go_type(ty)),
            Type::Int32 => self.int(node, frame, i64::from(i32::MIN), i64::from(i32::MAX), || frame.go_type(ty)),
            Type::Int64 => self.int(node, frame, i64::MIN, i64::MAX, || frame.go_type(ty)),
            Type::Object(name) => match (node.kind(), self.schema.definition(name)) {
                (Kind::Mapping, Some(definition)) => self.fields(node, definition, frame),
                (Kind::Mapping, None) => {}
                _ => self.mismatch(node, frame, || frame.go_type(ty)),
            },
            Type::List(element) if node.kind() == Kind::Sequence => {
                for (index, node) in node.elements().enumerate() {
                    self.value(node, element, &frame.index(index));
                }
            }
            Type::Map(value) if node.kind() == Kind::Mapping => {
                for entry in node.entries() {
                    self.value(entry.value, value, &frame.key(entry.name()));
                }
            }
            Type::List(_) | Type::Map(_) => self.mismatch(node, frame, || frame.go_type(ty)),
            Type::Bytes => self.bytes(node, ty, frame),
            Type::Any => {}
            Type::IntOrString => {
                if node.kind() != Kind::String {
                    let (least, most) = (i64::from(i32::MIN), i64::from(i32::MAX));
                    self.stopping(|walk| walk.int(node, frame, least, most, || "int32".to_owned()));
                }
            }
            Type::Quantity => self.quantity(node, frame),
            Type::Time => self.text(node, frame, go_time::check_time),
            Type::MicroTime => self.text(node, frame, go_time::check_micro_time),
            Type::Duration => self.text(node, frame, |text| go_duration::parse_duration(text).map(|_| ())),
            Type::SchemaOrBool => match node.kind() {
                Kind::Bool => {}
                Kind::Mapping => self.schema(node, frame),
                _ => self.stop(node, frame, "boolean or JSON schema expected".to_owned()),
            },
            // Anything but the two forms is taken for nothing.
            Type::SchemaOrArray => match node.kind() {
                Kind::Mapping => self.schema(node, frame),
                Kind::Sequence => {
                    let list = Type::List(Box::new(Type::Object(SCHEMA)));
                    self.nested(|walk| walk.value(node, &list, &frame.inside()));
                }
                _ => {}
            },
            Type::SchemaOrStringArray => match node.kind() {
                Kind::Mapping => self.schema(node, frame),
                Kind::Sequence => {
                    let list = Type::List(Box::new(Type::String));
                    self.nested(|walk| walk.value(node, &list, &frame.inside()));
                }
                _ => {}
            },
        }
        if let [fault] = &mut self.faults[found..] {
            fault.mend = fault.mend.take().or_else(|| suggest::retype(node, ty));
        }
    }

    /// Decodes a mapping into a struct.
    pub fn fields(&mut self, node: NodeRef<'_>, definition: &Definition, frame: &Frame<'_>) {
        let fields = definition.fields_of(node.entries().map(EntryRef::name));
        for (entry, field) in node.entries().zip(fields) {
            match field {
                Some(field) => self.value(entry.value, &field.ty, &frame.field(definition, field)),
                None => self.unknown(node, entry, definition, frame),
            }
        }
    }

    fn schema(&mut self, node: NodeRef<'_>, frame: &Frame<'_>) {
        self.nested(|walk| walk.value(node, &Type::Object(SCHEMA), &frame.inside()));
    }

    /// Runs a decoder inside the decoder: whatever it returns stops the outer one.
    fn nested(&mut self, run: impl FnOnce(&mut Self)) {
        let outer = std::mem::take(&mut self.first);
        run(self);
        let returned = self.first.returned();
        self.first = First { stopping: outer.stopping.or(returned), ..outer };
    }

    /// As [`Walk::nested`], for a decoder of a single value.
    fn stopping(&mut self, run: impl FnOnce(&mut Self)) {
        self.nested(run);
    }

    fn int(&mut self, node: NodeRef<'_>, frame: &Frame<'_>, least: i64, most: i64, go_type: impl FnOnce() -> String) {
        match node.value() {
            Value::Int(_) | Value::Float(_) => {
                if !integer(node).is_some_and(|value| (least..=most).contains(&value)) {
                    let number = number_text(node).unwrap_or_default();
                    self.cannot_unmarshal(node, frame, &format!("number {number}"), &go_type());
                }
            }
            _ => self.mismatch(node, frame, go_type),
        }
    }

    fn bytes(&mut self, node: NodeRef<'_>, ty: &Type, frame: &Frame<'_>) {
        match node.value() {
            Value::String(text) => {
                if let Err(at) = base64::decoded_length(text) {
                    self.save(node, frame, format!("illegal base64 data at input byte {at}"));
                }
            }
            Value::Sequence => {
                for (index, element) in node.elements().enumerate().filter(|(_, element)| !element.is_null()) {
                    self.int(element, &frame.index(index), 0, 255, || "uint8".to_owned());
                }
            }
            _ => self.mismatch(node, frame, || frame.go_type(ty)),
        }
    }

    fn quantity(&mut self, node: NodeRef<'_>, frame: &Frame<'_>) {
        let checked = match node.value() {
            Value::String(text) => quantity::check(quantity::trim(text)),
            Value::Int(_) => Ok(()),
            Value::Float(_) => quantity::check(&number_text(node).unwrap_or_default()),
            _ => Err(quantity::FORMAT_WRONG),
        };
        if let Err(message) = checked {
            self.stop(node, frame, message.to_owned());
        }
    }

    /// A type that is written as text and decodes itself.
    fn text(&mut self, node: NodeRef<'_>, frame: &Frame<'_>, check: impl FnOnce(&str) -> Result<(), String>) {
        match node.value() {
            Value::String(text) => {
                if let Err(message) = check(text) {
                    self.stop(node, frame, message);
                }
            }
            _ => self.stopping(|walk| walk.mismatch(node, frame, || "string".to_owned())),
        }
    }

    fn mismatch(&mut self, node: NodeRef<'_>, frame: &Frame<'_>, go_type: impl FnOnce() -> String) {
        let word = match node.kind() {
            Kind::Null | Kind::Alias => "null",
            Kind::Bool => "bool",
            Kind::Int | Kind::Float => "number",
            Kind::String => "string",
            Kind::Sequence => "array",
            Kind::Mapping => "object",
        };
        self.cannot_unmarshal(node, frame, word, &go_type());
    }

    fn cannot_unmarshal(&mut self, node: NodeRef<'_>, frame: &Frame<'_>, value: &str, go_type: &str) {
        let message = match frame.go_field(self.outermost) {
            Some(field) => format!("json: cannot unmarshal {value} into Go struct field {field} of type {go_type}"),
            None => format!("json: cannot unmarshal {value} into Go value of type {go_type}"),
        };
        self.save(node, frame, message);
    }

    /// A type error that the decoder remembers while it goes on.
    fn save(&mut self, node: NodeRef<'_>, frame: &Frame<'_>, message: String) {
        self.first.saved.get_or_insert(self.faults.len());
        let (path, range) = (frame.field_path(), node.written_range());
        self.faults.push(Fault { kind: FaultKind::Type, message, path, range, help: None, mend: None });
    }

    /// A type error that ends decoding.
    fn stop(&mut self, node: NodeRef<'_>, frame: &Frame<'_>, message: String) {
        self.nested(|walk| walk.save(node, frame, message));
    }

    fn unknown(&mut self, node: NodeRef<'_>, entry: EntryRef<'_>, definition: &Definition, frame: &Frame<'_>) {
        let (name, range) = (entry.name(), entry.key.range());
        let kind = if frame.scope > 0 { FaultKind::Dropped } else { FaultKind::Unknown };
        let message = format!("unknown field {}", crate::go_quote::go_quote(&frame.strict_path(name)));
        let mut path = frame.field_path();
        path.0.push(Segment::Field(name.to_owned()));
        let help = suggest::suggestion(name, definition, frame.structs_above(), self.schema);
        let mend = suggest::mend(node, entry, definition, frame, self.schema);
        self.faults.push(Fault { kind, message, path, range, help, mend });
    }

    fn too_deep(&mut self, node: NodeRef<'_>, frame: &Frame<'_>) {
        let message = format!("nested more than {MOST_STEPS} steps deep: what is inside is not checked");
        let (path, range) = (frame.field_path(), node.written_range());
        self.faults.push(Fault { kind: FaultKind::TooDeep, message, path, range, help: None, mend: None });
    }
}

/// The recursive schema of apiextensions.
const SCHEMA: &str = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
