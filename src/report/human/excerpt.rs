//! The few lines of a file that a finding shows.
//!
//! Apart because it is the one place where a file's text goes out: values of Secrets are masked here, control
//! characters are replaced here, and long lines are cut here. It costs the same for a small file and for a huge one:
//! only what is near the places is looked at.

use super::pen::Pen;
use crate::report::text::is_control;
use crate::source::SourceFile;
use crate::yaml::ByteRange;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::ops::Range;
use unicode_width::UnicodeWidthChar as _;

/// Bytes looked at on either side of a place to find the ends of its line.
const REACH: usize = 1024;
/// Lines shown before and after the line of a place.
const CONTEXT: u32 = 1;
/// A gap of at most so many lines between two places is shown rather than cut out.
const GAP: u32 = 4;
/// Columns taken by line numbers and bars.
const MARGIN: usize = 9;
/// Columns that the text beside a place gets at least.
const LABEL_ROOM: usize = 30;

/// Places in one file with the lines around them, ready for miette.
#[derive(Debug)]
pub struct Excerpt {
    name: String,
    text: String,
    chunks: Vec<Chunk>,
    /// The places, in the order of [`Excerpt::text`].
    pub marks: Vec<Mark>,
}

/// Lines that stand one below the other.
#[derive(Debug)]
struct Chunk {
    range: Range<usize>,
    /// From 1.
    line: u32,
}

/// A place, in the excerpt and in the file.
#[derive(Debug)]
pub struct Mark {
    /// In the excerpt's text.
    pub range: Range<usize>,
    /// Which of the places handed in it is.
    pub place: usize,
    /// How many columns there are to the right of the middle of the mark.
    pub room: usize,
    line: u32,
    column: u32,
}

/// A line, or of a very long one the part that is near a place.
#[derive(Clone, Copy, Debug)]
struct Row {
    line: u32,
    start: usize,
    end: usize,
    /// Whether the line begins before `start`, or goes on behind `end`.
    cut: (bool, bool),
}

/// One character as shown, and the bytes it stands for.
#[derive(Clone, Copy, Debug)]
struct Cell {
    shown: char,
    width: usize,
    start: usize,
    end: usize,
}

impl Excerpt {
    /// The excerpt for these places of a file. `sensitive` is what to mask in it, in order; `width` the columns there
    /// are.
    pub fn new(file: &SourceFile, sensitive: &[ByteRange], places: &[ByteRange], pen: &Pen) -> Self {
        let mut excerpt = Self { name: file.name.clone(), text: String::new(), chunks: Vec::new(), marks: Vec::new() };
        let maker = Maker { text: &file.text.text, sensitive, pen, columns: pen.options.width - MARGIN };
        let mut sorted: Vec<usize> = (0..places.len()).collect();
        sorted.sort_by_key(|place| places[*place].start);
        let mut entries: Vec<Entry> = Vec::new();
        for place in sorted {
            let start = maker.boundary(places[place].start as usize);
            let (line, column) = file.line_column(start as u32);
            let end = places[place].end as usize;
            match entries.last_mut() {
                Some(last) if last.row.line == line && last.shows(start) => last.add(start..end, place, column),
                _ => {
                    let row = maker.row_at(start, line);
                    let mut entry = Entry { row, cells: Vec::new(), cut: (false, false), marks: Vec::new() };
                    (entry.cells, entry.cut) = maker.shown(row, Some(start..end));
                    entry.add(start..end, place, column);
                    entries.push(entry);
                }
            }
        }
        let mut entries = entries.into_iter().peekable();
        let mut above = None;
        while let Some(entry) = entries.next() {
            above = excerpt.push(&maker, &entry, above, entries.peek());
        }
        excerpt
    }

    /// Adds the line of a place with the lines around it; answers the line it ends on, if the next goes on below it.
    fn push(&mut self, maker: &Maker<'_>, entry: &Entry, above: Option<u32>, next: Option<&Entry>) -> Option<u32> {
        if above.is_none() {
            let before = maker.above(entry.row);
            self.chunks.push(Chunk {
                range: self.text.len()..self.text.len(),
                line: before.first().map_or(entry.row.line, |row| row.line),
            });
            for row in before {
                self.push_row(maker, row);
            }
        }
        let from = self.text.len();
        self.marks.extend(entry.marks.iter().map(|mark| {
            let (range, middle) = entry.map(&mark.range, maker.pen);
            Mark {
                range: range.start + from..range.end + from,
                place: mark.place,
                room: maker.columns.saturating_sub(middle + 4),
                line: entry.row.line,
                column: mark.column,
            }
        }));
        self.push_text(maker.pen, &entry.cells, entry.cut);
        let follows = next.is_some_and(|next| next.row.line > entry.row.line && next.row.line - entry.row.line <= GAP);
        let lines = match next {
            Some(next) if follows => next.row.line - entry.row.line - 1,
            _ => CONTEXT,
        };
        let after = maker.below(entry.row, lines, follows);
        for row in &after {
            self.push_row(maker, *row);
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.range.end = self.text.len();
        }
        (follows && after.len() as u32 == lines).then_some(entry.row.line + lines)
    }

