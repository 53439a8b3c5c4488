//! What an apply does with objects, in order: `kubectl apply`, and the other tools that apply sets.
//!
//! Apart because it is the simulation alone: no rule about one object, no file, no output.

mod outcome;

pub use outcome::{ApplySet, Attempt, Method, Outcome};
