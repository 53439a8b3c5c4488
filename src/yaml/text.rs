//! Bytes of a file as the text kubectl reads.
//!
//! Apart because it happens before anything is looked at: kubectl's file and stdin readers pass every byte through
//! `unicode.BOMOverride(unicode.UTF8.NewDecoder())` (golang.org/x/text/encoding/unicode).

use super::{ByteRange, Text};
use std::sync::Arc;

const REPLACEMENT: &str = "\u{FFFD}";

/// A file's bytes as text: a byte order mark is dropped, UTF-16 with a byte order mark becomes UTF-8, and bytes that
/// are no UTF-8 become U+FFFD, one for each maximal part of a broken sequence.
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
        Err(_) => lossy(bytes),
    }
}

fn lossy(bytes: &[u8]) -> Text {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut replaced = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            replace(&mut text, &mut replaced);
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
            Err(_) => replace(&mut text, &mut replaced),
        }
    }
    if !odd.is_empty() {
        replace(&mut text, &mut replaced);
    }
    Text { text: Arc::from(text), replaced }
}

fn replace(text: &mut String, replaced: &mut Vec<ByteRange>) {
    let start = text.len();
    text.push_str(REPLACEMENT);
    // A text that does not fit 32 bits is refused when it is read, so a range that cannot be told is never asked for.
    if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(text.len())) {
        replaced.push(ByteRange::new(start, end));
    }
}
