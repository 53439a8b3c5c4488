//! The packed form of a table: what the program carries and reads without unpacking.
//!
//! Apart because it is the one place that writes the layout; `src/schema/packed.rs` is the one that reads it and
//! describes it.

use super::{Definition, Fact, Field, Minors, Table, What};
use std::collections::{BTreeMap, BTreeSet};

/// The two files of `schemas/packed/`.
#[derive(Debug, PartialEq, Eq)]
pub struct Packed {
    /// Every text there is, sorted, without anything between.
    pub strings: String,
    /// Everything else, in numbers.
    pub tables: Vec<u8>,
}

/// Packs a table.
///
/// # Panics
/// There are more than 65,535 texts or definitions: the layout would have to change.
pub fn pack(table: &Table) -> Packed {
    let mut packer = Packer { numbers: texts(table), definitions: BTreeMap::new() };
    for (index, name) in table.definitions.keys().enumerate() {
        packer.definitions.insert(name.clone(), u16::try_from(index).expect("at most 65,535 definitions"));
    }
    let mut offsets = Bytes::default();
    let mut strings = String::new();
    for text in packer.numbers.keys() {
        offsets.u32(strings.len());
        strings.push_str(text);
    }
    offsets.u32(strings.len());

    let (index, variants, records) = packer.definitions(table);
    let kinds = packer.kinds(table);
    let removals = packer.removals(table);

    let mut tables = Bytes::default();
    let sections = [&offsets, &index, &variants, &records, &kinds, &removals];
    let mut at = 4 * (sections.len() + 1);
    for section in sections {
        tables.u32(at);
        at += section.0.len();
    }
    tables.u32(at);
    for section in sections {
        tables.0.extend(&section.0);
    }
    Packed { strings, tables: tables.0 }
}

/// Every text of a table, with its number: sorted, so that numbers compare as texts do.
fn texts(table: &Table) -> BTreeMap<String, u16> {
    let mut texts: BTreeSet<String> = BTreeSet::from([String::new()]);
    for (name, definition) in &table.definitions {
        texts.insert(name.clone());
        for field in &definition.fields {
            texts.extend([field.name.clone(), field.merge_key.clone(), field.strategy.clone()]);
            texts.extend(field.list_map_keys.iter().cloned());
        }
    }
    for fact in table.facts.values().flat_map(BTreeMap::values).flatten() {
        match &fact.what {
            What::Enum(values) => texts.extend(values.iter().cloned()),
            What::Default(text) | What::Format(text) | What::Go(text) | What::Embedded(text) => {
                texts.insert(text.clone());
            }
            What::Required | What::Immutable | What::Pointer | What::Minimum(_) | What::Maximum(_) => {}
        }
    }
    for kind in &table.kinds {
        texts.extend([kind.group.clone(), kind.version.clone(), kind.name.clone(), kind.plural.clone()]);
        texts.insert(kind.short_names.join(" "));
    }
    for removal in &table.removals {
        texts.extend([removal.group.clone(), removal.version.clone(), removal.name.clone(), removal.instead.clone()]);
    }
    let number = |index| u16::try_from(index).expect("at most 65,535 texts");
    texts.into_iter().enumerate().map(|(index, text)| (text, number(index))).collect()
}

struct Packer {
    numbers: BTreeMap<String, u16>,
    definitions: BTreeMap<String, u16>,
}

impl Packer {
    fn text(&self, text: &str) -> u16 {
        self.numbers[text]
    }

    /// The index by name, the variants, and the records that variants point at.
    fn definitions(&self, table: &Table) -> (Bytes, Bytes, Bytes) {
        let (mut index, mut variants, mut records) = (Bytes::default(), Bytes::default(), Bytes::default());
        let mut count = 0;
        for (name, definition) in &table.definitions {
            index.u16(self.text(name));
            index.u16(count);
            let mut made: Vec<(Minors, Vec<u8>)> = Vec::new();
            for minor in definition.minors.iter() {
                let record = self.record(definition, table.facts.get(name), minor);
                match made.iter_mut().find(|(_, known)| *known == record) {
                    Some((minors, _)) => *minors = minors.with(Minors::one(minor)),
                    None => made.push((Minors::one(minor), record)),
                }
            }
            for (minors, record) in made {
                variants.u32(minors.0 as usize);
                variants.u32(records.0.len());
                records.0.extend(record);
                count += 1;
            }
        }
        index.u16(self.text(""));
        index.u16(count);
        (index, variants, records)
    }

    fn record(&self, definition: &Definition, facts: Option<&BTreeMap<String, Vec<Fact>>>, minor: u8) -> Vec<u8> {
        let mut record = Bytes::default();
        record.u8(u8::from(definition.atomic.contains(minor)));
        let mut fields: Vec<&Field> = definition.fields.iter().filter(|field| field.minors.contains(minor)).collect();
        fields.sort_by(|one, other| one.name.cmp(&other.name));
        record.u16(u16::try_from(fields.len()).expect("at most 65,535 fields"));
        for field in fields {
            let facts = facts.and_then(|facts| facts.get(&field.name)).map_or(&[][..], Vec::as_slice);
            let facts: Vec<&What> =
                facts.iter().filter(|fact| fact.minors.contains(minor)).map(|fact| &fact.what).collect();
            self.field(&mut record, field, &facts);
        }
        record.0
    }

