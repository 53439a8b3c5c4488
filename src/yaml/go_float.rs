//! Floats as Go prints them.
//!
//! Apart because both the key conversion of sigs.k8s.io/yaml and the JSON writer need it.

use std::fmt::Write as _;

/// A float as Go's `encoding/json` prints it: shortest digits, an exponent below 1e-6 and from 1e21 on.
pub(super) fn json(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        return match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
            _ => text,
        };
    }
    format!("{value}")
}

/// A float as Go's `strconv.FormatFloat(value, 'g', -1, 32)` prints it, with YAML's names for what is no number: so
/// sigs.k8s.io/yaml turns a key into a string.
pub(super) fn key(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    let single = value as f32;
    if single.is_infinite() {
        return if single > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    general(&format!("{single:e}"))
}

/// A float as Go's `fmt` prints it with `%#v`.
pub(super) fn verbose(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    general(&format!("{value:e}"))
}

/// Go's `%g` with the shortest digits, from Rust's `{:e}`: an exponent below 1e-4 and from 1e6 on, of two digits at
/// least.
fn general(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(|char| *char != '.').collect();
    let mut text = String::from(sign);
    if !(-4..6).contains(&exponent) {
        text.push_str(mantissa);
        let _ = write!(text, "e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    } else if exponent < 0 {
        text.push_str("0.");
        text.extend(std::iter::repeat_n('0', exponent.unsigned_abs() as usize - 1));
        text.push_str(&digits);
    } else {
        let whole = exponent.unsigned_abs() as usize + 1;
        if digits.len() <= whole {
            text.push_str(&digits);
            text.extend(std::iter::repeat_n('0', whole - digits.len()));
        } else {
            text.push_str(&digits[..whole]);
            text.push('.');
            text.push_str(&digits[whole..]);
        }
    }
    text
}
