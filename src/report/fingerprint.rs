//! The name of a finding that outlives edits around it.
//!
//! Apart because baselines and code-scanning services keep these: whatever goes in here is frozen.

use super::{Report, Unchecked};
use crate::apply::Attempt;
use crate::finding::Finding;
use fnv::FnvHasher;
use std::hash::Hasher as _;

/// The fingerprint of a finding: 16 hexadecimal digits of the 64-bit FNV-1a hash of these texts, a zero byte behind
/// each: the rule's id; `apiVersion`, kind, namespace and name of the object; the field path. Where the finding is
/// about no object that has a name, the file's name and the message stand in for the object.
///
/// Never the line: moving a finding within its file, or its object to another file, leaves the fingerprint as it is.
pub fn fingerprint(report: &Report, finding: &Finding, attempt: Option<&Attempt>) -> String {
    fingerprint_told(report, finding, attempt, &|_, text| text.to_owned())
}

/// The same, of which the name of the file and the message are told differently: given the name and the text.
pub fn fingerprint_told(
    report: &Report,
    finding: &Finding,
    attempt: Option<&Attempt>,
    told: &dyn Fn(&str, &str) -> String,
) -> String {
    let mut hasher = FnvHasher::default();
    let mut feed = |text: &str| {
        hasher.write(text.as_bytes());
        hasher.write(&[0]);
    };
    feed(finding.rule.id);
    if let Some(attempt) = attempt.filter(|attempt| !attempt.name.is_empty()) {
        feed(&attempt.api_version);
        feed(&attempt.kind);
        feed(attempt.namespace.as_deref().unwrap_or_default());
        feed(&attempt.name);
    } else {
        let name = finding.labels.first().map_or("", |label| report.sources.get(label.span.file).name.as_str());
        feed(&told(name, name));
        feed(&told(name, &finding.message));
    }
    feed(&finding.field.to_string());
    format!("{:016x}", hasher.finish())
}

/// The fingerprint of something that was not judged: made as that of a finding is, of `unchecked`, the class and what
/// it is. Not of the reason: that may name versions of programs.
pub fn fingerprint_of_unchecked(unchecked: &Unchecked) -> String {
    let mut hasher = FnvHasher::default();
    for text in ["unchecked", unchecked.class, &unchecked.what] {
        hasher.write(text.as_bytes());
        hasher.write(&[0]);
    }
    format!("{:016x}", hasher.finish())
}