    fn push_row(&mut self, maker: &Maker<'_>, row: Row) {
        let (cells, cut) = maker.shown(row, None);
        self.push_text(maker.pen, &cells, cut);
    }

    fn push_text(&mut self, pen: &Pen, cells: &[Cell], cut: (bool, bool)) {
        if cut.0 {
            self.text.push_str(pen.ellipsis());
        }
        self.text.extend(cells.iter().map(|cell| cell.shown));
        if cut.1 {
            self.text.push_str(pen.ellipsis());
        }
        self.text.push('\n');
    }
}

impl SourceCode for Excerpt {
    /// Context is part of the excerpt, so the numbers of lines asked for only tell whether any is wanted.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset() + span.len();
        let inside = |chunk: &&Chunk| chunk.range.start <= span.offset() && end <= chunk.range.end;
        let chunk = self.chunks.iter().find(inside).ok_or(MietteError::OutOfBounds)?;
        let mut shown = chunk.range.clone();
        let (mut line, mut column) = (chunk.line, 1);
        if (before, after) == (0, 0) {
            shown = span.offset()..end;
            if let Some(mark) = self.marks.iter().find(|mark| mark.range == shown) {
                (line, column) = (mark.line, mark.column);
            }
        }
        let text = &self.text[shown.clone()];
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            text.as_bytes(),
            (shown.start, shown.len()).into(),
            line as usize - 1,
            column as usize - 1,
            text.matches('\n').count().saturating_sub(1),
        )))
    }
}

/// The line of one or more places, as shown.
struct Entry {
    row: Row,
    cells: Vec<Cell>,
    cut: (bool, bool),
    marks: Vec<EntryMark>,
}

struct EntryMark {
    range: Range<usize>,
    place: usize,
    column: u32,
}

impl Entry {
    fn shows(&self, start: usize) -> bool {
        let end = if self.cut.1 { self.cells.last().map_or(0, |cell| cell.start) } else { self.row.end };
        self.cells.first().is_none_or(|cell| cell.start <= start) && start <= end
    }

    fn add(&mut self, range: Range<usize>, place: usize, column: u32) {
        self.marks.push(EntryMark { range, place, column });
    }

    /// A range of the file as one of the shown line, clipped to it, and the column of its middle.
    fn map(&self, range: &Range<usize>, pen: &Pen) -> (Range<usize>, usize) {
        let first = self.cells.iter().position(|cell| cell.end > range.start).unwrap_or(self.cells.len());
        let behind = self.cells.iter().rposition(|cell| cell.start < range.end).map_or(first, |last| last + 1);
        let length = |cells: &[Cell]| cells.iter().map(|cell| cell.shown.len_utf8()).sum::<usize>();
        let width = |cells: &[Cell]| cells.iter().map(|cell| cell.width).sum::<usize>();
        let lead = if self.cut.0 { pen.ellipsis() } else { "" };
        let start = lead.len() + length(&self.cells[..first]);
        let marked = &self.cells[first..behind.max(first)];
        let middle = lead.chars().count() + width(&self.cells[..first]) + width(marked) / 2;
        (start..start + length(marked), middle)
    }
}

struct Maker<'m> {
    text: &'m str,
    sensitive: &'m [ByteRange],
    pen: &'m Pen,
    columns: usize,
}

