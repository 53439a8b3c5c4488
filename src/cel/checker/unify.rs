//! Whether one type goes where another is expected, and what that says of types that are not known yet.
//!
//! Apart because it knows types only. Sources: `checker/types.go`, `checker/mapping.go` of cel-go v0.26.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::types::Type;

/// What was found out of types that are not known yet.
#[derive(Debug, Default)]
pub(super) struct Known {
    found: HashMap<u32, Type>,
    /// What stood there before each change, for taking back what an attempt found out that failed.
    before: Vec<(u32, Option<Type>)>,
    count: u32,
}

/// How often types are looked into: the compiler would go on for ever with a type that contains itself.
const DEPTH_LIMIT: usize = 500;

impl Known {
    /// A type that is not known yet.
    pub(super) fn free(&mut self) -> Type {
        self.count += 1;
        Type::Free(self.count - 1)
    }

    fn add(&mut self, number: u32, of: Type) {
        let before = self.found.insert(number, of);
        self.before.push((number, before));
    }

    /// Whether each type goes where another is expected; what a failed attempt found out is forgotten.
    pub(super) fn all_assignable(&mut self, given: &[Type], expected: &[Type]) -> bool {
        self.before.clear();
        let good = given.len() == expected.len()
            && given.iter().zip(expected).all(|(given, expected)| self.assign(given, expected, 0));
        if !good {
            while let Some((number, before)) = self.before.pop() {
                match before {
                    Some(of) => self.found.insert(number, of),
                    None => self.found.remove(&number),
                };
            }
        }
        good
    }

    /// Whether one type goes where the other is expected (`isAssignable`).
    pub(super) fn assignable(&mut self, first: &Type, second: &Type) -> bool {
        self.all_assignable(std::slice::from_ref(first), std::slice::from_ref(second))
    }

    fn assign(&mut self, first: &Type, second: &Type, depth: usize) -> bool {
        if depth > DEPTH_LIMIT {
            return false;
        }
        if let Type::Free(number) = second {
            let (valid, known) = self.substitution(first, *number, depth);
            if valid || known {
                return valid;
            }
        }
        if let Type::Free(number) = first {
            return self.substitution(second, *number, depth).0;
        }
        let anything = |of: &Type| of.is_dyn() || *of == Type::Error;
        if anything(first) || anything(second) {
            return true;
        }
        let next = depth + 1;
        match (first, second) {
            (Type::Null, other) | (other, Type::Null) => nullable(other),
            (Type::TypeOf(_), Type::TypeOf(_)) => true,
            (Type::List(first), Type::List(second)) | (Type::Optional(first), Type::Optional(second)) => {
                self.assign(first, second, next)
            }
            (Type::Map(key, value), Type::Map(other_key, other_value)) => {
                self.assign(key, other_key, next) && self.assign(value, other_value, next)
            }
            (Type::Wrapper(of), other) | (other, Type::Wrapper(of)) => **of == *other || first == second,
            _ => first == second,
        }
    }

    /// Whether a type can be what a type is that is not known yet, and whether something was known of it
    /// (`isValidTypeSubstitution`).
    fn substitution(&mut self, of: &Type, number: u32, depth: usize) -> (bool, bool) {
        if *of == Type::Free(number) {
            return (true, true);
        }
        if let Some(known) = self.found.get(&number).cloned() {
            if *of == known {
                return (true, true);
            }
            if !self.assign(of, &known, depth + 1) {
                return (false, true);
            }
            let general = most_general(of, &known).clone();
            if self.not_in(number, &general, 0) {
                self.add(number, general);
            }
            return (true, true);
        }
        let good = self.not_in(number, of, 0);
        if good {
            self.add(number, of.clone());
        }
        (good, false)
    }

    /// Whether a type that is not known yet is no part of another (`notReferencedIn`).
    fn not_in(&self, number: u32, of: &Type, depth: usize) -> bool {
        let next = depth + 1;
        depth <= DEPTH_LIMIT
            && match of {
                Type::Free(other) if *other == number => false,
                Type::Free(other) => self.found.get(other).is_none_or(|of| self.not_in(number, of, next)),
                Type::List(of) | Type::Optional(of) | Type::TypeOf(Some(of)) => self.not_in(number, of, next),
                Type::Map(key, value) => self.not_in(number, key, next) && self.not_in(number, value, next),
                _ => true,
            }
    }

    /// A type with all that is known put in; what is not known stays, or becomes `dyn` (`substitute`).
    pub(super) fn put_in(&self, of: &Type, to_dyn: bool) -> Type {
        self.put_in_at(of, to_dyn, 0)
    }

    fn put_in_at(&self, of: &Type, to_dyn: bool, depth: usize) -> Type {
        if depth > DEPTH_LIMIT {
            return Type::Dyn;
        }
        let inner = |of: &Arc<Type>| match **of {
            Type::Free(_) | Type::List(_) | Type::Map(..) | Type::Optional(_) | Type::TypeOf(_) => {
                Arc::new(self.put_in_at(of, to_dyn, depth + 1))
            }
            _ => of.clone(),
        };
        match of {
            Type::Free(number) => match self.found.get(number) {
                Some(known) => self.put_in_at(known, to_dyn, depth + 1),
                None if to_dyn => Type::Dyn,
                None => of.clone(),
            },
            Type::List(of) => Type::List(inner(of)),
            Type::Optional(of) => Type::Optional(inner(of)),
            Type::Map(key, value) => Type::Map(inner(key), inner(value)),
            Type::TypeOf(Some(of)) => Type::TypeOf(Some(inner(of))),
            _ => of.clone(),
        }
    }
}

/// Whether null goes where the type is expected (`internalIsAssignableNull`).
fn nullable(of: &Type) -> bool {
    matches!(
        of,
        Type::Null
            | Type::Object(_)
            | Type::Optional(_)
            | Type::Opaque(_)
            | Type::Any
            | Type::Duration
            | Type::Timestamp
            | Type::Wrapper(_)
    )
}

/// The one of two types that says less (`mostGeneral`).
pub(super) fn most_general<'t>(first: &'t Type, second: &'t Type) -> &'t Type {
    if says_no_more(first, second) { first } else { second }
}

fn says_no_more(first: &Type, second: &Type) -> bool {
    let open = |of: &Type| of.is_dyn() || matches!(of, Type::Free(_));
    if open(first) {
        return true;
    }
    match (first, second) {
        (_, second) if open(second) => false,
        (Type::List(first), Type::List(second)) | (Type::Optional(first), Type::Optional(second)) => {
            says_no_more(first, second)
        }
        (Type::Map(key, value), Type::Map(other_key, other_value)) => {
            says_no_more(key, other_key) && says_no_more(value, other_value)
        }
        (Type::TypeOf(_), Type::TypeOf(_)) => true,
        _ => first == second,
    }
}
