//! Names that differ as a slip of the hand makes them differ.
//!
//! Apart because thousands of names are held against thousands: each is looked up by what is left of it when one letter
//! is taken out, and none is compared with all.

use std::hash::Hasher;

/// Words with fewer letters are too often one letter apart and both meant.
const SHORTEST: usize = 4;

/// Words to look up.
#[derive(Debug, Default)]
pub struct Alike {
    words: Vec<Box<str>>,
    /// What is left of each word, hashed, and the word it was; sorted.
    by_rest: Vec<(u64, u32)>,
}

impl Alike {
    /// Takes in words.
    pub fn new<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let mut words: Vec<&str> = words.filter(|word| word.len() >= SHORTEST).collect();
        words.sort_unstable();
        words.dedup();
        let words: Vec<Box<str>> = words.into_iter().map(Into::into).collect();
        let mut by_rest = Vec::new();
        for (at, word) in words.iter().enumerate() {
            by_rest.extend(rests(word).map(|rest| (rest, at as u32)));
            by_rest.extend(without_hash(word).map(|word| (hashed(plain(word)), at as u32)));
        }
        by_rest.sort_unstable();
        Self { words, by_rest }
    }

    /// The words that this one may have been meant to be, in the order of the alphabet.
    pub fn find(&self, word: &str) -> Vec<&str> {
        let mut found = Vec::new();
        for rest in rests(word) {
            let from = self.by_rest.partition_point(|(known, _)| *known < rest);
            let known = self.by_rest[from..].iter().take_while(|(known, _)| *known == rest);
            found.extend(known.map(|(_, at)| &*self.words[*at as usize]).filter(|other| is_slip(word, other)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Whether one word was likely meant to be the other: they differ in case, `-`, `_` and `.` only, in one letter more, less,
/// changed or swapped with its neighbour, or by the hash that kustomize puts behind a generated name. Words that differ in
/// a digit, or in a part of one letter, are counted or lettered and both meant.
pub fn is_slip(word: &str, other: &str) -> bool {
    if word == other || word.len() < SHORTEST || other.len() < SHORTEST {
        return false;
    }
    if without_hash(other) == Some(word) {
        return true;
    }
    let (one, two) = (plain(word), plain(other));
    if one == two {
        return true;
    }
    let same = |pair: &(&u8, &u8)| pair.0 == pair.1;
    let front = one.iter().zip(&two).take_while(same).count();
    let back = one[front..].iter().rev().zip(two[front..].iter().rev()).take_while(same).count();
    let (from, to) = (&one[front..one.len() - back], &two[front..two.len() - back]);
    let is_one_step = match (from, to) {
        ([], [_]) | ([_], [] | [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    };
    let is_counted = from.iter().chain(to).any(u8::is_ascii_digit);
    is_one_step && !is_counted && !differ_in_a_letter_of_its_own(word, other)
}

/// `web-a` and `web-b`.
fn differ_in_a_letter_of_its_own(word: &str, other: &str) -> bool {
    let parts = |text| str::split(text, ['-', '_', '.', '/']);
    let mut differing = parts(word).zip(parts(other)).filter(|(one, two)| one != two);
    parts(word).count() != parts(other).count() || differing.any(|(one, two)| one.len() < 2 || two.len() < 2)
}

/// A name without the hash that kustomize puts behind it. Source: `api/hasher/hasher.go` of kustomize 5.
fn without_hash(word: &str) -> Option<&str> {
    let (name, hash) = word.rsplit_once('-')?;
    (hash.len() == 10 && hash.bytes().all(|byte| b"2456789bcdfghkmt".contains(&byte))).then_some(name)
}

fn plain(word: &str) -> Vec<u8> {
    word.bytes().filter(|byte| !matches!(byte, b'-' | b'_' | b'.')).map(|byte| byte.to_ascii_lowercase()).collect()
}

/// A word, and what is left of it when one letter is taken out, hashed.
fn rests(word: &str) -> impl Iterator<Item = u64> + use<> {
    let plain = plain(word);
    (0..=plain.len())
        .map(move |gone| hashed(plain.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, byte)| *byte)))
}

fn hashed(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let mut hasher = fnv::FnvHasher::default();
    bytes.into_iter().for_each(|byte| hasher.write_u8(byte));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_slip_is() {
        for (word, other) in [
            ("web-config", "web-confg"),
            ("web-confgi", "web-config"),
            ("web-config", "web-configs"),
            ("webconfig", "web-config"),
            ("Settings", "settings"),
            ("settings", "settings-5t5h7f9b2c"),
        ] {
            assert!(is_slip(word, other), "{word} and {other}");
        }
        for (word, other) in [
            ("web-config", "web-config"),
            ("web-config", "api-config"),
            ("shard-1", "shard-2"),
            ("shard-a", "shard-b"),
            ("web", "wed"),
            ("settings-v1", "settings"),
            ("cache", "cache-a"),
        ] {
            assert!(!is_slip(word, other), "{word} and {other}");
        }
    }

    #[test]
    fn a_word_is_found_by_one_that_is_alike() {
        let alike = Alike::new(["settings", "seatings", "kettle-5t5h7f9b2c", "tray"].into_iter());
        assert_eq!(alike.find("setings"), ["seatings", "settings"]);
        assert_eq!(alike.find("sattings"), ["settings"]);
        assert_eq!(alike.find("kettle"), ["kettle-5t5h7f9b2c"]);
        assert_eq!(alike.find("settings"), ["seatings"]);
        assert!(alike.find("tray").is_empty() && alike.find("pan").is_empty());
    }
}
