//! Why an expression has no value.
//!
//! Apart because the words are cel-go's and the API server repeats them. Source: cel-go v0.26 `common/types/err.go`.

/// Why an evaluation ended without a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvaluationError {
    /// It failed, in cel-go's words. `&&`, `||` and the macros built on them may do without the value.
    Failed(Box<str>),
    /// It cost more than a call may.
    CostLimit,
    /// What it comes to is not known here: it must not be taken for a failure.
    Undecided,
}

impl EvaluationError {
    /// A failure with these words.
    pub fn failed(words: impl Into<Box<str>>) -> Self {
        Self::Failed(words.into())
    }

    /// The words of it.
    pub fn words(&self) -> &str {
        match self {
            Self::Failed(words) => words,
            Self::CostLimit => "operation cancelled: actual cost limit exceeded",
            Self::Undecided => "not decided",
        }
    }
}

/// The failure of a function that does not know values of these types.
pub fn no_such_overload() -> EvaluationError {
    EvaluationError::failed("no such overload")
}
