//! The validation that kubectl does by itself, against the published schema, where it cannot leave it to the server:
//! every `kind: List`, and kinds that cannot be patched.
//!
//! Apart because it is the one check that costs the rest of the file, and its verdicts are not the server's: any
//! scalar passes for a string, required fields are those that are published, `null` is no value.
//! Source: kubectl `pkg/validation/validation.go`, cli-runtime `pkg/resource/query_param_verifier_v3.go`, kube-openapi
//! `pkg/util/proto/validation/types.go` (1.36).

use super::frame::Frame;
use super::go_number::integer;
use super::suggest;
use super::walk::MOST_STEPS;
use crate::finding::Mend;
use crate::go_quote::go_quote;
use crate::object::{FieldPath, GroupVersionKind, Path, Segment};
use crate::schema::{Definition, Schema, Type};
use crate::yaml::{ByteRange, Kind, NodeRef};
use std::fmt::Write as _;

/// Why kubectl does not accept a document.
#[derive(Clone, Debug)]
pub struct Invalid {
    /// kubectl's words, behind `error validating "FILE": error validating data: ` and before its advice to turn
    /// validation off.
    pub message: String,
    /// Every error, in kubectl's order.
    pub errors: Vec<InvalidField>,
}

/// One error of [`Invalid`].
#[derive(Clone, Debug)]
pub struct InvalidField {
    /// kubectl's words.
    pub message: String,
    /// The field, from the document's root.
    pub field: FieldPath,
    /// Its key, or its value where the value is at fault.
    pub range: ByteRange,
    /// What mends it, where that is known.
    pub mend: Option<Mend>,
}

/// Validates a document as `kubectl apply --validate=strict` does before it sends anything; none if kubectl accepts
/// it, or leaves it to the server.
///
/// With `--validate=warn` and `ignore` kubectl skips this.
pub fn validate(root: NodeRef<'_>, schema: Schema) -> Option<Invalid> {
    let gvk = object_kind(root).ok()?;
    let mut validation = Validation { schema, name: gvk.kind.clone(), prefix: Vec::new(), errors: Vec::new() };
    if gvk.group.is_empty() && gvk.version == "v1" && gvk.kind == "List" {
        validation.list(root);
    } else {
        let served = schema.kind(&gvk.group, &gvk.version, &gvk.kind);
        // The server validates what it lets kubectl patch.
        if served.is_none_or(|kind| !kind.verbs.contains("patch")) {
            validation.resource(root, &gvk);
        }
    }
    let messages: Vec<&str> = validation.errors.iter().map(|error| error.message.as_str()).collect();
    if messages.is_empty() {
        return None;
    }
    Some(Invalid { message: aggregate(&messages), errors: validation.errors })
}

/// Several messages as one: each once, in brackets where there are several.
/// Source: `Aggregate.Error` of apimachinery `pkg/util/errors`.
pub fn aggregate(messages: &[&str]) -> String {
    let mut once: Vec<&str> = Vec::new();
    for message in messages {
        if !once.contains(message) {
            once.push(message);
        }
    }
    if let [only] = once.as_slice() { (*only).to_owned() } else { format!("[{}]", once.join(", ")) }
}

/// What kubectl asks of every document before it looks further: group, version and kind.
///
/// # Errors
///
/// kubectl's words for each of them that is missing or no text. Source: `getObjectKind` in `pkg/validation`.
pub fn object_kind(root: NodeRef<'_>) -> Result<GroupVersionKind, Vec<String>> {
    if root.kind() != Kind::Mapping {
        return Err(vec!["invalid object to validate".to_owned()]);
    }
    let mut errors = Vec::new();
    let mut text = |name: &str| match root.get(name) {
        None => {
            errors.push(format!("{name} not set"));
            ""
        }
        Some(value) => value.as_str().unwrap_or_else(|| {
            errors.push(format!("{name} isn't string type"));
            ""
        }),
    };
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let parsed = GroupVersionKind::parse(api_version, kind);
    if parsed.is_none() {
        errors.insert(0, format!("unexpected GroupVersion string: {api_version}"));
    }
    parsed.filter(|_| errors.is_empty()).ok_or(errors)
}

struct Validation {
    schema: Schema,
    /// The kind that paths in messages begin with.
    name: String,
    /// The way from the document's root to the object validated.
    prefix: Vec<Segment>,
    errors: Vec<InvalidField>,
}

