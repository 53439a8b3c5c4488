//! URLs.
//!
//! Apart because Go's `net/url` decides what one is and what its parts are. Source: apiserver
//! `pkg/cel/library/urls.go` (1.36), Go's `net/url/url.go`.

use super::{Answer, failed};
use crate::cel::map::Map;
use crate::cel::value::Value;
use crate::go_quote::go_quote;
use std::sync::Arc;

/// A URL in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    scheme: String,
    user: Option<String>,
    host: String,
    path: String,
    query: String,
    fragment: Option<String>,
}

/// Calls a function of URLs.
pub fn call(function: &str, arguments: &[Value]) -> Answer {
    Some(match (function, arguments) {
        ("url", [Value::String(text)]) => match Url::parse(text) {
            Ok(url) => Ok(Value::Url(Arc::new(url))),
            Err(why) => {
                let quoted = go_quote(text);
                failed(format!("URL parse error during conversion from string: parse {quoted}: {why}"))
            }
        },
        ("isURL", [Value::String(text)]) => Ok(Url::parse(text).is_ok().into()),
        ("getScheme", [Value::Url(url)]) => Ok(Value::string(&*url.scheme)),
        ("getHost", [Value::Url(url)]) => Ok(Value::string(&*url.host)),
        ("getHostname", [Value::Url(url)]) => Ok(Value::string(url.host_and_port().0)),
        ("getPort", [Value::Url(url)]) => Ok(Value::string(url.host_and_port().1)),
        ("getEscapedPath", [Value::Url(url)]) => Ok(Value::string(&*url.path)),
        ("getQuery", [Value::Url(url)]) => Ok(url.query()),
        _ => return None,
    })
}

impl Url {
    /// Reads an absolute URL or an absolute path (`ParseRequestURI`).
    ///
    /// # Errors
    ///
    /// In Go's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        if text.is_empty() {
            return Err("empty url".to_owned());
        }
        let mut url = Self {
            scheme: String::new(),
            user: None,
            host: String::new(),
            path: String::new(),
            query: String::new(),
            fragment: None,
        };
        let (before, fragment) = text.split_once('#').map_or((text, None), |(before, behind)| (before, Some(behind)));
        url.fragment = fragment.map(str::to_owned);
        let mut rest = url.take_scheme(before)?;
        if let Some((before, query)) = rest.split_once('?') {
            query.clone_into(&mut url.query);
            rest = before;
        }
        if !rest.starts_with('/') {
            // `mailto:someone`: opaque, and read no further.
            if url.scheme.is_empty() {
                return Err("invalid URI for request".to_owned());
            }
            return Ok(url);
        }
        if let Some(behind) = rest.strip_prefix("//")
            && !url.scheme.is_empty()
        {
            let (authority, path) = behind.split_at(behind.find('/').unwrap_or(behind.len()));
            url.take_authority(authority)?;
            rest = path;
        }
        check_escapes(rest)?;
        rest.clone_into(&mut url.path);
        Ok(url)
    }

    fn take_scheme<'t>(&mut self, text: &'t str) -> Result<&'t str, String> {
        for (place, char) in text.char_indices() {
            match char {
                '0'..='9' | '+' | '-' | '.' if place == 0 => return Ok(text),
                'a'..='z' | 'A'..='Z' | '0'..='9' | '+' | '-' | '.' => {}
                ':' if place == 0 => return Err("missing protocol scheme".to_owned()),
                ':' => {
                    self.scheme = text[..place].to_ascii_lowercase();
                    return Ok(&text[place + 1..]);
                }
                _ => return Ok(text),
            }
        }
        Ok(text)
    }

    fn take_authority(&mut self, authority: &str) -> Result<(), String> {
        let host = match authority.rsplit_once('@') {
            Some((user, host)) => {
                let allowed = |char: char| char.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(char);
                if !user.chars().all(allowed) {
                    return Err("net/url: invalid userinfo".to_owned());
                }
                check_escapes(user)?;
                self.user = Some(user.to_owned());
                host
            }
            None => authority,
        };
        let port = if host.starts_with('[') {
            let Some(end) = host.rfind(']') else { return Err("missing ']' in host".to_owned()) };
            &host[end + 1..]
        } else {
            host.find(':').map_or("", |colon| &host[colon..])
        };
        let digits = port.strip_prefix(':').unwrap_or(port);
        if !port.is_empty() && (!port.starts_with(':') || !digits.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(format!("invalid port {} after host", go_quote(port)));
        }
        if let Some(wrong) = host.chars().find(|char| matches!(char, ' ' | '"' | '\\' | '^' | '`' | '{' | '|' | '}')) {
            return Err(format!("invalid character {} in host name", go_quote(&wrong.to_string())));
        }
        host.clone_into(&mut self.host);
        Ok(())
    }

    fn host_and_port(&self) -> (&str, &str) {
        let (host, port) = match self.host.rfind(':') {
            Some(colon) if self.host[colon + 1..].bytes().all(|byte| byte.is_ascii_digit()) => {
                (&self.host[..colon], &self.host[colon + 1..])
            }
            _ => (self.host.as_str(), ""),
        };
        (host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host), port)
    }

    /// The values of every key of the query.
    fn query(&self) -> Value {
        let mut found: Vec<(String, Vec<Value>)> = Vec::new();
        for pair in self.query.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';')) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(key), Some(value)) = (unescape(key), unescape(value)) else { continue };
            let value = Value::string(value);
            match found.iter_mut().find(|(known, _)| *known == key) {
                Some((_, values)) => values.push(value),
                None => found.push((key, vec![value])),
            }
        }
        let entries = found.into_iter().map(|(key, values)| (Value::string(key), Value::list(values)));
        Value::Map(Arc::new(Map::new(entries.collect())))
    }
}

