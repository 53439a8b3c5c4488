//! The flags that name an API server: which, as whom, and whether one has to be there.
//!
//! Apart because three commands ask a server, and because the flags stay when the program is built without the room that
//! answers them: then they say so.

use crate::pipeline::ApiServer;
use clap::Args;
use std::sync::Arc;
use std::time::Duration;

/// When a server is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// One has to be there.
    Always,
    /// One is asked if it can be reached.
    IfReachable,
    /// kubectl's flag of the same name: an address.
    Address(String),
}

/// `--server`, and kubectl's address under the same name.
pub(super) fn asked(text: &str) -> Result<Asked, String> {
    match text {
        "always" => Ok(Asked::Always),
        "if-reachable" => Ok(Asked::IfReachable),
        address if address.contains("://") || address.contains(':') => Ok(Asked::Address(address.to_owned())),
        other => Err(format!("{other:?} is neither always, if-reachable nor the address of a server")),
    }
}

/// A duration as kubectl writes it (`30s`, `2m`), or seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let unit = &text[digits.len()..];
    let factor = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(format!("{text:?} is no duration; write 30s or 2m")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("{text:?} is no duration; write 30s or 2m"))?;
    // A deadline further off than a day is none.
    Ok(Duration::from_secs(number.saturating_mul(factor).min(86_400)))
}

/// The flags that every command has that asks a server.
#[derive(Clone, Debug, Default, Args)]
pub struct Connection {
    /// The context of the kubeconfig
    #[arg(long, value_name = "NAME", help_heading = "The API server")]
    pub context: Option<String>,
    /// The kubeconfig, instead of `KUBECONFIG` or ~/.kube/config
    #[arg(long, value_name = "FILE", help_heading = "The API server")]
    pub kubeconfig: Option<String>,
    /// How long all requests together may take (30s, 2m)
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = duration,
        default_value = "2m",
        help_heading = "The API server"
    )]
    pub server_timeout: Duration,
}

/// Whom to be to the server, and other flags of kubectl.
#[derive(Clone, Default)]
#[cfg_attr(not(feature = "server"), expect(dead_code, reason = "nothing connects"))]
pub struct Identity {
    pub user: Option<String>,
    pub token: Option<String>,
    pub certificate_authority: Option<String>,
    pub client_certificate: Option<String>,
    pub client_key: Option<String>,
    pub tls_server_name: Option<String>,
    pub insecure_skip_tls_verify: bool,
    pub impersonate: Option<String>,
    pub impersonate_groups: Vec<String>,
    pub field_manager: Option<String>,
    pub force_conflicts: bool,
    pub namespace: Option<String>,
}

/// The server that was asked for, if one was and it is there.
#[derive(Debug, Default)]
pub struct Connected {
    #[cfg(feature = "server")]
    server: Option<Arc<crate::server::Server>>,
}

impl Connected {
    /// The server as the pipeline asks it.
    #[cfg(feature = "server")]
    pub fn server(&self) -> Option<Arc<dyn ApiServer>> {
        self.server.clone().map(|server| server as Arc<dyn ApiServer>)
    }

    /// The server as the pipeline asks it.
    #[cfg(not(feature = "server"))]
    #[expect(clippy::unused_self, reason = "there is one with the feature")]
    pub fn server(&self) -> Option<Arc<dyn ApiServer>> {
        None
    }

    /// Whether the server was asked less than was wanted.
    #[cfg(feature = "server")]
    pub fn was_cut_short(&self) -> bool {
        self.server.as_ref().is_some_and(|server| server.was_cut_short())
    }

    /// Whether the server was asked less than was wanted.
    #[cfg(not(feature = "server"))]
    #[expect(clippy::unused_self, reason = "there is one with the feature")]
    pub fn was_cut_short(&self) -> bool {
        false
    }
}

/// Connects, if a server is asked for.
///
/// # Errors
///
/// When there has to be one and there is none: the message.
pub fn connect(asked: &[Asked], connection: &Connection, identity: &Identity) -> Result<Connected, String> {
    let mut how = None;
    let mut address = None;
    for one in asked {
        match one {
            Asked::Address(text) => address = Some(text.clone()),
            other => how = Some(other.clone()),
        }
    }
    let Some(how) = how else { return Ok(Connected::default()) };
    connect_to(&how, address, connection, identity)
}

#[cfg(feature = "server")]
fn connect_to(
    how: &Asked,
    address: Option<String>,
    connection: &Connection,
    identity: &Identity,
) -> Result<Connected, String> {
    match crate::server::Server::connect(&target(address, connection, identity)) {
        Ok(server) => Ok(Connected { server: Some(Arc::new(server)) }),
        Err(error) if *how == Asked::IfReachable => {
            super::complain(&format!("{error}; the offline rules judge alone"));
            Ok(Connected::default())
        }
        Err(error) => Err(format!("{error}\n  --server=if-reachable goes on with the offline rules alone")),
    }
}

#[cfg(not(feature = "server"))]
fn connect_to(
    how: &Asked,
    _address: Option<String>,
    _connection: &Connection,
    _identity: &Identity,
) -> Result<Connected, String> {
    if *how == Asked::IfReachable {
        super::complain(&format!("{WITHOUT}; the offline rules judge alone"));
        return Ok(Connected::default());
    }
    Err(WITHOUT.to_owned())
}

#[cfg(not(feature = "server"))]
pub const WITHOUT: &str = "this seaworthy was built without the feature `server` and asks no API server";

/// What the flags name.
#[cfg(feature = "server")]
pub fn target(address: Option<String>, connection: &Connection, identity: &Identity) -> crate::server::Target {
    let identity = identity.clone();
    crate::server::Target {
        kubeconfig: connection.kubeconfig.clone(),
        context: connection.context.clone(),
        user: identity.user,
        address,
        token: identity.token,
        certificate_authority: identity.certificate_authority,
        client_certificate: identity.client_certificate,
        client_key: identity.client_key,
        tls_server_name: identity.tls_server_name,
        insecure_skip_tls_verify: identity.insecure_skip_tls_verify,
        impersonate: identity.impersonate,
        impersonate_groups: identity.impersonate_groups,
        field_manager: identity.field_manager,
        force_conflicts: identity.force_conflicts,
        namespace: identity.namespace,
        time_limit: Some(connection.server_timeout),
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, asked, duration};
    use std::time::Duration;

    #[test]
    fn a_server_is_asked_or_addressed() {
        assert_eq!(asked("if-reachable"), Ok(Asked::IfReachable));
        assert_eq!(asked("https://a.example.com"), Ok(Asked::Address("https://a.example.com".to_owned())));
        assert_eq!(asked("127.0.0.1:6443"), Ok(Asked::Address("127.0.0.1:6443".to_owned())));
        assert!(asked("sometimes").is_err());
    }

    #[test]
    fn durations_are_written_as_for_kubectl() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "m", "2d", "-1s", "1.5s", "２s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
