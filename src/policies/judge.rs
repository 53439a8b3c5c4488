//! Asking all policies that a set is held to about one request.
//!
//! Apart because what a binding wants done with a decision, and what of it is reported, is not the policy's matter.
//! Source: `Dispatch` of apiserver `pkg/admission/plugin/policy/validating/dispatcher.go`, `CollectParams` of
//! `pkg/admission/plugin/policy/generic/policy_dispatcher.go` (1.37).

use super::blame;
use super::evaluate::{Answer, Denial, Names, Scope, ask};
use super::library::{Hook, Library, Source, Standing};
use super::matching::{Match, is_exempt, matches};
use super::policy::{Binding, Policy, Program};
use super::request::{Form, Request, parameter};
use super::{DENIED, LATER, WARNED};
use crate::cel::value::Value;
use crate::finding::{Finding, Rule};
use crate::object::view::View;
use crate::object::{FieldPath, GroupVersionKind, Object, Segment};
use crate::schema::Schema;
use crate::server_rules::content::label_selector::Selector;
use crate::server_rules::custom::Definition;
use crate::source::{FileId, Span};
use std::sync::Arc;

/// What is known around a set.
pub trait Around: std::fmt::Debug + Sync {
    /// The definition of a custom kind.
    fn definition(&self, gvk: &GroupVersionKind) -> Option<Arc<Definition>>;
    /// Whether a kind is namespaced; none where it is not known.
    fn namespaced(&self, gvk: &GroupVersionKind) -> Option<bool>;
    /// Whether two files of the set are known to be applied in one run.
    fn are_together(&self, one: FileId, other: FileId) -> bool;
}

/// What a set is held to.
#[derive(Debug)]
pub struct Policies<'p> {
    /// The policies.
    pub hooks: Vec<Hook>,
    /// Policies in effect that change what they match, which are not evaluated.
    pub mutating: Vec<Arc<Object>>,
    /// Where parameters are found.
    pub library: &'p Library,
    /// What is known around the set.
    pub around: &'p dyn Around,
    /// Whether what is found nowhere is missing.
    pub closed: bool,
}

/// What all policies together have to say.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// The server's answer, where one in effect refuses the request.
    pub refusal: Option<String>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was not decided.
    pub undecided: Vec<Undecided>,
}

/// That a policy could not be asked in full about an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    /// The policy: kind and name.
    pub policy: String,
    /// Where it stands.
    pub place: Span,
    /// Why: what it asks that is not known here.
    pub why: String,
}

impl Undecided {
    fn of(policy: &Object, why: &str) -> Self {
        let place = policy.locate(&FieldPath::of(&["metadata", "name"])).range();
        Self { policy: format!("{} {}", policy.gvk.kind, policy.name), place: policy.span(place), why: why.to_owned() }
    }
}

/// The values of a form of the request.
struct Values {
    form: Form,
    names: Names,
}

