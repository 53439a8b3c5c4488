//! What server-side apply checks before anything else: the object against the schema of its fields' owners.
//!
//! Apart because it is another reader than the decoder, with other verdicts: an undeclared field is refused whatever
//! the validation mode, a list that is merged by keys must not hold a key twice, integers are not told from floats.
//! Source: structured-merge-diff `typed/validate.go`, `typed/helpers.go` (v6), kube-openapi `pkg/schemaconv`,
//! apimachinery `pkg/util/managedfields/internal/structuredmerge.go` (1.36).

use super::fault::{Fault, FaultKind};
use super::frame::Frame;
use super::patch::Conversion;
use super::walk::MOST_STEPS;
use super::{Decoded, FieldValidation, go_value, suggest};
use crate::finding::Finding;
use crate::object::{FieldPath, Object, Segment};
use crate::schema::{Definition, Field, KindInfo, ListType, Schema, Type};
use crate::yaml::{Kind, NodeRef};
use std::collections::HashMap;

/// Checks an object as the API server does when it is applied with `--server-side`: against the typed schema, then by
/// conversion into its Go type.
///
/// `namespace` is the one the object is sent to; it stands in the server's message. Undeclared fields are refused in
/// every validation mode.
pub fn check(object: &Object, namespace: &str, kind: &KindInfo, schema: Schema) -> Decoded {
    let Some(definition) = schema.definition(kind.definition) else { return Decoded::default() };
    let gvk = &object.gvk;
    let group_version = if gvk.group.is_empty() { format!("/{}", gvk.version) } else { gvk.api_version() };
    let group_version_kind = format!("{group_version}, Kind={}", gvk.kind);
    if gvk.kind != kind.kind {
        return refused(object, FieldPath::of(&["kind"]), format!("invalid object type: {group_version_kind}"));
    }
    if object.root().at(&["metadata", "managedFields"]).is_some_and(|fields| fields.kind() == Kind::Sequence) {
        let path = FieldPath::of(&["metadata", "managedFields"]);
        return refused(object, path, "metadata.managedFields must be nil".to_owned());
    }
    let identity = || format!("{namespace}/{}; {group_version_kind}", object.name);
    let secret = gvk.kind == "Secret" && gvk.group.is_empty();
    let mut typed = Typed { schema, secret, faults: Vec::new(), errors: Vec::new() };
    typed.fields(object.root(), definition, &Frame::ROOT, &mut String::new());
    let (faults, server_message) = if typed.errors.is_empty() {
        let mut conversion = Conversion::new(schema);
        conversion.fields(object.root(), definition, &Frame::ROOT);
        let message = conversion.message(FieldValidation::Ignore).map(|inner| {
            format!(
                "failed to convert new object ({}) to proper version: unable to convert unstructured object to \
                 {group_version_kind}: {inner}",
                identity()
            )
        });
        (conversion.faults, message)
    } else {
        let errors = match typed.errors.as_slice() {
            [only] => only.clone(),
            several => format!("errors:\n  {}", several.join("\n  ")),
        };
        (typed.faults, Some(format!("failed to create typed patch object ({}): {errors}", identity())))
    };
    let into_finding = |fault: Fault| fault.into_finding(object, FieldValidation::Strict);
    Decoded { findings: faults.into_iter().filter_map(into_finding).collect(), server_message }
}

fn refused(object: &Object, path: FieldPath, message: String) -> Decoded {
    let range = object.locate(&path).range();
    let fault = Fault { kind: FaultKind::Refused, message: message.clone(), path, range, help: None, mend: None };
    let findings: Vec<Finding> = fault.into_finding(object, FieldValidation::Strict).into_iter().collect();
    Decoded { findings, server_message: Some(message) }
}

/// The schema atom that a type becomes, as far as it is checked.
enum Atom {
    Numeric,
    String,
    Boolean,
    /// Any scalar.
    Scalar,
    /// Anything at all.
    Any,
}

/// The object against its typed schema.
struct Typed {
    schema: Schema,
    /// Whether values may not be shown.
    secret: bool,
    faults: Vec<Fault>,
    /// The errors that the server's message lists, with their paths.
    errors: Vec<String>,
}

