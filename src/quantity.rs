//! `resource.Quantity`: the grammar with all that it really accepts, exact comparison, and the canonical form.
//!
//! Apart, and below everything, because decoding needs only the grammar, rules compare amounts and CEL computes with
//! them, and all must agree with the API server to the last digit. Source: apimachinery `pkg/api/resource/quantity.go`, `suffix.go` and `amount.go` (1.36).

use std::cmp::Ordering;

/// The error of a text that does not split into number and suffix.
pub const FORMAT_WRONG: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
/// The error of a number without digits in front of a suffix that needs them.
pub const NUMERIC: &str = "unable to parse numeric part of quantity";
/// The error of a suffix that is none.
pub const SUFFIX: &str = "unable to parse quantity's suffix";

/// Amounts are kept to a billionth, rounded up.
const NANO: i32 = -9;

/// How an amount was written, and is written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With a decimal exponent: `12e6`.
    DecimalExponent,
    /// With a power of 1024: `12Mi`.
    BinarySi,
    /// With a power of 1000: `12M`, `500m`.
    DecimalSi,
}

/// An exact amount.
#[derive(Clone, Debug)]
pub struct Quantity {
    negative: bool,
    /// Decimal digits without zeros in front or behind; none for zero.
    digits: String,
    /// The power of ten of the last digit.
    exponent: i32,
    format: Format,
    /// The text, where the server prints it as it stands instead of the canonical form.
    kept: Option<Box<str>>,
}

