//! The line-based text of `schemas/`: read and written.
//!
//! Apart because the format is one thing (`schemas/README.md` describes it) and what stands in it is another.

use super::{Definition, Fact, Field, Minors, Table, What};
use std::fmt::{self, Write as _};
use std::path::Path;

/// A text that breaks its own rules.
#[derive(Debug)]
pub struct Broken {
    file: String,
    line: usize,
    why: String,
}

impl Broken {
    /// A fault that is in no one line.
    pub fn new(why: impl Into<String>) -> Self {
        Self { file: String::new(), line: 0, why: why.into() }
    }

    /// Says which file it is in.
    pub fn in_file(mut self, file: &str) -> Self {
        file.clone_into(&mut self.file);
        self
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.is_empty(), self.line) {
            (true, _) => f.write_str(&self.why),
            (false, 0) => write!(f, "{}: {}", self.file, self.why),
            (false, line) => write!(f, "{}:{line}: {}", self.file, self.why),
        }
    }
}

impl std::error::Error for Broken {}

/// One line that is neither empty nor a comment: words, and words with a value (`name=value`).
#[derive(Debug)]
pub struct Line {
    number: usize,
    /// Whether it belongs to the line above that is not indented.
    pub indented: bool,
    /// The words without a value, in order.
    pub words: Vec<String>,
    /// The words with one, in order.
    pub values: Vec<(String, String)>,
}

impl Line {
    /// A fault in this line.
    pub fn broken(&self, why: impl Into<String>) -> Broken {
        Broken { file: String::new(), line: self.number, why: why.into() }
    }

    /// The word at a position.
    ///
    /// # Errors
    /// There is none.
    pub fn word(&self, at: usize, what: &str) -> Result<String, Broken> {
        self.words.get(at).cloned().ok_or_else(|| self.broken(format!("{what} is missing")))
    }

    /// The minors of `versions=…`; all, if there is no such word.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn minors(&self, name: &str) -> Result<Minors, Broken> {
        match self.value(name) {
            None => Ok(Minors::BUNDLED),
            Some(text) => Minors::parse(text).ok_or_else(|| self.broken(format!("{name}={text} names no minors"))),
        }
    }

    /// The value of a word.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let mut words = Vec::new();
        let mut values = Vec::new();
        for word in line.split_whitespace() {
            match word.split_once('=') {
                Some((name, value)) => values.push((name.to_owned(), value.to_owned())),
                None => words.push(word.to_owned()),
            }
        }
        lines.push(Line { number: index + 1, indented: line.starts_with(' '), words, values });
    }
    lines
}

/// A file's lines, with its name.
pub(super) fn read_file(path: &Path) -> Result<(String, Vec<Line>), Broken> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Broken::new(error.to_string()).in_file(&name))?;
    Ok((name, lines(&text)))
}

/// The lines of every `.txt` in a directory, sorted by name.
pub(super) fn read_directory(path: &Path) -> Result<Vec<(String, Vec<Line>)>, Broken> {
    let failed = |error: std::io::Error| Broken::new(error.to_string()).in_file(&path.display().to_string());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    paths.iter().map(|path| read_file(path)).collect()
}

/// Reads the lines of a file of `definitions/` into a table.
pub(super) fn definitions(table: &mut Table, lines: &[Line]) -> Result<(), Broken> {
    let mut current: Option<(String, Definition)> = None;
    for line in lines {
        if line.indented {
            let Some((_, definition)) = current.as_mut() else {
                return Err(line.broken("a field without a definition above it"));
            };
            definition.fields.push(field(line, definition.minors)?);
            continue;
        }
        if let Some((name, definition)) = current.take() {
            table.definitions.insert(name, definition);
        }
        let atomic = if line.value("atomic").is_some() || line.words.iter().any(|word| word == "atomic") {
            line.minors("atomic")?
        } else {
            Minors::default()
        };
        let minors = line.minors("versions")?;
        let name = line.word(0, "the name")?;
        if table.definitions.contains_key(&name) {
            return Err(line.broken(format!("{name} is defined twice")));
        }
        let kind = line.value("kind").unwrap_or_default().to_owned();
        current = Some((name, Definition { minors, atomic: atomic.and(minors), kind, fields: Vec::new() }));
    }
    if let Some((name, definition)) = current {
        table.definitions.insert(name, definition);
    }
    Ok(())
}

