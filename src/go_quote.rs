//! Strings as Go prints them with `%q`.
//!
//! Apart, and below everything, because kubectl quotes paths and the API server quotes values in the same way, and the
//! rooms that repeat their words do not know each other.

use std::fmt::Write as _;

/// The text between double quotes, escaped as Go's `strconv.Quote` does (`strconv/quote.go`, Go 1.26).
///
/// Letters of any script stand as they are; what Go's `unicode.IsPrint` refuses (controls, format characters, every
/// space but the plain one, unassigned and private code points) is escaped.
pub fn go_quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{b}' => quoted.push_str("\\v"),
            '\u{c}' => quoted.push_str("\\f"),
            c if is_printable(c) => quoted.push(c),
            c => {
                let code = c as u32;
                let _ = match code {
                    0..0x80 => write!(quoted, "\\x{code:02x}"),
                    0x80..0x1_0000 => write!(quoted, "\\u{code:04x}"),
                    _ => write!(quoted, "\\U{code:08x}"),
                };
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Whether Go's `strconv.IsPrint` is true for it.
pub fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // Rust escapes the same general categories as Go, and besides them combining marks, but those only where they
    // come first.
    let mut behind_a_letter = String::from("a");
    behind_a_letter.push(c);
    !behind_a_letter.escape_debug().skip(1).any(|escaped| escaped == '\\')
}

#[cfg(test)]
mod tests {
    use super::go_quote;

    #[test]
    fn prints_what_go_prints() {
        for (text, quoted) in [
            ("plain", r#""plain""#),
            ("tab\tand \"quotes\" \\", r#""tab\tand \"quotes\" \\""#),
            ("\u{1}\u{7f}", r#""\x01\x7f""#),
            ("naïve 你好 🚢", r#""naïve 你好 🚢""#),
            ("e\u{301}", "\"e\u{301}\""),
            ("\u{85}\u{a0}\u{ad}\u{200b}\u{2028}\u{feff}", r#""\u0085\u00a0\u00ad\u200b\u2028\ufeff""#),
            ("\u{e000}\u{f0000}", r#""\ue000\U000f0000""#),
            ("\u{fffd}", "\"\u{fffd}\""),
        ] {
            assert_eq!(go_quote(text), quoted);
        }
    }
}
