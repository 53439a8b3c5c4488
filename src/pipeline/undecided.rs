//! What admission policies could not decide, told once for each policy and reason.
//!
//! Apart because a policy that matches everything would otherwise be told of with every object of every set.

use crate::apply::admission::Request;
use crate::policies;
use crate::report::Unchecked;
use std::collections::BTreeMap;

/// The class of it in reports.
const CLASS: &str = "admission-policy";

/// Policies and reasons, each with how many objects it is about and the first of them.
#[derive(Clone, Debug, Default)]
pub struct Undecided(BTreeMap<policies::Undecided, (usize, String)>);

impl Undecided {
    /// Adds what was not decided about a request.
    pub fn add(&mut self, undecided: policies::Undecided, request: Request<'_>) {
        let place = request.namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
        let first = || (0, format!("{} {place}{}", request.object.gvk.kind, request.object.name));
        self.0.entry(undecided).or_insert_with(first).0 += 1;
    }

    /// Adds what another set says.
    pub fn merge(&mut self, other: &Self) {
        for (undecided, (count, first)) in &other.0 {
            self.0.entry(undecided.clone()).or_insert_with(|| (0, first.clone())).0 += count;
        }
    }

    /// What a report says of it.
    pub fn told(self) -> impl Iterator<Item = Unchecked> {
        self.0.into_iter().map(|(undecided, (count, first))| {
            let objects = match count {
                1 => first,
                2 => format!("{first} and 1 more object"),
                count => format!("{first} and {} more objects", count - 1),
            };
            let why = format!("not decided for {objects}: {}", undecided.why);
            Unchecked { what: undecided.policy, class: CLASS, why, span: Some(undecided.place) }
        })
    }
}
