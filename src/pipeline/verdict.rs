//! The last word on each object: what the server said of it in a dry run, what the offline rules say, and which of the two
//! is to be believed where they differ.
//!
//! Apart because a dry run has blind spots that no request can see through. Every object is judged against the state
//! before the apply, so what the set itself brings is missing; and addresses, ports and quotas are not taken, so two
//! objects of the set never meet. There the offline rules, which play the apply, are believed; everywhere else the server
//! is.

use super::Streams;
use super::asked::{Answer, ApiServer, Named, Question, Refused};
use crate::apply::{
    ApplyOptions, Attempt, Collected, Identity, Judge, Mapping, Opinion, Outcome, State, Verdict, allocation,
    declared_kinds, names,
};
use crate::finding::{Finding, Level, Rule};
use crate::object::{FieldPath, Object, Origin, Segment, sensitive_ranges};
use crate::report::{Report, Unchecked};
use crate::server_rules::pod_security;
use crate::source::{FileId, SourceFile, Sources};
use crate::yaml::Text;
use std::collections::{HashMap, HashSet};

/// The server refuses what the offline rules do not.
pub static REFUSED: Rule = Rule {
    id: "server/refused",
    level: Level::Error,
    summary: "the API server refuses the object in a dry run",
    why: "the server was asked, with --server, and would answer the apply in the same words",
    docs: include_str!("refused.md"),
};

/// The server takes it, and warns.
pub static WARNED: Rule = Rule {
    id: "server/warning",
    level: Level::Warning,
    summary: "the API server takes the object and warns of it",
    why: "the server was asked, with --server; kubectl apply would print the same warning",
    docs: include_str!("warning.md"),
};

/// Asks the server about every object that would be sent, and puts the last word into the attempts and findings.
pub fn ask(
    server: &dyn ApiServer,
    collected: &[Collected],
    attempts: &mut [Attempt],
    findings: &mut Vec<Finding>,
    options: &ApplyOptions,
) {
    let entries: HashMap<Origin, &Collected> = collected.iter().map(|entry| (entry.origin, entry)).collect();
    let mut sent = HashSet::new();
    let mut asked = Vec::new();
    let mut questions = Vec::new();
    for (at, attempt) in attempts.iter().enumerate() {
        let Some(Sent { object, mapping, namespace }) = entries.get(&attempt.origin).and_then(|entry| Sent::of(entry))
        else {
            continue;
        };
        if attempt.outcome == Outcome::Skipped || names::refuse(object, options.method).is_some() {
            continue;
        }
        if !sent.insert(Identity::of(object, mapping, namespace)) {
            continue;
        }
        asked.push(at);
        questions.push(Question {
            named: Named {
                gvk: object.gvk.clone(),
                namespace: namespace.unwrap_or(&object.namespace).to_owned(),
                name: object.name.clone(),
            },
            body: object.root().to_json(),
            minor: options.minor,
            method: options.method,
            validation: options.validation,
        });
    }
    let answers: HashMap<usize, Answer> = asked.into_iter().zip(server.judge(questions)).collect();
    let mut weighing = Weighing { brought: Brought::default(), findings };
    for (at, attempt) in attempts.iter_mut().enumerate() {
        let Some(sent) = entries.get(&attempt.origin).and_then(|entry| Sent::of(entry)) else {
            attempt.verdict = Some(Verdict { judge: Judge::Offline, note: None, differs: None });
            continue;
        };
        let changes = attempt.outcome == Outcome::Configured;
        if let Some(answer) = answers.get(&at) {
            weighing.weigh(attempt, sent, answer);
        } else {
            let note = (attempt.outcome.is_live())
                .then(|| "an earlier object of the set is the same one, and a dry run keeps nothing of it".to_owned());
            attempt.verdict = Some(Verdict { judge: Judge::Offline, note, differs: None });
        }
        if attempt.outcome.is_live() {
            let changes = changes || attempt.outcome == Outcome::Configured;
            weighing.brought.add(sent, attempt.outcome == Outcome::Created, changes);
        }
    }
}

/// The objects of the files, by name; `namespace` is that of objects without one, if it was given.
pub fn named(files: &[FileId], namespace: &str, streams: &Streams) -> Vec<Named> {
    let objects = files.iter().flat_map(|file| streams.written_in(*file));
    let named = objects.map(|object| Named {
        gvk: object.gvk.clone(),
        namespace: if object.namespace.is_empty() { namespace } else { &object.namespace }.to_owned(),
        name: object.name.clone(),
    });
    named.collect()
}

