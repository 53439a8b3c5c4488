//! URLs as Go's `net/url` takes them apart.
//!
//! Apart because webhooks of several kinds hold one, and the server's verdict is Go's.

/// The parts of a URL that rules ask about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// The scheme, in lower case; empty for none.
    pub scheme: String,
    /// Who is to log in, where there is an `@`.
    pub user: Option<String>,
    /// Host and port; empty for none.
    pub host: String,
    /// What stands behind `?`.
    pub query: String,
    /// What stands behind `#`.
    pub fragment: String,
}

/// Takes a URL apart (`url.Parse`, Go 1.26).
///
/// # Errors
///
/// Go's words for what is wrong, without the URL it puts before them.
pub fn parse(text: &str) -> Result<Url, String> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    check_escapes(fragment)?;
    let (scheme, rest) = split_scheme(rest)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut url = Url {
        scheme: scheme.to_ascii_lowercase(),
        query: query.to_owned(),
        fragment: fragment.to_owned(),
        ..Url::default()
    };
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            return Ok(url);
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let mut path = rest;
    if let Some(behind) = rest.strip_prefix("//").filter(|_| !scheme.is_empty() || !rest.starts_with("///")) {
        let (authority, behind) = behind.find('/').map_or((behind, ""), |at| behind.split_at(at));
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        check_host(host)?;
        if let Some(user) = user {
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
            if !user.chars().all(is_allowed) {
                return Err("net/url: invalid userinfo".to_owned());
            }
            check_escapes(user)?;
        }
        user.map(str::to_owned).clone_into(&mut url.user);
        host.clone_into(&mut url.host);
        path = behind;
    }
    check_escapes(path)?;
    Ok(url)
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => return Ok(("", text)),
        }
    }
    Ok(("", text))
}

fn check_host(host: &str) -> Result<(), String> {
    let (name, port) = if host.starts_with('[') {
        let end = host.rfind(']').ok_or_else(|| "missing ']' in host".to_owned())?;
        host.split_at(end + 1)
    } else {
        host.rfind(':').map_or((host, ""), |at| host.split_at(at))
    };
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    if !is_port {
        return Err(format!("invalid port \"{port}\" after host"));
    }
    let is_allowed = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c);
    if let Some(bad) = name.chars().find(|c| !is_allowed(*c)) {
        return Err(format!("invalid character \"{bad}\" in host name"));
    }
    // Escapes are for what is not ASCII only, and for the zone of an address.
    let mut rest = name;
    while let Some(at) = rest.find('%') {
        let escape = &rest.as_bytes()[at..];
        match escape.get(1..3) {
            Some(b"25") if name.starts_with('[') => {}
            Some([high, low]) if matches!(high, b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F') && low.is_ascii_hexdigit() => {
            }
            _ => return Err(format!("invalid URL escape \"{}\"", escape_shown(&rest[at..]))),
        }
        rest = rest.get(at + 3..).unwrap_or_default();
    }
    Ok(())
}

fn check_escapes(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%') {
        if !bytes.get(at + 1..at + 3).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit)) {
            return Err(format!("invalid URL escape \"{}\"", escape_shown(&text[at..])));
        }
    }
    Ok(())
}

fn escape_shown(text: &str) -> String {
    text.chars().take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_url_falls_into_parts() {
        let url = parse("HTTPS://ada@quay.example:8443/tides?now=1#high").expect("a URL");
        assert_eq!((url.scheme.as_str(), url.host.as_str()), ("https", "quay.example:8443"));
        assert_eq!((url.user.as_deref(), url.query.as_str(), url.fragment.as_str()), (Some("ada"), "now=1", "high"));
        assert_eq!(parse("quay.example/tides").expect("a path").host, "");
        assert_eq!(parse("mailto:ada").expect("an opaque URL").scheme, "mailto");
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for (text, complaint) in [
            ("https://quay example/", "invalid character \" \" in host name"),
            ("https://quay:port/", "invalid port \":port\" after host"),
            ("https://quay/%zz", "invalid URL escape \"%zz\""),
            (":quay", "missing protocol scheme"),
            ("1:2", "first path segment in URL cannot contain colon"),
            ("https://[::1", "missing ']' in host"),
        ] {
            assert_eq!(parse(text), Err(complaint.to_owned()), "{text}");
        }
    }
}
