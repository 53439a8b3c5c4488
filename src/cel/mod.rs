//! CEL, the Common Expression Language, as the API server compiles and runs it.
//!
//! Apart, and free of Kubernetes objects and YAML, so that it could be a crate of its own: it knows texts, types and
//! values, and the libraries that Kubernetes adds to the language.
//!
//! Sources: cel-go v0.26 and apiserver `pkg/cel` (1.36).

pub mod ast;
pub mod checker;
pub mod cost;
pub mod cost_tracking;
pub mod environment;
pub mod error;
pub mod interpreter;
pub mod issue;
mod lexer;
pub mod library;
pub mod list;
mod literal;
mod macros;
pub mod map;
pub mod parser;
pub mod program;
pub mod stack;
pub mod time;
pub mod types;
mod validators;
pub mod value;

pub use checker::Checked;
pub use environment::Environment;
pub use macros::Macros;
pub use types::{ObjectType, Type};

/// An expression that is good.
///
/// # Errors
///
/// What the compiler says of an expression that does not compile, one `ERROR: <input>:line:column: …` for each issue.
pub fn compile(environment: &Environment, text: &str) -> Result<Checked, String> {
    let compiled = stack::with_room(text, || {
        let checked = checker::check(environment, parser::parse(text, &environment.parser)?)?;
        let issues = validators::validate(&checked, environment.validators());
        if issues.is_empty() { Ok(checked) } else { Err(issues) }
    });
    let too_deep = || Err(vec![issue::Issue::nowhere("max recursion depth exceeded".to_owned())]);
    compiled.unwrap_or_else(too_deep).map_err(|issues| issue::display(text, &issues))
}
