//! What may be written at the cursor: fields, values, kinds, names of other objects.
//!
//! Apart because it looks at a text that is half written, and only at what stands around the cursor.

use super::cursor::{self, Cursor, Part};
use super::fields::{self, Form, KnownField, KnownKind, Target};
use super::objects::{self, Wanted};
use super::position::Lines;
use crate::object::Segment;
use crate::pipeline::Snapshot;
use crate::schema::{Minor, Schema};
use crate::source::FileId;
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat, MarkupContent, MarkupKind,
    TextEdit,
};

/// What one may be looking for.
pub struct Question<'q> {
    /// The text, as it is being typed.
    pub text: &'q str,
    /// The file it is of, if that is known.
    pub file: Option<FileId>,
    /// What is known of the repository.
    pub snapshot: &'q Snapshot,
    /// Places in the text.
    pub lines: &'q Lines<'q>,
}

/// What may be written at a byte.
pub fn complete(question: &Question<'_>, offset: usize) -> Vec<CompletionItem> {
    let minor = question.snapshot.minor.unwrap_or(Minor::LATEST);
    let Some(cursor) = cursor::typed_at(question.text, offset).or_else(|| cursor::typed_first(question.text, offset))
    else {
        return Vec::new();
    };
    let offers = Offers { question, cursor: &cursor, minor };
    if let ([Segment::Field(field)], Part::Value) = (cursor.path.as_slice(), cursor.part) {
        match field.as_str() {
            "kind" => return offers.kinds(),
            "apiVersion" => return offers.api_versions(),
            _ => {}
        }
    }
    let Some(kind) = KnownKind::of(&cursor.gvk, question.snapshot, minor) else {
        return if cursor.part == Part::Value { offers.values(None) } else { offers.first_fields() };
    };
    let above = &cursor.path[..cursor.path.len().saturating_sub(1)];
    match cursor.part {
        Part::Value => offers.values(fields::look_up(&kind, &cursor.path, minor)),
        Part::Name => match fields::look_up(&kind, above, minor) {
            Some(around) if around.form() == Form::Mapping => offers.fields(around),
            // An element of a list, or a value on a line of its own.
            around => offers.values(around),
        },
    }
}

struct Offers<'o> {
    question: &'o Question<'o>,
    cursor: &'o Cursor,
    minor: Minor,
}

