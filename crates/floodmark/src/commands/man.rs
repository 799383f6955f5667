//! `floodmark man`: the man pages.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::commands;

/// Write the man pages into a folder
#[derive(Args, Debug)]
#[command(after_help = "Example: floodmark man ~/.local/share/man/man1")]
pub(crate) struct Arguments {
    /// The folder, which is made if it does not exist
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = &arguments.folder;
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(commands::command(), folder))
        .with_context(|| format!("cannot write man pages to `{}`", folder.display()))
}
