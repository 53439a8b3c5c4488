//! Every rule about one object, asked in the server's order.
//!
//! Apart from the simulation so that the rules can run in parallel before it, each once.

use super::catalogue::{Catalogue, UNUSABLE};
use super::guard::guarded;
use super::undecided::Undecided;
use crate::apply::admission;
use crate::apply::last_applied;
use crate::apply::{
    ApplyOptions, Collected, CustomKind, Identity, Judgement, Judges, Mapping, Method, State, UpdateJudgement, World,
};
use crate::decode::{self, Decoded, server_side_apply};
use crate::finding::{Finding, Level};
use crate::object::{self, FieldChange, FieldPath, Object, Origin, Segment};
use crate::policies::{self, Policies, Verdict};
use crate::schema::{KindInfo, Minor, Schema};
use crate::server_rules;
use crate::server_rules::custom::{self, Request};
use crate::server_rules::pod_security::{self, NamespacePolicy, PodSource};
use crate::server_rules::request_size;
use crate::server_rules::resource::resource_claim::{ADMIN_ACCESS, refused_admin_access};
use crate::update::{self, Applier, Change, Patch};
use crate::yaml::{Escape, Tree, write_json};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What was judged of a set's objects as created, for the next time: an object that is still the same is not judged
/// again.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<Minor, KeptInMinor>>);

type KeptInMinor = HashMap<Origin, KeptJudgement>;

#[derive(Debug)]
struct KeptJudgement {
    tree: Arc<Tree>,
    mapping: Mapping,
    judgement: Arc<Judgement>,
}

impl Kept {
    fn take(&self, minor: Minor) -> KeptInMinor {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&minor).unwrap_or_default()
    }

    fn put(&self, minor: Minor, kept: KeptInMinor) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(minor, kept);
    }
}

impl KeptJudgement {
    fn is_of(&self, object: &Object, mapping: &Mapping) -> bool {
        Arc::ptr_eq(&self.tree, &object.tree) && self.mapping.is_same(mapping)
    }
}

/// The judgements of a set's objects.
#[derive(Debug)]
pub struct SetJudges<'j> {
    schema: Schema,
    options: &'j ApplyOptions,
    mappings: Vec<Option<&'j Mapping>>,
    created: Vec<Arc<Judgement>>,
    before: &'j [Before],
    policies: Option<&'j Policies<'j>>,
    /// What the policies say of objects that are created, and of which namespace that was assumed.
    asked: Vec<Option<(Option<Arc<Object>>, Verdict)>>,
    /// What they could not decide about the objects that were sent.
    undecided: Mutex<Undecided>,
}

/// What an object was when it was last applied.
#[derive(Clone, Debug, Default)]
pub enum Before {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// The same: nothing is sent.
    Untouched,
    /// This.
    Was(Arc<Object>),
}

impl<'j> SetJudges<'j> {
    /// Judges every object of the set as if it were created, in parallel; what was kept of it is taken as it is. What was
    /// before, by entry, may be left out; what is untouched is not judged.
    pub fn new(
        collected: &'j [Collected],
        schema: Schema,
        options: &'j ApplyOptions,
        catalogue: &Catalogue,
        kept: Option<&Kept>,
        known: &'j [Before],
    ) -> Self {
        let before = kept.map(|kept| kept.take(options.minor)).unwrap_or_default();
        let judge = |(index, entry): (usize, &Collected)| match &entry.state {
            _ if matches!(known.get(index), Some(Before::Untouched)) => Arc::default(),
            State::Ready { object, mapping, .. } => {
                if let Some(known) = before.get(&entry.origin).filter(|known| known.is_of(object, mapping)) {
                    return Arc::clone(&known.judgement);
                }
                let judged = guarded(object, || judge_created(object, mapping, schema, options, catalogue));
                Arc::new(judged.unwrap_or_else(|finding| unjudged(*finding)))
            }
            _ => Arc::default(),
        };
        let created: Vec<Arc<Judgement>> = collected.par_iter().enumerate().map(judge).collect();
        if let Some(kept) = kept {
            let known = collected.iter().zip(&created).filter_map(|(entry, judgement)| match &entry.state {
                State::Ready { object, mapping, .. } => {
                    let (tree, judgement) = (Arc::clone(&object.tree), Arc::clone(judgement));
                    Some((entry.origin, KeptJudgement { tree, mapping: mapping.clone(), judgement }))
                }
                _ => None,
            });
            kept.put(options.minor, known.collect());
        }
        let mappings = collected.iter().map(|entry| match &entry.state {
            State::Ready { mapping, .. } => Some(mapping),
            _ => None,
        });
        let mappings = mappings.collect();
        let (policies, asked, undecided) = (None, Vec::new(), Mutex::default());
        Self { schema, options, mappings, created, before: known, policies, asked, undecided }
    }

