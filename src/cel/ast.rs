//! The tree of an expression once its macros are expanded: what the checker types and the interpreter walks.
//!
//! Apart because the parser makes it and everything else only reads it. Source: `common/ast/expr.go` of cel-go v0.26.

use std::sync::Arc;

/// One expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// Its number, unique within one tree and below [`Tree::count`]; what the checker found out is kept under it.
    pub id: u32,
    /// The count of characters before the one that names it: where an issue with it is reported.
    pub at: u32,
    /// What it is.
    pub kind: ExpressionKind,
}

/// A parsed text.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// The outermost expression.
    pub root: Expression,
    /// How many numbers were given to expressions.
    pub count: u32,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// A value that stands in the text.
    Literal(Literal),
    /// A name; it begins with a dot where the text asks for the root of all names.
    Identifier(Arc<str>),
    /// `operand.field`, or with `test_only` what `has(operand.field)` becomes.
    Select {
        /// What is selected from.
        operand: Box<Expression>,
        /// The field.
        field: Arc<str>,
        /// Whether it is only asked if the field is there.
        test_only: bool,
    },
    /// A call of a function; operators are functions too, by cel-go's names: `_+_`, `_&&_`, `!_`, `_?_:_`, `_[_]`,
    /// `_[?_]`, `_?._`, `@in`, `-_`, `@not_strictly_false`.
    Call {
        /// What stands before the dot.
        target: Option<Box<Expression>>,
        /// Its name, with dots where the target was found to be a namespace (`sets.contains`).
        function: Arc<str>,
        /// What stands between the brackets.
        arguments: Vec<Expression>,
    },
    /// `[a, ?b]`
    List {
        /// The elements.
        elements: Vec<Expression>,
        /// The places of those marked with `?`.
        optional: Vec<u32>,
    },
    /// `{k: v, ?k: v}`
    Map(Vec<MapEntry>),
    /// `type.Name{field: value}`
    Struct {
        /// The name of the type.
        name: Arc<str>,
        /// The fields.
        fields: Vec<StructField>,
    },
    /// What `all`, `exists`, `map`, `filter`, `cel.bind` and their like become.
    Comprehension(Box<Comprehension>),
}

/// A value that stands in the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `1u`
    Uint(u64),
    /// `1.0`
    Double(f64),
    /// `"a"`, its escapes resolved.
    String(Arc<str>),
    /// `b"a"`, its escapes resolved.
    Bytes(Arc<[u8]>),
}

/// One entry of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct MapEntry {
    /// The number of the entry itself.
    pub id: u32,
    /// The key.
    pub key: Expression,
    /// The value.
    pub value: Expression,
    /// Whether it is marked with `?`.
    pub optional: bool,
}

/// One field of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct StructField {
    /// The number of the entry itself.
    pub id: u32,
    /// Where its colon stands, as a count of characters.
    pub at: u32,
    /// The field.
    pub name: Arc<str>,
    /// The value.
    pub value: Expression,
    /// Whether it is marked with `?`.
    pub optional: bool,
}

/// A fold over a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Comprehension {
    /// The list or map that is gone through.
    pub range: Expression,
    /// The name of the element, of the key of a map, or with two names of the index.
    pub variable: Arc<str>,
    /// The second name of macros with two.
    pub second_variable: Option<Arc<str>>,
    /// The name of what is gathered: `@result` for every macro but `cel.bind`, which gathers the name that it binds.
    pub accumulator: Arc<str>,
    /// What it begins with.
    pub start: Expression,
    /// Whether to go on.
    pub condition: Expression,
    /// What it becomes with each element.
    pub step: Expression,
    /// What is given in the end.
    pub result: Expression,
}
