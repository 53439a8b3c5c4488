//! What happens when a rule of ours panics: that object is not judged, everything else is, and the run says so.
//!
//! Apart because a fault in seaworthy must be told from a fault in the manifests wherever it happens.

use crate::finding::{Finding, Level, Rule};
use crate::object::{FieldPath, Object};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A fault in seaworthy itself.
pub static INTERNAL: Rule = Rule {
    id: "seaworthy/internal",
    level: Level::Error,
    summary: "seaworthy failed on this object and did not judge it",
    why: "this is a fault in seaworthy, not in the manifest; everything else was judged, and the exit code is 2",
    docs: include_str!("internal.md"),
};

/// Runs a judgement.
///
/// # Errors
///
/// When it panics: a finding about the object. The panic's own message goes to standard error.
pub fn guarded<T>(object: &Object, judge: impl FnOnce() -> T) -> Result<T, Box<Finding>> {
    // Nothing that a judgement changes outlives its panic.
    catch_unwind(AssertUnwindSafe(judge)).map_err(|_| {
        let finding = Finding::in_object(&INTERNAL, INTERNAL.summary, object, FieldPath::of(&["kind"]));
        Box::new(finding.with_help("please report it, with the object if you can share it"))
    })
}

#[cfg(test)]
mod tests {
    use super::{INTERNAL, guarded};
    use crate::object::{GroupVersionKind, Object, Origin};
    use crate::source::FileId;
    use crate::yaml::TreeBuilder;
    use std::sync::Arc;

    #[test]
    fn a_panic_is_a_finding_about_the_object() {
        let mut builder = TreeBuilder::new("".into());
        let root = builder.json(&serde_json::json!({"kind": "Buoy"}));
        let tree = Arc::new(builder.finish(root));
        let object = Object {
            origin: Origin { file: FileId(0), document: 0, item: None },
            gvk: GroupVersionKind { group: String::new(), version: "v1".to_owned(), kind: "Buoy".to_owned() },
            namespace: String::new(),
            name: String::new(),
            node: tree.root().index(),
            tree,
        };
        let judged: Result<(), _> = guarded(&object, || panic!("this test wants a panic"));
        assert_eq!(judged.expect_err("a finding").rule.id, INTERNAL.id);
        assert_eq!(guarded(&object, || 7).ok(), Some(7));
    }
}