impl Policies<'_> {
    /// Whether there is nobody to ask.
    pub fn is_empty(&self) -> bool {
        self.hooks.is_empty() && self.mutating.is_empty()
    }

    /// Asks all of them.
    pub fn judge(&self, request: &Request<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        if self.is_empty() || is_exempt(&request.form()) {
            return verdict;
        }
        for mutating in &self.mutating {
            let constraints = mutating.root().at(&["spec", "matchConstraints"]);
            if constraints.is_some_and(|constraints| matches!(matches(constraints, request), Match::Yes(_))) {
                verdict.undecided.push(Undecided::of(mutating, "what it changes is not worked out here"));
            }
        }
        let mut values: Vec<Values> = Vec::new();
        for hook in &self.hooks {
            self.ask_hook(hook, request, &mut values, &mut verdict);
        }
        verdict
    }

    fn ask_hook(&self, hook: &Hook, request: &Request<'_>, values: &mut Vec<Values>, verdict: &mut Verdict) {
        let policy = &*hook.policy;
        let unknown = |verdict: &mut Verdict, why: &str| {
            if hook.standing == Standing::InEffect {
                let told = Undecided::of(&policy.object, why);
                if !verdict.undecided.contains(&told) {
                    verdict.undecided.push(told);
                }
            }
        };
        let Some(constraints) = policy.constraints() else { return };
        let form = match matches(constraints, request) {
            Match::Yes(form) => form,
            Match::No => return,
            Match::Unknown(why) => return unknown(verdict, &why),
        };
        let program = match &policy.program {
            Ok(program) => program,
            Err(issues) => return unknown(verdict, &format!("it does not compile: {issues}")),
        };
        for binding in &hook.bindings {
            let binding = binding.as_deref();
            if let Some(resources) = binding.and_then(Binding::resources) {
                match matches(resources, request) {
                    Match::Yes(_) => {}
                    Match::No => continue,
                    Match::Unknown(why) => {
                        unknown(verdict, &why);
                        continue;
                    }
                }
            }
            let standing = self.standing(hook, binding, request);
            let told = Told { standing, policy, program, binding, request };
            let parameters = match self.parameters(policy, binding, request) {
                Ok(parameters) => parameters,
                Err(Missing::Unknown(why)) => {
                    unknown(verdict, &why);
                    continue;
                }
                Err(Missing::Wrong(words)) => {
                    if policy.fails {
                        let message = format!("failed to configure binding: {words}");
                        let denial = Denial {
                            message,
                            reason: "Invalid".into(),
                            validation: None,
                            plain: None,
                            whatever_is_bound: true,
                        };
                        told.tell(&denial, FieldPath::default(), verdict);
                    }
                    continue;
                }
            };
            let at = values.iter().position(|known| known.form == form).unwrap_or_else(|| {
                values.push(Values { form: form.clone(), names: names_of(request, &form) });
                values.len() - 1
            });
            for params in parameters {
                let names = Names { params, ..values[at].names.clone() };
                let Answer { denials, undecided } = ask(policy, program, &names);
                for denial in denials {
                    let field = told.field(&denial, &names);
                    let is_metadata = matches!(field.0.first(), Some(Segment::Field(name)) if name == "metadata");
                    if !request.knows_fields() && !is_metadata {
                        // A default may be what it asks for.
                        unknown(verdict, "no CRD of the kind is known, so its defaults are not");
                        continue;
                    }
                    told.tell(&denial, field, verdict);
                }
                if let Some(why) = undecided {
                    unknown(verdict, &why);
                }
            }
        }
    }

    /// How one object of the set stands to a policy: of files that only lie in one repository nobody says that they
    /// are applied in one run.
    fn standing(&self, hook: &Hook, binding: Option<&Binding>, request: &Request<'_>) -> Standing {
        let own = request.object.origin.file;
        let is_known = |object: &Object| self.around.are_together(own, object.origin.file);
        let are_known = is_known(&hook.policy.object) && binding.is_none_or(|binding| is_known(&binding.object));
        match hook.standing {
            Standing::OfTheSet if !are_known => Standing::OfTheRepository,
            standing => standing,
        }
    }

    /// The parameters of a binding.
    fn parameters(
        &self,
        policy: &Policy,
        binding: Option<&Binding>,
        request: &Request<'_>,
    ) -> Result<Vec<Value>, Missing> {
        let Some(kind) = &policy.param_kind else { return Ok(vec![Value::Null]) };
        let Some(binding) = binding else {
            return Err(Missing::Unknown("it takes a parameter, and no binding says which".to_owned()));
        };
        let Some(reference) = binding.param_ref() else { return Ok(vec![Value::Null]) };
        let built_in = Schema::of(request.minor).kind(&kind.group, &kind.version, &kind.kind);
        let namespaced = built_in.map(|kind| kind.namespaced).or_else(|| self.around.namespaced(kind));
        let own_namespace = reference.text("namespace");
        let is_namespaced = namespaced.unwrap_or_else(|| {
            let mut known = self.library.parameters.iter().map(|(_, object)| object);
            known.any(|object| is_of(object, kind) && !object.namespace.is_empty()) || !own_namespace.is_empty()
        });
        let namespace = match (is_namespaced, own_namespace, request.namespace) {
            (true, "", None) => {
                return Err(Missing::Wrong(
                    "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources".to_owned(),
                ));
            }
            (true, "", Some(namespace)) => namespace,
            (true, own, _) => own,
            (false, "", _) => "",
            (false, ..) => {
                return Err(Missing::Wrong(
                    "paramRef.namespace must not be provided for a cluster-scoped `paramKind`".to_owned(),
                ));
            }
        };
        let is_there = |object: &Object| is_of(object, kind) && (!is_namespaced || in_namespace(object) == namespace);
        let name = reference.text("name");
        let found: Vec<&(Source, Object)> = if name.is_empty() {
            let Some(selector) = Selector::of(reference.get("selector")) else {
                return Err(Missing::Unknown("the selector of its paramRef is not valid".to_owned()));
            };
            let mut found: Vec<&(Source, Object)> = Vec::new();
            for one in &self.library.parameters {
                if is_there(&one.1) && selector.matches_labels(one.1.root().at(&["metadata", "labels"])) {
                    found.retain(|known| known.1.name != one.1.name || known.0 < one.0);
                    if found.iter().all(|known| known.1.name != one.1.name) {
                        found.push(one);
                    }
                }
            }
            found
        } else {
            let named = self.library.parameters.iter().filter(|one| is_there(&one.1) && one.1.name == name);
            named.min_by_key(|one| one.0 == Source::Written).into_iter().collect()
        };
        if found.is_empty() {
            if !self.closed {
                let place = if namespace.is_empty() { String::new() } else { format!(" in namespace {namespace}") };
                let name = if name.is_empty() { "that its binding selects".to_owned() } else { name.to_owned() };
                return Err(Missing::Unknown(format!("its parameter, {} {name}{place}, is not known", kind.kind)));
            }
            if reference.text("parameterNotFoundAction") == "Deny" {
                return Err(Missing::Wrong(
                    "no params found for policy binding with `Deny` parameterNotFoundAction".to_owned(),
                ));
            }
        }
        let definition = self.around.definition(kind);
        Ok(found.into_iter().map(|(_, object)| parameter(object, request.minor, definition.as_deref())).collect())
    }
}

