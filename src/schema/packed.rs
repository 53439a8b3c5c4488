//! The packed tables of `schemas/packed/`, read where they lie.
//!
//! Apart because only this file knows the layout; `xtask/src/table/pack.rs` writes it. Nothing is unpacked at the
//! start: a definition is decoded when it is first asked for and then kept.
//!
//! `strings.txt` is every text, sorted, without anything between. `tables.bin` is little-endian and begins with the
//! offsets (`u32`) of its sections, and of its end:
//!
//! 0. texts: the offset (`u32`) of each text in `strings.txt`, and of the end. A text is meant by its number.
//! 1. index: name and first variant (two `u16`) of each definition, sorted by name; a last entry ends the variants.
//! 2. variants: minors (a bit set, `u32`) and the offset in the records (`u32`).
//! 3. records: one for each distinct form of a definition.
//! 4. kinds, [`KIND_SIZE`] bytes each, sorted by group, version and kind.
//! 5. removals, [`REMOVAL_SIZE`] bytes each, sorted likewise.

use super::model::{Definition, Facts, Field, KindInfo, ListType, Removal, Type, Verbs};
use super::versions::{Minor, MinorSet};
use std::cmp::Ordering;
use std::sync::OnceLock;

static STRINGS: &str = include_str!("../../schemas/packed/strings.txt");
static TABLES: &[u8] = include_bytes!("../../schemas/packed/tables.bin");

const TEXTS: usize = 0;
const INDEX: usize = 1;
const VARIANTS: usize = 2;
const RECORDS: usize = 3;
const KINDS: usize = 4;
const REMOVALS: usize = 5;

const KIND_SIZE: usize = 22;
const REMOVAL_SIZE: usize = 10;

/// Where a section begins.
fn section(number: usize) -> usize {
    Reader { at: 4 * number }.u32() as usize
}

/// How many entries of a size a section has.
fn count(number: usize, size: usize) -> usize {
    section(number + 1).saturating_sub(section(number)) / size
}

/// Reads on from a place; beyond the end everything is 0.
struct Reader {
    at: usize,
}

impl Reader {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let bytes = TABLES.get(self.at..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N]);
        self.at += N;
        bytes
    }

    fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.bytes())
    }

    fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.bytes())
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }

    fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.bytes())
    }

    fn text(&mut self) -> &'static str {
        let number = usize::from(self.u16());
        let mut offsets = Reader { at: section(TEXTS) + 4 * number };
        let (from, to) = (offsets.u32() as usize, offsets.u32() as usize);
        STRINGS.get(from..to).unwrap_or_default()
    }

    fn texts(&mut self) -> Vec<&'static str> {
        (0..self.u8()).map(|_| self.text()).collect()
    }

    /// The name of the definition with this number.
    fn definition_name(&mut self) -> &'static str {
        let number = usize::from(self.u16());
        Reader { at: section(INDEX) + 4 * number }.text()
    }
}

/// One of `count` sorted entries; `compare` tells how the entry at a position stands to what is sought.
fn search(count: usize, compare: impl Fn(usize) -> Ordering) -> Option<usize> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = usize::midpoint(low, high);
        match compare(middle) {
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
            Ordering::Equal => return Some(middle),
        }
    }
    None
}

/// The definition of this name in a minor.
pub(super) fn definition(name: &str, minor: Minor) -> Option<&'static Definition> {
    static DECODED: OnceLock<Box<[OnceLock<Box<Definition>>]>> = OnceLock::new();
    // The last entry of the index only ends the variants of the one before.
    let definitions = count(INDEX, 4).saturating_sub(1);
    let entry = |position: usize| Reader { at: section(INDEX) + 4 * position };
    let found = search(definitions, |position| entry(position).text().cmp(name))?;
    let mut reader = entry(found);
    let name = reader.text();
    let from = usize::from(reader.u16());
    reader.u16();
    let to = usize::from(reader.u16());
    for variant in from..to {
        let mut reader = Reader { at: section(VARIANTS) + 8 * variant };
        if MinorSet(reader.u32()).contains(minor) {
            let decoded = DECODED.get_or_init(|| (0..count(VARIANTS, 8)).map(|_| OnceLock::new()).collect());
            let mut record = Reader { at: section(RECORDS) + reader.u32() as usize };
            return Some(decoded.get(variant)?.get_or_init(|| Box::new(read_definition(name, &mut record))));
        }
    }
    None
}

/// The names of all definitions, sorted.
pub(super) fn definition_names() -> impl Iterator<Item = &'static str> {
    (0..count(INDEX, 4).saturating_sub(1)).map(|position| Reader { at: section(INDEX) + 4 * position }.text())
}

fn read_definition(name: &'static str, reader: &mut Reader) -> Definition {
    let atomic = reader.u8() != 0;
    let fields = (0..reader.u16()).map(|_| read_field(reader)).collect();
    Definition { name, atomic, fields }
}

