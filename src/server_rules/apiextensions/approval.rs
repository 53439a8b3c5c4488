//! Groups of the Kubernetes community: a definition in one tells who approved it.
//!
//! Apart because it relates the group to an annotation. Source: `validateAPIApproval` of apiextensions-apiserver
//! `pkg/apis/apiextensions/validation/validation.go`, `pkg/apihelpers/helpers.go` (1.36).

use crate::finding::FieldErrors;
use crate::object::{Path, view::View as _};
use crate::server_rules::content::url;
use crate::yaml::NodeRef;

const ANNOTATION: &str = "api-approved.kubernetes.io";

/// What the annotation says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Approval {
    Missing,
    Bypassed,
    Approved,
    Invalid,
}

/// Judges the annotation; an update that leaves what it says as it was passes.
pub(super) fn validate(root: NodeRef<'_>, live: Option<NodeRef<'_>>, errors: &mut FieldErrors) {
    const MUST: &str = "protected groups must have approval annotation \"api-approved.kubernetes.io\"";
    const SEE: &str = "see https://github.com/kubernetes/enhancements/pull/1111";
    let group = root.get("spec").text("group");
    let is_of = |domain: &str| group.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if !is_of("k8s.io") && !is_of("kubernetes.io") {
        return;
    }
    let text = annotation(root);
    let approval = approval(text);
    if live.is_some_and(|live| self::approval(annotation(live)) == approval) {
        return;
    }
    let path = Path::ROOT.field("metadata");
    let path = path.field("annotations");
    let path = path.key(ANNOTATION);
    match approval {
        Approval::Missing => errors.required(&path, &format!("{MUST}, {SEE}")),
        Approval::Invalid => {
            let how = "with either a URL or a reason starting with \"unapproved\"";
            errors.invalid(&path, text, &format!("{MUST} {how}, {SEE}"));
        }
        Approval::Approved | Approval::Bypassed => {}
    }
}

fn annotation(root: NodeRef<'_>) -> &str {
    root.at(&["metadata", "annotations"]).text(ANNOTATION)
}

fn approval(text: &str) -> Approval {
    if text.is_empty() {
        Approval::Missing
    } else if text.starts_with("unapproved") {
        Approval::Bypassed
    } else if is_absolute_url(text) {
        Approval::Approved
    } else {
        Approval::Invalid
    }
}

/// `url.ParseRequestURI` takes no fragments: what stands behind a `#` is part of the path there.
fn is_absolute_url(text: &str) -> bool {
    url::parse(&text.replace('#', "%23")).is_ok_and(|url| !url.host.is_empty() && !url.scheme.is_empty())
}

#[cfg(test)]
mod tests {
    use crate::server_rules::apiextensions::testing::definition;
    use crate::server_rules::testing::errors_of;
    use serde_json::json;

    #[test]
    fn a_protected_group_is_approved() {
        let mut definition = definition();
        definition["metadata"]["name"] = json!("anchors.harbour.k8s.io");
        definition["spec"]["group"] = json!("harbour.k8s.io");
        assert_eq!(
            errors_of(&definition),
            ["metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval \
                 annotation \"api-approved.kubernetes.io\", see https://github.com/kubernetes/enhancements/pull/1111"]
        );
        for (text, is_good) in [
            ("unapproved, a test", true),
            ("https://harbour.example/pull/1#top", true),
            ("yes", false),
            ("/pull/1", false),
        ] {
            definition["metadata"]["annotations"] = json!({"api-approved.kubernetes.io": text});
            assert_eq!(errors_of(&definition).is_empty(), is_good, "{text}");
        }
    }
}