fn field(line: &Line, inside: Minors) -> Result<Field, Broken> {
    let mut field = Field {
        name: line.word(0, "the field")?,
        ty: line.word(1, "the type")?,
        minors: line.minors("versions")?.and(inside),
        ..Field::default()
    };
    for word in line.words.iter().skip(2) {
        match word.as_str() {
            "required" => field.required = true,
            "atomic" => field.atomic = true,
            _ => return Err(line.broken(format!("no such word: {word}"))),
        }
    }
    for (name, value) in &line.values {
        match name.as_str() {
            "list" => field.list_type.clone_from(value),
            "keys" => field.list_map_keys = value.split(',').map(str::to_owned).collect(),
            "merge-key" => field.merge_key.clone_from(value),
            "strategy" => field.strategy.clone_from(value),
            "versions" => {}
            _ => return Err(line.broken(format!("no such word: {name}"))),
        }
    }
    Ok(field)
}

/// Writes what [`definitions`] reads: the definitions of one file, sorted.
pub fn write_definitions<'d>(definitions: impl Iterator<Item = (&'d String, &'d Definition)>) -> String {
    let mut text = String::new();
    for (name, definition) in definitions {
        let _ = write!(text, "\n{name}");
        if !definition.kind.is_empty() {
            let _ = write!(text, " kind={}", definition.kind);
        }
        if definition.atomic == definition.minors {
            text.push_str(" atomic");
        } else if !definition.atomic.is_empty() {
            let _ = write!(text, " atomic={}", definition.atomic);
        }
        if definition.minors != Minors::BUNDLED {
            let _ = write!(text, " versions={}", definition.minors);
        }
        text.push('\n');
        for field in &definition.fields {
            write_field(&mut text, field, definition.minors);
        }
    }
    text
}

fn write_field(text: &mut String, field: &Field, inside: Minors) {
    let _ = write!(text, "  {} {}", field.name, field.ty);
    if field.required {
        text.push_str(" required");
    }
    if field.atomic {
        text.push_str(" atomic");
    }
    let keys = field.list_map_keys.join(",");
    let values =
        [("list", &field.list_type), ("keys", &keys), ("merge-key", &field.merge_key), ("strategy", &field.strategy)];
    for (name, value) in values {
        if !value.is_empty() {
            let _ = write!(text, " {name}={value}");
        }
    }
    if field.minors != inside {
        let _ = write!(text, " versions={}", field.minors);
    }
    text.push('\n');
}

/// Reads the lines of a file of `facts/fields/` into a table.
pub(super) fn facts(table: &mut Table, lines: &[Line]) -> Result<(), Broken> {
    let mut definition = String::new();
    for line in lines {
        if !line.indented {
            definition = line.word(0, "the name")?;
            continue;
        }
        let minors = line.minors("versions")?;
        let fields = table.facts.entry(definition.clone()).or_default();
        let facts = fields.entry(line.word(0, "the field")?).or_default();
        let mut add = |what: What| {
            let twice = facts.iter().any(|fact: &Fact| {
                std::mem::discriminant(&fact.what) == std::mem::discriminant(&what)
                    && !fact.minors.and(minors).is_empty()
            });
            if twice {
                return Err(line.broken(format!("said twice for one minor: {what:?}")));
            }
            facts.push(Fact { what, minors });
            Ok(())
        };
        for word in line.words.iter().skip(1) {
            match word.as_str() {
                "required" => add(What::Required)?,
                "immutable" => add(What::Immutable)?,
                "pointer" => add(What::Pointer)?,
                _ => return Err(line.broken(format!("no such word: {word}"))),
            }
        }
        for (name, value) in &line.values {
            let number = || value.parse().map_err(|_| line.broken(format!("{name}={value} is no integer")));
            match name.as_str() {
                "enum" => add(What::Enum(value.split('|').map(str::to_owned).collect()))?,
                "default" => add(What::Default(value.clone()))?,
                "min" => add(What::Minimum(number()?))?,
                "max" => add(What::Maximum(number()?))?,
                "format" => add(What::Format(value.clone()))?,
                "go" => add(What::Go(value.clone()))?,
                "embedded" => add(What::Embedded(value.clone()))?,
                "versions" => {}
                _ => return Err(line.broken(format!("no such word: {name}"))),
            }
        }
    }
    Ok(())
}
