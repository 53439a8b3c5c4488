//! Where advice is given, and above all where none is: of Windows, Jobs, parts of the node, and what others take care of.

use crate::cross::testing::advice;

/// A Deployment with this in its spec, in the spec of its pods, and in its one container.
fn oven(spec: &str, pods: &str, container: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: oven, namespace: bakery}}\nspec:\n  {spec}\n  selector: {{matchLabels: {{app: oven}}}}\n  template:\n    metadata: {{labels: {{app: oven}}}}\n    spec:\n      {pods}\n      containers:\n      - name: oven\n        image: registry.example.com/oven:1\n        {container}\n---\n"
    )
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: oven, namespace: bakery}\nspec: {selector: {app: oven}, ports: [{port: 80, targetPort: 8080}]}\n---\n";
const PLAIN: [&str; 3] = ["minReadySeconds: 1", "enableServiceLinks: false", "tty: false"];

fn plain() -> String {
    oven(PLAIN[0], PLAIN[1], PLAIN[2])
}

fn with_pods(pods: &str) -> String {
    oven(PLAIN[0], pods, PLAIN[2])
}

fn with_container(container: &str) -> String {
    oven(PLAIN[0], PLAIN[1], container)
}

fn with_spec(spec: &str) -> String {
    oven(spec, PLAIN[1], PLAIN[2])
}

#[test]
fn fields_of_pods_count_for_their_containers_and_the_containers_own_first() {
    const ROOT: &str = "security/run-as-root";
    assert_eq!(advice(ROOT, &plain()).len(), 1);
    assert!(advice(ROOT, &with_pods("securityContext: {runAsNonRoot: true}")).is_empty());
    assert!(advice(ROOT, &with_pods("securityContext: {runAsUser: 1000}")).is_empty());
    let both = oven(PLAIN[0], "securityContext: {runAsUser: 1000}", "securityContext: {runAsUser: 0}");
    assert_eq!(
        advice(ROOT, &both),
        ["spec.template.spec.containers[0].securityContext.runAsUser: container \"oven\" runs as root"]
    );
    assert_eq!(
        advice(ROOT, &with_pods("securityContext: {runAsUser: 0}")),
        ["spec.template.spec.securityContext.runAsUser: container \"oven\" runs as root"]
    );
    let own = oven(
        PLAIN[0],
        "securityContext: {seccompProfile: {type: RuntimeDefault}}",
        "securityContext: {seccompProfile: {type: Unconfined}}",
    );
    assert_eq!(advice("security/seccomp-profile", &own).len(), 1);
}

#[test]
fn every_kind_of_workload_is_looked_at_with_its_init_containers() {
    const WRITABLE: &str = "security/writable-root-filesystem";
    let pods = "metadata: {labels: {app: oven}}, spec: {restartPolicy: Never, initContainers: [{name: heat, image: \"a:1\"}], containers: [{name: oven, image: \"a:1\"}]}";
    for (head, spec) in [
        ("apiVersion: batch/v1\nkind: Job", format!("{{template: {{{pods}}}}}")),
        (
            "apiVersion: batch/v1\nkind: CronJob",
            format!("{{schedule: \"1 1 * * *\", jobTemplate: {{spec: {{template: {{{pods}}}}}}}}}"),
        ),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Rollout", format!("{{template: {{{pods}}}}}")),
    ] {
        let text = format!("{head}\nmetadata: {{name: oven}}\nspec: {spec}\n");
        let found = advice(WRITABLE, &text);
        assert_eq!(found.len(), 2, "{head}: {found:?}");
        assert!(found[0].contains("init container \"heat\""), "{found:?}");
    }
}

