//! What a call costs, and how large its result can be, before the costs of its arguments.
//!
//! Apart because it is a table by function. Sources: `functionCost` of `checker/cost.go`, `ext/{lists,sets}.go` of
//! cel-go v0.26; apiserver `pkg/cel/library/cost.go` (1.36). A change of a number is a change of which expressions the
//! server takes.

use super::super::ast::{Expression, ExpressionKind as Kind, Literal};
use super::super::types::Type;
use super::range::Range;
use super::{Estimator, Name};

/// Of going through a string once, for each character (`StringTraversalCostFactor`).
const TRAVERSAL: f64 = 0.1;

/// Of applying a regular expression, for each of its characters (`RegexStringLengthCostFactor`).
const REGEX: f64 = 0.25;

/// `MaxFormatSize`, `MaxNameFormatRegexSize` of apiserver `pkg/cel/format.go`.
const FORMAT_SIZE: u64 = 64;
const FORMAT_REGEX_SIZE: f64 = 128.0;

/// What a list costs to make (`ListCreateBaseCost`).
pub(super) const LIST: u64 = 10;

/// Something that a call is given.
pub(super) struct Node<'e> {
    pub path: Vec<Name>,
    pub of: Type,
    pub size: Option<Range>,
    pub expression: Option<&'e Expression>,
}

/// What a call costs, and how large its result is.
pub(super) type CallCost = (Range, Option<Range>);

/// A call.
pub(super) struct Call<'c, 'e> {
    pub function: &'c str,
    pub overload: &'c str,
    pub target: Option<&'c Node<'e>>,
    pub arguments: &'c [Node<'e>],
    pub estimator: &'c dyn Estimator,
}

impl Call<'_, '_> {
    /// What it costs, by whichever library has something to say; none where the language's own rule holds.
    pub(super) fn library_cost(&self) -> Option<CallCost> {
        self.overload_cost().or_else(|| self.kubernetes_cost())
    }

    fn size(&self, node: &Node<'_>) -> Range {
        node.size.or_else(|| self.estimator.size(&node.path, &node.of)).unwrap_or(Range::UNKNOWN)
    }

