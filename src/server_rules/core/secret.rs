//! `Secret`: its keys, its size, and what its type asks for.
//!
//! No message holds any of its values.

use super::config_map::DATA_LIMIT;
use crate::finding::{Level, Rule};
use crate::object::{Path, view::View as _};
use crate::server_rules::Judge;
use crate::server_rules::content::{bytes, names, report};
use crate::yaml::NodeRef;

/// A `Secret`'s data.
pub static RULE: Rule = Rule {
    id: "api/secret",
    level: Level::Error,
    summary: "a Secret's keys or size are not valid, or lack what its type needs",
    why: "the well-known types promise certain keys to whoever reads the Secret, and the API server holds them to it",
    docs: include_str!("secret.md"),
};

const SERVICE_ACCOUNT_NAME: &str = "kubernetes.io/service-account.name";

/// The data as the server stores it: `stringData` overwrites `data`. kubectl sends no key whose value is `null`.
struct Data<'t> {
    encoded: Option<NodeRef<'t>>,
    plain: Option<NodeRef<'t>>,
}

impl Data<'_> {
    fn has(&self, key: &str) -> bool {
        self.plain.has(key) || self.encoded.has(key)
    }

    fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        if let Some(text) = self.plain.text_pointer(key) {
            return Some(text.as_bytes().to_vec());
        }
        self.encoded.and_then(|map| map.get(key)).map(bytes::of)
    }
}

/// Judges a `Secret` on creation (`ValidateSecret`).
pub fn validate(judge: &mut Judge<'_>) {
    judge.errors.rule = &RULE;
    let path = Path::ROOT.field("data");
    let data = Data { encoded: judge.root.get("data"), plain: judge.root.get("stringData") };
    let mut size = 0;
    for entry in data.encoded.into_iter().flat_map(NodeRef::entries) {
        let key = entry.name();
        if data.plain.is_none_or(|plain| plain.entry(key).is_none()) {
            report(names::config_map_key(key), &path.key(key), key, &mut judge.errors);
            size += bytes::length(entry.value);
        }
    }
    for entry in data.plain.into_iter().flat_map(NodeRef::entries) {
        let key = entry.name();
        report(names::config_map_key(key), &path.key(key), key, &mut judge.errors);
        size += entry.value.as_str().map_or(0, str::len);
    }
    if size > DATA_LIMIT {
        judge.errors.too_long(&path, DATA_LIMIT);
    }
    validate_type(&data, judge);
}

fn validate_type(data: &Data<'_>, judge: &mut Judge<'_>) {
    let path = Path::ROOT.field("data");
    let need = |key: &str, judge: &mut Judge<'_>| {
        let has = data.has(key);
        if !has {
            judge.errors.required(&path.key(key), "");
        }
        has
    };
    match judge.root.text("type") {
        "kubernetes.io/service-account-token"
            if judge.root.at(&["metadata", "annotations"]).text(SERVICE_ACCOUNT_NAME).is_empty() =>
        {
            let metadata = Path::ROOT.field("metadata");
            judge.errors.required(&metadata.field("annotations").key(SERVICE_ACCOUNT_NAME), "");
        }
        "kubernetes.io/dockercfg" if need(".dockercfg", judge) => need_json(data, ".dockercfg", judge),
        "kubernetes.io/dockerconfigjson" if need(".dockerconfigjson", judge) => {
            need_json(data, ".dockerconfigjson", judge);
        }
        "kubernetes.io/basic-auth" if !data.has("username") && !data.has("password") => {
            need("username", judge);
            need("password", judge);
        }
        "kubernetes.io/ssh-auth" if data.bytes("ssh-privatekey").is_none_or(|key| key.is_empty()) => {
            judge.errors.required(&path.key("ssh-privatekey"), "");
        }
        "kubernetes.io/tls" => {
            let has_both = [need("tls.crt", judge), need("tls.key", judge)] == [true, true];
            if has_both && judge.errors.is_empty() {
                warn_of_key_pair(data, judge);
            }
        }
        _ => {}
    }
}

/// The value must be a JSON object, or `null`.
fn need_json(data: &Data<'_>, key: &str, judge: &mut Judge<'_>) {
    let text = data.bytes(key).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let complaint = match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(serde_json::Value::Object(_) | serde_json::Value::Null) => return,
        Ok(_) => "json: cannot unmarshal value into Go value of type map[string]interface {}",
        Err(error) if error.is_eof() => "unexpected end of JSON input",
        Err(_) => "invalid character in JSON input",
    };
    judge.errors.invalid(&Path::ROOT.field("data").key(key), "<secret contents redacted>", complaint);
}

/// What `tls.X509KeyPair` says of texts that are no PEM at all.
fn warn_of_key_pair(data: &Data<'_>, judge: &mut Judge<'_>) {
    for (key, what) in [("tls.crt", "certificate"), ("tls.key", "key")] {
        let blocks = bytes::pem_types(&data.bytes(key).unwrap_or_default());
        if blocks.is_empty() {
            let text = format!("tls: failed to find any PEM data in {what} input");
            judge.warn(&Path::ROOT.field("data").key(key), text);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::server_rules::testing::errors_of;
    use serde_json::{Value, json};

    fn errors(kind: &str, data: &Value, plain: &Value) -> Vec<String> {
        errors_of(&json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pier"}, "type": kind, "data": data,
            "stringData": plain,
        }))
    }

    #[test]
    fn types_need_their_keys() {
        assert_eq!(errors("kubernetes.io/tls", &json!({}), &json!({"tls.crt": ""})), ["data[tls.key]: Required value"]);
        assert_eq!(
            errors("kubernetes.io/basic-auth", &json!({}), &json!({})),
            ["data[username]: Required value", "data[password]: Required value"]
        );
        assert_eq!(errors("kubernetes.io/basic-auth", &json!({"password": ""}), &json!({})), Vec::<String>::new());
        assert_eq!(
            errors("kubernetes.io/ssh-auth", &json!({"ssh-privatekey": ""}), &json!({})),
            ["data[ssh-privatekey]: Required value"]
        );
        assert_eq!(
            errors("kubernetes.io/service-account-token", &json!({}), &json!({})),
            ["metadata.annotations[kubernetes.io/service-account.name]: Required value"]
        );
        assert_eq!(errors("shop.example/any", &json!({}), &json!({})), Vec::<String>::new());
    }

    #[test]
    fn registry_credentials_are_json_and_never_shown() {
        let errors = errors("kubernetes.io/dockerconfigjson", &json!({}), &json!({".dockerconfigjson": "hunter2"}));
        assert_eq!(errors.len(), 1);
        assert!(errors[0].starts_with("data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": "));
        assert!(!errors[0].contains("hunter2"));
    }

    #[test]
    fn string_data_wins() {
        assert_eq!(
            errors("kubernetes.io/dockercfg", &json!({".dockercfg": "aHVudGVyMg=="}), &json!({".dockercfg": "{}"})),
            Vec::<String>::new()
        );
    }

    #[test]
    fn keys_are_file_names() {
        assert_eq!(
            errors("Opaque", &json!({"..": ""}), &json!({})),
            ["data[..]: Invalid value: \"..\": must not be '..'"]
        );
    }
}