    /// Asks the policies about every object of the set that the world does not have yet, in parallel: in the namespace
    /// that the set brings, or that is there.
    pub fn ask(&mut self, policies: &'j Policies<'j>, collected: &[Collected], world: &World) {
        if policies.is_empty() {
            return;
        }
        self.policies = Some(policies);
        let brought: HashMap<&str, &Arc<Object>> = collected
            .iter()
            .filter_map(|entry| match &entry.state {
                State::Ready { object, .. } if object.gvk.kind == "Namespace" && object.gvk.group.is_empty() => {
                    Some((object.name.as_str(), object))
                }
                _ => None,
            })
            .collect();
        let ask = |(entry, judgement): (&Collected, &Arc<Judgement>)| {
            let State::Ready { object, mapping, namespace } = &entry.state else { return None };
            if judgement.undecodable.is_some()
                || world.get(&Identity::of(object, mapping, namespace.as_deref())).is_some()
            {
                return None;
            }
            let namespace = namespace.as_deref().filter(|_| mapping.namespaced() == Some(true));
            let of = namespace.and_then(|name| brought.get(name).copied().or_else(|| world.namespace(name)));
            let request = admission::Request { object, live: None, mapping, namespace };
            let verdict = self.put_to(policies, request, of.map(AsRef::as_ref));
            Some((of.cloned(), verdict))
        };
        self.asked = collected.par_iter().zip(&self.created).map(ask).collect();
    }

