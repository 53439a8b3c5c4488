//! From tokens to a tree.
//!
//! Apart because the grammar is one thing and what its macros become another. Sources: `parser/gen/CEL.g4`,
//! `parser/parser.go` of cel-go v0.26. The words for wrong syntax are as close as a parser of another make comes.

use std::sync::Arc;

use super::ast::{Expression, ExpressionKind as Kind, Literal, MapEntry, StructField, Tree};
use super::issue::Issue;
use super::lexer::{Kind as TokenKind, Token, tokens};
use super::literal;
use super::macros::{Macros, expand};
use super::stack::with_room;

/// How deep one rule of the grammar may stand within itself, and the tree may be (`maxRecursionDepth`).
const DEPTH_LIMIT: u32 = 250;

/// The most characters of an expression (`expressionSizeCodePointLimit`).
const SIZE_LIMIT: usize = 100_000;

/// Words that are no identifiers (`reservedIds` of cel-go `parser/parser.go`; the API server keeps the same in apiserver
/// `pkg/cel/escaping.go`, 1.36).
pub const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "package",
    "namespace",
    "null",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// What an environment says of the syntax.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParserOptions {
    /// Whether `a.?b`, `a[?b]` and `{?a: b}` are known.
    pub optional_syntax: bool,
    /// Whether fields between backquotes are known.
    pub escaped_identifiers: bool,
    /// The macros beside those of every environment.
    pub macros: Vec<Macros>,
}

/// The tree of a text, its macros expanded.
///
/// # Errors
///
/// What is wrong with its syntax.
pub fn parse(text: &str, options: &ParserOptions) -> Result<Tree, Vec<Issue>> {
    let size = text.chars().count();
    if size > SIZE_LIMIT {
        let text = format!("expression code point size exceeds limit: size: {size}, limit {SIZE_LIMIT}");
        return Err(vec![Issue::nowhere(text)]);
    }
    let too_deep = || Err(vec![Issue::nowhere("max recursion depth exceeded".to_owned())]);
    with_room(text, || parse_here(text, options)).unwrap_or_else(too_deep)
}

fn parse_here(text: &str, options: &ParserOptions) -> Result<Tree, Vec<Issue>> {
    let (tokens, issues) = tokens(text);
    let mut parser = Parser { options, tokens, position: 0, issues, count: 0, inside: Inside::default() };
    match parser.whole() {
        Ok(node) if parser.issues.is_empty() => Ok(Tree { root: node.expression, count: parser.count }),
        _ => Err(parser.issues),
    }
}

/// An expression, and how deep it is to the compiler.
pub(super) struct Node {
    pub expression: Expression,
    depth: u32,
}

/// Reading stops: the issue is recorded.
struct Stop;

type Parsed<T = Node> = Result<T, Stop>;

/// How often rules stand within themselves where the parser is.
#[derive(Default)]
struct Inside {
    expression: u32,
    relation: u32,
    calculation: u32,
}

