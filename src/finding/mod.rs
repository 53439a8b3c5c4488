//! What is wrong with a user's file: findings, and the rules they come from.
//!
//! Apart from what stops seaworthy from looking (an `Error` of the room concerned): two types, two exit codes.

mod field_error;
mod mend;
mod stance;

pub use field_error::{FieldError, FieldErrors, Reason, Shown, Verbatim};
pub use mend::{Meant, Mend, Scalar};
pub use stance::{ADVICE, By, Choice, SetAside, Stance, WARNINGS, unknown_choice, unknown_name};

use crate::object::{FieldPath, Object, Origin};
use crate::source::Span;

/// How bad it is; never an opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// kubectl or the API server refuses it.
    Error,
    /// Accepted, and cannot work.
    Warning,
    /// Accepted, works, likely to hurt; only when asked for.
    Advice,
}

impl Level {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Advice => "advice",
        }
    }
}

/// What is checked, told once.
#[derive(Debug)]
pub struct Rule {
    /// The stable name, `room/what`.
    pub id: &'static str,
    /// Its level.
    pub level: Level,
    /// One line: what is wrong.
    pub summary: &'static str,
    /// Why kubectl or the API server refuses it, or why it cannot work.
    pub why: &'static str,
    /// More of it, in Markdown, with examples that the tests run; printed by `explain` and kept in `docs/rules/`.
    pub docs: &'static str,
}

/// A place in a file and what it has to do with the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; may be empty for the first.
    pub text: String,
}

/// How sure it is that a fix gives what was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// What was meant is certain.
    Safe,
    /// What was meant is likely.
    Unsafe,
}

impl Applicability {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
        }
    }
}

/// A piece of text put in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub text: String,
}

/// A mend of one thing that is wrong: edits that are made together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order (`replace "contaners" by "containers"`).
    pub title: String,
    /// How sure it is.
    pub applicability: Applicability,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule it comes from.
    pub rule: &'static Rule,
    /// The level: the rule's, or a lower one where it is less certain.
    pub level: Level,
    /// What somebody makes of it; none for what its level says.
    pub stance: Option<Stance>,
    /// What is wrong; where the server or kubectl has words for it, those.
    pub message: String,
    /// The server's own category, for errors of a field.
    pub reason: Option<Reason>,
    /// The field, where one is at fault; empty path for none.
    pub field: FieldPath,
    /// The object, where one is at fault.
    pub object: Option<Origin>,
    /// The places; the first is where the fault stands.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// A mend, where one is known.
    pub fix: Option<Fix>,
    /// The Kubernetes minors it holds in, where not in all that were asked for (`1.31, 1.32`).
    pub versions: Option<String>,
}

impl Finding {
    /// A finding about a place.
    pub fn at(rule: &'static Rule, message: impl Into<String>, span: Span) -> Self {
        Self {
            rule,
            level: rule.level,
            stance: None,
            message: message.into(),
            reason: None,
            field: FieldPath::default(),
            object: None,
            labels: vec![Label { span, text: String::new() }],
            help: None,
            fix: None,
            versions: None,
        }
    }

    /// A finding about a field of an object; the place is looked up.
    pub fn in_object(rule: &'static Rule, message: impl Into<String>, object: &Object, field: FieldPath) -> Self {
        let span = object.span(object.locate(&field).range());
        Self { field, object: Some(object.origin), ..Self::at(rule, message, span) }
    }

    /// Whether it fails the run: an error, unless somebody only wants to be warned of it, and whatever is denied.
    pub fn fails(&self) -> bool {
        self.stance.map_or(self.level == Level::Error, |stance| stance == Stance::Deny)
    }

    /// Whether it fails the run for no other reason than that somebody denies it.
    pub fn is_denied(&self) -> bool {
        self.fails() && self.level != Level::Error
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a mend.
    #[must_use]
    pub fn with_fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Adds a mend in the file of the first place, where there is one.
    #[must_use]
    pub fn with_mend(mut self, mend: Option<Mend>) -> Self {
        self.fix = mend.zip(self.labels.first()).map(|(mend, label)| mend.in_file(label.span.file));
        self
    }

    /// Adds another place that is involved.
    #[must_use]
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says what stands at the first place.
    #[must_use]
    pub fn saying(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }
}