/// Whether what stands behind each `%` is two digits.
fn check_escapes(text: &str) -> Result<(), String> {
    for (place, _) in text.match_indices('%') {
        let escape = text.as_bytes().get(place..).unwrap_or_default();
        let escape = &escape[..escape.len().min(3)];
        if escape.len() < 3 || !escape[1..].iter().all(u8::is_ascii_hexdigit) {
            return Err(format!("invalid URL escape {}", go_quote(&String::from_utf8_lossy(escape))));
        }
    }
    Ok(())
}

fn unescape(text: &str) -> Option<String> {
    check_escapes(text).ok()?;
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        (bytes, rest) = match (byte, behind) {
            (b'%', [_, _, behind @ ..]) => {
                let digits = std::str::from_utf8(&rest[1..3]).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                (bytes, behind)
            }
            (byte, behind) => {
                bytes.push(if *byte == b'+' { b' ' } else { *byte });
                (bytes, behind)
            }
        };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use crate::cel::interpreter::testing::{fails, holds};

    #[test]
    fn takes_urls_apart() {
        holds("isURL('https://keel.example:80/path?a=1') && isURL('/path') && !isURL('path') && !isURL('../a')");
        holds("!isURL('https://a:b:80/') && !isURL('') && !isURL('https://a b/') && !isURL('http://a/%zz')");
        holds("url('https://user:pass@keel.example:80/path?a=1').getHost() == 'keel.example:80'");
        holds(
            "url('https://keel.example:80/p').getHostname() == 'keel.example' && url('https://a:80').getPort() == '80'",
        );
        holds("url('https://[::1]:80/a').getHostname() == '::1' && url('https://a').getPort() == ''");
        holds("url('HTTPS://a/b%20c').getScheme() == 'https' && url('https://a/b%20c').getEscapedPath() == '/b%20c'");
        holds("url('https://a/?k=a&k=b&l=c+d').getQuery() == {'k': ['a', 'b'], 'l': ['c d']}");
        fails(
            "url('path') == url('path')",
            "URL parse error during conversion from string: parse \"path\": invalid URI for request",
        );
    }
}
