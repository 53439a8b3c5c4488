//! Addresses as Go's `net/mail` reads them.
//!
//! Apart because it is the only grammar among the formats that nests.
//! Source: `ParseAddress` of Go's `net/mail/message.go` (1.26). A word in another character set (`=?…?=`) is taken as it
//! stands.

use super::format::parse_ip;

/// Whether a text is one address, with or without a name (`ada@quay.example`, `Ada <ada@quay.example>`).
pub(super) fn is_email(text: &str) -> bool {
    let mut reader = Reader { rest: text };
    reader.mailboxes().is_some_and(|count| count == 1) && reader.skip_comments() && reader.rest.is_empty()
}

#[derive(Clone, Copy)]
struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    /// One mailbox, or a group of them (`crew: ada@quay.example;`): how many.
    fn mailboxes(&mut self) -> Option<usize> {
        match self.mailbox()? {
            Mailbox::One => Some(1),
            Mailbox::Group => self.group(),
        }
    }

    fn mailbox(&mut self) -> Option<Mailbox> {
        self.skip_space();
        if self.rest.is_empty() {
            return None;
        }
        if self.address() {
            self.skip_space();
            return (!self.takes('(') || self.comment()).then_some(Mailbox::One);
        }
        if !self.rest.starts_with('<') {
            self.phrase()?;
        }
        self.skip_space();
        if self.takes(':') {
            return Some(Mailbox::Group);
        }
        (self.takes('<') && self.address() && self.takes('>')).then_some(Mailbox::One)
    }

    /// What stands behind the `:` of a group.
    fn group(&mut self) -> Option<usize> {
        self.skip_space();
        if self.takes(';') {
            return self.skip_comments().then_some(0);
        }
        let mut count = 0;
        loop {
            // A group in a group is none.
            if matches!(self.mailbox()?, Mailbox::Group) {
                return None;
            }
            count += 1;
            if !self.skip_comments() {
                return None;
            }
            if self.takes(';') {
                return self.skip_comments().then_some(count);
            }
            if !self.takes(',') {
                return None;
            }
        }
    }

    /// `local@domain`; nothing is read if it is none.
    fn address(&mut self) -> bool {
        let before = *self;
        let read = self.local_part() && self.takes('@') && self.domain();
        if !read {
            *self = before;
        }
        read
    }

    fn local_part(&mut self) -> bool {
        self.skip_space();
        if self.rest.starts_with('"') {
            return self.quoted().is_some_and(|text| !text.is_empty());
        }
        self.atom().is_some_and(is_dotted)
    }

    fn domain(&mut self) -> bool {
        self.skip_space();
        if let Some(rest) = self.rest.strip_prefix('[') {
            let Some((literal, behind)) = rest.split_once(']') else { return false };
            self.rest = behind;
            return parse_ip(literal).is_some();
        }
        self.atom().is_some_and(is_dotted)
    }

    /// One word or more.
    fn phrase(&mut self) -> Option<()> {
        let mut words = 0;
        loop {
            if words > 0 && !self.skip_comments() {
                return None;
            }
            self.skip_space();
            let word = if self.rest.starts_with('"') { self.quoted().is_some() } else { self.atom().is_some() };
            if !word {
                return (words > 0).then_some(());
            }
            words += 1;
        }
    }

    fn atom(&mut self) -> Option<&'t str> {
        let is_part = |char: char| is_visible(char) && !"()<>[]:;@\\,\"".contains(char);
        let end = self.rest.find(|char| !is_part(char)).unwrap_or(self.rest.len());
        let (atom, behind) = self.rest.split_at(end);
        self.rest = behind;
        (!atom.is_empty()).then_some(atom)
    }

    /// A text in quotes; nothing is read if they do not end.
    fn quoted(&mut self) -> Option<&'t str> {
        let mut is_escaped = false;
        for (at, char) in self.rest.char_indices().skip(1) {
            match char {
                _ if !is_visible(char) && !matches!(char, ' ' | '\t') => return None,
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '"' => {
                    let text = &self.rest[1..at];
                    self.rest = &self.rest[at + 1..];
                    return Some(text);
                }
                _ => {}
            }
        }
        None
    }

    /// The rest of a comment, whose `(` was read.
    fn comment(&mut self) -> bool {
        let mut depth = 1;
        let mut chars = self.rest.char_indices();
        while let Some((at, char)) = chars.next() {
            match char {
                '\\' => drop(chars.next()),
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.rest = &self.rest[at + 1..];
                return true;
            }
        }
        false
    }

    fn skip_comments(&mut self) -> bool {
        self.skip_space();
        while self.takes('(') {
            if !self.comment() {
                return false;
            }
            self.skip_space();
        }
        true
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn takes(&mut self, char: char) -> bool {
        let behind = self.rest.strip_prefix(char);
        self.rest = behind.unwrap_or(self.rest);
        behind.is_some()
    }
}

enum Mailbox {
    One,
    Group,
}

fn is_visible(char: char) -> bool {
    matches!(char, '!'..='~') || !char.is_ascii()
}

/// Whether the dots of an atom stand between other characters.
fn is_dotted(atom: &str) -> bool {
    !atom.starts_with('.') && !atom.ends_with('.') && !atom.contains("..")
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn reads_what_go_reads() {
        for text in [
            "ada@quay",
            " ada@quay.example ",
            "ada@quay.example (on call)",
            "<ada@quay.example>",
            "Ada L. <ada@quay.example>",
            "\"Ada, \\\"L\\\"\" <ada@quay.example>",
            "\"a b\"@quay.example",
            "ada@[10.0.0.1]",
            "crew: ada@quay.example;",
            "ümlaut@quay.example",
        ] {
            assert!(is_email(text), "{text}");
        }
        for text in [
            "",
            "ada",
            "@quay",
            "ada@",
            "ada.@quay",
            "a..b@quay",
            "ada@quay, bo@quay",
            "ada@quay bo",
            "Ada <ada@quay",
            "\"\"@quay",
            "ada@[quay]",
            "crew: ;",
            "crew: a@b, c@d;",
            "crew: a: b@c;;",
            "ada@quay (open",
        ] {
            assert!(!is_email(text), "{text}");
        }
    }
}
