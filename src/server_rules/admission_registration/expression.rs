//! What policies and webhooks say in CEL.
//!
//! Apart because conditions, variables, validations, messages, annotations and mutations are compiled alike and differ
//! in what they may use and what they must give. Sources: apiserver `pkg/admission/plugin/cel/{compile,composition}.go`
//! and `pkg/apis/admissionregistration/validation/validation.go` (1.36).

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::cel::program::instantiate;
use crate::cel::{Environment, Type, compile};
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::schema::Minor;

/// What an expression is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Whether a request matches.
    Condition,
    /// A variable for the others.
    Variable,
    /// Whether a request is let through.
    Validation,
    /// What is said if it is not.
    Message,
    /// A value for the audit log.
    Annotation,
    /// An object that is applied to the one of the request.
    ApplyConfiguration,
    /// Operations on the object of the request.
    JsonPatch,
}

impl Purpose {
    /// Whether it is good that an expression gives this (`ReturnTypes`), and how that is said.
    fn takes(self, given: &Type) -> Result<(), String> {
        let wanted = match self {
            Self::Variable => return Ok(()),
            Self::Condition | Self::Validation => "bool",
            Self::Annotation if *given == Type::Null => return Ok(()),
            Self::Message | Self::Annotation => "string",
            Self::ApplyConfiguration => "Object",
            Self::JsonPatch => "list(JSONPatch)",
        };
        let given = given.declared();
        if given == wanted {
            return Ok(());
        }
        let wanted = if self == Self::Annotation { "one of [string null_type]" } else { wanted };
        Err(format!("must evaluate to {wanted} but got {given}"))
    }
}

/// Compiles the expressions of one object.
pub(super) struct Compiler {
    minor: Minor,
    has_parameters: bool,
    /// The variables so far; none where the object can have no variables or has none.
    variables: Option<Vec<(Arc<str>, Type)>>,
}

impl Compiler {
    /// A compiler of expressions that may use `params`, and may use `variables`.
    pub(super) fn new(minor: Minor, has_parameters: bool, has_variables: bool) -> Self {
        Self { minor, has_parameters, variables: has_variables.then(Vec::new) }
    }

    /// Compiles a variable; those that follow may use it, be it good or not (`CompileAndStoreVariable`).
    pub(super) fn variable(&mut self, name: &str, expression: &str, path: &Path<'_>, errors: &mut FieldErrors) {
        let of = self.compiled(Purpose::Variable, expression, expression, path, errors);
        if let Some(variables) = &mut self.variables {
            variables.push((name.into(), of.as_ref().map_or(Type::Dyn, declared)));
        }
    }

    /// Compiles an expression.
    pub(super) fn compile(&self, purpose: Purpose, expression: &str, path: &Path<'_>, errors: &mut FieldErrors) {
        self.compiled(purpose, expression, expression, path, errors);
    }

    /// Compiles an expression without the white space around it, and shows it with that.
    pub(super) fn compile_trimmed(&self, purpose: Purpose, text: &str, path: &Path<'_>, errors: &mut FieldErrors) {
        self.compiled(purpose, text.trim(), text, path, errors);
    }

    /// The type of what an expression gives, if it is good.
    fn compiled(
        &self,
        purpose: Purpose,
        expression: &str,
        shown: &str,
        path: &Path<'_>,
        errors: &mut FieldErrors,
    ) -> Option<Type> {
        let mut environment = environment(Uses {
            minor: self.minor,
            parameters: self.has_parameters,
            authorizer: purpose != Purpose::Message,
            patch_types: matches!(purpose, Purpose::ApplyConfiguration | Purpose::JsonPatch),
        });
        if let Some(variables) = self.variables.as_ref().filter(|_| purpose != Purpose::Condition) {
            let fields = variables.iter().map(|(name, of)| (&**name, of.clone()));
            environment.declare("variables", Type::object("kubernetes.variables", fields));
        }
        let checked = match compile(&environment, expression) {
            Ok(checked) => checked,
            Err(issues) => {
                errors.invalid(path, shown, &format!("compilation failed: {issues}"));
                return None;
            }
        };
        if let Err(text) = purpose.takes(checked.result()) {
            errors.invalid(path, shown, &text);
            return None;
        }
        if let Err(text) = instantiate(&checked, expression) {
            errors.internal(path, &format!("program instantiation failed: {text}"));
            return None;
        }
        Some(checked.result().clone())
    }
}

/// The type that a variable has to those that use it (`convertCelTypeToDeclType`).
pub fn declared(of: &Type) -> Type {
    match of {
        Type::List(of) => Type::list(declared(of)),
        Type::Map(key, value) => Type::map(declared(key), declared(value)),
        Type::Any
        | Type::Bool
        | Type::Bytes
        | Type::Double
        | Type::Duration
        | Type::Int
        | Type::Null
        | Type::String
        | Type::Timestamp
        | Type::Uint => of.clone(),
        _ => Type::Dyn,
    }
}

