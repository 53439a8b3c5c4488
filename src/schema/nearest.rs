//! What a word was meant to be: a field, a kind, a value.
//!
//! Apart because it is a guess for people and nothing the API server says; whoever suggests takes it from here.

use super::{KindInfo, Schema, removal};

/// The candidate that a word was most likely meant to be: one that differs only in case, `-` or `_`; else the one with
/// the fewest edits (insert, drop, change, swap with the neighbour), if those are few for the word's length.
/// Of equals, the first in the order of the alphabet.
///
/// ```
/// use seaworthy::schema::nearest;
///
/// let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
/// assert_eq!(nearest("Nodeport", types), Some("NodePort"));
/// assert_eq!(nearest("load-balancer", types), Some("LoadBalancer"));
/// assert_eq!(nearest("ClusterPI", types), Some("ClusterIP"));
/// assert_eq!(nearest("Ingress", types), None);
/// ```
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = simplified(word);
    let most = (plain.len() / 3).clamp(1, 3);
    let rate = |candidate: &'c str| {
        // Words whose lengths differ by more can only be further apart.
        let known = simplified(candidate);
        (known.len().abs_diff(plain.len()) <= most).then(|| (distance(&plain, &known), candidate))
    };
    let (edits, candidate) = candidates.into_iter().filter_map(rate).min()?;
    (edits <= most && edits < plain.len()).then_some(candidate)
}

/// The only candidate that differs from a word in nothing but case, `-` and `_`; none if several do.
///
/// ```
/// use seaworthy::schema::same_letters;
///
/// assert_eq!(same_letters("image_pull_policy", ["image", "imagePullPolicy"]), Some("imagePullPolicy"));
/// assert_eq!(same_letters("imagePullPolcy", ["image", "imagePullPolicy"]), None);
/// ```
pub fn same_letters<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = simplified(word);
    let mut same = candidates.into_iter().filter(|candidate| simplified(candidate) == plain);
    same.next().filter(|only| !plain.is_empty() && same.all(|other| other == *only))
}

/// As [`nearest`], where no other candidate is as near.
///
/// ```
/// use seaworthy::schema::nearest_alone;
///
/// assert_eq!(nearest_alone("port", ["ports", "path"]), Some("ports"));
/// assert_eq!(nearest_alone("prt", ["port", "part"]), None);
/// ```
pub fn nearest_alone<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str> + Clone) -> Option<&'c str> {
    let near = nearest(word, candidates.clone())?;
    let plain = simplified(word);
    let edits = |candidate: &str| distance(&plain, &simplified(candidate));
    let as_near = candidates.into_iter().filter(|other| *other != near).any(|other| edits(other) <= edits(near));
    (!as_near).then_some(near)
}

/// Whether a name is most likely another one, misspelt: one letter dropped, added, changed or swapped with its
/// neighbour, or only case, `-` and `_` are different. Names that tell variants apart (`web-1` and `web-2`, `team-a` and
/// `team-b`, `v1` and `v10`) are no slips.
///
/// ```
/// use seaworthy::schema::is_slip_of;
///
/// assert!(is_slip_of("ngnix", "nginx"));
/// assert!(is_slip_of("cert_manager", "cert-manager"));
/// assert!(!is_slip_of("team-a", "team-b"));
/// assert!(!is_slip_of("shop-2", "shop-1"));
/// assert!(!is_slip_of("nginx-internal", "nginx-external"));
/// ```
pub fn is_slip_of(word: &str, other: &str) -> bool {
    const SHORTEST: usize = 4;
    if word == other {
        return false;
    }
    let (one, two) = (simplified(word), simplified(other));
    if one == two {
        return true;
    }
    let same_front = one.iter().zip(&two).take_while(|(x, y)| x == y).count();
    let back = |letters: &[char]| letters[same_front..].iter().rev().copied().collect::<Vec<_>>();
    let same_back = back(&one).iter().zip(&back(&two)).take_while(|(x, y)| x == y).count();
    let between = |letters: &[char]| letters[same_front..letters.len() - same_back].to_vec();
    let is_number = between(&one).iter().chain(&between(&two)).any(char::is_ascii_digit);
    // A part that is short is a variant's name, not a word.
    let parts = |word: &str| word.split(['-', '_', '.']).map(str::to_owned).collect::<Vec<_>>();
    let (parts_of_one, parts_of_two) = (parts(word), parts(other));
    let differs_in_a_word = parts_of_one.len() != parts_of_two.len()
        || parts_of_one.iter().zip(&parts_of_two).all(|(x, y)| x == y || x.len().max(y.len()) >= SHORTEST);
    !is_number && differs_in_a_word && one.len().min(two.len()) >= SHORTEST && distance(&one, &two) == 1
}

