//! Bytes of a file as the text kubectl reads.
//!
//! Apart because it happens before anything is looked at: kubectl's file and stdin readers pass every byte through
//! `unicode.BOMOverride(unicode.UTF8.NewDecoder())` (golang.org/x/text/encoding/unicode).

use super::{ByteRange, Refusal, Replaced, Text};
use std::sync::Arc;

const REPLACEMENT: &str = "\u{FFFD}";

/// A file's bytes as text: a byte order mark is dropped, UTF-16 with a byte order mark becomes UTF-8, and bytes that
/// are no UTF-8 become U+FFFD, one for each maximal part of a broken sequence. Behind a byte order mark of UTF-8 they stay
/// as they are (`BOMOverride` switches to `transform.Nop`); here each byte becomes U+FFFD, and the YAML reader is told.
pub fn decode_bytes(bytes: Vec<u8>) -> Text {
    match bytes.as_slice() {
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        _ => match String::from_utf8(bytes) {
            Ok(text) => Text { text: Arc::from(text), replaced: Vec::new() },
            Err(error) => lossy(error.as_bytes()),
        },
    }
}

fn utf8(bytes: &[u8]) -> Text {
    match std::str::from_utf8(bytes) {
        Ok(text) => Text { text: Arc::from(text), replaced: Vec::new() },
        Err(_) => unchecked(bytes),
    }
}

fn unchecked(bytes: &[u8]) -> Text {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut replaced = Vec::new();
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        at += chunk.valid().len();
        let refusal = refusal(&bytes[at..]);
        for _ in chunk.invalid() {
            replace(&mut text, &mut replaced, Some(refusal));
        }
        at += chunk.invalid().len();
    }
    Text { text: Arc::from(text), replaced }
}

/// What go-yaml's reader finds wrong with the first character of `bytes`. The line feed that is always at the end of
/// its input counts as a byte that may be part of a sequence.
fn refusal(bytes: &[u8]) -> Refusal {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(b'\n');
    let (width, low) = match byte(0) {
        0xC0..0xE0 => (2, 0x80),
        0xE0..0xF0 => (3, 0x800),
        0xF0..0xF8 => (4, 0x1_0000),
        _ => return Refusal::LeadingOctet,
    };
    if width > bytes.len() + 1 {
        return Refusal::Incomplete;
    }
    let mut value = u32::from(byte(0)) & (0x7F >> width);
    for at in 1..width {
        if byte(at) & 0xC0 != 0x80 {
            return Refusal::TrailingOctet;
        }
        value = (value << 6) | u32::from(byte(at) & 0x3F);
    }
    if value < low { Refusal::Length } else { Refusal::Character }
}

fn lossy(bytes: &[u8]) -> Text {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut replaced = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            replace(&mut text, &mut replaced, None);
        }
    }
    Text { text: Arc::from(text), replaced }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Text {
    let mut text = String::with_capacity(bytes.len());
    let mut replaced = Vec::new();
    let (pairs, odd) = bytes.as_chunks::<2>();
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match decoded {
            Ok(char) => text.push(char),
            Err(_) => replace(&mut text, &mut replaced, None),
        }
    }
    if !odd.is_empty() {
        replace(&mut text, &mut replaced, None);
    }
    Text { text: Arc::from(text), replaced }
}

fn replace(text: &mut String, replaced: &mut Vec<Replaced>, refusal: Option<Refusal>) {
    let start = text.len();
    text.push_str(REPLACEMENT);
    // A text that does not fit 32 bits is refused when it is read, so a range that cannot be told is never asked for.
    if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(text.len())) {
        match replaced.last_mut() {
            Some(last) if last.range.end == start && refusal.is_none() => last.range.end = end,
            _ => replaced.push(Replaced { range: ByteRange::new(start, end), refusal }),
        }
    }
}
