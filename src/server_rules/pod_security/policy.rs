//! Levels, versions, and the labels of a namespace that name them.
//!
//! Apart from the checks because labels are read where namespaces are judged as well. Source: `api/helpers.go` of
//! `k8s.io/pod-security-admission` (1.36).

use crate::schema::Minor;
use crate::yaml::NodeRef;
use std::fmt;

/// How much a pod may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Everything.
    Privileged,
    /// Nothing that is known to escalate.
    Baseline,
    /// What hardening guides ask.
    Restricted,
}

impl Level {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "privileged" => Some(Self::Privileged),
            "baseline" => Some(Self::Baseline),
            "restricted" => Some(Self::Restricted),
            _ => None,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        })
    }
}

/// The Kubernetes version whose standard is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `v1.N`
    Minor(u64),
    /// The server's own.
    Latest,
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        if text == "latest" {
            return Some(Self::Latest);
        }
        let digits = text.strip_prefix("v1.")?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
        digits.parse().ok().filter(|number: &u64| is_number && i64::try_from(*number).is_ok()).map(Self::Minor)
    }

    /// The version that a server of this minor judges by: none newer than its own.
    pub(super) fn in_minor(self, minor: Minor) -> u8 {
        match self {
            Self::Minor(number) => u8::try_from(number).unwrap_or(u8::MAX).min(minor.0),
            Self::Latest => minor.0,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minor(number) => write!(f, "v1.{number}"),
            Self::Latest => f.write_str("latest"),
        }
    }
}

/// A standard: `restricted:latest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// How much a pod may do.
    pub level: Level,
    /// In which version.
    pub version: Version,
}

impl Policy {
    /// What holds where nothing is said: everything passes.
    pub const PRIVILEGED: Policy = Policy { level: Level::Privileged, version: Version::Latest };
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.level, self.version)
    }
}

/// What a namespace asks of its pods. (What it audits is not told to clients.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamespacePolicy {
    /// A Pod that violates this is refused.
    pub enforce: Policy,
    /// A pod or template that violates this is accepted with a warning.
    pub warn: Policy,
}

impl NamespacePolicy {
    /// What the labels of a namespace ask (`PolicyToEvaluate`, with the server's defaults, which ask nothing). What
    /// cannot be read is enforced as the strictest standard, and not warned about at all; a namespace is not created
    /// with such labels, but may have had them before.
    pub fn of_labels(labels: Option<NodeRef<'_>>) -> Self {
        let value = |label: &str| Some(labels?.entry(label)?.value.as_str().unwrap_or_default());
        let version = |label: &str| value(label).map(|version| Version::parse(version).unwrap_or(Version::Latest));
        let enforced = value("pod-security.kubernetes.io/enforce").map(Level::parse);
        let enforce = Policy {
            level: enforced.map_or(Level::Privileged, |level| level.unwrap_or(Level::Restricted)),
            version: version("pod-security.kubernetes.io/enforce-version").unwrap_or(Version::Latest),
        };
        let warn_version = version("pod-security.kubernetes.io/warn-version");
        let warn_level = value("pod-security.kubernetes.io/warn").map(Level::parse);
        let warn = match (warn_level, enforced) {
            (Some(level), _) => {
                Policy { level: level.unwrap_or(Level::Privileged), version: warn_version.unwrap_or(Version::Latest) }
            }
            // What is enforced is warned about as well.
            (None, Some(Some(level))) if level > Level::Privileged => {
                Policy { level, version: warn_version.unwrap_or(enforce.version) }
            }
            (None, _) => Policy { version: warn_version.unwrap_or(Version::Latest), ..Policy::PRIVILEGED },
        };
        Self { enforce, warn }
    }
}