struct Parser<'t> {
    options: &'t ParserOptions,
    tokens: Vec<Token<'t>>,
    position: usize,
    issues: Vec<Issue>,
    count: u32,
    inside: Inside,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Token<'t> {
        self.ahead(0)
    }

    fn ahead(&self, count: usize) -> Token<'t> {
        self.tokens[(self.position + count).min(self.tokens.len() - 1)]
    }

    fn advance(&mut self) -> Token<'t> {
        let token = self.peek();
        self.position += 1;
        token
    }

    fn is(&self, sign: &str) -> bool {
        let token = self.peek();
        token.kind == TokenKind::Sign && token.text == sign
    }

    fn take(&mut self, sign: &str) -> Option<Token<'t>> {
        self.is(sign).then(|| self.advance())
    }

    fn issue<T>(&mut self, at: usize, text: String) -> Parsed<T> {
        self.issues.push(Issue::at(at, text));
        Err(Stop)
    }

    /// One more of a rule within itself.
    fn enter(&mut self, rule: impl FnOnce(&mut Inside) -> &mut u32) -> Parsed<()> {
        let depth = rule(&mut self.inside);
        *depth += 1;
        if *depth > DEPTH_LIMIT {
            self.issues.push(Issue::nowhere(format!("expression recursion limit exceeded: {DEPTH_LIMIT}")));
            return Err(Stop);
        }
        Ok(())
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.take(sign).is_some() {
            return Ok(());
        }
        let token = self.peek();
        let text = if token.kind == TokenKind::End {
            format!("Syntax error: missing '{sign}' at '<EOF>'")
        } else {
            format!("Syntax error: mismatched input '{}' expecting '{sign}'", token.text)
        };
        self.issue(token.at, text)
    }

    fn make(&mut self, at: usize, kind: Kind, depth: u32) -> Parsed {
        if depth > DEPTH_LIMIT {
            self.issues.push(Issue::nowhere("max recursion depth exceeded".to_owned()));
            return Err(Stop);
        }
        let id = self.count;
        self.count += 1;
        Ok(Node { expression: Expression { id, at: at as u32, kind }, depth })
    }

    /// A call, or what it is expanded to if it is a macro.
    fn call(&mut self, at: usize, target: Option<Node>, function: &str, arguments: Vec<Node>) -> Parsed {
        let depth = arguments.iter().chain(&target).map(|node| node.depth).max().unwrap_or(0);
        let depth = depth + u32::from(target.is_some());
        let target = target.map(|node| Box::new(node.expression));
        let arguments = arguments.into_iter().map(|node| node.expression).collect();
        let called = expand(&self.options.macros, at as u32, &mut self.count, target, function, arguments);
        match called {
            Ok(kind) => self.make(at, kind, depth),
            Err(issue) => {
                self.issues.push(issue);
                self.make(at, Kind::Literal(Literal::Null), depth)
            }
        }
    }

    fn operator(&mut self, at: usize, function: &str, operands: Vec<Node>, deeper: u32) -> Parsed {
        let depth = operands.iter().map(|node| node.depth).max().unwrap_or(0) + deeper;
        let arguments = operands.into_iter().map(|node| node.expression).collect();
        self.make(at, Kind::Call { target: None, function: function.into(), arguments }, depth)
    }

    fn whole(&mut self) -> Parsed {
        let node = self.expression()?;
        let token = self.peek();
        if token.kind != TokenKind::End {
            // One token too many is passed over; more are not.
            let word = if self.ahead(1).kind == TokenKind::End { "extraneous" } else { "mismatched" };
            return self.issue(token.at, format!("Syntax error: {word} input '{}' expecting <EOF>", token.text));
        }
        Ok(node)
    }

    fn expression(&mut self) -> Parsed {
        self.enter(|inside| &mut inside.expression)?;
        let condition = self.disjunction()?;
        let node = match self.take("?") {
            None => condition,
            Some(sign) => {
                let then = self.disjunction()?;
                self.expect(":")?;
                let otherwise = self.expression()?;
                self.operator(sign.at, "_?_:_", vec![condition, then, otherwise], 1)?
            }
        };
        self.inside.expression -= 1;
        Ok(node)
    }

    /// Operands of `||`, each of which is a chain of operands of `&&`.
    fn disjunction(&mut self) -> Parsed {
        let (mut terms, mut places) = (Vec::new(), Vec::new());
        loop {
            let (mut factors, mut between) = (vec![self.relation()?], Vec::new());
            while let Some(sign) = self.take("&&") {
                between.push(sign.at);
                factors.push(self.relation()?);
            }
            terms.push(self.balanced("_&&_", factors, &between)?);
            match self.take("||") {
                None => return self.balanced("_||_", terms, &places),
                Some(sign) => places.push(sign.at),
            }
        }
    }

    /// A chain of one operator as a tree that is as flat as can be (`balancedTree` of `parser/helper.go`).
    fn balanced(&mut self, function: &str, mut operands: Vec<Node>, places: &[usize]) -> Parsed {
        if places.is_empty() {
            return operands.pop().ok_or(Stop);
        }
        let middle = places.len() / 2;
        let right = operands.split_off(middle + 1);
        let left = self.balanced(function, operands, &places[..middle])?;
        let right = self.balanced(function, right, &places[middle + 1..])?;
        self.operator(places[middle], function, vec![left, right], 0)
    }

    fn relation(&mut self) -> Parsed {
        const RELATIONS: [(&str, &str); 7] =
            [("<", "_<_"), ("<=", "_<=_"), (">=", "_>=_"), (">", "_>_"), ("==", "_==_"), ("!=", "_!=_"), ("in", "@in")];
        let outside = self.inside.relation;
        self.enter(|inside| &mut inside.relation)?;
        let mut left = self.calculation(0)?;
        while let Some((sign, function)) = RELATIONS.iter().find(|(sign, _)| self.is(sign)) {
            let at = self.take(sign).map_or(0, |token| token.at);
            self.enter(|inside| &mut inside.relation)?;
            let right = self.calculation(0)?;
            self.inside.relation -= 1;
            left = self.operator(at, function, vec![left, right], 1)?;
        }
        self.inside.relation = outside;
        Ok(left)
    }

    /// Operands of `+` and `-`, or, from precedence 1, of `*`, `/` and `%`.
    fn calculation(&mut self, precedence: usize) -> Parsed {
        const SIGNS: [(&str, &str, usize); 5] =
            [("+", "_+_", 0), ("-", "_-_", 0), ("*", "_*_", 1), ("/", "_/_", 1), ("%", "_%_", 1)];
        let outside = self.inside.calculation;
        self.enter(|inside| &mut inside.calculation)?;
        let mut left = self.unary()?;
        while let Some((sign, function, binds)) =
            SIGNS.iter().find(|(sign, _, binds)| *binds >= precedence && self.is(sign))
        {
            let at = self.take(sign).map_or(0, |token| token.at);
            let right = self.calculation(binds + 1)?;
            left = self.operator(at, function, vec![left, right], 1)?;
        }
        self.inside.calculation = outside;
        Ok(left)
    }

    fn unary(&mut self) -> Parsed {
        for (sign, function) in [("!", "!_"), ("-", "-_")] {
            if sign == "-" && matches!(self.ahead(1).kind, TokenKind::Int | TokenKind::Float) {
                break;
            }
            let Some(first) = self.take(sign) else { continue };
            let mut count = 1;
            while self.take(sign).is_some() {
                count += 1;
            }
            let operand = self.member()?;
            // Two of them are none.
            return if count % 2 == 0 { Ok(operand) } else { self.operator(first.at, function, vec![operand], 0) };
        }
        self.member()
    }

    fn member(&mut self) -> Parsed {
        let mut operand = self.primary()?;
        loop {
            operand = if let Some(dot) = self.take(".") {
                self.selection(operand, dot)?
            } else if let Some(open) = self.take("[") {
                let optional = self.optional("unsupported syntax '[?'", open.at);
                let index = self.expression()?;
                self.expect("]")?;
                self.operator(open.at, if optional { "_[?_]" } else { "_[_]" }, vec![operand, index], 1)?
            } else {
                return Ok(operand);
            }
        }
    }

    /// Takes a `?` that marks something as optional; where the syntax is not known, an issue with the given text.
    fn optional(&mut self, text: &str, at: usize) -> bool {
        let taken = self.take("?").is_some();
        if taken && !self.options.optional_syntax {
            self.issues.push(Issue::at(at, text.to_owned()));
        }
        taken
    }

    /// What stands behind a dot.
    fn selection(&mut self, operand: Node, dot: Token<'t>) -> Parsed {
        let optional = self.optional("unsupported syntax '.?'", dot.at);
        let name = self.advance();
        if !matches!(name.kind, TokenKind::Identifier | TokenKind::Escaped) {
            let text = if optional || name.kind == TokenKind::End || matches!(name.text, "true" | "false" | "null") {
                format!("Syntax error: mismatched input '{}' expecting IDENTIFIER", name.text)
            } else {
                format!("Syntax error: no viable alternative at input '.{}'", name.text)
            };
            return self.issue(name.at, text);
        }
        let open = self.peek();
        if name.kind == TokenKind::Identifier && !optional && self.take("(").is_some() {
            let arguments = self.arguments()?;
            return self.call(open.at, Some(operand), name.text, arguments);
        }
        let field = self.field(name);
        if optional {
            let field = self.make(name.at, Kind::Literal(Literal::String(field)), 0)?;
            return self.operator(dot.at, "_?._", vec![operand, field], 1);
        }
        let depth = operand.depth + 1;
        let operand = Box::new(operand.expression);
        self.make(dot.at, Kind::Select { operand, field, test_only: false }, depth)
    }

    /// The name of a field, without its backquotes.
    fn field(&mut self, name: Token<'t>) -> Arc<str> {
        if name.kind == TokenKind::Escaped && !self.options.escaped_identifiers {
            self.issues.push(Issue::at(name.at, "unsupported syntax: '`'".to_owned()));
        }
        name.text.trim_matches('`').into()
    }

    /// Behind the opening parenthesis.
    fn arguments(&mut self) -> Parsed<Vec<Node>> {
        let mut arguments = Vec::new();
        if self.take(")").is_some() {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.take(",").is_none() {
                break;
            }
        }
        self.expect(")")?;
        Ok(arguments)
    }

    fn primary(&mut self) -> Parsed {
        let token = self.peek();
        match (token.kind, token.text) {
            (TokenKind::Identifier, _) => self.named(""),
            (TokenKind::Sign, ".") => {
                let after = self.ahead(1);
                if after.kind != TokenKind::Identifier {
                    let text = format!("Syntax error: no viable alternative at input '.{}'", after.text);
                    return self.issue(after.at, text);
                }
                self.advance();
                self.named(".")
            }
            (TokenKind::Sign, "(") => {
                self.advance();
                let inside = self.expression()?;
                self.expect(")")?;
                Ok(inside)
            }
            (TokenKind::Sign, "[") => {
                self.advance();
                self.list(token)
            }
            (TokenKind::Sign, "{") => {
                self.advance();
                self.map(token)
            }
            _ => self.literal(),
        }
    }

    /// An identifier, a call, or a message, with the dot that stands before it.
    fn named(&mut self, dot: &str) -> Parsed {
        if let Some(length) = self.message_name() {
            let parts: String = (0..length).map(|at| self.ahead(at).text).collect();
            self.position += length;
            let open = self.advance();
            return self.message(open, format!("{dot}{parts}"));
        }
        let name = self.advance();
        let open = self.peek();
        let arguments = if self.take("(").is_some() { Some(self.arguments()?) } else { None };
        if RESERVED.contains(&name.text) {
            self.issues.push(Issue::at(name.at, format!("reserved identifier: {}", name.text)));
        }
        let full = format!("{dot}{}", name.text);
        match arguments {
            Some(arguments) => self.call(open.at, None, &full, arguments),
            None => self.make(name.at, Kind::Identifier(full.into()), 0),
        }
    }

    /// The count of tokens of `a.b.C` before a `{`; none if this is no message.
    fn message_name(&self) -> Option<usize> {
        let mut count = 1;
        while self.ahead(count).text == "." && self.ahead(count + 1).kind == TokenKind::Identifier {
            count += 2;
        }
        (self.ahead(count).kind == TokenKind::Sign && self.ahead(count).text == "{").then_some(count)
    }

    /// Whether one more part of a list in brackets follows, the comma before it taken; a comma may follow the last.
    fn next_part(&mut self, first: bool, close: &str) -> bool {
        let ends = self.is(close) || self.is(",") && self.ahead(1).text == close;
        !ends && (first || self.take(",").is_some())
    }

    fn close(&mut self, close: &str) -> Parsed<()> {
        self.take(",");
        self.expect(close)
    }

    fn message(&mut self, open: Token<'t>, name: String) -> Parsed {
        let (mut fields, mut depth) = (Vec::new(), 0);
        while self.next_part(fields.is_empty(), "}") {
            let start = self.peek().at;
            let optional = self.optional("unsupported syntax '?'", start);
            let name = self.advance();
            if !matches!(name.kind, TokenKind::Identifier | TokenKind::Escaped) {
                let text = format!("Syntax error: mismatched input '{}' expecting IDENTIFIER", name.text);
                return self.issue(name.at, text);
            }
            let name = self.field(name);
            let at = self.peek().at as u32;
            self.expect(":")?;
            let value = self.expression()?;
            depth = depth.max(value.depth);
            fields.push(StructField { id: self.number(), at, name, value: value.expression, optional });
        }
        self.close("}")?;
        self.make(open.at, Kind::Struct { name: name.into(), fields }, depth)
    }

    fn number(&mut self) -> u32 {
        self.count += 1;
        self.count - 1
    }

    fn list(&mut self, open: Token<'t>) -> Parsed {
        let (mut elements, mut optional, mut depth) = (Vec::new(), Vec::new(), 0);
        while self.next_part(elements.is_empty(), "]") {
            let start = self.peek().at;
            if self.optional("unsupported syntax '?'", start) {
                optional.push(elements.len() as u32);
            }
            let element = self.expression()?;
            depth = depth.max(element.depth);
            elements.push(element.expression);
        }
        self.close("]")?;
        self.make(open.at, Kind::List { elements, optional }, depth)
    }

    fn map(&mut self, open: Token<'t>) -> Parsed {
        let (mut entries, mut depth) = (Vec::new(), 0);
        while self.next_part(entries.is_empty(), "}") {
            let start = self.peek().at;
            let optional = self.optional("unsupported syntax '?'", start);
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            depth = depth.max(key.depth).max(value.depth);
            entries.push(MapEntry { id: self.number(), key: key.expression, value: value.expression, optional });
        }
        self.close("}")?;
        self.make(open.at, Kind::Map(entries), depth)
    }

    fn literal(&mut self) -> Parsed {
        let first = self.peek();
        let minus = self.take("-").is_some();
        let token = self.peek();
        let value = match (token.kind, token.text) {
            (TokenKind::Int, text) => literal::int(text, minus),
            (TokenKind::Float, text) => literal::double(text, minus),
            (TokenKind::Uint, text) if !minus => literal::uint(text),
            (TokenKind::String, text) if !minus => literal::string(text),
            (TokenKind::Bytes, text) if !minus => literal::bytes(text),
            (TokenKind::Sign, "true") if !minus => Ok(Literal::Bool(true)),
            (TokenKind::Sign, "false") if !minus => Ok(Literal::Bool(false)),
            (TokenKind::Sign, "null") if !minus => Ok(Literal::Null),
            _ => return self.unexpected(token),
        };
        self.advance();
        let value = value.unwrap_or_else(|text| {
            self.issues.push(Issue::at(first.at, text.to_owned()));
            Literal::Null
        });
        self.make(first.at, Kind::Literal(value), 0)
    }

    /// A token that begins no expression.
    fn unexpected(&mut self, token: Token<'t>) -> Parsed {
        const START: &str = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, \
                             STRING, BYTES, IDENTIFIER}";
        let next = self.ahead(1);
        let begins = match next.kind {
            TokenKind::Sign => matches!(next.text, "[" | "{" | "(" | "." | "-" | "!" | "true" | "false" | "null"),
            TokenKind::Escaped | TokenKind::End => false,
            _ => true,
        };
        let word = if begins && token.kind != TokenKind::End { "extraneous" } else { "mismatched" };
        self.issue(token.at, format!("Syntax error: {word} input '{}' expecting {START}", token.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issues(text: &str) -> Vec<String> {
        let options = ParserOptions { optional_syntax: true, ..ParserOptions::default() };
        let issues = parse(text, &options).err().unwrap_or_default();
        issues
            .into_iter()
            .map(|issue| issue.at.map_or(issue.text.clone(), |at| format!("{at}: {}", issue.text)))
            .collect()
    }

    #[test]
    fn depth_is_limited_as_the_compiler_limits_it() {
        const TOO_DEEP: [&str; 1] = ["expression recursion limit exceeded: 250"];
        const TOO_DEEP_A_TREE: [&str; 1] = ["max recursion depth exceeded"];
        assert_eq!(issues(&format!("{}1{}", "(".repeat(249), ")".repeat(249))), [""; 0]);
        assert_eq!(issues(&format!("{}1{}", "(".repeat(250), ")".repeat(250))), TOO_DEEP);
        assert_eq!(issues(&format!("1{}", " + 1".repeat(250))), [""; 0]);
        assert_eq!(issues(&format!("1{}", " + 1".repeat(251))), TOO_DEEP_A_TREE);
        assert_eq!(issues(&format!("a{}", ".b".repeat(250))), [""; 0]);
        assert_eq!(issues(&format!("a{}", ".b".repeat(251))), TOO_DEEP_A_TREE);
        assert_eq!(issues(&format!("{}1{}", "1 + (".repeat(124), ")".repeat(124))), [""; 0]);
        assert_eq!(issues(&format!("{}1{}", "1 + (".repeat(125), ")".repeat(125))), TOO_DEEP);
        assert_eq!(issues(&format!("{}1", "true ? 1 : ".repeat(250))), TOO_DEEP);
        assert_eq!(issues(&format!("true{}", " && true".repeat(5_000))), [""; 0], "balanced, not deep");
        assert_eq!(issues(&"(".repeat(50_000)), TOO_DEEP);
        assert_eq!(
            issues(&"[1].map(x, ".repeat(50_000))[0],
            "expression code point size exceeds limit: size: 550000, limit 100000"
        );
        assert_eq!(issues(&format!("{}true", "!".repeat(50_000))), [""; 0]);
    }

    #[test]
    fn syntax_that_is_not_known_is_named() {
        let plain = |text| parse(text, &ParserOptions::default()).unwrap_err();
        assert_eq!(plain("a.?b"), [Issue::at(1, "unsupported syntax '.?'".to_owned())]);
        assert_eq!(plain("a[?0]"), [Issue::at(1, "unsupported syntax '[?'".to_owned())]);
        assert_eq!(plain("[?a]"), [Issue::at(1, "unsupported syntax '?'".to_owned())]);
        assert_eq!(plain("a.`b-c`"), [Issue::at(2, "unsupported syntax: '`'".to_owned())]);
        assert_eq!(plain("while + f(void)").len(), 2);
    }

    #[test]
    fn places_are_those_of_the_signs() {
        let tree = parse("a.b(1) + c[0]", &ParserOptions::default()).expect("good syntax");
        assert_eq!(tree.root.at, 7);
        let Kind::Call { arguments, .. } = &tree.root.kind else { panic!() };
        assert_eq!((arguments[0].at, arguments[1].at), (3, 10));
    }
}
