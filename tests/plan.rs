//! What becomes of each object of an apply: one small set of files for each thing kubectl and the API server do.

use seaworthy::advice::Groups;
use seaworthy::apply::{ApplyOptions, LabelSelector, Method, Together};
use seaworthy::decode::FieldValidation;
use seaworthy::finding::Level;
use seaworthy::pipeline::{Catalogue, PlanRequest, plan};
use seaworthy::report::Report;
use seaworthy::schema::{Minor, VersionRange};
use seaworthy::source::render::Tools;
use std::fs;
use tempfile::TempDir;

/// Files of a set and of its surroundings: `set/…` is applied, `cluster/…`, `crds/…` and `base/…` are what they say.
struct Scene {
    root: TempDir,
    request: PlanRequest,
}

impl Scene {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().expect("a directory");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            fs::write(path, text).expect("a file");
        }
        let given = |name: &str| {
            let path = root.path().join(name);
            if path.exists() { vec![path.to_string_lossy().into_owned()] } else { Vec::new() }
        };
        let (cluster, crds, base) = (given("cluster"), given("crds"), given("base"));
        let options = ApplyOptions {
            field_manager: None,
            force_conflicts: false,
            method: Method::Kubectl,
            namespace: None,
            validation: FieldValidation::Strict,
            minor: Minor(36),
            kubectl_minor: Minor(36),
            together: Together::All,
            closed_world: !cluster.is_empty(),
            context_namespace: None,
        };
        let request = PlanRequest {
            catalogue: Catalogue::default(),
            filenames: given("set"),
            kustomize: None,
            tools: Tools::default(),
            recursive: true,
            options,
            versions: Some(Minor(36).into()),
            selector: None,
            cluster,
            policies: Vec::new(),
            crds,
            base,
            prune: None,
            advice: Groups::default(),
            server: None,
        };
        Self { root, request }
    }

    fn report(&self) -> Report {
        plan(&self.request, &mut std::io::empty()).expect("a plan")
    }

    /// `kind/name outcome` for each object, in order.
    fn outcomes(&self) -> Vec<String> {
        let report = self.report();
        let attempts = report.sets.iter().flat_map(|set| &set.attempts);
        attempts.map(|attempt| format!("{}/{} {}", attempt.kind, attempt.name, attempt.outcome.word())).collect()
    }

    /// `rule: message` for each finding, in order.
    fn findings(&self) -> Vec<String> {
        let root = format!("{}/", self.root.path().display());
        let report = self.report();
        let all = report.findings.iter().map(|finding| format!("{}: {}", finding.rule.id, finding.message));
        all.map(|text| text.replace(&root, "")).collect()
    }
}

fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}

fn in_namespace(name: &str, namespace: &str) -> String {
    format!("{}  namespace: {namespace}\n", config_map(name))
}

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: quay\n";

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: crane, namespace: quay}
spec:
  serviceAccountName: operator
  containers: [{name: crane, image: registry.example.com/crane:1}]
";

const CRD: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: berths.harbour.example.com}
spec:
  group: harbour.example.com
  scope: Namespaced
  names: {plural: berths, singular: berth, kind: Berth, listKind: BerthList}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {depth: {type: integer}}}}}}
";

const BERTH: &str =
    "apiVersion: harbour.example.com/v1\nkind: Berth\nmetadata: {name: north, namespace: default}\nspec: {depth: 12}\n";

#[test]
fn a_document_that_does_not_parse_costs_the_rest_of_its_file() {
    let broken = format!("{}---\nkind: Service\nmetadata: {{name: web\n---\n{}", config_map("a"), config_map("never"));
    let scene = Scene::new(&[("set/1.yaml", &broken), ("set/2.yaml", &config_map("b"))]);
    assert_eq!(
        scene.outcomes(),
        ["ConfigMap/a created", "Service/ failed", "ConfigMap/never skipped", "ConfigMap/b created"]
    );
    assert!(scene.findings()[0].starts_with("kubectl/parse: error parsing set/1.yaml: "), "{:?}", scene.findings());
}

