//! Text of others, made safe to print.
//!
//! Apart because every format prints it, and a manifest must command neither a terminal nor whoever reads a log.

/// Whether a character acts on the terminal, or on the order in which others are read.
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text on one line: blanks and line ends in a row become one space, other control characters are written as escapes.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if is_control(c) { line.extend(c.escape_default()) } else { line.push(c) }
        }
    }
    line
}

/// A count with its noun.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_line_is_one_line_and_commands_nothing() {
        assert_eq!(one_line("a\n  b\r\nc\t d"), "a b c d");
        assert_eq!(one_line("\u{1b}[31mred\u{202e}"), "\\u{1b}[31mred\\u{202e}");
        assert_eq!(one_line("  "), "");
    }
}
