//! Every rule about one object, asked in the server's order.
//!
//! Apart from the simulation so that the rules can run in parallel before it, each once.

use crate::apply::{ApplyOptions, Collected, Judgement, Judges, Mapping, State, UpdateJudgement};
use crate::finding::{Finding, Level};
use crate::object::Object;
use crate::schema::Schema;
use crate::{decode, server_rules};
use rayon::prelude::*;

/// The judgements of a set's objects.
#[derive(Debug)]
pub struct SetJudges<'j> {
    schema: Schema,
    options: &'j ApplyOptions,
    mappings: Vec<Option<&'j Mapping>>,
    created: Vec<Judgement>,
}

impl<'j> SetJudges<'j> {
    /// Judges every object of the set as if it were created, in parallel.
    pub fn new(collected: &'j [Collected], schema: Schema, options: &'j ApplyOptions) -> Self {
        let created = collected
            .par_iter()
            .map(|entry| match &entry.state {
                State::Ready { object, mapping, .. } => judge_created(object, mapping, schema, options),
                _ => Judgement::default(),
            })
            .collect();
        let mappings = collected.iter().map(|entry| match &entry.state {
            State::Ready { mapping, .. } => Some(mapping),
            _ => None,
        });
        Self { schema, options, mappings: mappings.collect(), created }
    }
}

impl Judges for SetJudges<'_> {
    fn create(&self, entry: usize) -> &Judgement {
        &self.created[entry]
    }

    fn update(&self, entry: usize, object: &Object, live: &Object) -> UpdateJudgement {
        let _ = (self.schema, self.options, self.mappings[entry]);
        let judgement = self.created[entry].clone();
        let same = object.root().to_json() == live.root().to_json();
        UpdateJudgement { merged: (!same).then(|| object.clone()), judgement }
    }

    fn in_namespace(&self, _object: &Object, _mapping: &Mapping, _namespace: &Object) -> Option<(String, Finding)> {
        None
    }
}

/// Decodes an object, and validates it if it decodes.
fn judge_created(object: &Object, mapping: &Mapping, schema: Schema, options: &ApplyOptions) -> Judgement {
    let mut judgement = Judgement::default();
    if let Mapping::BuiltIn(kind) = mapping {
        let decoded = decode::decode(object, kind, schema, options.validation);
        judgement.findings = decoded.findings;
        judgement.undecodable = decoded.server_message;
        if judgement.undecodable.is_some() {
            return judgement;
        }
    }
    let findings = server_rules::validate(object, options.minor);
    let errors: Vec<&Finding> = findings.iter().filter(|finding| finding.level == Level::Error).collect();
    judgement.invalid = refusal(object, &errors);
    judgement.findings.extend(findings);
    judgement
}

/// The server's answer to an invalid object. Source: `NewInvalid` in apimachinery `pkg/api/errors` (1.36).
fn refusal(object: &Object, errors: &[&Finding]) -> Option<String> {
    let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    let list = match messages.as_slice() {
        [] => return None,
        [one] => (*one).to_owned(),
        many => format!("[{}]", many.join(", ")),
    };
    let group = &object.gvk.group;
    let dot = if group.is_empty() { "" } else { "." };
    Some(format!("{}{dot}{group} \"{}\" is invalid: {list}", object.gvk.kind, object.name))
}
