//! Semantic versions.
//!
//! Apart because what one is, and which is the later, is a rule of its own. Source: apiserver
//! `pkg/cel/library/semverlib.go` (1.36), `github.com/blang/semver/v4`.

use super::{Answer, failed};
use crate::cel::value::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// A version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Semver {
    numbers: [u64; 3],
    /// The parts behind `-`; what is behind `+` does not count.
    pre_release: Vec<Box<str>>,
}

impl Semver {
    /// Reads a version.
    ///
    /// # Errors
    ///
    /// In the words of the library the server uses.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("Version string empty".to_owned());
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("No Major.Minor.Patch elements found".to_owned());
        };
        let (rest, build) = rest.split_once('+').map_or((rest, None), |(rest, build)| (rest, Some(build)));
        let (patch, pre_release) = rest.split_once('-').map_or((rest, None), |(patch, pre)| (patch, Some(pre)));
        let numbers = [number("Major", major)?, number("Minor", minor)?, number("Patch", patch)?];
        let mut parts = Vec::new();
        for part in pre_release.into_iter().flat_map(|text| text.split('.')) {
            if part.is_empty() {
                return Err("prerelease is empty".to_owned());
            }
            if is_number(part) {
                if part.len() > 1 && part.starts_with('0') {
                    return Err(format!("Numeric PreRelease version must not contain leading zeroes {part:?}"));
                }
            } else if !is_word(part) {
                return Err(format!("Invalid character(s) found in prerelease {part:?}"));
            }
            parts.push(part.into());
        }
        for part in build.into_iter().flat_map(|text| text.split('.')) {
            if part.is_empty() {
                return Err("Build meta data is empty".to_owned());
            }
            if !is_word(part) {
                return Err(format!("Invalid character(s) found in build meta data {part:?}"));
            }
        }
        Ok(Self { numbers, pre_release: parts })
    }

    /// Reads a version that may begin with `v`, may be short, and may have zeros in front.
    fn parse_tolerant(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text.splitn(3, '.').map(str::to_owned).collect();
        for part in &mut parts {
            if part.len() > 1 {
                let trimmed = part.trim_start_matches('0');
                let zero = if trimmed.starts_with(|char: char| char.is_ascii_digit()) { "" } else { "0" };
                *part = format!("{zero}{trimmed}");
            }
        }
        if parts.len() < 3 {
            if parts.last().is_some_and(|part| part.contains(['+', '-'])) {
                return Err("short version cannot contain PreRelease/Build meta data".to_owned());
            }
            parts.resize(3, "0".to_owned());
        }
        Self::parse(&parts.join("."))
    }

    /// Which is the later.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.pre_release.is_empty(), other.pre_release.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => {
                    let pairs =
                        self.pre_release.iter().zip(&other.pre_release).map(|(one, two)| compare_parts(one, two));
                    let first = pairs.into_iter().find(|order| order.is_ne());
                    first.unwrap_or_else(|| self.pre_release.len().cmp(&other.pre_release.len()))
                }
            }
        })
    }
}

fn compare_parts(one: &str, two: &str) -> Ordering {
    match (is_number(one), is_number(two)) {
        (true, true) => one.len().cmp(&two.len()).then_with(|| one.cmp(two)),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => one.cmp(two),
    }
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_word(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn number(name: &str, text: &str) -> Result<u64, String> {
    if !is_number(text) {
        return Err(format!("Invalid character(s) found in {} number {text:?}", name.to_lowercase()));
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(format!("{name} number must not contain leading zeroes {text:?}"));
    }
    text.parse().map_err(|_| {
        let why = if text.is_empty() { "invalid syntax" } else { "value out of range" };
        format!("strconv.ParseUint: parsing {text:?}: {why}")
    })
}

/// Calls a function of versions.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    let int = |number: u64| Ok(Value::Int(number.cast_signed()));
    let read = |text: &str, tolerant: bool| if tolerant { Semver::parse_tolerant(text) } else { Semver::parse(text) };
    Some(match (function, arguments) {
        ("semver", [Value::String(text), rest @ ..]) if rest.len() < 2 => {
            match read(text, matches!(rest, [Value::Bool(true)])) {
                Ok(version) => Ok(Value::Semver(Arc::new(version))),
                Err(words) => failed(words),
            }
        }
        ("isSemver", [Value::String(text), rest @ ..]) if rest.len() < 2 => {
            Ok(read(text, matches!(rest, [Value::Bool(true)])).is_ok().into())
        }
        ("major", [Value::Semver(version)]) => int(version.numbers[0]),
        ("minor", [Value::Semver(version)]) => int(version.numbers[1]),
        ("patch", [Value::Semver(version)]) => int(version.numbers[2]),
        ("isGreaterThan", [Value::Semver(one), Value::Semver(two)]) => Ok(one.compare(two).is_gt().into()),
        ("isLessThan", [Value::Semver(one), Value::Semver(two)]) => Ok(one.compare(two).is_lt().into()),
        ("compareTo", [Value::Semver(one), Value::Semver(two)]) => Ok(Value::Int(match one.compare(two) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        })),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::{fails, holds};

    #[test]
    fn compares_versions() {
        holds("semver('1.2.3').isLessThan(semver('1.10.0')) && semver('1.0.0').isGreaterThan(semver('1.0.0-rc.1'))");
        holds("semver('1.0.0-rc.2').compareTo(semver('1.0.0-rc.10')) == -1 && semver('1.2.3').minor() == 2");
        holds("isSemver('1.2.3+build') && !isSemver('1.2') && !isSemver('v1.2.3') && isSemver('v01.2', true)");
        holds("semver('1.0.0+a') == semver('1.0.0+b')");
        fails("semver('1.2') == semver('1.2.0')", "No Major.Minor.Patch elements found");
    }
}