    /// cel-go's own extensions, by overload.
    fn overload_cost(&self) -> Option<CallCost> {
        let list = |factor: f64, size: Range| {
            Some((size.by(factor).plus(Range::exactly(1)).plus(Range::exactly(LIST)), Some(size)))
        };
        let squared = |factor: f64, node: &Node<'_>| {
            let size = self.size(node);
            list(factor, size.times(size))
        };
        match (self.overload, self.target, self.arguments) {
            (
                "list_sets_contains_list" | "list_sets_intersects_list" | "list_sets_equivalent_list",
                _,
                [one, other],
            ) => {
                let factor = if self.overload == "list_sets_equivalent_list" { 2.0 } else { 1.0 };
                Some((self.size(one).times(self.size(other)).by(factor).plus(Range::exactly(1)), None))
            }
            ("list_slice", Some(target), [start, end]) => {
                let most = self.size(target).max;
                list(1.0, Range::exactly(integer(end, most).wrapping_sub(integer(start, 0))))
            }
            ("lists_range", None, [count]) => list(1.0, Range::exactly(integer(count, u64::MAX))),
            ("list_reverse" | "list_flatten", Some(target), []) => list(1.0, self.size(target)),
            ("list_flatten_int", Some(target), [depth]) => {
                #[expect(clippy::cast_precision_loss, reason = "as the compiler reckons")]
                let depth = integer(depth, u64::MAX) as f64;
                list(depth, self.size(target))
            }
            ("list_distinct", Some(target), []) => squared(2.0, target),
            ("list_string_sort" | "list_bytes_sort", Some(target), []) => squared(2.0 + TRAVERSAL, target),
            (sort, Some(target), []) if sort.starts_with("list_") && sort.ends_with("_sort") => squared(2.0, target),
            ("list_string_sortByAssociatedKeys" | "list_bytes_sortByAssociatedKeys", Some(_), [keys]) => {
                squared(2.0 + TRAVERSAL, keys)
            }
            (sort, Some(_), [keys]) if sort.ends_with("_sortByAssociatedKeys") => squared(2.0, keys),
            _ => None,
        }
    }

    /// Kubernetes' libraries, by function (`EstimateCallCost`).
    fn kubernetes_cost(&self) -> Option<CallCost> {
        let one = || Some((Range::exactly(1), None));
        let first = self.arguments.first();
        let parsed = |factor: f64| first.map(|node| (self.size(node).by(factor), None));
        match self.function {
            "check" => Some((Range::exactly(350_000), None)),
            "serviceAccount"
            | "path"
            | "group"
            | "resource"
            | "subresource"
            | "namespace"
            | "name"
            | "allowed"
            | "reason"
            | "error"
            | "errored"
            | "masked"
            | "prefixLength"
            | "family"
            | "isUnspecified"
            | "isLoopback"
            | "isLinkLocalMulticast"
            | "isLinkLocalUnicast"
            | "isGlobalUnicast"
            | "format.named"
            | "sign"
            | "asInteger"
            | "isInteger"
            | "asApproximateFloat"
            | "isGreaterThan"
            | "isLessThan"
            | "compareTo"
            | "add"
            | "sub"
            | "major"
            | "minor"
            | "patch"
            | "getScheme"
            | "getHostname"
            | "getHost"
            | "getPort"
            | "getEscapedPath"
            | "getQuery" => one(),
            "fieldSelector" | "labelSelector" if self.arguments.len() == 1 => {
                first.map(|node| selector(self.size(node)))
            }
            "isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" => {
                self.target.map(|list| self.compared(list))
            }
            "url" | "jsonpatch.escapeKey" if self.arguments.len() == 1 => {
                first.map(|node| self.size(node)).map(|size| (size.by(TRAVERSAL), Some(size)))
            }
            "lowerAscii" | "upperAscii" | "substring" | "trim" => {
                self.target.map(|node| self.size(node)).map(|size| (size.by(TRAVERSAL), Some(size)))
            }
            "replace" => self.replace(),
            "split" => self.split(),
            "join" => self.target.map(|list| self.join(list)),
            "find" | "findAll" => {
                let (cost, size) = self.matched(self.target?, first?);
                Some((cost, Some(Range { min: 0, max: size.max })))
            }
            "ip" if self.overload == "cidr_ip" => one(),
            "cidr" | "isIP" | "isCIDR" | "ip" | "quantity" | "isQuantity" | "semver" | "isSemver" => parsed(TRAVERSAL),
            "ip.isCanonical" => parsed(2.0 * TRAVERSAL),
            "containsIP" | "containsCIDR" => first.map(|node| (self.contained(node), None)),
            "validate" => first.map(|node| (self.size(node).by(TRAVERSAL).by(FORMAT_REGEX_SIZE * REGEX), None)),
            "_==_" => match self.arguments {
                [left, right] if left.of == right.of => equal(&left.of, right.size),
                _ => None,
            },
            _ => None,
        }
    }

    /// Comparing all elements of a list, or going through a string.
    fn compared(&self, list: &Node<'_>) -> CallCost {
        let size = self.size(list);
        let Some(element) = element(list) else { return (size.by(TRAVERSAL), None) };
        let mut each = Range::exactly(1);
        if matches!(element.of, Type::String | Type::Bytes) {
            each = each.plus(self.size(&element).by(TRAVERSAL));
        }
        (size.times(each), None)
    }

    fn replace(&self) -> Option<CallCost> {
        let [old, new, ..] = self.arguments else { return None };
        let size = self.size(self.target?);
        let (old, new) = (self.size(old), self.size(new));
        let (most, kept_most) = match old.min {
            // Between all characters, and around them.
            0 => (size.max.saturating_add(1), size.max),
            min if new.max <= min => (0, size.max),
            min => (size.max.div_ceil(min), 0),
        };
        let (least, kept_least) = match old.max {
            0 => (size.min.saturating_add(1), size.min),
            max if max <= new.min => (0, size.min),
            max => (size.min.div_ceil(max), 0),
        };
        let (count, kept) = (Range { min: least, max: most }, Range { min: kept_least, max: kept_most });
        Some((size.by(2.0 * TRAVERSAL), Some(count.times(new).plus(kept))))
    }

    fn split(&self) -> Option<CallCost> {
        let size = self.size(self.target?);
        let limit = self.arguments.get(1).and_then(literal_int);
        let max = limit.map_or(size.max, i64::cast_unsigned);
        Some((size.by(2.0 * TRAVERSAL), Some(Range { min: 0, max })))
    }

    fn join(&self, list: &Node<'_>) -> CallCost {
        let count = self.size(list);
        let mut size = element(list).map_or(Range::exactly(0), |element| count.times(self.size(&element)));
        if let Some(separator) = self.arguments.first() {
            let separators = Range { min: count.min.saturating_sub(1), max: count.max.saturating_sub(1) };
            size = size.plus(self.size(separator).times(separators));
        }
        (size.by(TRAVERSAL), Some(size))
    }

    /// Holding a regular expression against a text; the size of the text.
    fn matched(&self, text: &Node<'_>, pattern: &Node<'_>) -> (Range, Range) {
        let size = self.size(text);
        let text = size.plus(Range::exactly(1)).by(TRAVERSAL);
        (text.times(self.size(pattern).by(REGEX)), size)
    }

    fn contained(&self, node: &Node<'_>) -> Range {
        let address = Range { min: 4, max: 16 };
        let mut cost = address.plus(address).by(TRAVERSAL);
        if self.function == "containsCIDR" {
            cost = cost.plus(address.by(TRAVERSAL)).plus(Range::exactly(1));
        }
        if matches!(self.overload, "cidr_contains_ip_string" | "cidr_contains_cidr_string") {
            cost = cost.plus(self.size(node).by(TRAVERSAL));
        }
        cost
    }

    /// What the language's own functions cost that go through what they are given; none for all others, which cost one.
    pub(super) fn language_cost(&self) -> Option<CallCost> {
        let known = |node: &Node<'_>| node.size.unwrap_or(Range::UNKNOWN);
        match (self.overload, self.target, self.arguments) {
            ("string_format", Some(target), _) => Some((known(target).by(TRAVERSAL), None)),
            ("string_to_bytes", _, [of]) => {
                let size = known(of);
                Some((size.by(TRAVERSAL), Some(Range { min: size.min, max: size.max.wrapping_mul(4) })))
            }
            ("bytes_to_string", _, [of]) => {
                let size = known(of);
                Some((size.by(TRAVERSAL), Some(Range { min: size.min / 4, max: size.max })))
            }
            ("strings_quote", _, [of]) => {
                let size = known(of);
                let max = size.max.wrapping_mul(2).wrapping_add(2);
                Some((size.by(TRAVERSAL), Some(Range { min: size.min.wrapping_add(2), max })))
            }
            ("starts_with_string" | "ends_with_string", _, [of]) => Some((known(of).by(TRAVERSAL), None)),
            ("in_list", _, [_, list]) => Some((known(list).by(1.0), None)),
            ("matches_string", Some(target), [pattern]) => {
                let text = known(target).plus(Range::exactly(1)).by(TRAVERSAL);
                Some((text.times(known(pattern).by(REGEX)), None))
            }
            ("contains_string", Some(target), [part]) => {
                Some((known(target).by(TRAVERSAL).times(known(part).by(TRAVERSAL)), None))
            }
            ("add_string" | "add_bytes", _, [left, right]) => {
                let size = known(left).plus(known(right));
                Some((size.by(TRAVERSAL), Some(size)))
            }
            ("add_list", _, [left, right]) => Some((Range::exactly(1), Some(known(left).plus(known(right))))),
            (
                "less_string"
                | "greater_string"
                | "less_equals_string"
                | "greater_equals_string"
                | "less_bytes"
                | "greater_bytes"
                | "less_equals_bytes"
                | "greater_equals_bytes"
                | "equals"
                | "not_equals",
                _,
                [left, right],
            ) => {
                let max = known(left).max.min(known(right).max);
                Some((Range { min: max.min(1), max }.by(TRAVERSAL), None))
            }
            _ => None,
        }
    }
}