fn read_field(reader: &mut Reader) -> Field {
    let name = reader.text();
    let flags = reader.u32();
    let has = |bit: u32| flags & (1 << bit) != 0;
    let ty = read_type(reader);
    // What has no bit is not written; the order is the layout.
    let list_map_keys = if has(4) { reader.texts() } else { Vec::new() };
    let patch_merge_key = has(5).then(|| reader.text());
    let patch_strategy = has(6).then(|| reader.text());
    let facts = Facts {
        required: has(7),
        immutable: has(8),
        allowed: if has(9) { reader.texts() } else { Vec::new() },
        default: has(10).then(|| reader.text()),
        minimum: has(11).then(|| reader.i64()),
        maximum: has(12).then(|| reader.i64()),
        format: has(13).then(|| reader.text()),
        go_type: has(14).then(|| reader.text()),
        embedded: has(15).then(|| reader.text()),
        pointer: has(16),
    };
    let list_type = match flags & 3 {
        2 => ListType::Set,
        3 => ListType::Map,
        _ => ListType::Atomic,
    };
    Field {
        name,
        ty,
        listed_required: has(2),
        atomic: has(3),
        list_type,
        list_map_keys,
        patch_merge_key,
        patch_strategy,
        facts,
    }
}

fn read_type(reader: &mut Reader) -> Type {
    match reader.u8() {
        0 => Type::Bool,
        1 => Type::Int32,
        2 => Type::Int64,
        3 => Type::Float64,
        4 => Type::String,
        5 => Type::Bytes,
        6 => Type::IntOrString,
        7 => Type::Quantity,
        8 => Type::Time,
        9 => Type::MicroTime,
        10 => Type::Duration,
        12 => Type::SchemaOrBool,
        13 => Type::SchemaOrArray,
        14 => Type::SchemaOrStringArray,
        15 => Type::Object(reader.definition_name()),
        16 => Type::List(Box::new(read_type(reader))),
        17 => Type::Map(Box::new(read_type(reader))),
        // 11, and nothing else: what is written is what the packer writes, and the test reads all of it.
        _ => Type::Any,
    }
}

/// A kind's entry, in whatever minors it is.
#[derive(Clone, Copy)]
pub(super) struct KindEntry {
    info: KindInfo,
    defined: MinorSet,
    /// Where a server with default settings serves it.
    pub(super) served: MinorSet,
}

impl KindEntry {
    /// The kind as it is in a minor, if it is.
    pub(super) fn in_minor(self, minor: Minor) -> Option<KindInfo> {
        let served_by_default = self.served.contains(minor);
        self.defined.contains(minor).then_some(KindInfo { served_by_default, ..self.info })
    }
}

fn kind_at(position: usize) -> Reader {
    Reader { at: section(KINDS) + KIND_SIZE * position }
}

fn read_kind(mut reader: Reader) -> KindEntry {
    let (group, version, kind) = (reader.text(), reader.text(), reader.text());
    let (plural, short_names) = (reader.text(), reader.text());
    let definition = reader.definition_name();
    let namespaced = reader.u8() != 0;
    let verbs = Verbs(reader.u8());
    let (defined, served) = (MinorSet(reader.u32()), MinorSet(reader.u32()));
    let served_by_default = false;
    let info = KindInfo { group, version, kind, plural, namespaced, definition, served_by_default, verbs, short_names };
    KindEntry { info, defined, served }
}

/// The entry of this kind; the case counts.
pub(super) fn kind(group: &str, version: &str, kind: &str) -> Option<KindEntry> {
    let compare = |position| {
        let mut reader = kind_at(position);
        reader.text().cmp(group).then_with(|| reader.text().cmp(version)).then_with(|| reader.text().cmp(kind))
    };
    search(count(KINDS, KIND_SIZE), compare).map(|position| read_kind(kind_at(position)))
}

/// Every entry, sorted by group, version and kind.
pub(super) fn kinds() -> impl Iterator<Item = KindEntry> {
    (0..count(KINDS, KIND_SIZE)).map(|position| read_kind(kind_at(position)))
}

/// Whether a kind of this group exists or existed in any release.
pub(super) fn group_exists(group: &str) -> bool {
    let kinds = search(count(KINDS, KIND_SIZE), |position| kind_at(position).text().cmp(group));
    let removals = || search(count(REMOVALS, REMOVAL_SIZE), |position| removal_at(position).text().cmp(group));
    kinds.or_else(removals).is_some()
}

fn removal_at(position: usize) -> Reader {
    Reader { at: section(REMOVALS) + REMOVAL_SIZE * position }
}

/// When this kind was removed, and what to use now.
pub(super) fn removal(group: &str, version: &str, kind: &str) -> Option<Removal> {
    let compare = |position| {
        let mut reader = removal_at(position);
        reader.text().cmp(group).then_with(|| reader.text().cmp(version)).then_with(|| reader.text().cmp(kind))
    };
    let mut reader = removal_at(search(count(REMOVALS, REMOVAL_SIZE), compare)?);
    reader.at += 6;
    let (replacement_api_version, replacement_kind) = reader.text().rsplit_once('/').unwrap_or_default();
    let packed = reader.u16();
    let (removed_in, means_the_same) = (Minor((packed & 0xFF) as u8), packed >> 8 != 0);
    Some(Removal { removed_in, replacement_api_version, replacement_kind, means_the_same })
}
