//! Paths as Go's `path/filepath` treats them.
//!
//! Apart because the names kubectl prints, the order it reads in and the patterns it expands are this package's
//! (Go 1.26, `path/filepath` and `internal/filepathlite`), and none of them is what Rust's own paths do.

/// The shortest equal path by text alone (`filepath.Clean`): no `.`, no empty parts, `..` taken back where it can be.
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// A name below a directory (`filepath.Join`): the result is cleaned, so `./a` and `b` make `a/b`.
pub fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { clean(name) } else { clean(&format!("{directory}/{name}")) }
}

/// All but the last part of a cleaned path (`filepath.Dir`); `.` where there is only one.
pub fn parent(path: &str) -> String {
    path.rfind('/').map_or_else(|| ".".to_owned(), |at| clean(&path[..=at]))
}

/// The last part of a path without trailing slashes.
pub fn file_name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rfind('/').map_or(path, |at| &path[at + 1..])
}

/// From the last dot of the last part (`filepath.Ext`); a file called just `.yaml` has the extension `.yaml`.
pub fn extension(path: &str) -> &str {
    let name = &path[path.rfind('/').map_or(0, |at| at + 1)..];
    name.rfind('.').map_or("", |at| &name[at..])
}

/// A pattern that Go does not accept (`filepath.ErrBadPattern`: `syntax error in pattern`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPattern;

/// Whether a path holds a character that makes it a pattern.
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '\\'])
}

/// Whether a name matches a pattern (`filepath.Match`): `*` and `?` stop at `/`, `[^a-z]` is a class, `\` escapes.
///
/// # Errors
///
/// A malformed pattern, found or not by Go depending on how far it reads: here the whole pattern is read first.
pub fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let terms = parse(pattern)?;
    let name: Vec<char> = name.chars().collect();
    // One row of "the terms so far match the first n characters" for each term.
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for term in &terms {
        let mut next = vec![false; name.len() + 1];
        if matches!(term, Term::Star) {
            let mut open = false;
            for at in 0..=name.len() {
                open |= reached[at];
                next[at] = open;
                open &= name.get(at) != Some(&'/');
            }
        } else {
            for (at, c) in name.iter().enumerate() {
                next[at + 1] = reached[at] && term.accepts(*c);
            }
        }
        reached = next;
    }
    Ok(reached[name.len()])
}

enum Term {
    Star,
    Any,
    One(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Term {
    fn accepts(&self, c: char) -> bool {
        match self {
            Term::Star => false,
            Term::Any => c != '/',
            Term::One(wanted) => c == *wanted,
            Term::Class { negated, ranges } => ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated,
        }
    }
}

fn parse(pattern: &str) -> Result<Vec<Term>, BadPattern> {
    let mut rest = pattern.chars().peekable();
    let mut terms = Vec::new();
    while let Some(c) = rest.next() {
        terms.push(match c {
            '*' => Term::Star,
            '?' => Term::Any,
            '\\' => Term::One(rest.next().ok_or(BadPattern)?),
            '[' => {
                let negated = rest.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while ranges.is_empty() || rest.next_if_eq(&']').is_none() {
                    let low = class_character(&mut rest)?;
                    let high = if rest.next_if_eq(&'-').is_some() { class_character(&mut rest)? } else { low };
                    ranges.push((low, high));
                }
                Term::Class { negated, ranges }
            }
            c => Term::One(c),
        });
    }
    Ok(terms)
}

fn class_character(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, BadPattern> {
    match rest.next() {
        None | Some('-' | ']') => Err(BadPattern),
        Some('\\') => rest.next().ok_or(BadPattern),
        Some(c) => Ok(c),
    }
}

#[cfg(test)]
mod tests {
    use super::{BadPattern, clean, extension, file_name, join, matches, parent};

    #[test]
    fn cleans_as_go_does() {
        for (path, cleaned) in [
            ("", "."),
            (".", "."),
            ("./a//b/", "a/b"),
            ("a/../b", "b"),
            ("a/../../b", "../b"),
            ("../../b", "../../b"),
            ("/../a", "/a"),
            ("//a/./b", "/a/b"),
            ("a/..", "."),
        ] {
            assert_eq!(clean(path), cleaned, "{path:?}");
        }
        assert_eq!(join(".", "a.yaml"), "a.yaml");
        assert_eq!(join("dir/", "a.yaml"), "dir/a.yaml");
        assert_eq!(join("/", "a.yaml"), "/a.yaml");
    }

    #[test]
    fn takes_paths_apart() {
        assert_eq!((parent("a/b.yaml"), file_name("a/b.yaml")), ("a".to_owned(), "b.yaml"));
        assert_eq!((parent("b.yaml"), file_name("b.yaml")), (".".to_owned(), "b.yaml"));
        assert_eq!((parent("/b.yaml"), file_name("dir/")), ("/".to_owned(), "dir"));
        assert_eq!((extension("a.b/c"), extension(".yaml"), extension("x.yaml.tmpl")), ("", ".yaml", ".tmpl"));
    }

    #[test]
    fn matches_as_go_does() {
        for (pattern, name, expected) in [
            ("*.yaml", "a.yaml", Ok(true)),
            ("*.yaml", ".yaml", Ok(true)),
            ("*.yaml", "a/b.yaml", Ok(false)),
            ("a?c", "abc", Ok(true)),
            ("a?c", "a/c", Ok(false)),
            ("[a-c]x", "bx", Ok(true)),
            ("[^a-c]x", "bx", Ok(false)),
            ("[^a-c]x", "dx", Ok(true)),
            ("[!a]x", "!x", Ok(true)),
            ("a\\*", "a*", Ok(true)),
            ("a\\*", "ab", Ok(false)),
            ("a*b*c", "aXbYbZc", Ok(true)),
            ("a*b*c", "aXc", Ok(false)),
            ("*x", "xxx", Ok(true)),
            ("", "", Ok(true)),
            ("[", "a", Err(BadPattern)),
            ("[]a]", "]", Err(BadPattern)),
            ("[a", "a", Err(BadPattern)),
            ("[a-]", "a", Err(BadPattern)),
            ("a\\", "a", Err(BadPattern)),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern:?} {name:?}");
        }
    }
}
