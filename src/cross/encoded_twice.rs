//! A Secret whose value was put into base64 once too often.
//!
//! Apart because it judges what a value says, which nothing else does of Secrets; the value itself is never shown.

use super::{Member, Scene};
use crate::finding::{Finding, Level, Rule};
use crate::object::FieldPath;
use crate::object::view::View;
use crate::yaml::NodeRef;
use data_encoding::BASE64;

/// A value that is still base64 once the API server has decoded it.
pub static RULE: Rule = Rule {
    id: "cross/encoded-twice",
    level: Level::Warning,
    summary: "the value of a Secret is base64 in base64",
    why: "`data` is decoded once and `stringData` not at all: the pods that read the Secret get text in base64 in the place of what it stands for",
    docs: include_str!("encoded-twice.md"),
};

/// Types whose values have a form of their own, or that tools write for themselves.
const OWN_FORM: [&str; 6] = [
    "kubernetes.io/service-account-token",
    "kubernetes.io/dockercfg",
    "kubernetes.io/dockerconfigjson",
    "kubernetes.io/tls",
    "bootstrap.kubernetes.io/token",
    "helm.sh/release.v1",
];

/// Parts of keys that say that base64 is meant.
const MEANT: [&str; 8] = ["base64", "b64", "encoded", "basic", "auth", "header", "cookie", "key"];

/// Padding does not come about by chance; text without it must be long enough that it does not.
const LEAST_WITH_PADDING: usize = 8;
const LEAST_WITHOUT: usize = 16;

/// Looks at every value of every Secret.
pub fn check(scene: &Scene<'_>) -> Vec<Finding> {
    scene.set.of_the_set("", "Secret").flat_map(judge).collect()
}

fn judge(secret: &Member<'_>) -> Vec<Finding> {
    let root = secret.object.root();
    if OWN_FORM.contains(&root.text("type")) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for map in ["data", "stringData"] {
        for entry in root.get(map).into_iter().flat_map(NodeRef::entries) {
            let key = entry.name().to_ascii_lowercase();
            let Some(written) = entry.value.as_str().filter(|_| !MEANT.iter().any(|part| key.contains(part))) else {
                continue;
            };
            let is_encoded =
                if map == "data" { decoded(written).is_some_and(|text| is_base64(&text)) } else { is_base64(written) };
            if !is_encoded {
                continue;
            }
            let message = match map {
                "data" => format!(
                    "the value of key \"{}\" is in base64 twice: decoded once, it is still base64",
                    entry.name()
                ),
                _ => format!("the value of key \"{}\" is in base64, and `stringData` takes plain text", entry.name()),
            };
            let help = match map {
                "data" => {
                    "put the value into base64 once; if base64 is what the pods need, say so in the key (`…-base64`)"
                }
                _ => {
                    "move the value to `data`, or write it as plain text; if base64 is what the pods need, say so in the key (`…-base64`)"
                }
            };
            let field = FieldPath::of(&[map]).key(entry.name());
            found.push(Finding::in_object(&RULE, message, secret.object, field).with_help(help));
        }
    }
    found
}

/// The text that base64 stands for, line breaks around it left out (`echo` adds one).
fn decoded(text: &str) -> Option<String> {
    let lines: String = text.split_ascii_whitespace().collect();
    let text = String::from_utf8(BASE64.decode(lines.as_bytes()).ok()?).ok()?;
    Some(text)
}

/// Whether a text is the base64 of text that people read, and hardly anything else.
fn is_base64(text: &str) -> bool {
    let text = text.trim();
    let least = if text.ends_with('=') { LEAST_WITH_PADDING } else { LEAST_WITHOUT };
    let is_readable = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    text.len() >= least
        && BASE64.decode(text.as_bytes()).is_ok_and(|plain| !plain.is_empty() && plain.iter().all(is_readable))
}

#[cfg(test)]
mod tests {
    use super::{BASE64, is_base64};
    use crate::cross::testing::findings;

    const RULE: &str = "cross/encoded-twice";

    fn once(text: &str) -> String {
        BASE64.encode(text.as_bytes())
    }

    fn secret(map: &str, key: &str, value: &str) -> String {
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: till}}\n{map}: {{{key}: \"{value}\"}}\n")
    }

    #[test]
    fn a_value_that_is_encoded_once_too_often() {
        let twice = once(&once("correct horse"));
        assert_eq!(
            findings(RULE, &secret("data", "password", &twice)),
            ["data[password]: the value of key \"password\" is in base64 twice: decoded once, it is still base64"]
        );
        let with_line_breaks = once(&format!("{}\n", once("correct horse\n")));
        assert_eq!(findings(RULE, &secret("data", "password", &with_line_breaks)).len(), 1);
        assert_eq!(
            findings(RULE, &secret("stringData", "password", &once("correct horse"))),
            ["stringData[password]: the value of key \"password\" is in base64, and `stringData` takes plain text"]
        );
    }

    #[test]
    fn what_may_be_meant_is_left_alone() {
        let twice = once(&once("correct horse"));
        assert!(findings(RULE, &secret("data", "password", &once("correct horse"))).is_empty());
        assert!(findings(RULE, &secret("stringData", "password", "correct horse")).is_empty());
        assert!(findings(RULE, &secret("data", "password-base64", &twice)).is_empty());
        assert!(findings(RULE, &secret("data", "basic-auth", &twice)).is_empty());
        let of_helm = secret("data", "release", &twice) + "type: helm.sh/release.v1\n";
        assert!(findings(RULE, &of_helm).is_empty());
        let config_map = secret("data", "password", &twice).replace("Secret", "ConfigMap");
        assert!(findings(RULE, &config_map).is_empty());
    }

    #[test]
    fn words_and_keys_that_look_like_base64() {
        for text in ["mysecretpassword", "0123456789abcdef", "deadbeefdeadbeefdeadbeef", "Tr0ub4dor3xK", "abcd", "YWJj"]
        {
            assert!(!is_base64(text), "{text}");
        }
        assert!(!is_base64(&BASE64.encode(&[0xde, 0xad, 0xbe, 0xef, 0xde, 0xad, 0xbe, 0xef])), "a key of random bytes");
        assert!(is_base64(&once("admin")));
    }
}
