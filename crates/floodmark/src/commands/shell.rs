//! `floodmark shell`.
use crate::settings::Settings;
use clap::Args;
/// Ask logs in SQL, one question after the other
#[derive(Args, Debug)]
pub(crate) struct Arguments {}
pub(crate) fn run(_arguments: &Arguments, _settings: &Settings) -> anyhow::Result<()> {
    Ok(())
}
