//! kubectl's `-l`: which objects of the files take part.
//!
//! Apart because kubectl filters what it has read by it, before anything is sent. It is a language of its own, with
//! errors of its own.
//! Source: `pkg/labels/selector.go` of apimachinery (1.36).

use crate::go_quote::go_quote;
use crate::object::view::View;
use crate::server_rules::content::names;
use crate::yaml::NodeRef;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

/// One condition on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    /// Sorted, each once.
    values: Vec<String>,
}

/// A parsed label selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSelector(Vec<Requirement>);

impl LabelSelector {
    /// Parses `a=b,c!=d,e in (x,y),f notin (z),g,!h,i>1`.
    ///
    /// # Errors
    ///
    /// kubectl's words for what is no selector.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text), position: 0 };
        let mut requirements = Vec::new();
        loop {
            match parser.peek() {
                Token::Identifier(_) | Token::Sign("!") => {}
                Token::End => return Ok(Self(requirements)),
                found => return Err(format!("found '{}', expected: !, identifier, or 'end of string'", found.text())),
            }
            let requirement = parser.requirement().map_err(|error| format!("unable to parse requirement: {error}"))?;
            requirements.push(requirement);
            match parser.next() {
                Token::End => return Ok(Self(requirements)),
                Token::Sign(",") => {}
                found => return Err(format!("found '{}', expected: ',' or 'end of string'", found.text())),
            }
            match parser.peek() {
                Token::Identifier(_) | Token::Sign("!") => {}
                found => return Err(format!("found '{}', expected: identifier after ','", found.text())),
            }
        }
    }

    /// Whether labels match every requirement.
    pub fn matches(&self, labels: Option<NodeRef<'_>>) -> bool {
        self.0.iter().all(|requirement| {
            let value =
                labels.filter(|labels| labels.has(&requirement.key)).map(|labels| labels.text(&requirement.key));
            requirement.matches(value)
        })
    }
}

impl Requirement {
    fn matches(&self, value: Option<&str>) -> bool {
        let is_one_of = |value: &str| self.values.iter().any(|one| one == value);
        let difference = |value: &str| Some(value.parse::<i64>().ok()?.cmp(&self.values.first()?.parse().ok()?));
        match self.operator {
            Operator::In => value.is_some_and(is_one_of),
            Operator::NotIn => !value.is_some_and(is_one_of),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => value.and_then(difference).is_some_and(std::cmp::Ordering::is_gt),
            Operator::LessThan => value.and_then(difference).is_some_and(std::cmp::Ordering::is_lt),
        }
    }

    /// `NewRequirement`
    fn checked(self) -> Result<Self, String> {
        let mut errors = Vec::new();
        if matches!(self.operator, Operator::GreaterThan | Operator::LessThan) {
            errors.extend(self.values.iter().filter(|value| value.parse::<i64>().is_err()).map(|value| {
                let value = go_quote(value);
                format!("values[0]: Invalid value: {value}: for 'Gt', 'Lt' operators, the value must be an integer")
            }));
        }
        for (index, value) in self.values.iter().enumerate() {
            let complaints = names::label_value(value);
            if !complaints.is_empty() {
                let path = format!("values[{index}][{}]", self.key);
                errors.push(format!("{path}: Invalid value: {}: {}", go_quote(value), complaints.join("; ")));
            }
        }
        match errors.as_slice() {
            [] => Ok(self),
            [one] => Err(one.clone()),
            many => Err(format!("[{}]", many.join(", "))),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Identifier(&'t str),
    /// `in` or `notin`, which are plain words where a value stands.
    Word(&'t str),
    Sign(&'static str),
    End,
}

impl Token<'_> {
    fn text(self) -> String {
        match self {
            Token::Identifier(text) | Token::Word(text) => text.to_owned(),
            Token::Sign(sign) => sign.to_owned(),
            Token::End => String::new(),
        }
    }
}

const SIGNS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];

/// The tokens of a text, [`Token::End`] last. A NUL ends it too.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let is_sign = |c: char| "=!(),><".contains(c);
    let is_blank = |c: char| " \t\r\n".contains(c);
    let mut rest = text.split('\0').next().unwrap_or_default().trim_start_matches(is_blank);
    let mut tokens = Vec::new();
    while !rest.is_empty() {
        let length = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else {
            let length = rest.find(|c| is_sign(c) || is_blank(c)).unwrap_or(rest.len());
            tokens.push(match &rest[..length] {
                word @ ("in" | "notin") => Token::Word(word),
                word => Token::Identifier(word),
            });
            length
        };
        rest = rest[length..].trim_start_matches(is_blank);
    }
    tokens.push(Token::End);
    tokens
}

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    position: usize,
}

impl<'t> Parser<'t> {
    fn token(&self) -> Token<'t> {
        self.tokens.get(self.position).copied().unwrap_or(Token::End)
    }