#[test]
fn what_only_linux_has_is_not_asked_of_windows() {
    for rule in [
        "security/run-as-root",
        "security/writable-root-filesystem",
        "security/privilege-escalation",
        "security/capabilities-kept",
        "security/seccomp-profile",
    ] {
        assert_eq!(advice(rule, &plain()).len(), 1, "{rule}");
        for windows in ["os: {name: windows}", "nodeSelector: {kubernetes.io/os: windows}"] {
            assert!(advice(rule, &with_pods(windows)).is_empty(), "{rule}");
        }
    }
}

#[test]
fn what_is_part_of_the_node_may_reach_it() {
    let reaching = "hostNetwork: true, hostPID: true, volumes: [{name: root, hostPath: {path: /}}]";
    let agent = |namespace: &str, more: &str| {
        format!(
            "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: agent, namespace: {namespace}}}\nspec: {{selector: {{matchLabels: {{app: agent}}}}, template: {{metadata: {{labels: {{app: agent}}}}, spec: {{{reaching}{more}, containers: [{{name: agent, image: \"a:1\", securityContext: {{privileged: true}}, volumeMounts: [{{name: root, mountPath: /host}}]}}]}}}}}}\n"
        )
    };
    for rule in ["security/host-network", "security/host-pid", "security/host-path", "security/privileged"] {
        assert_eq!(advice(rule, &agent("bakery", "")).len(), 1, "{rule}");
        assert!(advice(rule, &agent("kube-system", "")).is_empty(), "{rule}");
        assert!(advice(rule, &agent("bakery", ", priorityClassName: system-node-critical")).is_empty(), "{rule}");
    }
    let privileged = agent("bakery", "");
    for rule in ["security/privilege-escalation", "security/seccomp-profile", "security/capabilities-kept"] {
        assert!(advice(rule, &privileged).is_empty(), "{rule}: what is privileged has a rule of its own");
    }
}

#[test]
fn one_pod_behind_a_service_is_too_few_unless_something_knows_better() {
    const SINGLE: &str = "reliability/single-replica";
    assert!(advice(SINGLE, &plain()).is_empty(), "nothing waits for its answer");
    assert_eq!(advice(SINGLE, &(plain() + SERVICE)).len(), 1);
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: oven, namespace: bakery}\nspec: {minReplicas: 2, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: oven}}\n---\n";
    assert!(advice(SINGLE, &(plain() + SERVICE + scaler)).is_empty());
    assert_eq!(advice(SINGLE, &(plain() + SERVICE + &scaler.replace("name: oven}}", "name: stove}}"))).len(), 1);
    for quiet in [
        with_spec("replicas: 0"),
        with_spec("replicas: 2"),
        with_spec("strategy: {type: Recreate}"),
        with_pods("volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]"),
        plain().replace("oven:1", "postgres:17"),
    ] {
        assert!(advice(SINGLE, &(quiet.clone() + SERVICE)).is_empty(), "{quiet}");
    }
    let metrics = SERVICE.replace("{port: 80,", "{name: http-metrics, port: 80,");
    assert!(advice(SINGLE, &(plain() + &metrics)).is_empty());
    // With an autoscaler that keeps two, a budget is asked for.
    assert_eq!(
        advice("reliability/no-disruption-budget", &(plain() + scaler)),
        ["metadata.name: all 2 pods of Deployment bakery/oven may be evicted at once"]
    );
}

#[test]
fn updates_that_leave_a_service_without_pods() {
    const ROLLING: &str = "reliability/rolling-update";
    let of = |spec: &str| advice(ROLLING, &(with_spec(spec) + SERVICE)).len();
    assert_eq!(of("strategy: {type: Recreate}"), 1);
    assert_eq!(of("strategy: {rollingUpdate: {maxUnavailable: 100%}}"), 1);
    assert_eq!(of("strategy: {rollingUpdate: {maxUnavailable: 1}}"), 1, "of one pod");
    let three = "replicas: 3\n  strategy: {rollingUpdate: {maxUnavailable: 1}}";
    assert_eq!(of(three), 0);
    let disk = oven(
        "strategy: {type: Recreate}",
        "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]",
        PLAIN[2],
    );
    assert!(advice(ROLLING, &(disk + SERVICE)).is_empty());
}

