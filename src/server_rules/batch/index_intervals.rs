//! Lists of completion indexes: `0,2-4`.
//!
//! Apart because it is a small language of its own (`validateIndexesFormat`).

use super::schedule::atoi;
use crate::go_quote::go_quote;

/// Reads a list of indexes below `completions`, and counts them.
///
/// # Errors
/// The server's words for what it cannot read.
pub fn parse(text: &str, completions: i64) -> Result<i64, String> {
    let mut total = 0;
    let mut last = None;
    if text.is_empty() {
        return Ok(0);
    }
    for interval in text.split(',') {
        let (first, end) = parse_interval(interval, completions)?;
        if let Some(last) = last.filter(|last| *last >= first) {
            return Err(format!("non-increasing order, previous: {last}, current: {first}"));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

fn parse_interval(text: &str, completions: i64) -> Result<(i64, i64), String> {
    let limits: Vec<&str> = text.split('-').collect();
    if limits.len() > 2 {
        return Err(format!(
            "the fragment {} violates the requirement that an index interval can have at most two parts separated by '-'",
            go_quote(text)
        ));
    }
    let index = |text: &str| {
        let index =
            atoi(text).map_err(|_| format!("cannot convert string to integer for index: {}", go_quote(text)))?;
        if index >= completions { Err(format!("too large index: {}", go_quote(text))) } else { Ok(index) }
    };
    let first = index(limits[0])?;
    let Some(end) = limits.get(1) else { return Ok((first, first)) };
    let end = index(end)?;
    if first >= end {
        return Err(format!("non-increasing order, previous: {first}, current: {end}"));
    }
    Ok((first, end))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn intervals_rise() {
        assert_eq!(parse("", 3), Ok(0));
        assert_eq!(parse("0,2-4,7", 8), Ok(5));
        assert_eq!(parse("2,1", 8), Err("non-increasing order, previous: 2, current: 1".to_owned()));
        assert_eq!(parse("3-3", 8), Err("non-increasing order, previous: 3, current: 3".to_owned()));
        assert_eq!(parse("8", 8), Err("too large index: \"8\"".to_owned()));
        assert_eq!(parse("a", 8), Err("cannot convert string to integer for index: \"a\"".to_owned()));
        assert!(parse("1-2-3", 8).is_err_and(|error| error.starts_with("the fragment \"1-2-3\" violates")));
    }
}