#[test]
fn a_document_without_kind_costs_the_rest_of_its_file() {
    let text = format!("apiVersion: v1\nmetadata: {{name: x}}\n---\n{}", config_map("never"));
    let scene = Scene::new(&[("set/1.yaml", &text), ("set/2.yaml", &config_map("b"))]);
    assert_eq!(scene.outcomes(), ["/x failed", "ConfigMap/never skipped", "ConfigMap/b created"]);
    assert_eq!(
        scene.findings(),
        [
            "kubectl/not-an-object: error validating \"set/1.yaml\": error validating data: kind not set; if you choose to \
          ignore these errors, turn validation off with --validate=false"
        ]
    );
}

#[test]
fn without_validation_it_costs_that_document_alone() {
    let text = format!("apiVersion: v1\nmetadata: {{name: x}}\n---\n{}", config_map("after"));
    let mut scene = Scene::new(&[("set/1.yaml", &text)]);
    scene.request.options.validation = FieldValidation::Ignore;
    assert_eq!(scene.outcomes(), ["/x failed", "ConfigMap/after created"]);
}

#[test]
fn metadata_of_the_wrong_type_costs_that_document_alone() {
    let text = format!("{}  labels: {{tier: 2}}\n---\n{}", config_map("a"), config_map("b"));
    let scene = Scene::new(&[("set/1.yaml", &text)]);
    assert_eq!(scene.outcomes(), ["ConfigMap/a failed", "ConfigMap/b created"]);
    assert_eq!(
        scene.findings(),
        ["kubectl/metadata-type: unable to decode \"set/1.yaml\": json: cannot unmarshal number into Go struct field \
          ObjectMeta.metadata.labels of type string"]
    );
}

#[test]
fn an_unknown_kind_is_lost_before_anything_is_written() {
    let text = format!("apiVersion: v1\nkind: Configmap\nmetadata: {{name: a}}\n---\n{}", config_map("b"));
    let scene = Scene::new(&[("set/1.yaml", &text)]);
    assert_eq!(scene.outcomes(), ["Configmap/a failed", "ConfigMap/b created"]);
    let report = scene.report();
    assert_eq!(report.findings[0].message, "no matches for kind \"Configmap\" in version \"v1\"");
    assert_eq!(report.findings[0].help.as_deref(), Some("did you mean ConfigMap?"));
    let reason = report.sets[0].attempts[0].reason.as_deref().expect("a reason");
    assert!(reason.ends_with("\nensure CRDs are installed first"), "{reason}");
}

#[test]
fn a_removed_api_says_when_and_what_to_use() {
    let text =
        "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {maxUnavailable: 1}\n";
    let scene = Scene::new(&[("set/1.yaml", text)]);
    let finding = &scene.report().findings[0];
    assert_eq!(finding.rule.id, "kubectl/removed-api");
    let help = finding.help.as_deref().expect("help");
    assert!(help.contains("1.25") && help.contains("policy/v1"), "{help}");
}

#[test]
fn a_range_of_minors_names_those_in_which_a_finding_holds() {
    let text = "apiVersion: flowcontrol.apiserver.k8s.io/v1beta2\nkind: FlowSchema\nmetadata: {name: a}\nspec:\n  priorityLevelConfiguration: {name: exempt}\n";
    let mut scene = Scene::new(&[("set/1.yaml", text)]);
    scene.request.versions = Some(VersionRange { oldest: Minor(28), newest: Minor(29) });
    let report = scene.report();
    let removed = report.findings.iter().find(|finding| finding.rule.id == "kubectl/removed-api").expect("a finding");
    assert_eq!(removed.versions.as_deref(), Some("1.29"));
}

