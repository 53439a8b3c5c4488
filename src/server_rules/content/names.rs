//! Names: DNS labels and subdomains, label keys and values, path segments.
//!
//! Apart because the server words these once, in `k8s.io/apimachinery/pkg/api/validate/content` and
//! `pkg/util/validation/validation.go` (1.36), and every kind quotes them. The grammars are so small that matching
//! bytes by hand is both the clearest and the fastest form.

/// What is wrong with a text, in the server's words; empty for nothing.
pub type Complaints = Vec<String>;

/// The longest DNS label, and the longest name part of a label key, in bytes.
pub const LABEL_MAX: usize = 63;
/// The longest DNS subdomain, in bytes.
pub const SUBDOMAIN_MAX: usize = 253;

const DNS_1123_LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS_1123_SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const LABEL_KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// `must be no more than N bytes` (`content.MaxLenError`).
pub fn max_length(limit: usize) -> String {
    format!("must be no more than {limit} bytes")
}

/// `must be no more than N characters`, though bytes are counted (`validation.MaxLenError`).
pub fn max_length_characters(limit: usize) -> String {
    format!("must be no more than {limit} characters")
}

/// A rule's sentence with its examples and its regular expression (`content.RegexError`).
pub fn pattern(sentence: &str, regex: &str, examples: &[&str]) -> String {
    if examples.is_empty() {
        return format!("{sentence} (regex used for validation is '{regex}')");
    }
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{sentence} (e.g. {}regex used for validation is '{regex}')", examples.join(" or "))
}

/// Whether all bytes are of the class `inner`, and the first and last of the narrower class `outer`.
fn is_framed(text: &str, outer: impl Fn(u8) -> bool, inner: impl Fn(u8) -> bool) -> bool {
    match text.as_bytes() {
        [] => false,
        [only] => outer(*only),
        [first, middle @ .., last] => outer(*first) && outer(*last) && middle.iter().all(|byte| inner(*byte)),
    }
}

fn is_lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn matches_dns_1123_label(text: &str) -> bool {
    is_framed(text, is_lower_or_digit, |byte| is_lower_or_digit(byte) || byte == b'-')
}

fn matches_dns_1123_subdomain(text: &str) -> bool {
    text.split('.').all(matches_dns_1123_label)
}

fn matches_label_key_name(text: &str) -> bool {
    is_framed(
        text,
        |byte| byte.is_ascii_alphanumeric(),
        |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
    )
}

/// A DNS label of RFC 1123 (`validation.IsDNS1123Label`).
pub fn dns_1123_label(text: &str) -> Complaints {
    let mut complaints = Vec::new();
    if text.len() > LABEL_MAX {
        complaints.push(max_length_characters(LABEL_MAX));
    }
    if !matches_dns_1123_label(text) {
        complaints.push(if matches_dns_1123_subdomain(text) {
            "must not contain dots".to_owned()
        } else {
            pattern(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
                 and end with an alphanumeric character",
                DNS_1123_LABEL,
                &["my-name", "123-abc"],
            )
        });
    }
    complaints
}

/// A text with a longest length and one shape.
fn shaped(text: &str, limit: usize, matches: bool, sentence: &str, regex: &str, examples: &[&str]) -> Complaints {
    let mut complaints = Vec::new();
    if text.len() > limit {
        complaints.push(max_length_characters(limit));
    }
    if !matches {
        complaints.push(pattern(sentence, regex, examples));
    }
    complaints
}

/// A DNS subdomain of RFC 1123 (`validation.IsDNS1123Subdomain`).
pub fn dns_1123_subdomain(text: &str) -> Complaints {
    shaped(
        text,
        SUBDOMAIN_MAX,
        matches_dns_1123_subdomain(text),
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
         start and end with an alphanumeric character",
        DNS_1123_SUBDOMAIN,
        &["example.com"],
    )
}

