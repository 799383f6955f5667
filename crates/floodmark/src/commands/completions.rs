//! `floodmark completions`: completions for the common shells.

use std::io::Write;

use clap::Args;
use clap_complete::Shell;

use crate::commands;

/// Print completions for a shell
#[derive(Args, Debug)]
#[command(after_help = "Example: floodmark completions bash > /etc/bash_completion.d/floodmark")]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut commands::command(), "floodmark", &mut text);
    std::io::stdout().write_all(&text)?;
    Ok(())
}