/// Takes what the cluster holds around the objects in as a file, and tells what could not be seen.
pub fn look_around(server: &dyn ApiServer, objects: &[Named], sources: &mut Sources) -> (FileId, Vec<Unchecked>) {
    let around = server.around(objects);
    let text = Text { text: around.list.as_str().into(), replaced: Vec::new() };
    let file = sources.add(SourceFile::new(format!("live in {}", server.name()), text));
    let unseen = around.unseen.into_iter().map(|(what, why)| Unchecked { what, class: "cluster", why, span: None });
    (file, unseen.collect())
}

/// Names the objects of which the server says one thing and the offline rules another, where nothing explains it.
pub fn tell_differences(report: &mut Report) {
    let attempts = report.sets.iter().flat_map(|set| &set.attempts);
    let differing = attempts.filter_map(|attempt| {
        let verdict = attempt.verdict.as_ref().filter(|verdict| verdict.note.is_none())?;
        let opinion = verdict.differs.as_ref()?;
        let differs = opinion.is_contrary(attempt.outcome);
        // A refusal is what the server is asked for: there it knows more, and nothing is open.
        let is_open = differs && attempt.outcome.is_live();
        is_open.then(|| Unchecked {
            what: format!("{} {}", attempt.kind, attempt.name),
            class: "judges-differ",
            why: format!("the server takes it, {}", opinion.sentence()),
            span: None,
        })
    });
    let differing: Vec<Unchecked> = differing.collect();
    report.unchecked.extend(differing);
}

/// An object that would be sent.
#[derive(Clone, Copy)]
struct Sent<'c> {
    object: &'c Object,
    mapping: &'c Mapping,
    namespace: Option<&'c str>,
}

impl<'c> Sent<'c> {
    fn of(entry: &'c Collected) -> Option<Self> {
        match &entry.state {
            State::Ready { object, mapping, namespace } => {
                Some(Self { object: object.as_ref(), mapping, namespace: namespace.as_deref() })
            }
            _ => None,
        }
    }
}

/// What the set made or changed so far.
#[derive(Default)]
struct Brought {
    /// Kind, namespace and name of what was made.
    made: HashSet<(String, String, String)>,
    /// The same of what was changed.
    changed: HashSet<(String, String, String)>,
    /// Group and kind of what its CRDs serve.
    kinds: HashSet<(String, String)>,
}

impl Brought {
    fn add(&mut self, sent: Sent<'_>, is_made: bool, is_changed: bool) {
        let object = sent.object;
        let namespace = if sent.mapping.namespaced() == Some(false) { "" } else { sent.namespace.unwrap_or_default() };
        let key = (object.gvk.kind.clone(), namespace.to_owned(), object.name.clone());
        if object.gvk.kind == "CustomResourceDefinition" && (is_made || is_changed) {
            let served = declared_kinds(&object.tree, object.origin.file, object.root());
            self.kinds.extend(served.into_iter().map(|(gvk, _)| (gvk.group, gvk.kind)));
        }
        if is_made {
            self.made.insert(key);
        } else if is_changed {
            self.changed.insert(key);
        }
    }

    fn made(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.made.contains(&(kind.to_owned(), namespace.to_owned(), name.to_owned()))
    }

    fn changed(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.changed.contains(&(kind.to_owned(), namespace.to_owned(), name.to_owned()))
    }

    fn defines(&self, object: &Object) -> bool {
        self.kinds.contains(&(object.gvk.group.clone(), object.gvk.kind.clone()))
    }

