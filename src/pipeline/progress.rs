//! How far a run has come, for whoever waits for it.
//!
//! Apart because the steps only count, and whether and how that is shown is the caller's.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// A step of a run that can take long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Files are looked for and read.
    Reading,
    /// Documents are parsed; kustomizations and charts are rendered.
    Rendering,
    /// Sets are judged.
    Judging,
}

/// How far a run has come. Written by the run, read by another thread.
#[derive(Debug, Default)]
pub struct Progress {
    step: AtomicU8,
    done: AtomicUsize,
    of: AtomicUsize,
}

impl Progress {
    /// Begins a step of that many parts.
    pub(super) fn begin(&self, step: Step, of: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.of.store(of, Ordering::Relaxed);
        self.step.store(step as u8, Ordering::Relaxed);
    }

    /// One part more is done.
    pub(super) fn advance(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// The step, how many of its parts are done, and how many there are (zero where that is not known).
    pub fn now(&self) -> (Step, usize, usize) {
        let step = match self.step.load(Ordering::Relaxed) {
            0 => Step::Reading,
            1 => Step::Rendering,
            _ => Step::Judging,
        };
        (step, self.done.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::{Progress, Step};

    #[test]
    fn a_step_begins_with_nothing_done() {
        let progress = Progress::default();
        assert_eq!(progress.now(), (Step::Reading, 0, 0));
        progress.begin(Step::Rendering, 2);
        progress.advance();
        assert_eq!(progress.now(), (Step::Rendering, 1, 2));
        progress.begin(Step::Judging, 5);
        assert_eq!(progress.now(), (Step::Judging, 0, 5));
    }
}
