//! Every rule there is, in one list.
//!
//! Apart because rules live beside their code, room by room, and whoever tells people of rules (`explain`, the
//! documentation, reports and editors) wants them all.

pub mod example;
pub mod pages;

use crate::finding::Rule;
use crate::{advice, apply, catalog, change, cross, decode, pipeline, policies, server_rules, suppress, update};
use std::sync::LazyLock;

/// Every rule, sorted by id.
pub fn all() -> &'static [&'static Rule] {
    static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
        let rooms = [
            apply::RULES,
            apply::admission::RULES,
            catalog::RULES,
            change::RULES,
            decode::rules::RULES,
            pipeline::RULES,
            policies::RULES,
            suppress::RULES,
            update::RULES,
        ];
        let in_lists = rooms.iter().chain(server_rules::RULES).copied().flatten().copied();
        let mut rules: Vec<_> = in_lists.chain(cross::rules()).chain(advice::rules()).collect();
        rules.sort_unstable_by_key(|rule| rule.id);
        rules
    });
    &ALL
}

/// The rule of an id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().binary_search_by_key(&id, |rule| rule.id).ok().map(|index| all()[index])
}
