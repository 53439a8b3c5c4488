//! What a `[]byte` field holds once decoded, and what such bytes are.
//!
//! Apart because Secrets, certificate requests and webhooks hold bytes that the server looks into.

use crate::yaml::NodeRef;

/// The bytes of a field that decoded as base64 (or as a list of small integers, which Go takes as well).
pub fn of(node: NodeRef<'_>) -> Vec<u8> {
    match node.as_str() {
        Some(text) => decode(text),
        None => node.elements().filter_map(|byte| byte.as_i64().and_then(|byte| u8::try_from(byte).ok())).collect(),
    }
}

/// How many bytes a field holds; nothing is decoded.
pub fn length(node: NodeRef<'_>) -> usize {
    match node.as_str() {
        Some(text) => text.bytes().filter_map(sextet).count() * 3 / 4,
        None => node.len(),
    }
}

/// Base64 that is known to be well formed; line ends and padding are passed over.
fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0);
    for value in text.bytes().filter_map(sextet) {
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    bytes
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// The types of the PEM blocks in a text, in order, and whether anything but blanks stands between or around them.
/// Reads as Go's `encoding/pem` does, as far as types and the frame go.
pub fn pem_types(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut types = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        let line = line.trim_end();
        if let Some(name) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----")) {
            open = Some(name.to_owned());
        } else if let Some(name) = line.strip_prefix("-----END ").and_then(|rest| rest.strip_suffix("-----"))
            && open.take().as_deref() == Some(name)
        {
            types.push(name.to_owned());
        }
    }
    types
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_becomes_bytes() {
        assert_eq!(decode("aGFyYm91cg=="), b"harbour");
        assert_eq!(decode("aGFy\nYm91\ncg=="), b"harbour");
        assert_eq!(decode(""), b"");
    }

    #[test]
    fn pem_blocks_are_told_by_their_frame() {
        let text = b"noise\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN KEY-----\n";
        assert_eq!(pem_types(text), ["CERTIFICATE"]);
    }
}
