//! Scanning of scalars: plain, quoted and block.
//!
//! Apart from the rest of the scanner because nearly all bytes of a file go through here. What stands verbatim in the
//! text is kept as a range of it; only folded, escaped and indented text is copied.

use super::input::width;
use super::scanner::{Mark, Scan, Scanner, Token, TokenKind};
use super::tree::Style;

/// Content of a scalar while it is read: a range of the text until something has to be changed, then a copy.
struct Gather {
    /// Start of the piece of text not copied yet.
    piece: usize,
    /// Start of the copy in the scanner's buffer, once there is one.
    copy: Option<usize>,
}

impl Gather {
    fn new(start: usize) -> Self {
        Self { piece: start, copy: None }
    }

    /// Copies the text up to `end` and puts `addition` behind it; the next piece starts at `next`.
    fn change(&mut self, scanner: &mut Scanner<'_>, end: usize, addition: &str, next: usize) {
        if self.copy.is_none() {
            self.copy = Some(scanner.decoded.len());
        }
        let text = scanner.input.text();
        let end = end.min(text.len());
        if self.piece < end {
            scanner.decoded.push_str(&text[self.piece..end]);
        }
        scanner.decoded.push_str(addition);
        self.piece = next;
    }

    fn finish(mut self, scanner: &mut Scanner<'_>, end: usize, token: &mut Token) {
        if self.copy.is_some() {
            self.change(scanner, end, "", end);
        }
        let (start, length) = match self.copy {
            Some(start) => (start, scanner.decoded.len() - start),
            None => (self.piece, end - self.piece),
        };
        token.decoded = self.copy.is_some();
        token.a = start as u32;
        token.b = length as u32;
    }
}

/// Line breaks between two lines of a scalar: the first one, and those behind it in [`Scanner::breaks`].
#[derive(Default)]
struct Breaks {
    first: Option<&'static str>,
}

