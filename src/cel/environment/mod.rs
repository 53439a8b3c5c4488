//! Environments: which functions, macros, types and variables an expression may use.
//!
//! Apart because the API server has many of them, and each follows from its version. A server compiles what is written
//! anew with the libraries that the version before it knew already, so that one can go back; what is stored it
//! compiles with all it has. Sources: apiserver `pkg/cel/environment/{base,environment}.go` (1.36).

mod declarations;
mod extensions;
mod kubernetes;
mod messages;
mod standard;

pub use declarations::Overload;
pub(super) use messages::message_name;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::macros::Macros;
use super::parser::{ParserOptions, RESERVED};
use super::types::{Fields, Type};

/// A library, and the minor versions it is there in.
struct Library {
    since: u32,
    until: u32,
    functions: &'static str,
    macros: &'static [Macros],
}

const fn library(since: u32, functions: &'static str) -> Library {
    Library { since, until: u32::MAX, functions, macros: &[] }
}

/// `baseOpts`. `ext.Strings` of version 2 has all of version 0.
const LIBRARIES: [Library; 17] = [
    library(0, standard::STANDARD),
    library(0, kubernetes::URLS),
    library(0, kubernetes::REGEX),
    library(0, kubernetes::KUBERNETES_LISTS),
    library(27, kubernetes::AUTHORIZER),
    Library { macros: &[Macros::Optional], ..library(OPTIONAL_SINCE, extensions::OPTIONAL) },
    library(28, kubernetes::QUANTITY),
    library(0, extensions::STRINGS),
    library(29, extensions::STRINGS_2),
    library(29, extensions::SETS),
    library(30, kubernetes::IP),
    library(30, kubernetes::CIDR),
    library(31, kubernetes::FORMAT),
    library(31, kubernetes::AUTHORIZER_SELECTORS),
    Library { macros: &[Macros::TwoVariables], ..library(32, extensions::TWO_VARIABLES) },
    library(33, kubernetes::SEMVER),
    Library { macros: &[Macros::SortBy], ..library(34, extensions::LISTS) },
];

/// When optional types came, and comparing numbers of different types with them.
const OPTIONAL_SINCE: u32 = 28;

/// When literals began to be judged (`cel.ASTValidators`).
const VALIDATORS_SINCE: u32 = 29;

/// When fields named by reserved words could be written as they are (`SetRecognizeKeywordAsFieldName`).
const RESERVED_FIELDS_SINCE: u32 = 31;

type Functions = HashMap<&'static str, Vec<Overload>>;

/// What an expression may use.
#[derive(Clone, Debug)]
pub struct Environment {
    functions: Arc<Functions>,
    variables: HashMap<Arc<str>, Type>,
    objects: HashMap<Arc<str>, Type>,
    /// What the parser has to know.
    pub parser: ParserOptions,
    /// The minor version whose rules hold.
    minor: u32,
    /// Whether `Object`, its parts and `JSONPatch` can be made.
    patch_types: bool,
}

impl Environment {
    /// What a server of a minor version lets new expressions use (`NewExpressions` with its default compatibility
    /// version).
    pub fn of_server(minor: u32) -> Self {
        Self::compatible(minor.saturating_sub(1))
    }

    /// What expressions may use that are stored already.
    pub fn stored() -> Self {
        Self::compatible(u32::MAX - 1)
    }

    /// What was there in a minor version.
    pub fn compatible(minor: u32) -> Self {
        static MADE: LazyLock<Mutex<HashMap<u32, Environment>>> = LazyLock::new(Mutex::default);
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(minor).or_insert_with(|| Self::make(minor)).clone()
    }

    fn make(minor: u32) -> Self {
        let mut functions = Functions::new();
        let mut macros = Vec::new();
        for library in LIBRARIES.iter().filter(|library| (library.since..library.until).contains(&minor)) {
            for (name, overload) in declarations::overloads(library.functions) {
                functions.entry(name).or_default().push(overload);
            }
            macros.extend_from_slice(library.macros);
        }
        let optional_syntax = minor >= OPTIONAL_SINCE;
        Self {
            functions: Arc::new(functions),
            variables: HashMap::new(),
            objects: HashMap::new(),
            parser: ParserOptions { optional_syntax, escaped_identifiers: false, macros },
            minor,
            patch_types: false,
        }
    }

    /// Whether numbers of different types can be compared.
    pub(super) fn mixed_numbers(&self) -> bool {
        self.minor >= OPTIONAL_SINCE
    }

    /// Whether literals are judged.
    pub(super) fn validators(&self) -> bool {
        self.minor >= VALIDATORS_SINCE
    }

    /// The same with `cel.bind`.
    pub fn with_bind(mut self) -> Self {
        self.parser.macros.push(Macros::Bind);
        self
    }

    /// The same with what patches are made of: `Object`, `JSONPatch`, `jsonpatch.escapeKey` (`hasPatchTypes`).
    pub fn with_patch_types(mut self) -> Self {
        let functions = Arc::make_mut(&mut self.functions);
        for (name, overload) in declarations::overloads(kubernetes::JSON_PATCH) {
            functions.entry(name).or_default().push(overload);
        }
        self.patch_types = true;
        self
    }

