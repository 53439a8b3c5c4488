//! Windows options of security contexts, and pods that run on the host (`validateWindowsSecurityContextOptions`,
//! `validateWindowsHostProcessPod`).
//!
//! Apart because nothing else in a pod speaks of Windows accounts.

use super::context::Context;
use super::{bool_of, check, visit_containers};
use crate::finding::FieldErrors;
use crate::object::Path;
use crate::server_rules::view::View;
use crate::yaml::NodeRef;

/// `windowsOptions` of a security context.
pub(super) fn validate(context: NodeRef<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let Some(options) = context.get("windowsOptions") else { return };
    let path = path.field("windowsOptions");
    if let Some(name) = options.text_pointer("gmsaCredentialSpecName") {
        check::dns_subdomain(name, &path.field("gmsaCredentialSpecName"), errors);
    }
    if let Some(credentials) = options.text_pointer("gmsaCredentialSpec") {
        let path = path.field("gmsaCredentialSpec");
        if credentials.is_empty() {
            errors.invalid(&path, credentials, "gmsaCredentialSpec cannot be an empty string");
        } else if credentials.len() > 64 * 1024 {
            errors.invalid(&path, credentials, "gmsaCredentialSpec size must be under 64 KiB");
        }
    }
    if let Some(name) = options.text_pointer("runAsUserName") {
        for complaint in user_name_complaints(name) {
            errors.invalid(&path.field("runAsUserName"), name, complaint);
        }
    }
}

fn user_name_complaints(name: &str) -> Vec<&'static str> {
    if name.is_empty() {
        return vec!["runAsUserName cannot be an empty string"];
    }
    if name.bytes().any(|byte| byte.is_ascii_control()) {
        return vec!["runAsUserName cannot contain control characters"];
    }
    let (domain, user) = match name.split_once('\\') {
        Some((_, user)) if user.contains('\\') => {
            return vec!["runAsUserName cannot contain more than one backslash"];
        }
        Some((domain, user)) => (Some(domain), user),
        None => (None, name),
    };
    let mut complaints = Vec::new();
    if domain.is_some_and(|domain| domain.len() >= 256) {
        complaints.push("runAsUserName's Domain length must be under 256 characters");
    }
    if domain.is_some_and(|domain| !is_net_bios(domain) && !is_dns_name(domain)) {
        complaints.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
    }
    if user.is_empty() {
        complaints.push("runAsUserName's User cannot be empty");
    } else if user.len() > 104 {
        complaints.push("runAsUserName's User length must not be longer than 104 characters");
    }
    if !user.is_empty() && user.bytes().all(|byte| matches!(byte, b'.' | b' ')) {
        complaints.push("runAsUserName's User cannot contain only periods or spaces");
    }
    if user.contains(['"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']']) {
        complaints.push("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
    }
    complaints
}

/// One to 15 characters, none of them reserved, no dot first.
fn is_net_bios(domain: &str) -> bool {
    (1..=15).contains(&domain.chars().count())
        && !domain.starts_with('.')
        && !domain.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|'])
}

/// Labels of letters, digits and inner dashes, up to 63 bytes each.
fn is_dns_name(domain: &str) -> bool {
    domain.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

/// Containers that run on the host need all others to do so, and the host's network.
pub(super) fn validate_host_process(pod: &Context<'_>, path: &Path<'_>, errors: &mut FieldErrors) {
    let on_host = |context: Option<NodeRef<'_>>| {
        context.and_then(|context| context.get("windowsOptions")).and_then(|options| bool_of(options, "hostProcess"))
    };
    let of_pod = on_host(pod.security);
    let (mut containers, mut on_host_count) = (0, 0);
    visit_containers(pod.spec, path, |container, path| {
        containers += 1;
        let of_container = on_host(container.get("securityContext"));
        if let (Some(pod), Some(container)) = (of_pod, of_container)
            && pod != container
        {
            let text = format!("pod hostProcess value must be identical if both are specified, was {pod}");
            errors.invalid(
                &path.field("securityContext").field("windowsOptions").field("hostProcess"),
                &container,
                &text,
            );
        }
        if of_container.or(of_pod) == Some(true) {
            on_host_count += 1;
        }
    });
    if on_host_count == 0 {
        return;
    }
    if on_host_count != containers {
        let text = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        errors.invalid(path, "", text);
    }
    if !pod.host_network {
        let text = "hostNetwork must be true if pod contains any hostProcess containers";
        errors.invalid(&path.field("hostNetwork"), &false, text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{container, container_errors, spec_errors};
    use serde_json::json;

    #[test]
    fn a_user_has_at_most_one_domain() {
        let named = |name: &str| {
            let errors = container_errors(json!({"securityContext": {"windowsOptions": {"runAsUserName": name}}}));
            errors.into_iter().map(|error| error.rsplit(": ").next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        assert!(named(r"SHOP\Baker").is_empty());
        assert_eq!(named(""), ["runAsUserName cannot be an empty string"]);
        assert_eq!(named(r"a\b\c"), ["runAsUserName cannot contain more than one backslash"]);
        assert_eq!(named("a\tb"), ["runAsUserName cannot contain control characters"]);
        assert_eq!(
            named(r"a?b\..."),
            [
                "runAsUserName's Domain doesn't match the NetBios nor the DNS format",
                "runAsUserName's User cannot contain only periods or spaces",
            ]
        );
    }

    #[test]
    fn on_the_host_means_all_and_with_its_network() {
        let on_host = container(json!({"securityContext": {"windowsOptions": {"hostProcess": true}}}));
        assert_eq!(
            spec_errors(json!({"containers": [on_host, container(json!({"name": "mixer"}))]})),
            [
                "spec: Invalid value: \"\": If pod contains any hostProcess containers then all containers must be \
                 HostProcess containers",
                "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess \
                 containers",
            ]
        );
    }
}
