//! Scanning of directives, anchors, aliases and tags.
//!
//! Apart from the rest of the scanner because manifests hardly hold any.

use super::scanner::{Mark, Scan, Scanner, Token, TokenKind};

impl Scanner<'_> {
    fn here(&self) -> u8 {
        self.input.byte(self.input.pos)
    }

    fn is_word(&self) -> bool {
        matches!(self.here(), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-')
    }

    /// Moves behind letters, digits, `_` and `-`; where they started.
    fn scan_word(&mut self) -> Scan<usize> {
        let start = self.input.pos;
        self.need(1)?;
        while self.is_word() {
            self.input.pos += 1;
            self.need(1)?;
        }
        Ok(start)
    }

    fn text_since(&self, start: usize) -> &[u8] {
        &self.input.text().as_bytes()[start..self.input.pos]
    }

    pub(super) fn scan_anchor(&mut self, kind: TokenKind) -> Scan<Token> {
        let start = self.mark();
        self.input.pos += 1;
        let word = self.scan_word()?;
        let ended = self.input.blankz(self.input.pos)
            || matches!(self.here(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if self.input.pos == word || !ended {
            return Err(self.fail("did not find expected alphabetic or numeric character"));
        }
        Ok(self.token(kind, start))
    }

    pub(super) fn scan_directive(&mut self) -> Scan<Token> {
        let start = self.mark();
        self.input.pos += 1;
        let word = self.scan_word()?;
        if self.input.pos == word {
            return Err(self.fail("could not find expected directive name"));
        }
        if !self.input.blankz(self.input.pos) {
            return Err(self.fail("found unexpected non-alphabetical character"));
        }
        let token = match self.text_since(word) {
            b"YAML" => self.scan_version(start)?,
            b"TAG" => self.scan_tag_directive(start)?,
            _ => return Err(self.fail("found unknown directive name")),
        };
        self.need(1)?;
        self.skip_blanks()?;
        if self.here() == b'#' {
            self.scan_comment()?;
        }
        if !self.input.breakz(self.input.pos) {
            return Err(self.fail("did not find expected comment or line break"));
        }
        let length = self.input.break_len(self.input.pos);
        if length > 0 {
            self.need(2)?;
            self.input.skip_break(length);
        }
        Ok(token)
    }

    fn scan_version(&mut self, start: Mark) -> Scan<Token> {
        self.need(1)?;
        self.skip_blanks()?;
        let major = self.scan_version_number()?;
        if self.here() != b'.' {
            return Err(self.fail("did not find expected digit or '.' character"));
        }
        self.input.pos += 1;
        let minor = self.scan_version_number()?;
        let mut token = self.token(TokenKind::VersionDirective, start);
        token.a = major;
        token.b = minor;
        Ok(token)
    }

    fn scan_version_number(&mut self) -> Scan<u32> {
        self.need(1)?;
        let start = self.input.pos;
        let mut value = 0;
        while self.here().is_ascii_digit() {
            if self.input.pos - start == 2 {
                return Err(self.fail("found extremely long version number"));
            }
            value = value * 10 + u32::from(self.here() - b'0');
            self.input.pos += 1;
            self.need(1)?;
        }
        if self.input.pos == start {
            return Err(self.fail("did not find expected version number"));
        }
        Ok(value)
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Scan<Token> {
        self.need(1)?;
        self.skip_blanks()?;
        let handle = self.scan_tag_handle(true)?;
        self.need(1)?;
        if !matches!(self.here(), b' ' | b'\t') {
            return Err(self.fail("did not find expected whitespace"));
        }
        self.skip_blanks()?;
        let prefix = self.scan_tag_uri(Vec::new(), false)?;
        self.need(1)?;
        if !self.input.blankz(self.input.pos) {
            return Err(self.fail("did not find expected whitespace or line break"));
        }
        let mut token = self.token(TokenKind::TagDirective, start);
        token.a = self.tags.len() as u32;
        self.tags.push((handle, prefix));
        Ok(token)
    }

    pub(super) fn scan_tag(&mut self) -> Scan<Token> {
        let start = self.mark();
        self.need(2)?;
        let tag = if self.input.byte(self.input.pos + 1) == b'<' {
            self.input.pos += 2;
            let suffix = self.scan_tag_uri(Vec::new(), false)?;
            if self.here() != b'>' {
                return Err(self.fail("did not find the expected '>'"));
            }
            self.input.pos += 1;
            (Vec::new(), suffix)
        } else {
            let handle = self.scan_tag_handle(false)?;
            if handle.len() > 1 && handle.ends_with(b"!") {
                let suffix = self.scan_tag_uri(Vec::new(), false)?;
                (handle, suffix)
            } else {
                // It was no handle but the start of a suffix of the handle `!`.
                let suffix = self.scan_tag_uri(handle[1..].to_vec(), true)?;
                if suffix.is_empty() { (Vec::new(), handle) } else { (b"!".to_vec(), suffix) }
            }
        };
        self.need(1)?;
        if !self.input.blankz(self.input.pos) {
            return Err(self.fail("did not find expected whitespace or line break"));
        }
        let mut token = self.token(TokenKind::Tag, start);
        token.a = self.tags.len() as u32;
        self.tags.push(tag);
        Ok(token)
    }

    fn scan_tag_handle(&mut self, directive: bool) -> Scan<Vec<u8>> {
        self.need(1)?;
        let start = self.input.pos;
        if self.here() != b'!' {
            return Err(self.fail("did not find expected '!'"));
        }
        self.input.pos += 1;
        self.scan_word()?;
        if self.here() == b'!' {
            self.input.pos += 1;
        } else if directive && self.input.pos - start > 1 {
            return Err(self.fail("did not find expected '!'"));
        }
        Ok(self.text_since(start).to_vec())
    }

    fn scan_tag_uri(&mut self, mut uri: Vec<u8>, mut found: bool) -> Scan<Vec<u8>> {
        self.need(1)?;
        loop {
            match self.here() {
                b'%' => self.scan_uri_escapes(&mut uri)?,
                byte if byte.is_ascii_alphanumeric() || b"_-;/?:@&=+$,.!~*'()[]".contains(&byte) => {
                    uri.push(byte);
                    self.input.pos += 1;
                }
                _ => break,
            }
            self.need(1)?;
            found = true;
        }
        if found { Ok(uri) } else { Err(self.fail("did not find expected tag URI")) }
    }

    /// Reads the `%XX` of one UTF-8 character.
    fn scan_uri_escapes(&mut self, uri: &mut Vec<u8>) -> Scan<()> {
        let mut left = None;
        while left != Some(0) {
            self.need(3)?;
            let digit = |offset: usize| char::from(self.input.byte(self.input.pos + offset)).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.here(), digit(1), digit(2)) else {
                return Err(self.fail("did not find URI escaped octet"));
            };
            let octet = (high * 16 + low) as u8;
            left = Some(match left {
                None => match octet {
                    0..0x80 => 0,
                    0xC0..0xE0 => 1,
                    0xE0..0xF0 => 2,
                    0xF0..0xF8 => 3,
                    _ => return Err(self.fail("found an incorrect leading UTF-8 octet")),
                },
                Some(_) if octet & 0xC0 != 0x80 => {
                    return Err(self.fail("found an incorrect trailing UTF-8 octet"));
                }
                Some(left) => left - 1,
            });
            uri.push(octet);
            self.input.pos += 3;
        }
        Ok(())
    }
}
