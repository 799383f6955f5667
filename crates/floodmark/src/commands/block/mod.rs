//! `floodmark block`: rules that block, tested on logs, written or applied.

mod applied;
mod choice;
mod tested;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use floodmark_block::apply::{self, Asker};
use floodmark_block::plan::{self, Wanted};
use floodmark_block::present::Present;
use floodmark_block::render::{self, FORMS, Form};
use floodmark_block::rule::Direction;
use floodmark_block::way::{WAYS, Way};
use floodmark_engine::{Error, ErrorKind};
use floodmark_investigate::backtest::protected::Protected;
use floodmark_investigate::backtest::refusals::{self, Reason, Refusal};

use crate::commands;
use crate::commands::block::choice::Choice;
use crate::render::{Format, Output, safe};
use crate::settings::Settings;
use crate::shell::talk;

/// Write the rule that blocks: for a network ACL, a security group or AWS WAF
///
/// Takes addresses, networks, countries, paths and user agents, or what `explain` found, and writes the rule on standard output as
/// commands, requests, Terraform or CloudFormation. With `--from`, the rule is tested first on logs: what it would have blocked of the
/// attack, and who else. A rule that blocks your own addresses, health checks, services of AWS or too many others is refused. AWS is
/// changed with `--apply` only.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,

    /// What is to be blocked: `192.0.2.7`, `198.51.100.0/24`, `TV`, `/login`, `/search/*`, `user-agent:curl/*`. With `--undo` and without
    /// `--with`: the ids of what was applied
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,

    /// How it is blocked
    #[arg(long = "with", value_name = "WAY", value_parser = ways())]
    way: Option<Way>,

    /// How the rule is written
    #[arg(long = "as", value_name = "FORM", default_value = "cli", value_parser = forms())]
    form: Form,

    /// A file with further targets, one a line; `#` begins a comment. `-` is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// Block what `explain --format json` found, in a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    from_explain: Option<PathBuf>,

    /// What targets are that do not say it
    #[arg(long = "match", value_name = "WHAT")]
    matched: Option<Matched>,

    #[command(flatten)]
    test: Test,

    #[command(flatten)]
    place: Place,

    /// Merge networks to fewer that hold at most this share of other addresses, and accept as large a share of others in the logs
    /// [default: none is merged, and 1% is accepted]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    bystanders: Option<f64>,

    /// Block although it is refused for this reason. May be repeated
    #[arg(long, value_name = "REASON", value_parser = reasons(), value_delimiter = ',')]
    allow: Vec<Reason>,

    /// When the block is to end, such as `24h` or `7d`. AWS ends nothing by itself: it stands in the description
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,

    /// Write what takes the block away; with `--apply`, take away what was applied
    #[arg(long)]
    undo: bool,

    /// Do not ask before AWS is changed
    #[arg(long)]
    yes: bool,
}

/// The logs that a rule is tested on.
#[derive(Args, Debug)]
pub(crate) struct Test {
    /// Where logs lie that the rule is tested on. May be repeated
    #[arg(long, value_name = "PATH")]
    from: Vec<String>,

    /// The log to test on, if several lie there
    #[arg(long, value_name = "NAME")]
    log: Option<String>,

    /// Only rows that meet this condition in SQL
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,

    /// When the attack was, in UTC, such as `2024-10-05T02:00/03:00` [default: what `explain` says]
    #[arg(long, value_name = "WINDOW")]
    during: Option<String>,

    /// When there was none: a window, `previous-day` or `previous-week` [default: as long just before]
    #[arg(long, value_name = "WINDOW")]
    before: Vec<String>,

    /// Show the statements that prove the amounts of the test
    #[arg(long)]
    sql: bool,
}

/// Where the rule goes.
#[derive(Args, Debug)]
pub(crate) struct Place {
    /// Which packets a network ACL or a security group stops [default: inbound, or as `explain` found]
    #[arg(long, value_name = "DIRECTION")]
    direction: Option<Directions>,

    /// The network ACL's id
    #[arg(long, value_name = "ID")]
    acl_id: Option<String>,

    /// The number of the first entry of a network ACL [default: free ones below what lets the traffic in]
    #[arg(long, value_name = "NUMBER")]
    rule_number: Option<u16>,