#[test]
fn probes_are_asked_of_what_serves() {
    const READY: &str = "reliability/no-readiness-probe";
    assert!(advice(READY, &plain()).is_empty());
    assert_eq!(
        advice(READY, &(plain() + SERVICE)),
        [
            "spec.template.spec.containers[0].readinessProbe: container \"oven\" may get requests before it can answer them"
        ]
    );
    // Of two containers, the one that declares the port serves.
    let two =
        with_container("ports: [{containerPort: 8080}]\n      - name: log\n        image: registry.example.com/log:1");
    assert_eq!(advice(READY, &(two + SERVICE)).len(), 1);
    let nobody = with_container("tty: false\n      - name: log\n        image: registry.example.com/log:1");
    assert!(advice(READY, &(nobody + SERVICE)).is_empty(), "which of them serves, nobody says");
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: oven, namespace: bakery}\nspec: {template: {metadata: {labels: {app: oven}}, spec: {restartPolicy: Never, containers: [{name: oven, image: \"a:1\"}]}}}\n---\n";
    assert!(advice(READY, &(job.to_owned() + SERVICE)).is_empty());
}

#[test]
fn identical_probes_are_those_without_more_patience() {
    const RULE: &str = "reliability/identical-probes";
    let probes = |ready: &str, live: &str| {
        advice(RULE, &with_container(&format!("readinessProbe: {{{ready}}}\n        livenessProbe: {{{live}}}"))).len()
    };
    let http = "httpGet: {path: /health, port: 80}";
    assert_eq!(probes(http, http), 1);
    assert_eq!(
        probes(&format!("{http}, periodSeconds: 5"), &format!("{http}, periodSeconds: 5, failureThreshold: 3")),
        1
    );
    assert_eq!(probes(http, &format!("{http}, failureThreshold: 6")), 0);
    assert_eq!(probes(http, "httpGet: {path: /alive, port: 80}"), 0);
    assert_eq!(probes("tcpSocket: {port: 80}", "tcpSocket: {port: 80}"), 0);
}

#[test]
fn amounts_that_others_fill_in_are_there() {
    const REQUEST: &str = "efficiency/no-memory-request";
    const LIMIT: &str = "efficiency/no-memory-limit";
    let both = |text: &str| (advice(REQUEST, text).len(), advice(LIMIT, text).len());
    assert_eq!(both(&plain()), (1, 1));
    assert_eq!(both(&with_container("resources: {limits: {memory: 1Gi}}")), (0, 0), "a limit is the request");
    assert_eq!(both(&with_container("resources: {requests: {memory: 1Gi}}")), (0, 1));
    assert_eq!(both(&with_pods("resources: {limits: {memory: 1Gi}}")), (0, 0));
    let range = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: usual, namespace: bakery}\nspec: {limits: [{type: Container, defaultRequest: {memory: 64Mi}}]}\n---\n";
    assert_eq!(both(&(plain() + range)), (0, 1));
    assert_eq!(both(&(plain() + &range.replace("defaultRequest", "default"))), (0, 0));
    assert_eq!(both(&(plain() + &range.replace("bakery", "mill"))), (1, 1));
    let scaler = "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: oven, namespace: bakery}\nspec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: oven}}\n---\n";
    assert_eq!(both(&(plain() + scaler)), (0, 1));
    let init = with_pods("initContainers: [{name: heat, image: \"a:1\"}]");
    assert_eq!(both(&init), (1, 1), "what ends before the others start is not asked");
}

#[test]
fn a_policy_of_the_namespace_closes_its_pods() {
    const OPEN: &str = "security/no-network-policy";
    let policy = |selector: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: door, namespace: bakery}}\nspec: {{podSelector: {selector}}}\n---\n"
        )
    };
    assert_eq!(advice(OPEN, &plain()).len(), 1);
    assert!(advice(OPEN, &(plain() + &policy("{}"))).is_empty());
    assert!(advice(OPEN, &(plain() + &policy("{matchLabels: {app: oven}}"))).is_empty());
    assert_eq!(advice(OPEN, &(plain() + &policy("{matchLabels: {app: mill}}"))).len(), 1);
    assert_eq!(advice(OPEN, &(plain() + &policy("{}").replace("bakery", "mill"))).len(), 1);
    assert!(advice(OPEN, &with_pods("hostNetwork: true")).is_empty());
}