    /// Why a refusal says nothing of the apply: what it misses comes with the set.
    fn heals(&self, sent: Sent<'_>, refused: &Refused) -> Option<String> {
        let object = sent.object;
        let namespace = sent.namespace.unwrap_or_default();
        let message = refused.message.as_str();
        let within = |before: &str, after: &str| -> Option<String> {
            let rest = message.split_once(before)?.1;
            Some(rest.split_once(after)?.0.to_owned())
        };
        let comes = |kind: &str, namespace: &str, name: &str| {
            let is_made = self.made(kind, namespace, name);
            is_made.then(|| format!("{kind} {name} comes with the set, and a dry run does not see it"))
        };
        if self.defines(object) {
            return Some("its CRD comes with the set, and a dry run does not see it".to_owned());
        }
        if let Some(missing) = within("namespaces \"", "\" not found") {
            return comes("Namespace", "", &missing);
        }
        if let Some(missing) = within("serviceaccount \"", "\" not found") {
            return comes("ServiceAccount", namespace, &missing);
        }
        if let Some(missing) = within("no PriorityClass with name ", " was found") {
            return comes("PriorityClass", "", &missing);
        }
        if let Some(missing) = within("RuntimeClass \"", "\" not found") {
            return comes("RuntimeClass", "", &missing);
        }
        if let Some(missing) = within("clusterroles.rbac.authorization.k8s.io \"", "\" not found") {
            return comes("ClusterRole", "", &missing);
        }
        if let Some(missing) = within("roles.rbac.authorization.k8s.io \"", "\" not found") {
            return comes("Role", namespace, &missing);
        }
        if message.contains("violates PodSecurity") && self.changed("Namespace", "", namespace) {
            return Some(format!("the labels of Namespace {namespace} change with the set"));
        }
        None
    }

    /// Why the server's consent says nothing of the apply, where the offline rules refuse an object by this rule.
    fn hides(&self, sent: Sent<'_>, rule: &Rule) -> Option<&'static str> {
        let namespace = sent.namespace.unwrap_or_default();
        let of_namespace = |kind: &str| {
            self.made.iter().chain(&self.changed).any(|(other, within, _)| other == kind && within == namespace)
        };
        let id = rule.id;
        if id == allocation::TAKEN.id {
            return Some("a dry run takes no addresses and ports");
        }
        if id == "apply/resource-quota" {
            return Some("a dry run takes nothing from a quota");
        }
        if id == "apply/second-default-priority-class" {
            return Some("a dry run does not see the other objects of the set");
        }
        if id == "apply/limit-range" && of_namespace("LimitRange") {
            return Some("the LimitRange comes with the set, and a dry run does not see it");
        }
        if id == pod_security::ENFORCED.id && self.changed("Namespace", "", namespace) {
            return Some("the labels of the namespace change with the set");
        }
        self.defines(sent.object).then_some("its CRD changes with the set, and a dry run does not see it")
    }
}

struct Weighing<'f> {
    brought: Brought,
    findings: &'f mut Vec<Finding>,
}