    /// How many rules AWS has granted for a network ACL
    #[arg(long, value_name = "NUMBER")]
    rules_max: Option<usize>,

    /// The security group's id
    #[arg(long, value_name = "ID")]
    group_id: Option<String>,

    /// Where a rule of AWS WAF holds
    #[arg(long, value_name = "SCOPE", default_value = "regional")]
    scope: Scope,

    /// The web ACL by its name or ARN [default: that of the resource, or a new one]
    #[arg(long, value_name = "NAME")]
    web_acl: Option<String>,

    /// The ARN of what is to be protected, such as a load balancer
    #[arg(long, value_name = "ARN")]
    resource_arn: Option<String>,

    /// The place of the rule in the web ACL [default: before what lets requests through]
    #[arg(long, value_name = "NUMBER")]
    priority: Option<u32>,

    /// The name of rules and IP sets [default: one that the same question has again]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// How many requests of one address `waf-rate` allows in a window
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u32>,

    /// The length of that window in seconds: 60, 120, 300 or 600
    #[arg(long, value_name = "SECONDS")]
    window: Option<u32>,

    /// Only count what would be blocked, in AWS WAF
    #[arg(long)]
    count: bool,

    /// Do not ask AWS what is there, also if there are credentials
    #[arg(long)]
    offline: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show what was applied, the newest first
    List,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Directions {
    /// Into the subnet
    Inbound,
    /// Out of it
    Outbound,
    /// Either
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Matched {
    /// Paths, with `*` at their ends
    Path,
    /// User agents, with `*` at their ends
    UserAgent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scope {
    /// Load balancers, API gateways and the like, in a region
    Regional,
    /// Distributions of CloudFront
    Cloudfront,
}

const EXAMPLES: &str = "\
Examples:
  floodmark block --with nacl --acl-id acl-0a1b2c3d4e5f60718 --direction outbound 203.0.113.9 --from logs/
  floodmark block --with waf-geo --as terraform TV
  floodmark block --with waf-ip-set --file attackers.txt --expires 24h
  floodmark block --with waf-rate --limit 500 --window 60 --as cloudformation /login
  floodmark block --with waf-match --as json 'user-agent:*sqlmap*'
  floodmark explain logs/ --format json | floodmark block --with waf-ip-set --from-explain - --from logs/
  floodmark block list";

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let folder = settings.home()?.join("blocks");
    if matches!(arguments.action, Some(Action::List)) {
        return applied::list(&folder);
    }
    commands::runtime(settings)?.block_on(async {
        if arguments.undo && arguments.way.is_none() {
            return Box::pin(applied::undo_records(arguments, settings, &folder)).await;
        }
        Box::pin(block(arguments, settings, &folder)).await
    })
}

async fn block(
    arguments: &Arguments,
    settings: &Settings,
    folder: &std::path::Path,
) -> anyhow::Result<()> {
    let choice = Choice::read(arguments, now())?;
    choice.tell();
    let Choice { mut wanted, findings, .. } = choice;
    let present = Box::pin(present(arguments, settings, &wanted)).await?;
    let protected = Protected::of(&settings.who()?)?;
    if let Some(share_max) = arguments.bystanders {
        let cover = protected.cover(&wanted.targets.networks, share_max);
        if cover.bystanders > 0.0 {
            talk(&format!(
                "note: {} networks are merged to {}, of whose addresses {:.1} % are others\n",
                wanted.targets.networks.len(),
                cover.networks.len(),
                cover.bystanders_share() * 100.0
            ));
        }
        wanted.targets.networks = cover.networks;
    }
    let plan = plan::plan(&wanted, &present)?;
    if arguments.undo {
        if settings.apply {
            return Box::pin(applied::undo_plan(arguments, settings, folder, &plan)).await;
        }
        return write(&render::render(&plan.undo(), arguments.form)?);
    }
    let mut refusals = refusals::refusals(&wanted, &protected);
    let is_tested = !arguments.test.from.is_empty();
    if is_tested {
        let subnets = present.network_acl.as_ref().map_or(&[][..], |acl| &acl.subnets);
        let (wanted, protected) = (&wanted, &protected);
        let test = tested::Tested { arguments, settings, wanted, protected, subnets };
        let backtest = Box::pin(test.run(findings.as_ref())).await?;
        refusals.extend(refusals::of_backtest(&backtest, arguments.share_max()));
    }
    for note in &protected.notes {
        talk(&format!("note: {}\n", safe(note)));
    }
    refuse(refusals, &arguments.allow)?;
    if settings.apply {
        if !is_tested {
            talk("warning: the rule was not tested on any logs: `--from PATH` does\n");
        }
        return Box::pin(applied::apply(arguments, settings, folder, &plan)).await;
    }
    write(&render::render(&plan, arguments.form)?)
}

/// What AWS holds now of what the rule goes to. Only a rule that is applied must know it.
async fn present(
    arguments: &Arguments,
    settings: &Settings,
    wanted: &Wanted,
) -> anyhow::Result<Present> {
    let place = &arguments.place;
    let is_named = [&place.acl_id, &place.group_id, &place.web_acl, &place.resource_arn]
        .iter()
        .any(|name| name.is_some());
    if !settings.apply && (!is_named || place.offline) {
        return Ok(Present::default());
    }
    let asked = async {
        let access = applied::access(settings).await?;
        apply::present(&Asker::new(&access, wanted.web_acl.scope), wanted).await
    };
    match Box::pin(asked).await {
        Ok(present) => Ok(present),
        Err(error) if settings.apply || is_missing(&error) => Err(error.into()),
        Err(error) => {
            talk(&format!("note: what AWS holds now is not known: {}\n", safe(&error.to_string())));
            Ok(Present::default())
        }
    }
}

/// Whether AWS answered that something which was named does not exist.
fn is_missing(error: &floodmark_aws::Error) -> bool {
    error.kind() == ErrorKind::NotFound && error.service_code().is_some()
}

/// Ends with an error if there is a reason that is not allowed.
fn refuse(refusals: Vec<Refusal>, allowed: &[Reason]) -> anyhow::Result<()> {
    let (allowed, refused): (Vec<_>, Vec<_>) =
        refusals.into_iter().partition(|refusal| allowed.contains(&refusal.reason));
    for refusal in allowed {
        talk(&format!("warning: {}\n", safe(&refusal.message)));
    }
    let messages: Vec<_> = refused.iter().map(|refusal| refusal.message.as_str()).collect();
    if messages.is_empty() {
        return Ok(());
    }
    let reasons: BTreeSet<_> = refused.iter().map(|refusal| refusal.reason).collect();
    let reasons: Vec<_> = reasons.into_iter().map(Reason::name).collect();
    let message = format!("this rule is refused: {}", messages.join("; "));
    Err(Error::invalid_query(message)
        .hint(format!("if that is meant: `--allow {}`", reasons.join(",")))
        .into())
}

/// Writes the rule on standard output.
fn write(text: &str) -> anyhow::Result<()> {
    let mut output = Output::open(Format::Table, None)?;
    output.text(text)?;
    output.flush()
}

/// The time, in seconds since 1970.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

fn ways() -> impl TypedValueParser<Value = Way> {
    let names = WAYS.iter().map(|facts| PossibleValue::new(facts.name).help(facts.title));
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Way>())
}

fn forms() -> impl TypedValueParser<Value = Form> {
    let names = FORMS.iter().map(|(_, name)| *name);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Form>())
}

fn reasons() -> impl TypedValueParser<Value = Reason> {
    PossibleValuesParser::new(Reason::ALL.map(Reason::name)).map(|name| {
        let reason = Reason::ALL.into_iter().find(|reason| reason.name() == name);
        reason.expect("only names of reasons are possible")
    })
}

/// A share such as `1%` or `0.01`.
fn share(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is no share: write `1%`");
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map_err(|_| wrong())? / 100.0,
        None => text.parse().map_err(|_| wrong())?,
    };
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(wrong()) }
}

impl Arguments {
    /// Which share of others in the logs is accepted.
    fn share_max(&self) -> f64 {
        self.bystanders.unwrap_or(floodmark_investigate::limits::BYSTANDERS_SHARE_MAX)
    }
}

impl Directions {
    fn all(self) -> Vec<Direction> {
        match self {
            Self::Inbound => vec![Direction::Inbound],
            Self::Outbound => vec![Direction::Outbound],
            Self::Both => Direction::ALL.to_vec(),
        }
    }
}
