//! `cargo xtask apiserver up|down|env`: a real API server on loopback, for the tests of `--server`.
//!
//! Apart because it is the one thing here that needs more than Rust: Go builds kube-apiserver and etcd from their modules,
//! as `tests/apiserver/go.mod` pins them. What was built is kept in `target/apiserver` until that file changes.

use sha2::{Digest, Sha256};
use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

type Done<T> = Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: cargo xtask apiserver build|up|down|env";

/// The programs, and the packages they are built from.
const PROGRAMS: &[(&str, &str)] = &[
    ("etcd", "go.etcd.io/etcd/server/v3"),
    ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
    ("key", "./key"),
];

/// How long the server may take to be ready.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs the task.
///
/// # Errors
///
/// What could not be built or started.
pub fn run(arguments: &[String]) -> Done<()> {
    let home = home();
    match arguments {
        [task] if task == "build" => build(&home).map(|_| ()),
        [task] if task == "up" => up(&home),
        [task] if task == "down" => {
            down(&home);
            Ok(())
        }
        [task] if task == "env" => {
            println!("export SEAWORTHY_APISERVER='{}'", running(&home)?.display());
            Ok(())
        }
        _ => Err(USAGE.into()),
    }
}

fn home() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("apiserver")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

fn module() -> PathBuf {
    root().join("tests/apiserver")
}

/// Builds what is not built yet; where the programs are.
fn build(home: &Path) -> Done<PathBuf> {
    let module = module();
    let mut hash = Sha256::new();
    for file in ["go.mod", "go.sum", "key/main.go"] {
        hash.update(fs::read(module.join(file))?);
    }
    let stamp = hex(&hash.finalize()[..8]);
    let programs = home.join(stamp);
    if PROGRAMS.iter().all(|(name, _)| programs.join(name).is_file()) {
        return Ok(programs);
    }
    let pinned = fs::read_to_string(module.join("go.mod"))?;
    let version = pinned
        .lines()
        .find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes v"))
        .ok_or("tests/apiserver/go.mod does not name k8s.io/kubernetes")?;
    let minor = version.split('.').nth(1).unwrap_or_default();
    let set = "k8s.io/component-base/version";
    let flags = format!("-s -w -X {set}.gitVersion=v{version} -X {set}.gitMajor=1 -X {set}.gitMinor={minor}");
    fs::create_dir_all(&programs)?;
    for (name, package) in PROGRAMS {
        eprintln!("building {package}; kube-apiserver takes minutes the first time");
        // A program that was built in part must not be taken for one.
        let unfinished = programs.join(format!("{name}.new"));
        let mut go = Command::new("go");
        go.args(["build", "-mod=readonly", "-ldflags", &flags, "-o"]).arg(&unfinished).arg(package);
        let status = go.current_dir(&module).env("CGO_ENABLED", "0").status();
        let status = status.map_err(|error| format!("go, which builds the API server, cannot be run: {error}"))?;
        if !status.success() {
            return Err(format!("go build {package} failed").into());
        }
        fs::rename(&unfinished, programs.join(name))?;
    }
    Ok(programs)
}

fn run_directory(home: &Path) -> PathBuf {
    home.join("run")
}

/// The kubeconfig of the server that runs.
fn running(home: &Path) -> Done<PathBuf> {
    let kubeconfig = run_directory(home).join("kubeconfig");
    if !kubeconfig.is_file() || !is_alive(&run_directory(home), "kube-apiserver") {
        return Err("no API server runs; start one with `cargo xtask apiserver up`".into());
    }
    Ok(kubeconfig)
}

fn up(home: &Path) -> Done<()> {
    let programs = build(home)?;
    down(home);
    let run = run_directory(home);
    fs::create_dir_all(&run)?;
    let started = start(&programs, &run);
    if started.is_err() {
        down(home);
    }
    started
}

