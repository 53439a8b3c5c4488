//! Maps, and the objects of Kubernetes, whose fields are read like those of a map.
//!
//! Apart because keys are found by what they are, not by their type, and because an object has fields that no schema
//! knows. Source: cel-go v0.26 `common/types/map.go`, apiserver `pkg/cel/common/valuesunstructured.go` (1.36).

use super::error::{EvaluationError, no_such_overload};
use super::value::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// From this many entries on an index is made of the keys that are texts.
const INDEXED: usize = 9;

/// What kind of map it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MapKind {
    Plain,
    /// `additionalProperties`
    Mapping,
    /// `properties`
    Object,
}

/// A map.
#[derive(Clone, Debug)]
pub struct Map {
    entries: Vec<(Value, Value)>,
    index: HashMap<Arc<str>, usize, fnv::FnvBuildHasher>,
    kind: MapKind,
    /// What an object has that its schema does not know.
    unknown: Vec<(Arc<str>, Value)>,
}

impl Map {
    fn of(entries: Vec<(Value, Value)>, kind: MapKind, unknown: Vec<(Arc<str>, Value)>) -> Self {
        let mut index = HashMap::default();
        if entries.len() >= INDEXED {
            for (place, (key, _)) in entries.iter().enumerate() {
                if let Value::String(key) = key {
                    index.insert(Arc::clone(key), place);
                }
            }
        }
        Self { entries, index, kind, unknown }
    }

    /// A map as expressions make it; no key is there twice.
    pub fn new(entries: Vec<(Value, Value)>) -> Self {
        Self::of(entries, MapKind::Plain, Vec::new())
    }

    /// A map as expressions make it, from names.
    pub fn of_fields<'n>(fields: impl IntoIterator<Item = (&'n str, Value)>) -> Self {
        Self::new(fields.into_iter().map(|(name, value)| (Value::string(name), value)).collect())
    }

    /// An object of Kubernetes whose keys its schema does not list.
    pub fn mapping(entries: Vec<(Value, Value)>) -> Self {
        Self::of(entries, MapKind::Mapping, Vec::new())
    }

    /// An object of Kubernetes whose fields its schema lists: their names are escaped as CEL needs them, and those
    /// that are null are left out. `unknown` is what the schema does not list.
    pub fn object(entries: Vec<(Value, Value)>, unknown: Vec<(Arc<str>, Value)>) -> Self {
        Self::of(entries, MapKind::Object, unknown)
    }

    /// Whether it is an object of Kubernetes.
    pub fn is_of_kubernetes(&self) -> bool {
        self.kind != MapKind::Plain
    }

    /// The entries.
    pub fn entries(&self) -> &[(Value, Value)] {
        &self.entries
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.entries.len() + self.unknown.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key that is a text.
    pub fn get(&self, key: &str) -> Option<&Value> {
        if !self.index.is_empty() {
            return self.index.get(key).map(|place| &self.entries[*place].1);
        }
        let found = self.entries.iter().find(|(known, _)| matches!(known, Value::String(known) if **known == *key));
        found.map(|(_, value)| value)
    }

    /// The value of a key of any type.
    ///
    /// # Errors
    ///
    /// Objects of Kubernetes have no keys but texts.
    pub fn find(&self, key: &Value) -> Result<Option<&Value>, EvaluationError> {
        match key {
            Value::String(key) => Ok(self.get(key)),
            _ if self.kind != MapKind::Plain => Err(no_such_overload()),
            Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_) => {
                Ok(self.entries.iter().find(|(known, _)| known.equals(key) == Ok(true)).map(|(_, value)| value))
            }
            _ => Ok(None),
        }
    }

    /// This map with one more entry (`cel.@mapInsert`).
    ///
    /// # Errors
    ///
    /// If it has the key.
    pub fn insert(&mut self, key: Value, value: Value) -> Result<(), EvaluationError> {
        if self.find(&key)?.is_some() {
            let words = format!("insert failed: key {} already exists", super::library::strings::shown(&key));
            return Err(EvaluationError::failed(words));
        }
        self.entries.push((key, value));
        if self.entries.len() >= INDEXED {
            let from = if self.index.is_empty() { 0 } else { self.entries.len() - 1 };
            for (place, (key, _)) in self.entries.iter().enumerate().skip(from) {
                if let Value::String(key) = key {
                    self.index.insert(Arc::clone(key), place);
                }
            }
        }
        Ok(())
    }

    /// Whether two maps are equal.
    ///
    /// # Errors
    ///
    /// That of the first comparison that failed.
    pub fn equals(&self, other: &Map) -> Result<bool, EvaluationError> {
        if self.len() != other.len() {
            return Ok(false);
        }
        for (key, value) in &self.entries {
            let Some(same) = other.find(key)? else { return Ok(false) };
            if !value.equals(same)? {
                return Ok(false);
            }
        }
        for (name, value) in &self.unknown {
            let Some((_, same)) = other.unknown.iter().find(|(known, _)| known == name) else { continue };
            if !value.equals(same)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_by_what_they_are() {
        let map = Map::new(vec![(Value::Int(1), Value::string("a")), (Value::Bool(true), Value::string("b"))]);
        assert!(map.find(&Value::Uint(1)).unwrap().is_some());
        assert!(map.find(&Value::Double(1.0)).unwrap().is_some());
        assert!(map.find(&Value::string("1")).unwrap().is_none());
    }

    #[test]
    fn large_maps_find_what_small_ones_do() {
        let mut map = Map::new(Vec::new());
        for number in 0..40_i64 {
            map.insert(Value::string(number.to_string()), Value::Int(number)).unwrap();
        }
        assert!(matches!(map.get("31"), Some(Value::Int(31))));
        assert!(map.get("x").is_none());
        assert!(map.insert(Value::string("3"), Value::Null).is_err());
    }
}