impl Scanner<'_> {
    /// Eats the break at the current place and remembers it.
    fn take_break(&mut self, breaks: &mut Breaks, length: usize) -> Scan<()> {
        self.need(2)?;
        let text = self.input.break_text(self.input.pos);
        if breaks.first.is_none() {
            breaks.first = Some(text);
            self.breaks.clear();
        } else {
            self.breaks.push_str(text);
        }
        self.input.skip_break(length);
        Ok(())
    }

    /// Puts what the breaks fold to behind the text up to `end`.
    fn fold(&mut self, gather: &mut Gather, breaks: &Breaks, end: usize, next: usize) {
        let Some(first) = breaks.first else { return };
        let trailing = std::mem::take(&mut self.breaks);
        if first != "\n" {
            gather.change(self, end, first, next);
            gather.change(self, next, &trailing, next);
        } else if trailing.is_empty() {
            gather.change(self, end, " ", next);
        } else {
            gather.change(self, end, &trailing, next);
        }
        self.breaks = trailing;
        self.breaks.clear();
    }

    pub(super) fn scan_plain_scalar(&mut self) -> Scan<Token> {
        let start = self.mark();
        let indent = self.indent + 1;
        let mut gather = Gather::new(self.input.pos);
        let mut breaks = Breaks::default();
        let mut end = self.input.pos;
        loop {
            self.need(4)?;
            if self.input.at_document_indicator() || self.input.byte(self.input.pos) == b'#' {
                break;
            }
            let run = self.input.pos;
            self.scan_plain_run()?;
            if self.input.pos > run {
                if breaks.first.is_some() {
                    self.fold(&mut gather, &breaks, end, run);
                    breaks.first = None;
                }
                end = self.input.pos;
            }
            if !self.scan_plain_gap(&mut breaks, indent)? {
                break;
            }
            if self.flow_level == 0 && self.input.column() < indent {
                break;
            }
        }
        let mut token = self.scalar_token(Style::Plain, start, end);
        gather.finish(self, end, &mut token);
        if breaks.first.is_some() {
            self.simple_key_allowed = true;
        }
        Ok(token)
    }

    /// Eats characters of a plain scalar up to a blank, a break, the end or what ends the scalar.
    #[inline]
    fn scan_plain_run(&mut self) -> Scan<()> {
        loop {
            let mut at = self.input.pos;
            let mut byte = self.input.byte(at);
            while PLAIN[byte as usize] {
                at += 1;
                byte = self.input.byte(at);
                if self.input.is_careful() {
                    self.input.pos = at;
                    self.need(2)?;
                }
            }
            self.input.pos = at;
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | 0 => return Ok(()),
                b':' => {
                    if self.input.blankz(at + 1) {
                        return Ok(());
                    }
                    self.input.pos += 1;
                }
                0x80.. => {
                    if self.input.break_len(at) > 0 {
                        return Ok(());
                    }
                    self.input.advance_wide(byte);
                }
                _ => {
                    if self.flow_level > 0 {
                        return Ok(());
                    }
                    self.input.pos += 1;
                }
            }
            self.need(2)?;
        }
    }

    /// Eats blanks and breaks behind a run of a plain scalar; whether there were any.
    #[inline]
    fn scan_plain_gap(&mut self, breaks: &mut Breaks, indent: i32) -> Scan<bool> {
        let from = self.input.pos;
        loop {
            match self.input.byte(self.input.pos) {
                b' ' => self.input.pos += 1,
                b'\t' => {
                    if breaks.first.is_some() && self.input.column() < indent {
                        return Err(self.fail("found a tab character that violates indentation"));
                    }
                    self.input.pos += 1;
                }
                _ => {
                    let length = self.input.break_len(self.input.pos);
                    if length == 0 {
                        return Ok(self.input.pos > from);
                    }
                    self.take_break(breaks, length)?;
                }
            }
            self.need(1)?;
        }
    }

    fn scalar_token(&self, style: Style, start: Mark, end: usize) -> Token {
        let mut token = self.token(TokenKind::Scalar, start);
        token.style = style;
        token.end = end.min(self.input.text().len()) as u32;
        token
    }

    pub(super) fn scan_quoted_scalar(&mut self, style: Style) -> Scan<Token> {
        let start = self.mark();
        self.input.pos += 1;
        let content = self.input.pos;
        if !self.input.is_careful()
            && let Some(end) = self.quoted_on_one_line(style)
        {
            self.input.pos = end;
            self.input.count_wide(content);
            self.input.pos = end + 1;
            let mut token = self.scalar_token(style, start, end + 1);
            token.a = content as u32;
            token.b = (end - content) as u32;
            return Ok(token);
        }
        let mut gather = Gather::new(content);
        loop {
            self.need(4)?;
            if self.input.at_document_indicator() {
                return Err(self.fail("found unexpected document indicator"));
            }
            if self.input.byte(self.input.pos) == 0 {
                return Err(self.fail("found unexpected end of stream"));
            }
            let mut breaks = Breaks::default();
            let escaped_break = self.scan_quoted_run(style, &mut gather)?;
            self.need(1)?;
            if self.input.byte(self.input.pos) == quote(style) {
                break;
            }
            let end = self.input.pos;
            self.scan_quoted_gap(&mut breaks, escaped_break)?;
            let next = self.input.pos;
            if escaped_break {
                // The escaped break itself leaves nothing, but further breaks do.
                let trailing = std::mem::take(&mut self.breaks);
                gather.change(self, end, &trailing, next);
                self.breaks = trailing;
                self.breaks.clear();
            } else if breaks.first.is_some() {
                // Blanks before a break are dropped with it: they stand behind `end`.
                self.fold(&mut gather, &breaks, end, next);
            }
        }
        let end = self.input.pos;
        self.input.pos += 1;
        let mut token = self.scalar_token(style, start, end + 1);
        gather.finish(self, end, &mut token);
        Ok(token)
    }

    /// Where the closing quote stands, if the content is all on this line and nothing in it is escaped.
    fn quoted_on_one_line(&self, style: Style) -> Option<usize> {
        let quote = quote(style);
        let mut at = self.input.pos;
        loop {
            let byte = self.input.byte(at);
            if QUOTED[byte as usize] {
                at += 1;
            } else if byte == quote {
                return (byte == b'"' || self.input.byte(at + 1) != b'\'').then_some(at);
            } else if byte < 0x80 {
                match byte {
                    b'\'' | b'"' => at += 1,
                    b'\\' if quote == b'\'' => at += 1,
                    _ => return None,
                }
            } else if self.input.break_len(at) > 0 {
                return None;
            } else {
                at += width(byte);
            }
        }
    }

    /// Eats characters of a quoted scalar that are no blanks; whether it ended with an escaped line break.
    fn scan_quoted_run(&mut self, style: Style, gather: &mut Gather) -> Scan<bool> {
        loop {
            let at = self.input.pos;
            match self.input.byte(at) {
                b' ' | b'\t' | b'\n' | b'\r' | 0 => return Ok(false),
                b'\'' if style == Style::SingleQuoted => {
                    if self.input.byte(at + 1) != b'\'' {
                        return Ok(false);
                    }
                    gather.change(self, at + 1, "", at + 2);
                    self.input.pos += 2;
                }
                b'"' if style == Style::DoubleQuoted => return Ok(false),
                b'\\' if style == Style::DoubleQuoted => {
                    let length = self.input.break_len(at + 1);
                    if length > 0 {
                        self.need(3)?;
                        self.input.pos += 1;
                        gather.change(self, at, "", at);
                        self.input.skip_break(length);
                        gather.piece = self.input.pos;
                        return Ok(true);
                    }
                    self.scan_escape(gather)?;
                }
                byte if byte < 0x80 => self.input.pos += 1,
                byte => {
                    if self.input.break_len(at) > 0 {
                        return Ok(false);
                    }
                    self.input.advance_wide(byte);
                }
            }
            self.need(2)?;
        }
    }

    /// Eats blanks and breaks inside a quoted scalar. Blanks before the first break stay where they are.
    fn scan_quoted_gap(&mut self, breaks: &mut Breaks, escaped_break: bool) -> Scan<()> {
        if escaped_break {
            breaks.first = Some("");
            self.breaks.clear();
        }
        loop {
            match self.input.byte(self.input.pos) {
                b' ' | b'\t' => self.input.pos += 1,
                _ => match self.input.break_len(self.input.pos) {
                    0 => return Ok(()),
                    length => self.take_break(breaks, length)?,
                },
            }
            self.need(1)?;
        }
    }

    fn scan_escape(&mut self, gather: &mut Gather) -> Scan<()> {
        let at = self.input.pos;
        let (simple, digits) = match self.input.byte(at + 1) {
            b'0' => ("\0", 0),
            b'a' => ("\u{7}", 0),
            b'b' => ("\u{8}", 0),
            b't' | b'\t' => ("\t", 0),
            b'n' => ("\n", 0),
            b'v' => ("\u{B}", 0),
            b'f' => ("\u{C}", 0),
            b'r' => ("\r", 0),
            b'e' => ("\u{1B}", 0),
            b' ' => (" ", 0),
            b'"' => ("\"", 0),
            b'\'' => ("'", 0),
            b'\\' => ("\\", 0),
            b'N' => ("\u{85}", 0),
            b'_' => ("\u{A0}", 0),
            b'L' => ("\u{2028}", 0),
            b'P' => ("\u{2029}", 0),
            b'x' => ("", 2),
            b'u' => ("", 4),
            b'U' => ("", 8),
            _ => return Err(self.fail("found unknown escape character")),
        };
        self.input.pos += 2;
        if digits == 0 {
            gather.change(self, at, simple, at + 2);
            return Ok(());
        }
        self.need(digits)?;
        let mut value = 0_u32;
        for offset in 0..digits as usize {
            let Some(digit) = char::from(self.input.byte(self.input.pos + offset)).to_digit(16) else {
                return Err(self.fail("did not find expected hexdecimal number"));
            };
            value = (value << 4) | digit;
        }
        let Some(char) = char::from_u32(value) else {
            return Err(self.fail("found invalid Unicode character escape code"));
        };
        self.input.pos += digits as usize;
        gather.change(self, at, char.encode_utf8(&mut [0; 4]), self.input.pos);
        Ok(())
    }

    pub(super) fn scan_block_scalar(&mut self, style: Style) -> Scan<Token> {
        let start = self.mark();
        self.input.pos += 1;
        self.need(1)?;
        let header = self.scan_block_header()?;
        let mut end = self.input.pos;
        self.need(1)?;
        self.skip_blanks()?;
        if self.input.byte(self.input.pos) == b'#' {
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
        let mut indent = match header.increment {
            0 => 0,
            increment => self.indent.max(0) + increment,
        };
        let content = self.decoded.len();
        self.breaks.clear();
        self.scan_block_breaks(&mut indent)?;
        self.need(1)?;
        let mut line_break = "";
        let mut leading_blank = false;
        while self.input.column() == indent && self.input.byte(self.input.pos) != 0 {
            let trailing_blank = matches!(self.input.byte(self.input.pos), b' ' | b'\t');
            if style == Style::Folded && !leading_blank && !trailing_blank && line_break == "\n" {
                if self.breaks.is_empty() {
                    self.decoded.push(' ');
                }
            } else {
                self.decoded.push_str(line_break);
            }
            self.decoded.push_str(&self.breaks);
            self.breaks.clear();
            leading_blank = trailing_blank;
            let line = self.input.pos;
            self.scan_to_line_end()?;
            end = self.input.pos;
            let text = self.input.text();
            self.decoded.push_str(&text[line..end.min(text.len())]);
            self.need(2)?;
            line_break = self.take_line_break();
            self.scan_block_breaks(&mut indent)?;
        }
        if header.chomp != Chomp::Strip {
            self.decoded.push_str(line_break);
        }
        if header.chomp == Chomp::Keep {
            self.decoded.push_str(&self.breaks);
        }
        let mut token = self.scalar_token(style, start, end);
        token.decoded = true;
        token.a = content as u32;
        token.b = (self.decoded.len() - content) as u32;
        Ok(token)
    }

    fn scan_block_header(&mut self) -> Scan<BlockHeader> {
        let mut header = BlockHeader { chomp: Chomp::Clip, increment: 0 };
        let mut chomped = false;
        for _ in 0..2 {
            match self.input.byte(self.input.pos) {
                sign @ (b'+' | b'-') if !chomped => {
                    chomped = true;
                    header.chomp = if sign == b'+' { Chomp::Keep } else { Chomp::Strip };
                }
                b'0' if header.increment == 0 => {
                    return Err(self.fail("found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if header.increment == 0 => header.increment = i32::from(digit - b'0'),
                _ => break,
            }
            self.input.pos += 1;
            self.need(1)?;
        }
        Ok(header)
    }

    /// Eats the break at the current place, if there is one, and tells what it stands for.
    fn take_line_break(&mut self) -> &'static str {
        match self.input.break_len(self.input.pos) {
            0 => "",
            length => {
                let text = self.input.break_text(self.input.pos);
                self.input.skip_break(length);
                text
            }
        }
    }

    /// Eats indentation and empty lines of a block scalar into [`Scanner::breaks`]; finds the indentation if it is not
    /// known yet.
    fn scan_block_breaks(&mut self, indent: &mut i32) -> Scan<()> {
        let mut deepest = 0;
        loop {
            self.need(1)?;
            while (*indent == 0 || self.input.column() < *indent) && self.input.byte(self.input.pos) == b' ' {
                self.input.pos += 1;
                self.need(1)?;
            }
            let column = self.input.column();
            deepest = deepest.max(column);
            if (*indent == 0 || column < *indent) && self.input.byte(self.input.pos) == b'\t' {
                return Err(self.fail("found a tab character where an indentation space is expected"));
            }
            if self.input.break_len(self.input.pos) == 0 {
                break;
            }
            self.need(2)?;
            let text = self.take_line_break();
            self.breaks.push_str(text);
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}

/// What stands behind `|` or `>`.
struct BlockHeader {
    chomp: Chomp,
    increment: i32,
}

#[derive(PartialEq, Eq)]
enum Chomp {
    Strip,
    Clip,
    Keep,
}

const fn quote(style: Style) -> u8 {
    if matches!(style, Style::SingleQuoted) { b'\'' } else { b'"' }
}

/// Bytes that a plain scalar may hold anywhere.
static PLAIN: [bool; 256] = table(b" \t\r\n:,?[]{}");

/// Bytes that mean nothing inside quotes.
static QUOTED: [bool; 256] = table(b"\r\n'\"\\");

const fn table(special: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 1;
    while byte < 0x80 {
        table[byte] = true;
        byte += 1;
    }
    let mut at = 0;
    while at < special.len() {
        table[special[at] as usize] = false;
        at += 1;
    }
    table
}