impl Typed {
    fn fields(&mut self, node: NodeRef<'_>, definition: &Definition, frame: &Frame<'_>, path: &mut String) {
        let mut undeclared = false;
        for entry in node.entries() {
            let (name, length, listed) = (entry.name(), path.len(), self.errors.len());
            path.push('.');
            path.push_str(name);
            if let Some(field) = definition.field(name) {
                self.value(entry.value, &field.ty, Some(field), &frame.field(definition, field), path);
            } else {
                let (message, mut at) = ("field not declared in schema".to_owned(), frame.field_path());
                at.0.push(Segment::Field(name.to_owned()));
                self.errors.push(format!("{path}: {message}"));
                let help = suggest::suggestion(name, definition, frame.structs_above(), self.schema);
                let (kind, range) = (FaultKind::Undeclared, entry.key.range());
                let mend = suggest::mend(node, entry, definition, frame, self.schema);
                self.faults.push(Fault { kind, message: format!("{path}: {message}"), path: at, range, help, mend });
            }
            // The server goes no further in a struct once it has met a field that is not declared.
            if undeclared {
                self.errors.truncate(listed);
            }
            undeclared |= definition.field(name).is_none();
            path.truncate(length);
        }
    }

    fn value(&mut self, node: NodeRef<'_>, ty: &Type, field: Option<&Field>, frame: &Frame<'_>, path: &mut String) {
        if node.is_null() || frame.depth > MOST_STEPS {
            return;
        }
        match ty {
            Type::Object(name) => match (node.kind(), self.schema.definition(name)) {
                (Kind::Mapping, Some(definition)) => self.fields(node, definition, frame, path),
                (Kind::Mapping, None) => {}
                _ => self.expected("map", node, frame, path),
            },
            Type::Map(value) if node.kind() == Kind::Mapping => {
                for entry in node.entries() {
                    let length = path.len();
                    path.push('.');
                    path.push_str(entry.name());
                    self.value(entry.value, value, None, &frame.key(entry.name()), path);
                    path.truncate(length);
                }
            }
            Type::Map(_) => self.expected("map", node, frame, path),
            Type::List(element) if node.kind() == Kind::Sequence => self.list(node, element, field, frame, path),
            Type::List(_) => self.expected("list", node, frame, path),
            _ => self.scalar(node, ty, frame, path),
        }
    }

    fn scalar(&mut self, node: NodeRef<'_>, ty: &Type, frame: &Frame<'_>, path: &str) {
        let atom = match ty {
            Type::Int32 | Type::Int64 | Type::Float64 => Atom::Numeric,
            Type::Bool => Atom::Boolean,
            Type::Quantity | Type::Time | Type::MicroTime => Atom::Scalar,
            Type::String | Type::Bytes | Type::Duration => Atom::String,
            // What is published without a type takes anything here.
            _ => Atom::Any,
        };
        let kind = node.kind();
        let message = match atom {
            Atom::Numeric if !matches!(kind, Kind::Int | Kind::Float) => {
                format!("expected numeric (int or float), got {}", go_type(kind))
            }
            Atom::String if kind != Kind::String => {
                format!("expected string, got &value.valueUnstructured{{Value:{}}}", self.shown(node, go_value::syntax))
            }
            Atom::Boolean if kind != Kind::Bool => {
                format!("expected boolean, got &{{{}}}", self.shown(node, go_value::plain))
            }
            Atom::Scalar if matches!(kind, Kind::Sequence | Kind::Mapping) => {
                format!("expected any scalar, got &{{{}}}", self.shown(node, go_value::plain))
            }
            _ => return,
        };
        self.error(FaultKind::Type, &message, node, frame, path);
        if let Some(fault) = self.faults.last_mut() {
            fault.mend = suggest::retype(node, ty);
        }
    }

    fn list(&mut self, node: NodeRef<'_>, element: &Type, field: Option<&Field>, frame: &Frame<'_>, path: &mut String) {
        let (associative, keys) = field.map_or((false, Vec::new()), merge);
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (index, item) in node.elements().enumerate() {
            let below = frame.index(index);
            let step = if associative {
                match self.element_key(item, element, &keys) {
                    Ok(step) => step,
                    Err(message) => {
                        // Without its key the server cannot name an element: it leaves the rest of the list alone.
                        let message = format!("element {index}: {message}");
                        self.error(FaultKind::ListKey, &message, item, &below, path);
                        return;
                    }
                }
            } else {
                format!("[{index}]")
            };
            if associative {
                if let Some(first) = seen.get(&step) {
                    let help = format!("the element before it with this key is [{first}]");
                    self.error(FaultKind::ListKey, &format!("duplicate entries for key {step}"), item, &below, path);
                    if let Some(fault) = self.faults.last_mut() {
                        fault.help = Some(help);
                    }
                } else {
                    seen.insert(step.clone(), index);
                }
            }
            let length = path.len();
            path.push_str(&step);
            self.value(item, element, None, &below, path);
            path.truncate(length);
        }
    }

