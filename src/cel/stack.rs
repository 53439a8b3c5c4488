//! Room for recursion: trees of expressions may be as deep as the compiler allows, threads' stacks are not.
//!
//! Apart because parser, checker and interpreter all go through trees by recursion. The compiler lets 250 rules stand
//! within each other, and macros make up to five levels of one; what is nested little is done on the spot.

use std::panic::resume_unwind;
use std::thread;

/// How many brackets within each other any thread's stack has room for.
const NESTING: usize = 30;

/// The stack for what is nested more.
const ROOM: usize = 256 * 1024 * 1024;

/// Does what needs a stack for the tree of a text; nothing where no such stack can be had.
pub fn with_room<T: Send>(text: &str, run: impl FnOnce() -> T + Send) -> Option<T> {
    if nesting(text) <= NESTING {
        return Some(run());
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(ROOM).spawn_scoped(scope, run).ok()?;
        Some(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// How many brackets may stand within each other at most, and conditions with them; strings are not told from the rest.
fn nesting(text: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' | b'?' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}
