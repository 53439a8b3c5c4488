//! Port numbers and port names.
//!
//! Apart because containers, probes, Services, Ingresses and policies name ports alike.
//! Source: apimachinery `pkg/util/validation/validation.go` (1.36).

use super::names::{Complaints, max_length_characters};
use super::report;
use crate::finding::{FieldErrors, Meant};
use crate::object::Path;

/// The server's words for a port that is none.
pub const PORT_NUMBER_MESSAGE: &str = "must be between 1 and 65535, inclusive";

/// Whether it is a port number, 1 to 65535 (`IsValidPortNum`).
pub fn is_port_number(port: i64) -> bool {
    (1..=65535).contains(&port)
}

/// An IANA service name (`IsValidPortName`).
pub fn port_name(name: &str) -> Complaints {
    let mut complaints = Vec::new();
    if name.len() > 15 {
        complaints.push(max_length_characters(15));
    }
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || !name.bytes().all(allowed) {
        complaints.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        complaints.push("must contain at least one letter (a-z)".to_owned());
    }
    if name.contains("--") {
        complaints.push("must not contain consecutive hyphens".to_owned());
    }
    if name.starts_with('-') || name.ends_with('-') {
        complaints.push("must not begin or end with a hyphen".to_owned());
    }
    complaints
}

/// Reports a text that is no port name. One that is a port number was meant to be that, without quotes.
pub fn report_name(name: &str, path: &Path<'_>, errors: &mut FieldErrors) {
    let complaints = port_name(name);
    let is_number = !complaints.is_empty() && name.parse().is_ok_and(is_port_number);
    report(complaints, path, name, errors);
    if is_number {
        errors.mean(Meant::Integer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_names_are_short_and_have_a_letter() {
        assert!(port_name("http-2").is_empty());
        assert_eq!(port_name("8080"), ["must contain at least one letter (a-z)"]);
        assert_eq!(port_name("a--b"), ["must not contain consecutive hyphens"]);
        assert_eq!(port_name("-a"), ["must not begin or end with a hyphen"]);
        assert_eq!(port_name("averylongportname"), ["must be no more than 15 characters"]);
        assert_eq!(port_name("Web"), ["must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"]);
        assert!(is_port_number(65535) && !is_port_number(0) && !is_port_number(65536));
    }
}
