//! Numbers as Go's `encoding/json` writes them: the text the API server receives from kubectl, and repeats in errors.
//!
//! Apart because whether `3.0` is an integer is decided by this text and by nothing else.

use crate::yaml::{NodeRef, Value};
use std::fmt::Write as _;

/// A float as `json.Marshal` prints it: the shortest digits that mean it, with an exponent below 1e-6 and from 1e21 on
/// (`floatEncoder` of Go's `encoding/json/encode.go`).
pub fn float_text(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        return match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
            _ => text,
        };
    }
    let mut text = String::new();
    let _ = write!(text, "{value}");
    text
}

/// The text of a number node; none for any other node.
pub fn number_text(node: NodeRef<'_>) -> Option<String> {
    match node.value() {
        Value::Int(value) => Some(value.to_string()),
        Value::Float(value) => Some(float_text(value)),
        _ => None,
    }
}

/// The integer that a node is once kubectl has sent it: `3.0` and `1e3` are sent as `3` and `1000`.
pub fn integer(node: NodeRef<'_>) -> Option<i64> {
    match node.value() {
        Value::Int(value) => Some(value),
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 1e21 => float_text(value).parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::float_text;

    #[test]
    fn prints_what_go_prints() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (3.0, "3"),
            (1.5, "1.5"),
            (0.000_001, "0.000001"),
            (0.000_000_1, "1e-7"),
            (-2.5e-10, "-2.5e-10"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.25e300, "1.25e+300"),
            (18_446_744_073_709_551_615.0, "18446744073709552000"),
        ] {
            assert_eq!(float_text(value), text);
        }
    }

    #[test]
    fn the_text_means_the_number() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..2_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                assert_eq!(float_text(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
            }
        }
    }
}
