//! `IntOrString` where it stands for a count or a share: `3`, `25%`.
//!
//! Apart because rollouts and disruption budgets read it alike: `ValidatePositiveIntOrPercent` and
//! `IsNotMoreThan100Percent` of `pkg/apis/apps/validation/validation.go` (1.36).

use super::names::pattern;
use crate::finding::{FieldErrors, Shown};
use crate::object::Path;
use crate::yaml::{NodeRef, Value};

/// A count or a share.
#[derive(Clone, Copy, Debug)]
pub enum IntOrPercent<'t> {
    /// A count.
    Int(i64),
    /// A text, meant as a percentage.
    Text(&'t str),
}

impl<'t> IntOrPercent<'t> {
    /// Reads a node that decoded as `IntOrString`; any other type counts as 0, as Go's zero value does.
    pub fn of(node: NodeRef<'t>) -> Self {
        match node.value() {
            Value::String(text) => Self::Text(text),
            Value::Int(number) => Self::Int(number),
            _ => Self::Int(0),
        }
    }

    fn percent(self) -> Option<i64> {
        let Self::Text(text) = self else { return None };
        let digits = text.strip_suffix('%').filter(|digits| is_digits(digits))?;
        // Go's Atoi gives the largest int for a number that does not fit, and its error is not looked at.
        Some(digits.parse().unwrap_or(i64::MAX))
    }

    /// The number in it, as a count or as percent; a text that is neither counts as 0.
    pub fn number(self) -> i64 {
        match self {
            Self::Int(number) => number,
            Self::Text(text) => self.percent().or_else(|| text.parse().ok()).unwrap_or(0),
        }
    }

    /// A count must not be negative and a text must be a percentage.
    pub fn validate(self, path: &Path<'_>, errors: &mut FieldErrors) {
        match self {
            Self::Int(number) => nonnegative(number, path, errors),
            Self::Text(text) if self.percent().is_none() => {
                let rule = "a valid percent string must be a numeric string followed by an ending '%'";
                errors.invalid(path, text, &pattern(rule, "[0-9]+%", &["1%", "93%"]));
            }
            Self::Text(_) => {}
        }
    }

    /// A share must not be above 100%.
    pub fn validate_at_most_100_percent(self, path: &Path<'_>, errors: &mut FieldErrors) {
        if let (Self::Text(text), Some(101..)) = (self, self.percent()) {
            errors.invalid(path, text, "must not be greater than 100%");
        }
    }
}

impl Shown for IntOrPercent<'_> {
    fn shown(&self) -> String {
        match self {
            Self::Int(number) => number.shown(),
            Self::Text(text) => text.shown(),
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `must be greater than or equal to 0` (`ValidateNonnegativeField` of apimachinery `pkg/api/validation`).
pub fn nonnegative(number: i64, path: &Path<'_>, errors: &mut FieldErrors) {
    if number < 0 {
        errors.invalid(path, &number, "must be greater than or equal to 0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server_rules::VALIDATION;

    fn errors_of(value: IntOrPercent<'_>) -> Vec<String> {
        let mut errors = FieldErrors::new(&VALIDATION);
        let path = Path::ROOT.field("x");
        value.validate(&path, &mut errors);
        value.validate_at_most_100_percent(&path, &mut errors);
        errors.list.iter().map(crate::finding::FieldError::message).collect()
    }

    #[test]
    fn counts_and_shares_are_bounded() {
        assert!(errors_of(IntOrPercent::Int(0)).is_empty());
        assert!(errors_of(IntOrPercent::Text("100%")).is_empty());
        assert_eq!(errors_of(IntOrPercent::Int(-1)), ["x: Invalid value: -1: must be greater than or equal to 0"]);
        assert_eq!(
            errors_of(IntOrPercent::Text("101%")),
            ["x: Invalid value: \"101%\": must not be greater than 100%"]
        );
        assert_eq!(
            errors_of(IntOrPercent::Text("5")),
            ["x: Invalid value: \"5\": a valid percent string must be a numeric string followed by an ending '%' \
              (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"]
        );
    }
}
