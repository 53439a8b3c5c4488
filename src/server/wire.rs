//! The wire: the one type that sends requests to a cluster, and cannot write.
//!
//! Apart because what cannot be built cannot be sent. The connection is private to this file, and there are two ways to
//! use it: [`Wire::read`], a GET; and [`Wire::dry_run`], whose query starts with `dryRun=All` because this file writes it.
//! Paths are made of segments, each encoded, so no name of an object can end the path or add to the query.

use super::Target;
use http::{Method, Request, Uri, header};
use http_body_util::BodyExt as _;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

/// What need not be encoded in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How often a request is sent, if the server is too busy to answer it.
const TRIES: u32 = 5;

/// How often a request is sent, if there is no answer.
const TRIES_TO_CONNECT: u32 = 2;

/// The wait before the second try; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A path on the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Path(String);

impl Path {
    /// Joins segments.
    pub fn of(segments: &[&str]) -> Self {
        let mut path = String::new();
        for segment in segments {
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        Self(path)
    }

    /// A path below this one.
    pub fn below(&self, segment: &str) -> Self {
        Self(format!("{}/{}", self.0, utf8_percent_encode(segment, SEGMENT)))
    }

    /// As sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How an object is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// POST.
    Create,
    /// PATCH with a strategic merge patch.
    StrategicMerge,
    /// PATCH with a JSON merge patch.
    JsonMerge,
    /// PATCH, server-side apply.
    Apply {
        /// Whether it takes fields from other managers.
        force: bool,
    },
}

/// What goes with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner<'m> {
    pub verb: Verb,
    pub manager: &'m str,
    /// `Strict`, `Warn` or `Ignore`.
    pub validation: &'static str,
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub body: Value,
    pub warnings: Vec<String>,
}

impl Reply {
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The server's words, where it refuses.
    pub fn message(&self) -> String {
        let said = self.body["message"].as_str().filter(|message| !message.is_empty());
        said.map_or_else(|| format!("the server answered with status {}", self.status), str::to_owned)
    }
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoReply {
    /// The time is over.
    TimeOver,
    /// Ctrl-C.
    Interrupted,
    /// The connection failed; the reason.
    Unreachable(String),
}

impl fmt::Display for NoReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoReply::TimeOver => f.write_str("the time for asking the server was over"),
            NoReply::Interrupted => f.write_str("asking the server was interrupted"),
            NoReply::Unreachable(why) => write!(f, "the server cannot be reached: {why}"),
        }
    }
}

/// The connection to an API server.
pub(super) struct Wire {
    client: Client,
    namespace: String,
    address: String,
    deadline: Instant,
    interrupted: watch::Receiver<bool>,
    /// Whether a request was not sent, or its answer not waited for.
    cut_short: AtomicBool,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Wire {
    /// Reads the kubeconfig, or what a Pod is given, and prepares to connect.
    pub async fn connect(
        target: &Target,
        deadline: Instant,
        interrupted: watch::Receiver<bool>,
    ) -> Result<Self, String> {
        let mut config = config(target).await?;
        // Retries are counted here, where the time limit is known.
        config.default_retry = false;
        config.connect_timeout = Some(config.connect_timeout.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT));
        let namespace = config.default_namespace.clone();
        let address = config.cluster_url.to_string();
        let client = Client::try_from(config).map_err(|error| causes(&error))?;
        Ok(Self { client, namespace, address, deadline, interrupted, cut_short: AtomicBool::new(false) })
    }

