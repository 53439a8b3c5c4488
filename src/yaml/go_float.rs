//! Floats as Go prints them.
//!
//! Apart because both the key conversion of sigs.k8s.io/yaml and the JSON writer need it.

/// A float as Go's `encoding/json` prints it: shortest digits, an exponent below 1e-6 and from 1e21 on.
pub(super) fn json(value: f64) -> String {
    let text = shortest(value);
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        return match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
            _ => text,
        };
    }
    positional(&text)
}

/// The shortest digits that are read back as the same float, in Rust's `{:e}` form. Where two are equally near, Rust
/// takes the greater and Go the even one.
fn shortest(value: f64) -> String {
    let text = format!("{value:e}");
    let rounded = format!("{value:.*e}", fraction_digits(&text));
    if rounded.parse() == Ok(value) { rounded } else { text }
}

/// The same for 32 bits.
fn shortest_single(value: f32) -> String {
    let text = format!("{value:e}");
    let rounded = format!("{value:.*e}", fraction_digits(&text));
    if rounded.parse() == Ok(value) { rounded } else { text }
}

fn fraction_digits(scientific: &str) -> usize {
    let mantissa = scientific.split('e').next().unwrap_or_default();
    mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len())
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
    general(&shortest_single(single))
}

/// A float as Go's `fmt` prints it with `%#v`.
pub(super) fn verbose(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    general(&shortest(value))
}

/// Go's `%g` with the shortest digits, from Rust's `{:e}`: an exponent below -4 and from 6 on, of two digits at
/// least.
fn general(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return positional(scientific);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// A number without exponent, from Rust's `{:e}`.
fn positional(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(|char| *char != '.').collect();
    let shift = exponent.unsigned_abs() as usize;
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(shift - 1));
    }
    if digits.len() <= shift + 1 {
        return format!("{sign}{digits}{}", "0".repeat(shift + 1 - digits.len()));
    }
    let (whole, fraction) = digits.split_at(shift + 1);
    format!("{sign}{whole}.{fraction}")
}