#[test]
fn one_bad_item_costs_the_whole_list_and_the_rest_of_the_file() {
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}}}\n- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: b}}, daat: {{}}}}\n---\n{}",
        config_map("never")
    );
    let scene = Scene::new(&[("set/1.yaml", &list)]);
    assert_eq!(scene.outcomes(), ["ConfigMap/a failed", "ConfigMap/b failed", "ConfigMap/never skipped"]);
    assert_eq!(
        scene.findings(),
        [
            "kubectl/client-side-validation: ValidationError(ConfigMap): unknown field \"daat\" in io.k8s.api.core.v1.ConfigMap"
        ]
    );
}

#[test]
fn items_of_a_list_of_one_kind_inherit_it() {
    let list = "apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n";
    let scene = Scene::new(&[("set/1.yaml", list)]);
    assert_eq!(scene.outcomes(), ["ConfigMap/a created", "ConfigMap/b created"]);
    let report = scene.report();
    assert_eq!(report.sets[0].attempts[1].origin.item, Some(1));
}

#[test]
fn another_namespace_than_the_enforced_one_is_refused() {
    let text = format!("{}---\n{}", in_namespace("a", "elsewhere"), config_map("b"));
    let mut scene = Scene::new(&[("set/1.yaml", &text)]);
    scene.request.options.namespace = Some("quay".to_owned());
    assert_eq!(scene.outcomes(), ["ConfigMap/a failed", "ConfigMap/b created"]);
    assert_eq!(scene.report().sets[0].attempts[1].namespace.as_deref(), Some("quay"));
    assert_eq!(
        scene.findings(),
        [
            "kubectl/namespace-mismatch: the namespace from the provided object \"elsewhere\" does not match the namespace \
          \"quay\". You must pass '--namespace=elsewhere' to perform this operation."
        ]
    );
}

#[test]
fn a_namespace_that_the_set_makes_later_is_missing_when_it_is_needed() {
    let text = format!("{}---\n{NAMESPACE}---\n{}", in_namespace("early", "quay"), in_namespace("late", "quay"));
    let scene = Scene::new(&[("set/1.yaml", &text)]);
    assert_eq!(scene.outcomes(), ["ConfigMap/early failed", "Namespace/quay created", "ConfigMap/late created"]);
    assert_eq!(scene.findings(), ["apply/namespace-missing: namespaces \"quay\" not found"]);
    assert_eq!(scene.report().findings[0].labels.len(), 2, "both places are labelled");
}

#[test]
fn a_namespace_nobody_shows_may_exist_unless_the_world_is_closed() {
    let text = in_namespace("a", "quay");
    let open = Scene::new(&[("set/1.yaml", &text)]);
    assert_eq!(open.outcomes(), ["ConfigMap/a created"]);
    let closed = Scene::new(&[("set/1.yaml", &text), ("cluster/all.yaml", &config_map("other"))]);
    assert_eq!(closed.outcomes(), ["ConfigMap/a failed"]);
    let known = Scene::new(&[("set/1.yaml", &text), ("cluster/all.yaml", NAMESPACE)]);
    assert_eq!(known.outcomes(), ["ConfigMap/a created"]);
}

#[test]
fn a_custom_resource_fails_in_the_run_that_brings_its_crd() {
    let scene = Scene::new(&[("set/1-crd.yaml", CRD), ("set/2-berth.yaml", BERTH)]);
    assert_eq!(scene.outcomes(), ["CustomResourceDefinition/berths.harbour.example.com created", "Berth/north failed"]);
    assert_eq!(
        scene.findings(),
        ["kubectl/crd-in-same-apply: no matches for kind \"Berth\" in version \"harbour.example.com/v1\""]
    );
    let known = Scene::new(&[("set/2-berth.yaml", BERTH), ("crds/crd.yaml", CRD)]);
    assert_eq!(known.outcomes(), ["Berth/north created"]);
    let unknown = Scene::new(&[("set/2-berth.yaml", BERTH)]);
    assert_eq!(unknown.outcomes(), ["Berth/north created"]);
    assert!(unknown.report().sets[0].attempts[0].unchecked.is_some(), "what was not judged is said");
}