impl Quantity {
    /// Reads an amount (`ParseQuantity`).
    ///
    /// # Errors
    ///
    /// [`FORMAT_WRONG`], [`SUFFIX`] or [`NUMERIC`].
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        Parts::of(text).map(|parts| parts.amount(text))
    }

    /// A whole number.
    pub fn from_integer(value: i64) -> Self {
        let digits = value.unsigned_abs().to_string();
        Self { negative: value < 0, digits, exponent: 0, format: Format::DecimalSi, kept: None }.normalized()
    }

    fn normalized(mut self) -> Self {
        let zeros = self.digits.bytes().take_while(|digit| *digit == b'0').count();
        self.digits.drain(..zeros);
        let kept = self.digits.trim_end_matches('0').len();
        self.exponent = self.exponent.saturating_add(count(self.digits.len() - kept));
        self.digits.truncate(kept);
        if self.digits.is_empty() {
            self.exponent = 0;
            self.negative = false;
        }
        self
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> i32 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.sign() < 0
    }

    /// Whether it has no fraction.
    pub fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// How it was written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The amount in units of 10^`scale`, rounded away from zero (`ScaledValue`); none where 64 bits do not hold it.
    /// `scale` 0 gives whole units, -3 thousandths.
    pub fn scaled(&self, scale: i32) -> Option<i64> {
        let magnitude = self.rounded_up(scale);
        let zeros = usize::try_from(i64::from(magnitude.exponent) - i64::from(scale)).ok()?;
        if magnitude.is_zero() {
            return Some(0);
        }
        if zeros > 19 {
            return None;
        }
        let value: i128 = format!("{}{}", magnitude.digits, "0".repeat(zeros)).parse().ok()?;
        i64::try_from(if self.negative { -value } else { value }).ok()
    }

    /// The amount in whole units, rounded away from zero (`Value`); none where 64 bits do not hold it.
    pub fn value(&self) -> Option<i64> {
        self.scaled(0)
    }

    /// The amount in thousandths, rounded away from zero (`MilliValue`); none where 64 bits do not hold it.
    pub fn milli_value(&self) -> Option<i64> {
        self.scaled(-3)
    }

    /// Away from zero to a multiple of 10^`scale` (`RoundUp`).
    #[must_use]
    pub fn rounded_up(&self, scale: i32) -> Self {
        let dropped = i64::from(scale) - i64::from(self.exponent);
        if self.is_zero() || dropped <= 0 {
            return self.clone();
        }
        let remaining = self.digits.len().saturating_sub(usize::try_from(dropped).unwrap_or(usize::MAX));
        // The last digit is never zero, so whatever is dropped was something.
        let digits = increment(&self.digits[..remaining]);
        Self { digits, exponent: scale, kept: None, ..*self }.normalized()
    }

    /// The sum (`Add`), written as the first that is not zero is. Where the sum has more than 38 digits the larger
    /// amount stands for it.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        match self.nano().zip(other.nano()).and_then(|(one, two)| one.checked_add(two)) {
            Some(sum) => {
                let digits = sum.unsigned_abs().to_string();
                Self { negative: sum < 0, digits, exponent: NANO, format, kept: None }.normalized()
            }
            None => self.max(other).clone(),
        }
    }

    /// The amount below zero that was above it, and the other way round (`Neg`).
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { negative: !self.negative && !self.is_zero(), kept: None, ..self.clone() }
    }

    /// The nearest double (`AsApproximateFloat64`).
    pub fn approximate(&self) -> f64 {
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}e{}", if self.is_zero() { "0" } else { &self.digits }, self.exponent)
            .parse()
            .unwrap_or_default()
    }

    fn nano(&self) -> Option<i128> {
        if self.is_zero() {
            return Some(0);
        }
        let zeros = u32::try_from(i64::from(self.exponent) - i64::from(NANO)).ok()?;
        let magnitude = self.digits.parse::<i128>().ok()?.checked_mul(10i128.checked_pow(zeros)?)?;
        Some(if self.negative { -magnitude } else { magnitude })
    }

    /// The text the server prints (`String`).
    pub fn text(&self) -> String {
        self.kept.as_deref().map_or_else(|| self.canonical(), str::to_owned)
    }

    /// The canonical form (`CanonicalizeBytes`): `1500m`, `2Gi`, `1k`.
    pub fn canonical(&self) -> String {
        if self.is_zero() {
            return "0".to_owned();
        }
        let sign = if self.negative { "-" } else { "" };
        let small = self.compare_magnitude(&Self::from_integer(1024)) == Ordering::Less;
        if self.format == Format::BinarySi && !small && self.is_integer() {
            let mut digits =
                format!("{}{}", self.digits, "0".repeat(usize::try_from(self.exponent).unwrap_or_default()));
            let mut times = 0;
            // Binary amounts are capped at the largest 64-bit integer.
            if let Ok(mut value) = digits.parse::<u128>() {
                while value != 0 && value.is_multiple_of(1024) {
                    value /= 1024;
                    times += 1;
                }
                digits = value.to_string();
            }
            let suffix = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].get(times).copied().unwrap_or_default();
            return format!("{sign}{digits}{suffix}");
        }
        let padding = self.exponent.rem_euclid(3);
        let exponent = self.exponent - padding;
        let digits = format!("{}{}", self.digits, "0".repeat(usize::try_from(padding).unwrap_or_default()));
        let suffix = match (self.format, exponent) {
            (_, 0) => String::new(),
            (Format::DecimalExponent, _) => format!("e{exponent}"),
            // A power without a suffix is printed without one: the server's text then means another amount.
            (Format::BinarySi | Format::DecimalSi, _) => decimal_suffix(exponent).to_owned(),
        };
        format!("{sign}{digits}{suffix}")
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        let top = |quantity: &Self| i64::from(count(quantity.digits.len())) + i64::from(quantity.exponent);
        // Without zeros behind, a shorter run of digits that is a prefix of the longer is the smaller amount.
        top(self).cmp(&top(other)).then_with(|| self.digits.as_bytes().cmp(other.digits.as_bytes()))
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sign().cmp(&other.sign()).then_with(|| {
            let magnitude = self.compare_magnitude(other);
            if self.negative { magnitude.reverse() } else { magnitude }
        })
    }
}

/// Whether a text is a quantity; builds nothing.
///
/// # Errors
///
/// As for [`Quantity::parse`].
pub fn check(text: &str) -> Result<(), &'static str> {
    Parts::of(text).map(|_| ())
}

/// Cuts the blanks that the server cuts off a string before it reads a quantity.
///
/// It reads the JSON text, where line breaks, tabs and U+2028/2029 are still escapes and thus part of the text.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() && !matches!(c, '\t'..='\r' | '\u{2028}' | '\u{2029}'))
}

/// A number of digits; a text is never longer than 32 bits tell.
fn count(digits: usize) -> i32 {
    i32::try_from(digits).unwrap_or(i32::MAX)
}

