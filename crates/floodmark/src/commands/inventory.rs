//! `floodmark inventory`: the network interfaces of the user's accounts.

use std::io::Write;
use std::time::SystemTime;

use clap::{Args, Subcommand, ValueEnum};
use floodmark_aws::Role;
use floodmark_engine::{Error, ErrorKind};
use floodmark_formats::time::{SECOND, iso};
use floodmark_who::inventory::{Counts, Inventory, Place, RefreshOptions, SeriesSummary, refresh};
use serde_json::{Value, json};

use crate::commands;
use crate::render::aligned::Aligned;
use crate::render::safe;
use crate::report_text::{count, things};
use crate::settings::Settings;

/// Keep what the account's addresses are: NAT gateways, load balancers, instances and all else with an interface
///
/// Snapshots are kept in the data folder, each with its date, so that an address is named as of the time of a log record.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: floodmark inventory refresh --all-regions
Example: floodmark inventory list")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Refresh(RefreshArguments),
    List(ListArguments),
}

/// Ask AWS for the interfaces, and keep a snapshot of each account and region
///
/// Only reads. It takes ec2:DescribeNetworkInterfaces; names come with ec2:DescribeInstances, ec2:DescribeNatGateways,
/// ec2:DescribeSubnets, ec2:DescribeVpcs and elasticloadbalancing:DescribeLoadBalancers.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: floodmark inventory refresh --region eu-west-1 --region us-east-1
Example: floodmark inventory refresh --all-regions --role-arn arn:aws:iam::111122223333:role/reader")]
struct RefreshArguments {
    /// A region to ask. May be repeated [default: the profile's]
    #[arg(id = "region", long = "region", env = "FLOODMARK_REGION", value_name = "REGION")]
    regions: Vec<String>,

    /// Ask all regions that are enabled in the account
    #[arg(long)]
    all_regions: bool,

    /// A role to assume: its account is asked instead of one's own. May be repeated
    #[arg(long, value_name = "ARN")]
    role_arn: Vec<String>,

    /// The external id that the roles' owner asks for
    #[arg(long, value_name = "ID", requires = "role_arn")]
    external_id: Option<String>,

    /// How the answer is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,
}

/// Show the snapshots at hand: accounts, regions, ages and what they hold
#[derive(Args, Debug)]
#[command(after_help = "Example: floodmark inventory list --format json")]
struct ListArguments {
    /// How the answer is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// One JSON array
    Json,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    match &arguments.action {
        Action::Refresh(arguments) => run_refresh(arguments, settings),
        Action::List(arguments) => run_list(arguments, settings),
    }
}

fn run_refresh(arguments: &RefreshArguments, settings: &Settings) -> anyhow::Result<()> {
    let role = |arn: &String| Role { arn: arn.clone(), external_id: arguments.external_id.clone() };
    let options = RefreshOptions {
        folder: settings.who_folder()?,
        aws: settings.aws_options(),
        regions: arguments.regions.clone(),
        is_everywhere: arguments.all_regions,
        roles: arguments.role_arn.iter().map(role).collect(),
        now: now(),
    };
    let mut places = commands::runtime(settings)?.block_on(refresh(&options))?;
    let text = match arguments.format {
        Form::Text => refreshed_text(&places),
        Form::Json => {
            let places: Vec<_> = places.iter().map(refreshed_json).collect();
            format!("{}\n", Value::from(places))
        }
    };
    std::io::stdout().write_all(text.as_bytes())?;
    let mut talk = String::new();
    for place in &places {
        for error in place.result.as_ref().err().into_iter().chain(&place.lacks) {
            talk.push_str(&format!(
                "warning: {}: {}\n",
                safe(&name(place)),
                safe(&error.to_string())
            ));
            if let Some(hint) = error.hint_text() {
                talk.push_str(&format!("hint: {}\n", safe(hint)));
            }
        }
    }
    let failed = places.iter().filter(|place| place.result.is_err()).count();
    // One place that fails says it as every error does.
    if places.len() == 1
        && failed == 1
        && let Some(Err(error)) = places.pop().map(|place| place.result)
    {
        return Err(error.into());
    }
    // There is nobody to tell if this cannot be written.
    let _ = std::io::stderr().write_all(talk.as_bytes());
    let kind = places.iter().find_map(|place| Some(place.result.as_ref().err()?.kind()));
    match kind {
        Some(kind) if !settings.keep_going || failed == places.len() => {
            let message =
                format!("{failed} of {} could not be read", things(places.len() as u64, "place"));
            let error = Error::new(kind, message);
            Err(error
                .hint("what was at hand of them stays; `--keep-going` passes over them")
                .into())
        }
        _ => Ok(()),
    }
}

