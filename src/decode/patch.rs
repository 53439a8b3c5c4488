//! Converting an object that `kubectl apply` patches: not decoding, and not the same verdicts.
//!
//! Apart because a strategic merge patch is applied to a map, and the map is then converted into the Go type by
//! reflection: integers are not checked for their range, texts differ, and the first error is all there is.
//! Source: apimachinery `pkg/runtime/converter.go`, apiserver `pkg/endpoints/handlers/patch.go` (1.36).

use super::fault::{Fault, FaultKind};
use super::frame::Frame;
use super::go_number::integer;
use super::walk::{MOST_STEPS, Walk};
use super::{Decoded, FieldValidation, base64, suggest};
use crate::object::{Object, Segment};
use crate::schema::{Definition, KindInfo, Schema, Type};
use crate::yaml::{EntryRef, Kind, NodeRef, Value};

/// Converts an object as the API server does when a patch makes it what the manifest says.
///
/// The whole manifest is judged: what a patch leaves out is live already, and so can be converted.
pub fn convert(object: &Object, kind: &KindInfo, schema: Schema, validation: FieldValidation) -> Decoded {
    let mut conversion = Conversion::new(schema);
    let Some(definition) = schema.definition(kind.definition) else { return Decoded::default() };
    conversion.fields(object.root(), definition, &Frame::ROOT);
    // The server quotes the patch as a Go value here; it would repeat the whole manifest, and a Secret's content.
    let wrap = |inner: String| format!("The request is invalid: patch: Invalid value: …: {inner}");
    let server_message = conversion.message(validation).map(wrap);
    let findings = conversion.faults.into_iter().filter_map(|fault| fault.into_finding(object, validation)).collect();
    Decoded { findings, server_message }
}

/// A conversion under way.
pub(super) struct Conversion {
    schema: Schema,
    pub faults: Vec<Fault>,
}

impl Conversion {
    pub fn new(schema: Schema) -> Self {
        Self { schema, faults: Vec::new() }
    }

    /// The error that the server's converter returns.
    pub fn message(&self, validation: FieldValidation) -> Option<String> {
        let of_kind = |kind| self.faults.iter().filter(move |fault| fault.kind == kind).map(|fault| &fault.message);
        if let Some(first) = of_kind(FaultKind::Type).next() {
            return Some(first.clone());
        }
        let mut unknown: Vec<&String> = of_kind(FaultKind::Unknown).collect();
        if unknown.is_empty() || validation != FieldValidation::Strict {
            return None;
        }
        unknown.sort_unstable();
        let unknown: Vec<&str> = unknown.into_iter().map(String::as_str).collect();
        Some(format!("strict decoding error: {}", unknown.join(", ")))
    }

    pub fn fields(&mut self, node: NodeRef<'_>, definition: &Definition, frame: &Frame<'_>) {
        let fields = definition.fields_of(node.entries().map(EntryRef::name));
        for (entry, field) in node.entries().zip(fields) {
            match field {
                Some(field) => self.value(entry.value, &field.ty, &frame.field(definition, field)),
                None => self.unknown(node, entry, definition, frame),
            }
        }
    }

