//! Where text comes from: paths, standard input, other programs that render.
//!
//! Apart because it is the only room below the command line that reads files. It knows files and places in them,
//! and nothing of what they say.

pub mod base;
pub mod git;
pub mod go_path;
pub mod kubectl_files;
mod read;
pub mod render;
pub mod small_files;
pub mod walk;
pub mod write;

use crate::yaml::{ByteRange, Text};
use std::sync::{Arc, OnceLock};

/// A file in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A place: a file and a range of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub range: ByteRange,
}

/// A text with the name it is known by.
#[derive(Debug)]
pub struct SourceFile {
    /// The path as kubectl names it (what was given, joined with what lies below), or `STDIN`.
    pub name: String,
    /// The text.
    pub text: Text,
    /// For a text that a program made: the file it was made from. The text itself stands in no file then.
    pub made_from: Option<FileId>,
    lines: OnceLock<Vec<u32>>,
}

impl SourceFile {
    /// A file of this name and text.
    pub fn new(name: String, text: Text) -> Self {
        Self { name, text, made_from: None, lines: OnceLock::new() }
    }

    /// Says that a program made the text from this file.
    #[must_use]
    pub fn made_from(mut self, file: FileId) -> Self {
        self.made_from = Some(file);
        self
    }

    /// Line and column of a byte, both from 1, the column in characters.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let text: &Arc<str> = &self.text.text;
        let starts = self
            .lines
            .get_or_init(|| std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect());
        let line = starts.partition_point(|start| *start <= offset) - 1;
        let before = text.get(starts[line] as usize..offset as usize).unwrap_or_default();
        (line as u32 + 1, before.chars().count() as u32 + 1)
    }
}

/// Every text of a run. A copy shares the texts.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<SourceFile>>,
}

impl Sources {
    /// Takes a file in.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(Arc::new(file));
        FileId(self.files.len() as u32 - 1)
    }

    /// Puts another text in the place of a file's.
    pub fn replace(&mut self, id: FileId, text: Text) {
        let name = self.get(id).name.clone();
        self.files[id.0 as usize] = Arc::new(SourceFile::new(name, text));
    }

    /// Gives a file another name.
    pub fn rename(&mut self, id: FileId, name: &str) {
        let text = self.get(id).text.clone();
        self.files[id.0 as usize] = Arc::new(SourceFile::new(name.to_owned(), text));
    }

    /// Gives a text that a program made another name.
    pub fn rename_made(&mut self, id: FileId, name: &str) {
        let (text, made_from) = (self.get(id).text.clone(), self.get(id).made_from);
        self.files[id.0 as usize] = Arc::new(SourceFile { made_from, ..SourceFile::new(name.to_owned(), text) });
    }

    /// The file.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files, in the order taken in.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index as u32), &**file))
    }
}