    /// The namespace of the context.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The server's address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// GET. `query` holds names and values.
    pub async fn read(&self, path: &Path, query: &[(&str, &str)]) -> Result<Reply, NoReply> {
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, SEGMENT))).collect();
        let uri = format!("{}?{}", path.as_str(), query.join("&"));
        self.exchange(Method::GET, uri.trim_end_matches('?'), None, &[]).await
    }

    /// Sends an object, for a dry run: the server goes through all it would do, and stores nothing.
    pub async fn dry_run(&self, path: &Path, manner: Manner<'_>, body: &Value) -> Result<Reply, NoReply> {
        let Manner { verb, manager, validation } = manner;
        let manager = utf8_percent_encode(manager, SEGMENT);
        let mut uri = format!("{}?dryRun=All&fieldManager={manager}&fieldValidation={validation}", path.as_str());
        let (method, content) = match verb {
            Verb::Create => (Method::POST, "application/json"),
            Verb::StrategicMerge => (Method::PATCH, "application/strategic-merge-patch+json"),
            Verb::JsonMerge => (Method::PATCH, "application/merge-patch+json"),
            Verb::Apply { force } => {
                uri.push_str(if force { "&force=true" } else { "&force=false" });
                (Method::PATCH, "application/apply-patch+yaml")
            }
        };
        self.exchange(method, &uri, Some(content), body.to_string().as_bytes()).await
    }

    /// Sends until there is an answer, the tries are used up, or the time is.
    async fn exchange(&self, method: Method, uri: &str, content: Option<&str>, body: &[u8]) -> Result<Reply, NoReply> {
        let mut wait = FIRST_WAIT;
        for attempt in 1.. {
            let sent = self.in_time(self.send_once(&method, uri, content, body)).await?;
            let asked_to_wait = match sent {
                Ok((reply, _)) if attempt >= TRIES || !is_busy(&reply) => return Ok(reply),
                Ok((_, asked)) => asked,
                // Whoever does not listen will not do so in a moment; a connection may have been lost.
                Err(why) if attempt >= TRIES_TO_CONNECT => return Err(NoReply::Unreachable(why)),
                Err(_) => None,
            };
            self.in_time(sleep(asked_to_wait.unwrap_or(wait).min(LONGEST_WAIT))).await?;
            wait *= 2;
        }
        unreachable!("the last try returns")
    }

    /// Waits for something, but not for longer than there is time.
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, NoReply> {
        let mut interrupted = self.interrupted.clone();
        let interruption = async {
            // Whoever could interrupt may be gone; then nobody does.
            if interrupted.wait_for(|is| *is).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let done = tokio::select! {
            biased;
            () = interruption => Err(NoReply::Interrupted),
            () = sleep_until(self.deadline) => Err(NoReply::TimeOver),
            done = work => Ok(done),
        };
        self.cut_short.fetch_or(done.is_err(), Ordering::Relaxed);
        done
    }

    /// Whether the time was over, or Ctrl-C pressed, before every answer was there.
    pub fn was_cut_short(&self) -> bool {
        self.cut_short.load(Ordering::Relaxed)
    }

    async fn send_once(
        &self,
        method: &Method,
        uri: &str,
        content: Option<&str>,
        body: &[u8],
    ) -> Result<(Reply, Option<Duration>), String> {
        let uri: Uri = uri.parse().map_err(|error| format!("{uri} is no address: {error}"))?;
        let is_dry = uri.query().is_some_and(|query| query.starts_with("dryRun=All&"));
        if *method != Method::GET && !is_dry {
            return Err("a request that is no dry run was stopped; this is a fault in seaworthy".to_owned());
        }
        let mut request = Request::builder().method(method).uri(uri).header(header::ACCEPT, "application/json");
        if let Some(content) = content {
            request = request.header(header::CONTENT_TYPE, content);
        }
        let request = request.body(Body::from(body.to_vec())).map_err(|error| error.to_string())?;
        let response = self.client.send(request).await.map_err(|error| causes(&error))?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| causes(&error))?.to_bytes();
        let values = |name: header::HeaderName| parts.headers.get_all(name).into_iter().filter_map(|v| v.to_str().ok());
        let reply = Reply {
            status: parts.status.as_u16(),
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            warnings: values(header::WARNING).filter_map(warning).collect(),
        };
        let asked = values(header::RETRY_AFTER).find_map(|value| value.parse().ok()).map(Duration::from_secs);
        Ok((reply, asked))
    }
}

/// Whether the same request may be answered otherwise in a moment. A webhook that fails answers with 500 too, and fails
/// again.
fn is_busy(reply: &Reply) -> bool {
    match reply.status {
        429 | 502..=504 => true,
        500 => {
            let message = reply.body["message"].as_str().unwrap_or_default();
            !message.contains("webhook")
        }
        _ => false,
    }
}