/// The letters that count.
fn simplified(word: &str) -> Vec<char> {
    word.chars().take(64).filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// The number of letters to insert, drop, change or swap with their neighbour (optimal string alignment).
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (i, x) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in to.iter().enumerate() {
            let mut edits = (above[j] + usize::from(x != y)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == to[j - 1] && from[i - 1] == *y {
                edits = edits.min(before[j - 1] + 1);
            }
            row.push(edits);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[to.len()]
}

impl Schema {
    /// The kind that was most likely meant by one that is not served by default in this minor: what took the place of a
    /// removed one; the same kind in another version or group; a kind with a name like it, in the same group first.
    pub fn nearest_kind(self, group: &str, version: &str, kind: &str) -> Option<KindInfo> {
        let served: Vec<KindInfo> = self.kinds().filter(|known| known.served_by_default).collect();
        if let Some(removal) = removal(group, version, kind) {
            let replacement = served.iter().find(|known| {
                known.kind == removal.replacement_kind && known.api_version() == removal.replacement_api_version
            });
            if replacement.is_some() {
                return replacement.copied();
            }
        }
        // Stable versions sort before beta ones of the same number; a plain `v2` is newer than `v1`.
        let rank = |known: &&KindInfo| (known.group == group, stability(known.version));
        let same = |known: &&KindInfo| known.kind == kind && (known.group, known.version) != (group, version);
        if let Some(same) = served.iter().filter(same).max_by_key(rank) {
            return Some(*same);
        }
        let named = |name: &str| served.iter().filter(|known| known.kind == name).max_by_key(rank).copied();
        let of_group = served.iter().filter(|known| known.group == group).map(|known| known.kind);
        nearest(kind, of_group).or_else(|| nearest(kind, served.iter().map(|known| known.kind))).and_then(named)
    }
}

/// How a version stands among others of its group; source: `CompareKubeAwareVersionStrings` of apimachinery
/// `pkg/version/helpers.go`.
fn stability(version: &str) -> (u8, u32, u32) {
    let digits = |text: &str| text.parse().unwrap_or_default();
    let number = version.trim_start_matches('v');
    if let Some((major, minor)) = number.split_once("beta") {
        (1, digits(major), digits(minor))
    } else if let Some((major, minor)) = number.split_once("alpha") {
        (0, digits(major), digits(minor))
    } else {
        (2, digits(number), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Minor;
    use super::*;

    #[test]
    fn a_slip_is_found_and_another_word_is_not() {
        let fields = ["args", "command", "env", "envFrom", "image", "imagePullPolicy", "name", "ports"];
        for (word, meant) in [
            ("imgae", Some("image")),
            ("Image", Some("image")),
            ("port", Some("ports")),
            ("image_pull_policy", Some("imagePullPolicy")),
            ("imagePullPolciy", Some("imagePullPolicy")),
            ("envform", Some("envFrom")),
            ("replicas", None),
            ("", None),
            ("x", None),
            ("é", None),
        ] {
            assert_eq!(nearest(word, fields), meant, "{word}");
        }
    }

    #[test]
    fn edits_are_counted_alike_in_both_directions() {
        let letters = |word: &str| word.chars().collect::<Vec<_>>();
        for (from, to, edits) in [("", "", 0), ("replica", "replicas", 1), ("imgae", "image", 1), ("a", "xyz", 3)] {
            assert_eq!(distance(&letters(from), &letters(to)), edits, "{from} {to}");
            assert_eq!(distance(&letters(to), &letters(from)), edits, "{to} {from}");
        }
    }

    #[test]
    fn a_removed_kind_leads_to_what_replaces_it() {
        let schema = Schema::of(Minor(36));
        let nearest = |group, version, kind| {
            schema.nearest_kind(group, version, kind).map(|kind| format!("{} {}", kind.api_version(), kind.kind))
        };
        assert_eq!(nearest("extensions", "v1beta1", "Ingress").as_deref(), Some("networking.k8s.io/v1 Ingress"));
        assert_eq!(nearest("extensions", "v1beta1", "Deployment").as_deref(), Some("apps/v1 Deployment"));
        assert_eq!(nearest("policy", "v1beta1", "PodSecurityPolicy"), None);
    }

    #[test]
    fn a_kind_in_the_wrong_group_or_with_a_slip_leads_to_the_right_one() {
        let schema = Schema::of(Minor(36));
        let nearest = |group, version, kind| {
            schema.nearest_kind(group, version, kind).map(|kind| format!("{} {}", kind.api_version(), kind.kind))
        };
        assert_eq!(nearest("", "v1", "Deployment").as_deref(), Some("apps/v1 Deployment"));
        assert_eq!(nearest("apps", "v1", "Service").as_deref(), Some("v1 Service"));
        assert_eq!(nearest("apps", "v2", "Deployment").as_deref(), Some("apps/v1 Deployment"));
        assert_eq!(
            nearest("autoscaling", "v3", "HorizontalPodAutoscaler").as_deref(),
            Some("autoscaling/v2 HorizontalPodAutoscaler")
        );
        assert_eq!(nearest("", "v1", "Configmap").as_deref(), Some("v1 ConfigMap"));
        assert_eq!(nearest("example.com", "v1", "Widget"), None);
        let old = Schema::of(Minor(31)).nearest_kind("networking.k8s.io", "v1alpha1", "IPAddress");
        assert_eq!(old, None, "its replacement came in 1.33");
    }
}
