//! `floodmark whois`: all that is known about addresses.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use floodmark_engine::{Engine, Error, ErrorKind};
use floodmark_formats::time::SECOND;
use floodmark_investigate::traffic::{self, Role, Traffic};
use floodmark_investigate::{Subject, SubjectOptions, Window};
use floodmark_who::card::{self, Card, CardQuestion};
use floodmark_who::dns::Names;
use floodmark_who::{Known, special};

use crate::commands::{self, asked};
use crate::render::columns::{self, Values};
use crate::render::{Format, Output, figures, safe};
use crate::resolving;
use crate::settings::Settings;
use crate::shell::talk;

/// Show all that is known about addresses, in one card each
///
/// Reads what is kept on this machine: the inventory of interfaces, the registries' answers, files of countries and systems, AWS's
/// ranges, threat lists. `--resolve` asks the registries and the DNS; `--from` adds the traffic that the addresses made.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The addresses, or `-` to read them from standard input
    #[arg(value_name = "ADDRESS", required_unless_present = "file")]
    addresses: Vec<String>,

    /// A file with an address in each line, such as the CSV of `top --by client_ip`
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// Whose it was at this time in UTC, such as `2024-10-05T02` [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// Logs in which to look for the traffic of the addresses
    #[arg(long, value_name = "PATH", num_args = 1..)]
    from: Vec<String>,

    /// The log to ask, if several lie there
    #[arg(long, value_name = "NAME", requires = "from")]
    log: Option<String>,

    /// Only traffic of this time in UTC, such as `2024-10-05T02:00/03:00`
    #[arg(long, value_name = "WINDOW", requires = "from")]
    during: Option<String>,

    /// How the answer is written
    #[arg(long, value_name = "FORMAT", env = "FLOODMARK_FORMAT", default_value = "table")]
    format: Format,

    /// Write the answer to a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  floodmark whois 10.0.1.17 198.51.100.7
  floodmark whois 10.0.1.17 --at 2024-10-05T02
  floodmark whois 198.51.100.7 --resolve --from logs/
  floodmark top logs/ --by client_ip --format csv | floodmark whois - --resolve --format csv";

/// How many addresses one command shows.
const CARDS: usize = 10_000;

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let during = arguments.during.as_deref().map(Window::parse).transpose()?;
    let at = arguments.at.as_deref().map(Window::parse).transpose()?;
    // What is asked of a window is asked of its logs too.
    let at = at.or(during).map(|window| window.start.div_euclid(SECOND));
    let addresses = addresses(arguments)?;
    let who = settings.who()?;
    commands::runtime(settings)?.block_on(async {
        let mut names = Names::open(who.folder().unwrap_or(Path::new(".")));
        if let Some(limit) = settings.resolve {
            let asked = &addresses[..addresses.len().min(limit)];
            Box::pin(resolving::resolve(&who, asked, settings)).await?;
            name(&mut names, asked, settings, who.now()).await?;
        }
        let mut cards = Vec::with_capacity(addresses.len());
        for address in &addresses {
            let named = names.find(*address, who.now()).map(Clone::clone);
            let question = CardQuestion { at, names: Some(named) };
            cards.push(card::card(&who, *address, &question).map_err(Error::from)?);
        }
        resolving::tell_troubles(&who);
        let traffic = match arguments.from.is_empty() {
            true => None,
            false => Some(Box::pin(traffic(arguments, settings, &addresses, during)).await?),
        };
        let mut output = Output::open(arguments.format, arguments.output.as_deref())?;
        if arguments.format == Format::Table {
            output.text(&text(&cards, traffic.as_ref()))?;
        } else {
            output.batch(&batch(&cards, traffic.as_ref())?)?;
        }
        output.flush()
    })
}