    /// What the policies could not decide.
    pub fn into_undecided(self) -> Undecided {
        self.undecided.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the policies about one request.
    fn put_to(&self, policies: &Policies<'_>, request: admission::Request<'_>, of: Option<&Object>) -> Verdict {
        let kind = match request.mapping {
            Mapping::BuiltIn(kind) => policies::Kind::BuiltIn(kind),
            Mapping::Custom(kind) => policies::Kind::Custom {
                plural: &kind.plural,
                namespaced: kind.namespaced,
                definition: kind.definitions.last().map(AsRef::as_ref),
            },
            _ => policies::Kind::Unknown,
        };
        let asked = policies::Request {
            object: request.object,
            live: request.live,
            kind,
            namespace: request.namespace,
            of_namespace: of.map_or(policies::Namespace::Unknown, policies::Namespace::Known),
            minor: self.options.minor,
            last_applied: matches!(self.options.method, Method::Kubectl | Method::Kustomize | Method::ArgoCd),
        };
        guarded(request.object, || policies.judge(&asked))
            .unwrap_or_else(|finding| Verdict { findings: vec![*finding], ..Verdict::default() })
    }

    fn judge_updated(&self, entry: usize, object: &Object, live: &Object) -> UpdateJudgement {
        let Some(mapping) = self.mappings[entry] else { return UpdateJudgement::default() };
        let definition = match mapping {
            Mapping::Custom(kind) => kind.definitions.last().map(AsRef::as_ref),
            _ => None,
        };
        // What a manifest tells of a live custom resource has no defaults yet; the server's merge meets them.
        let defaulted =
            definition.filter(|_| live.gvk == object.gvk).map(|definition| custom::stored(live, definition));
        let (minor, patch) = (self.options.minor, patch(self.options));
        let context = update::Context { schema: self.schema, minor, patch, definition };
        let update = match &defaulted {
            Some(defaulted) => update::judge_defaulted(object, defaulted, live, context),
            None => update::judge(object, live, context),
        };
        let merged = match update.change {
            Change::Unchanged if update.findings.is_empty() => return UpdateJudgement::default(),
            Change::Unchanged => None,
            Change::Changed(merged) => Some(merged),
        };
        let mut judgement = Judgement::default();
        let last_applied = last_applied_length(object, mapping, self.options);
        let judged = match mapping {
            Mapping::BuiltIn(kind) if self.options.method.is_server_side() => {
                decode_applied(object, kind, self.schema, self.options).into()
            }
            Mapping::BuiltIn(kind) => decode::patch::convert(object, kind, self.schema, self.options.validation).into(),
            Mapping::Custom(kind) => {
                let change = merged.as_ref().map(|merged| (merged, live));
                judge_custom(object, kind, self.options, last_applied, change)
            }
            _ => Judged::default(),
        };
        judgement.findings = judged.decoded.findings;
        judgement.undecodable = judged.decoded.server_message;
        if judgement.undecodable.is_none() {
            let mut findings = update.findings;
            if let Some(merged) = &merged {
                findings.extend(
                    judged.validated.unwrap_or_else(|| {
                        server_rules::validate_updated(merged, live, self.options.minor, last_applied)
                    }),
                );
            }
            if self.options.together.is_guess() {
                last_applied::warn_only(&mut findings);
            }
            let before = match self.before.get(entry) {
                Some(Before::Was(before)) => Some(before.as_ref()),
                _ => update.was.as_ref(),
            };
            if let (Some(before), Some(merged)) = (before, &merged) {
                findings.extend(update::stays_live::find(object, before, merged, live));
            }
            judgement.invalid = refusal(object, &findings);
            judgement.findings.extend(findings);
        }
        let mut changes = merged
            .as_ref()
            .map(|merged| object::differences(&object.gvk.kind, live.root(), merged.root()))
            .unwrap_or_default();
        mark_refused(&mut changes, &judgement.findings);
        UpdateJudgement { merged, judgement, changes }
    }
}

impl Judges for SetJudges<'_> {
    fn policies(&self, entry: usize, request: admission::Request<'_>, world: &World) -> (Option<String>, Vec<Finding>) {
        let Some(policies) = self.policies else { return (None, Vec::new()) };
        let of = request.namespace.and_then(|name| world.namespace(name));
        let verdict = match (request.live, self.asked.get(entry)) {
            (None, Some(Some((assumed, verdict)))) if assumed.as_ref().map(Arc::as_ptr) == of.map(Arc::as_ptr) => {
                verdict.clone()
            }
            _ => self.put_to(policies, request, of.map(AsRef::as_ref)),
        };
        if !verdict.undecided.is_empty() {
            let mut undecided = self.undecided.lock().unwrap_or_else(PoisonError::into_inner);
            verdict.undecided.into_iter().for_each(|one| undecided.add(one, request));
        }
        (verdict.refusal, verdict.findings)
    }

    fn create(&self, entry: usize) -> &Judgement {
        &self.created[entry]
    }

    fn update(&self, entry: usize, object: &Object, live: &Object) -> UpdateJudgement {
        let judged = guarded(object, || self.judge_updated(entry, object, live));
        judged.unwrap_or_else(|finding| UpdateJudgement {
            merged: Some(object.clone()),
            judgement: unjudged(*finding),
            changes: Vec::new(),
        })
    }

    fn is_untouched(&self, entry: usize) -> bool {
        matches!(self.before.get(entry), Some(Before::Untouched))
    }

