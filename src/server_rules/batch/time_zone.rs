//! Time zone names: which of them Go can load.
//!
//! Apart because the names are data (`schemas/facts/time_zones.txt`) and schedules and `timeZone` both need them.
//! Source: `validateTimeZone` of `pkg/apis/batch/validation/validation.go` (1.36) and Go's `time.LoadLocation`.

use std::sync::LazyLock;

static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("../../../schemas/facts/time_zones.txt").lines();
    lines.filter(|line| !line.starts_with('#')).collect()
});

/// Loads a location by name as Go's `time.LoadLocation` does.
///
/// # Errors
/// Go's words for a name that it does not know.
pub fn load_location(name: &str) -> Result<(), String> {
    if matches!(name, "" | "UTC" | "Local") {
        return Ok(());
    }
    if name.contains("..") || name.starts_with(['/', '\\']) {
        return Err("time: invalid location name".to_owned());
    }
    match NAMES.binary_search(&name) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("unknown time zone {name}")),
    }
}

/// Judges a `timeZone` that is set, in the server's words; nothing for a good one.
pub(super) fn complaints(name: &str) -> Vec<String> {
    if name.is_empty() {
        return vec!["timeZone must be nil or non-empty string".to_owned()];
    }
    let is_good = |part: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+');
        (1..=14).contains(&part.len())
            && part != "."
            && part != ".."
            && !part.starts_with('-')
            && part.bytes().all(is_allowed)
    };
    if !name.split('/').all(is_good) {
        return vec![format!("unknown time zone {name}")];
    }
    let mut complaints = Vec::new();
    if name.eq_ignore_ascii_case("Local") {
        complaints
            .push("timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones".to_owned());
    }
    complaints.extend(load_location(name).err());
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_for_the_search() {
        assert!(NAMES.is_sorted());
        assert!(NAMES.len() > 500);
    }

    #[test]
    fn names_are_case_sensitive() {
        assert_eq!(complaints("Europe/Berlin"), [""; 0]);
        assert_eq!(complaints("Etc/UTC"), [""; 0]);
        assert_eq!(complaints("europe/berlin"), ["unknown time zone europe/berlin"]);
        assert_eq!(complaints("Europe/../UTC"), ["unknown time zone Europe/../UTC"]);
        assert_eq!(complaints("Europe"), ["unknown time zone Europe"]);
        assert_eq!(complaints("local").len(), 2);
        assert_eq!(complaints("Local").len(), 1);
        assert_eq!(load_location("../etc"), Err("time: invalid location name".to_owned()));
    }
}
