//! From tokens to a tree.

use super::Issue;
use super::functions::RESERVED;
use super::lexer::{Kind, Token, tokens};
use super::types::Type;

/// The deepest tree that is looked at; the compiler allows 250 rules within each other.
const DEPTH_LIMIT: usize = 200;

/// The most brackets within each other, which the parser's own stack must hold.
const NESTING_LIMIT: usize = 40;

/// An expression, and the count of characters before what names it.
#[derive(Debug)]
pub(super) struct Expression<'t> {
    pub at: usize,
    pub what: What<'t>,
    depth: usize,
}

/// The kinds of expressions.
#[derive(Debug)]
pub(super) enum What<'t> {
    Literal(Type),
    Identifier(&'t str),
    Select(Box<Expression<'t>>, &'t str),
    Index(Box<Expression<'t>>, Box<Expression<'t>>),
    Call {
        target: Option<Box<Expression<'t>>>,
        function: &'t str,
        arguments: Vec<Expression<'t>>,
    },
    /// An operator, by the name of its function (`_+_`), and its operands.
    Operator(&'static str, Vec<Expression<'t>>),
    List(Vec<Expression<'t>>),
    /// Keys and values, or a message's values.
    Entries(Vec<Expression<'t>>, bool),
}

/// The tree of a text.
///
/// # Errors
///
/// What is wrong with its syntax; nothing where it is too deep to be looked at.
pub(super) fn parse(text: &str) -> Result<Expression<'_>, Vec<Issue>> {
    let (tokens, issues) = tokens(text);
    let mut parser = Parser { tokens, position: 0, depth: 0, issues };
    match parser.whole() {
        Ok(expression) if parser.issues.is_empty() => Ok(expression),
        Err(Stop::TooDeep) => Err(Vec::new()),
        _ => Err(parser.issues),
    }
}

/// Why the parser stops: an issue that is recorded, or depth.
enum Stop {
    Issue,
    TooDeep,
}

type Parsed<'t> = Result<Expression<'t>, Stop>;

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    position: usize,
    depth: usize,
    issues: Vec<Issue>,
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
        token.kind == Kind::Sign && token.text == sign
    }

    fn take(&mut self, sign: &str) -> Option<Token<'t>> {
        self.is(sign).then(|| self.advance())
    }

    fn issue<T>(&mut self, at: usize, text: String) -> Result<T, Stop> {
        self.issues.push(Issue { at, text });
        Err(Stop::Issue)
    }

    fn expect(&mut self, sign: &str) -> Result<(), Stop> {
        if self.take(sign).is_some() {
            return Ok(());
        }
        let token = self.peek();
        let text = if token.kind == Kind::End {
            format!("Syntax error: missing '{sign}' at '<EOF>'")
        } else {
            format!("Syntax error: mismatched input '{}' expecting '{sign}'", token.text)
        };
        self.issue(token.at, text)
    }

    fn make(at: usize, what: What<'t>) -> Parsed<'t> {
        let deepest = |list: &[Expression<'_>]| list.iter().map(|part| part.depth).max().unwrap_or(0);
        let below = match &what {
            What::Literal(_) | What::Identifier(_) => 0,
            What::Select(operand, _) => operand.depth,
            What::Index(operand, index) => operand.depth.max(index.depth),
            What::Call { target, arguments, .. } => {
                deepest(arguments).max(target.as_ref().map_or(0, |target| target.depth))
            }
            What::Operator(_, list) | What::List(list) | What::Entries(list, _) => deepest(list),
        };
        if below >= DEPTH_LIMIT { Err(Stop::TooDeep) } else { Ok(Expression { at, what, depth: below + 1 }) }
    }

    fn whole(&mut self) -> Parsed<'t> {
        let expression = self.expression()?;
        let token = self.peek();
        if token.kind != Kind::End {
            // One token too many is passed over; more are not.
            let word = if self.ahead(1).kind == Kind::End { "extraneous" } else { "mismatched" };
            return self.issue(token.at, format!("Syntax error: {word} input '{}' expecting <EOF>", token.text));
        }
        Ok(expression)
    }

    fn expression(&mut self) -> Parsed<'t> {
        self.depth += 1;
        if self.depth > NESTING_LIMIT {
            return Err(Stop::TooDeep);
        }
        let condition = self.chain("||", "_||_", |parser| parser.chain("&&", "_&&_", Self::relation))?;
        let expression = match self.take("?") {
            None => condition,
            Some(sign) => {
                let then = self.chain("||", "_||_", |parser| parser.chain("&&", "_&&_", Self::relation))?;
                self.expect(":")?;
                let otherwise = self.expression()?;
                Self::make(sign.at, What::Operator("_?_:_", vec![condition, then, otherwise]))?
            }
        };
        self.depth -= 1;
        Ok(expression)
    }

    /// Operands with one operator between them, side by side.
    fn chain(
        &mut self,
        sign: &str,
        function: &'static str,
        mut operand: impl FnMut(&mut Self) -> Parsed<'t>,
    ) -> Parsed<'t> {
        let first = operand(self)?;
        let mut at = None;
        let mut operands = vec![first];
        while let Some(token) = self.take(sign) {
            at.get_or_insert(token.at);
            operands.push(operand(self)?);
        }
        match at {
            Some(at) => Self::make(at, What::Operator(function, operands)),
            None => operands.pop().ok_or(Stop::Issue),
        }
    }

    fn relation(&mut self) -> Parsed<'t> {
        const RELATIONS: [(&str, &str); 7] =
            [("<", "_<_"), ("<=", "_<=_"), (">=", "_>=_"), (">", "_>_"), ("==", "_==_"), ("!=", "_!=_"), ("in", "@in")];
        self.left_to_right(&RELATIONS, |parser| {
            parser.left_to_right(&[("+", "_+_"), ("-", "_-_")], |parser| {
                parser.left_to_right(&[("*", "_*_"), ("/", "_/_"), ("%", "_%_")], Self::unary)
            })
        })
    }

    fn left_to_right(
        &mut self,
        operators: &[(&str, &'static str)],
        mut operand: impl FnMut(&mut Self) -> Parsed<'t>,
    ) -> Parsed<'t> {
        let mut left = operand(self)?;
        while let Some((sign, function)) = operators.iter().find(|(sign, _)| self.is(sign)) {
            let at = self.take(sign).map_or(0, |token| token.at);
            let right = operand(self)?;
            left = Self::make(at, What::Operator(function, vec![left, right]))?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<'t> {
        for (sign, function) in [("!", "!_"), ("-", "-_")] {
            let is_number = matches!(self.ahead(1).kind, Kind::Int | Kind::Float);
            if sign == "-" && is_number {
                break;
            }
            let Some(first) = self.take(sign) else { continue };
            let mut count = 1;
            while self.is(sign) && !(sign == "-" && matches!(self.ahead(1).kind, Kind::Int | Kind::Float)) {
                self.advance();
                count += 1;
            }
            let operand = self.member()?;
            // Two of them are none.
            return if count % 2 == 0 {
                Ok(operand)
            } else {
                Self::make(first.at, What::Operator(function, vec![operand]))
            };
        }
        self.member()
    }

    fn member(&mut self) -> Parsed<'t> {
        let mut operand = self.primary()?;
        loop {
            if let Some(dot) = self.take(".") {
                let optional = self.take("?").is_some();
                let name = self.advance();
                if !matches!(name.kind, Kind::Identifier | Kind::Escaped) {
                    let text = format!("Syntax error: mismatched input '{}' expecting IDENTIFIER", name.text);
                    let text = if optional || name.kind == Kind::End {
                        text
                    } else {
                        format!("Syntax error: no viable alternative at input '.{}'", name.text)
                    };
                    return self.issue(name.at, text);
                }
                let open = self.peek();
                if name.kind == Kind::Identifier && !optional && self.take("(").is_some() {
                    let arguments = self.arguments()?;
                    let call = What::Call { target: Some(Box::new(operand)), function: name.text, arguments };
                    operand = Self::make(open.at, call)?;
                } else {
                    let field = name.text.trim_matches('`');
                    operand = Self::make(dot.at, What::Select(Box::new(operand), field))?;
                    if optional {
                        operand = Self::make(dot.at, What::Entries(vec![operand], false))?;
                    }
                }
            } else if let Some(open) = self.take("[") {
                let optional = self.take("?").is_some();
                let index = self.expression()?;
                self.expect("]")?;
                operand = Self::make(open.at, What::Index(Box::new(operand), Box::new(index)))?;
                if optional {
                    operand = Self::make(open.at, What::Entries(vec![operand], false))?;
                }
            } else {
                return Ok(operand);
            }
        }
    }

    /// Behind the opening parenthesis.
    fn arguments(&mut self) -> Result<Vec<Expression<'t>>, Stop> {
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

    fn primary(&mut self) -> Parsed<'t> {
        let token = self.peek();
        match (token.kind, token.text) {
            (Kind::Identifier, _) => self.named(),
            (Kind::Sign, ".") => {
                let after = self.ahead(1);
                if after.kind != Kind::Identifier {
                    let text = format!("Syntax error: no viable alternative at input '.{}'", after.text);
                    return self.issue(after.at, text);
                }
                self.advance();
                self.named()
            }
            (Kind::Sign, "(") => {
                self.advance();
                let inside = self.expression()?;
                self.expect(")")?;
                Ok(inside)
            }
            (Kind::Sign, "[") => {
                self.advance();
                let elements = self.listed("]", false)?;
                Self::make(token.at, What::List(elements))
            }
            (Kind::Sign, "{") => {
                self.advance();
                let entries = self.listed("}", true)?;
                Self::make(token.at, What::Entries(entries, true))
            }
            _ => self.literal(),
        }
    }

    /// An identifier, a call, or a message.
    fn named(&mut self) -> Parsed<'t> {
        if let Some(fields) = self.message_name() {
            self.position += fields;
            let open = self.advance();
            let values = self.message_values()?;
            return Self::make(open.at, What::Entries(values, false));
        }
        let name = self.advance();
        let open = self.peek();
        if self.take("(").is_some() {
            let arguments = self.arguments()?;
            return Self::make(open.at, What::Call { target: None, function: name.text, arguments });
        }
        if RESERVED.contains(&name.text) || name.text == "void" || name.text == "while" {
            return self.issue(name.at, format!("reserved identifier: {}", name.text));
        }
        Self::make(name.at, What::Identifier(name.text))
    }

    /// The count of tokens of `a.b.C` before a `{`; none if this is no message.
    fn message_name(&self) -> Option<usize> {
        let mut count = 1;
        while self.ahead(count).text == "." && self.ahead(count + 1).kind == Kind::Identifier {
            count += 2;
        }
        (self.ahead(count).kind == Kind::Sign && self.ahead(count).text == "{").then_some(count)
    }

    fn message_values(&mut self) -> Result<Vec<Expression<'t>>, Stop> {
        let mut values = Vec::new();
        while !(self.is("}") || self.is(",") && self.ahead(1).text == "}") {
            self.take("?");
            let name = self.advance();
            if !matches!(name.kind, Kind::Identifier | Kind::Escaped) {
                let text = format!("Syntax error: mismatched input '{}' expecting IDENTIFIER", name.text);
                return self.issue(name.at, text);
            }
            self.expect(":")?;
            values.push(self.expression()?);
            if !self.is(",") || self.ahead(1).text == "}" {
                break;
            }
            self.advance();
        }
        self.take(",");
        self.expect("}")?;
        Ok(values)
    }

    /// Elements of a list, or keys and values of a map, up to what closes it; a comma may follow the last.
    fn listed(&mut self, close: &str, pairs: bool) -> Result<Vec<Expression<'t>>, Stop> {
        let mut elements = Vec::new();
        loop {
            if self.is(close) || self.is(",") && self.ahead(1).text == close {
                break;
            }
            self.take("?");
            elements.push(self.expression()?);
            if pairs {
                self.expect(":")?;
                elements.push(self.expression()?);
            }
            if !self.is(",") || self.ahead(1).text == close {
                break;
            }
            self.advance();
        }
        self.take(",");
        self.expect(close)?;
        Ok(elements)
    }

    fn literal(&mut self) -> Parsed<'t> {
        let first = self.peek();
        let minus = self.take("-").is_some();
        let token = self.peek();
        let of = match (token.kind, token.text) {
            (Kind::Int, text) => {
                let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
                let signed = format!("{}{digits}", if minus { "-" } else { "" });
                if i64::from_str_radix(&signed, radix).is_err() {
                    return self.issue(first.at, "invalid int literal".to_owned());
                }
                Type::Int
            }
            (Kind::Float, _) => Type::Double,
            (Kind::Uint, text) if !minus => {
                let text = text.trim_end_matches(['u', 'U']);
                let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
                if u64::from_str_radix(digits, radix).is_err() {
                    return self.issue(first.at, "invalid uint literal".to_owned());
                }
                Type::Uint
            }
            (Kind::String, _) if !minus => Type::String,
            (Kind::Bytes, _) if !minus => Type::Bytes,
            (Kind::Sign, "true" | "false") if !minus => Type::Bool,
            (Kind::Sign, "null") if !minus => Type::Null,
            _ => return self.unexpected(token),
        };
        self.advance();
        Self::make(first.at, What::Literal(of))
    }

    /// A token that begins no expression.
    fn unexpected(&mut self, token: Token<'t>) -> Parsed<'t> {
        const START: &str = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, \
                             STRING, BYTES, IDENTIFIER}";
        let next = self.ahead(1);
        let begins = match next.kind {
            Kind::Sign => matches!(next.text, "[" | "{" | "(" | "." | "-" | "!" | "true" | "false" | "null"),
            Kind::Escaped | Kind::End => false,
            _ => true,
        };
        let word = if begins && token.kind != Kind::End { "extraneous" } else { "mismatched" };
        self.issue(token.at, format!("Syntax error: {word} input '{}' expecting {START}", token.text))
    }
}
