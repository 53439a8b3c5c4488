//! CEL, the Common Expression Language, as the API server compiles and runs it.
//!
//! Apart, and free of Kubernetes objects and YAML, so that it could be a crate of its own: it knows texts, types and
//! values, and the libraries that Kubernetes adds to the language.
//!
//! Sources: cel-go v0.26 and apiserver `pkg/cel` (1.36).

pub mod ast;
pub mod issue;
mod lexer;
mod literal;
mod macros;
pub mod parser;
pub mod stack;

pub use macros::Macros;
