//! Lists, and what Kubernetes makes of them: lists that are sets, and lists that are maps.
//!
//! Apart because equality and `+` depend on what kind of list it is. Source: cel-go v0.26 `common/types/list.go`,
//! apiserver `pkg/cel/common/valuesunstructured.go` (1.36).

use super::error::EvaluationError;
use super::value::Value;
use std::sync::Arc;

/// What kind of list it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Made by an expression.
    Plain,
    /// `x-kubernetes-list-type: atomic`, or none.
    Atomic,
    /// `x-kubernetes-list-type: set`
    Set,
    /// `x-kubernetes-list-type: map`, with the names of its keys.
    Map(Arc<[Arc<str>]>),
}

/// A list.
#[derive(Clone, Debug)]
pub struct List {
    /// The elements.
    pub elements: Vec<Value>,
    /// What kind it is.
    pub kind: ListKind,
}

impl List {
    /// A list.
    pub fn new(elements: Vec<Value>, kind: ListKind) -> Self {
        Self { elements, kind }
    }

    /// Whether it has an element like this.
    ///
    /// # Errors
    ///
    /// That of the first comparison that failed, if none succeeded.
    pub fn contains(&self, value: &Value) -> Result<bool, EvaluationError> {
        let mut failed = None;
        for element in &self.elements {
            match element.equals(value) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        // Lists of expressions take what cannot be compared for what is not equal.
        match failed {
            Some(EvaluationError::Undecided) => Err(EvaluationError::Undecided),
            Some(error) if self.kind != ListKind::Plain => Err(error),
            _ => Ok(false),
        }
    }

    /// Whether two lists are equal; those that are sets or maps whatever their order.
    ///
    /// # Errors
    ///
    /// That of the first comparison that failed.
    pub fn equals(&self, other: &List) -> Result<bool, EvaluationError> {
        if self.elements.len() != other.elements.len() {
            return Ok(false);
        }
        match &self.kind {
            ListKind::Plain | ListKind::Atomic => {
                for (one, two) in self.elements.iter().zip(&other.elements) {
                    if !one.equals(two)? {
                        return Ok(false);
                    }
                }
            }
            ListKind::Set => {
                for element in &other.elements {
                    if !self.contains(element)? {
                        return Ok(false);
                    }
                }
            }
            ListKind::Map(keys) => {
                for element in &other.elements {
                    let Some(same) = self.with_keys_of(element, keys) else { return Ok(false) };
                    if !self.elements[same].equals(element)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// This list and another behind it. To a set what it has is not added again; in a map what has the same keys is
    /// overwritten.
    ///
    /// # Errors
    ///
    /// That of the first comparison that failed.
    pub fn plus(&self, other: &List) -> Result<List, EvaluationError> {
        let mut sum = self.clone();
        sum.add(other)?;
        Ok(sum)
    }

    /// Adds another list behind.
    ///
    /// # Errors
    ///
    /// That of the first comparison that failed.
    pub fn add(&mut self, other: &List) -> Result<(), EvaluationError> {
        match self.kind.clone() {
            ListKind::Plain | ListKind::Atomic => self.elements.extend(other.elements.iter().cloned()),
            ListKind::Set => {
                for element in &other.elements {
                    if !self.contains(element)? {
                        self.elements.push(element.clone());
                    }
                }
            }
            ListKind::Map(keys) => {
                for element in &other.elements {
                    match self.with_keys_of(element, &keys) {
                        Some(same) => self.elements[same] = element.clone(),
                        None => self.elements.push(element.clone()),
                    }
                }
            }
        }
        Ok(())
    }

    /// The place of the element that has the keys of another.
    fn with_keys_of(&self, element: &Value, keys: &[Arc<str>]) -> Option<usize> {
        let key = |element: &Value, key: &str| match element {
            Value::Map(map) => map.get(key).cloned(),
            _ => None,
        };
        let wanted: Vec<Option<Value>> = keys.iter().map(|name| key(element, name)).collect();
        self.elements.iter().position(|candidate| {
            keys.iter().zip(&wanted).all(|(name, wanted)| match (key(candidate, name), wanted) {
                (None, None) => true,
                (Some(one), Some(two)) => one.equals(two).unwrap_or(false),
                _ => false,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cel::map::Map;

    #[test]
    fn sets_and_maps_have_no_order() {
        let list =
            |kind: ListKind, texts: &[&str]| List::new(texts.iter().map(|text| Value::string(*text)).collect(), kind);
        assert!(list(ListKind::Set, &["a", "b"]).equals(&list(ListKind::Plain, &["b", "a"])).unwrap());
        assert!(!list(ListKind::Atomic, &["a", "b"]).equals(&list(ListKind::Plain, &["b", "a"])).unwrap());
        let sum = list(ListKind::Set, &["a", "b"]).plus(&list(ListKind::Plain, &["b", "c"])).unwrap();
        assert_eq!(sum.elements.len(), 3);
        let ship = |name: &str, age: i64| {
            Value::Map(Arc::new(Map::of_fields([("name", Value::string(name)), ("age", Value::Int(age))])))
        };
        let keys = ListKind::Map(Arc::new(["name".into()]));
        let fleet = List::new(vec![ship("ada", 1), ship("bo", 2)], keys);
        let other = List::new(vec![ship("bo", 2), ship("ada", 1)], ListKind::Plain);
        assert!(fleet.equals(&other).unwrap());
        let sum = fleet.plus(&List::new(vec![ship("ada", 3), ship("cy", 4)], ListKind::Plain)).unwrap();
        assert_eq!(sum.elements.len(), 3);
        assert!(sum.elements[0].equals(&ship("ada", 3)).unwrap());
    }
}
