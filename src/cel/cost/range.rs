//! A size or a cost of which the least and the most is known.
//!
//! Apart because nothing may overflow: what is too large stays at the largest number. Source: `checker/cost.go` of
//! cel-go v0.26.

/// From the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The least.
    pub min: u64,
    /// The most.
    pub max: u64,
}

impl Range {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { min: 0, max: u64::MAX };

    /// Nothing yet: any union with it is the other.
    pub(super) const NONE: Self = Self { min: u64::MAX, max: 0 };

    /// Exactly this.
    pub const fn exactly(count: u64) -> Self {
        Self { min: count, max: count }
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Self {
        Self { min: self.min.saturating_add(other.min), max: self.max.saturating_add(other.max) }
    }

    /// The product.
    pub fn times(self, other: Self) -> Self {
        Self { min: self.min.saturating_mul(other.min), max: self.max.saturating_mul(other.max) }
    }

    /// The product with a factor, rounded up.
    pub fn by(self, factor: f64) -> Self {
        // Beyond all integers, the cast stays at the largest.
        #[expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "as the compiler reckons")]
        let by = |count: u64| (count as f64 * factor).ceil() as u64;
        Self { min: by(self.min), max: by(self.max) }
    }

    /// All of both.
    pub fn or(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}