fn start(programs: &Path, run: &Path) -> Done<()> {
    let key = Command::new(programs.join("key")).output()?;
    fs::write(run.join("sa.key"), key.stdout)?;
    let token = token()?;
    fs::write(
        run.join("tokens.csv"),
        format!("{token},admin,admin,\"system:masters\"\n{token}-guest,guest,guest,\"guests\"\n"),
    )?;
    let [client, peer, secure] = free_ports()?;
    let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
    let mut etcd = Command::new(programs.join("etcd"));
    etcd.arg("--data-dir").arg(run.join("etcd"));
    etcd.args(["--listen-client-urls", &client, "--advertise-client-urls", &client, "--listen-peer-urls", &peer]);
    etcd.args(["--initial-advertise-peer-urls", &peer, "--initial-cluster", &format!("default={peer}")]);
    etcd.args(["--unsafe-no-fsync", "--log-level", "error"]);
    spawn(etcd, run, "etcd")?;
    let mut server = Command::new(programs.join("kube-apiserver"));
    server.args([
        &format!("--etcd-servers={client}"),
        &format!("--secure-port={secure}"),
        &format!("--cert-dir={}", run.join("certs").display()),
        &format!("--service-account-signing-key-file={}", run.join("sa.key").display()),
        &format!("--service-account-key-file={}", run.join("sa.key").display()),
        &format!("--token-auth-file={}", run.join("tokens.csv").display()),
    ]);
    server.args([
        "--bind-address=127.0.0.1",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.0.0.0/16",
        "--authorization-mode=RBAC",
        "--allow-privileged=true",
    ]);
    spawn(server, run, "kube-apiserver")?;
    wait(run, secure)?;
    let user = |name: &str, token: &str| format!("- {{name: {name}, user: {{token: {token}}}}}\n");
    let context = |name: &str| format!("- {{name: {name}, context: {{cluster: loopback, user: {name}}}}}\n");
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: loopback\n  cluster:\n    server: https://127.0.0.1:{secure}\n    \
         certificate-authority: {}\nusers:\n{}{}contexts:\n{}{}current-context: admin\n",
        run.join("certs/apiserver.crt").display(),
        user("admin", &token),
        user("guest", &format!("{token}-guest")),
        context("admin"),
        context("guest"),
    );
    fs::write(run.join("kubeconfig"), kubeconfig)?;
    eprintln!("an API server listens on https://127.0.0.1:{secure}; `cargo xtask apiserver env` names its kubeconfig");
    Ok(())
}

/// A word nobody guesses while the server runs.
fn token() -> Done<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Ports that nobody listens on now.
fn free_ports() -> Done<[u16; 3]> {
    let listeners = [0, 0, 0].map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)));
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(listeners) {
        *port = listener?.local_addr()?.port();
    }
    Ok(ports)
}

fn spawn(mut command: Command, run: &Path, name: &str) -> Done<()> {
    let log = fs::File::create(run.join(format!("{name}.log")))?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).current_dir(run);
    let child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
    fs::write(run.join(format!("{name}.pid")), child.id().to_string())?;
    Ok(())
}

/// Waits until the server has its certificate, listens, and has made what every cluster has.
fn wait(run: &Path, port: u16) -> Done<()> {
    let start = Instant::now();
    let log = || fs::read_to_string(run.join("kube-apiserver.log")).unwrap_or_default();
    while start.elapsed() < PATIENCE {
        let listens = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        // The last of its own resources that it makes after a start.
        if listens && log().contains("all system priority classes are created successfully or already exist") {
            // Its informers hear of what it made a moment later.
            sleep(Duration::from_secs(3));
            return Ok(());
        }
        if !is_alive(run, "kube-apiserver") {
            let last: Vec<String> = log().lines().rev().take(5).map(str::to_owned).collect();
            return Err(format!("kube-apiserver ended: {}", last.join(" / ")).into());
        }
        sleep(Duration::from_millis(250));
    }
    Err(format!("kube-apiserver was not ready after {} s; {} tells more", PATIENCE.as_secs(), run.display()).into())
}

/// The process that was started under this name, if it still runs: a number alone may be another process's by now.
fn process(run: &Path, name: &str) -> Option<String> {
    let pid = fs::read_to_string(run.join(format!("{name}.pid"))).ok()?;
    let said = Command::new("ps").args(["-o", "args=", "-p", &pid]).output().ok()?;
    String::from_utf8_lossy(&said.stdout).contains(&*run.to_string_lossy()).then_some(pid)
}

fn is_alive(run: &Path, name: &str) -> bool {
    process(run, name).is_some()
}

/// Ends what was started, and forgets what it held.
fn down(home: &Path) {
    let run = run_directory(home);
    for name in ["kube-apiserver", "etcd"] {
        if let Some(pid) = process(&run, name) {
            let _ = Command::new("kill").args(["-9", &pid]).status();
            let start = Instant::now();
            while is_alive(&run, name) && start.elapsed() < Duration::from_secs(10) {
                sleep(Duration::from_millis(50));
            }
        }
    }
    let _ = fs::remove_dir_all(&run);
    let _ = std::io::stderr().flush();
}
