//! `seaworthy lsp`: the language server, on standard input and output.
//!
//! Apart because nothing is printed: what is found is told to the editor.

use super::check::Context;
use super::{REFUSED, WHOLE};
use crate::lsp;
use clap::Args;

/// The flags.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    context: Context,
    /// Taken because some editors say it; standard input and output are always used
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Runs `lsp`.
///
/// # Errors
///
/// When the client does not speak the protocol: the message.
pub fn run(arguments: &Arguments) -> Result<u8, String> {
    let request = arguments.context.request(Vec::new())?;
    // Source: the specification of the protocol, `exit`: 0 if `shutdown` came before, else 1.
    let is_ordered = lsp::serve(&request)?;
    Ok(if is_ordered { WHOLE } else { REFUSED })
}