    fn value(&mut self, node: NodeRef<'_>, ty: &Type, frame: &Frame<'_>) {
        if node.is_null() || frame.depth > MOST_STEPS {
            return;
        }
        match ty {
            Type::Bool | Type::Int32 | Type::Int64 | Type::Float64 | Type::String => self.scalar(node, ty, frame),
            Type::Object(name) => match (node.kind(), self.schema.definition(name)) {
                (Kind::Mapping, Some(definition)) => self.fields(node, definition, frame),
                (Kind::Mapping, None) => {}
                _ => self.fail(node, frame, format!("cannot restore struct from: {}", go_kind(node))),
            },
            Type::Map(value) if node.kind() == Kind::Mapping => {
                for entry in node.entries() {
                    self.value(entry.value, value, &frame.key(entry.name()));
                }
            }
            Type::Map(_) => self.fail(node, frame, format!("cannot restore map from {}", go_kind(node))),
            Type::List(element) if node.kind() == Kind::Sequence => {
                for (index, node) in node.elements().enumerate() {
                    self.value(node, element, &frame.index(index));
                }
            }
            Type::List(_) => self.fail(node, frame, format!("cannot restore slice from {}", go_kind(node))),
            Type::Bytes => self.bytes(node, frame),
            Type::Any
            | Type::IntOrString
            | Type::Quantity
            | Type::Time
            | Type::MicroTime
            | Type::Duration
            | Type::SchemaOrBool
            | Type::SchemaOrArray
            | Type::SchemaOrStringArray => {
                // These types decode themselves from JSON, here as everywhere.
                let mut walk = Walk::of_self_decoding(self.schema, frame);
                walk.value(node, ty, frame);
                let returned = walk.returned().map(|fault| fault.message.clone());
                self.faults.extend(walk.faults.into_iter().filter(|fault| match fault.kind {
                    FaultKind::Type => returned.as_ref() == Some(&fault.message),
                    _ => true,
                }));
            }
        }
    }

    /// Go converts between integers and from floats without a fraction; the range is never looked at.
    fn scalar(&mut self, node: NodeRef<'_>, ty: &Type, frame: &Frame<'_>) {
        let fits = match (node.value(), ty) {
            (Value::Bool(_), Type::Bool)
            | (Value::String(_), Type::String)
            | (Value::Int(_), Type::Int32 | Type::Int64)
            | (Value::Int(_) | Value::Float(_), Type::Float64) => true,
            (Value::Float(value), Type::Int32 | Type::Int64) => value.fract() == 0.0,
            _ => false,
        };
        if fits {
            return;
        }
        // A type that Go could convert, and JSON could not, is worded unlike one that Go cannot convert either.
        let convertible = matches!(
            (node.kind(), integer(node), ty),
            (Kind::Int, _, Type::String)
                | (Kind::Float, Some(_), Type::String)
                | (Kind::Float, None, Type::Int32 | Type::Int64)
        );
        let message = if convertible {
            format!("cannot convert {} to {}", go_kind(node), frame.go_type(ty))
        } else {
            format!("unrecognized type: {}", ty.go_type())
        };
        self.fail(node, frame, message);
        if let Some(fault) = self.faults.last_mut() {
            fault.mend = suggest::retype(node, ty);
        }
    }

    fn bytes(&mut self, node: NodeRef<'_>, frame: &Frame<'_>) {
        match node.value() {
            Value::String(text) => {
                if let Err(at) = base64::decoded_length(text) {
                    let message = format!("error decoding from json: illegal base64 data at input byte {at}");
                    self.fail(node, frame, message);
                }
            }
            Value::Sequence => {
                for (index, element) in node.elements().enumerate() {
                    match element.value() {
                        Value::Null | Value::Int(_) => {}
                        Value::Float(value) if value.fract() == 0.0 => {}
                        Value::Float(_) => {
                            self.fail(element, &frame.index(index), "cannot convert float64 to uint8".to_owned());
                        }
                        _ => self.fail(element, &frame.index(index), "unrecognized type: uint8".to_owned()),
                    }
                }
            }
            _ => self.fail(node, frame, format!("cannot restore slice from {}", go_kind(node))),
        }
    }

    fn fail(&mut self, node: NodeRef<'_>, frame: &Frame<'_>, message: String) {
        let (path, range) = (frame.field_path(), node.written_range());
        self.faults.push(Fault { kind: FaultKind::Type, message, path, range, help: None, mend: None });
    }

    fn unknown(&mut self, node: NodeRef<'_>, entry: EntryRef<'_>, definition: &Definition, frame: &Frame<'_>) {
        let (name, range) = (entry.name(), entry.key.range());
        let message = format!("unknown field \"{}\"", frame.converter_path(name));
        let mut path = frame.field_path();
        path.0.push(Segment::Field(name.to_owned()));
        let help = suggest::suggestion(name, definition, frame.structs_above(), self.schema);
        let mend = suggest::mend(node, entry, definition, frame, self.schema);
        self.faults.push(Fault { kind: FaultKind::Unknown, message, path, range, help, mend });
    }
}

