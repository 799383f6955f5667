//! `floodmark demo`.
use crate::settings::Settings;
use clap::Args;
/// Generate an incident and walk through it
#[derive(Args, Debug)]
pub(crate) struct Arguments {}
pub(crate) fn run(_arguments: &Arguments, _settings: &Settings) -> anyhow::Result<()> {
    Ok(())
}