/// Why there are no parameters.
enum Missing {
    /// The server says these words.
    Wrong(String),
    /// It is not known whether there are any.
    Unknown(String),
}

fn is_of(object: &Object, kind: &GroupVersionKind) -> bool {
    object.gvk.group == kind.group && object.gvk.kind == kind.kind
}

fn in_namespace(object: &Object) -> &str {
    if object.namespace.is_empty() { "default" } else { &object.namespace }
}

fn names_of(request: &Request<'_>, form: &Form) -> Names {
    Names {
        object: request.value_of(request.object, false, form),
        old_object: request.live.map_or(Value::Null, |live| request.value_of(live, true, form)),
        request: request.value(form),
        namespace: request.namespace_value(),
        params: Value::Null,
    }
}

/// A decision, and all that its words need.
struct Told<'t> {
    standing: Standing,
    policy: &'t Policy,
    program: &'t Program,
    binding: Option<&'t Binding>,
    request: &'t Request<'t>,
}

impl Told<'_> {
    fn tell(&self, denial: &Denial, field: FieldPath, verdict: &mut Verdict) {
        let field = if field.0.is_empty() { FieldPath::of(&["metadata", "name"]) } else { field };
        let deny: [Box<str>; 1] = ["Deny".into()];
        let actions = match self.binding {
            Some(binding) if !denial.whatever_is_bound => binding.actions.as_slice(),
            _ => &deny,
        };
        let whose = match self.binding {
            Some(binding) => format!(
                "ValidatingAdmissionPolicy '{}' with binding '{}'",
                self.policy.object.name, binding.object.name
            ),
            None => format!("ValidatingAdmissionPolicy '{}'", self.policy.object.name),
        };
        let said = match &denial.plain {
            Some(plain) if self.is_secret() => plain,
            _ => &denial.message,
        };
        for action in actions {
            match (&**action, self.standing) {
                ("Deny", Standing::InEffect) => {
                    let message = format!("{whose} denied request: {said}");
                    verdict.refusal.get_or_insert_with(|| self.refusal(&denial.reason, &message));
                    let finding = self.finding(&DENIED, message, denial, &field);
                    verdict
                        .findings
                        .push(finding.with_help("change the object, or the policy if it asks for too much"));
                }
                ("Warn", Standing::InEffect) => {
                    let message = format!("Validation failed for {whose}: {said}");
                    verdict.findings.push(self.finding(&WARNED, message, denial, &field));
                }
                ("Deny", Standing::OfTheSet) => {
                    let message = format!("{whose}, which the same set brings, would deny this request: {said}");
                    verdict.findings.push(self.finding(&LATER, message, denial, &field).with_help(
                        "a policy takes effect a moment after it was applied: whether this object gets in depends on that \
                         moment, and its next change is refused",
                    ));
                }
                ("Deny", Standing::OfTheRepository) => {
                    let message = format!("{whose}, which this repository has, would deny this request: {said}");
                    verdict.findings.push(
                        self.finding(&LATER, message, denial, &field)
                            .with_help("where both are applied to one cluster, this object is refused"),
                    );
                }
                _ => {}
            }
        }
    }

    /// Whether values may be those of a Secret.
    fn is_secret(&self) -> bool {
        let is_one = |group: &str, kind: &str| group.is_empty() && kind == "Secret";
        let form = self.request.form();
        is_one(&form.group, &form.kind)
            || self.policy.param_kind.as_ref().is_some_and(|kind| is_one(&kind.group, &kind.kind))
    }

    /// The field that a decision is about.
    fn field(&self, denial: &Denial, names: &Names) -> FieldPath {
        let Some(validation) = denial.validation.and_then(|at| self.program.validations.get(at)) else {
            return FieldPath::default();
        };
        let scope = Scope::new(self.program, names, true);
        blame::field(&validation.expression, self.program, &scope, self.request.object)
    }

    fn finding(&self, rule: &'static Rule, message: String, denial: &Denial, field: &FieldPath) -> Finding {
        let object = self.request.object;
        let finding = Finding::in_object(rule, message, object, field.clone());
        let asked = match denial.validation {
            Some(at) => FieldPath::of(&["spec", "validations"]).index(at).field("expression"),
            None => FieldPath::of(&["metadata", "name"]),
        };
        let policy = &self.policy.object;
        finding.with_label(policy.span(policy.locate(&asked).range()), "the policy asks for it here")
    }

    /// What kubectl prints of the refusal, without `The` or `Error from server (…)`.
    fn refusal(&self, reason: &str, message: &str) -> String {
        let form = self.request.form();
        let resource = form.resource.as_deref().unwrap_or(&form.kind);
        let name = &self.request.object.name;
        if reason == "Invalid" {
            return format!("{resource} \"{name}\" is invalid: : {message}");
        }
        let dot = if form.group.is_empty() { "" } else { "." };
        format!("{resource}{dot}{} \"{name}\" is forbidden: {message}", form.group)
    }
}
