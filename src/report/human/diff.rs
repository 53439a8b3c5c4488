//! What changes in an object, field by field: as it is live, and as it will be.
//!
//! Apart from the picture of a set because a plan shows it whole, value under value, and a check in a line for each field.

use super::pen::{Ink, Pen};
use crate::object::FieldChange;
use serde_json::Value;
use std::io;

/// Of the fields of one object, those that a check shows.
const SHOWN: usize = 4;
/// Lines of a value that a plan shows.
const LINES: usize = 40;
const INDENT: &str = "      ";

/// Writes the changes of one object, whole or in short. Those for which the server refuses it come first in short, and are
/// marked.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(changes: &[FieldChange], is_whole: bool, out: &mut dyn io::Write, pen: &Pen) -> io::Result<()> {
    if is_whole {
        return changes.iter().try_for_each(|change| write_whole(change, out, pen));
    }
    let mut sorted: Vec<&FieldChange> = changes.iter().collect();
    sorted.sort_by_key(|change| !change.refused);
    for change in sorted.iter().take(SHOWN) {
        let before = change.before.as_ref().map_or_else(|| "none".to_owned(), Value::to_string);
        let after = change.after.as_ref().map_or_else(|| "none".to_owned(), Value::to_string);
        let arrow = pen.sign("→", "->");
        let text = pen.clean(&format!("{}: {before} {arrow} {after}", change.field)).into_owned();
        let (mark, ink) = if change.refused { (pen.sign("✗", "x"), Ink::Bad) } else { ("~", Ink::Faint) };
        let width = pen.options.width.saturating_sub(INDENT.len() + 2);
        writeln!(out, "{INDENT}{} {}", pen.paint(ink, mark), pen.paint(Ink::Faint, &pen.cut(&text, width)))?;
    }
    if sorted.len() > SHOWN {
        let more = format!("{} {} more fields", pen.ellipsis(), sorted.len() - SHOWN);
        writeln!(out, "{INDENT}  {}", pen.paint(Ink::Faint, &more))?;
    }
    Ok(())
}

fn write_whole(change: &FieldChange, out: &mut dyn io::Write, pen: &Pen) -> io::Result<()> {
    let field = pen.clean(&change.field.to_string()).into_owned();
    let refused = if change.refused {
        format!("  {}", pen.paint(Ink::Bad, &format!("{} refused", pen.sign("✗", "x"))))
    } else {
        String::new()
    };
    writeln!(out, "{INDENT}{}{refused}", pen.paint(Ink::Strong, &field))?;
    for (sign, ink, value) in [("-", Ink::Bad, &change.before), ("+", Ink::Good, &change.after)] {
        let Some(value) = value else { continue };
        let text = match value {
            Value::String(text) if !text.contains('\n') => Value::from(text.as_str()).to_string(),
            Value::String(text) => text.clone(),
            Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
            other => other.to_string(),
        };
        let lines: Vec<&str> = text.lines().collect();
        for line in lines.iter().take(LINES) {
            writeln!(out, "{INDENT}  {}", pen.paint(ink, &format!("{sign} {}", pen.clean(line))))?;
        }
        if lines.len() > LINES {
            let more = format!("{} {} more lines", pen.ellipsis(), lines.len() - LINES);
            writeln!(out, "{INDENT}  {}", pen.paint(Ink::Faint, &format!("{sign} {more}")))?;
        }
    }
    Ok(())
}
