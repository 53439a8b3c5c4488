//! seaworthy: would applying these Kubernetes manifests go through whole?
//!
//! The rooms, and who may enter which, are in `ARCHITECTURE.md`; a test holds them.

pub mod advice;
pub mod apply;
pub mod catalog;
pub mod cel;
pub mod change;
pub mod classify;
pub mod cli;
pub mod config;
pub mod cross;
pub mod decode;
pub mod finding;
pub mod fix;
pub mod go_pattern;
pub mod go_quote;
pub mod lsp;
pub mod object;
pub mod pipeline;
pub mod policies;
pub mod quantity;
pub mod report;
pub mod rules;
pub mod schema;
#[cfg(feature = "server")]
pub mod server;
pub mod server_rules;
pub mod sets;
pub mod source;
pub mod suppress;
pub mod update;
pub mod yaml;