/// What differs between environments (`OptionalVariableDeclarations`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Uses {
    minor: Minor,
    parameters: bool,
    authorizer: bool,
    patch_types: bool,
}

/// What expressions may use (`createEnvForOpts`).
fn environment(uses: Uses) -> Environment {
    static MADE: LazyLock<Mutex<HashMap<Uses, Environment>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(uses).or_insert_with(|| make_environment(uses)).clone()
}

fn make_environment(uses: Uses) -> Environment {
    with_names(Environment::of_server(uses.minor.0.into()), uses)
}

/// What the expressions of a stored policy may use: all that any server has (`environment.StoredExpressions`).
/// `authorizer` is there for all but messages.
pub fn stored_environment(parameters: bool, authorizer: bool, variables: &[(Arc<str>, Type)]) -> Environment {
    let uses = Uses { minor: Minor::LATEST, parameters, authorizer, patch_types: false };
    let mut environment = with_names(Environment::stored(), uses);
    let fields = variables.iter().map(|(name, of)| (&**name, of.clone()));
    environment.declare("variables", Type::object("kubernetes.variables", fields));
    environment
}

fn with_names(environment: Environment, uses: Uses) -> Environment {
    let mut environment = environment
        .with_variable("object", Type::Dyn)
        .with_variable("oldObject", Type::Dyn)
        .with_variable("namespaceObject", namespace_type())
        .with_variable("request", request_type());
    if uses.parameters {
        environment.declare("params", Type::Dyn);
    }
    if uses.authorizer {
        environment.declare("authorizer", Type::named("kubernetes.authorization.Authorizer"));
        environment.declare("authorizer.requestResource", Type::named("kubernetes.authorization.ResourceCheck"));
    }
    if uses.patch_types { environment.with_patch_types() } else { environment }
}

/// `BuildRequestType`
fn request_type() -> Type {
    let text = |name: &'static str| (name, Type::String);
    let kind = Type::object("kubernetes.GroupVersionKind", ["group", "version", "kind"].map(text));
    let resource = Type::object("kubernetes.GroupVersionResource", ["group", "version", "resource"].map(text));
    let texts = Type::list(Type::String);
    let user = Type::object(
        "kubernetes.UserInfo",
        [text("username"), text("uid"), ("groups", texts.clone()), ("extra", Type::map(Type::String, texts))],
    );
    Type::object(
        "kubernetes.AdmissionRequest",
        [
            ("kind", kind.clone()),
            ("resource", resource.clone()),
            text("subResource"),
            ("requestKind", kind),
            ("requestResource", resource),
            text("requestSubResource"),
            text("name"),
            text("namespace"),
            text("operation"),
            ("userInfo", user),
            ("dryRun", Type::Bool),
            ("options", Type::Dyn),
        ],
    )
}