    /// How an element of a list that is merged is told from the others, as path elements print it.
    fn element_key(&self, item: NodeRef<'_>, element: &Type, keys: &[&str]) -> Result<String, String> {
        if keys.is_empty() {
            return match item.kind() {
                Kind::Mapping => Err("associative list without keys has an element that's a map type".to_owned()),
                Kind::Sequence => Err("not supported: associative list with lists as elements".to_owned()),
                Kind::Null => Err("associative list without keys has an element that's an explicit null".to_owned()),
                _ => Ok(format!("[={}]", self.shown(item, go_value::in_path))),
            };
        }
        match item.kind() {
            Kind::Mapping => {}
            Kind::Null => return Err("associative list with keys may not have a null element".to_owned()),
            _ => return Err("associative list with keys may not have non-map elements".to_owned()),
        }
        let definition = if let Type::Object(name) = element { self.schema.definition(name) } else { None };
        let mut parts: Vec<(&str, String)> = Vec::new();
        for &key in keys {
            let field = definition.and_then(|definition| definition.field(key));
            if let Some(entry) = item.entry(key) {
                parts.push((key, go_value::in_path(entry.value)));
            } else if let Some(default) = field.and_then(|field| published_default(definition?, field)) {
                parts.push((key, default.to_owned()));
            }
        }
        if parts.is_empty() {
            let keys: Vec<String> = keys.iter().map(|key| crate::go_quote::go_quote(key)).collect();
            return Err(format!(
                "associative list with keys has an element that omits all key fields [{}] (and doesn't have default \
                 values for any key fields)",
                keys.join(" ")
            ));
        }
        parts.sort_unstable();
        let parts: Vec<String> = parts.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        Ok(format!("[{}]", parts.join(",")))
    }

    fn expected(&mut self, what: &str, node: NodeRef<'_>, frame: &Frame<'_>, path: &str) {
        let message = format!("expected {what}, got &{{{}}}", self.shown(node, go_value::plain));
        self.error(FaultKind::Type, &message, node, frame, path);
    }

    fn shown(&self, node: NodeRef<'_>, print: fn(NodeRef<'_>) -> String) -> String {
        if self.secret { "…".to_owned() } else { print(node) }
    }

    fn error(&mut self, kind: FaultKind, message: &str, node: NodeRef<'_>, frame: &Frame<'_>, path: &str) {
        let message = format!("{path}: {message}");
        self.errors.push(message.clone());
        let (path, range) = (frame.field_path(), node.written_range());
        self.faults.push(Fault { kind, message, path, range, help: None, mend: None });
    }
}

/// Whether server-side apply merges a list, and by which keys; a set has none. Releases before 1.30 publish no list
/// type for many lists; the strategy of a patch is taken then.
fn merge(field: &Field) -> (bool, Vec<&'static str>) {
    match field.list_type {
        ListType::Set => (true, Vec::new()),
        ListType::Map => (true, field.list_map_keys.clone()),
        ListType::Atomic => {
            let merged = field.patch_strategy.is_some_and(|strategy| strategy.contains("merge"));
            (merged, field.patch_merge_key.into_iter().collect())
        }
    }
}

/// The default that the published schema gives a key, as path elements print it.
///
/// Go fields that are always written are published with their zero value; they are the required ones, and the name
/// of a `LocalObjectReference`. Protocols of ports are marked `+default="TCP"` (`k8s.io/api/core/v1/types.go`).
fn published_default(definition: &Definition, field: &Field) -> Option<&'static str> {
    match (field.name, &field.ty) {
        ("protocol", _) => Some("\"TCP\""),
        _ if !field.listed_required && !definition.name.ends_with(".LocalObjectReference") => None,
        (_, Type::Int32 | Type::Int64) => Some("0"),
        _ => Some("\"\""),
    }
}

