//! Numbers: their range, their limits, and how Go prints them.
//!
//! Apart because the server holds every limit as a float and every value as what JSON made of it, and the rules for
//! meeting in the middle are its library's. Source: `numberValidator` of kube-openapi
//! `pkg/validation/validate/validator.go`, `values.go`, go-openapi/swag `conv` (1.36).

use super::outcome::{Problem, dotted};
use super::schema::{JsonSchema, SchemaType};
use crate::decode::go_number::integer;
use crate::object::Path;
use crate::schema::Minor;
use crate::yaml::{NodeRef, Value};

/// A number as the server reads it from JSON.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    /// The number of a node; none for any other value.
    pub fn of(node: NodeRef<'_>) -> Option<Self> {
        match node.value() {
            Value::Int(value) => Some(Self::Int(value)),
            Value::Float(value) => Some(integer(node).map_or(Self::Float(value), Self::Int)),
            _ => None,
        }
    }

    pub fn shown(self) -> String {
        match self {
            Self::Int(value) => value.to_string(),
            Self::Float(value) => float_shown(value),
        }
    }
}

/// A float as `%v` of Go prints it.
pub(super) fn float_shown(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        let Some((digits, exponent)) = text.split_once('e') else { return text };
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    value.to_string()
}

/// Whether a float counts as an integer: it is one but for a difference that may come from computing it
/// (`IsFloat64AJSONInteger`).
#[allow(clippy::float_cmp, reason = "the server compares so")]
pub(super) fn is_json_integer(value: f64) -> bool {
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    if !value.is_finite() || value.abs() > LARGEST {
        return false;
    }
    if value == value.trunc() {
        return true;
    }
    // What is negative wraps around where the server makes it unsigned, and is far off then.
    let whole = if value < 0.0 { 18_446_744_073_709_551_615.0 } else { value.trunc() };
    if whole == 0.0 {
        return false;
    }
    (value - whole).abs() / (value.abs() + whole) < 1e-9
}

/// Holds a number against the limits of a schema.
pub(super) fn check(schema: &JsonSchema, number: Number, path: &Path<'_>, minor: Minor, problems: &mut Vec<Problem>) {
    // Ranges are held since kube-openapi tells its validator of numbers the type, and only where there is one type.
    let kind = schema.kind.filter(|_| minor >= Minor(36) && !schema.int_or_string);
    let format = schema.limits.as_ref().and_then(|limits| limits.format.as_ref()).map_or("", |format| &*format.name);
    let range = Range { kind, format, path };
    problems.extend(range.problem(number, "Checked").map(|problem| problem.by(schema, "type")));
    let Some(limits) = schema.limits.as_deref() else { return };
    let mut add = |limit: f64, prefix: &str, keyword: &'static str, native: &dyn Fn(Number) -> Option<Problem>| {
        let out_of_range = range.problem(Number::Float(limit), prefix);
        let compared = if out_of_range.is_some() { Number::Float(as_float(number)) } else { number };
        let found = out_of_range.into_iter().chain(native(compared));
        problems.extend(found.map(|problem| problem.by(schema, keyword)));
    };
    if let Some(factor) = limits.multiple_of {
        add(factor, "MultipleOf", "multipleOf", &|number| multiple_of(path, number, factor));
    }
    if let Some(least) = limits.minimum {
        let exclusive = limits.exclusive_minimum;
        add(least, "Minimum boundary", "minimum", &|number| {
            let words = if exclusive { "greater than" } else { "greater than or equal to" };
            bound(path, number, least, words, |order| order.is_lt() || (exclusive && order.is_eq()))
        });
    }
    if let Some(most) = limits.maximum {
        let exclusive = limits.exclusive_maximum;
        add(most, "Maximum boundary", "maximum", &|number| {
            let words = if exclusive { "less than" } else { "less than or equal to" };
            bound(path, number, most, words, |order| order.is_gt() || (exclusive && order.is_eq()))
        });
    }
}

#[allow(clippy::cast_precision_loss, reason = "the server does the same")]
fn as_float(number: Number) -> f64 {
    match number {
        Number::Int(value) => value as f64,
        Number::Float(value) => value,
    }
}

/// The range that type and format allow.
struct Range<'r, 'p> {
    kind: Option<SchemaType>,
    format: &'r str,
    path: &'r Path<'p>,
}

impl Range<'_, '_> {
    /// What is wrong with a value, or with a limit that is out of range itself.
    fn problem(&self, number: Number, prefix: &str) -> Option<Problem> {
        let whole = match number {
            Number::Int(value) => Some(value),
            Number::Float(value) => whole(value),
        };
        let fits = match (self.kind, self.format) {
            (Some(SchemaType::Integer), "int32") => whole.is_some_and(|value| i32::try_from(value).is_ok()),
            (Some(SchemaType::Integer), _) => whole.is_some(),
            // What rounds to infinity does not fit.
            (Some(SchemaType::Number), "float") => (as_float(number) as f32).is_finite(),
            _ => true,
        };
        if fits {
            return None;
        }
        let kind = self.kind.map_or("", SchemaType::word);
        let format = match self.format {
            "" => "(default format)".to_owned(),
            format => format!("with format {format}"),
        };
        let detail = format!("{prefix} value must be of type {kind} {format} in {}", dotted(self.path));
        Some(Problem::nowhere(self.path, &detail))
    }
}

