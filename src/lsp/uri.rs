//! Paths as `file:` URIs, and back.
//!
//! Apart because clients escape differently (`file:///c%3A/x`, `file:///c:/x`), and a file has to be one file however it
//! was spelt.

use crate::source::walk::absolute_path;
use lsp_types::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::str::FromStr;

/// What stands in a path as it is. Source: RFC 3986, `pchar` without what some clients escape.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The absolute, cleaned path of a `file:` URI; none for another scheme.
pub fn to_path(uri: &Uri) -> Option<String> {
    let rest = uri.as_str().strip_prefix("file://")?;
    // What stands before the path is a host: this one.
    let path = &rest[rest.find('/')?..];
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let mut letters = path.chars().skip(1);
    let has_drive = letters.next().is_some_and(|c| c.is_ascii_alphabetic()) && letters.next() == Some(':');
    Some(absolute_path(if has_drive && cfg!(windows) { &path[1..] } else { &path }))
}

/// The `file:` URI of an absolute path.
pub fn of_path(path: &str) -> Option<Uri> {
    let path = path.replace('\\', if cfg!(windows) { "/" } else { "\\" });
    let slash = if path.starts_with('/') { "" } else { "/" };
    Uri::from_str(&format!("file://{slash}{}", utf8_percent_encode(&path, ESCAPED))).ok()
}

#[cfg(test)]
mod tests {
    use super::{of_path, to_path};
    use lsp_types::Uri;
    use std::str::FromStr;

    #[test]
    #[cfg(not(windows))]
    fn a_path_comes_back_whole() {
        for path in ["/srv/k8s/web.yaml", "/srv/ü b/100%/a#b?c.yaml", "/srv/c:/🚢.yaml"] {
            assert_eq!(of_path(path).as_ref().and_then(to_path).as_deref(), Some(path));
        }
    }

    #[test]
    #[cfg(not(windows))]
    fn a_uri_is_read_however_it_is_escaped() {
        let path = |uri: &str| Uri::from_str(uri).ok().as_ref().and_then(to_path);
        assert_eq!(path("file:///a%20b/../c%2Eyaml").as_deref(), Some("/c.yaml"));
        assert_eq!(path("file://localhost/c.yaml").as_deref(), Some("/c.yaml"));
        assert_eq!(path("untitled:Untitled-1"), None);
        assert_eq!(path("file:///%ff"), None);
    }
}