impl Validation {
    fn list(&mut self, root: NodeRef<'_>) {
        let Some(items) = root.get("items").filter(|items| items.kind() == Kind::Sequence) else {
            let range = root.entry("items").map_or(root.range(), |entry| entry.key.range());
            return self.push("invalid object to validate".to_owned(), &Path::ROOT, range);
        };
        for (index, item) in items.elements().enumerate() {
            self.prefix = vec![Segment::Field("items".to_owned()), Segment::Index(index)];
            match object_kind(item) {
                Ok(gvk) => self.resource(item, &gvk),
                Err(errors) => {
                    for message in errors {
                        self.push(message, &Path::ROOT, item.written_range());
                    }
                }
            }
        }
    }

    fn resource(&mut self, node: NodeRef<'_>, gvk: &GroupVersionKind) {
        let kind = |kind: &str| self.schema.kind(&gvk.group, &gvk.version, kind).map(|kind| kind.definition);
        let definition = kind(&gvk.kind).and_then(|name| self.schema.definition(name)).or_else(|| {
            let of_items = kind(gvk.kind.strip_suffix("List")?)?;
            self.schema.definition(&format!("{of_items}List"))
        });
        // What is in no schema is not validated.
        if let Some(definition) = definition {
            self.name.clone_from(&gvk.kind);
            self.fields(node, definition, &Path::ROOT, 0);
        }
    }

    fn fields(&mut self, node: NodeRef<'_>, definition: &Definition, path: &Path<'_>, depth: u32) {
        for entry in node.entries().filter(|entry| !entry.value.is_null()) {
            if let Some(field) = definition.field(entry.name()) {
                let published = format!("{}.{}", definition.name, field.name);
                self.value(entry.value, &field.ty, &published, &path.field(entry.name()), depth + 1);
            } else {
                let message = format!("unknown field {} in {}", go_quote(entry.name()), definition.name);
                self.at(&message, path, path.field(entry.name()), entry.key.range());
                self.mend(suggest::mend(node, entry, definition, &Frame::ROOT, self.schema));
            }
        }
        for field in definition.fields.iter().filter(|field| field.listed_required) {
            if node.get(field.name).is_none() {
                let message = format!("missing required field {} in {}", go_quote(field.name), definition.name);
                self.at(&message, path, *path, node.written_range());
            }
        }
    }

    fn value(&mut self, node: NodeRef<'_>, ty: &Type, published: &str, path: &Path<'_>, depth: u32) {
        if depth > MOST_STEPS {
            return;
        }
        let kind = node.kind();
        let (expected, published) = match ty {
            Type::Object(name) => match (kind, self.schema.definition(name)) {
                (Kind::Mapping, Some(definition)) => return self.fields(node, definition, path, depth),
                (_, None) => return,
                _ => ("map", *name),
            },
            Type::Map(value) if kind == Kind::Mapping => {
                for entry in node.entries() {
                    let path = path.key(entry.name());
                    if entry.value.is_null() {
                        let message = format!("unknown object type \"nil\" in {}", self.spelled(&path));
                        self.push(message, &path, entry.key.range());
                    } else {
                        self.value(entry.value, value, published, &path, depth + 1);
                    }
                }
                return;
            }
            Type::Map(_) => ("map", published),
            Type::List(element) if kind == Kind::Sequence => {
                for (index, node) in node.elements().enumerate() {
                    let below = path.index(index);
                    if node.is_null() {
                        let message = format!("unknown object type \"nil\" in {}", self.spelled(&below));
                        self.at(&message, path, below, node.written_range());
                    } else {
                        self.value(node, element, published, &below, depth + 1);
                    }
                }
                return;
            }
            Type::List(_) => ("array", published),
            // Published without a type.
            Type::Any | Type::SchemaOrBool | Type::SchemaOrArray | Type::SchemaOrStringArray => return,
            Type::Bool if kind == Kind::Bool => return,
            Type::Bool => ("boolean", published),
            Type::Int32 | Type::Int64 | Type::Float64 if matches!(kind, Kind::Int | Kind::Float) => return,
            Type::Int32 | Type::Int64 => ("integer", published),
            Type::Float64 => ("number", published),
            // Any scalar passes for a string.
            _ if !matches!(kind, Kind::Sequence | Kind::Mapping) => return,
            Type::IntOrString => ("string", "io.k8s.apimachinery.pkg.util.intstr.IntOrString"),
            Type::Quantity => ("string", "io.k8s.apimachinery.pkg.api.resource.Quantity"),
            Type::Time => ("string", "io.k8s.apimachinery.pkg.apis.meta.v1.Time"),
            Type::MicroTime => ("string", "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"),
            Type::Duration => ("string", "io.k8s.apimachinery.pkg.apis.meta.v1.Duration"),
            Type::String | Type::Bytes => ("string", published),
        };
        let got = match kind {
            Kind::Null | Kind::Alias => "null",
            Kind::Bool => "boolean",
            Kind::Int | Kind::Float if integer(node).is_some() => "integer",
            Kind::Int | Kind::Float => "number",
            Kind::String => "string",
            Kind::Sequence => "array",
            Kind::Mapping => "map",
        };
        let message = format!("invalid type for {published}: got \"{got}\", expected \"{expected}\"");
        self.at(&message, path, *path, node.written_range());
        self.mend(suggest::retype(node, ty));
    }