/// `BuildNamespaceType`
fn namespace_type() -> Type {
    let text = |name: &'static str| (name, Type::String);
    let texts = Type::list(Type::String);
    let labels = Type::map(Type::String, Type::String);
    let condition = Type::object(
        "kubernetes.NamespaceCondition",
        [text("status"), text("type"), ("lastTransitionTime", Type::Timestamp), text("message"), text("reason")],
    );
    let metadata = Type::object(
        "kubernetes.NamespaceMetadata",
        [
            text("name"),
            text("generateName"),
            text("namespace"),
            ("labels", labels.clone()),
            ("annotations", labels),
            text("UID"),
            ("creationTimestamp", Type::Timestamp),
            ("deletionGracePeriodSeconds", Type::Int),
            ("deletionTimestamp", Type::Timestamp),
            ("generation", Type::Int),
            text("resourceVersion"),
            ("finalizers", texts.clone()),
        ],
    );
    let status = [("conditions", Type::list(condition)), text("phase")];
    Type::object(
        "kubernetes.Namespace",
        [
            ("metadata", metadata),
            ("spec", Type::object("kubernetes.NamespaceSpec", [("finalizers", texts)])),
            ("status", Type::object("kubernetes.NamespaceStatus", status)),
        ],
    )
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn policy() -> Value {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": "ballast"},
            "spec": {
                "matchConstraints": {"resourceRules": [{
                    "operations": ["UPDATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"],
                }]},
                "matchConditions": [{"name": "people", "expression": "!request.userInfo.username.startsWith('system:')"}],
                "variables": [
                    {"name": "keys", "expression": "has(object.data) ? object.data.map(k, string(k)) : []"},
                    {"name": "many", "expression": "variables.keys.size()"},
                ],
                "validations": [{
                    "expression": "variables.many < 10 && authorizer.group('').resource('secrets').check('get').allowed()",
                    "messageExpression": "'too many: ' + string(variables.many) + ' in ' + namespaceObject.metadata.name",
                }],
                "auditAnnotations": [{"key": "many", "valueExpression": " variables.many > 5 ? 'many' : 'few' "}],
            },
        })
    }

    fn set(pointer: &str, expression: &str) -> Vec<String> {
        errors_with(&policy(), pointer, Some(json!(expression)))
    }

    #[test]
    fn expressions_are_compiled() {
        assert_eq!(errors_of(&policy()), Vec::<String>::new());
        assert_eq!(
            set("/spec/validations/0/expression", "objekt.data == null"),
            ["spec.validations[0].expression: Invalid value: \"objekt.data == null\": compilation failed: ERROR: \
              <input>:1:1: undeclared reference to 'objekt' (in container '')\n | objekt.data == null\n | ^"]
        );
    }

    #[test]
    fn expressions_give_what_is_asked_of_them() {
        for (pointer, expression, text) in [
            ("/spec/validations/0/expression", "1", "must evaluate to bool but got int"),
            ("/spec/validations/0/expression", "object.data.x", "must evaluate to bool but got dyn"),
            ("/spec/validations/0/messageExpression", "['x']", "must evaluate to string but got list(string)"),
            ("/spec/matchConditions/0/expression", "''", "must evaluate to bool but got string"),
            ("/spec/auditAnnotations/0/valueExpression", "1", "must evaluate to one of [string null_type] but got int"),
        ] {
            let errors = set(pointer, expression);
            assert!(errors.len() == 1 && errors[0].ends_with(text), "{expression}: {errors:?}");
        }
        assert_eq!(
            set("/spec/validations/0/expression", "int('x') == 1"),
            [
                "spec.validations[0].expression: Internal error: program instantiation failed: type conversion error from \
              'string' to 'int'"
            ]
        );
        assert_eq!(set("/spec/auditAnnotations/0/valueExpression", "null"), Vec::<String>::new());
    }

    #[test]
    fn names_are_there_where_they_may_be_used() {
        for (pointer, expression, name) in [
            ("/spec/matchConditions/0/expression", "variables.many == 1", "undeclared reference to 'variables'"),
            ("/spec/validations/0/messageExpression", "authorizer.path('/').check('get').reason()", "'authorizer'"),
            ("/spec/validations/0/expression", "params.limit == 1", "undeclared reference to 'params'"),
            ("/spec/validations/0/expression", "request.object == 1", "undefined field 'object'"),
            ("/spec/variables/0/expression", "variables.many", "undefined field 'many'"),
            ("/spec/variables/1/expression", "variables.keys + 1", "'_+_' applied to '(list(string), int)'"),
        ] {
            let errors = set(pointer, expression).join("\n");
            assert!(errors.contains(name), "{expression}: {errors}");
        }
        let mut with_parameters = policy();
        with_parameters["spec"]["paramKind"] = json!({"apiVersion": "v1", "kind": "ConfigMap"});
        let expression = Some(json!("params.data.limit == '1'"));
        assert_eq!(errors_with(&with_parameters, "/spec/validations/0/expression", expression), Vec::<String>::new());
    }

    #[test]
    fn mutations_make_patches() {
        let mut mutating = policy();
        mutating["kind"] = json!("MutatingAdmissionPolicy");
        for field in ["validations", "auditAnnotations"] {
            mutating["spec"][field] = Value::Null;
        }
        mutating["spec"]["reinvocationPolicy"] = json!("Never");
        let errors = |kind: &str, field: &str, expression: &str| {
            let mutation = json!([{"patchType": kind, field: {"expression": expression}}]);
            errors_with(&mutating, "/spec/mutations", Some(mutation)).join("\n")
        };
        let apply = |expression| errors("ApplyConfiguration", "applyConfiguration", expression);
        assert_eq!(apply("Object{metadata: Object.metadata{labels: {'many': string(variables.many)}}}"), "");
        assert!(apply("{'metadata': 1}").ends_with("must evaluate to Object but got map(string, int)"));
        let patch = |expression| errors("JSONPatch", "jsonPatch", expression);
        assert_eq!(patch("[JSONPatch{op: 'add', path: '/data/' + jsonpatch.escapeKey('a/b'), value: 'x'}]"), "");
        assert!(patch("[]").ends_with("must evaluate to list(JSONPatch) but got list(dyn)"));
        assert!(
            patch("[JSONPatch{op: 1}]").contains("expected type of field 'op' is 'string' but provided type is 'int'")
        );
    }
}
