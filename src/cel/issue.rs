//! What is wrong with an expression, and how that is shown.
//!
//! Apart because parser, checker and validators report alike. Source: `common/errors.go`, `common/error.go` of cel-go
//! v0.26.

use std::fmt::Write as _;

/// The most issues that are shown.
const LIMIT: usize = 100;

/// The longest line, in bytes, that is shown with an issue.
const SNIPPET_LIMIT: usize = 16_384;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The count of characters before it; none where it concerns no place.
    pub at: Option<usize>,
    /// The compiler's words.
    pub text: String,
}

impl Issue {
    /// An issue with a place.
    pub fn at(at: usize, text: String) -> Self {
        Self { at: Some(at), text }
    }

    /// An issue with the whole.
    pub fn nowhere(text: String) -> Self {
        Self { at: None, text }
    }
}

/// The issues as the compiler prints them: by place, each with the line it is on.
pub fn display(expression: &str, issues: &[Issue]) -> String {
    let mut sorted: Vec<&Issue> = issues.iter().take(LIMIT).collect();
    sorted.sort_by_key(|issue| issue.at);
    let mut text = String::new();
    for issue in sorted {
        if !text.is_empty() {
            text.push('\n');
        }
        match issue.at {
            None => {
                let _ = write!(text, "ERROR: <input>:-1:0: {}", issue.text);
            }
            Some(at) => show(&mut text, expression, at, &issue.text),
        }
    }
    if issues.len() > LIMIT {
        let _ = write!(text, "\n{} more errors were truncated", issues.len() - LIMIT);
    }
    text
}

fn show(text: &mut String, expression: &str, at: usize, message: &str) {
    if expression.is_empty() {
        let _ = write!(text, "ERROR: <input>:1:0: {message}");
        return;
    }
    let (mut line, mut column) = (0, 0);
    for c in expression.chars().take(at) {
        (line, column) = if c == '\n' { (line + 1, 0) } else { (line, column + 1) };
    }
    let _ = write!(text, "ERROR: <input>:{}:{}: {message}", line + 1, column + 1);
    let source = expression.split('\n').nth(line).unwrap_or_default();
    if source.len() > SNIPPET_LIMIT {
        return;
    }
    let source = source.replace('\t', " ");
    let _ = write!(text, "\n | {source}\n | ");
    let wide = |c: char| c.len_utf8() > 1;
    let mut characters = source.chars();
    for c in characters.by_ref().take(column) {
        text.push(if wide(c) { '\u{ff0e}' } else { '.' });
    }
    text.push(if characters.next().is_some_and(wide) { '\u{ff3e}' } else { '^' });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_are_shown_by_place() {
        let issues = [Issue::at(6, "second".to_owned()), Issue::at(3, "first".to_owned())];
        assert_eq!(
            display("1 +\né + x", &issues),
            "ERROR: <input>:1:4: first\n | 1 +\n | ...^\nERROR: <input>:2:3: second\n | é + x\n | ．.^"
        );
        assert_eq!(display("x", &[Issue::nowhere("too deep".to_owned())]), "ERROR: <input>:-1:0: too deep");
    }
}