#[test]
fn helm_installs_nothing_when_one_kind_is_unknown() {
    let text = format!("{}---\napiVersion: v1\nkind: Sevrice\nmetadata: {{name: s}}\n", config_map("a"));
    let mut scene = Scene::new(&[("set/1.yaml", &text)]);
    scene.request.options.method = Method::Helm;
    assert_eq!(scene.outcomes(), ["ConfigMap/a skipped", "Sevrice/s failed"]);
}

#[test]
fn argo_cd_stops_at_the_first_failure_and_flux_before_a_stage() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 99999}]}\n";
    let text = format!("{service}---\n{}---\n{NAMESPACE}", config_map("a"));
    let mut scene = Scene::new(&[("set/1.yaml", &text)]);
    scene.request.options.method = Method::ArgoCd;
    assert_eq!(scene.outcomes(), ["Namespace/quay created", "ConfigMap/a created", "Service/s failed"]);
    scene.request.options.method = Method::Flux;
    assert_eq!(scene.outcomes(), ["Namespace/quay created", "ConfigMap/a skipped", "Service/s skipped"]);
    scene.request.options.method = Method::Kubectl;
    assert_eq!(scene.outcomes(), ["Service/s failed", "ConfigMap/a created", "Namespace/quay created"]);
}

#[test]
fn apply_needs_a_name_and_create_generates_one() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: run-}\n";
    let mut scene = Scene::new(&[("set/1.yaml", text)]);
    assert_eq!(scene.findings(), ["kubectl/generate-name: from run-: cannot use generate name with apply"]);
    scene.request.options.method = Method::KubectlCreate;
    assert_eq!(scene.outcomes(), ["ConfigMap/ created"]);
}

#[test]
fn a_pod_needs_its_service_account_first() {
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: operator, namespace: quay}\n";
    let late = Scene::new(&[("set/1.yaml", &format!("{POD}---\n{account}"))]);
    assert_eq!(late.outcomes(), ["Pod/crane failed", "ServiceAccount/operator created"]);
    assert_eq!(
        late.findings(),
        [
            "apply/service-account-missing: pods \"crane\" is forbidden: error looking up service account quay/operator: \
          serviceaccount \"operator\" not found"
        ]
    );
    let early = Scene::new(&[("set/1.yaml", &format!("{account}---\n{POD}"))]);
    assert_eq!(early.outcomes(), ["ServiceAccount/operator created", "Pod/crane created"]);
}

#[test]
fn a_pod_leaves_priority_and_preemption_to_its_class() {
    let class = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: cargo}\nvalue: 100\npreemptionPolicy: Never\n";
    let pod = |field: &str| {
        POD.replace("  serviceAccountName: operator\n", &format!("  priorityClassName: cargo\n  {field}\n"))
    };
    let judged = |field: &str| Scene::new(&[("set/1.yaml", &format!("{class}---\n{}", pod(field)))]);
    for fine in ["priority: 100", "preemptionPolicy: Never"] {
        assert_eq!(judged(fine).outcomes()[1], "Pod/crane created", "{fine}");
    }
    let priority = judged("priority: 5").findings();
    assert!(priority[0].contains("the integer value of priority (5) must not be provided in pod spec"), "{priority:?}");
    let preemption = judged("preemptionPolicy: PreemptLowerPriority").findings();
    assert!(preemption[0].contains("computed Never from the given PriorityClass name"), "{preemption:?}");
}

#[test]
fn a_pod_is_held_to_the_standard_of_its_namespace() {
    let strict = format!("{NAMESPACE}  labels: {{pod-security.kubernetes.io/enforce: restricted}}\n");
    let pod = POD.replace("  serviceAccountName: operator\n", "");
    let scene = Scene::new(&[("set/1.yaml", &format!("{strict}---\n{pod}"))]);
    assert_eq!(scene.outcomes(), ["Namespace/quay created", "Pod/crane failed"]);
    assert!(scene.findings()[0].contains("violates PodSecurity \"restricted:latest\": "), "{:?}", scene.findings());
}

