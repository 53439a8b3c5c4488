//! How large a request may be.
//!
//! Apart because the server asks it before it reads a field.
//! Source: `MaxRequestBodyBytes` of apiserver `pkg/server/config.go` and `limitedReadBody` of
//! `pkg/endpoints/handlers/rest.go` (1.36). What etcd refuses beyond 1.5 MiB is not judged: how long an object is there
//! depends on its encoding and on what the server adds.

use crate::finding::{Finding, Level, Rule};
use crate::object::{FieldPath, Object};

/// An object that no request can carry.
pub static TOO_LARGE: Rule = Rule {
    id: "api/request-size",
    level: Level::Error,
    summary: "the object is longer than the API server reads",
    why: "kube-apiserver reads at most 3 MiB of a request, so that no client can exhaust its memory",
    docs: include_str!("request-size.md"),
};

/// The most bytes of a request's body.
pub const LIMIT: usize = 3 * 1024 * 1024;

/// The server's answer to an object that takes this many bytes as JSON, if it is too large.
pub fn refusal(object: &Object, bytes: usize) -> Option<(String, Finding)> {
    if bytes <= LIMIT {
        return None;
    }
    let message = format!("Request entity too large: limit is {LIMIT}");
    let finding = Finding::in_object(&TOO_LARGE, message.clone(), object, FieldPath::of(&["kind"]));
    Some((message, finding))
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, refusal};
    use crate::server_rules::testing::object;
    use serde_json::json;

    #[test]
    fn the_limit_itself_is_read() {
        let object = object(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tides"}}));
        assert!(refusal(&object, LIMIT).is_none());
        let (message, _) = refusal(&object, LIMIT + 1).expect("a refusal");
        assert_eq!(message, "Request entity too large: limit is 3145728");
    }
}