#[test]
fn tokens_are_for_those_who_have_rights() {
    const UNNEEDED: &str = "security/unneeded-token";
    const DEFAULT: &str = "security/default-service-account";
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: baker, namespace: bakery}\n---\n";
    let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: baker, namespace: bakery}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: baker, namespace: bakery}]\n---\n";
    let pods = with_pods("serviceAccountName: baker");
    assert_eq!(advice(UNNEEDED, &(pods.clone() + account)).len(), 1);
    assert!(advice(UNNEEDED, &pods).is_empty(), "of an account that nobody shows nothing is known");
    assert!(advice(UNNEEDED, &(pods.clone() + account + binding)).is_empty());
    let closed = account.replace("\n---", "\nautomountServiceAccountToken: false\n---");
    assert!(advice(UNNEEDED, &(pods.clone() + &closed)).is_empty());
    let cloud =
        account.replace("namespace: bakery}", "namespace: bakery, annotations: {eks.amazonaws.com/role-arn: a}}");
    assert!(advice(UNNEEDED, &(pods + &cloud)).is_empty());

    assert_eq!(advice(DEFAULT, &plain()).len(), 1);
    assert!(advice(DEFAULT, &with_pods("automountServiceAccountToken: false")).is_empty());
    let default = closed.replace("name: baker", "name: default");
    assert!(advice(DEFAULT, &(plain() + &default)).is_empty());
}

#[test]
fn paths_of_nodes_that_rule_them_or_can_be_written() {
    const PATH: &str = "security/host-path";
    const SOCKET: &str = "security/runtime-socket";
    let of = |rule: &str, path: &str, mount: &str| {
        let pods = format!("volumes: [{{name: node, hostPath: {{path: {path}}}}}]");
        let container = format!("volumeMounts: [{{name: node, mountPath: /node{mount}}}]");
        advice(rule, &oven(PLAIN[0], &pods, &container)).len()
    };
    assert_eq!(of(PATH, "/srv/data", ""), 1);
    assert_eq!(of(PATH, "/var/log", ", readOnly: true"), 0);
    assert_eq!(of(PATH, "/etc", ", readOnly: true"), 1);
    assert_eq!(of(PATH, "/", ", readOnly: true"), 1);
    assert_eq!(of(PATH, "/etc/localtime", ""), 0);
    assert_eq!(of(PATH, "/etcetera", ", readOnly: true"), 0);
    for path in ["/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/containerd/"] {
        assert_eq!((of(SOCKET, path, ", readOnly: true"), of(PATH, path, "")), (1, 0), "{path}");
    }
    assert_eq!(of(SOCKET, "/run/oven.sock", ""), 0);
}