/// The text of a warning header: `299 - "text"`. Source: RFC 7234 §5.5; `net.ParseWarningHeaders` of apimachinery (1.36).
fn warning(header: &str) -> Option<String> {
    let text = header.strip_prefix("299 ")?.split_once(' ')?.1;
    let text = text.strip_prefix('"')?.strip_suffix('"')?;
    Some(text.replace("\\\"", "\"").replace("\\\\", "\\"))
}

/// An error with what caused it, which is where the reason is.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}

async fn config(target: &Target) -> Result<Config, String> {
    let kubeconfig = match &target.kubeconfig {
        Some(path) => Some(Kubeconfig::read_from(path).map_err(|error| causes(&error))?),
        None => match Kubeconfig::read() {
            Ok(kubeconfig) => Some(kubeconfig).filter(|read| !read.contexts.is_empty() || target.context.is_some()),
            Err(error) if std::env::var_os("KUBECONFIG").is_some() || target.context.is_some() => {
                return Err(causes(&error));
            }
            Err(_) => None,
        },
    };
    let mut config = if let Some(kubeconfig) = kubeconfig {
        let options = KubeConfigOptions { context: target.context.clone(), cluster: None, user: target.user.clone() };
        Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| causes(&error))?
    } else if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
        Config::incluster().map_err(|error| causes(&error))?
    } else if let Some(address) = &target.address {
        Config::new(address_of(address)?)
    } else {
        return Err(
            "no kubeconfig names a cluster (KUBECONFIG, ~/.kube/config, --kubeconfig), and this is no Pod of one"
                .to_owned(),
        );
    };
    if let Some(address) = &target.address {
        config.cluster_url = address_of(address)?;
    }
    if let Some(name) = &target.tls_server_name {
        config.tls_server_name = Some(name.clone());
    }
    config.accept_invalid_certs |= target.insecure_skip_tls_verify;
    if let Some(file) = &target.certificate_authority {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        config.root_cert_file = None;
        config.root_cert = Some(certificates(&text).ok_or_else(|| format!("{file} holds no certificate"))?);
    }
    let auth = &mut config.auth_info;
    if let Some(token) = &target.token {
        auth.token = Some(token.clone().into());
    }
    if let (Some(certificate), Some(key)) = (&target.client_certificate, &target.client_key) {
        auth.client_certificate = Some(certificate.clone());
        auth.client_key = Some(key.clone());
    }
    if target.impersonate.is_some() {
        auth.impersonate.clone_from(&target.impersonate);
        auth.impersonate_groups = (!target.impersonate_groups.is_empty()).then(|| target.impersonate_groups.clone());
    }
    Ok(config)
}

fn address_of(address: &str) -> Result<Uri, String> {
    let full = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    full.parse().map_err(|error| format!("{address} is no address of a server: {error}"))
}

/// The certificates of a PEM file, decoded.
fn certificates(text: &str) -> Option<Vec<Vec<u8>>> {
    let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    let decoded: Option<Vec<Vec<u8>>> = blocks
        .map(|block| {
            let (encoded, _) = block.split_once("-----END CERTIFICATE-----")?;
            let encoded: String = encoded.split_whitespace().collect();
            data_encoding::BASE64.decode(encoded.as_bytes()).ok()
        })
        .collect();
    decoded.filter(|list| !list.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Path, warning};

    #[test]
    fn no_name_leaves_its_segment() {
        let path = Path::of(&["api", "v1", "namespaces", "a/b", "pods", "x?dryRun=&y#z"]);
        assert_eq!(path.as_str(), "/api/v1/namespaces/a%2Fb/pods/x%3FdryRun%3D%26y%23z");
        assert_eq!(path.below("..%2f").as_str().rsplit('/').next(), Some("..%252f"));
    }

    #[test]
    fn warnings_are_read_out_of_their_header() {
        let header = r#"299 - "unknown field \"spec.tide\"""#;
        assert_eq!(warning(header).as_deref(), Some("unknown field \"spec.tide\""));
        assert_eq!(warning("199 - \"other\""), None);
    }
}
