//! Expressions in CEL, the Common Expression Language, as far as they can be judged without compiling them.
//!
//! Apart because selectors of devices, admission policies and schemas hold expressions, and the API server refuses the
//! object whose expression does not compile. What is found here, it refuses too: wrong syntax, names that nothing
//! declares, fields that a type does not have, operators between plain types that do not go together. Types of
//! functions' arguments and the cost of an expression are not judged, and nothing is said where there is doubt.
//!
//! Sources: `parser/gen/CEL.g4`, `parser/parser.go`, `checker/checker.go` of cel-go v0.26, and the environment of
//! apiserver `pkg/cel/environment/base.go` (1.36). The words are the compiler's for names, fields and operators; for
//! syntax they are as close as a parser of another make comes.

mod check;
mod functions;
mod lexer;
mod parser;
mod types;

pub use types::{ObjectType, Type};

use std::fmt::Write as _;

/// A variable that an expression may use.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its type; [`Type::Dyn`] where nothing is known of it.
    pub of: Type,
}

/// One thing that is wrong, and where: the count of characters before it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Issue {
    at: usize,
    text: String,
}

/// The type of what the expression gives ([`Type::Dyn`] where that is not known).
///
/// # Errors
///
/// What the compiler says of an expression that does not compile, one `ERROR: <input>:line:column: …` for each issue.
pub fn compile(expression: &str, variables: &[Variable]) -> Result<Type, String> {
    match parser::parse(expression) {
        Ok(parsed) => {
            let (of, mut issues) = check::check(&parsed, variables);
            issues.sort_by_key(|issue| issue.at);
            if issues.is_empty() { Ok(of) } else { Err(display(expression, &issues)) }
        }
        Err(issues) if issues.is_empty() => Ok(Type::Dyn),
        Err(issues) => Err(display(expression, &issues)),
    }
}