/// A DNS subdomain in which capitals are let through (`content.IsDNS1123SubdomainCaseless`).
pub fn dns_1123_subdomain_caseless(text: &str) -> Complaints {
    let matches = text.split('.').all(|part| {
        is_framed(part, |byte| byte.is_ascii_alphanumeric(), |byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    shaped(
        text,
        SUBDOMAIN_MAX,
        matches,
        "an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', and must start and end with an \
         alphanumeric character",
        DNS_1123_SUBDOMAIN,
        &["Example.com"],
    )
}

/// A DNS subdomain whose parts may have underscores (`validation.IsDNS1123SubdomainWithUnderscore`).
pub fn dns_1123_subdomain_with_underscore(text: &str) -> Complaints {
    let matches = text.split('.').all(|part| {
        let part = part.strip_prefix('_').unwrap_or(part);
        is_framed(part, is_lower_or_digit, |byte| is_lower_or_digit(byte) || matches!(byte, b'-' | b'_'))
    });
    shaped(
        text,
        SUBDOMAIN_MAX,
        matches,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must \
         start and end with an alphanumeric character",
        r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*",
        &["example.com"],
    )
}

/// `*.` and a DNS subdomain (`validation.IsWildcardDNS1123Subdomain`).
pub fn wildcard_dns_1123_subdomain(text: &str) -> Complaints {
    shaped(
        text,
        SUBDOMAIN_MAX,
        text.strip_prefix("*.").is_some_and(matches_dns_1123_subdomain),
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of \
         lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        &format!(r"\*\.{DNS_1123_SUBDOMAIN}"),
        &["*.example.com"],
    )
}

/// A DNS label of RFC 1035 (`validation.IsDNS1035Label`).
pub fn dns_1035_label(text: &str) -> Complaints {
    shaped(
        text,
        LABEL_MAX,
        matches_dns_1123_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase()),
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
         character, and end with an alphanumeric character",
        "[a-z]([-a-z0-9]*[a-z0-9])?",
        &["my-name", "abc-123"],
    )
}

/// A label key, also called qualified name: an optional DNS subdomain and `/`, then a name of at most 63 bytes
/// (`content.IsLabelKey`, `content.IsQualifiedName`).
pub fn qualified_name(text: &str) -> Complaints {
    const SENTENCE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                            alphanumeric character";
    const EXAMPLES: [&str; 3] = ["MyName", "my.name", "123-abc"];
    let mut complaints = Vec::new();
    let name = match text.split_once('/') {
        None => text,
        Some((_, rest)) if rest.contains('/') => {
            let rule = pattern(&format!("a valid label key {SENTENCE}"), LABEL_KEY, &EXAMPLES);
            return vec![format!("{rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")];
        }
        Some(("", name)) => {
            complaints.push("prefix part must be non-empty".to_owned());
            name
        }
        Some((prefix, name)) => {
            complaints.extend(dns_1123_subdomain(prefix).into_iter().map(|text| {
                // The same grammar lives in two places of the server, and this one says bytes.
                let text = if text == max_length_characters(SUBDOMAIN_MAX) { max_length(SUBDOMAIN_MAX) } else { text };
                format!("prefix part {text}")
            }));
            name
        }
    };
    if name.is_empty() {
        complaints.push("name part must be non-empty".to_owned());
    } else if name.len() > LABEL_MAX {
        complaints.push(format!("name part {}", max_length(LABEL_MAX)));
    }
    if !matches_label_key_name(name) {
        complaints.push(pattern(&format!("name part {SENTENCE}"), LABEL_KEY, &EXAMPLES));
    }
    complaints
}

/// A label value: empty, or shaped as the name part of a label key (`content.IsLabelValue`).
pub fn label_value(text: &str) -> Complaints {
    let mut complaints = Vec::new();
    if text.len() > LABEL_MAX {
        complaints.push(max_length(LABEL_MAX));
    }
    if !(text.is_empty() || matches_label_key_name(text)) {
        complaints.push(pattern(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
             start and end with an alphanumeric character",
            &format!("({LABEL_KEY})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    complaints
}

/// A name that can be one segment of a URL path (`content.IsPathSegmentName`).
pub fn path_segment_name(text: &str) -> Complaints {
    if text == "." || text == ".." {
        return vec![format!("may not be '{text}'")];
    }
    ["/", "%"].iter().filter(|bad| text.contains(**bad)).map(|bad| format!("may not contain '{bad}'")).collect()
}

/// The beginning of a name that can be one segment of a URL path (`content.IsPathSegmentPrefix`).
pub fn path_segment_prefix(text: &str) -> Complaints {
    if matches!(text, "." | "..") { Vec::new() } else { path_segment_name(text) }
}

/// A key of a `ConfigMap` or `Secret` (`validation.IsConfigMapKey`).
pub fn config_map_key(text: &str) -> Complaints {
    let matches =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let mut complaints = shaped(
        text,
        SUBDOMAIN_MAX,
        matches,
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        "[-._a-zA-Z0-9]+",
        &["key.name", "KEY_NAME", "key-name"],
    );
    match text {
        "." | ".." => complaints.push(format!("must not be '{text}'")),
        _ if text.starts_with("..") => complaints.push("must not start with '..'".to_owned()),
        _ => {}
    }
    complaints
}

/// A C identifier (`content.IsCIdentifier`).
pub fn c_identifier(text: &str) -> Complaints {
    let matches = text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    shaped(
        text,
        usize::MAX,
        matches,
        "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric \
         characters or '_'",
        "[A-Za-z_][A-Za-z0-9_]*",
        &["my_name", "MY_NAME", "MyName"],
    )
}

/// The name of an HTTP header (`validation.IsHTTPHeaderName`).
pub fn http_header_name(text: &str) -> Complaints {
    shaped(
        text,
        usize::MAX,
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
        "a valid HTTP header must consist of alphanumeric characters or '-'",
        "[-A-Za-z0-9]+",
        &["X-Header-Name"],
    )
}

/// What the names of a kind must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRule {
    /// A DNS subdomain (`NameIsDNSSubdomain`): most kinds.
    Subdomain,
    /// A DNS label (`NameIsDNSLabel`).
    Label,
    /// A DNS label that begins with a letter (`NameIsDNS1035Label`).
    Label1035,
    /// A key of a `ConfigMap` (`IsConfigMapKey`).
    ConfigMapKey,
    /// Whatever can stand in a URL path (`content.IsPathSegmentName`).
    PathSegment,
}

impl NameRule {
    /// What is wrong with a name.
    pub fn check(self, name: &str) -> Complaints {
        match self {
            Self::Subdomain => dns_1123_subdomain(name),
            Self::Label => dns_1123_label(name),
            Self::Label1035 => dns_1035_label(name),
            Self::ConfigMapKey => config_map_key(name),
            Self::PathSegment => path_segment_name(name),
        }
    }

    /// What is wrong with a `generateName`: a trailing `-` is let through, as `maskTrailingDash` does (it puts one
    /// letter in the place of the last two bytes).
    pub fn check_prefix(self, prefix: &str) -> Complaints {
        match self {
            Self::PathSegment => path_segment_prefix(prefix),
            Self::ConfigMapKey => config_map_key(prefix),
            _ => match prefix.strip_suffix('-') {
                Some(rest) if !rest.is_empty() => {
                    let kept: String = rest.chars().take(rest.chars().count() - 1).chain(['a']).collect();
                    self.check(&kept)
                }
                _ => self.check(prefix),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_label_with_dots_is_told_apart_from_a_malformed_one() {
        assert_eq!(dns_1123_label("a.b"), ["must not contain dots"]);
        assert_eq!(
            dns_1123_label("A"),
            ["a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
              and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
              '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"]
        );
        assert!(dns_1123_label("0-z").is_empty());
        assert_eq!(dns_1123_label(&"a".repeat(64)), ["must be no more than 63 characters"]);
        assert_eq!(qualified_name(&format!("{}/a", "a".repeat(254))), ["prefix part must be no more than 253 bytes"]);
    }

    #[test]
    fn a_subdomain_has_no_empty_part() {
        assert!(dns_1123_subdomain("a.b-c.0").is_empty());
        for bad in ["", ".", "a.", "a..b", "-a", "a_b", "é"] {
            assert_eq!(dns_1123_subdomain(bad).len(), 1, "{bad:?}");
        }
    }

    #[test]
    fn a_1035_label_starts_with_a_letter() {
        assert!(dns_1035_label("a-1").is_empty());
        assert_eq!(dns_1035_label("1-a").len(), 1);
    }

    #[test]
    fn a_label_key_is_judged_by_its_parts() {
        assert!(qualified_name("example.com/My_Name.1").is_empty());
        assert_eq!(qualified_name("/name"), ["prefix part must be non-empty"]);
        assert_eq!(qualified_name("")[0], "name part must be non-empty");
        assert_eq!(qualified_name("a/b/c").len(), 1);
        assert!(qualified_name("A B/c")[0].starts_with("prefix part a lowercase RFC 1123 subdomain must"));
        assert_eq!(qualified_name(&"x".repeat(64)), ["name part must be no more than 63 bytes"]);
    }

    #[test]
    fn a_label_value_may_be_empty() {
        assert!(label_value("").is_empty());
        assert!(label_value("v1.2_3").is_empty());
        assert_eq!(label_value("-a").len(), 1);
        assert_eq!(label_value(&"-".repeat(64)).len(), 2);
    }

    #[test]
    fn a_path_segment_has_neither_slash_nor_percent() {
        assert_eq!(path_segment_name(".."), ["may not be '..'"]);
        assert_eq!(path_segment_name("a/%"), ["may not contain '/'", "may not contain '%'"]);
        assert!(path_segment_name("A b").is_empty());
    }

    #[test]
    fn subdomains_have_looser_relatives() {
        assert!(dns_1123_subdomain_caseless("A.b").is_empty());
        assert!(dns_1123_subdomain_with_underscore("_dns.a_b").is_empty());
        assert!(wildcard_dns_1123_subdomain("*.shop.example").is_empty());
        assert!(wildcard_dns_1123_subdomain("*.*.example")[0].starts_with("a wildcard DNS-1123 subdomain must start"));
    }

    #[test]
    fn config_map_keys_stay_in_their_directory() {
        assert!(config_map_key(".data").is_empty());
        assert_eq!(config_map_key("..data"), ["must not start with '..'"]);
        assert_eq!(config_map_key(".."), ["must not be '..'"]);
        assert!(config_map_key("a/b")[0].starts_with("a valid config key must consist of"));
        assert_eq!(config_map_key("").len(), 1);
    }

    #[test]
    fn a_prefix_may_end_in_a_dash() {
        assert!(NameRule::Subdomain.check_prefix("web-").is_empty());
        assert_eq!(NameRule::Subdomain.check_prefix("-").len(), 1);
        assert_eq!(NameRule::Subdomain.check_prefix("-web-").len(), 1);
        assert_eq!(NameRule::PathSegment.check_prefix("a/"), ["may not contain '/'"]);
        assert!(NameRule::PathSegment.check_prefix("..").is_empty());
    }

    #[test]
    fn headers_and_identifiers() {
        assert!(http_header_name("X-Probe").is_empty());
        assert_eq!(http_header_name("X_Probe").len(), 1);
        assert!(c_identifier("_a1").is_empty());
        assert_eq!(c_identifier("1a").len(), 1);
    }

    proptest! {
        /// Each shape against the expression that its message shows.
        #[test]
        fn shapes_are_their_expressions(text in "[ab0AZ.*_/-]{0,7}|[-a-z0-9.]{60,66}|[a-z.]{250,256}") {
            let is = |expression: &str, longest: usize| {
                let whole = regex::Regex::new(&format!("^(?:{expression})$")).expect("an expression");
                whole.is_match(&text) && text.len() <= longest
            };
            let label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
            let subdomain = format!("{label}(\\.{label})*");
            let key = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
            prop_assert_eq!(dns_1123_label(&text).is_empty(), is(label, 63));
            prop_assert_eq!(dns_1123_subdomain(&text).is_empty(), is(&subdomain, 253));
            prop_assert_eq!(dns_1035_label(&text).is_empty(), is("[a-z]([-a-z0-9]*[a-z0-9])?", 63));
            let wildcard = format!("\\*\\.{subdomain}");
            prop_assert_eq!(wildcard_dns_1123_subdomain(&text).is_empty(), is(&wildcard, 253));
            prop_assert_eq!(label_value(&text).is_empty(), is(&format!("({key})?"), 63));
            prop_assert_eq!(c_identifier(&text).is_empty(), is("[A-Za-z_][A-Za-z0-9_]*", usize::MAX));
            let file_name = is("[-._a-zA-Z0-9]+", 253) && text != "." && !text.starts_with("..");
            prop_assert_eq!(config_map_key(&text).is_empty(), file_name);
            let (prefix, name) = text.split_once('/').map_or((None, text.as_str()), |(a, b)| (Some(a), b));
            let good = label_value(name).is_empty()
                && !name.is_empty()
                && prefix.is_none_or(|prefix| dns_1123_subdomain(prefix).is_empty());
            prop_assert_eq!(qualified_name(&text).is_empty(), good && name.matches('/').count() == 0);
        }
    }
}