    fn field(&self, record: &mut Bytes, field: &Field, facts: &[&What]) {
        let mut flags: u32 = match field.list_type.as_str() {
            "" => 0,
            "atomic" => 1,
            "set" => 2,
            "map" => 3,
            other => panic!("no such list type: {other}"),
        };
        let mut rest = Bytes::default();
        let mut flag = |bit: u32, holds: bool| {
            flags |= if holds { 1 << bit } else { 0 };
            holds
        };
        flag(2, field.required);
        flag(3, field.atomic);
        if flag(4, !field.list_map_keys.is_empty()) {
            rest.u8(field.list_map_keys.len() as u8);
            for key in &field.list_map_keys {
                rest.u16(self.text(key));
            }
        }
        if flag(5, !field.merge_key.is_empty()) {
            rest.u16(self.text(&field.merge_key));
        }
        if flag(6, !field.strategy.is_empty()) {
            rest.u16(self.text(&field.strategy));
        }
        flag(7, facts.contains(&&What::Required));
        flag(8, facts.contains(&&What::Immutable));
        flag(16, facts.contains(&&What::Pointer));
        // The order of the bits is the order of the values behind them.
        let mut values: [Bytes; 7] = std::array::from_fn(|_| Bytes::default());
        for fact in facts {
            match fact {
                What::Required | What::Immutable | What::Pointer => {}
                What::Enum(allowed) => {
                    values[0].u8(allowed.len() as u8);
                    for value in allowed {
                        values[0].u16(self.text(value));
                    }
                }
                What::Default(text) => values[1].u16(self.text(text)),
                What::Minimum(number) => values[2].0.extend(number.to_le_bytes()),
                What::Maximum(number) => values[3].0.extend(number.to_le_bytes()),
                What::Format(text) => values[4].u16(self.text(text)),
                What::Go(text) => values[5].u16(self.text(text)),
                What::Embedded(text) => values[6].u16(self.text(text)),
            }
        }
        for (bit, value) in (9..).zip(&values) {
            if flag(bit, !value.0.is_empty()) {
                rest.0.extend(&value.0);
            }
        }
        record.u16(self.text(&field.name));
        record.u32(flags as usize);
        self.ty(record, &field.ty);
        record.0.extend(rest.0);
    }

    fn ty(&self, record: &mut Bytes, ty: &str) {
        if let Some(element) = ty.strip_prefix("[]") {
            record.u8(16);
            self.ty(record, element);
        } else if let Some(value) = ty.strip_prefix("map[string]") {
            record.u8(17);
            self.ty(record, value);
        } else if let Some(code) = PLAIN_TYPES.iter().position(|plain| *plain == ty) {
            record.u8(code as u8);
        } else {
            let definition = self.definitions.get(ty).unwrap_or_else(|| panic!("no such type: {ty}"));
            record.u8(15);
            record.u16(*definition);
        }
    }

    fn kinds(&self, table: &Table) -> Bytes {
        let tops: BTreeMap<&str, &str> =
            table.definitions.iter().map(|(name, definition)| (definition.kind.as_str(), name.as_str())).collect();
        let mut bytes = Bytes::default();
        for kind in table.kinds.iter().filter(|kind| !kind.subresource) {
            let definition = tops[kind.written().as_str()];
            for text in [&kind.group, &kind.version, &kind.name, &kind.plural, &kind.short_names.join(" ")] {
                bytes.u16(self.text(text));
            }
            bytes.u16(self.definitions[definition]);
            bytes.u8(u8::from(kind.namespaced));
            bytes.u8(kind.verbs);
            bytes.u32(table.definitions[definition].minors.0 as usize);
            bytes.u32(kind.served.and(table.definitions[definition].minors).0 as usize);
        }
        bytes
    }

    fn removals(&self, table: &Table) -> Bytes {
        let mut bytes = Bytes::default();
        for removal in &table.removals {
            for text in [&removal.group, &removal.version, &removal.name, &removal.instead] {
                bytes.u16(self.text(text));
            }
            bytes.u16(u16::from(removal.removed_in) | u16::from(removal.same) << 8);
        }
        bytes
    }
}

/// The types that are no definition, in the order of their codes.
pub const PLAIN_TYPES: [&str; 15] = [
    "bool",
    "int32",
    "int64",
    "float64",
    "string",
    "bytes",
    "int-or-string",
    "quantity",
    "time",
    "micro-time",
    "duration",
    "any",
    "schema-or-bool",
    "schema-or-array",
    "schema-or-string-array",
];

#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn u16(&mut self, value: u16) {
        self.0.extend(value.to_le_bytes());
    }

    fn u32(&mut self, value: usize) {
        self.0.extend(u32::try_from(value).expect("at most 4 GiB").to_le_bytes());
    }
}
