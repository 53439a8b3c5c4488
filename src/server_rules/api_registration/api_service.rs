//! `APIService`: which server answers for a group and version.

use crate::finding::{FieldErrors, Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{bytes, names, ports, report};
use crate::yaml::NodeRef;

/// An `APIService`'s own fields.
pub static RULE: Rule = Rule {
    id: "api/api-service",
    level: Level::Error,
    summary: "an APIService's name, group, version, priorities or service are not valid",
    why: "the aggregator routes requests by group and version and must know how to reach and trust the server",
    docs: include_str!("api-service.md"),
};

/// Judges an `APIService` on creation (`ValidateAPIService`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let root = judge.root;
    let spec = root.get("spec");
    let path = Path::ROOT.field("spec");
    let errors = &mut judge.errors;
    let group = spec.text("group");
    let version = spec.text("version");
    validate_name(root, &format!("{version}.{group}"), errors);
    if group.is_empty() && version != "v1" {
        errors.required(&path.field("group"), "only v1 may have an empty group and it better be legacy kube");
    }
    if !group.is_empty() {
        report(names::dns_1123_subdomain(group), &path.field("group"), group, errors);
    }
    report(names::dns_1035_label(version), &path.field("version"), version, errors);
    for (field, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1000)] {
        let priority = spec.int(field).unwrap_or(0);
        if !(1..=most).contains(&priority) {
            errors.invalid(&path.field(field), &priority, &format!("must be positive and less than {most}"));
        }
    }
    let bundle = spec.and_then(|spec| spec.get("caBundle")).map_or(0, bytes::length);
    let is_insecure = spec.flag("insecureSkipTLSVerify");
    let insecure_path = path.field("insecureSkipTLSVerify");
    let Some(service) = spec.and_then(|spec| spec.get("service")) else {
        if bundle > 0 {
            let shown = format!("{bundle} bytes");
            errors.invalid(&path.field("caBundle"), &shown, "local APIServices may not have a caBundle");
        }
        if is_insecure {
            errors.invalid(&insecure_path, &true, "local APIServices may not have insecureSkipTLSVerify");
        }
        return;
    };
    let path = path.field("service");
    for field in ["namespace", "name"] {
        if service.text(field).is_empty() {
            errors.required(&path.field(field), "");
        }
    }
    let port = service.int("port").unwrap_or(443);
    if !ports::is_port_number(port) {
        let text = format!("port is not valid: {}", ports::PORT_NUMBER_MESSAGE);
        errors.invalid(&path.field("port"), &port, &text);
    }
    if is_insecure && bundle > 0 {
        errors.invalid(&insecure_path, &true, "may not be true if caBundle is present");
    }
}

/// The name is the version and the group; what cannot stand in a path is told with the metadata.
fn validate_name(root: NodeRef<'_>, needed: &str, errors: &mut FieldErrors) {
    let metadata = root.get("metadata");
    for field in ["generateName", "name"] {
        let name = metadata.text(field);
        if !name.is_empty() && name != needed && names::path_segment_name(name).is_empty() {
            let text = format!("must be `spec.version+\".\"+spec.group`: \"{needed}\"");
            errors.invalid(&Path::ROOT.field("metadata").field(field), name, &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::{errors_of, errors_with};
    use serde_json::{Value, json};

    fn service() -> Value {
        json!({
            "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.tides.example"},
            "spec": {
                "group": "tides.example", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 15,
                "service": {"namespace": "quay", "name": "tides"},
            },
        })
    }

    #[test]
    fn the_name_is_version_and_group() {
        assert_eq!(errors_of(&service()), Vec::<String>::new());
        assert_eq!(
            errors_with(&service(), "/metadata/name", Some(json!("tides"))),
            ["metadata.name: Invalid value: \"tides\": must be `spec.version+\".\"+spec.group`: \"v1.tides.example\""]
        );
    }

    #[test]
    fn priorities_and_ports_are_in_range() {
        assert_eq!(
            errors_with(&service(), "/spec/versionPriority", None),
            ["spec.versionPriority: Invalid value: 0: must be positive and less than 1000"]
        );
        assert_eq!(
            errors_with(&service(), "/spec/service/port", Some(json!(0))),
            ["spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive"]
        );
    }

    #[test]
    fn trust_is_given_in_one_way() {
        let mut both = service();
        both["spec"]["caBundle"] = json!("AAAA");
        both["spec"]["insecureSkipTLSVerify"] = json!(true);
        assert_eq!(
            errors_of(&both),
            ["spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present"]
        );
    }
}
