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

/// A DNS label of RFC 1123 (`content.IsDNS1123Label`).
pub fn dns_1123_label(text: &str) -> Complaints {
    let mut complaints = Vec::new();
    if text.len() > LABEL_MAX {
        complaints.push(max_length(LABEL_MAX));
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

/// A DNS subdomain of RFC 1123 (`content.IsDNS1123Subdomain`).
pub fn dns_1123_subdomain(text: &str) -> Complaints {
    let mut complaints = Vec::new();
    if text.len() > SUBDOMAIN_MAX {
        complaints.push(max_length(SUBDOMAIN_MAX));
    }
    if !matches_dns_1123_subdomain(text) {
        complaints.push(pattern(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character",
            DNS_1123_SUBDOMAIN,
            &["example.com"],
        ));
    }
    complaints
}

/// A DNS label of RFC 1035 (`validation.IsDNS1035Label`).
pub fn dns_1035_label(text: &str) -> Complaints {
    let mut complaints = Vec::new();
    if text.len() > LABEL_MAX {
        complaints.push(max_length(LABEL_MAX));
    }
    if !(matches_dns_1123_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())) {
        complaints.push(pattern(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
             character, and end with an alphanumeric character",
            "[a-z]([-a-z0-9]*[a-z0-9])?",
            &["my-name", "abc-123"],
        ));
    }
    complaints
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
            complaints.extend(dns_1123_subdomain(prefix).into_iter().map(|text| format!("prefix part {text}")));
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

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(dns_1123_label(&"a".repeat(64)), ["must be no more than 63 bytes"]);
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
}
