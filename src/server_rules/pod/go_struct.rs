//! Structs of the server's as its errors print them: JSON with Go's field names, in Go's order, nothing left out.
//!
//! Apart because only errors need them: the server shows the struct it holds, not the one that was sent.

use crate::yaml::{NodeRef, Value};

/// How a field is held.
enum Held {
    /// By pointer: `null` if not set.
    Pointer,
    /// A string by value: empty if not set.
    Text,
    /// A struct by pointer.
    Struct(fn(NodeRef<'_>) -> String),
}

fn go_struct(node: NodeRef<'_>, fields: &[(&str, &str, Held)]) -> String {
    let shown: Vec<String> = fields
        .iter()
        .map(|(name, key, held)| {
            let value = match (node.get(key), held) {
                (None, Held::Text) => "\"\"".to_owned(),
                (None, _) => "null".to_owned(),
                (Some(value), Held::Struct(print)) => print(value),
                (Some(value), _) => json(value),
            };
            format!("\"{name}\":{value}")
        })
        .collect();
    format!("{{{}}}", shown.join(","))
}

/// A value as Go's `encoding/json` writes it: characters of HTML are escaped.
fn json(value: NodeRef<'_>) -> String {
    match value.value() {
        Value::Sequence => format!("[{}]", value.elements().map(json).collect::<Vec<_>>().join(",")),
        _ => value.to_json().to_string().replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e"),
    }
}

/// `core.SecurityContext`
pub(super) fn security_context(context: NodeRef<'_>) -> String {
    go_struct(
        context,
        &[
            ("Capabilities", "capabilities", Held::Struct(capabilities)),
            ("Privileged", "privileged", Held::Pointer),
            ("SELinuxOptions", "seLinuxOptions", Held::Struct(se_linux_options)),
            ("WindowsOptions", "windowsOptions", Held::Struct(windows_options)),
            ("RunAsUser", "runAsUser", Held::Pointer),
            ("RunAsGroup", "runAsGroup", Held::Pointer),
            ("RunAsNonRoot", "runAsNonRoot", Held::Pointer),
            ("ReadOnlyRootFilesystem", "readOnlyRootFilesystem", Held::Pointer),
            ("AllowPrivilegeEscalation", "allowPrivilegeEscalation", Held::Pointer),
            ("ProcMount", "procMount", Held::Pointer),
            ("SeccompProfile", "seccompProfile", Held::Struct(profile)),
            ("AppArmorProfile", "appArmorProfile", Held::Struct(profile)),
        ],
    )
}

fn capabilities(capabilities: NodeRef<'_>) -> String {
    go_struct(capabilities, &[("Add", "add", Held::Pointer), ("Drop", "drop", Held::Pointer)])
}

fn se_linux_options(options: NodeRef<'_>) -> String {
    go_struct(
        options,
        &[
            ("User", "user", Held::Text),
            ("Role", "role", Held::Text),
            ("Type", "type", Held::Text),
            ("Level", "level", Held::Text),
        ],
    )
}

fn windows_options(options: NodeRef<'_>) -> String {
    go_struct(
        options,
        &[
            ("GMSACredentialSpecName", "gmsaCredentialSpecName", Held::Pointer),
            ("GMSACredentialSpec", "gmsaCredentialSpec", Held::Pointer),
            ("RunAsUserName", "runAsUserName", Held::Pointer),
            ("HostProcess", "hostProcess", Held::Pointer),
        ],
    )
}

/// `core.SeccompProfile` and `core.AppArmorProfile`, which have the same fields.
pub(super) fn profile(profile: NodeRef<'_>) -> String {
    go_struct(profile, &[("Type", "type", Held::Text), ("LocalhostProfile", "localhostProfile", Held::Pointer)])
}

/// `core.PodResourceClaim`
pub(super) fn resource_claim(claim: NodeRef<'_>) -> String {
    go_struct(
        claim,
        &[
            ("Name", "name", Held::Text),
            ("ResourceClaimName", "resourceClaimName", Held::Pointer),
            ("ResourceClaimTemplateName", "resourceClaimTemplateName", Held::Pointer),
        ],
    )
}