impl Maker<'_> {
    /// The nearest start of a character at or before an offset.
    fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    /// The line around an offset.
    fn row_at(&self, offset: usize, line: u32) -> Row {
        let low = self.boundary(offset.saturating_sub(REACH));
        let high = self.boundary((offset + REACH).min(self.text.len()));
        let newline = self.text[low..offset].rfind('\n').map(|at| low + at + 1);
        let start = newline.unwrap_or(low);
        let found = self.text[offset..high].find('\n').map(|at| offset + at);
        let end = found.unwrap_or(high);
        let cut = (newline.is_none() && low > 0, found.is_none() && high < self.text.len());
        let end = if !cut.1 && end > start && self.text[start..end].ends_with('\r') { end - 1 } else { end };
        Row { line, start, end, cut }
    }

    /// The lines before one, none of them a separator or, at the edge, blank.
    fn above(&self, row: Row) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut at = row;
        while rows.len() < CONTEXT as usize && at.start > 0 && !at.cut.0 {
            at = self.row_at(at.start - 1, at.line - 1);
            if at.cut.0 || self.is_separator(at) {
                break;
            }
            rows.push(at);
        }
        while rows.last().is_some_and(|row| self.is_blank(*row)) {
            rows.pop();
        }
        rows.reverse();
        rows
    }

    /// So many lines after one; with `all`, whatever they hold.
    fn below(&self, row: Row, count: u32, all: bool) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut at = row;
        while (rows.len() as u32) < count && !at.cut.1 {
            let Some(newline) = self.text[at.end..].char_indices().take(2).find(|(_, c)| *c == '\n') else { break };
            let next = at.end + newline.0 + 1;
            if next >= self.text.len() {
                break;
            }
            at = self.row_at(next, at.line + 1);
            if !all && self.is_separator(at) {
                break;
            }
            rows.push(at);
        }
        while !all && rows.last().is_some_and(|row| self.is_blank(*row)) {
            rows.pop();
        }
        rows
    }

    fn is_separator(&self, row: Row) -> bool {
        self.text[row.start..row.end].starts_with("---")
    }

    fn is_blank(&self, row: Row) -> bool {
        self.text[row.start..row.end].trim().is_empty()
    }

    /// What is shown of a line: all that fits, with the place in view; and whether anything is missing on either side.
    fn shown(&self, row: Row, focus: Option<Range<usize>>) -> (Vec<Cell>, (bool, bool)) {
        let cells = self.cells(row);
        let width: usize = cells.iter().map(|cell| cell.width).sum();
        let focus = focus.map(|focus| {
            let first = cells.iter().position(|cell| cell.end > focus.start).unwrap_or(cells.len());
            cells[..first].iter().map(|cell| cell.width).sum::<usize>()
        });
        let lead = self.pen.ellipsis().chars().count();
        let latest = self.columns - LABEL_ROOM;
        let skip = match focus {
            Some(column) if width > self.columns && column > latest / 2 => column - latest / 2,
            _ => 0,
        };
        let cut_left = row.cut.0 || skip > 0;
        let mut room = self.columns - if cut_left { lead } else { 0 };
        let fits = width - skip <= room && !row.cut.1;
        if !fits {
            room -= lead;
        }
        let mut column = 0;
        let visible = cells.into_iter().filter(|cell| {
            let from = column;
            column += cell.width;
            from >= skip && column <= skip + room
        });
        (visible.collect(), (cut_left, !fits))
    }

    /// The line, character for character: tabs become blanks, what acts on the terminal becomes a sign, and each piece
    /// of a secret becomes three dots.
    fn cells(&self, row: Row) -> Vec<Cell> {
        let mut cells: Vec<Cell> = Vec::with_capacity(row.end - row.start);
        let mut column = 0;
        let mut push = |shown: char, start: usize, end: usize| {
            let width = shown.width().unwrap_or(0);
            column += width;
            cells.push(Cell { shown, width, start, end });
            column
        };
        let mut next_sensitive = self.sensitive.partition_point(|range| range.end as usize <= row.start);
        let mut at = row.start;
        while at < row.end {
            let hidden = self.sensitive.get(next_sensitive).map(|range| range.start as usize..range.end as usize);
            if let Some(hidden) = hidden.filter(|hidden| hidden.start <= at) {
                let end = self.boundary(hidden.end.min(row.end)).max(at + 1);
                let end = if self.text.is_char_boundary(end) { end } else { row.end };
                let piece = &self.text[at..end];
                let indent = piece.len() - piece.trim_start().len();
                (0..indent).for_each(|blank| {
                    push(' ', at + blank, at + blank + 1);
                });
                if indent < piece.len() {
                    let sign = if self.pen.options.unicode { '•' } else { '*' };
                    (0..3).for_each(|_| {
                        push(sign, at + indent, end);
                    });
                }
                at = end;
                next_sensitive += 1;
                continue;
            }
            let Some(c) = self.text[at..].chars().next() else { break };
            let end = at + c.len_utf8();
            match c {
                '\t' => while push(' ', at, end) % 4 != 0 {},
                c if is_control(c) => {
                    push(if self.pen.options.unicode { '\u{fffd}' } else { '?' }, at, end);
                }
                c => {
                    push(c, at, end);
                }
            }
            at = end;
        }
        cells
    }
}