/// The addresses that are meant, each once, in their order.
fn addresses(arguments: &Arguments) -> anyhow::Result<Vec<IpAddr>> {
    let mut found = Vec::new();
    for text in &arguments.addresses {
        if text == "-" {
            let mut lines = String::new();
            std::io::stdin().read_to_string(&mut lines)?;
            from_lines(&lines, "standard input", &mut found)?;
            continue;
        }
        let address = text.trim().parse::<IpAddr>().map_err(|_| {
            Error::invalid_query(format!("`{text}` is no address")).hint(
                "write one such as `198.51.100.7` or `2001:db8::7`, or `-` for standard input",
            )
        })?;
        found.push(address.to_canonical());
    }
    if let Some(path) = &arguments.file {
        let name = path.display().to_string();
        let lines = std::fs::read_to_string(path).map_err(|error| {
            let kind = match error.kind() {
                std::io::ErrorKind::PermissionDenied => ErrorKind::AccessDenied,
                _ => ErrorKind::NotFound,
            };
            Error::new(kind, format!("cannot read `{name}`: {error}"))
        })?;
        from_lines(&lines, &name, &mut found)?;
    }
    let mut seen = BTreeSet::new();
    found.retain(|address| seen.insert(*address));
    if found.len() > CARDS {
        let message = format!("{} addresses are more than one command shows", found.len());
        return Err(Error::new(ErrorKind::LimitReached, message)
            .hint(format!("ask about {CARDS} at a time"))
            .into());
    }
    Ok(found)
}

/// The first address of each line. What has none is said.
fn from_lines(lines: &str, name: &str, found: &mut Vec<IpAddr>) -> anyhow::Result<()> {
    let before = found.len();
    let mut without = 0_u64;
    for line in lines.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = line.split([',', ';', '\t', ' ', '"', '|']);
        match words.find_map(|word| word.trim().parse::<IpAddr>().ok()) {
            Some(address) => found.push(address.to_canonical()),
            None => without += 1,
        }
    }
    if found.len() == before {
        let message = format!("there is no address in {name}");
        return Err(Error::not_found(message).hint("each line begins with one").into());
    }
    if without > 0 {
        let lines = if without == 1 { "1 line has" } else { &format!("{without} lines have") };
        talk(&format!("note: {lines} no address in {}\n", safe(name)));
    }
    Ok(())
}

/// Asks the DNS for the names of addresses. Where it does not answer is said once.
async fn name(
    names: &mut Names,
    addresses: &[IpAddr],
    settings: &Settings,
    now: i64,
) -> anyhow::Result<()> {
    // What is asked about private addresses is nobody else's business.
    let public = addresses.iter().filter(|address| special::find(**address).is_none());
    let public: Vec<IpAddr> = public.copied().collect();
    let trouble = names.trouble().map(str::to_owned);
    let failed = names.resolve(&public, &settings.dns_options(), now).await;
    let failed = failed.map_err(Error::from)?;
    let mut said: Vec<String> = trouble.into_iter().collect();
    if let Some(first) = failed.first() {
        let more = match failed.len() - 1 {
            0 => String::new(),
            more => format!("; the same for {more} more"),
        };
        said.push(format!("{first}{more}"));
    }
    for said in said {
        talk(&format!("warning: {}\n", safe(&said)));
    }
    Ok(())
}

async fn traffic(
    arguments: &Arguments,
    settings: &Settings,
    addresses: &[IpAddr],
    during: Option<Window>,
) -> anyhow::Result<Traffic> {
    let engine = Engine::new(settings.engine_options())?;
    let session = engine.open(&arguments.from).await?.in_database(&settings.database).await?;
    let options = SubjectOptions { log: arguments.log.as_deref(), condition: None };
    let subject = Subject::open(&session, options).await?;
    let question = traffic::ask(&subject, addresses, during);
    let traffic = asked::answered(&subject, "", settings, question).await?;
    if let Some(counting) = &traffic.counting {
        talk(&format!("note: {}\n", safe(counting)));
    }
    Ok(traffic)
}