    fn in_namespace(&self, object: &Object, namespace: &Object) -> (Option<String>, Vec<Finding>) {
        let labels = namespace.root().at(&["metadata", "labels"]);
        if let Some((field, message)) = refused_admin_access(&object.gvk, object.root(), labels, self.options.minor) {
            let labels = namespace.locate(&FieldPath::of(&["metadata", "labels"]));
            let finding = Finding::in_object(&ADMIN_ACCESS, message, object, field)
                .with_label(namespace.span(labels.key.unwrap_or(labels.value)), "the namespace does not allow it here");
            return (refusal(object, std::slice::from_ref(&finding)), vec![finding]);
        }
        let Some(pod) = PodSource::of(&object.gvk, object.root()) else { return (None, Vec::new()) };
        let asked = NamespacePolicy::of_labels(labels);
        let policy = if pod.is_pod { asked.enforce } else { asked.warn };
        let violations = pod_security::violations(policy, self.options.minor, pod);
        let Some(first) = violations.first() else { return (None, Vec::new()) };
        let labels = namespace.locate(&FieldPath::of(&["metadata", "labels"]));
        let found = |rule, message: &str| {
            let within = first.field.locate(pod.spec);
            let range = if within.exact { within.range() } else { object.locate(&FieldPath::of(&["kind"])).range() };
            Finding { object: Some(object.origin), ..Finding::at(rule, message, object.span(range)) }
                .with_label(namespace.span(labels.key.unwrap_or(labels.value)), "the namespace asks for it here")
        };
        if pod.is_pod {
            let message =
                format!("pods \"{}\" is forbidden: {}", object.name, pod_security::refusal(policy, &violations));
            let finding = found(&pod_security::ENFORCED, &message);
            return (Some(message), vec![finding]);
        }
        let warning = pod_security::warning(policy, &violations);
        (None, vec![found(&pod_security::WARNED, &warning)])
    }
}

/// Marks the changes for which the server refuses the update. An error about a whole spec names in its words the fields that
/// may change all the same.
fn mark_refused(changes: &mut [FieldChange], findings: &[Finding]) {
    for error in findings.iter().filter(|finding| finding.level == Level::Error && !finding.field.0.is_empty()) {
        for change in &mut *changes {
            let may_change = || {
                let mut pattern = String::new();
                for segment in &change.field.0 {
                    match segment {
                        Segment::Field(name) | Segment::Key(name) if pattern.is_empty() => pattern.push_str(name),
                        Segment::Field(name) | Segment::Key(name) => {
                            pattern.push('.');
                            pattern.push_str(name);
                        }
                        Segment::Index(_) => pattern.push_str("[*]"),
                    }
                    if error.message.contains(&format!("`{pattern}`")) {
                        return true;
                    }
                }
                match change.field.0.get(error.field.0.len()) {
                    Some(Segment::Field(name)) => error.message.contains(&format!("'{name}'")),
                    _ => false,
                }
            };
            let touches = error.field.covers(&change.field) || change.field.covers(&error.field);
            change.refused |= touches && !(error.field.covers(&change.field) && may_change());
        }
    }
}

/// An object that could not be judged is taken for accepted; the finding says that it was not.
fn unjudged(finding: Finding) -> Judgement {
    Judgement { findings: vec![finding], ..Judgement::default() }
}

/// Decodes an object, and validates it if it decodes.
fn judge_created(
    object: &Object,
    mapping: &Mapping,
    schema: Schema,
    options: &ApplyOptions,
    catalogue: &Catalogue,
) -> Judgement {
    let mut judgement = Judgement::default();
    if matches!(mapping, Mapping::Unknown)
        && let Some(judged) = catalogue.judge(object, options.minor)
    {
        judgement.by_catalog = judged.iter().all(|finding| finding.rule.id != UNUSABLE.id);
        judgement.findings = judged;
    }
    let last_applied = last_applied_length(object, mapping, options);
    let bytes = last_applied.unwrap_or_else(|| write_json(object.root(), Escape::Html).len());
    if let Some((message, finding)) = request_size::refusal(object, bytes) {
        judgement.undecodable = Some(message);
        judgement.findings.push(finding);
        return judgement;
    }
    let judged: Judged = match mapping {
        Mapping::BuiltIn(kind) if options.method.is_server_side() => {
            decode_applied(object, kind, schema, options).into()
        }
        Mapping::BuiltIn(kind) => decode::decode(object, kind, schema, options.validation).into(),
        Mapping::Custom(kind) => judge_custom(object, kind, options, last_applied, None),
        _ => Judged::default(),
    };
    judgement.findings.extend(judged.decoded.findings);
    judgement.undecodable = judged.decoded.server_message;
    if judgement.undecodable.is_some() {
        return judgement;
    }
    let mut findings =
        judged.validated.unwrap_or_else(|| server_rules::validate_applied(object, options.minor, last_applied));
    if options.together.is_guess() {
        last_applied::warn_only(&mut findings);
    }
    judgement.findings.extend(findings);
    judgement.invalid = refusal(object, &judgement.findings);
    judgement
}