/// The integer that a float is, if it is one of 64 bits.
#[allow(clippy::float_cmp, reason = "asks for no fraction at all")]
fn whole(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (value == value.trunc() && (-LIMIT..LIMIT).contains(&value)).then_some(value as i64)
}

fn multiple_of(path: &Path<'_>, number: Number, factor: f64) -> Option<Problem> {
    let must_be_positive = |factor: &str| {
        let detail = format!("factor MultipleOf declared for {} must be positive: {factor}", dotted(path));
        Problem::invalid(path, factor, &detail)
    };
    let not_multiple = |factor: &str| {
        let detail = format!("{} in body should be a multiple of {factor}", dotted(path));
        Problem::invalid(path, &number.shown(), &detail)
    };
    match number {
        Number::Int(value) => {
            // A fraction is cut off: nothing remains of one below 1.
            let factor = factor as i64;
            if factor <= 0 {
                return Some(must_be_positive(&factor.to_string()));
            }
            (value % factor != 0).then(|| not_multiple(&factor.to_string()))
        }
        Number::Float(value) => {
            if factor <= 0.0 {
                return Some(must_be_positive(&float_shown(factor)));
            }
            let times = if factor < 1.0 { 1.0 / factor * value } else { value / factor };
            (!is_json_integer(times)).then(|| not_multiple(&float_shown(factor)))
        }
    }
}

fn bound(
    path: &Path<'_>,
    number: Number,
    limit: f64,
    words: &str,
    is_beyond: impl Fn(std::cmp::Ordering) -> bool,
) -> Option<Problem> {
    let (order, limit) = match number {
        // A fraction is cut off.
        Number::Int(value) => (value.cmp(&(limit as i64)), (limit as i64).to_string()),
        Number::Float(value) => (value.partial_cmp(&limit)?, float_shown(limit)),
    };
    is_beyond(order).then(|| {
        let detail = format!("{} in body should be {words} {limit}", dotted(path));
        Problem::invalid(path, &number.shown(), &detail)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problems, problems_at};
    use super::*;
    use serde_json::json;

    #[test]
    fn limits_hold_integers_and_floats() {
        let depth = json!({"type": "number", "minimum": 0, "exclusiveMinimum": true, "maximum": 10.5});
        assert_eq!(problems(&depth, &json!(10.5)), [""; 0]);
        assert_eq!(
            problems(&depth, &json!(10.75)),
            ["spec: Invalid value: 10.75: spec in body should be less than or equal to 10.5"]
        );
        assert_eq!(problems(&depth, &json!(0)), ["spec: Invalid value: 0: spec in body should be greater than 0"]);
        // The limit's fraction is cut off for an integer.
        assert_eq!(
            problems(&depth, &json!(11)),
            ["spec: Invalid value: 11: spec in body should be less than or equal to 10"]
        );
    }

    #[test]
    fn a_multiple_is_counted_in_whole_numbers_for_integers() {
        let step = json!({"type": "number", "multipleOf": 0.25});
        assert_eq!(problems(&step, &json!(1.75)), [""; 0]);
        assert_eq!(
            problems(&step, &json!(1.8)),
            ["spec: Invalid value: 1.8: spec in body should be a multiple of 0.25"]
        );
        assert_eq!(
            problems(&step, &json!(2)),
            ["spec: Invalid value: 0: factor MultipleOf declared for spec must be positive: 0"]
        );
        assert_eq!(
            problems(&json!({"type": "integer", "multipleOf": 7}), &json!(-15)),
            ["spec: Invalid value: -15: spec in body should be a multiple of 7"]
        );
    }

    #[test]
    fn a_format_has_a_range_since_1_36() {
        let crew = json!({"type": "integer", "format": "int32"});
        let message = "<nil>: Invalid value: \"\": Checked value must be of type integer with format int32 in spec";
        assert_eq!(problems_at(36, &crew, &json!(3_000_000_000_i64)), [message]);
        assert_eq!(problems_at(35, &crew, &json!(3_000_000_000_i64)), [""; 0]);
        let load = json!({"type": "number", "format": "float"});
        assert_eq!(problems(&load, &json!(1e39)).len(), 1);
    }

    #[test]
    fn floats_are_printed_as_go_does() {
        for (value, text) in [(1.5, "1.5"), (1e21, "1e+21"), (0.00001, "1e-05"), (3.0, "3"), (1.25e-10, "1.25e-10")] {
            assert_eq!(float_shown(value), text);
        }
        assert!(is_json_integer(3.000_000_000_01) && !is_json_integer(3.1) && !is_json_integer(-3.000_000_000_01));
    }
}