impl Weighing<'_> {
    fn weigh(&mut self, attempt: &mut Attempt, sent: Sent<'_>, answer: &Answer) {
        let verdict = match answer {
            Answer::Silent { why } => {
                attempt.unchecked.get_or_insert_with(|| format!("the server did not judge it: {why}"));
                Verdict { judge: Judge::Offline, note: Some(why.clone()), differs: None }
            }
            Answer::Accepted { outcome, warnings } => {
                self.warn(sent.object, warnings);
                self.accepted(attempt, sent, *outcome)
            }
            Answer::Refused(refused) => {
                let refused = Refused { message: without_values(sent.object, &refused.message), ..refused.clone() };
                self.warn(sent.object, &refused.warnings);
                self.refused(attempt, sent, &refused)
            }
        };
        attempt.verdict = Some(verdict);
    }

    fn accepted(&mut self, attempt: &mut Attempt, sent: Sent<'_>, outcome: Outcome) -> Verdict {
        let is_judged_offline = attempt.unchecked.is_none();
        if attempt.outcome.is_live() {
            attempt.outcome = outcome;
            if !is_judged_offline && is_unknown(sent.mapping) {
                attempt.unchecked = None;
                return Verdict { judge: Judge::Server, note: None, differs: None };
            }
            return Verdict { judge: Judge::Both, note: None, differs: None };
        }
        let origin = sent.object.origin;
        let refusing =
            || self.findings.iter().filter(|finding| finding.level == Level::Error && finding.object == Some(origin));
        if let Some(why) = refusing().find_map(|finding| self.brought.hides(sent, finding.rule)) {
            let differs = Some(Opinion { judge: Judge::Server, outcome, reason: None });
            return Verdict { judge: Judge::Offline, note: Some(why.to_owned()), differs };
        }
        let differs = Some(Opinion {
            judge: Judge::Offline,
            outcome: std::mem::replace(&mut attempt.outcome, outcome),
            reason: attempt.reason.take(),
        });
        self.findings.retain(|finding| finding.level != Level::Error || finding.object != Some(origin));
        Verdict { judge: Judge::Server, note: None, differs }
    }

    fn refused(&mut self, attempt: &mut Attempt, sent: Sent<'_>, refused: &Refused) -> Verdict {
        if attempt.outcome.is_live()
            && let Some(why) = self.brought.heals(sent, refused)
        {
            return Verdict { judge: Judge::Offline, note: Some(why), differs: None };
        }
        if is_unknown(sent.mapping) {
            attempt.unchecked = None;
        }
        let before = std::mem::replace(&mut attempt.outcome, Outcome::Failed);
        let reason = attempt.reason.replace(refused.message.clone());
        if before == Outcome::Failed {
            // The server tells everything in one answer, and the offline rules may have told a part of it.
            let is_same = reason.as_deref().is_none_or(|reason| reason == refused.message);
            let opinion = Opinion { judge: Judge::Offline, outcome: before, reason };
            return Verdict { judge: Judge::Both, note: None, differs: (!is_same).then_some(opinion) };
        }
        let field = refused.field.as_deref().map(field_path).unwrap_or_default();
        self.findings.push(Finding::in_object(&REFUSED, &refused.message, sent.object, field));
        let differs = (!is_unknown(sent.mapping)).then_some(Opinion { judge: Judge::Offline, outcome: before, reason });
        Verdict { judge: Judge::Server, note: None, differs }
    }

    /// Tells the server's warnings, but for those that the offline rules have given as well.
    fn warn(&mut self, object: &Object, warnings: &[String]) {
        for warning in warnings {
            let warning = without_values(object, warning);
            let is_known = self
                .findings
                .iter()
                .filter(|finding| finding.object == Some(object.origin))
                .any(|finding| finding.message.contains(&warning) || warning.contains(&finding.message));
            if !is_known {
                self.findings.push(Finding::in_object(&WARNED, warning, object, FieldPath::default()));
            }
        }
    }
}

/// Whether only the server can know what the object's fields are.
fn is_unknown(mapping: &Mapping) -> bool {
    match mapping {
        Mapping::Unknown => true,
        Mapping::Custom(kind) => kind.definitions.is_empty(),
        _ => false,
    }
}

/// The server's words without the values of a Secret.
fn without_values(object: &Object, message: &str) -> String {
    let ranges = sensitive_ranges(object);
    if ranges.is_empty() {
        return message.to_owned();
    }
    // Some decoders quote what stands around the error, which may be a part of a value.
    let (message, _) = message.split_once(", error found in #").unwrap_or((message, ""));
    let mut message = message.to_owned();
    let text = object.tree.text();
    for range in ranges {
        let written = text.get(range.start as usize..range.end as usize).unwrap_or_default();
        for value in written.lines() {
            let value = value.trim().trim_matches(['"', '\'']);
            if value.len() > 2 {
                message = message.replace(value, "•••");
            } else if !value.is_empty() {
                message = message.replace(&format!("\"{value}\""), "\"•••\"");
            }
        }
    }
    message
}

/// A field path as the server writes it: `spec.ports[0].nodePort`, `metadata.labels[a.b/c]`.
fn field_path(text: &str) -> FieldPath {
    let mut segments = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('[') {
            let (inside, after) = behind.split_once(']').unwrap_or((behind, ""));
            segments.push(inside.parse().map_or_else(|_| Segment::Key(inside.to_owned()), Segment::Index));
            rest = after;
        } else {
            let behind = rest.strip_prefix('.').unwrap_or(rest);
            let end = behind.find(['.', '[']).unwrap_or(behind.len());
            if end > 0 {
                segments.push(Segment::Field(behind[..end].to_owned()));
            }
            rest = &behind[end..];
            if end == 0 && rest.starts_with('.') {
                rest = &rest[1..];
            }
        }
    }
    FieldPath(segments)
}

#[cfg(test)]
mod tests {
    use super::field_path;

    #[test]
    fn paths_are_read_as_the_server_writes_them() {
        for text in ["spec.ports[0].nodePort", "metadata.labels[tide.example.com/a]", "data[a.b]", "spec"] {
            assert_eq!(field_path(text).to_string(), text);
        }
        assert_eq!(field_path(".spec..x.").to_string(), "spec.x");
    }
}
