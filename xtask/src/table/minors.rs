//! Sets of Kubernetes minors, written `1.26..1.29` (inclusive), `1.30..` (to the newest bundled), `..1.27`.
//!
//! Apart because every line of the text can carry one.

use std::fmt;

/// A set of bundled minors: bit `n` is `1.(25 + n)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minors(pub u32);

impl Minors {
    /// The oldest bundled minor.
    pub const OLDEST: u8 = 25;
    /// The newest bundled minor.
    pub const LATEST: u8 = 37;
    /// Every bundled minor.
    pub const BUNDLED: Minors = Minors((1 << (Self::LATEST - Self::OLDEST + 1)) - 1);

    /// One minor.
    pub const fn one(minor: u8) -> Self {
        Minors(1 << (minor - Self::OLDEST))
    }

    /// From one minor to another, both included.
    pub fn range(from: u8, to: u8) -> Self {
        (from..=to).fold(Minors::default(), |set, minor| set.with(Minors::one(minor)))
    }

    /// Both sets together.
    pub const fn with(self, other: Self) -> Self {
        Minors(self.0 | other.0)
    }

    /// What is in both.
    pub const fn and(self, other: Self) -> Self {
        Minors(self.0 & other.0)
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a minor is in it.
    pub const fn contains(self, minor: u8) -> bool {
        self.0 & Minors::one(minor).0 != 0
    }

    /// The minors in it, oldest first.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (Self::OLDEST..=Self::LATEST).filter(move |minor| self.contains(*minor))
    }

    /// Reads what [`fmt::Display`] writes; several ranges are set apart by commas; `none` is the empty set.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Minors::default());
        }
        text.split(',').try_fold(Minors::default(), |set, part| {
            let (from, to) = match part.split_once("..") {
                Some((from, to)) => (bound(from, Self::OLDEST)?, bound(to, Self::LATEST)?),
                None => (bound(part, 0)?, bound(part, 0)?),
            };
            (from <= to).then(|| set.with(Minors::range(from, to)))
        })
    }
}

fn bound(text: &str, otherwise: u8) -> Option<u8> {
    if text.is_empty() && otherwise != 0 {
        return Some(otherwise);
    }
    let minor = text.strip_prefix("1.")?.parse().ok()?;
    (Minors::OLDEST..=Minors::LATEST).contains(&minor).then_some(minor)
}

impl fmt::Display for Minors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        let mut first = true;
        let mut minor = Self::OLDEST;
        while minor <= Self::LATEST {
            if !self.contains(minor) {
                minor += 1;
                continue;
            }
            let from = minor;
            while minor < Self::LATEST && self.contains(minor + 1) {
                minor += 1;
            }
            if !first {
                f.write_str(",")?;
            }
            first = false;
            match (from == Self::OLDEST, minor == Self::LATEST) {
                (_, true) => write!(f, "1.{from}..")?,
                (true, false) => write!(f, "..1.{minor}")?,
                (false, false) if from == minor => write!(f, "1.{from}")?,
                (false, false) => write!(f, "1.{from}..1.{minor}")?,
            }
            minor += 1;
        }
        Ok(())
    }
}