#[test]
fn rights_that_are_narrow_or_of_people_are_none_to_speak_of() {
    const READ: &str = "security/read-secrets";
    const STAR: &str = "security/wildcard-rights";
    let role = |labels: &str, rule: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: baker{labels}}}\nrules: [{{{rule}}}]\n"
        )
    };
    let secrets = "apiGroups: [\"\"], resources: [secrets], verbs: [get]";
    assert_eq!(advice(READ, &role("", secrets)).len(), 1);
    assert!(advice(READ, &role("", &format!("{secrets}, resourceNames: [flour]"))).is_empty());
    assert!(advice(READ, &role("", &secrets.replace("get", "create"))).is_empty());
    assert!(advice(READ, &role("", &secrets.replace("\"\"", "apps"))).is_empty());
    let of_people = ", labels: {rbac.authorization.k8s.io/aggregate-to-admin: \"true\"}";
    assert!(advice(READ, &role(of_people, secrets)).is_empty());
    let star = "apiGroups: [\"*\"], resources: [\"*\"], verbs: [get]";
    assert_eq!(
        advice(STAR, &role("", star)),
        ["rules[0].resources[0]: ClusterRole baker has all resources in every group"]
    );
    assert!(advice(STAR, &role("", &star.replacen("\"*\"", "bakery.example.com", 1))).is_empty());
    let paths = "nonResourceURLs: [\"*\"], verbs: [get]";
    assert_eq!(advice(STAR, &role("", paths)), ["rules[0].nonResourceURLs[0]: ClusterRole baker has all paths"]);
}

#[test]
fn entrances_that_are_narrowed_or_of_the_web() {
    const OPEN: &str = "security/open-load-balancer";
    const CLEAR: &str = "security/ingress-without-tls";
    let service = |annotations: &str, spec: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: orders, annotations: {{{annotations}}}}}\nspec: {{type: LoadBalancer, selector: {{a: b}}, {spec}}}\n"
        )
    };
    let database = "ports: [{port: 5432}]";
    assert_eq!(advice(OPEN, &service("", database)).len(), 1);
    assert!(advice(OPEN, &service("", "ports: [{name: http, port: 80}, {name: https, port: 443}]")).is_empty());
    assert!(advice(OPEN, &service("", &format!("{database}, loadBalancerSourceRanges: [10.0.0.0/8]"))).is_empty());
    let internal = "service.beta.kubernetes.io/aws-load-balancer-scheme: internal";
    assert!(advice(OPEN, &service(internal, database)).is_empty());
    assert!(advice(OPEN, &service("networking.gke.io/load-balancer-type: Internal", database)).is_empty());

    let ingress = |annotations: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: shop, annotations: {{{annotations}}}}}\nspec: {{defaultBackend: {{service: {{name: shop, port: {{number: 80}}}}}}}}\n"
        )
    };
    assert_eq!(advice(CLEAR, &ingress("")).len(), 1);
    assert!(advice(CLEAR, &ingress("alb.ingress.kubernetes.io/certificate-arn: arn")).is_empty());
    assert!(advice(CLEAR, &ingress("traefik.ingress.kubernetes.io/router.entrypoints: websecure")).is_empty());
}

#[test]
fn priorities_matter_where_there_are_several() {
    const UNRANKED: &str = "reliability/no-priority-class";
    let class = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: baking}\nvalue: 1000\n---\n";
    assert!(advice(UNRANKED, &plain()).is_empty());
    assert_eq!(advice(UNRANKED, &(plain() + class)).len(), 1);
    assert!(advice(UNRANKED, &(plain() + &class.replace("value", "globalDefault: true\nvalue"))).is_empty());
}

#[test]
fn scratch_that_grows() {
    const SCRATCH: &str = "efficiency/unbounded-scratch";
    let of = |dir: &str, container: &str| {
        advice(SCRATCH, &oven(PLAIN[0], &format!("volumes: [{{name: tmp, emptyDir: {dir}}}]"), container)).len()
    };
    let mount = "volumeMounts: [{name: tmp, mountPath: /tmp}]";
    assert_eq!(of("{}", mount), 1);
    assert_eq!(of("{sizeLimit: 1Gi}", mount), 0);
    assert_eq!(of("{medium: Memory}", mount), 0);
    assert_eq!(of("{}", &format!("{mount}\n        resources: {{limits: {{ephemeral-storage: 1Gi}}}}")), 0);
    assert_eq!(of("{}", &mount.replace("/tmp}", "/tmp, readOnly: true}")), 0);
}