/// An object decoded, and validated where that is one with decoding.
#[derive(Default)]
struct Judged {
    decoded: Decoded,
    validated: Option<Vec<Finding>>,
}

impl From<Decoded> for Judged {
    fn from(decoded: Decoded) -> Self {
        Self { decoded, validated: None }
    }
}

/// Judges a custom resource, as created or as what an update makes of a live one, by the definitions of its kind. Where
/// there are several, one that accepts it is believed: which of them is there nobody knows.
fn judge_custom(
    object: &Object,
    kind: &CustomKind,
    options: &ApplyOptions,
    last_applied: Option<usize>,
    change: Option<(&Object, &Object)>,
) -> Judged {
    let namespace = match (kind.namespaced, object.namespace.as_str()) {
        (false, _) => "",
        (true, "") => options.default_namespace(),
        (true, own) => own,
    };
    let applied_in = options.method.is_server_side().then_some(namespace);
    let mut first = None;
    for definition in kind.definitions.iter().rev() {
        let request = Request {
            object,
            definition,
            minor: options.minor,
            applied_in,
            validation: options.validation,
            last_applied,
        };
        let decoded = request.decode();
        let validated = match change {
            _ if decoded.server_message.is_some() => Vec::new(),
            Some((merged, live)) => request.validate_updated(merged, live),
            None => request.validate_created(),
        };
        let is_accepted =
            decoded.server_message.is_none() && validated.iter().all(|finding| finding.level != Level::Error);
        let judged = Judged { decoded, validated: Some(validated) };
        if is_accepted {
            return judged;
        }
        first.get_or_insert(judged);
    }
    first.unwrap_or_else(|| decode::decode_custom(object, Schema::of(options.minor), options.validation).into())
}

/// How long the annotation is that kubectl adds, where it adds one. Argo CD does so too unless it is told otherwise in
/// places that are not read here.
fn last_applied_length(object: &Object, mapping: &Mapping, options: &ApplyOptions) -> Option<usize> {
    let namespace = match mapping.namespaced() {
        Some(true) if object.namespace.is_empty() => Some(options.default_namespace()),
        Some(true) => Some(object.namespace.as_str()),
        _ => None,
    };
    matches!(options.method, Method::Kubectl | Method::Kustomize)
        .then(|| last_applied::length(object.root(), namespace))
}

/// How an object is sent to change a live one.
fn patch(options: &ApplyOptions) -> Patch<'_> {
    if !options.method.is_server_side() {
        return Patch::ClientSide;
    }
    Patch::ServerSide(Applier {
        manager: options.field_manager.as_deref().unwrap_or_else(|| options.method.manager()),
        // Flux takes over what it applies (`Apply` in fluxcd/pkg `ssa/manager_apply.go`).
        forces: options.force_conflicts || options.method == Method::Flux,
    })
}

/// Server-side apply checks an object against the schema and converts it into its type; it never decodes it.
fn decode_applied(object: &Object, kind: &KindInfo, schema: Schema, options: &ApplyOptions) -> Decoded {
    let namespace = if object.namespace.is_empty() { options.default_namespace() } else { &object.namespace };
    server_side_apply::check(object, namespace, kind, schema)
}

/// The server's answer to an invalid object. Source: `NewInvalid` in apimachinery `pkg/api/errors` (1.36).
fn refusal(object: &Object, findings: &[Finding]) -> Option<String> {
    let errors = || findings.iter().filter(|finding| finding.level == Level::Error);
    // A conflict is no invalid object.
    if let Some(conflict) = errors().find(|error| error.rule.id == update::FIELD_MANAGER.id) {
        return Some(conflict.message.clone());
    }
    let messages: Vec<&str> = errors().map(|error| error.message.as_str()).collect();
    let list = match messages.as_slice() {
        [] => return None,
        [one] => (*one).to_owned(),
        many => format!("[{}]", many.join(", ")),
    };
    let group = &object.gvk.group;
    let dot = if group.is_empty() { "" } else { "." };
    Some(format!("{}{dot}{group} \"{}\" is invalid: {list}", object.gvk.kind, object.name))
}