fn run_list(arguments: &ListArguments, settings: &Settings) -> anyhow::Result<()> {
    let folder = settings.who_folder()?;
    let inventory = Inventory::open(&folder)?;
    let summary = inventory.summary();
    if summary.is_empty() {
        let message = format!("there is no snapshot below `{}`", folder.display());
        return Err(Error::new(ErrorKind::NotFound, message)
            .hint("`floodmark inventory refresh` takes one")
            .into());
    }
    let text = match arguments.format {
        Form::Text => listed_text(&summary, now()),
        Form::Json => {
            let series: Vec<_> = summary.iter().map(listed_json).collect();
            format!("{}\n", Value::from(series))
        }
    };
    std::io::stdout().write_all(text.as_bytes())?;
    for trouble in inventory.troubles() {
        // There is nobody to tell if this cannot be written.
        let _ = writeln!(std::io::stderr(), "warning: {}", safe(&trouble));
    }
    Ok(())
}

/// The time, in seconds since 1970.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

/// A place as it is told: account, role and region as far as they are known.
fn name(place: &Place) -> String {
    let account = place.account.as_ref().or(place.role.as_ref());
    let parts = [account, place.region.as_ref()];
    let parts: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
    if parts.is_empty() { "this account".to_owned() } else { parts.join(" ") }
}

/// The counts with their names, in the order of the columns.
fn counts(counts: &Counts) -> [(&'static str, usize); 6] {
    [
        ("interfaces", counts.interfaces),
        ("instances", counts.instances),
        ("load_balancers", counts.load_balancers),
        ("nat_gateways", counts.nat_gateways),
        ("vpcs", counts.vpcs),
        ("subnets", counts.subnets),
    ]
}

fn columns(first: &[&str]) -> Vec<String> {
    let names = counts(&Counts::default()).map(|(name, _)| name.replace('_', " "));
    first.iter().map(|name| (*name).to_owned()).chain(names).collect()
}

fn values(held: Option<&Counts>) -> Vec<String> {
    let known = held.map(counts).unwrap_or(counts(&Counts::default()));
    let shown = |(_, number)| match held {
        Some(_) => count(number as u64),
        None => "?".to_owned(),
    };
    known.map(shown).into()
}

fn refreshed_text(places: &[Place]) -> String {
    let mut lines = Aligned::new(2, columns(&["account", "region"]));
    let mut removed = 0;
    for place in places {
        let Ok(counts) = &place.result else { continue };
        let of = [&place.account, &place.region].map(|part| part.clone().unwrap_or_default());
        lines.line(of.into_iter().chain(values(Some(counts))).collect(), None);
        removed += place.removed;
    }
    if places.iter().all(|place| place.result.is_err()) {
        return String::new();
    }
    let mut text = lines.text();
    if removed > 0 {
        let removed = things(removed as u64, "old snapshot");
        text.push_str(&format!(
            "\nremoved: {removed}, for of days long ago the last one is kept\n"
        ));
    }
    text
}

fn refreshed_json(place: &Place) -> Value {
    let held = place.result.as_ref().ok().map(counts_json);
    json!({
        "account": place.account,
        "role": place.role,
        "region": place.region,
        "holds": held,
        "error": place.result.as_ref().err().map(ToString::to_string),
        "lacks": place.lacks.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "removed": place.removed,
    })
}

fn counts_json(held: &Counts) -> Value {
    counts(held).into_iter().map(|(name, number)| (name.to_owned(), json!(number))).collect()
}

fn listed_text(summary: &[SeriesSummary], now: i64) -> String {
    let first = ["account", "region", "first", "last", "age", "snapshots"];
    let mut lines = Aligned::new(5, columns(&first));
    for series in summary {
        let own = [
            series.account.clone(),
            series.region.clone(),
            iso(series.first.saturating_mul(SECOND)),
            iso(series.last.saturating_mul(SECOND)),
            age(now - series.last),
            count(series.snapshots as u64),
        ];
        let held = series.latest.as_ref().map(|(_, counts)| counts);
        lines.line(own.into_iter().chain(values(held)).collect(), None);
    }
    lines.text()
}

fn listed_json(series: &SeriesSummary) -> Value {
    let time = |seconds: i64| iso(seconds.saturating_mul(SECOND));
    json!({
        "account": series.account,
        "region": series.region,
        "snapshots": series.snapshots,
        "first": time(series.first),
        "last": time(series.last),
        "latest": series.latest.as_ref().map(|(taken, _)| time(*taken)),
        "holds": series.latest.as_ref().map(|(_, counts)| counts_json(counts)),
    })
}

/// How long ago something was.
fn age(seconds: i64) -> String {
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60)];
    let largest = units.iter().find(|(_, length)| seconds >= *length);
    match largest {
        Some((noun, length)) => things((seconds / length).unsigned_abs(), noun),
        None => "now".to_owned(),
    }
}
