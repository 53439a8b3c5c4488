//! The schemas in the program are those of the text in `schemas/`, and hang together in every minor.

#[path = "../xtask/src/table/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the task writes the text too; here it is only read")]
mod table;

use seaworthy::schema::{Definition, Facts, ListType, Minor, Schema, Type, removal, served_in};
use std::collections::BTreeSet;
use std::path::Path;
use table::{Minors, Table, What};

fn text() -> Table {
    Table::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")).unwrap_or_else(|broken| panic!("{broken}"))
}

#[test]
fn the_packed_form_is_made_of_the_text() {
    let packed = table::pack(&text());
    let again = "make it anew: cargo xtask schemas --pack";
    assert!(packed.strings == include_str!("../schemas/packed/strings.txt"), "strings.txt is old; {again}");
    assert!(packed.tables == include_bytes!("../schemas/packed/tables.bin"), "tables.bin is old; {again}");
}

#[test]
fn the_bundled_minors_are_those_of_the_text() {
    assert_eq!((Minor::OLDEST.0, Minor::LATEST.0), (Minors::OLDEST, Minors::LATEST));
}

#[test]
fn every_field_of_the_text_is_read_back_in_every_minor() {
    let text = text();
    for minor in Minor::all() {
        let schema = Schema::of(minor);
        let mut count = 0;
        for (name, written) in text.definitions.iter().filter(|(_, written)| written.minors.contains(minor.0)) {
            let read = schema.definition(name).unwrap_or_else(|| panic!("{name} in {minor}"));
            assert_eq!(read.atomic, written.atomic.contains(minor.0), "{name} in {minor}");
            let fields: Vec<_> = written.fields.iter().filter(|field| field.minors.contains(minor.0)).collect();
            assert_eq!(read.fields.len(), fields.len(), "{name} in {minor}");
            for field in fields {
                let found = read.field(&field.name).unwrap_or_else(|| panic!("{name} {} in {minor}", field.name));
                assert_eq!(words(&found.ty), field.ty, "{name} {} in {minor}", field.name);
                assert_eq!(found.listed_required, field.required, "{name} {} in {minor}", field.name);
                assert_eq!(found.list_map_keys, field.list_map_keys, "{name} {} in {minor}", field.name);
                assert_eq!(found.patch_merge_key.unwrap_or_default(), field.merge_key, "{name} {}", field.name);
                assert_eq!(found.patch_strategy.unwrap_or_default(), field.strategy, "{name} {}", field.name);
                let known = text.facts.get(name).and_then(|facts| facts.get(&field.name));
                let known = known.into_iter().flatten().filter(|fact| fact.minors.contains(minor.0));
                assert_eq!(facts(&found.facts), known.map(|fact| format!("{:?}", fact.what)).collect());
            }
            count += 1;
        }
        assert_eq!(schema.definitions().count(), count, "{minor}");
    }
}

/// Facts as the text has them.
fn facts(facts: &Facts) -> BTreeSet<String> {
    let text = str::to_owned;
    let allowed = || facts.allowed.iter().map(|value| text(value)).collect();
    [
        facts.required.then_some(What::Required),
        facts.immutable.then_some(What::Immutable),
        facts.pointer.then_some(What::Pointer),
        (!facts.allowed.is_empty()).then(|| What::Enum(allowed())),
        facts.default.map(text).map(What::Default),
        facts.minimum.map(What::Minimum),
        facts.maximum.map(What::Maximum),
        facts.format.map(text).map(What::Format),
        facts.go_type.map(text).map(What::Go),
        facts.embedded.map(text).map(What::Embedded),
    ]
    .into_iter()
    .flatten()
    .map(|what| format!("{what:?}"))
    .collect()
}

/// A type in the words of the text.
fn words(ty: &Type) -> String {
    let plain = match ty {
        Type::Bool => "bool",
        Type::Int32 => "int32",
        Type::Int64 => "int64",
        Type::Float64 => "float64",
        Type::String => "string",
        Type::Bytes => "bytes",
        Type::IntOrString => "int-or-string",
        Type::Quantity => "quantity",
        Type::Time => "time",
        Type::MicroTime => "micro-time",
        Type::Duration => "duration",
        Type::Any => "any",
        Type::SchemaOrBool => "schema-or-bool",
        Type::SchemaOrArray => "schema-or-array",
        Type::SchemaOrStringArray => "schema-or-string-array",
        Type::Object(name) => name,
        Type::List(element) => return format!("[]{}", words(element)),
        Type::Map(value) => return format!("map[string]{}", words(value)),
    };
    plain.to_owned()
}

