//! Kinds that no resource exists for: removed APIs, misspelt kinds, custom resources without their CRD.
//!
//! Apart because the same answer of kubectl (`no matches for kind`) has several causes, and the cause is what helps.

use super::ApplyOptions;
use crate::decode::{self, FieldValidation};
use crate::finding::{Applicability, Finding, Level, Mend, Rule};
use crate::object::{FieldPath, GroupVersionKind, Object};
use crate::schema::{self, Removal, Schema};
use crate::server_rules;

/// No release has the kind, or this one not in this version.
pub static UNKNOWN_KIND: Rule = Rule {
    id: "kubectl/unknown-kind",
    level: Level::Error,
    summary: "the API server has no such kind",
    why: "kubectl looks every kind up before it writes anything and drops a document whose kind it cannot find; the others are applied",
    docs: include_str!("unknown-kind.md"),
};

/// The version of the API was removed.
pub static REMOVED_API: Rule = Rule {
    id: "kubectl/removed-api",
    level: Level::Error,
    summary: "this version of the API is no longer served",
    why: "the API server stopped serving it, so kubectl finds no resource for the kind; the other documents are applied",
    docs: include_str!("removed-api.md"),
};

/// The CRD is in the same apply.
pub static CRD_IN_SAME_APPLY: Rule = Rule {
    id: "kubectl/crd-in-same-apply",
    level: Level::Error,
    summary: "the custom resource is applied together with its CRD",
    why: "kubectl looks every kind up before it writes anything, so on the first run the CRD is created and its custom resources fail, in whatever order they stand",
    docs: include_str!("crd-in-same-apply.md"),
};

/// kubectl's message, and the finding.
pub fn judge(object: &Object, schema: Schema, crd_in_set: bool, options: &ApplyOptions) -> (String, Finding) {
    let gvk = &object.gvk;
    let message = format!("no matches for kind \"{}\" in version \"{}\"", gvk.kind, gvk.api_version());
    let minor = options.minor;
    let mut mend = None;
    let (rule, field, help): (&'static Rule, _, _) = if crd_in_set {
        let help = "apply the CRD in a run of its own, wait until it is established (kubectl wait --for condition=established crd/NAME), then apply the rest";
        (&CRD_IN_SAME_APPLY, "kind", Some(help.to_owned()))
    } else if let Some(removal) = schema::removal(&gvk.group, &gvk.version, &gvk.kind).filter(|r| r.removed_in <= minor)
    {
        let replacement = match (removal.replacement_kind, removal.replacement_api_version) {
            ("", _) => String::new(),
            (kind, to) if kind == gvk.kind => format!("; use apiVersion {to}"),
            (kind, to) => format!("; use {to} {kind}"),
        };
        let help =
            format!("{} {} was removed in Kubernetes {}{replacement}", gvk.api_version(), gvk.kind, removal.removed_in);
        mend = replace_removed(object, schema, removal);
        (&REMOVED_API, "apiVersion", Some(help))
    } else {
        let (field, help) = suggestion(object, schema);
        mend = correct_kind(object, schema);
        (&UNKNOWN_KIND, field, help)
    };
    let finding = Finding::in_object(rule, &message, object, FieldPath::of(&[field])).with_mend(mend);
    (message, Finding { help, ..finding })
}

/// The version that took the place of a removed one, if the object as it stands is whole in it: it decodes without any
/// fault, and the API server's rules accept it. Safe if it is also known to mean the same there.
fn replace_removed(object: &Object, schema: Schema, removal: Removal) -> Option<Mend> {
    if removal.replacement_kind != object.gvk.kind || !is_whole_as(object, schema, removal.replacement_api_version) {
        return None;
    }
    let sure = if removal.means_the_same { Applicability::Safe } else { Applicability::Unsafe };
    Mend::write(object.root().entry("apiVersion")?.value, removal.replacement_api_version, sure)
}

/// The kind or version that was meant. Safe for the kind of that version that has the same letters; unsafe for the one
/// that is nearest, or the only version that serves the kind, if the object is whole in it.
fn correct_kind(object: &Object, schema: Schema) -> Option<Mend> {
    let Object { gvk, .. } = object;
    if schema.kind(&gvk.group, &gvk.version, &gvk.kind).is_some() {
        return None;
    }
    let served = || schema.kinds().filter(|kind| kind.served_by_default);
    let kind = object.root().entry("kind").map(|entry| entry.value)?;
    let in_version: Vec<&str> =
        served().filter(|kind| kind.group == gvk.group && kind.version == gvk.version).map(|kind| kind.kind).collect();
    if let Some(same) = schema::same_letters(&gvk.kind, in_version.iter().copied()) {
        return Mend::write(kind, same, Applicability::Safe);
    }
    let versions: Vec<String> = served().filter(|kind| kind.kind == gvk.kind).map(|kind| kind.api_version()).collect();
    if let [only] = versions.as_slice() {
        let api_version = object.root().entry("apiVersion")?.value;
        return is_whole_as(object, schema, only).then(|| Mend::write(api_version, only, Applicability::Unsafe))?;
    }
    let near = schema::nearest_alone(&gvk.kind, in_version).filter(|_| versions.is_empty())?;
    let renamed = Object { gvk: GroupVersionKind { kind: near.to_owned(), ..gvk.clone() }, ..object.clone() };
    is_whole(&renamed, schema).then(|| Mend::write(kind, near, Applicability::Unsafe))?
}

fn is_whole_as(object: &Object, schema: Schema, api_version: &str) -> bool {
    let gvk = GroupVersionKind::parse(api_version, &object.gvk.kind);
    gvk.is_some_and(|gvk| is_whole(&Object { gvk, ..object.clone() }, schema))
}

/// Whether the API server accepts the object, and drops nothing of it.
fn is_whole(object: &Object, schema: Schema) -> bool {
    let gvk = &object.gvk;
    let kind = schema.kind(&gvk.group, &gvk.version, &gvk.kind).filter(|kind| kind.served_by_default);
    kind.is_some_and(|kind| {
        decode::decode(object, &kind, schema, FieldValidation::Strict).findings.is_empty()
            && server_rules::validate(object, schema.minor()).iter().all(|finding| finding.level != Level::Error)
    })
}

fn suggestion(object: &Object, schema: Schema) -> (&'static str, Option<String>) {
    let gvk = &object.gvk;
    let served = || schema.kinds().filter(|kind| kind.served_by_default);
    let same_kind: Vec<String> = served().filter(|kind| kind.kind == gvk.kind).map(|kind| kind.api_version()).collect();
    if schema.kind(&gvk.group, &gvk.version, &gvk.kind).is_some() {
        let api_version = gvk.api_version();
        let instead =
            if same_kind.is_empty() { String::new() } else { format!("; served by default: {}", same_kind.join(", ")) };
        let help = format!(
            "an API server does not serve {api_version} unless started with --runtime-config={api_version}=true{instead}"
        );
        return ("apiVersion", Some(help));
    }
    if !same_kind.is_empty() {
        return ("apiVersion", Some(format!("{} is served as apiVersion {}", gvk.kind, same_kind.join(" or "))));
    }
    let in_version: Vec<&str> =
        served().filter(|kind| kind.group == gvk.group && kind.version == gvk.version).map(|kind| kind.kind).collect();
    if let Some(near) = schema::nearest(&gvk.kind, in_version) {
        return ("kind", Some(format!("did you mean {near}?")));
    }
    if schema.group_exists(&gvk.group) {
        return ("kind", None);
    }
    ("kind", Some("if it is a custom resource, give its CRD with --crds or in --cluster".to_owned()))
}