    /// The token ahead where a key or a value may stand.
    fn peek(&self) -> Token<'t> {
        match self.token() {
            Token::Word(word) => Token::Identifier(word),
            token => token,
        }
    }

    fn next(&mut self) -> Token<'t> {
        let token = self.peek();
        self.position += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let is_negated = self.peek() == Token::Sign("!");
        if is_negated {
            self.position += 1;
        }
        let key = match self.next() {
            Token::Identifier(key) => key.to_owned(),
            found => return Err(format!("found '{}', expected: identifier", found.text())),
        };
        let complaints = names::qualified_name(&key);
        if !complaints.is_empty() {
            return Err(format!("<nil>: Invalid value: {}: {}", go_quote(&key), complaints.join("; ")));
        }
        if is_negated {
            return Ok(Requirement { key, operator: Operator::DoesNotExist, values: Vec::new() });
        }
        if matches!(self.peek(), Token::End | Token::Sign(",")) {
            return Ok(Requirement { key, operator: Operator::Exists, values: Vec::new() });
        }
        let operator = match self.token() {
            Token::Word("in") | Token::Sign("=" | "==") => Operator::In,
            Token::Word(_) | Token::Sign("!=") => Operator::NotIn,
            Token::Sign(">") => Operator::GreaterThan,
            Token::Sign("<") => Operator::LessThan,
            found => return Err(format!("found '{}', expected: in, notin, =, ==, !=, gt, lt", found.text())),
        };
        let takes_list = matches!(self.token(), Token::Word(_));
        self.position += 1;
        let mut values = if takes_list { self.values()? } else { vec![self.value()?] };
        values.sort_unstable();
        values.dedup();
        Requirement { key, operator, values }.checked()
    }

    /// What stands behind `=` and its like; nothing is the empty value.
    fn value(&mut self) -> Result<String, String> {
        if matches!(self.peek(), Token::End | Token::Sign(",")) {
            return Ok(String::new());
        }
        match self.next() {
            Token::Identifier(value) => Ok(value.to_owned()),
            found => Err(format!("found '{}', expected: identifier", found.text())),
        }
    }

    /// `(a,b)`; an element that is left out is the empty value.
    fn values(&mut self) -> Result<Vec<String>, String> {
        match self.next() {
            Token::Sign("(") => {}
            found => return Err(format!("found '{}' expected: '('", found.text())),
        }
        match self.peek() {
            Token::Identifier(_) | Token::Sign(",") => {}
            Token::Sign(")") => {
                self.position += 1;
                return Ok(vec![String::new()]);
            }
            found => return Err(format!("found '{}', expected: ',', ')' or identifier", found.text())),
        }
        let mut values: Vec<String> = Vec::new();
        loop {
            match self.next() {
                Token::Identifier(value) => {
                    values.push(value.to_owned());
                    match self.peek() {
                        Token::Sign(",") => {}
                        Token::Sign(")") => break,
                        found => return Err(format!("found '{}', expected: ',' or ')'", found.text())),
                    }
                }
                Token::Sign(",") => {
                    let ahead = self.peek();
                    if values.is_empty() || matches!(ahead, Token::Sign("," | ")")) {
                        values.push(String::new());
                    }
                    if ahead == Token::Sign(")") {
                        break;
                    }
                }
                found => return Err(format!("found '{}', expected: ',', or identifier", found.text())),
            }
        }
        self.position += 1;
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::{LabelSelector, Operator, Requirement};
    use crate::yaml::TreeBuilder;
    use proptest::prelude::*;

    fn matches(selector: &str) -> bool {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(&serde_json::json!({"app": "web", "tier": "front", "depth": "12", "empty": ""}));
        let tree = builder.finish(root);
        LabelSelector::parse(selector).expect(selector).matches(Some(tree.root()))
    }

    #[test]
    fn every_operator() {
        for yes in [
            "app=web",
            "app==web,tier=front",
            "app in (api, web)",
            "app notin (api)",
            "tier",
            "!gone",
            "gone!=x",
            "",
            " \t",
            "depth>11",
            "depth < 13",
            "empty=",
            "empty in ()",
            "empty in (,)",
            "empty in (x,)",
            "in notin (in, notin)",
            "app!=in",
        ] {
            assert!(matches(yes), "{yes}");
        }
        for no in [
            "app=api",
            "app!=web",
            "app in (api)",
            "app notin (web)",
            "gone",
            "!tier",
            "app=web,gone",
            "depth>12",
            "app>1",
            "gone<1",
        ] {
            assert!(!matches(no), "{no}");
        }
    }

    #[test]
    fn what_is_no_selector_is_told_in_kubectls_words() {
        for (text, error) in [
            ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
            ("app in web)", "unable to parse requirement: found 'web' expected: '('"),
            ("app in (web", "unable to parse requirement: found '', expected: ',' or ')'"),
            ("app in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
            ("=x", "found '=', expected: !, identifier, or 'end of string'"),
            ("a,", "found '', expected: identifier after ','"),
            ("!a in (b)", "found 'in', expected: ',' or 'end of string'"),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
            ("a=(", "unable to parse requirement: found '(', expected: identifier"),
            ("!!a", "unable to parse requirement: found '!', expected: identifier"),
            (
                "a>b",
                "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must \
                 be an integer",
            ),
        ] {
            assert_eq!(LabelSelector::parse(text).unwrap_err(), error, "{text:?}");
        }
        let error = LabelSelector::parse("-a=b").unwrap_err();
        assert!(
            error.starts_with("unable to parse requirement: <nil>: Invalid value: \"-a\": name part must"),
            "{error}"
        );
        let error = LabelSelector::parse("a=b,c in (d,e!)").unwrap_err();
        assert_eq!(error, "unable to parse requirement: found '!', expected: ',' or ')'");
        let error = LabelSelector::parse("a=-b").unwrap_err();
        assert!(
            error.starts_with("unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid"),
            "{error}"
        );
    }

    fn requirement() -> impl Strategy<Value = Requirement> {
        let word = "[a-z]([-a-z0-9._]{0,8}[a-z0-9])?";
        (word, 0..6usize, prop::collection::btree_set("([a-z0-9]([-a-z0-9._]{0,8}[a-z0-9])?)?", 1..4), any::<i64>())
            .prop_map(|(key, which, values, number)| {
                let values = values.into_iter().collect();
                let (operator, values) = match which {
                    0 => (Operator::In, values),
                    1 => (Operator::NotIn, values),
                    2 => (Operator::Exists, Vec::new()),
                    3 => (Operator::DoesNotExist, Vec::new()),
                    4 => (Operator::GreaterThan, vec![number.unsigned_abs().min(1 << 62).to_string()]),
                    _ => (Operator::LessThan, vec![number.unsigned_abs().min(1 << 62).to_string()]),
                };
                Requirement { key, operator, values }
            })
    }

    fn written(requirement: &Requirement, blank: &str) -> String {
        let Requirement { key, operator, values } = requirement;
        let list = values.join(&format!("{blank},{blank}"));
        match operator {
            Operator::In => format!("{key} in{blank}({blank}{list}{blank})"),
            Operator::NotIn => format!("{key}\tnotin ({list})"),
            Operator::Exists => format!("{key}{blank}"),
            Operator::DoesNotExist => format!("!{blank}{key}"),
            Operator::GreaterThan => format!("{key}{blank}>{blank}{list}"),
            Operator::LessThan => format!("{key}{blank}<{blank}{list}"),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            requirements in prop::collection::vec(requirement(), 0..5),
            blank in "[ \t\r\n]{0,2}",
        ) {
            let text: Vec<String> = requirements.iter().map(|one| written(one, &blank)).collect();
            prop_assert_eq!(LabelSelector::parse(&text.join(",")), Ok(LabelSelector(requirements)));
        }

        #[test]
        fn no_text_is_a_danger(text in "[a-c =!(),<>\t\0é-]{0,24}") {
            let _ = LabelSelector::parse(&text);
        }

        #[test]
        fn in_and_notin_are_opposites(key in "app|tier|gone", value in "web|front|api") {
            prop_assert_ne!(matches(&format!("{key} in ({value})")), matches(&format!("{key} notin ({value})")));
            prop_assert_ne!(matches(&key), matches(&format!("!{key}")));
        }
    }
}
