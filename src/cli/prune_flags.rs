//! The flags by which `kubectl apply` deletes what is in the set no more.
//!
//! Apart because they mean something only together, and kubectl refuses most ways to combine them.

use crate::apply::{LabelSelector, Parent, Prune};
use crate::schema::{Minor, Schema};
use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

/// The first minor of kubectl with `--applyset`.
const APPLY_SETS: Minor = Minor(27);

/// The flags.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is deleted")]
pub struct PruneFlags {
    /// Delete what was applied before and is in the set no more: of kubectl's kinds, or those of --prune-allowlist, in the
    /// namespaces of the set. --base and --cluster tell what that is
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, hide_possible_values = true, action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    prune: bool,
    /// Delete it whatever its labels, where --selector does not say which
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, hide_possible_values = true, action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    all: bool,
    /// A kind to delete objects of, in place of kubectl's own list
    #[arg(long, alias = "prune-whitelist", value_name = "GROUP/VERSION/KIND")]
    prune_allowlist: Vec<String>,
    /// Delete the members of this `ApplySet`, which is known by its parent object. kubectl has the flag if the environment
    /// has `KUBECTL_APPLYSET=true`
    #[arg(long, value_name = "[RESOURCE][.GROUP]/NAME")]
    applyset: Option<String>,
}

/// Other flags that decide whether these may be used.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'f> {
    /// `--selector`
    pub selector: Option<&'f str>,
    /// `--server-side`
    pub server_side: bool,
    /// `--force`
    pub force: bool,
    /// kubectl's minor.
    pub kubectl: Minor,
}

impl PruneFlags {
    /// What kubectl refuses. Source: `Validate` in `pkg/cmd/apply/apply.go` (1.37); before 1.27 there is no `--applyset`, and
    /// `--server-side` does not matter.
    ///
    /// # Errors
    ///
    /// kubectl's words.
    pub fn refuse(&self, beside: &Beside<'_>) -> Result<(), String> {
        let (applyset, has_apply_sets) = (self.applyset().is_some(), beside.kubectl >= APPLY_SETS);
        let has_selector = beside.selector.is_some_and(|selector| !selector.is_empty());
        let refusal = if applyset && !has_apply_sets {
            "unknown flag: --applyset"
        } else if self.all && has_selector {
            "cannot set --all and --selector at the same time"
        } else if applyset && !self.prune {
            "--applyset requires --prune"
        } else if !self.prune {
            return Ok(());
        } else if beside.force {
            "--force cannot be used with --prune"
        } else if applyset && self.all {
            "--all is incompatible with --applyset"
        } else if applyset && has_selector {
            "--selector is incompatible with --applyset"
        } else if applyset && !self.prune_allowlist.is_empty() {
            "--prune-allowlist is incompatible with --applyset"
        } else if !applyset && !self.all && !has_selector {
            "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector"
        } else if !applyset && beside.server_side && has_apply_sets {
            "--prune is in alpha and doesn't currently work on objects created by server-side apply"
        } else {
            return Ok(());
        };
        Err(refusal.to_owned())
    }

    /// What is deleted by, where something is.
    ///
    /// # Errors
    ///
    /// kubectl's words for a kind or a parent that is none.
    pub fn asked(
        &self,
        selector: Option<&LabelSelector>,
        namespace: Option<&str>,
        schema: Schema,
    ) -> Result<Option<Prune>, String> {
        if !self.prune {
            return Ok(None);
        }
        if let Some(parent) = self.applyset() {
            return Parent::parse(parent, namespace, schema).map(|parent| Some(Prune::Members(parent)));
        }
        let allowlist = self.prune_allowlist.iter().map(|text| Prune::allowed(text)).collect::<Result<_, _>>()?;
        Ok(Some(Prune::Applied { allowlist, selector: selector.cloned() }))
    }

    /// An empty name is none to kubectl.
    fn applyset(&self) -> Option<&str> {
        self.applyset.as_deref().filter(|parent| !parent.is_empty())
    }
}
