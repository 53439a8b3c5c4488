//! What Kubernetes publishes about its types, for every bundled minor: kinds, fields, types, list keys, and the
//! facts a running server adds to them.
//!
//! Apart because it is data: it knows no YAML and judges nothing.

mod model;
mod nearest;
mod packed;
mod references;
mod versions;

pub use model::{Definition, Facts, Field, KindInfo, ListType, Removal, Type, Verbs};
pub use nearest::{is_slip_of, nearest, nearest_alone, same_letters};
pub use references::{Beside, Links, Made, Pods, Reference, Step, linked_kinds, links};
pub use versions::{Minor, MinorSet, VersionError, VersionRange};

/// The schemas of one minor. Costs nothing to make or copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    minor: Minor,
}

impl Schema {
    /// The schemas of a minor; of one that is not bundled, empty.
    pub const fn of(minor: Minor) -> Self {
        Self { minor }
    }

    /// The minor.
    pub const fn minor(self) -> Minor {
        self.minor
    }

    /// A kind, named exactly so. It may be one that is not served by default: see [`KindInfo::served_by_default`].
    /// None for subresources (`Eviction`, `Scale`, `TokenRequest`) and lists (`PodList`), which are no resources.
    pub fn kind(self, group: &str, version: &str, kind: &str) -> Option<KindInfo> {
        packed::kind(group, version, kind)?.in_minor(self.minor)
    }

    /// The kind that kubectl finds on a server with default settings: named exactly so, or in lower case throughout (the
    /// API server then refuses the object), and served by default.
    /// Source: `NewDiscoveryRESTMapper` of client-go `restmapper/discovery.go`.
    pub fn kind_any_case(self, group: &str, version: &str, kind: &str) -> Option<KindInfo> {
        let exact = self.kind(group, version, kind);
        let found = exact.or_else(|| {
            let matches = |known: &KindInfo| {
                known.group == group && known.version == version && known.kind.to_ascii_lowercase() == kind
            };
            self.kinds().find(matches)
        });
        found.filter(|kind| kind.served_by_default)
    }

    /// Every kind, sorted by group, version and kind, also those not served by default.
    pub fn kinds(self) -> impl Iterator<Item = KindInfo> {
        packed::kinds().filter_map(move |kind| kind.in_minor(self.minor))
    }

    /// Whether a group is one of Kubernetes itself, in this minor or another (`extensions` is, though nothing of it is
    /// left): what is not known of it does not exist, as nobody else defines kinds in it.
    pub fn group_exists(self, group: &str) -> bool {
        packed::group_exists(group)
    }

    /// A definition by its OpenAPI name; decoded at the first call, then kept.
    pub fn definition(self, name: &str) -> Option<&'static Definition> {
        packed::definition(name, self.minor)
    }

    /// Every definition, sorted by name. Decodes them all.
    pub fn definitions(self) -> impl Iterator<Item = &'static Definition> {
        packed::definition_names().filter_map(move |name| self.definition(name))
    }
}

/// When a kind was removed and what replaces it; for kinds removed before the oldest bundled minor as well.
/// Source: the deprecated API migration guide of the Kubernetes documentation.
pub fn removal(group: &str, version: &str, kind: &str) -> Option<Removal> {
    packed::removal(group, version, kind)
}

/// The bundled minors in which a server with default settings serves a kind.
pub fn served_in(group: &str, version: &str, kind: &str) -> MinorSet {
    packed::kind(group, version, kind).map(|kind| kind.served).unwrap_or_default()
}

/// The bundled minors in which a definition has a field.
pub fn field_in(definition: &str, field: &str) -> MinorSet {
    let has =
        |minor: &Minor| Schema::of(*minor).definition(definition).is_some_and(|known| known.field(field).is_some());
    MinorSet::of(Minor::all().filter(has))
}
