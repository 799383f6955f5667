//! `whois`: all that is known of an address, and the traffic that it made.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use floodmark_discover::View;
use floodmark_engine::Error;
use floodmark_formats::time::SECOND;
use floodmark_investigate::Window;
use floodmark_investigate::traffic::{self, Traffic};
use floodmark_who::card::{self, Card, CardQuestion, Part};
use floodmark_who::dns::{DnsOptions, Names};
use floodmark_who::rdap::resolve::RdapOptions;
use floodmark_who::{Known, Who, special};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::state::State;
use crate::ui::Failure;
use crate::ui::account::{losses_of_all, notes_of_all};
use crate::ui::lines::Lines;
use crate::ui::viewed::Viewed;
use crate::ui::words::of_page;

/// Whom the server may ask about addresses.
#[derive(Clone, Debug)]
pub struct Lookups {
    /// How registries are asked.
    pub rdap: RdapOptions,
    /// How the DNS is asked.
    pub dns: DnsOptions,
}

/// Which address is asked about.
#[derive(Debug, Deserialize)]
pub(crate) struct OfAddress {
    address: String,
    /// Where to look for its traffic; None looks nowhere.
    #[serde(default)]
    view: Option<View>,
    /// Whether the registries and the DNS are asked.
    #[serde(default)]
    resolve: bool,
}

/// A part of a card.
#[derive(Serialize)]
struct Told<'a> {
    title: &'static str,
    state: &'static str,
    text: &'a str,
    source: Option<String>,
    remedy: String,
}

/// Answers `whois`.
pub(crate) async fn run(
    state: &Arc<State>,
    question: OfAddress,
    lines: &Lines,
) -> Result<(), Failure> {
    let address: IpAddr = question.address.trim().parse().map_err(|_| {
        Error::invalid_query(format!("`{}` is no address", question.address))
            .hint("write one such as `198.51.100.7` or `2001:db8::7`")
    })?;
    let address = address.to_canonical();
    let session = state.session().await?;
    let who = state.engine.who();
    let mut notes = Vec::new();
    let viewed = match &question.view {
        Some(view) => Some(Viewed::open(&session, view).await?),
        None => None,
    };
    let window = viewed.as_ref().and_then(Viewed::window);
    let at = window.map(|window: Window| window.start.div_euclid(SECOND));
    state.load_who().await;
    let mut names = open_names(who).await?;
    tell_card(lines, who, address, at, &names).await?;
    if question.resolve {
        match &state.page.lookups {
            Some(lookups) => {
                notes.extend(Box::pin(resolve(who, &mut names, address, lookups)).await?);
                tell_card(lines, who, address, at, &names).await?;
            }
            None => notes.push(
                "nobody was asked: a server that was started with `--resolve` asks the registries and the DNS"
                    .to_owned(),
            ),
        }
    }
    if let Some(Viewed { subject, .. }) = &viewed {
        let addresses = [address];
        let work = traffic::ask(subject, &addresses, window);
        let found = lines.during(|| subject.latest(), Box::pin(work)).await?;
        lines.tell(&json!({ "traffic": traffic_of(found, address) })).await;
        // What could not be read is missing in the traffic.
        let reports = subject.reports();
        notes.extend(losses_of_all(&reports));
        notes.extend(notes_of_all(&reports));
    }
    notes.extend(who.troubles());
    let end = json!({ "seconds": lines.seconds(), "notes": notes });
    lines.tell(&json!({ "end": end })).await;
    Ok(())
}

/// The names that the DNS told before, out of their file.
async fn open_names(who: &Arc<Who>) -> Result<Names, Failure> {
    let who = Arc::clone(who);
    let open = move || Names::open(who.folder().unwrap_or(Path::new(".")));
    tokio::task::spawn_blocking(open).await.map_err(|_| Failure::defect())
}

async fn tell_card(
    lines: &Lines,
    who: &Arc<Who>,
    address: IpAddr,
    at: Option<i64>,
    names: &Names,
) -> Result<(), Failure> {
    let named = names.find(address, who.now()).map(Clone::clone);
    let question = CardQuestion { at, names: Some(named) };
    let who = Arc::clone(who);
    let card = tokio::task::spawn_blocking(move || card::card(&who, address, &question));
    let card: Card = card.await.map_err(|_| Failure::defect())??;
    let parts: Vec<Told<'_>> = card.parts.iter().map(told).collect();
    let card = json!({ "address": card.address.to_string(), "parts": parts });
    lines.tell(&json!({ "card": card })).await;
    Ok(())
}

fn told(part: &Part) -> Told<'_> {
    let (state, text) = match &part.text {
        Known::Is(text) => ("known", text.as_str()),
        Known::Nothing => ("nothing", part.nothing.as_str()),
        Known::Unknown => ("unknown", "not known"),
    };
    let source = part.source.as_deref().map(of_page);
    Told { title: part.title, state, text, source, remedy: of_page(part.remedy) }
}

/// Asks the registries and the DNS. Gives what is to be said of it.
async fn resolve(
    who: &Who,
    names: &mut Names,
    address: IpAddr,
    lookups: &Lookups,
) -> Result<Vec<String>, Failure> {
    // What is asked about private addresses is nobody else's business.
    if special::find(address).is_some() {
        return Ok(vec!["this address is nobody's in particular: nobody was asked".to_owned()]);
    }
    let resolved = who.resolve(&[address], &lookups.rdap, &|_| {}).await?;
    let mut notes = resolved.notes;
    notes.extend(resolved.failed.into_iter().map(|failure| failure.message));
    let failed = names.resolve(&[address], &lookups.dns, who.now()).await?;
    notes.extend(failed.first().map(ToString::to_string));
    Ok(notes)
}

fn traffic_of(mut traffic: Traffic, address: IpAddr) -> serde_json::Value {
    let roles = traffic.roles.remove(&address).unwrap_or_default();
    json!({ "roles": roles, "counting": traffic.counting })
}