/// The Go kind that a JSON value has in a map: a number that was sent without fraction and exponent is an `int64`.
fn go_kind(node: NodeRef<'_>) -> &'static str {
    match node.kind() {
        Kind::Null | Kind::Alias => "invalid",
        Kind::Bool => "bool",
        Kind::String => "string",
        Kind::Sequence => "slice",
        Kind::Mapping => "map",
        Kind::Int | Kind::Float if integer(node).is_some() => "int64",
        Kind::Int | Kind::Float => "float64",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::object;
    use super::super::{Decoded, FieldValidation};
    use super::convert;
    use crate::schema::{Minor, Schema};
    use serde_json::{Value, json};

    fn converted(value: &Value, validation: FieldValidation) -> Decoded {
        let (object, schema) = (object(value), Schema::of(Minor(36)));
        let kind = schema.kind(&object.gvk.group, &object.gvk.version, &object.gvk.kind).unwrap();
        convert(&object, &kind, schema, validation)
    }

    fn inner(spec: &Value) -> String {
        let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec});
        let message = converted(&deployment, FieldValidation::Strict).server_message.unwrap_or_default();
        message.strip_prefix("The request is invalid: patch: Invalid value: …: ").unwrap_or(&message).to_owned()
    }

    #[test]
    fn does_not_look_at_the_range_of_integers() {
        assert_eq!(inner(&json!({"replicas": 99_999_999_999_i64, "minReadySeconds": 3.0})), "");
    }

    #[test]
    fn words_faults_as_the_converter_does() {
        for (spec, message) in [
            (json!({"replicas": "3"}), "unrecognized type: int32"),
            (json!({"replicas": 1.5}), "cannot convert float64 to int32"),
            (json!({"paused": 1}), "unrecognized type: bool"),
            (json!({"strategy": {"type": true}}), "unrecognized type: string"),
            (json!({"strategy": {"type": 1}}), "cannot convert int64 to v1.DeploymentStrategyType"),
            (json!({"strategy": []}), "cannot restore struct from: slice"),
            (json!({"selector": {"matchLabels": "x"}}), "cannot restore map from string"),
            (json!({"selector": {"matchExpressions": {}}}), "cannot restore slice from map"),
            (
                json!({"strategy": {"rollingUpdate": {"maxSurge": true}}}),
                "json: cannot unmarshal bool into Go value of type int32",
            ),
            (
                json!({"unknown": 1, "Replicas": 1}),
                "strict decoding error: unknown field \"spec.Replicas\", unknown field \"spec.unknown\"",
            ),
        ] {
            assert_eq!(inner(&spec), message);
        }
    }

    #[test]
    fn a_schema_inside_a_schema_names_its_own_place() {
        let schema = json!({"properties": {"a": {"items": {"properties": {"b": {"minItems": "x"}}}}}});
        let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "spec": {"versions": [{"schema": {"openAPIV3Schema": schema}}]}});
        let decoded = converted(&definition, FieldValidation::Strict);
        assert!(decoded.server_message.unwrap().ends_with(
            ": json: cannot unmarshal string into Go struct field JSONSchemaProps.properties.minItems of type int64"
        ));
        assert_eq!(
            decoded.findings[0].field.to_string(),
            "spec.versions[0].schema.openAPIV3Schema.properties[a].items.properties[b].minItems"
        );
    }

    #[test]
    fn unknown_fields_are_named_without_map_keys() {
        let slice = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice",
            "spec": {"sharedCounters": [{"counters": {"memory": {"val": "1"}}}]}});
        let message = converted(&slice, FieldValidation::Strict).server_message.unwrap();
        assert!(message.ends_with("unknown field \"spec.sharedCounters[0].counters.val\""));
    }

    #[test]
    fn unknown_fields_only_warn_where_asked_to() {
        let config_map = json!({"apiVersion": "v1", "kind": "ConfigMap", "dat": {}});
        let decoded = converted(&config_map, FieldValidation::Warn);
        assert!(decoded.server_message.is_none() && decoded.findings.len() == 1);
    }
}