/// Parsing a selector: each requirement has at least two characters, and becomes a struct and a list
/// (`selectorCostEstimate`).
fn selector(size: Range) -> CallCost {
    (Range::exactly(LIST).plus(size.by(TRAVERSAL)).plus(size.by(0.5).by(50.0)), None)
}

/// What it costs to compare values of Kubernetes' own types.
fn equal(of: &Type, size: Option<Range>) -> Option<CallCost> {
    let name = match of {
        Type::Opaque(name) => &**name,
        Type::Object(of) => &of.name,
        _ => return None,
    };
    let cost = match name {
        "net.IP"
        | "net.CIDR"
        | "kubernetes.Quantity"
        | "kubernetes.Semver"
        | "kubernetes.authorization.Authorizer"
        | "kubernetes.authorization.PathCheck"
        | "kubernetes.authorization.GroupCheck"
        | "kubernetes.authorization.ResourceCheck"
        | "kubernetes.authorization.Decision" => Range::exactly(1),
        "kubernetes.NamedFormat" => Range { min: 1, max: FORMAT_SIZE }.by(TRAVERSAL),
        "kubernetes.URL" => Range { min: 1, max: size.map_or(1, |size| size.max) }.by(TRAVERSAL),
        _ => return None,
    };
    Some((cost, None))
}

/// What stands for the elements of a list (`listElementNode`).
fn element<'e>(list: &Node<'_>) -> Option<Node<'e>> {
    let of = match &list.of {
        Type::List(of) | Type::Map(of, _) | Type::Optional(of) | Type::TypeOf(Some(of)) => (**of).clone(),
        _ => return None,
    };
    let mut path = list.path.clone();
    if !path.is_empty() {
        path.push("@items".into());
    }
    Some(Node { path, of, size: None, expression: None })
}

fn literal_int(node: &Node<'_>) -> Option<i64> {
    match node.expression?.kind {
        Kind::Literal(Literal::Int(number)) => Some(number),
        _ => None,
    }
}

/// The integer that an argument is; negative ones are none (`nodeAsIntValue`).
fn integer(node: &Node<'_>, otherwise: u64) -> u64 {
    literal_int(node).map_or(otherwise, |number| u64::try_from(number).unwrap_or(0))
}