#[test]
fn every_definition_that_is_named_exists_in_the_same_minor() {
    for minor in Minor::all() {
        let schema = Schema::of(minor);
        for definition in schema.definitions() {
            for field in &definition.fields {
                let mut ty = &field.ty;
                while let Type::List(inner) | Type::Map(inner) = ty {
                    ty = inner;
                }
                if let Type::Object(name) = ty {
                    assert!(schema.definition(name).is_some(), "{minor} {} {}: {name}", definition.name, field.name);
                }
            }
        }
    }
}

#[test]
fn the_keys_of_a_list_are_fields_of_its_elements() {
    for minor in Minor::all() {
        let schema = Schema::of(minor);
        // CSIStorageCapacityList names a key that its items do not have, until 1.29; nobody applies a list.
        for definition in schema.definitions().filter(|definition| !definition.name.ends_with("List")) {
            for field in definition.fields.iter().filter(|field| field.list_type == ListType::Map) {
                let Type::List(element) = &field.ty else { panic!("{} {} is no list", definition.name, field.name) };
                let Type::Object(element) = **element else { panic!("{} {}", definition.name, field.name) };
                let element = schema.definition(element).unwrap();
                assert!(!field.list_map_keys.is_empty(), "{} {}", definition.name, field.name);
                for key in &field.list_map_keys {
                    assert!(element.field(key).is_some(), "{minor} {} {}: {key}", definition.name, field.name);
                }
            }
        }
    }
}

#[test]
fn every_kind_of_every_minor_has_a_plural_and_a_scope() {
    let text = text();
    let known: BTreeSet<String> = text.kinds.iter().map(table::Kind::written).collect();
    // These describe the API, or answer requests; none is a resource.
    let no_resources = ["v1/APIGroup", "v1/APIGroupList", "v1/APIResourceList", "v1/APIVersions", "v1/Status"];
    for (name, definition) in text.definitions.iter().filter(|(_, definition)| !definition.kind.is_empty()) {
        let kind = definition.kind.as_str();
        let is_list = kind.strip_suffix("List").is_some_and(|item| known.contains(item));
        assert!(
            is_list || known.contains(kind) || no_resources.contains(&kind),
            "{name}: facts/kinds.txt does not say what {kind} is"
        );
    }
    for minor in Minor::all() {
        for kind in Schema::of(minor).kinds() {
            assert!(!kind.plural.is_empty() && !kind.plural.contains('/'), "{kind:?}");
            assert!(Schema::of(minor).definition(kind.definition).is_some(), "{minor} {kind:?}");
            assert_eq!(Schema::of(minor).kind(kind.group, kind.version, kind.kind), Some(kind));
        }
    }
}

fn definition(minor: u8, name: &str) -> &'static Definition {
    Schema::of(Minor(minor)).definition(name).unwrap_or_else(|| panic!("{name} in 1.{minor}"))
}

#[test]
fn ports_of_a_service_are_a_map_by_port_and_protocol_and_merge_by_port() {
    let service = definition(36, "io.k8s.api.core.v1.ServiceSpec");
    let ports = service.field("ports").unwrap();
    assert_eq!(ports.ty, Type::List(Box::new(Type::Object("io.k8s.api.core.v1.ServicePort"))));
    assert_eq!((ports.list_type, &ports.list_map_keys[..]), (ListType::Map, &["port", "protocol"][..]));
    assert_eq!((ports.patch_merge_key, ports.patch_strategy), (Some("port"), Some("merge")));
    let port = definition(36, "io.k8s.api.core.v1.ServicePort");
    assert_eq!(port.field("targetPort").unwrap().ty, Type::IntOrString);
    assert!(port.field("port").unwrap().listed_required);
    assert_eq!(port.field("Port").map(|field| field.name), None);
}

