//! What a document says it is, whether or not kubectl can use it.
//!
//! Apart because reports name objects that never were read as such: broken documents and those behind them.

use crate::object::view::View;
use crate::yaml::NodeRef;

/// The identity as written; empty where the document does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.namespace`
    pub namespace: String,
    /// `metadata.name`
    pub name: String,
}

impl Written {
    /// Reads it off a value of any shape.
    pub fn of(root: NodeRef<'_>) -> Self {
        let metadata = |field| root.get("metadata").map(|metadata| metadata.text(field)).unwrap_or_default();
        Self {
            api_version: root.text("apiVersion").to_owned(),
            kind: root.text("kind").to_owned(),
            namespace: metadata("namespace").to_owned(),
            name: metadata("name").to_owned(),
        }
    }

    /// Guesses it from text that does not parse, line by line: the first document (of at least `own` bytes), and each
    /// further one that names a kind. A guess serves reports only; nothing is judged by it.
    pub fn guess(text: &str, own: usize) -> (Self, Vec<Self>) {
        let mut found = vec![Self::default()];
        let mut in_metadata = false;
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            let behind_own = offset >= own || offset > 0;
            offset += line.len();
            if line.starts_with("---") && behind_own {
                found.push(Self::default());
                in_metadata = false;
                continue;
            }
            let Some(current) = found.last_mut() else { break };
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
            let top = !key.starts_with([' ', '\t']);
            let slot = match (top, key.trim()) {
                (true, "apiVersion") => &mut current.api_version,
                (true, "kind") => &mut current.kind,
                (false, "name") if in_metadata => &mut current.name,
                (false, "namespace") if in_metadata => &mut current.namespace,
                _ => {
                    if top {
                        in_metadata = key == "metadata";
                    }
                    continue;
                }
            };
            if slot.is_empty() {
                value.clone_into(slot);
            }
            if top {
                in_metadata = false;
            }
        }
        let first = found.remove(0);
        found.retain(|written| !written.kind.is_empty());
        (first, found)
    }
}

#[cfg(test)]
mod tests {
    use super::Written;

    #[test]
    fn guesses_the_broken_document_and_those_behind_it() {
        let text = "kind: Service\nmetadata:\n  name: \"web\" # public\n  labels: {a: [}\n---\n# nothing\n---\nkind: Job\nmetadata:\n  name: later\n  namespace: ops\n";
        let (own, behind) = Written::guess(text, 0);
        assert_eq!((own.kind.as_str(), own.name.as_str()), ("Service", "web"));
        assert_eq!(behind.len(), 1);
        assert_eq!((behind[0].name.as_str(), behind[0].namespace.as_str()), ("later", "ops"));
    }
}
