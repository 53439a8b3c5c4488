//! What an unknown field was meant to be.
//!
//! Apart because it is a guess for people, and nothing the API server says.

use crate::schema::{Definition, Schema, Type};

/// A sentence about a field that `definition` does not have; `above` are the structs around it, the nearest first.
pub(super) fn suggestion<'a>(
    name: &str,
    definition: &Definition,
    mut above: impl Iterator<Item = &'a Definition>,
    schema: Schema,
) -> Option<String> {
    let kind = short(definition.name);
    if let Some(same) = definition.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)) {
        return Some(format!("did you mean `{}`? Field names are case-sensitive", same.name));
    }
    if let Some(above) = above.find(|above| above.field(name).is_some()) {
        let around = short(above.name);
        return Some(format!("`{name}` is a field of {around}, not of {kind}: is it indented too deep?"));
    }
    let below = definition.fields.iter().find_map(|field| {
        let Type::Object(inner) = &field.ty else { return None };
        schema.definition(inner)?.field(name).map(|_| field.name)
    });
    if let Some(below) = below {
        return Some(format!("did you mean `{below}.{name}`? `{name}` is a field of `{below}`"));
    }
    let most = (name.chars().count() / 3).clamp(1, 3);
    let near = definition.fields.iter().map(|field| (distance(name, field.name), field.name));
    near.filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, near)| format!("did you mean `{near}`?"))
        .or_else(|| names(definition))
}

/// The fields there are, where they are few enough to be read.
fn names(definition: &Definition) -> Option<String> {
    if definition.fields.is_empty() || definition.fields.len() > 12 {
        return None;
    }
    let names: Vec<_> = definition.fields.iter().map(|field| format!("`{}`", field.name)).collect();
    Some(format!("{} has the fields {}", short(definition.name), names.join(", ")))
}

fn short(definition: &str) -> &str {
    definition.rsplit('.').next().unwrap_or_default()
}

/// The number of letters to insert, drop, change or swap with their neighbour, case left aside.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().take(64).map(|c| c.to_ascii_lowercase()).collect();
    let to: Vec<char> = to.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for (i, x) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in to.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(x != y)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == to[j - 1] && from[i - 1] == *y {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn counts_edits() {
        for (from, to, edits) in
            [("", "", 0), ("replica", "replicas", 1), ("imgae", "image", 1), ("Image", "image", 0), ("a", "xyz", 3)]
        {
            assert_eq!(distance(from, to), edits, "{from} {to}");
            assert_eq!(distance(to, from), edits, "{to} {from}");
        }
    }
}
