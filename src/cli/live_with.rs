//! What somebody makes of findings on the command line: `-A`, `-W`, `-D`, and the baseline.
//!
//! Apart because the order of three flags matters, which no derived parser keeps, and because the baseline is a file that
//! one run reads and another writes.

use super::complain;
use crate::advice::Groups;
use crate::finding::{Choice, Stance, unknown_choice};
use crate::report::{Baseline, Report};
use crate::rules;
use crate::source::small_files;
use crate::source::walk::absolute_path;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use std::path::{Path, PathBuf};

const HEADING: &str = "What is made of findings";

const FLAGS: [(&str, char, Stance, &str); 3] = [
    ("allow", 'A', Stance::Allow, "Do not tell what a rule, or every rule of a group, finds (also: warnings, advice)"),
    ("warn", 'W', Stance::Warn, "Tell it, without failing the run for it"),
    ("deny", 'D', Stance::Deny, "Tell it, and fail the run for it"),
];

/// `-A`, `-W` and `-D`, in the order in which they were given: the last one that is about a finding holds.
#[derive(Clone, Debug, Default)]
pub struct ChoiceFlags {
    /// The choices.
    pub choices: Vec<Choice>,
}

impl Args for ChoiceFlags {
    fn augment_args(command: Command) -> Command {
        command.args(FLAGS.iter().map(|(name, short, _, help)| {
            Arg::new(*name)
                .long(*name)
                .short(*short)
                .value_name("RULE|GROUP")
                .value_parser(known)
                .action(ArgAction::Append)
                .help_heading(HEADING)
                .help(*help)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ChoiceFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let mut given: Vec<(usize, Choice)> = Vec::new();
        for (flag, _, stance, _) in FLAGS {
            let names = matches.get_many::<String>(flag).into_iter().flatten();
            let places = matches.indices_of(flag).into_iter().flatten();
            let choice = |name: &String| Choice { paths: Vec::new(), name: name.clone(), stance };
            given.extend(places.zip(names.map(choice)));
        }
        given.sort_by_key(|(place, _)| *place);
        self.choices = given.into_iter().map(|(_, choice)| choice).collect();
        Ok(())
    }
}

fn known(name: &str) -> Result<String, String> {
    match unknown_choice(name, rules::all()) {
        None => Ok(name.to_owned()),
        Some(why) => Err(why),
    }
}

/// The flags about the baseline.
#[derive(Debug, Args)]
pub struct BaselineFlags {
    /// Leave out the findings that are in this file; those that it holds and that no longer occur are counted
    #[arg(long, value_name = "FILE", help_heading = HEADING, conflicts_with = "fixes")]
    baseline: Option<PathBuf>,
    /// Write all that is found to the file of --baseline, and succeed
    #[arg(
        long,
        requires = "baseline",
        help_heading = HEADING,
        conflicts_with_all = ["changed_since", "files_only_report", "stdin_filename"]
    )]
    write_baseline: bool,
    /// Take out of the file of --baseline what no longer occurs
    #[arg(
        long,
        requires = "baseline",
        help_heading = HEADING,
        conflicts_with_all = ["write_baseline", "changed_since", "files_only_report", "stdin_filename"]
    )]
    prune_baseline: bool,
}

/// A baseline that was asked for.
#[derive(Debug)]
pub struct AskedBaseline<'f> {
    flags: &'f BaselineFlags,
    file: &'f Path,
    /// The directory it is in, absolute.
    directory: PathBuf,
    /// What it holds; none if it is to be written.
    known: Option<Baseline>,
}

impl BaselineFlags {
    /// Reads the baseline, before anything is judged.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is none.
    pub fn read(&self) -> Result<Option<AskedBaseline<'_>>, String> {
        let Some(file) = &self.baseline else { return Ok(None) };
        let absolute = PathBuf::from(absolute_path(&file.to_string_lossy()));
        let directory = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        if self.write_baseline {
            return Ok(Some(AskedBaseline { flags: self, file, directory, known: None }));
        }
        let shown = file.display();
        let text = small_files::read_if_there(file).map_err(|error| format!("cannot read {shown}: {error}"))?;
        let text = text.ok_or_else(|| format!("there is no {shown}; --write-baseline writes it"))?;
        let known = Baseline::parse(&text).map_err(|why| format!("{shown} {why}"))?;
        Ok(Some(AskedBaseline { flags: self, file, directory, known: Some(known) }))
    }
}

impl AskedBaseline<'_> {
    /// Whether the run only writes the baseline.
    pub fn is_to_be_written(&self) -> bool {
        self.known.is_none()
    }

    /// Writes all that a report tells.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, report: &Report) -> Result<(), String> {
        let baseline = Baseline::of(report, &self.directory);
        self.replace(&baseline)?;
        let noun = if baseline.len() == 1 { "finding" } else { "findings" };
        complain(&format!("wrote {} {noun} to {}", baseline.len(), self.file.display()));
        Ok(())
    }

    /// Takes what is known out of a report, and what is gone out of the file if that was asked for.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn leave_out(&self, report: &mut Report, is_whole: bool, advice: &Groups) -> Result<(), String> {
        let Some(known) = &self.known else { return Ok(()) };
        let shown = self.file.display().to_string();
        // A rule that there is no more finds nothing any more.
        let is_asked = |rule: &str| rules::find(rule).is_none_or(|rule| advice.has_rule(rule));
        let still = known.leave_out(report, (&shown, &self.directory), is_whole, is_asked);
        if self.flags.prune_baseline && still != *known {
            self.replace(&still)?;
            let gone = known.len() - still.len();
            let noun = if gone == 1 { "finding" } else { "findings" };
            complain(&format!("took {gone} {noun} that no longer occur out of {shown}"));
            if let Some(used) = &mut report.baseline {
                used.gone = Some(0);
            }
        }
        Ok(())
    }

    fn replace(&self, baseline: &Baseline) -> Result<(), String> {
        let written = small_files::write_whole(self.file, &baseline.text());
        written.map(|_| ()).map_err(|error| format!("cannot write {}: {error}", self.file.display()))
    }
}