/// The issues as `common/error.go` writes them, each with the line it is on.
fn display(expression: &str, issues: &[Issue]) -> String {
    let mut text = String::new();
    for issue in issues {
        if !text.is_empty() {
            text.push('\n');
        }
        let before = expression.chars().take(issue.at);
        let line = before.clone().filter(|c| *c == '\n').count();
        let column = before.collect::<Vec<_>>().iter().rev().take_while(|c| **c != '\n').count();
        if expression.is_empty() {
            let _ = write!(text, "ERROR: <input>:1:0: {}", issue.text);
            continue;
        }
        let _ = write!(text, "ERROR: <input>:{}:{}: {}", line + 1, column + 1, issue.text);
        let source = expression.split('\n').nth(line).unwrap_or_default().replace('\t', " ");
        let _ = write!(text, "\n | {source}\n | ");
        let wide = |c: char| c.len_utf8() > 1;
        let mut characters = source.chars();
        for c in characters.by_ref().take(column) {
            text.push(if wide(c) { '\u{ff0e}' } else { '.' });
        }
        text.push(if characters.next().is_some_and(wide) { '\u{ff3e}' } else { '^' });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    static SHOP: ObjectType = ObjectType {
        name: "shop.Item",
        fields: &[("name", Type::String), ("price", Type::Int), ("tags", Type::Map(&Type::Dyn))],
    };

    fn compiled(expression: &str) -> Result<Type, String> {
        compile(expression, &[Variable { name: "item", of: Type::Object(&SHOP) }])
    }

    #[test]
    fn what_is_good_has_a_type() {
        for (expression, of) in [
            ("true", Type::Bool),
            ("  item.name == 'a' && !(item.price > 2) // why\n || false", Type::Bool),
            ("item.tags[\"color\"].startsWith('re')", Type::Bool),
            ("item.tags.color", Type::Dyn),
            ("item.tags.all(k, v, k != '' && v in [1, 2,])", Type::Bool),
            ("has(item.tags.color) ? item.price + 1 : -1", Type::Int),
            ("cel.bind(n, item.name, n.size()) % 2 == 0", Type::Bool),
            ("[1, 2].map(x, x * 2).exists(y, y == 4)", Type::Bool),
            ("item.tags[?'color'].orValue('').matches(r'^\\d+$')", Type::Bool),
            ("quantity('1Gi').compareTo(quantity('10Mi')) >= 0", Type::Bool),
            ("duration('1h') > duration('2m') && type(item.price) == int", Type::Bool),
            ("{'a': 1, \"b\": 0x1F}.a == 1u", Type::Bool),
            ("b'\\x00' + b\"\\377\" != bytes('é')", Type::Bool),
            ("'''it's\nlong''' == \"\"\"a \"b\" c\"\"\"", Type::Bool),
            ("sets.contains([1], [1]) && ip.isCanonical('::1')", Type::Bool),
            ("1.5e3 > .5 && 1 < 2.0", Type::Bool),
            ("google.protobuf.Duration{seconds: 1} == duration('1s')", Type::Bool),
            ("item.tags.`a-b/c` == null", Type::Bool),
            (".item.price / 2 - -1", Type::Int),
            ("format.dns1123Label().validate(item.name).hasValue()", Type::Bool),
        ] {
            assert_eq!(compiled(expression), Ok(of), "{expression:?}");
        }
    }

    #[test]
    fn names_must_be_declared() {
        assert_eq!(
            compiled("it.name == \"é\" && prize > 1").unwrap_err(),
            "ERROR: <input>:1:1: undeclared reference to 'it' (in container '')\n | it.name == \"é\" && prize > 1\n | \
             ^\nERROR: <input>:1:19: undeclared reference to 'prize' (in container '')\n | it.name == \"é\" && prize > \
             1\n | ............．.....^"
        );
        assert_eq!(
            compiled("item.tags.all(t, t > u) || t").unwrap_err().matches("undeclared reference").count(),
            2,
            "u and, outside of the macro, t"
        );
        let calls = compiled("item.name.shout() == yell('x')").unwrap_err();
        assert!(calls.contains("1:16: undeclared reference to 'shout' (in container '')"), "{calls}");
        assert!(calls.contains("1:26: undeclared reference to 'yell' (in container '')"), "{calls}");
    }

    #[test]
    fn types_must_go_together() {
        for (expression, text) in [
            ("item.color == 'a'", "1:5: undefined field 'color'"),
            ("item.name.first", "1:10: type 'string' does not support field selection"),
            ("item.name == 1", "1:11: found no matching overload for '_==_' applied to '(string, int)'"),
            ("item.price + 'a'", "1:12: found no matching overload for '_+_' applied to '(int, string)'"),
            ("item.name > 1", "1:11: found no matching overload for '_>_' applied to '(string, int)'"),
            ("!item.price", "1:1: found no matching overload for '!_' applied to '(int)'"),
            ("item.price && true", "1:12: found no matching overload for '_&&_' applied to '(int, bool)'"),
            ("item.name ? 1 : 2", "1:11: found no matching overload for '_?_:_' applied to '(string, int, int)'"),
        ] {
            let error = compiled(expression).unwrap_err();
            assert!(error.starts_with(&format!("ERROR: <input>:{text}\n | ")), "{expression:?}: {error}");
        }
    }

    #[test]
    fn syntax_is_judged_first() {
        const START: &str = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, \
                             STRING, BYTES, IDENTIFIER}";
        for (expression, text) in [
            ("", format!("1:0: Syntax error: mismatched input '<EOF>' expecting {START}")),
            (" ", format!("1:2: Syntax error: mismatched input '<EOF>' expecting {START}\n |  \n | .^")),
            ("a b", "1:3: Syntax error: extraneous input 'b' expecting <EOF>\n | a b\n | ..^".to_owned()),
            ("1.2.3.4", "1:4: Syntax error: mismatched input '.3' expecting <EOF>".to_owned()),
            ("..a", "1:2: Syntax error: no viable alternative at input '..'".to_owned()),
            ("/true", format!("1:1: Syntax error: extraneous input '/' expecting {START}")),
            ("$true", "1:1: Syntax error: token recognition error at: '$'".to_owned()),
            ("'a", "1:1: Syntax error: token recognition error at: ''a'".to_owned()),
            ("(1", "1:3: Syntax error: missing ')' at '<EOF>'".to_owned()),
            ("for == 1", "1:1: reserved identifier: for".to_owned()),
            ("a.in", "1:3: Syntax error: ".to_owned()),
            ("'\\q'", "1:1: Syntax error: token recognition error at: ''\\q'".to_owned()),
        ] {
            let error = compiled(expression).unwrap_err();
            assert!(error.starts_with(&format!("ERROR: <input>:{text}")), "{expression:?}: {error}");
        }
    }

    #[test]
    fn depth_is_no_danger() {
        for deep in ["(".repeat(50_000), "!".repeat(50_000) + "true", format!("item{}", ".tags".repeat(20_000))] {
            let _ = compiled(&deep);
        }
        assert_eq!(compiled(&format!("1{}", "+1".repeat(20_000))), Ok(Type::Dyn));
    }
}