#[test]
fn an_address_or_port_is_given_away_once() {
    let service = |name: &str, port: u32| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{type: NodePort, ports: [{{port: 80, nodePort: {port}}}]}}\n"
        )
    };
    let text = format!("{}---\n{}---\n{}", service("a", 30100), service("b", 30100), service("c", 80));
    let text = format!("{text}---\n{}", service("d", 65536));
    let scene = Scene::new(&[("set/1.yaml", &text)]);
    assert_eq!(scene.outcomes(), ["Service/a created", "Service/b failed", "Service/c created", "Service/d failed"]);
    let findings = scene.findings();
    assert_eq!(
        findings[0],
        "apply/service-allocation: spec.ports[0].nodePort: Invalid value: 30100: provided port is already allocated"
    );
    assert!(
        findings[1].starts_with("apply/node-port-range: spec.ports[0].nodePort: Invalid value: 80: "),
        "{findings:?}"
    );
    assert!(findings[2].starts_with("apply/service-allocation: spec.ports[0].nodePort: Invalid value: 65536: "));
    assert!(findings[2].ends_with("The range of valid ports is 30000-32767"), "{findings:?}");
}

#[test]
fn what_is_live_is_changed_left_alone_or_refused() {
    let live = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: Opaque\n";
    let base = format!("{}data: {{a: one}}\n---\n{}---\n{live}", config_map("changed"), config_map("same"));
    let set = format!(
        "{}data: {{a: two}}\n---\n{}---\n{}",
        config_map("changed"),
        config_map("same"),
        live.replace("Opaque", "example.com/other")
    );
    let scene = Scene::new(&[("base/1.yaml", &base), ("set/1.yaml", &set)]);
    assert_eq!(scene.outcomes(), ["ConfigMap/changed configured", "ConfigMap/same unchanged", "Secret/s failed"]);
    let findings = scene.findings();
    assert!(findings[0].ends_with("type: Invalid value: \"example.com/other\": field is immutable"), "{findings:?}");
}

#[test]
fn a_label_selector_leaves_the_rest_out() {
    let text = format!("{}  labels: {{tier: front}}\n---\n{}", config_map("a"), config_map("b"));
    let mut scene = Scene::new(&[("set/1.yaml", &text)]);
    scene.request.selector = Some(LabelSelector::parse("tier=front").expect("a selector"));
    assert_eq!(scene.outcomes(), ["ConfigMap/a created"]);
}

#[test]
fn what_kubectl_loses_silently_is_a_warning_with_both_places() {
    let run_together = format!("{}{}", config_map("first"), config_map("second"));
    let cases = [
        ("data:\n  a: one\n  a: two\n", "yaml/duplicate-key"),
        ("data: {a: b}\n...\nmore: text\n", "yaml/text-after-document-end"),
        ("data:\n  big: 99999999999999999999\n", "yaml/precision-lost"),
    ];
    for (tail, rule) in cases {
        let scene = Scene::new(&[("set/1.yaml", &format!("{}{tail}", config_map("a")))]);
        let report = scene.report();
        let finding = report.findings.iter().find(|finding| finding.rule.id == rule).expect(rule);
        assert_eq!(finding.level, Level::Warning);
    }
    let scene = Scene::new(&[("set/1.yaml", &run_together)]);
    let report = scene.report();
    assert_eq!(report.findings.len(), 1, "{:?}", scene.findings());
    assert_eq!(report.findings[0].rule.id, "yaml/missing-separator");
    assert_eq!(report.findings[0].labels.len(), 2);
    assert_eq!(scene.outcomes(), ["ConfigMap/second created"]);
}

