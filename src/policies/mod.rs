//! `ValidatingAdmissionPolicy`: a cluster's own rules, in CEL, asked of objects as the API server asks them.
//!
//! Apart from the server's rules because nothing here is known before a policy is read, and from the apply because a
//! policy needs one request and what is around it, not the order of a set. A policy is read and compiled once
//! ([`Compiled`]), a set is held to some of those there are ([`Library::held`]), and each request is put to them
//! ([`Policies::judge`]). What a policy asks that only a running server knows is not guessed: it is unchecked.
//! Source: apiserver `pkg/admission/plugin/policy/{generic,matching,validating}` (1.37; as in 1.30 and 1.34).

mod blame;
mod defaults;
mod evaluate;
mod judge;
mod library;
mod matching;
mod policy;
mod request;
#[cfg(test)]
mod tests;
mod value;

pub use judge::{Around, Policies, Undecided, Verdict};
pub use library::{Compiled, Hook, Library, Source, Standing};
pub use policy::{Binding, GROUP, Policy, is_binding, is_policy};
pub use request::{Kind, Namespace, Request};

use crate::finding::{Level, Rule};

/// Every rule of the room.
pub static RULES: &[&Rule] = &[&DENIED, &LATER, &WARNED];

/// A policy in effect refuses an object.
pub static DENIED: Rule = Rule {
    id: "admission/policy",
    level: Level::Error,
    summary: "a ValidatingAdmissionPolicy of the cluster refuses the object",
    why: "the API server asks the policies that are in effect about every object they match, and refuses it where one of their validations does not hold",
    docs: include_str!("policy.md"),
};

/// A policy in effect warns of an object.
pub static WARNED: Rule = Rule {
    id: "admission/policy-warning",
    level: Level::Warning,
    summary: "a ValidatingAdmissionPolicy of the cluster warns of the object",
    why: "the policy is bound with `Warn`: the API server takes the object, and kubectl prints the warning",
    docs: include_str!("policy-warning.md"),
};

/// A policy that is applied along with the objects it denies.
pub static LATER: Rule = Rule {
    id: "admission/policy-to-come",
    level: Level::Warning,
    summary: "a ValidatingAdmissionPolicy of the same set or repository would refuse the object",
    why: "a policy takes effect some time after it was applied, and from then on the API server refuses every change of an object that it denies",
    docs: include_str!("policy-to-come.md"),
};
