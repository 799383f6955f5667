//! Asking the registries whose addresses are, where `--resolve` says so.

use std::net::IpAddr;

use floodmark_engine::{Error, ErrorKind};
use floodmark_who::Who;
use floodmark_who::rdap::resolve;

use crate::render::safe;
use crate::report_text::{count, things};
use crate::settings::Settings;
use crate::shell::talk;

/// How many troubles with registries are told.
const TROUBLES_SHOWN: usize = 3;

/// Asks the registries about these addresses, and says what it came to. Gives whether anything was learnt. What was learnt is
/// kept as it comes, so that whoever stops it loses nothing.
pub(crate) async fn resolve(
    who: &Who,
    addresses: &[IpAddr],
    settings: &Settings,
) -> anyhow::Result<bool> {
    if addresses.is_empty() {
        return Ok(false);
    }
    let Some(networks) = who.networks()? else {
        return Err(Error::not_found("there is no data folder to keep what registries answer")
            .hint("name one with `--home`")
            .into());
    };
    let options = settings.rdap_options();
    talk(&format!(
        "note: asking the registries about {}\n",
        if addresses.len() == 1 {
            "1 address".to_owned()
        } else {
            format!("{} addresses", count(addresses.len() as u64))
        }
    ));
    let work = resolve::resolve(networks, addresses, &options, &|_| {}, who.now());
    let resolved = tokio::select! {
        resolved = work => resolved?,
        _ = tokio::signal::ctrl_c() => {
            return Err(Error::new(ErrorKind::Cancelled, "stopped")
                .hint("what was learnt is kept: the next run goes on from there")
                .into());
        }
    };
    for failure in resolved.failed.iter().take(TROUBLES_SHOWN) {
        talk(&format!("warning: {}\n", safe(&failure.message)));
    }
    let more = resolved.failed.len().saturating_sub(TROUBLES_SHOWN);
    if more > 0 {
        talk(&format!("warning: {} more of this kind\n", count(more as u64)));
    }
    for note in &resolved.notes {
        talk(&format!("note: {}\n", safe(note)));
    }
    let left = match resolved.left {
        0 => String::new(),
        left => format!("; {} without an answer, ask again later", count(left as u64)),
    };
    talk(&format!(
        "note: {} told {} for {} of them{left}\n",
        things(resolved.asked as u64, "request"),
        things(resolved.networks as u64, "network"),
        count(resolved.answered as u64),
    ));
    Ok(resolved.answered + resolved.nothing > 0)
}
