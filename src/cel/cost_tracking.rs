//! What a call has cost, counted while it runs.
//!
//! Apart because the counts are a table of their own, which the server holds calls to: it stops what costs too much.
//! Source: cel-go v0.26 `interpreter/runtimecost.go`, apiserver `pkg/cel/library/cost.go` (1.36).

use super::error::EvaluationError;
use super::value::Value;

/// What one call may cost (`PerCallLimit` of apiserver `pkg/apis/cel/config.go`).
pub const PER_CALL: u64 = 1_000_000;

/// What all rules of one object may cost together (`RuntimeCELCostBudget`).
pub const PER_OBJECT: u64 = 10_000_000;

/// The cost of a call so far.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    limit: u64,
    spent: u64,
}

impl Budget {
    /// A call that may cost so much.
    pub fn new(limit: u64) -> Self {
        Self { limit, spent: 0 }
    }

    /// What it has cost.
    pub fn spent(&self) -> u64 {
        self.spent
    }

    /// Counts a cost.
    ///
    /// # Errors
    ///
    /// Beyond the limit.
    pub fn spend(&mut self, cost: u64) -> Result<(), EvaluationError> {
        self.spent = self.spent.saturating_add(cost);
        if self.spent > self.limit { Err(EvaluationError::CostLimit) } else { Ok(()) }
    }

    /// Counts the cost of a call that gave this.
    ///
    /// # Errors
    ///
    /// Beyond the limit.
    pub fn spend_on_call(
        &mut self,
        function: &str,
        arguments: &[Value],
        result: Option<&Value>,
    ) -> Result<(), EvaluationError> {
        self.spend(of_call(function, arguments, result))
    }
}

/// A tenth, rounded up: what it costs to go through a text.
fn traversal(size: u64) -> u64 {
    size.div_ceil(10)
}

/// The count of parts of a value, 1 for what has none.
fn size(value: &Value) -> u64 {
    let size = match value {
        Value::String(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.elements.len(),
        Value::Map(map) => map.len(),
        Value::Optional(Some(value)) => return size(value),
        Value::Ip(address) | Value::Cidr(address, _) => 4 + 12 * usize::from(address.is_ipv6()),
        _ => 1,
    };
    size as u64
}

fn of_call(function: &str, arguments: &[Value], result: Option<&Value>) -> u64 {
    let at = |place: usize| arguments.get(place).map_or(1, size);
    let texts = matches!(arguments.first(), Some(Value::String(_) | Value::Bytes(_)));
    match function {
        "isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" => arguments.first().map_or(0, whole),
        "url"
        | "lowerAscii"
        | "upperAscii"
        | "substring"
        | "trim"
        | "jsonpatch.escapeKey"
        | "cidr"
        | "isIP"
        | "isCIDR"
        | "quantity"
        | "isQuantity"
        | "semver"
        | "isSemver"
        | "startsWith"
        | "endsWith"
        | "format"
        | "strings.quote" => traversal(at(0)),
        "ip" | "string" | "bytes" if texts => traversal(at(0)),
        "replace" | "split" | "ip.isCanonical" => traversal(2 * at(0)),
        "join" => traversal(2 * result.map_or(1, size)),
        "find" | "findAll" | "matches" => traversal(1 + at(0)) * at(1).div_ceil(4),
        "contains" => traversal(at(0)) * traversal(at(1)),
        "containsIP" | "containsCIDR" => traversal(2 * at(0)) + 1,
        "@in" if matches!(arguments.get(1), Some(Value::List(_))) => at(1),
        "_==_" | "_!=_" => traversal(at(0).min(at(1))),
        "_<_" | "_<=_" | "_>_" | "_>=_" if texts => traversal(at(0).min(at(1))),
        "_+_" if texts => traversal(at(0) + at(1)),
        "sets.contains" | "sets.intersects" => at(0) * at(1),
        "sets.equivalent" => 2 * at(0) * at(1),
        "slice" | "flatten" | "lists.range" | "reverse" => 10 + result.map_or(1, size),
        _ => 1,
    }
}

/// The cost of going through a value and all its parts.
fn whole(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64 / 10,
        Value::Bytes(bytes) => bytes.len() as u64 / 10,
        Value::List(list) => list.elements.iter().map(whole).sum(),
        Value::Map(map) => map.entries().iter().map(|(key, value)| whole(key) + whole(value)).sum(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_to_the_limit() {
        let mut budget = Budget::new(10);
        let text = Value::string("0123456789abcdef");
        assert_eq!(budget.spend_on_call("matches", &[text.clone(), Value::string("abc")], None), Ok(()));
        assert_eq!(budget.spent(), 2);
        assert_eq!(budget.spend_on_call("_+_", &[text.clone(), text], None), Ok(()));
        assert_eq!(budget.spent(), 6);
        assert_eq!(budget.spend(5), Err(EvaluationError::CostLimit));
    }
}
