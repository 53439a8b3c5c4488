//! The API server itself, asked: a dry run of every object, and what the cluster holds around them.
//!
//! Apart because it is the only room that opens a socket, and it is not there at all without the feature `server`. What
//! leaves it is decided in one file, `wire`: GETs, and requests whose query says `dryRun=All`. The runtime that waits
//! for answers starts when a server is asked for, and not before.

mod apply;
mod around;
mod discovery;
mod snapshot;
mod wire;

use crate::pipeline::{Answer, ApiServer, Around, Named, Question};
use crate::schema::Minor;
use discovery::Cluster;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use wire::{NoReply, Path, Wire};

/// Requests that are under way at once. A dry run stores nothing, so none of them waits for another; the limit spares the
/// server, which counts a client's requests too.
const AT_ONCE: usize = 8;

/// Which server, and as whom: kubectl's flags.
#[derive(Clone, Default)]
pub struct Target {
    /// `--kubeconfig`; otherwise `KUBECONFIG`, `~/.kube/config`, or what a Pod is given.
    pub kubeconfig: Option<String>,
    /// `--context`
    pub context: Option<String>,
    /// `--user`
    pub user: Option<String>,
    /// The server's address, instead of the one of the kubeconfig.
    pub address: Option<String>,
    /// `--token`
    pub token: Option<String>,
    /// `--certificate-authority`
    pub certificate_authority: Option<String>,
    /// `--client-certificate`
    pub client_certificate: Option<String>,
    /// `--client-key`
    pub client_key: Option<String>,
    /// `--tls-server-name`
    pub tls_server_name: Option<String>,
    /// `--insecure-skip-tls-verify`
    pub insecure_skip_tls_verify: bool,
    /// `--as`
    pub impersonate: Option<String>,
    /// `--as-group`
    pub impersonate_groups: Vec<String>,
    /// `--field-manager`
    pub field_manager: Option<String>,
    /// `--force-conflicts`
    pub force_conflicts: bool,
    /// `--namespace`, else that of the context.
    pub namespace: Option<String>,
    /// How long all requests together may take.
    pub time_limit: Option<Duration>,
}

impl fmt::Debug for Target {
    // Tokens are not printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("context", &self.context).field("address", &self.address).finish_non_exhaustive()
    }
}

/// How long a run asks a server, unless it was told.
pub const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Why no server could be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Its address, if that is known.
    pub address: Option<String>,
    /// Why.
    pub why: String,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Some(address) => write!(f, "the API server at {address} cannot be asked: {}", self.why),
            None => write!(f, "no API server can be asked: {}", self.why),
        }
    }
}

impl std::error::Error for Unreachable {}

/// An API server that can be asked.
#[derive(Debug)]
pub struct Server {
    runtime: Runtime,
    cluster: Arc<Cluster>,
    minor: Minor,
    version: String,
    name: String,
    default_namespace: String,
    target: Target,
}

impl Server {
    /// Connects, and asks for the version.
    ///
    /// # Errors
    ///
    /// When there is no server, or none that answers.
    pub fn connect(target: &Target) -> Result<Self, Unreachable> {
        let nowhere = |why: String| Unreachable { address: None, why };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| nowhere(error.to_string()))?;
        let interrupted = interruption(&runtime);
        let deadline = {
            let _entered = runtime.enter();
            Instant::now() + target.time_limit.unwrap_or(TIME_LIMIT)
        };
        let wire = runtime.block_on(Wire::connect(target, deadline, interrupted)).map_err(nowhere)?;
        let at = |why: String| Unreachable { address: Some(wire.address().to_owned()), why };
        let version = runtime.block_on(wire.read(&Path::of(&["version"]), &[])).map_err(|no_reply| {
            at(match no_reply {
                NoReply::Unreachable(why) => why,
                other => other.to_string(),
            })
        })?;
        let git_version = version.body["gitVersion"].as_str().unwrap_or_default().to_owned();
        let Some(minor) = minor_of(&git_version) else {
            return Err(at(format!("it does not tell its version: {}", version.message())));
        };
        let default_namespace = target.namespace.clone().unwrap_or_else(|| wire.namespace().to_owned());
        let context = target.context.as_ref().map_or_else(String::new, |context| format!("{context}, "));
        Ok(Self {
            name: format!("{context}{}", wire.address().trim_end_matches('/')),
            cluster: Arc::new(Cluster::new(wire)),
            runtime,
            minor,
            version: git_version,
            default_namespace,
            target: target.clone(),
        })
    }

    /// Whether it was asked less than was wanted: the time was over, or Ctrl-C was pressed.
    pub fn was_cut_short(&self) -> bool {
        self.cluster.wire.was_cut_short()
    }

    /// What later runs need to know of the cluster, as YAML for `--cluster`.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached any more. What it does not show is told in the snapshot.
    pub fn snapshot(&self) -> Result<String, Unreachable> {
        let taken = self.runtime.block_on(snapshot::take(&self.cluster, &self.version));
        taken.map_err(|why| Unreachable { address: Some(self.name.clone()), why: why.to_string() })
    }
}

/// The minor of a version such as `v1.37.0+k3s1`.
fn minor_of(git_version: &str) -> Option<Minor> {
    let rest = git_version.strip_prefix("v1.")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().map(Minor)
}

/// Hears of Ctrl-C: the first ends the asking, and what is known is told; the second ends everything.
fn interruption(runtime: &Runtime) -> watch::Receiver<bool> {
    let (interrupt, interrupted) = watch::channel(false);
    drop(runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            let _ = interrupt.send(true);
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        }
        std::future::pending::<()>().await;
    }));
    interrupted
}

impl ApiServer for Server {
    fn minor(&self) -> Minor {
        self.minor
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn default_namespace(&self) -> &str {
        &self.default_namespace
    }

    fn around(&self, objects: &[Named]) -> Around {
        let objects: Vec<Named> = objects.iter().map(|object| self.placed(object.clone())).collect();
        self.runtime.block_on(around::look(Arc::clone(&self.cluster), objects))
    }

    fn judge(&self, questions: Vec<Question>) -> Vec<Answer> {
        self.runtime.block_on(async {
            let turns = Arc::new(Semaphore::new(AT_ONCE));
            let tasks: Vec<JoinHandle<Answer>> = questions
                .into_iter()
                .map(|mut question| {
                    question.named = self.placed(question.named);
                    let (cluster, turns) = (Arc::clone(&self.cluster), Arc::clone(&turns));
                    let target = self.target.clone();
                    tokio::spawn(async move {
                        let _turn = turns.acquire().await;
                        apply::judge(&cluster, &target, question).await
                    })
                })
                .collect();
            let mut answers = Vec::with_capacity(tasks.len());
            for task in tasks {
                let silent = |why: String| Answer::Silent { why };
                answers.push(task.await.unwrap_or_else(|error| silent(format!("a fault in seaworthy: {error}"))));
            }
            answers
        })
    }
}

impl Server {
    /// An object with the namespace that it goes to if it names none and its kind has one.
    fn placed(&self, mut object: Named) -> Named {
        if object.namespace.is_empty() {
            object.namespace.clone_from(&self.default_namespace);
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use super::minor_of;
    use crate::schema::Minor;

    #[test]
    fn the_minor_of_any_distribution_is_read() {
        for (version, minor) in [("v1.37.0", Some(37)), ("v1.31.4-eks-aeac579", Some(31)), ("v1.30.2+k3s1", Some(30))] {
            assert_eq!(minor_of(version), minor.map(Minor), "{version}");
        }
        assert_eq!(minor_of("unknown"), None);
    }
}