    /// The same with a variable, and the objects of its type.
    pub fn with_variable(mut self, name: &str, of: Type) -> Self {
        self.declare(name, of);
        self
    }

    /// Declares a variable, and the objects of its type.
    pub fn declare(&mut self, name: &str, of: Type) {
        self.declare_objects(&of);
        self.variables.insert(name.into(), of);
    }

    fn declare_objects(&mut self, of: &Type) {
        match of {
            Type::List(of) | Type::Optional(of) => self.declare_objects(of),
            Type::Map(key, value) => {
                self.declare_objects(key);
                self.declare_objects(value);
            }
            Type::Object(object) => {
                let Fields::Declared(fields) = &object.fields else { return };
                self.objects.insert(object.name.clone(), of.clone());
                for of in fields.values() {
                    self.declare_objects(of);
                }
            }
            _ => {}
        }
    }

    /// The ways to call a function.
    pub(super) fn function(&self, name: &str) -> Option<(&'static str, &[Overload])> {
        let (name, overloads) = self.functions.get_key_value(name.trim_start_matches('.'))?;
        Some((name, overloads))
    }

    /// The type of a name that is no local one: a variable, or a type as a value.
    pub(super) fn identifier(&self, name: &str) -> Option<Type> {
        if let Some(of) = self.variables.get(name) {
            return Some(of.clone());
        }
        let as_value = |of: Type| Type::TypeOf(Some(Arc::new(of)));
        if let Some(of) = self.object(name) {
            return Some(as_value(of));
        }
        Some(match name {
            "bool" => as_value(Type::Bool),
            "bytes" => as_value(Type::Bytes),
            "double" => as_value(Type::Double),
            "int" => as_value(Type::Int),
            "list" => as_value(Type::list(Type::Dyn)),
            "map" => as_value(Type::map(Type::Dyn, Type::Dyn)),
            "null_type" => as_value(Type::Null),
            "string" => as_value(Type::String),
            "type" => as_value(Type::TypeOf(None)),
            "uint" => as_value(Type::Uint),
            "optional_type" if self.parser.optional_syntax => as_value(Type::Opaque(name.into())),
            "net.IP" if self.functions.contains_key("ip") => as_value(Type::Opaque(name.into())),
            "net.CIDR" if self.functions.contains_key("cidr") => as_value(Type::Opaque(name.into())),
            "google.protobuf.NullValue.NULL_VALUE" => Type::Int,
            _ => return None,
        })
    }

    /// The type with fields of a name (`FindStructType`).
    fn object(&self, name: &str) -> Option<Type> {
        if let Some(of) = self.objects.get(name) {
            return Some(of.clone());
        }
        if self.patch_types
            && let Some(of) = messages::patch(name)
        {
            return Some(of);
        }
        messages::well_known(name)
    }

    /// The type of a field of a type (`FindStructFieldType`).
    pub(super) fn field(&self, object: &str, field: &str) -> Result<Type, NoField> {
        let found = if let Some(Type::Object(object)) = self.objects.get(object)
            && let Fields::Declared(fields) = &object.fields
        {
            let reserved = || fields.get(format!("__{field}__").as_str());
            fields
                .get(field)
                .or_else(|| reserved().filter(|_| self.minor >= RESERVED_FIELDS_SINCE && RESERVED.contains(&field)))
                .cloned()
        } else if self.patch_types && messages::patch(object).is_some() {
            messages::patch_field(object, field)
        } else if messages::well_known(object).is_some() {
            messages::well_known_field(object, field)
        } else {
            return Err(NoField::UnknownType);
        };
        found.ok_or(NoField::Undefined)
    }
}

/// Why a type has no field.
#[derive(Clone, Copy, Debug)]
pub(super) enum NoField {
    /// The type has others.
    Undefined,
    /// Nothing is known of the type.
    UnknownType,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_their_libraries() {
        let has = |minor: u32, name: &str| Environment::compatible(minor).function(name).is_some();
        assert!(has(25, "startsWith") && has(25, "isSorted") && has(25, "url"));
        assert!(!has(27, "quantity") && has(28, "quantity"));
        assert!(!has(29, "cidr") && has(30, "cidr"));
        assert!(!has(32, "semver") && has(33, "semver"));
        assert!(!has(33, "lists.range") && has(34, "lists.range"));
        assert!(Environment::of_server(34).function("lists.range").is_none(), "what the version before knew");
        assert!(Environment::stored().function("lists.range").is_some());
    }

    #[test]
    fn reserved_words_are_fields() {
        let object = || Type::object("crate", [("__namespace__", Type::String)]);
        let has =
            |minor: u32| Environment::compatible(minor).with_variable("self", object()).field("crate", "namespace");
        assert!(has(30).is_err());
        assert!(matches!(has(31), Ok(Type::String)));
    }

    #[test]
    fn every_line_of_every_table_is_read() {
        for library in LIBRARIES {
            assert_eq!(declarations::overloads(library.functions).count(), library.functions.lines().count());
        }
    }
}