/// `%T` of a value in an unstructured object.
fn go_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Null | Kind::Alias => "<nil>",
        Kind::Bool => "bool",
        Kind::Int => "int64",
        Kind::Float => "float64",
        Kind::String => "string",
        Kind::Sequence => "[]interface {}",
        Kind::Mapping => "map[string]interface {}",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Decoded;
    use super::super::testing::object;
    use super::check;
    use crate::schema::{Minor, Schema};
    use serde_json::{Value, json};

    fn checked(value: &Value) -> Decoded {
        let (object, schema) = (object(value), Schema::of(Minor(36)));
        let kind = schema.kind_any_case(&object.gvk.group, &object.gvk.version, &object.gvk.kind).unwrap();
        check(&object, "team", &kind, schema)
    }

    fn message(value: &Value) -> String {
        checked(value).server_message.unwrap_or_default()
    }

    fn service(spec: &Value) -> String {
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": spec});
        let message = message(&service);
        let prefix = "failed to create typed patch object (team/a; /v1, Kind=Service): ";
        message.strip_prefix(prefix).unwrap_or(&message).to_owned()
    }

    #[test]
    fn words_errors_as_the_server_does() {
        for (spec, message) in [
            (json!({"ports": [{"port": 53}, {"port": 53, "protocol": "UDP"}], "type": null}), ""),
            (json!({"foo": 1}), ".spec.foo: field not declared in schema"),
            (json!({"ports": {}}), ".spec.ports: expected list, got &{map[]}"),
            (json!({"type": 1}), ".spec.type: expected string, got &value.valueUnstructured{Value:1}"),
            (json!({"publishNotReadyAddresses": "x"}), ".spec.publishNotReadyAddresses: expected boolean, got &{x}"),
            (
                json!({"healthCheckNodePort": "x"}),
                ".spec.healthCheckNodePort: expected numeric (int or float), got string",
            ),
            (
                json!({"ports": [{"port": 53, "name": "a"}, {"port": 53, "protocol": "TCP"}]}),
                ".spec.ports: duplicate entries for key [port=53,protocol=\"TCP\"]",
            ),
            (
                json!({"ports": [null, {"port": 1}]}),
                ".spec.ports: element 0: associative list with keys may not have a null element",
            ),
            (
                json!({"ports": [{"port": 1, "foo": 1, "name": 2}]}),
                ".spec.ports[port=1,protocol=\"TCP\"].foo: field not declared in schema",
            ),
            (
                json!({"clusterIP": [], "type": {}}),
                "errors:\n  .spec.clusterIP: expected string, got &value.valueUnstructured{Value:[]interface {}{}}\n  \
                 .spec.type: expected string, got &value.valueUnstructured{Value:map[string]interface {}{}}",
            ),
        ] {
            assert_eq!(service(&spec), message);
        }
    }

    #[test]
    fn an_element_needs_a_key() {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "secrets": [{}]});
        assert!(message(&account).ends_with(
            ".secrets: element 0: associative list with keys has an element that omits all key fields [\"name\"] (and \
             doesn't have default values for any key fields)"
        ));
    }

    #[test]
    fn a_set_holds_each_value_once() {
        let volume = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"finalizers": ["a/b", "a/b"]}});
        let decoded = checked(&volume);
        assert!(
            decoded.server_message.unwrap().ends_with(".metadata.finalizers: duplicate entries for key [=\"a/b\"]")
        );
        assert_eq!(decoded.findings[0].rule.id, "decode/list-key");
        assert_eq!(decoded.findings[0].field.to_string(), "metadata.finalizers[1]");
    }

    #[test]
    fn what_the_schema_takes_is_converted_still() {
        let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
            "spec": {"replicas": 1.5}});
        assert_eq!(
            message(&deployment),
            "failed to convert new object (team/a; apps/v1, Kind=Deployment) to proper version: unable to convert \
             unstructured object to apps/v1, Kind=Deployment: cannot convert float64 to int32"
        );
    }

    #[test]
    fn refuses_managed_fields_and_kinds_in_lower_case() {
        let managed = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"managedFields": []}});
        assert_eq!(message(&managed), "metadata.managedFields must be nil");
        assert_eq!(
            message(&json!({"apiVersion": "v1", "kind": "configmap"})),
            "invalid object type: /v1, Kind=configmap"
        );
    }

    #[test]
    fn never_shows_what_a_secret_holds() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": 123_456}});
        let decoded = checked(&secret);
        assert!(!decoded.server_message.unwrap().contains("123456"));
        assert!(!decoded.findings[0].message.contains("123456"));
    }
}
