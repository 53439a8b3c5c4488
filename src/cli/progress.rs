//! A line on standard error that tells how far a long run has come.
//!
//! Apart because it is for people who wait: nothing is shown where standard error is no terminal, and nothing of a run
//! that is done at once.

use crate::pipeline::{Progress, Step};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A run that takes no longer is not worth a line.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// The line, as long as this is kept.
#[derive(Debug)]
pub struct Line {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Shows the line, if it is wanted and there is a terminal to show it on.
pub fn show(progress: &Arc<Progress>, is_unwanted: bool) -> Option<Line> {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if is_unwanted || is_dumb || !io::stderr().is_terminal() {
        return None;
    }
    let (stop, stopped) = channel();
    let progress = Arc::clone(progress);
    let thread = std::thread::Builder::new().spawn(move || draw(&progress, &stopped)).ok();
    Some(Line { stop: Some(stop), thread })
}

impl Drop for Line {
    fn drop(&mut self) {
        drop(self.stop.take());
        // What is printed next must find the line wiped.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn draw(progress: &Progress, stopped: &Receiver<()>) {
    if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style.tick_chars("|/-\\ "));
    }
    loop {
        bar.set_message(told(progress.now()));
        bar.tick();
        if stopped.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    bar.finish_and_clear();
}

fn told((step, done, of): (Step, usize, usize)) -> String {
    match (step, of) {
        (Step::Reading, _) => "reading files".to_owned(),
        (Step::Rendering, _) => "parsing and rendering".to_owned(),
        (Step::Judging, 0 | 1) => "judging".to_owned(),
        (Step::Judging, of) => format!("judging: {done} of {of} sets"),
    }
}

#[cfg(test)]
mod tests {
    use super::{show, told};
    use crate::pipeline::{Progress, Step};
    use std::sync::Arc;

    #[test]
    fn a_step_is_told_with_how_much_of_it_is_done() {
        assert_eq!(told((Step::Reading, 0, 0)), "reading files");
        assert_eq!(told((Step::Judging, 0, 1)), "judging");
        assert_eq!(told((Step::Judging, 3, 12)), "judging: 3 of 12 sets");
    }

    #[test]
    fn nobody_who_asked_for_quiet_sees_it() {
        assert!(show(&Arc::new(Progress::default()), true).is_none());
    }
}