#[test]
fn types_that_read_their_own_json_are_told_apart() {
    let resources = definition(30, "io.k8s.api.core.v1.ResourceRequirements");
    assert_eq!(resources.field("limits").unwrap().ty, Type::Map(Box::new(Type::Quantity)));
    let secret = definition(30, "io.k8s.api.core.v1.Secret");
    assert_eq!(secret.field("data").unwrap().ty, Type::Map(Box::new(Type::Bytes)));
    let lease = definition(30, "io.k8s.api.coordination.v1.LeaseSpec");
    assert_eq!(lease.field("renewTime").unwrap().ty, Type::MicroTime);
    let meta = definition(30, "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
    assert_eq!(meta.field("creationTimestamp").unwrap().ty, Type::Time);
    let revision = definition(30, "io.k8s.api.apps.v1.ControllerRevision");
    assert_eq!(revision.field("data").unwrap().ty, Type::Any);
    let schema = definition(30, "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
    assert_eq!(schema.field("items").unwrap().ty, Type::SchemaOrArray);
    assert_eq!(schema.field("additionalProperties").unwrap().ty, Type::SchemaOrBool);
}

#[test]
fn fields_come_and_go_with_the_minors() {
    let service = |minor| definition(minor, "io.k8s.api.core.v1.ServiceSpec");
    assert!(service(29).field("trafficDistribution").is_none());
    assert!(service(30).field("trafficDistribution").is_some());
    assert!(Schema::of(Minor(33)).definition("io.k8s.api.resource.v1.DeviceClass").is_none());
    assert!(Schema::of(Minor(34)).definition("io.k8s.api.resource.v1.DeviceClass").is_some());
    assert!(Schema::of(Minor(24)).definition("io.k8s.api.core.v1.Pod").is_none());
    assert!(Schema::of(Minor(255)).definition("io.k8s.api.core.v1.Pod").is_none());
}

#[test]
fn kinds_have_the_scope_and_the_plural_of_the_server() {
    let schema = Schema::of(Minor::LATEST);
    for (group, version, kind, plural, namespaced) in [
        ("", "v1", "Endpoints", "endpoints", true),
        ("", "v1", "Namespace", "namespaces", false),
        ("apps", "v1", "Deployment", "deployments", true),
        ("networking.k8s.io", "v1", "Ingress", "ingresses", true),
        ("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", true),
        ("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false),
        ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false),
    ] {
        let found = schema.kind(group, version, kind).unwrap_or_else(|| panic!("{kind}"));
        assert_eq!((found.plural, found.namespaced), (plural, namespaced), "{kind}");
        assert!(found.served_by_default, "{kind}");
    }
}

#[test]
fn a_kind_in_lower_case_is_found_only_when_asked_for() {
    let schema = Schema::of(Minor::LATEST);
    assert_eq!(schema.kind("apps", "v1", "deployment"), None);
    assert_eq!(schema.kind_any_case("apps", "v1", "deployment").map(|kind| kind.kind), Some("Deployment"));
    assert_eq!(schema.kind_any_case("apps", "v1", "DEPLOYMENT"), None);
    assert_eq!(schema.kind_any_case("", "v1", "deployment"), None);
}

#[test]
fn what_is_not_served_by_default_is_not_found_as_kubectl_looks() {
    let schema = Schema::of(Minor(36));
    for kind in ["Workload", "workload"] {
        assert_eq!(schema.kind_any_case("scheduling.k8s.io", "v1alpha2", kind), None, "{kind}");
    }
    assert!(schema.kind("scheduling.k8s.io", "v1alpha2", "Workload").is_some());
}

#[test]
fn groups_of_kubernetes_stay_its_own() {
    let schema = Schema::of(Minor::LATEST);
    for group in ["", "apps", "extensions", "settings.k8s.io", "lifecycle.k8s.io", "policy"] {
        assert!(schema.group_exists(group), "{group}");
    }
    for group in ["example.com", "gateway.networking.k8s.io", "k8s.io", "App"] {
        assert!(!schema.group_exists(group), "{group}");
    }
}

#[test]
fn what_can_only_be_asked_cannot_be_listed() {
    let schema = Schema::of(Minor::LATEST);
    let review = schema.kind("authentication.k8s.io", "v1", "TokenReview").unwrap();
    assert!(review.verbs.contains("create") && !review.verbs.contains("get") && !review.verbs.contains("patch"));
    let status = schema.kind("", "v1", "ComponentStatus").unwrap();
    assert!(status.verbs.contains("get") && !status.verbs.contains("create"));
    for (group, kind) in [("policy", "Eviction"), ("autoscaling", "Scale"), ("", "PodList"), ("", "Status")] {
        assert_eq!(schema.kind(group, "v1", kind), None, "{kind}");
    }
}

#[test]
fn alpha_and_new_beta_versions_are_not_served_by_default() {
    let served = |group, version, kind| served_in(group, version, kind).to_string();
    assert_eq!(served("admissionregistration.k8s.io", "v1beta1", "ValidatingAdmissionPolicy"), "none");
    assert_eq!(served("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy"), "1.30 to 1.37");
    assert_eq!(served("flowcontrol.apiserver.k8s.io", "v1beta3", "FlowSchema"), "1.26 to 1.31");
    assert_eq!(served("autoscaling", "v2beta2", "HorizontalPodAutoscaler"), "1.25");
    assert_eq!(served("storage.k8s.io", "v1beta1", "CSIStorageCapacity"), "1.25 to 1.26");
    assert_eq!(served("apps", "v1", "Deployment"), "1.25 to 1.37");
    assert_eq!(served("apps", "v1beta1", "Deployment"), "none");
    let alpha = Schema::of(Minor(34)).kind("storage.k8s.io", "v1alpha1", "VolumeAttributesClass").unwrap();
    assert!(!alpha.served_by_default);
}

#[test]
fn kinds_that_end_with_a_minor_are_told_as_removed_in_the_next() {
    let text = text();
    for kind in text.kinds.iter().filter(|kind| !kind.subresource) {
        let definition = &text.definitions[text.definition_of(kind).unwrap()];
        let last = Minor(definition.minors.iter().last().unwrap());
        let removed = removal(&kind.group, &kind.version, &kind.name).map(|removal| removal.removed_in);
        let expected = (last < Minor::LATEST).then_some(Minor(last.0 + 1));
        // A name that came back with another meaning was removed before it came.
        if removed.is_none_or(|removed| removed > last) {
            assert_eq!(removed, expected, "{}", kind.written());
        }
    }
}

#[test]
fn what_replaces_a_removed_kind_exists() {
    for gone in text().removals {
        let removal = removal(&gone.group, &gone.version, &gone.name).unwrap();
        assert_eq!(removal.removed_in, Minor(gone.removed_in));
        if !gone.instead.is_empty() {
            let (api_version, kind) = (removal.replacement_api_version, removal.replacement_kind);
            let found =
                Schema::of(Minor::LATEST).kinds().any(|known| known.api_version() == api_version && known.kind == kind);
            assert!(found, "{api_version} {kind}");
        }
    }
}

/// Whether two definitions have the same fields, and so on in what these hold; `seen` are the pairs under way.
fn have_one_shape(schema: Schema, old: &str, new: &str, seen: &mut Vec<(String, String)>) -> bool {
    let pair = (old.to_owned(), new.to_owned());
    if old == new || seen.contains(&pair) {
        return true;
    }
    seen.push(pair);
    let (Some(old), Some(new)) = (schema.definition(old), schema.definition(new)) else { return false };
    old.fields.len() == new.fields.len()
        && old
            .fields
            .iter()
            .zip(&new.fields)
            .all(|(old, new)| old.name == new.name && have_one_type(schema, &old.ty, &new.ty, seen))
}

fn have_one_type(schema: Schema, old: &Type, new: &Type, seen: &mut Vec<(String, String)>) -> bool {
    match (old, new) {
        (Type::Object(old), Type::Object(new)) => have_one_shape(schema, old, new, seen),
        (Type::List(old), Type::List(new)) | (Type::Map(old), Type::Map(new)) => have_one_type(schema, old, new, seen),
        _ => old == new,
    }
}

#[test]
fn what_means_the_same_has_one_shape() {
    let mut compared = 0;
    for gone in text().removals.iter().filter(|gone| gone.same) {
        assert!(removal(&gone.group, &gone.version, &gone.name).unwrap().means_the_same, "{gone:?}");
        let (api_version, kind) = gone.instead.rsplit_once('/').expect("a kind takes its place");
        let (group, version) = api_version.rsplit_once('/').expect("a group");
        for minor in Minor::all() {
            let schema = Schema::of(minor);
            let (old, new) = (schema.kind(&gone.group, &gone.version, &gone.name), schema.kind(group, version, kind));
            if let (Some(old), Some(new)) = (old, new) {
                compared += 1;
                assert!(have_one_shape(schema, old.definition, new.definition, &mut Vec::new()), "{gone:?} in {minor}");
            }
        }
    }
    assert!(compared >= 5, "{compared}");
    assert!(!removal("policy", "v1beta1", "PodDisruptionBudget").unwrap().means_the_same);
}

#[test]
fn kinds_removed_before_the_oldest_minor_are_known() {
    let removed = |group, version, kind| removal(group, version, kind).map(|removal| removal.to_string());
    assert_eq!(
        removed("extensions", "v1beta1", "Ingress").as_deref(),
        Some("removed in 1.22; use networking.k8s.io/v1 Ingress")
    );
    assert_eq!(removed("apps", "v1beta2", "Deployment").as_deref(), Some("removed in 1.16; use apps/v1 Deployment"));
    assert_eq!(
        removed("policy", "v1beta1", "PodSecurityPolicy").as_deref(),
        Some("removed in 1.25; nothing replaces it")
    );
    assert_eq!(removed("apps", "v1", "Deployment"), None);
}

#[test]
fn facts_fit_the_type_of_their_field() {
    for minor in Minor::all() {
        for definition in Schema::of(minor).definitions() {
            for field in &definition.fields {
                let place = format!("{minor} {} {}", definition.name, field.name);
                let facts = &field.facts;
                let is_text = match &field.ty {
                    Type::List(element) => **element == Type::String,
                    ty => *ty == Type::String,
                };
                assert!(facts.allowed.is_empty() || is_text, "{place}: values are listed for {:?}", field.ty);
                let is_number = matches!(field.ty, Type::Int32 | Type::Int64);
                assert!(facts.minimum.is_none() && facts.maximum.is_none() || is_number, "{place}: {:?}", field.ty);
                assert!(facts.minimum.zip(facts.maximum).is_none_or(|(least, most)| least < most), "{place}");
                let Some(default) = facts.default else { continue };
                let default: serde_json::Value = serde_json::from_str(default).expect(&place);
                let fits = match &field.ty {
                    Type::Bool => default.is_boolean(),
                    Type::Int32 | Type::Int64 => default.is_i64(),
                    Type::String => default.is_string(),
                    Type::IntOrString => default.is_i64() || default.is_string(),
                    Type::Object(_) => default.is_object(),
                    Type::List(_) => default.is_array(),
                    _ => false,
                };
                assert!(fits, "{place}: {default} for {:?}", field.ty);
                if let (Some(text), false) = (default.as_str(), facts.allowed.is_empty()) {
                    assert!(facts.allowed.contains(&text), "{place}: {text} is not among {:?}", facts.allowed);
                }
            }
        }
    }
}

#[test]
fn facts_change_with_the_minors() {
    let field = |minor, name, field: &str| definition(minor, name).field(field).unwrap_or_else(|| panic!("{field}"));
    let kind = field(36, "io.k8s.api.core.v1.ServiceSpec", "type");
    assert_eq!(kind.facts.allowed, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]);
    assert_eq!((kind.facts.default, kind.go_type().as_str()), (Some("\"ClusterIP\""), "v1.ServiceType"));
    let policy = |minor| field(minor, "io.k8s.api.core.v1.ServiceSpec", "externalTrafficPolicy").go_type();
    assert_eq!(
        (policy(26).as_str(), policy(27).as_str()),
        ("v1.ServiceExternalTrafficPolicyType", "v1.ServiceExternalTrafficPolicy")
    );
    let action = |minor| &field(minor, "io.k8s.api.batch.v1.PodFailurePolicyRule", "action").facts.allowed;
    assert!(!action(28).contains(&"FailIndex") && action(29).contains(&"FailIndex"));
    let limits = field(36, "io.k8s.api.core.v1.ResourceRequirements", "limits");
    assert_eq!(limits.go_type(), "v1.ResourceList");
    let ports = field(36, "io.k8s.api.core.v1.ServiceSpec", "ports");
    assert_eq!(ports.go_type(), "[]v1.ServicePort");
    let host_path = field(36, "io.k8s.api.core.v1.Volume", "hostPath");
    assert_eq!((host_path.facts.embedded, host_path.facts.pointer), (Some("VolumeSource"), true));
}