impl Offers<'_> {
    fn item(&self, label: &str, insert: String, kind: CompletionItemKind) -> CompletionItem {
        let range = self.question.lines.range(self.cursor.range);
        CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            filter_text: Some(label.to_owned()),
            insert_text_format: Some(InsertTextFormat::PLAIN_TEXT),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: insert })),
            ..CompletionItem::default()
        }
    }

    fn fields(&self, around: KnownField<'_>) -> Vec<CompletionItem> {
        let own = match self.cursor.path.last() {
            Some(Segment::Field(name)) => name.as_str(),
            _ => "",
        };
        let is_new = |name: &str| name == own || !self.cursor.beside.iter().any(|(known, _)| known == name);
        let known = around.fields(self.minor).into_iter().filter(|(name, _)| is_new(name) && *name != "status");
        let behind = &self.question.text[self.cursor.range.end as usize..];
        let is_written = behind.starts_with(':');
        known
            .map(|(name, field)| {
                let indent = " ".repeat(self.cursor.column + 2);
                let insert = match field.form() {
                    _ if is_written => name.to_owned(),
                    Form::Scalar => format!("{name}: "),
                    Form::Mapping => format!("{name}:\n{indent}"),
                    Form::List => format!("{name}:\n{indent}- "),
                };
                let order = if field.required { "0" } else { "1" };
                CompletionItem {
                    detail: Some(field.type_name()),
                    documentation: documented(field.told()),
                    sort_text: Some(format!("{order}{name}")),
                    ..self.item(name, insert, CompletionItemKind::FIELD)
                }
            })
            .collect()
    }

    fn values(&self, field: Option<KnownField<'_>>) -> Vec<CompletionItem> {
        let default = field.and_then(KnownField::default);
        let allowed = field.map(KnownField::allowed).unwrap_or_default();
        let mut items: Vec<CompletionItem> = allowed
            .into_iter()
            .map(|value| {
                let is_default = default.as_deref().is_some_and(|default| default.trim_matches('"') == value);
                CompletionItem {
                    detail: is_default.then(|| "default".to_owned()),
                    ..self.item(&value, value.clone(), CompletionItemKind::ENUM_MEMBER)
                }
            })
            .collect();
        items.extend(self.names());
        items.extend(self.keys());
        items
    }

    /// The names of the objects that a field may name.
    fn names(&self) -> Vec<CompletionItem> {
        let mut items = Vec::new();
        for Target { group, kind, namespace } in fields::targets(self.cursor) {
            let namespace = namespace.as_deref().unwrap_or(&self.cursor.namespace);
            let wanted = Wanted { group: group.as_deref(), kind: &kind, namespace };
            let mut found = objects::of_kind(self.question.snapshot, self.question.file, wanted);
            found.dedup_by(|one, other| one.name == other.name);
            items.extend(found.into_iter().map(|object| {
                let file = &self.question.snapshot.sources.get(object.span.file).name;
                CompletionItem {
                    detail: Some(format!("{kind} in {file}")),
                    ..self.item(&object.name, object.name.clone(), CompletionItemKind::REFERENCE)
                }
            }));
        }
        items
    }

    /// The keys of the ConfigMap or Secret that is named beside.
    fn keys(&self) -> Vec<CompletionItem> {
        let mut items = Vec::new();
        for (beside, kind) in fields::keyed_by(self.cursor) {
            let wanted = Wanted { group: Some(""), kind, namespace: &self.cursor.namespace };
            let objects = objects::of_kind(self.question.snapshot, self.question.file, wanted);
            let object = objects.iter().find(|object| object.name == self.cursor.beside(beside));
            let keys = object.map(|object| objects::keys(self.question.snapshot, object)).unwrap_or_default();
            items.extend(keys.iter().map(|key| self.item(key, key.clone(), CompletionItemKind::PROPERTY)));
        }
        items
    }

    /// The fields that every object begins with, where its kind is not known.
    fn first_fields(&self) -> Vec<CompletionItem> {
        if self.cursor.path.len() > 1 || self.cursor.part == Part::Value {
            return Vec::new();
        }
        let missing = ["apiVersion", "kind", "metadata"].into_iter().filter(|name| self.cursor.beside(name).is_empty());
        missing
            .map(|name| {
                let insert = if name == "metadata" { "metadata:\n  name: ".to_owned() } else { format!("{name}: ") };
                self.item(name, insert, CompletionItemKind::FIELD)
            })
            .collect()
    }

    /// Every kind there is: `apiVersion`, kind, and what it is.
    fn known_kinds(&self) -> Vec<(String, String, &'static str)> {
        let built_in = Schema::of(self.minor).kinds().filter(|kind| kind.served_by_default);
        let mut kinds: Vec<(String, String, &'static str)> =
            built_in.map(|kind| (kind.api_version(), kind.kind.to_owned(), "Kubernetes")).collect();
        let declared = self.question.snapshot.declared();
        kinds.extend(declared.map(|(gvk, _)| (gvk.api_version(), gvk.kind.clone(), "CRD of this repository")));
        kinds
    }

    fn kinds(&self) -> Vec<CompletionItem> {
        let written = self.cursor.beside("apiVersion");
        let kinds = self.known_kinds().into_iter();
        kinds
            .filter(|(api_version, ..)| written.is_empty() || written == api_version)
            .map(|(api_version, kind, of)| CompletionItem {
                detail: Some(format!("{api_version}, {of}")),
                sort_text: Some(format!("{kind} {api_version}")),
                ..self.item(&kind, kind.clone(), CompletionItemKind::CLASS)
            })
            .collect()
    }

    fn api_versions(&self) -> Vec<CompletionItem> {
        let written = self.cursor.beside("kind");
        let mut versions: Vec<(String, &'static str)> = self
            .known_kinds()
            .into_iter()
            .filter(|(_, kind, _)| written.is_empty() || written == kind)
            .map(|(api_version, _, of)| (api_version, of))
            .collect();
        versions.sort();
        versions.dedup();
        let item = |(version, of): (String, &str)| CompletionItem {
            detail: Some(of.to_owned()),
            ..self.item(&version, version.clone(), CompletionItemKind::MODULE)
        };
        versions.into_iter().map(item).collect()
    }
}

fn documented(markdown: String) -> Option<Documentation> {
    let content = MarkupContent { kind: MarkupKind::Markdown, value: markdown };
    (!content.value.is_empty()).then_some(Documentation::MarkupContent(content))
}
