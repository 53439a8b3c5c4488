//! Things by their labels.
//!
//! Apart because Pods and Services are both looked up by labels, thousands by thousands, and none is compared with all.

use super::alike::Alike;
use super::index::Numbers;
use crate::yaml::NodeRef;
use fnv::FnvHashMap;
use std::sync::OnceLock;

/// What stands for every value of a label that whoever makes the thing adds.
const ANY_VALUE: &str = "*";

/// Numbers of things, by their labels.
#[derive(Debug, Default)]
pub struct Labelled<'i> {
    by_label: FnvHashMap<(&'i str, &'i str), Numbers>,
    alike: OnceLock<Alike>,
}

impl<'i> Labelled<'i> {
    /// Takes in a thing with its labels, and the keys that whoever makes it adds.
    pub fn add(&mut self, number: u32, labels: Option<NodeRef<'i>>, added: &[&'static str]) {
        for label in labels.into_iter().flat_map(NodeRef::entries) {
            let value = label.value.as_str().unwrap_or_default();
            self.by_label.entry((label.name(), value)).or_default().push(number);
        }
        for key in added {
            self.by_label.entry((key, ANY_VALUE)).or_default().push(number);
        }
    }

    /// The things that may have all of these labels, in the order they came: those that have the rarest of them. Without
    /// labels there are none.
    pub fn with(&self, pairs: &[(&str, &str)]) -> Vec<u32> {
        let of = |key, value| self.by_label.get(&(key, value)).map(Numbers::as_slice).unwrap_or_default();
        let lists = pairs.iter().map(|(key, value)| (of(key, value), of(key, ANY_VALUE)));
        let rarest = lists.min_by_key(|(written, added)| written.len() + added.len());
        let mut found: Vec<u32> = rarest.map(|(written, added)| [written, added].concat()).unwrap_or_default();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The things that have nearly one of these labels: which of them, and the thing.
    pub fn alike(&self, pairs: &[(&str, &str)]) -> impl Iterator<Item = (usize, u32)> {
        let words = || self.by_label.keys().flat_map(|(key, value)| [*key, *value]);
        let alike = self.alike.get_or_init(|| Alike::new(words()));
        pairs.iter().enumerate().flat_map(move |(off, (key, value))| {
            let values = alike.find(value).into_iter().map(|near| (*key, near));
            let keys = alike.find(key).into_iter().map(|near| (near, *value));
            let lists = values.chain(keys).filter_map(|pair| self.by_label.get(&pair));
            lists.flatten().map(move |at| (off, *at)).collect::<Vec<_>>()
        })
    }
}
