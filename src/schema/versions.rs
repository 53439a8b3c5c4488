//! Kubernetes versions: one minor, a range, a set.
//!
//! Apart because the command line speaks of versions and needs nothing of the tables.

use std::fmt;

/// A Kubernetes minor version, `1.N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor(pub u8);

impl Minor {
    /// The oldest bundled minor.
    pub const OLDEST: Minor = Minor(25);
    /// The newest bundled minor; the default.
    pub const LATEST: Minor = Minor(37);

    /// Every bundled minor, oldest first.
    pub fn all() -> impl DoubleEndedIterator<Item = Minor> {
        (Self::OLDEST.0..=Self::LATEST.0).map(Minor)
    }

    /// Reads `1.31`, `v1.31` or `v1.31.2`, with or without what a distribution adds (`v1.31.2+k3s1`).
    ///
    /// # Errors
    /// The text is no version, or the version is not bundled.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let not_a_version = || VersionError::NotAVersion(text.to_owned());
        let version = text.strip_prefix('v').unwrap_or(text);
        let mut parts = version.split(['.', '+', '-']);
        let mut number =
            || parts.next().filter(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        let (Some(major), Some(minor)) = (number(), number()) else { return Err(not_a_version()) };
        let minor: u32 = minor.parse().map_err(|_| not_a_version())?;
        match u8::try_from(minor).map(Minor) {
            Ok(minor) if major == "1" && (Self::OLDEST..=Self::LATEST).contains(&minor) => Ok(minor),
            _ => Err(VersionError::NotBundled(text.to_owned())),
        }
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// Some minors in a row, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VersionRange {
    /// The oldest.
    pub oldest: Minor,
    /// The newest; not older than `oldest`.
    pub newest: Minor,
}

impl VersionRange {
    /// Reads `1.31..1.34`, both ends included, or one version.
    ///
    /// # Errors
    /// An end is no version or is not bundled, or the first is newer than the second.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let (oldest, newest) = text.split_once("..").unwrap_or((text, text));
        let range = Self { oldest: Minor::parse(oldest)?, newest: Minor::parse(newest)? };
        if range.oldest > range.newest {
            return Err(VersionError::Backwards(text.to_owned()));
        }
        Ok(range)
    }

    /// The minors in it, oldest first.
    pub fn minors(self) -> impl DoubleEndedIterator<Item = Minor> {
        (self.oldest.0..=self.newest.0).map(Minor)
    }

    /// Whether a minor is in it.
    pub fn contains(self, minor: Minor) -> bool {
        (self.oldest..=self.newest).contains(&minor)
    }
}

impl From<Minor> for VersionRange {
    fn from(minor: Minor) -> Self {
        Self { oldest: minor, newest: minor }
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.oldest == self.newest { self.oldest.fmt(f) } else { write!(f, "{}..{}", self.oldest, self.newest) }
    }
}

/// A text that names no version, or none that is bundled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionError {
    /// It is no version at all.
    NotAVersion(String),
    /// The schemas of this version are not in the program.
    NotBundled(String),
    /// A range whose first end is newer than its second.
    Backwards(String),
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (oldest, newest) = (Minor::OLDEST, Minor::LATEST);
        match self {
            Self::NotAVersion(text) => write!(f, "{text:?} is not a Kubernetes version; write it as {newest}"),
            Self::NotBundled(text) => {
                write!(f, "the schemas of Kubernetes {text} are not bundled; {oldest} to {newest} are")
            }
            Self::Backwards(text) => write!(f, "{text:?} begins with the newer version; write the older one first"),
        }
    }
}

impl std::error::Error for VersionError {}

/// A set of bundled minors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MinorSet(pub(super) u32);

impl MinorSet {
    /// The set of these minors; one that is not bundled is left out.
    pub fn of(minors: impl IntoIterator<Item = Minor>) -> Self {
        let bundled = minors.into_iter().filter(|minor| (Minor::OLDEST..=Minor::LATEST).contains(minor));
        Self(bundled.fold(0, |set, minor| set | 1 << (minor.0 - Minor::OLDEST.0)))
    }

    /// Whether a minor is in it.
    pub fn contains(self, minor: Minor) -> bool {
        let bit = u32::from(minor.0.wrapping_sub(Minor::OLDEST.0));
        1_u32.checked_shl(bit).is_some_and(|bit| self.0 & bit != 0)
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The minors in it, oldest first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Minor> {
        Minor::all().filter(move |minor| self.contains(*minor))
    }
}

/// `1.25 to 1.28, 1.31`; `none`.
impl fmt::Display for MinorSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ranges: Vec<VersionRange> = Vec::new();
        for minor in self.iter() {
            match ranges.last_mut() {
                Some(range) if range.newest.0 + 1 == minor.0 => range.newest = minor,
                _ => ranges.push(minor.into()),
            }
        }
        if ranges.is_empty() {
            return f.write_str("none");
        }
        for (position, range) in ranges.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            if range.oldest == range.newest {
                range.oldest.fmt(f)?;
            } else {
                write!(f, "{} to {}", range.oldest, range.newest)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minor_is_read_in_the_forms_that_programs_print() {
        for text in ["1.31", "v1.31", "1.31.4", "v1.31.2+k3s1", "v1.31.0-eks-1a2b3c"] {
            assert_eq!(Minor::parse(text), Ok(Minor(31)), "{text}");
        }
    }

    #[test]
    fn what_is_no_version_is_told_from_what_is_not_bundled() {
        for text in ["", "1", "latest", "1.x", "x.31", "-1.31", "1.", "1.99999999999"] {
            assert_eq!(Minor::parse(text), Err(VersionError::NotAVersion(text.to_owned())), "{text}");
        }
        for text in ["1.24", "1.38", "2.30", "1.300"] {
            assert_eq!(Minor::parse(text), Err(VersionError::NotBundled(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_range_includes_both_ends() {
        let range = VersionRange::parse("1.31..v1.34").unwrap();
        assert_eq!(range.minors().collect::<Vec<_>>(), [Minor(31), Minor(32), Minor(33), Minor(34)]);
        assert_eq!(range.to_string(), "1.31..1.34");
        assert_eq!(VersionRange::parse("1.36"), Ok(Minor(36).into()));
        assert_eq!(VersionRange::parse("1.34..1.31"), Err(VersionError::Backwards("1.34..1.31".to_owned())));
        assert!(VersionRange::parse("1.31..").is_err());
    }

    #[test]
    fn a_set_is_written_in_ranges() {
        let set = |minors: &[u8]| MinorSet(minors.iter().fold(0, |set, minor| set | 1 << (minor - Minor::OLDEST.0)));
        assert_eq!(set(&[25, 26, 28, 30, 31, 32]).to_string(), "1.25 to 1.26, 1.28, 1.30 to 1.32");
        assert_eq!(set(&[]).to_string(), "none");
        assert!(!set(&[25]).contains(Minor(24)));
        assert!(!set(&[25]).contains(Minor(200)));
    }
}
