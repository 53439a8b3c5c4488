//! What looks like a password, a token or a key that somebody wrote down.
//!
//! Apart because containers and `ConfigMap`s are looked at for the same, and what is found must never be shown.

/// Words that name a secret, alone or as the last but for [`OF_NO_SECRET`].
const SECRET: [&str; 12] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PWD",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "PASSWORDS",
    "SECRETS",
    "TOKENS",
];

/// Two words that name one together.
const SECRET_KEYS: [&str; 6] = ["ACCESS", "API", "PRIVATE", "SECRET", "ENCRYPTION", "SIGNING"];

/// Names of secrets, by their words: the last word decides what the value is (`TOKEN_TTL` is a time, `SECRET_NAME` a name).
fn is_named_so(name: &str) -> bool {
    let words = words(name);
    let Some((last, before)) = words.split_last() else { return false };
    if last == "KEY" {
        // `AWS_ACCESS_KEY_ID` ends in another word; `API_KEY`, `ACCESS_KEY` and `SECRET_KEY` are what they say.
        return before.last().is_some_and(|word| SECRET_KEYS.contains(&word.as_str()));
    }
    // What members of a cluster find each other by is called so, and is a name.
    let is_a_name =
        last == "TOKEN" && before.last().is_some_and(|word| matches!(word.as_str(), "CLUSTER" | "DISCOVERY"));
    if is_a_name {
        return false;
    }
    // PWD alone is the working directory of a shell.
    SECRET.contains(&last.as_str()) && (last != "PWD" || !before.is_empty())
}

/// The words of a name, in capitals: `DB_PASSWORD`, `dbPassword` and `db.password` have the same two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = letter.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_uppercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Values that are no secret, whatever the name: switches, references, places, and what stands for a value to come.
fn is_harmless(value: &str) -> bool {
    let value = value.trim();
    let is_switch = ["true", "false", "yes", "no", "on", "off", "none", "null", "nil", "enabled", "disabled"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word));
    let is_place = value.starts_with('/') || value.contains("://") || value.starts_with("./");
    let stands_for_another = value.contains("$(")
        || value.contains("${")
        || value.contains("{{")
        || (value.starts_with('<') && value.ends_with('>'));
    // What is taken from a vault by a path: `vault:secret/data/db#password`, `ref+awssecrets://…`.
    let is_reference =
        ["vault:", "ref+", "arn:", "projects/", "op:", "sops:"].iter().any(|sign| value.starts_with(sign));
    // Numbers of seconds and bytes; nobody's password has three digits.
    let is_small = value.len() < 4 && value.bytes().all(|byte| byte.is_ascii_digit());
    value.is_empty() || is_switch || is_place || stands_for_another || is_reference || is_small
}

/// Why a value looks like a secret, in words that do not repeat it; none where it does not.
pub(super) fn looks_like_one(name: &str, value: &str) -> Option<&'static str> {
    let is_key = [
        "-----BEGIN RSA PRIVATE",
        "-----BEGIN PRIVATE",
        "-----BEGIN EC PRIVATE",
        "-----BEGIN OPENSSH PRIVATE",
        "-----BEGIN ENCRYPTED PRIVATE",
        "-----BEGIN DSA PRIVATE",
    ]
    .iter()
    .any(|sign| value.contains(sign));
    if is_key {
        Some("holds a private key")
    } else if has_credentials(value) {
        Some("holds a URL with a password in it")
    } else if is_named_so(name) && !is_harmless(value) {
        Some("is called like a secret, and has its value beside it")
    } else {
        None
    }
}

/// Whether a value is a URL with a user and a password (`postgres://user:password@host`).
fn has_credentials(value: &str) -> bool {
    if value.contains(char::is_whitespace) {
        return false;
    }
    let Some((_, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _host)) = authority.rsplit_once('@') else { return false };
    user.split_once(':').is_some_and(|(_, password)| !is_harmless(password))
}

#[cfg(test)]
mod tests {
    use super::looks_like_one;

    #[test]
    fn names_of_secrets_with_a_value() {
        for name in
            ["DB_PASSWORD", "dbPassword", "db.password", "MYSQL_ROOT_PASSWORD", "GITHUB_TOKEN", "API_KEY", "secretKey"]
        {
            assert!(looks_like_one(name, "hunter2!").is_some(), "{name}");
        }
        for name in [
            "TOKEN_TTL",
            "SECRET_NAME",
            "PASSWORD_FILE",
            "AWS_ACCESS_KEY_ID",
            "PWD",
            "KEY",
            "TOKENIZER",
            "PUBLIC_KEY",
            "ETCD_INITIAL_CLUSTER_TOKEN",
        ] {
            assert!(looks_like_one(name, "hunter2!").is_none(), "{name}");
        }
    }

    #[test]
    fn values_that_are_none() {
        for value in [
            "",
            "true",
            "/run/secrets/db",
            "https://vault.example.com",
            "$(DB_PASSWORD)",
            "${TOKEN}",
            "30",
            "<fill in>",
        ] {
            assert!(looks_like_one("DB_PASSWORD", value).is_none(), "{value}");
        }
    }

    #[test]
    fn values_that_are_some_whatever_the_name() {
        assert!(looks_like_one("DATABASE_URL", "postgres://shop:hunter2@db:5432/shop").is_some());
        assert!(looks_like_one("DATABASE_URL", "postgres://shop:$(PASSWORD)@db:5432/shop").is_none());
        assert!(looks_like_one("DATABASE_URL", "postgres://shop@db:5432/shop").is_none());
        assert!(looks_like_one("tls.pem", "-----BEGIN PRIVATE KEY-----\nMIIE\n").is_some());
    }
}