#[test]
fn nothing_of_a_broken_secret_is_repeated() {
    let text = "apiVersion: v1\nkind: KIND\nmetadata: {name: s}\nstringData:\n  port: !!int anchor-chain\n";
    let quoted = |kind: &str| Scene::new(&[("set/1.yaml", &text.replace("KIND", kind))]).findings().join("\n");
    assert!(quoted("ConfigMap").contains("cannot decode !!str `anchor-chain` as a !!int"), "{}", quoted("ConfigMap"));
    let secret = quoted("Secret");
    assert!(secret.starts_with("kubectl/parse: ") && !secret.contains("anchor-chain"), "{secret}");
}

#[test]
fn nothing_to_apply_is_said() {
    let scene = Scene::new(&[("set/1.yaml", "# nothing here\n")]);
    assert_eq!(scene.findings(), ["kubectl/nothing-to-apply: no objects passed to apply"]);
    let scene = Scene::new(&[("set/readme.txt", "no manifest")]);
    assert!(
        scene.findings()[0].contains("recognized file extensions are [.json .yaml .yml]"),
        "{:?}",
        scene.findings()
    );
}

#[test]
fn one_priority_class_is_the_default() {
    let class = |name: &str, default: bool| {
        format!(
            "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {{name: {name}}}\nvalue: 5\nglobalDefault: \
             {default}\n"
        )
    };
    let (ebb, flood, slack) = (class("ebb", true), class("flood", true), class("slack", false));
    let scene = Scene::new(&[("set/1.yaml", &ebb), ("set/2.yaml", &flood), ("set/3.yaml", &slack)]);
    assert_eq!(
        scene.outcomes(),
        ["PriorityClass/ebb created", "PriorityClass/flood failed", "PriorityClass/slack created"]
    );
    assert_eq!(
        scene.findings(),
        [
            "apply/second-default-priority-class: priorityclasses.scheduling.k8s.io \"flood\" is forbidden: PriorityClass ebb is \
          already marked as default. Only one default can exist"
        ]
    );
    let scene = Scene::new(&[("cluster/1.yaml", &ebb), ("set/1.yaml", &ebb)]);
    assert_eq!(scene.findings(), Vec::<String>::new(), "it is itself the default");
}

#[test]
fn nothing_is_made_in_a_namespace_that_goes_away() {
    let going = format!("{NAMESPACE}status: {{phase: Terminating}}\n");
    let scene = Scene::new(&[("cluster/1.yaml", &going), ("set/1.yaml", &in_namespace("tide", "quay"))]);
    assert_eq!(
        scene.findings(),
        [
            "apply/namespace-missing: configmaps \"tide\" is forbidden: unable to create new content in namespace quay because it \
          is being terminated"
        ]
    );
}

#[test]
fn a_limit_range_that_went_live_before_bounds_pods_and_claims() {
    let range = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: bounds}\nspec:\n  limits: [{type: Container, max: \
                 {cpu: 500m}}, {type: PersistentVolumeClaim, max: {storage: 1Gi}}]\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: crane}\nspec:\n  containers: [{name: hook, image: \
               registry.example.com/hook, resources: {limits: {cpu: 2}}}]\n";
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: hold}\nspec: {accessModes: [ReadWriteOnce], \
                 resources: {requests: {storage: 2Gi}}}\n";
    let scene = Scene::new(&[("set/1.yaml", range), ("set/2.yaml", pod), ("set/3.yaml", claim)]);
    assert_eq!(
        scene.findings(),
        [
            "apply/limit-range: pods \"crane\" is forbidden: maximum cpu usage per Container is 500m, but limit is 2",
            "apply/limit-range: persistentvolumeclaims \"hold\" is forbidden: maximum storage usage per \
             PersistentVolumeClaim is 1Gi, but request is 2Gi",
        ]
    );
    let scene = Scene::new(&[("set/1.yaml", pod), ("set/2.yaml", claim), ("set/3.yaml", range)]);
    assert_eq!(scene.findings(), Vec::<String>::new(), "what comes later bounds nothing before it");
}
