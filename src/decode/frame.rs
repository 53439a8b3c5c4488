//! Where in an object the decoder stands: a chain on the stack that costs nothing until something is wrong.
//!
//! Apart from `object::Path` because the decoder's messages know three more spellings of one place: the strict path,
//! the Go struct field, and the Go type.

use crate::object::{FieldPath, Segment};
use crate::schema::{Definition, Field, Type};
use std::fmt::Write as _;

/// One step from the object down to the value looked at.
#[derive(Clone, Copy)]
pub(super) struct Frame<'p> {
    parent: Option<&'p Frame<'p>>,
    step: Step<'p>,
    /// How many steps there are above.
    pub depth: u32,
    /// How many decoders are inside one another here: a Go type that decodes itself starts one that the outer
    /// decoder does not see into.
    pub scope: u32,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Field { definition: &'p Definition, field: &'p Field },
    Key(&'p str),
    Index(usize),
    Inside,
}

impl<'p> Frame<'p> {
    pub const ROOT: Frame<'static> = Frame { parent: None, step: Step::Root, depth: 0, scope: 0 };

    fn below(&'p self, step: Step<'p>) -> Frame<'p> {
        Frame { parent: Some(self), step, depth: self.depth + 1, scope: self.scope }
    }

    pub fn field(&'p self, definition: &'p Definition, field: &'p Field) -> Frame<'p> {
        self.below(Step::Field { definition, field })
    }

    pub fn key(&'p self, key: &'p str) -> Frame<'p> {
        self.below(Step::Key(key))
    }

    pub fn index(&'p self, index: usize) -> Frame<'p> {
        self.below(Step::Index(index))
    }

    /// The same place, seen by a decoder inside the decoder.
    pub fn inside(&'p self) -> Frame<'p> {
        Frame { scope: self.scope + 1, ..self.below(Step::Inside) }
    }

    fn upwards(&self) -> impl Iterator<Item = &Frame<'p>> {
        std::iter::successors(Some(self), |frame| frame.parent)
    }

    fn downwards(&self) -> Vec<&Frame<'p>> {
        let mut frames: Vec<_> = self.upwards().collect();
        frames.reverse();
        frames
    }

    /// The path as findings hold it.
    pub fn field_path(&self) -> FieldPath {
        let segment = |frame: &Frame<'_>| match frame.step {
            Step::Root | Step::Inside => None,
            Step::Field { field, .. } => Some(Segment::Field(field.name.to_owned())),
            Step::Key(key) => Some(Segment::Key(key.to_owned())),
            Step::Index(index) => Some(Segment::Index(index)),
        };
        FieldPath(self.downwards().into_iter().filter_map(segment).collect())
    }

    /// The path of a field in this struct as strict errors write it: map keys look like fields (`data.a`).
    pub fn strict_path(&self, name: &str) -> String {
        self.spelled(name, true)
    }

    /// The path of a field in this struct as the converter writes it: without map keys.
    pub fn converter_path(&self, name: &str) -> String {
        self.spelled(name, false)
    }

    fn spelled(&self, name: &str, keys: bool) -> String {
        let mut path = String::new();
        for frame in self.downwards() {
            match frame.step {
                Step::Index(index) => {
                    let _ = write!(path, "[{index}]");
                }
                Step::Field { field, .. } => push_name(&mut path, field.name),
                Step::Key(key) if keys => push_name(&mut path, key),
                Step::Root | Step::Inside | Step::Key(_) => {}
            }
        }
        push_name(&mut path, name);
        path
    }

    /// The Go struct and the path of fields and embedded structs, without keys and indices: `EnvVar.spec.containers.env`.
    /// `outermost` is the scope of the outermost decoder that tells. None where that decoder began right here.
    pub fn go_field(&self, outermost: u32) -> Option<String> {
        // A decoder inside the decoder names its struct, then the outer one puts its own in that place.
        let named = self.upwards().find_map(|frame| match frame.step {
            Step::Field { definition, .. } if frame.scope == outermost => Some(definition),
            _ => None,
        })?;
        let mut text = named.name.rsplit('.').next().unwrap_or_default().to_owned();
        for frame in self.downwards().into_iter().filter(|frame| frame.scope >= outermost) {
            let Step::Field { definition, field } = frame.step else { continue };
            let embedded = match field.name {
                "apiVersion" | "kind" if definition.field("metadata").is_some() => Some("TypeMeta"),
                _ => field.facts.embedded,
            };
            if let Some(embedded) = embedded {
                let _ = write!(text, ".{embedded}");
            }
            let _ = write!(text, ".{}", field.name);
        }
        Some(text)
    }

    /// The Go type of the value here, which `plain` is the type of.
    pub fn go_type(&self, plain: &Type) -> String {
        let mut inside = Vec::new();
        for frame in self.upwards() {
            match frame.step {
                Step::Root | Step::Inside => break,
                Step::Key(_) | Step::Index(_) => inside.push(frame.step),
                Step::Field { field, .. } => {
                    let Some(mut named) = field.facts.go_type else { break };
                    for step in inside.into_iter().rev() {
                        let element = match step {
                            Step::Index(_) => named.strip_prefix("[]"),
                            _ => named.strip_prefix("map[").and_then(|rest| Some(rest.split_once(']')?.1)),
                        };
                        // A named list or map says nothing of what it holds.
                        let Some(element) = element else { return plain.go_type() };
                        named = element;
                    }
                    return named.trim_start_matches('*').to_owned();
                }
            }
        }
        plain.go_type()
    }

    /// The structs around this place, the nearest first, with the number of steps up to each.
    pub fn structs_above(&self) -> impl Iterator<Item = &'p Definition> {
        let mut at = Some(*self);
        std::iter::from_fn(move || {
            loop {
                let frame = at?;
                at = frame.parent.copied();
                if let Step::Field { definition, .. } = frame.step {
                    return Some(definition);
                }
            }
        })
    }
}

fn push_name(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}
