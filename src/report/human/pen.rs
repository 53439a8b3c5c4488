//! Colours, signs and wrapping.
//!
//! Apart because these alone depend on the terminal: everything else says what to write, and asks here how.

use crate::finding::Level;
use crate::report::Options;
use crate::report::text::is_control;
use owo_colors::Style;
use std::borrow::Cow;
use textwrap::{WordSeparator, WordSplitter};

/// How one report is written.
#[derive(Debug)]
pub struct Pen {
    /// What was asked for.
    pub options: Options,
}

/// What a piece of text means; the colour follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Refused, an error.
    Bad,
    /// A warning; something not judged.
    Doubtful,
    /// Live, whole.
    Good,
    /// Points elsewhere: other places, help.
    Pointer,
    /// A heading.
    Strong,
    /// Less important than what stands beside it.
    Faint,
}

impl Pen {
    /// The narrowest width that is honoured: below it, frames are wider than the terminal.
    const MIN_WIDTH: usize = 40;
    /// The widest that text is set: longer lines are hard to read.
    const MAX_WIDTH: usize = 120;

    /// A pen for these options.
    pub fn new(options: &Options) -> Self {
        Self { options: Options { width: options.width.clamp(Self::MIN_WIDTH, Self::MAX_WIDTH), ..*options } }
    }

    /// The style of an ink; plain where colours are off.
    pub fn style(&self, ink: Ink) -> Style {
        let style = Style::new();
        if !self.options.colour {
            return style;
        }
        match ink {
            Ink::Bad => style.red().bold(),
            Ink::Doubtful => style.yellow().bold(),
            Ink::Good => style.green(),
            Ink::Pointer => style.cyan(),
            Ink::Strong => style.bold(),
            Ink::Faint => style.dimmed(),
        }
    }

    /// The text in that ink.
    pub fn paint(&self, ink: Ink, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        self.style(ink).style(text).to_string()
    }

    /// The ink of a level.
    pub const fn level(level: Level) -> Ink {
        match level {
            Level::Error => Ink::Bad,
            Level::Warning => Ink::Doubtful,
            Level::Advice => Ink::Pointer,
        }
    }

    /// One of two signs, as the reader's locale allows.
    pub const fn sign(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.options.unicode { unicode } else { ascii }
    }

    /// What stands between the parts of a line.
    pub const fn dot(&self) -> &'static str {
        self.sign(" · ", " - ")
    }

    /// What stands for text left out.
    pub const fn ellipsis(&self) -> &'static str {
        self.sign("…", "...")
    }

    /// Text of others, made safe to print: no control characters (a file must not command the terminal), no characters
    /// that reorder what is read, and, where there is only ASCII, no typography of ours.
    pub fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let harmless = |c: char| c == '\n' || !is_control(c);
        if text.chars().all(|c| harmless(c) && (self.options.unicode || c.is_ascii())) {
            return Cow::Borrowed(text);
        }
        let mut clean = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '…' if !self.options.unicode => clean.push_str("..."),
                '•' if !self.options.unicode => clean.push('*'),
                '–' | '—' if !self.options.unicode => clean.push('-'),
                '‘' | '’' if !self.options.unicode => clean.push('\''),
                '“' | '”' if !self.options.unicode => clean.push('"'),
                '≤' if !self.options.unicode => clean.push_str("<="),
                '≥' if !self.options.unicode => clean.push_str(">="),
                c if harmless(c) => clean.push(c),
                c => clean.extend(c.escape_default()),
            }
        }
        Cow::Owned(clean)
    }

    /// The text wrapped to the width, with what each line begins with, and a newline at the end. Words are never cut,
    /// at hyphens or elsewhere: names and paths are to be copied.
    pub fn wrapped(&self, text: &str, first: &str, rest: &str) -> String {
        let options = textwrap::Options::new(self.options.width)
            .initial_indent(first)
            .subsequent_indent(rest)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .break_words(false);
        let mut wrapped = textwrap::fill(text, options);
        wrapped.push('\n');
        wrapped
    }

    /// Parts in a row behind a text, wrapped between the parts and never within one.
    pub fn wrapped_parts(&self, text: &str, parts: &[String], between: &str, indents: (&str, &str)) -> String {
        // No-break spaces hold a part together while lines are broken.
        let held: Vec<String> = parts.iter().map(|part| part.replace(' ', "\u{a0}")).collect();
        self.wrapped(&format!("{text}{}", held.join(between)), indents.0, indents.1).replace('\u{a0}', " ")
    }

    /// The text on one line, cut off to fit into `width` columns.
    pub fn cut(&self, text: &str, width: usize) -> String {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if textwrap::core::display_width(&line) <= width {
            return line;
        }
        let ellipsis = self.ellipsis();
        let room = width.saturating_sub(textwrap::core::display_width(ellipsis));
        let mut used = 0;
        let kept: String = line
            .chars()
            .take_while(|c| {
                used += unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
                used <= room
            })
            .collect();
        format!("{}{ellipsis}", kept.trim_end())
    }
}
