//! Other programs that render what is applied: kustomize, kubectl, Helm.
//!
//! Apart because it is the only place that runs a program. Nothing is read from standard input, everything a program
//! says is kept, each has a time to finish in, and whatever goes wrong is an answer, never an end.
//!
//! These programs fetch what their files refer to. Whoever calls this has looked before that nothing does; as a second
//! lock, proxies that lead nowhere are put into the programs' environment.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The programs that are at hand. Each is looked for when it is needed: most runs need none.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    /// Where they are looked for, in this order.
    directories: Vec<PathBuf>,
    /// How long one program may take.
    pub timeout: Duration,
}

impl Tools {
    /// How long a program may take unless something else is asked for.
    pub const TIMEOUT: Duration = Duration::from_secs(60);

    /// The programs in the directories of a `PATH`.
    pub fn in_path(path: &OsStr) -> Self {
        Self { directories: std::env::split_paths(path).collect(), timeout: Self::TIMEOUT }
    }

    fn find(&self, name: &str) -> Option<PathBuf> {
        self.directories.iter().map(|directory| directory.join(name)).find(|program| is_program(program))
    }

    /// What renders kustomizations, and its verb for that: `kustomize`, or `kubectl`, which has one in it.
    fn kustomizer(&self) -> Option<(PathBuf, &'static str)> {
        let kustomize = self.find("kustomize").map(|kustomize| (kustomize, "build"));
        kustomize.or_else(|| self.find("kubectl").map(|kubectl| (kubectl, "kustomize")))
    }

    /// Whether kustomizations can be rendered.
    pub fn can_kustomize(&self) -> bool {
        self.kustomizer().is_some()
    }

    /// Renders the kustomization in a directory, with `kustomize build` or else `kubectl kustomize`.
    ///
    /// # Errors
    ///
    /// When neither is there, or the one that is does not succeed.
    pub fn kustomize(&self, directory: &str) -> Result<Rendered, Failure> {
        let directory = as_path(directory);
        let Some((program, verb)) = self.kustomizer() else { return Err(Failure::NoProgram("kustomize or kubectl")) };
        let by = format!("{} {verb}", if verb == "build" { "kustomize" } else { "kubectl" });
        run(&program, &[verb.into(), directory], &by, self.timeout)
    }

    /// Renders the chart in a directory, with `helm template`.
    ///
    /// # Errors
    ///
    /// When Helm is not there, or does not succeed.
    pub fn helm(
        &self,
        directory: &str,
        release: &str,
        namespace: Option<&str>,
        values: &[String],
    ) -> Result<Rendered, Failure> {
        let Some(helm) = self.find("helm") else { return Err(Failure::NoProgram("helm")) };
        let mut arguments: Vec<OsString> =
            vec!["template".into(), release.into(), as_path(directory), "--include-crds".into()];
        if let Some(namespace) = namespace {
            arguments.extend(["--namespace".into(), namespace.into()]);
        }
        for file in values {
            arguments.extend(["--values".into(), file.into()]);
        }
        run(&helm, &arguments, "helm template", self.timeout)
    }
}

/// What a program rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// What it wrote.
    pub output: Vec<u8>,
    /// The program and its verb: `kustomize build`, `kubectl kustomize`, `helm template`.
    pub by: String,
}

/// Why nothing was rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The program is not there; which.
    NoProgram(&'static str),
    /// The program could not be started: the system's words.
    NotStarted(String),
    /// The program did not finish in time.
    TimedOut(Duration),
    /// The program refused, with these words.
    Refused(String),
}

impl Failure {
    /// Whether the input is at fault, as far as the program tells; else it is only that nothing could be rendered.
    ///
    /// What is missing from the machine or the network is no fault of the input, nor are values that a chart demands
    /// of whoever installs it, nor the files a `secretGenerator` reads, which nobody commits.
    pub fn is_of_the_input(&self) -> bool {
        const ELSEWHERE: &[&str] = &[
            // kustomize: files that generators read and that are often made on the spot, repositories and URLs, plugins
            // that have to be allowed.
            "loading KV pairs: ",
            "failed to run '/usr/bin/git",
            "git fetch",
            "git clone",
            "HTTP Error",
            "dial tcp",
            "lookup ",
            "proxyconnect",
            "external plugins disabled",
            "unable to find plugin root",
            "must specify --enable-helm",
            "--enable-alpha-plugins",
            // helm: dependencies that are not vendored, values that are asked for.
            "missing in charts/ directory",
            "execution error at",
            "nil pointer evaluating",
            "values don't meet the specifications of the schema",
        ];
        matches!(self, Failure::Refused(words) if !ELSEWHERE.iter().any(|phrase| words.contains(phrase)))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::NoProgram(name) => write!(f, "{name} is not installed"),
            Failure::NotStarted(why) => write!(f, "could not be started: {why}"),
            Failure::TimedOut(limit) => write!(f, "did not finish in {} s", limit.as_secs_f64()),
            Failure::Refused(words) => f.write_str(words),
        }
    }
}

/// A path that no program takes for an option.
fn as_path(path: &str) -> OsString {
    if path.starts_with('-') { format!("./{path}").into() } else { path.into() }
}

fn is_program(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    path.is_file()
}

