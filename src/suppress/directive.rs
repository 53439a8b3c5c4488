//! What a comment or an annotation says: which rules are to be left out there, and why.
//!
//! Apart because it is a small language of its own, read in two places: behind a `#`, and in an annotation.

/// What somebody wrote to have findings left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Said {
    /// Rules and groups.
    pub names: Vec<String>,
    /// Why.
    pub reason: String,
}

/// Reads a comment, its `#` included; none if it is not for seaworthy.
///
/// # Errors
///
/// What is wrong with it, as the end of a sentence. Nothing of the comment is quoted.
pub fn comment(text: &str) -> Option<Result<Said, &'static str>> {
    const NAME: &str = "seaworthy";
    let text = text.trim_start_matches('#').trim();
    let begins = text.get(..NAME.len()).is_some_and(|start| start.eq_ignore_ascii_case(NAME));
    let rest = text.get(NAME.len()..).filter(|_| begins)?;
    let Some(order) = rest.trim_start().strip_prefix(':') else {
        // A sentence may begin with the name; one that goes on with the word is an order that lacks its colon.
        let lacks_colon = rest.starts_with([' ', '\t', '-', '.']) && rest[1..].trim_start().starts_with("ignore");
        return lacks_colon.then_some(Err("a colon is missing behind `seaworthy`"));
    };
    Some(ignore(order.trim()))
}

fn ignore(order: &str) -> Result<Said, &'static str> {
    let rest = order.strip_prefix("ignore").ok_or("`ignore[…]` is all that seaworthy takes from a comment")?;
    let behind = rest.trim_start().strip_prefix('[').ok_or("it names no rule")?;
    let (names, reason) = behind.split_once(']').ok_or("the bracket behind `ignore` is not closed")?;
    said(names, reason.trim_start_matches([':', '-', '–', '—', ' ', '\t']))
}

/// Reads the value of the annotation: `rule, other: reason`, one behind the other on lines of their own or with a `;` between
/// them.
///
/// # Errors
///
/// For each of them, what is wrong with it, as the end of a sentence.
pub fn annotation(value: &str) -> Vec<Result<Said, &'static str>> {
    let entries = value.split(['\n', ';']).map(str::trim).filter(|entry| !entry.is_empty());
    let read: Vec<_> = entries
        .map(|entry| {
            let (names, reason) = entry.split_once(':').ok_or("it gives no reason")?;
            said(names, reason)
        })
        .collect();
    if read.is_empty() { vec![Err("it names no rule")] } else { read }
}

fn said(names: &str, reason: &str) -> Result<Said, &'static str> {
    let names: Vec<String> = names.split(',').map(|name| name.trim().to_owned()).collect();
    let reason = reason.trim().to_owned();
    if names.iter().all(String::is_empty) {
        return Err("it names no rule");
    }
    if names.iter().any(|name| name.is_empty() || name.contains(char::is_whitespace)) {
        return Err("what it names are no rules with commas between them");
    }
    if reason.is_empty() {
        return Err("it gives no reason");
    }
    Ok(Said { names, reason })
}

#[cfg(test)]
mod tests {
    use super::{Said, annotation, comment};

    fn said(names: &[&str], reason: &str) -> Said {
        Said { names: names.iter().map(|name| (*name).to_owned()).collect(), reason: reason.to_owned() }
    }

    #[test]
    fn a_comment_names_rules_and_gives_a_reason() {
        let expected = said(&["api/service"], "made by hand");
        for text in [
            "# seaworthy: ignore[api/service] made by hand",
            "#seaworthy:ignore[ api/service ]: made by hand",
            "## Seaworthy: ignore [api/service] -- made by hand ",
        ] {
            assert_eq!(comment(text), Some(Ok(expected.clone())), "{text}");
        }
        assert_eq!(comment("# seaworthy: ignore[a/b, c] d"), Some(Ok(said(&["a/b", "c"], "d"))));
    }

    #[test]
    fn what_lacks_something_is_told() {
        for (text, why) in [
            ("# seaworthy: ignore[api/service]", "it gives no reason"),
            ("# seaworthy: ignore[api/service] -", "it gives no reason"),
            ("# seaworthy: ignore[] why", "it names no rule"),
            ("# seaworthy: ignore api/service why", "it names no rule"),
            ("# seaworthy: ignore[api/service why", "the bracket behind `ignore` is not closed"),
            ("# seaworthy: ignore[a b] why", "what it names are no rules with commas between them"),
            ("# seaworthy: ignore[a,,b] why", "what it names are no rules with commas between them"),
            ("# seaworthy: disable", "`ignore[…]` is all that seaworthy takes from a comment"),
            ("# seaworthy ignore[a] why", "a colon is missing behind `seaworthy`"),
            ("# seaworthy-ignore[a] why", "a colon is missing behind `seaworthy`"),
        ] {
            assert_eq!(comment(text), Some(Err(why)), "{text}");
        }
    }

    #[test]
    fn other_comments_are_nothing_to_us() {
        for text in [
            "#",
            "# nothing",
            "# seaworthy is a checker",
            "# seaworthiness: ignore[a] b",
            "# öäü",
            "# kube: ignore[a] b",
        ] {
            assert_eq!(comment(text), None, "{text}");
        }
    }

    #[test]
    fn an_annotation_holds_one_or_more() {
        assert_eq!(annotation("a/b: why"), [Ok(said(&["a/b"], "why"))]);
        let several = [Ok(said(&["a/b"], "why")), Ok(said(&["c", "d/e"], "because: so"))];
        assert_eq!(annotation("a/b: why; c, d/e: because: so;"), several);
        assert_eq!(annotation("a/b: why\nc, d/e: because: so\n"), several);
        assert_eq!(annotation("a/b"), [Err("it gives no reason")]);
        assert_eq!(annotation("a/b:  ; c: d"), [Err("it gives no reason"), Ok(said(&["c"], "d"))]);
        assert_eq!(annotation(" "), [Err("it names no rule")]);
    }
}