/// The cards for people.
fn text(cards: &[Card], traffic: Option<&Traffic>) -> String {
    let mut text = String::new();
    let mut remedies: Vec<(&str, &str)> = Vec::new();
    let titles = cards.iter().flat_map(|card| card.parts.iter().map(|part| part.title.len()));
    let width = titles.max().unwrap_or(0);
    for (at, card) in cards.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        let _ = writeln!(text, "{}", card.address);
        for part in &card.parts {
            let shown = match &part.text {
                Known::Is(told) => told.as_str(),
                Known::Nothing => &part.nothing,
                Known::Unknown => "not known",
            };
            let source = part.source.as_ref().map(|source| format!(" [{source}]"));
            let source = source.unwrap_or_default();
            let _ = writeln!(text, "  {:<width$}  {}{}", part.title, safe(shown), safe(&source));
            let remedy = (part.title, part.remedy);
            if part.text.is_unknown() && !remedies.contains(&remedy) {
                remedies.push(remedy);
            }
        }
        if let Some(traffic) = traffic {
            let roles = traffic.roles.get(&card.address).map(Vec::as_slice).unwrap_or_default();
            if roles.is_empty() {
                let _ = writeln!(text, "  {:<width$}  none in these logs", "traffic");
            }
            for role in roles {
                let _ = writeln!(text, "  {:<width$}  {}", "traffic", safe(&in_words(role)));
                for values in &role.values {
                    let listed = values.values.iter().map(|(value, records)| {
                        format!("{value} ({})", figures::amount(Some(*records), ""))
                    });
                    let listed: Vec<String> = listed.collect();
                    let listed = format!("{}: {}", values.column, listed.join(", "));
                    let _ = writeln!(text, "  {:<width$}    {}", "", safe(&listed));
                }
            }
        }
    }
    if !remedies.is_empty() {
        text.push('\n');
        for (title, remedy) in remedies {
            let _ = writeln!(text, "not known, {title}: {remedy}");
        }
    }
    text
}

/// What a log shows of an address in one column, in a line.
fn in_words(role: &Role) -> String {
    let amounts = role.amounts.iter().map(|amount| {
        let written = figures::amount(Some(amount.amount), &amount.unit);
        format!("{written} {}", amount.measure)
    });
    let amounts: Vec<String> = amounts.collect();
    let time = match (&role.first, &role.last) {
        (Some(first), Some(last)) => format!(", {first} to {last}"),
        _ => String::new(),
    };
    format!("as {}: {}{time}", role.column, amounts.join(", "))
}

/// The cards for programs: a row an address.
fn batch(
    cards: &[Card],
    traffic: Option<&Traffic>,
) -> anyhow::Result<datafusion::arrow::array::RecordBatch> {
    let addresses = cards.iter().map(|card| Some(card.address.to_string()));
    let mut columns = vec![("address".to_owned(), Values::Text(addresses.collect()))];
    let first = cards.first().map(|card| card.parts.as_slice()).unwrap_or_default();
    for (part, told) in first.iter().enumerate() {
        for (column, (name, _)) in told.values.iter().enumerate() {
            let values = cards.iter().map(|card| card.parts[part].values[column].1.clone());
            columns.push(((*name).to_owned(), Values::Text(values.collect())));
        }
    }
    if let Some(traffic) = traffic {
        // The column in which the address is most often.
        let roles: Vec<Option<&Role>> =
            cards.iter().map(|card| traffic.roles.get(&card.address)?.first()).collect();
        let text = |tell: &dyn Fn(&Role) -> Option<String>| {
            Values::Text(roles.iter().map(|role| role.and_then(tell)).collect())
        };
        columns.push(("traffic_as".to_owned(), text(&|role| Some(role.column.clone()))));
        columns.push(("traffic_first".to_owned(), text(&|role| role.first.clone())));
        columns.push(("traffic_last".to_owned(), text(&|role| role.last.clone())));
        for (at, name) in ["traffic_records", "traffic_bytes"].into_iter().enumerate() {
            let amounts = roles
                .iter()
                .map(|role| role.and_then(|role| role.amounts.get(at)).map(|amount| amount.amount));
            columns.push((name.to_owned(), Values::amounts(amounts.collect(), true)));
        }
    }
    columns::batch(columns)
}