fn run(program: &Path, arguments: &[OsString], by: &str, timeout: Duration) -> Result<Rendered, Failure> {
    const NOWHERE: &str = "http://127.0.0.1:9";
    let not_started = |error: std::io::Error| Failure::NotStarted(error.to_string());
    let mut child = Command::new(program)
        .args(arguments)
        .env("HTTP_PROXY", NOWHERE)
        .env("HTTPS_PROXY", NOWHERE)
        .env("http_proxy", NOWHERE)
        .env("https_proxy", NOWHERE)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(not_started)?;
    let reading = [child.stdout.take().map(to_end), child.stderr.take().map(to_end)];
    let status = wait(&mut child, Instant::now() + timeout).map_err(not_started)?;
    let Some(status) = status else {
        // The readers end with the program's last descendant, which nobody waits for.
        return Err(Failure::TimedOut(timeout));
    };
    let [output, words] = reading.map(|thread| thread.and_then(|thread| thread.join().ok()).unwrap_or_default());
    if status.success() {
        return Ok(Rendered { output, by: by.to_owned() });
    }
    let words = refusal(&String::from_utf8_lossy(&words));
    Err(Failure::Refused(if words.is_empty() { format!("{by}: {status}") } else { words }))
}

/// What a program says of its failure, without its warnings and without what it puts around the words: `Error: …`, and
/// from some kubectl a line of its log, `E0102 03:04:05.678901 99 run.go:72] "command failed" err="…"`.
fn refusal(said: &str) -> String {
    let mut kept = Vec::new();
    for line in said.lines().filter(|line| !line.starts_with("# Warning:") && !line.starts_with("WARNING:")) {
        let logged = line.split_once("] \"command failed\" err=").map(|(_, quoted)| quoted);
        // The log quotes as Go does, which is close enough to JSON to be read as such, or to be left as it is.
        let unquoted = logged.map(|quoted| serde_json::from_str(quoted).unwrap_or_else(|_| quoted.to_owned()));
        kept.push(unquoted.unwrap_or_else(|| line.to_owned()));
    }
    let kept = kept.join("\n");
    let kept = kept.trim();
    kept.strip_prefix("Error: ").or_else(|| kept.strip_prefix("error: ")).unwrap_or(kept).to_owned()
}

fn to_end(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is all there is.
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// The program's exit, or none once the time is up and it has been stopped.
fn wait(child: &mut Child, deadline: Instant) -> std::io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Failure, Tools};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::time::Duration;

    /// Puts a shell script of this name into a directory, which is the whole `PATH` then.
    fn tools(directory: &Path, name: &str, script: &str) -> Tools {
        let program = directory.join(name);
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Tools::in_path(directory.as_os_str())
    }

    #[test]
    fn kustomize_is_asked_before_kubectl() {
        let bin = tempfile::tempdir().unwrap();
        let only_kubectl = tools(bin.path(), "kubectl", "echo \"$@\"");
        let rendered = only_kubectl.kustomize("overlays/prod").unwrap();
        assert_eq!(
            (rendered.output.as_slice(), rendered.by.as_str()),
            (&b"kustomize overlays/prod\n"[..], "kubectl kustomize")
        );
        let both = tools(bin.path(), "kustomize", "echo \"$@\"");
        let rendered = both.kustomize("-x").unwrap();
        assert_eq!((rendered.output.as_slice(), rendered.by.as_str()), (&b"build ./-x\n"[..], "kustomize build"));
    }

    #[test]
    fn helm_is_told_release_namespace_and_values() {
        let bin = tempfile::tempdir().unwrap();
        let helm = tools(bin.path(), "helm", "echo \"$@\"");
        let rendered = helm.helm("charts/shop", "shop", Some("prod"), &["/v.yaml".to_owned()]).unwrap();
        assert_eq!(
            String::from_utf8(rendered.output).unwrap(),
            "template shop charts/shop --include-crds --namespace prod --values /v.yaml\n"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let none = Tools::in_path(std::ffi::OsStr::new(""));
        assert_eq!(none.kustomize("x"), Err(Failure::NoProgram("kustomize or kubectl")));
        let failure = none.helm("x", "x", None, &[]).unwrap_err();
        assert_eq!((failure.to_string().as_str(), failure.is_of_the_input()), ("helm is not installed", false));
    }

    #[test]
    fn a_program_that_refuses_is_quoted() {
        let bin = tempfile::tempdir().unwrap();
        let kustomize = tools(bin.path(), "kustomize", "echo half; echo 'Error: no such thing' >&2; exit 1");
        let failure = kustomize.kustomize("x").unwrap_err();
        assert_eq!((failure.to_string().as_str(), failure.is_of_the_input()), ("no such thing", true));
        let helm = tools(bin.path(), "helm", "echo 'execution error at (a.yaml:1:2): name is needed' >&2; exit 1");
        assert!(!helm.helm("x", "x", None, &[]).unwrap_err().is_of_the_input());
        let logging = tools(
            bin.path(),
            "kustomize",
            "printf '# Warning: old\\nE1123 03:21:57.2 1 run.go:72] \"command failed\" err=\"no \\\\\"such\\\\\" thing\"\\n' >&2; exit 1",
        );
        assert_eq!(logging.kustomize("x").unwrap_err().to_string(), "no \"such\" thing");
        let silent = tools(bin.path(), "kustomize", "exit 3");
        assert_eq!(silent.kustomize("x").unwrap_err().to_string(), "kustomize build: exit status: 3");
    }

    #[test]
    fn a_program_that_does_not_finish_is_stopped() {
        let bin = tempfile::tempdir().unwrap();
        let slow = tools(bin.path(), "kustomize", "exec sleep 600");
        let slow = Tools { timeout: Duration::from_millis(50), ..slow };
        assert_eq!(slow.kustomize("x"), Err(Failure::TimedOut(Duration::from_millis(50))));
    }

    #[test]
    fn much_output_and_no_input_do_not_block_it() {
        let bin = tempfile::tempdir().unwrap();
        let loud = tools(
            bin.path(),
            "kustomize",
            "read line; i=0; while [ $i -lt 20000 ]; do echo 0123456789; echo 0123456789 >&2; i=$((i+1)); done",
        );
        assert_eq!(loud.kustomize("x").unwrap().output.len(), 220_000);
    }
}
