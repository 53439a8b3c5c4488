//! Named formats of texts.
//!
//! Apart because they repeat checks of the API's own fields, which live far above. Source: apiserver
//! `pkg/cel/library/format.go`, apimachinery `pkg/util/validation`, kube-openapi `pkg/validation/strfmt` (1.36).

use super::Answer;
use super::url::Url;
use crate::cel::time::Timestamp;
use crate::cel::value::Value;
use crate::go_quote::go_quote;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedFormat(&'static str);

const NAMES: [&str; 13] = [
    "dns1123Label",
    "dns1123Subdomain",
    "dns1035Label",
    "qualifiedName",
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "labelValue",
    "uri",
    "uuid",
    "byte",
    "date",
    "datetime",
];

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// Calls a function of formats.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    let named =
        |name: &str| NAMES.into_iter().find(|known| *known == name).map(|name| Value::Format(NamedFormat(name)));
    match (function, arguments) {
        ("format.named", [Value::String(name)]) => Some(Ok(named(name).map_or(Value::Optional(None), Value::some))),
        ("validate", [Value::Format(format), Value::String(text)]) => {
            let problems = format.problems(text);
            Some(Ok(if problems.is_empty() { Value::Optional(None) } else { Value::some(Value::strings(problems)) }))
        }
        (name, []) => name.strip_prefix("format.").and_then(named).map(Ok),
        _ => None,
    }
}

impl NamedFormat {
    /// What is wrong with a text.
    fn problems(self, text: &str) -> Vec<String> {
        // What is to be completed may end in a dash.
        let masked = match text.strip_suffix('-') {
            Some(rest) if self.0.ends_with("Prefix") && text.len() > 1 => format!("{rest}a"),
            _ => text.to_owned(),
        };
        let words = |wrong: bool, words: &str| if wrong { vec![words.to_owned()] } else { Vec::new() };
        match self.0 {
            "dns1123Label" | "dns1123LabelPrefix" => limited(&masked, 63, !is_label(&masked), LABEL),
            "dns1123Subdomain" | "dns1123SubdomainPrefix" => {
                limited(&masked, 253, !masked.split('.').all(is_label), SUBDOMAIN)
            }
            "dns1035Label" | "dns1035LabelPrefix" => {
                let first = masked.starts_with(|char: char| char.is_ascii_lowercase());
                limited(&masked, 63, !(first && is_label(&masked)), LABEL_1035)
            }
            "qualifiedName" => qualified_name(text),
            "labelValue" => limited(text, 63, !(text.is_empty() || is_word(text)), LABEL_VALUE),
            "uri" => match Url::parse(text) {
                Ok(_) => Vec::new(),
                Err(why) => vec![format!("parse {}: {why}", go_quote(text))],
            },
            "uuid" => words(!is_uuid(text), "does not match the UUID format"),
            "byte" => {
                let wrong = text.is_empty() || data_encoding::BASE64.decode(text.as_bytes()).is_err();
                words(wrong, "invalid base64")
            }
            "date" => words(Timestamp::parse_date(text).is_none(), "invalid date"),
            _ => words(Timestamp::parse(text).is_none(), "invalid datetime"),
        }
    }
}

fn limited(text: &str, most: usize, wrong: bool, words: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if text.len() > most {
        problems.push(format!("must be no more than {most} bytes"));
    }
    if wrong {
        problems.push(words.to_owned());
    }
    problems
}

fn is_label(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(allowed) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_word(text: &str) -> bool {
    let ends = |char: char| char.is_ascii_alphanumeric();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.bytes().all(allowed) && text.starts_with(ends) && text.ends_with(ends)
}

fn qualified_name(text: &str) -> Vec<String> {
    let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    if name.contains('/') {
        return vec![
            "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')".to_owned(),
        ];
    }
    let mut problems = Vec::new();
    if prefix == Some("") {
        problems.push("prefix part must be non-empty".to_owned());
    } else if let Some(prefix) = prefix {
        let wrong = limited(prefix, 253, !prefix.split('.').all(is_label), SUBDOMAIN);
        problems.extend(wrong.into_iter().map(|words| format!("prefix part {words}")));
    }
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        problems.push("name part must be no more than 63 bytes".to_owned());
    }
    if !is_word(name) {
        problems.push(QUALIFIED.to_owned());
    }
    problems
}

/// `(?i)^[0-9A-F]{8}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{12}$`
fn is_uuid(text: &str) -> bool {
    let mut rest = text.as_bytes();
    for (place, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if place > 0 {
            rest = rest.strip_prefix(b"-").unwrap_or(rest);
        }
        if rest.len() < length || !rest[..length].iter().all(u8::is_ascii_hexdigit) {
            return false;
        }
        rest = &rest[length..];
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::holds;

    #[test]
    fn knows_formats() {
        holds(
            "!format.dns1123Label().validate('keel').hasValue() && format.dns1123Label().validate('Keel').hasValue()",
        );
        holds("!format.dns1123LabelPrefix().validate('keel-').hasValue() && !format.uri().validate('/a').hasValue()");
        holds("format.named('uuid').value().validate('a').value() == ['does not match the UUID format']");
        holds("!format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue()");
        holds("format.qualifiedName().validate('a/b/c').hasValue() && !format.labelValue().validate('').hasValue()");
        holds("format.named('none') == optional.none() && !format.date().validate('2021-01-01').hasValue()");
    }
}
