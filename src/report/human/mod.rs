//! The report for people, on a terminal.
//!
//! Apart because looks change and what programs read does not. In the order read: every finding with its excerpt, what
//! was not judged, what becomes of each set, and the verdict as the last line, where the eye is when the run ends.

mod diff;
mod excerpt;
mod frame;
mod pen;
mod picture;
mod summary;

use super::{Options, Report, View};
use pen::Pen;
use std::io;

/// Writes the report.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report, out: &mut dyn io::Write, options: &Options) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let pen = Pen::new(options);
    frame::write(report, &mut out, &pen)?;
    if options.view != View::Findings {
        picture::write(report, &mut out, &pen)?;
        summary::write(report, &mut out, &pen)?;
    }
    io::Write::flush(&mut out)
}