    fn mend(&mut self, mend: Option<Mend>) {
        if let Some(error) = self.errors.last_mut() {
            error.mend = mend;
        }
    }

    /// A path as kubectl prints it: the kind, then fields and keys alike.
    fn spelled(&self, path: &Path<'_>) -> String {
        let mut text = self.name.clone();
        for segment in path.to_field_path().0 {
            let _ = match segment {
                Segment::Field(name) | Segment::Key(name) => write!(text, ".{name}"),
                Segment::Index(index) => write!(text, "[{index}]"),
            };
        }
        text
    }

    /// An error that names `named`, about the field at `path`.
    fn at(&mut self, message: &str, named: &Path<'_>, path: Path<'_>, range: ByteRange) {
        self.push(format!("ValidationError({}): {message}", self.spelled(named)), &path, range);
    }

    fn push(&mut self, message: String, path: &Path<'_>, range: ByteRange) {
        let mut field = FieldPath(self.prefix.clone());
        field.0.extend(path.to_field_path().0);
        self.errors.push(InvalidField { message, field, range, mend: None });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::tree;
    use super::{Invalid, validate};
    use crate::schema::{Minor, Schema};
    use serde_json::{Value, json};

    fn validated(value: &Value) -> Option<Invalid> {
        validate(tree(value).root(), Schema::of(Minor(36)))
    }

    fn list(items: &Value) -> String {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        validated(&list).map(|invalid| invalid.message).unwrap_or_default()
    }

    #[test]
    fn words_errors_as_kubectl_does() {
        for (items, message) in [
            (json!([{"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": 1}, "foo": null}]), ""),
            (json!([{"apiVersion": "example.com/v1", "kind": "Foo", "data": 1}]), ""),
            (json!(null), "invalid object to validate"),
            (
                json!([{"apiVersion": "v1", "kind": "ConfigMap", "foo": 1}]),
                "ValidationError(ConfigMap): unknown field \"foo\" in io.k8s.api.core.v1.ConfigMap",
            ),
            (
                json!([{"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": null}}]),
                "unknown object type \"nil\" in ConfigMap.data.a",
            ),
            (json!([{}]), "[apiVersion not set, kind not set]"),
            (
                json!([{"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": "1", "template": {
                    "spec": {"containers": [{"name": "c", "resources": {"limits": {"cpu": []}}}, null]}}}}]),
                "[ValidationError(Deployment.spec.replicas): invalid type for io.k8s.api.apps.v1.DeploymentSpec.replicas: \
                 got \"string\", expected \"integer\", ValidationError(Deployment.spec.template.spec.containers[0].\
                 resources.limits.cpu): invalid type for io.k8s.apimachinery.pkg.api.resource.Quantity: got \"array\", \
                 expected \"string\", ValidationError(Deployment.spec.template.spec.containers): unknown object type \
                 \"nil\" in Deployment.spec.template.spec.containers[1], ValidationError(Deployment.spec): missing \
                 required field \"selector\" in io.k8s.api.apps.v1.DeploymentSpec]",
            ),
        ] {
            assert_eq!(list(&items), message);
        }
    }

    #[test]
    fn validates_what_cannot_be_patched_and_leaves_the_rest_to_the_server() {
        let item = json!({"metadata": {"name": "a"}, "immutible": true});
        let list = json!({"apiVersion": "v1", "kind": "ConfigMapList", "items": [{}, item]});
        let invalid = validated(&list).unwrap();
        assert_eq!(
            invalid.message,
            "ValidationError(ConfigMapList.items[1]): unknown field \"immutible\" in io.k8s.api.core.v1.ConfigMap"
        );
        assert_eq!(invalid.errors[0].field.to_string(), "items[1].immutible");
        assert!(validated(&json!({"apiVersion": "v1", "kind": "ConfigMap", "foo": 1})).is_none());
        assert!(validated(&json!({"apiVersion": "apps/v1", "kind": "List", "items": [{"foo": 1}]})).is_none());
    }
}
