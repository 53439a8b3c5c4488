//! How fast manifests are read, on one thread: from bytes to the spanned tree, beside two parsers that only tell events.
//!
//! The manifests are made here, so that every run on every machine reads the same: 24 files of about 230 KB that hold
//! what repositories hold (Deployments, Services, maps of settings with block scalars, comments, quotes, flow collections).

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use seaworthy::yaml::{Options, decode_bytes, read};
use std::fmt::Write as _;

fn main() {
    divan::main();
}

/// Numbers that look random and are not.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn word(&mut self) -> &'static str {
        const WORDS: [&str; 8] = ["web", "orders", "cache", "queue", "worker", "payments", "auth", "metrics"];
        WORDS[self.roll(WORDS.len() as u64) as usize]
    }
}

fn files() -> Vec<Vec<u8>> {
    let mut dice = Dice(1);
    (0..24).map(|_| file(&mut dice).into_bytes()).collect()
}

fn file(dice: &mut Dice) -> String {
    let mut text = String::new();
    for number in 0..220 {
        let name = format!("{}-{}-{number}", dice.word(), dice.word());
        let written = match dice.roll(4) {
            0 | 1 => deployment(&mut text, &name, dice),
            2 => service(&mut text, &name),
            _ => config(&mut text, &name, dice),
        };
        written.expect("a string takes any text");
        text.push_str("---\n");
    }
    text
}

fn deployment(text: &mut String, name: &str, dice: &mut Dice) -> std::fmt::Result {
    let (tier, replicas, minor) = (dice.word(), dice.roll(9), dice.roll(40));
    write!(
        text,
        r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {tier}-system
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/component: "backend"
    tier: {tier}
  annotations:
    description: "Serves {tier}: see https://runbooks.example.com/{name}"
    prometheus.io/scrape: 'true'
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
    spec:
      serviceAccountName: {name}
      containers:
        # the container that serves
        - name: main
          image: registry.example.com/{tier}/{name}:1.{minor}.0
          args: ["--port=8080", "--log-level=info", --config=/etc/{name}/config.yaml]
          ports:
            - name: http
              containerPort: 8080 # behind the Service
              protocol: TCP
          env:
            - name: DATABASE_HOST
              value: postgres.{tier}.svc.cluster.local
            - name: DATABASE_PASSWORD
              valueFrom:
                secretKeyRef:
                  name: {name}-db
                  key: password
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
            limits:
              cpu: "1"
              memory: 512Mi
          readinessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 10
          volumeMounts:
            - name: config
              mountPath: /etc/{name}
              readOnly: true
      volumes:
        - name: config
          configMap:
            name: {name}
"#
    )
}

fn service(text: &mut String, name: &str) -> std::fmt::Result {
    write!(
        text,
        "apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
  - name: http
    port: 80
    targetPort: http
  - {{name: metrics, port: 9090, targetPort: 9090}}
"
    )
}

fn config(text: &mut String, name: &str, dice: &mut Dice) -> std::fmt::Result {
    write!(
        text,
        "apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
data:
  LOG_LEVEL: info
  TIMEOUT: \"30\"
  motd: >-
    Welcome to {name}: this text
    is folded over two lines.
  app.properties: |
"
    )?;
    for line in 0..12 {
        writeln!(text, "    {}.{line} = {}", dice.word(), dice.word())?;
    }
    Ok(())
}

fn bench<O>(bencher: Bencher, read: impl Fn(Vec<u8>) -> O + Sync) {
    let files = files();
    let mut next = files.iter().cycle();
    bencher
        .with_inputs(|| next.next().cloned().unwrap_or_default())
        .input_counter(BytesCount::of_slice)
        .bench_local_values(|file| black_box(read(file)));
}

fn text(file: &[u8]) -> &str {
    std::str::from_utf8(file).expect("the manifests are UTF-8")
}

/// From bytes to the spanned tree.
#[divan::bench(sample_count = 480, sample_size = 1)]
fn seaworthy_tree(bencher: Bencher) {
    bench(bencher, |file| read(&decode_bytes(file), &Options::default()));
}

/// Events only.
#[divan::bench(sample_count = 480, sample_size = 1)]
fn granit_events(bencher: Bencher) {
    bench(bencher, |file| granit_parser::Parser::new_from_str(text(&file)).flatten().count());
}

/// Events only.
#[divan::bench(sample_count = 480, sample_size = 1)]
fn saphyr_events(bencher: Bencher) {
    bench(bencher, |file| saphyr_parser::Parser::new_from_str(text(&file)).flatten().count());
}