fn increment(digits: &str) -> String {
    let nines = digits.bytes().rev().take_while(|digit| *digit == b'9').count();
    let (head, _) = digits.split_at(digits.len() - nines);
    let mut text = match head.as_bytes().last() {
        Some(last) => format!("{}{}", &head[..head.len() - 1], char::from(last + 1)),
        None => "1".to_owned(),
    };
    text.extend(std::iter::repeat_n('0', nines));
    text
}

fn decimal_suffix(exponent: i32) -> &'static str {
    match exponent {
        -9 => "n",
        -6 => "u",
        -3 => "m",
        3 => "k",
        6 => "M",
        9 => "G",
        12 => "T",
        15 => "P",
        18 => "E",
        _ => "",
    }
}

/// A text split and its suffix understood.
struct Parts<'t> {
    negative: bool,
    /// Digits before the point, zeros in front left out; `0` if there are none.
    whole: &'t str,
    /// Digits behind the point.
    fraction: &'t str,
    format: Format,
    /// Of ten, or with [`Format::BinarySi`] of two.
    power: i32,
}

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err(FORMAT_WRONG);
        }
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let number = unsigned.trim_start_matches('0');
        if number.is_empty() {
            // Also a sign alone is zero.
            return Ok(Self { negative: false, whole: "0", fraction: "", format: Format::DecimalSi, power: 0 });
        }
        let (whole, rest) = split_digits(number);
        let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), split_digits);
        let letters = suffix.trim_start_matches(|c: char| "eEinumkKMGTP".contains(c));
        let digits = letters.strip_prefix(['-', '+']).unwrap_or(letters);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FORMAT_WRONG);
        }
        let (format, power) = interpret(suffix).ok_or(SUFFIX)?;
        let any_digit = unsigned.len() > number.len() || !whole.is_empty() || !fraction.is_empty();
        let whole = if whole.is_empty() { "0" } else { whole };
        let parts = Self { negative, whole, fraction, format, power };
        // A number without any digit is zero on the server's short way, and an error on its long one.
        if !any_digit && parts.short_way().is_none() {
            return Err(NUMERIC);
        }
        Ok(parts)
    }

    /// The power of ten of the last digit where the server computes in 64 bits.
    fn short_way(&self) -> Option<i32> {
        let digits = i64::from(count(self.whole.len() + self.fraction.len()));
        if self.format == Format::BinarySi {
            // The server's own estimate of how many decimal digits a power of two takes.
            let estimate = i64::from(self.power) * 3 / 10;
            return (self.fraction.is_empty() && 15 - digits - estimate > 0).then_some(0);
        }
        let scale = self.power.wrapping_sub(count(self.fraction.len()));
        (digits <= 18 && scale >= NANO).then_some(scale)
    }

    fn amount(&self, text: &str) -> Quantity {
        let shifted = format!("{}{}", self.whole, self.fraction);
        let (negative, format) = (self.negative, self.format);
        if let Some(scale) = self.short_way() {
            let kept = match format {
                Format::BinarySi => shifted.parse::<u64>().is_ok_and(|value| value & 7 != 0),
                _ => text != "0" && scale % 3 == 0 && !shifted.ends_with("000") && !shifted.starts_with('0'),
            };
            let digits = if format == Format::BinarySi { times_power_of_two(&shifted, self.power) } else { shifted };
            let kept = kept.then(|| text.into());
            return Quantity { negative, digits, exponent: scale, format, kept }.normalized();
        }
        if format != Format::BinarySi {
            let exponent = self.power.wrapping_sub(count(self.fraction.len()));
            return Quantity { negative, digits: shifted, exponent, format, kept: None }.normalized().rounded_up(NANO);
        }
        let digits = times_power_of_two(&shifted, self.power);
        let exponent = -count(self.fraction.len());
        let amount = Quantity { negative, digits, exponent, format, kept: None }.normalized().rounded_up(NANO);
        let most = Quantity { negative, format, ..Quantity::from_integer(i64::MAX) };
        let amount = if amount.compare_magnitude(&most) == Ordering::Greater { most } else { amount };
        if amount.compare_magnitude(&Quantity::from_integer(1)) == Ordering::Less {
            return Quantity { format: Format::DecimalSi, ..amount };
        }
        amount
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn interpret(suffix: &str) -> Option<(Format, i32)> {
    let decimal = |power| Some((Format::DecimalSi, power));
    let binary = |power| Some((Format::BinarySi, power));
    match suffix {
        "" => decimal(0),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        _ => {
            // Any 64-bit exponent is read; the server then keeps its low 32 bits.
            let exponent: i64 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            Some((Format::DecimalExponent, exponent as i32))
        }
    }
}

/// A decimal number of any length times a power of 1024, `power` being the power of two.
fn times_power_of_two(digits: &str, power: i32) -> String {
    let mut number: Vec<u8> = digits.bytes().rev().map(|digit| digit - b'0').collect();
    for _ in 0..power / 10 {
        let mut carry = 0_u32;
        for digit in &mut number {
            let value = u32::from(*digit) * 1024 + carry;
            *digit = (value % 10) as u8;
            carry = value / 10;
        }
        while carry > 0 {
            number.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    number.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::{FORMAT_WRONG, NUMERIC, Quantity, SUFFIX, check, trim};
    use proptest::prelude::*;

    #[test]
    fn prints_what_the_server_prints() {
        for (text, printed) in [
            ("0", "0"),
            ("-0", "0"),
            ("+", "0"),
            ("k", "0"),
            (".", "0"),
            ("1", "1"),
            ("+1", "+1"),
            ("010", "010"),
            ("100m", "100m"),
            ("0.1", "100m"),
            ("1.5", "1500m"),
            ("1.500", "1.500"),
            ("1000", "1k"),
            ("1000m", "1"),
            ("1024Ki", "1Mi"),
            ("1Mi", "1Mi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("0.0001Ki", "102400u"),
            ("1e3", "1e3"),
            ("1E3", "1E3"),
            ("12e-4", "1200e-6"),
            ("1.0000000001", "1000000001n"),
            ("1e-20", "1e-9"),
            ("-1e-20", "-1e-9"),
            ("9Ei", "9223372036854775807"),
            ("7Ei", "7Ei"),
            ("-9Ei", "-9223372036854775807"),
            ("1000E", "1"),
            ("123456789012345678901", "123456789012345678901"),
        ] {
            assert_eq!(Quantity::parse(text).map(|quantity| quantity.text()), Ok(printed.to_owned()), "{text}");
        }
    }

    #[test]
    fn refuses_what_the_server_refuses() {
        for (text, message) in [
            ("", FORMAT_WRONG),
            ("abc", FORMAT_WRONG),
            ("1GB", FORMAT_WRONG),
            ("1 Gi", FORMAT_WRONG),
            ("1g", FORMAT_WRONG),
            ("1.2.3", FORMAT_WRONG),
            ("--1", SUFFIX),
            ("1,5", FORMAT_WRONG),
            ("1mi", SUFFIX),
            ("1K", SUFFIX),
            ("1e", SUFFIX),
            ("1e99999999999999999999", SUFFIX),
            ("1k5", SUFFIX),
            ("e-20", NUMERIC),
        ] {
            assert_eq!(check(text), Err(message), "{text}");
        }
    }

    #[test]
    fn compares_exactly() {
        let ascending = [
            "-1Ki",
            "-1k",
            "-1m",
            "0",
            "1n",
            "999u",
            "1m",
            "0.5",
            "1",
            "1.000000001",
            "1k",
            "1Ki",
            "1e6",
            "1Mi",
            "1G",
            "1Gi",
            "1e100",
        ];
        for (at, text) in ascending.iter().enumerate() {
            for (other_at, other) in ascending.iter().enumerate() {
                let ordering = Quantity::parse(text).unwrap().cmp(&Quantity::parse(other).unwrap());
                assert_eq!(ordering, at.cmp(&other_at), "{text} {other}");
            }
        }
        assert_eq!(Quantity::parse("1024Mi"), Quantity::parse("1Gi"));
        assert_eq!(Quantity::parse("0.10"), Quantity::parse("100m"));
    }

    #[test]
    fn the_canonical_form_means_the_same_amount() {
        for number in ["1", "0.5", "17", "1000", "1023", "1024", "99.99", "123456"] {
            for suffix in ["n", "u", "m", "", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "e3", "e-3"] {
                for sign in ["", "-"] {
                    let quantity = Quantity::parse(&format!("{sign}{number}{suffix}")).unwrap();
                    let again = Quantity::parse(&quantity.canonical()).unwrap();
                    assert_eq!(quantity, again);
                    assert_eq!(again.canonical(), quantity.canonical());
                }
            }
        }
    }

    #[test]
    fn scales_away_from_zero() {
        for (text, value, milli) in [
            ("1500m", Some(2), Some(1500)),
            ("-1500m", Some(-2), Some(-1500)),
            ("1u", Some(1), Some(1)),
            ("2Ki", Some(2048), Some(2_048_000)),
            ("9Ei", Some(i64::MAX), None),
            ("1e30", None, None),
            ("0", Some(0), Some(0)),
        ] {
            let quantity = Quantity::parse(text).unwrap();
            assert_eq!((quantity.value(), quantity.milli_value()), (value, milli), "{text}");
        }
    }

    #[test]
    fn cuts_only_blanks_that_json_leaves_unescaped() {
        assert_eq!(trim(" 1Gi\u{a0}"), "1Gi");
        assert_eq!(trim("1Gi\n"), "1Gi\n");
    }

    /// A text and the amount it stands for, in billionths.
    fn amount() -> impl Strategy<Value = (String, i128)> {
        const SUFFIXES: [(&str, i128, i128); 16] = [
            ("n", 1, 1_000_000_000),
            ("u", 1, 1_000_000),
            ("m", 1, 1000),
            ("", 1, 1),
            ("k", 1000, 1),
            ("M", 1_000_000, 1),
            ("G", 1_000_000_000, 1),
            ("T", 1_000_000_000_000, 1),
            ("P", 1_000_000_000_000_000, 1),
            ("Ki", 1 << 10, 1),
            ("Mi", 1 << 20, 1),
            ("Gi", 1 << 30, 1),
            ("Ti", 1 << 40, 1),
            ("e3", 1000, 1),
            ("E+02", 100, 1),
            ("e-2", 1, 100),
        ];
        (0..1_000_000i128, 0..1000i128, 0..SUFFIXES.len(), any::<bool>()).prop_map(
            |(whole, thousandths, which, less)| {
                let (suffix, by, over) = SUFFIXES[which];
                let sign = if less { -1 } else { 1 };
                let billionths = (whole * 1000 + thousandths) * by * 1_000_000;
                // Parts of a billionth count as a whole one.
                let billionths = (billionths + over - 1) / over;
                (format!("{}{whole}.{thousandths:03}{suffix}", if less { "-" } else { "" }), sign * billionths)
            },
        )
    }

    proptest! {
        #[test]
        fn amounts_are_exact_to_a_billionth((text, billionths) in amount()) {
            let quantity = Quantity::parse(&text).expect("an amount");
            if let Ok(expected) = i64::try_from(billionths) {
                prop_assert_eq!(quantity.scaled(-9), Some(expected), "{}", text);
            }
            let sign = i32::try_from(billionths.signum()).expect("a sign");
            prop_assert_eq!(quantity.sign(), sign, "{}", text);
        }

        #[test]
        fn amounts_are_ordered_as_numbers((one, first) in amount(), (other, second) in amount()) {
            let read = |text: &str| Quantity::parse(text).expect("an amount");
            prop_assert_eq!(read(&one).cmp(&read(&other)), first.cmp(&second), "{} {}", one, other);
        }

        #[test]
        fn the_canonical_form_is_the_same_amount((text, _) in amount()) {
            let quantity = Quantity::parse(&text).expect("an amount");
            let canonical = quantity.canonical();
            let again = Quantity::parse(&canonical).expect("an amount");
            prop_assert_eq!(again.cmp(&quantity), std::cmp::Ordering::Equal, "{} {}", text, canonical);
            prop_assert_eq!(again.canonical(), canonical);
        }

        #[test]
        fn what_is_read_has_the_shape_that_the_error_names(text in "[-+]?[0-9.]{0,5}[eEinumkKMGTP]{0,3}[-+]?[0-9]{0,3}[ x]?") {
            let shape = regex::Regex::new("^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$").expect("an expression");
            // Go reads a text without digits before the suffix as zero, whatever the expression says.
            let number = text.split(|c: char| c.is_ascii_alphabetic()).next().unwrap_or_default();
            let has_digits = number.contains(|c: char| c.is_ascii_digit());
            if check(&text).is_ok() && has_digits {
                prop_assert!(shape.is_match(&text), "{}", text);
            }
        }
    }
}
