//! Changes as a unified diff.
//!
//! Apart because a diff shows text, and what is secret in a text is shown nowhere: it is masked on both sides, so that
//! a hunk in a Secret tells what changed around a value and not the value.

use crate::object::merged_ranges;
use crate::yaml::ByteRange;
use similar::TextDiff;

const MASK: &str = "•••";

/// The change of a file from one text to another, each with the ranges of it that are secret.
pub fn unified(name: &str, before: (&str, Vec<ByteRange>), after: (&str, Vec<ByteRange>)) -> String {
    let (before, after) = (masked(before.0, before.1), masked(after.0, after.1));
    TextDiff::from_lines(&before, &after).unified_diff().header(name, name).to_string()
}

/// The text with each line of what is secret masked; quotes around it stay, and so do indentation and line ends.
fn masked(text: &str, sensitive: Vec<ByteRange>) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for range in merged_ranges(sensitive) {
        let (start, end) = (range.start as usize, range.end as usize);
        shown.push_str(&text[from..start]);
        for line in text[start..end].split_inclusive('\n') {
            let content = line.trim();
            let indent = &line[..line.len() - line.trim_start().len()];
            let rest = &line[(indent.len() + content.len()).min(line.len())..];
            let quote = content
                .chars()
                .next()
                .filter(|quote| matches!(quote, '"' | '\'') && content.len() > 1 && content.ends_with(*quote));
            let quote = quote.map(String::from).unwrap_or_default();
            let mask = if content.is_empty() { "" } else { MASK };
            shown.extend([indent, &quote, mask, &quote, rest]);
        }
        from = end;
    }
    shown.push_str(&text[from..]);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_names_the_file_and_shows_the_lines_around() {
        let diff = unified("a.yaml", ("a: 1\nb: x\nc: 3\n", Vec::new()), ("a: 1\nb: y\nc: 3\n", Vec::new()));
        assert_eq!(diff, "--- a.yaml\n+++ a.yaml\n@@ -1,3 +1,3 @@\n a: 1\n-b: x\n+b: y\n c: 3\n");
    }

    #[test]
    fn what_is_secret_is_masked_and_its_quotes_are_not() {
        let before = ("k: 123 # no\nn: |\n  abc\r\n  d\n", vec![ByteRange::new(3, 6), ByteRange::new(17, 27)]);
        let after = ("k: \"123\" # no\nn: |\n  abc\r\n  d\n", vec![ByteRange::new(3, 8), ByteRange::new(19, 29)]);
        assert_eq!(masked(before.0, before.1.clone()), "k: ••• # no\nn: |\n  •••\r\n  •••\n");
        let diff = unified("s", before, after);
        assert!(diff.contains("-k: ••• # no\n+k: \"•••\" # no\n n: |\n"), "{diff}");
    }
}
