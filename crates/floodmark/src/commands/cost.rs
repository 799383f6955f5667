//! `floodmark cost`: what the traffic in flow logs costs.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use floodmark_investigate::Window;
use floodmark_investigate::cost::answer::{Cost, Row, Section};
use floodmark_investigate::cost::text::{hours, money};
use floodmark_investigate::cost::{self, CostQuestion};
use floodmark_investigate::explain::text::{amount, percent};

use crate::commands::asked::{self, Asked};
use crate::render::aligned::{Aligned, wrapped};
use crate::render::columns::{self, Values};
use crate::render::{Format, Output, safe};
use crate::report_text::count;
use crate::settings::Settings;

/// Reckon what the traffic in VPC flow logs costs, and what would save
///
/// Counts what passes NAT gateways by host inside and by network outside, each packet once; what of it goes to S3, DynamoDB and other AWS
/// services, which endpoints would carry for less; what crosses availability zones; and what goes to the internet. Prices are a dated list,
/// and can be set.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, mut_arg("sql", |argument| argument.help(SQL_HELP)))]
pub(crate) struct Arguments {
    #[command(flatten)]
    asked: Asked,

    /// Only records of this time in UTC, such as `2024-10-05T02:00/03:00`
    #[arg(long, value_name = "WINDOW")]
    during: Option<String>,

    /// A NAT gateway, by its interface, address or id. May be repeated [default: those that the logs, the inventory or their traffic
    /// tell]
    #[arg(long, value_name = "GATEWAY")]
    nat: Vec<String>,

    /// The region whose prices are taken [default: that of the logs]
    #[arg(long, value_name = "REGION")]
    price_region: Option<String>,

    /// A price in US dollars, such as `nat-gb=0.045`. May be repeated
    #[arg(long, value_name = "NAME=AMOUNT")]
    price: Vec<String>,

    /// A file of prices, a line such as `nat-gb = 0.045` each
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,

    /// How many rows of each table are shown
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    limit: usize,
}

/// Which statements there are is known only when the logs have told their gateways and fields, so this command asks in any case.
const SQL_HELP: &str =
    "Show below each table the SQL that counted it; the logs are asked all the same";

const EXAMPLES: &str = "\
Examples:
  floodmark cost logs/
  floodmark cost logs/ --during 2024-10-05 --nat 10.0.0.220 --price nat-gb=0.038
  floodmark cost s3://my-logs/AWSLogs/ --log vpc_flow --limit 25 --format json";

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let question = CostQuestion {
        during: arguments.during.as_deref().map(Window::parse).transpose()?,
        gateways: arguments.nat.clone(),
        region: arguments.price_region.clone(),
        price_file: arguments.prices.as_deref().map(read).transpose()?,
        prices: arguments.price.clone(),
        limit: arguments.limit,
        outside: settings.resolve.unwrap_or_default(),
    };
    let asked = &arguments.asked;
    asked.run_in(Format::Table, settings, async |subject, output| {
        let work = cost::cost(subject, &question);
        let mut answer = asked::answered(subject, "", settings, work).await?;
        let outside = answer.largest_outside.iter().map(String::as_str);
        if asked::resolved(subject, settings, outside).await? {
            answer = cost::cost(subject, &question).await?;
        }
        if answer.records == 0 {
            let windows: Vec<_> = question.during.into_iter().collect();
            asked.tell_nothing(subject, &windows).await?;
        }
        write(&answer, asked.format_or(Format::Table), asked.sql, output)
    })
}

/// A file of prices.
fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the prices in `{}`", path.display()))
}

fn write(cost: &Cost, format: Format, sql: bool, output: &mut Output) -> anyhow::Result<()> {
    match format {
        Format::Table => output.text(&text(cost, sql)),
        Format::Json => output.text(&format!("{}\n", serde_json::to_string_pretty(cost)?)),
        Format::Ndjson => output.text(&format!("{}\n", serde_json::to_string(cost)?)),
        _ => output.batch(&columns::batch(rows(cost))?),
    }
}

/// A line of all tables as one.
struct Line<'a> {
    section: &'a str,
    item: Option<&'a str>,
    row: Option<(&'a Section, &'a Row)>,
    bytes: Option<f64>,
    hours: Option<f64>,
    usd: f64,
    usd_a_month: Option<f64>,
}

/// What is paid for, what would save, and all tables as one, with the columns of all of them.
fn rows(cost: &Cost) -> Vec<(String, Values)> {
    let bill = cost.bill.iter().map(|charge| {
        let is_bytes = charge.unit == "bytes";
        Line {
            section: "bill",
            item: Some(charge.title),
            row: None,
            bytes: is_bytes.then_some(charge.quantity),
            hours: (!is_bytes).then_some(charge.quantity),
            usd: charge.usd,
            usd_a_month: charge.usd_a_month,
        }
    });
    let savings = cost.savings.iter().map(|saving| Line {
        section: "savings",
        item: Some(&saving.advice),
        row: None,
        bytes: Some(saving.bytes),
        hours: None,
        usd: saving.usd,
        usd_a_month: saving.usd_a_month,
    });
    let tables = (cost.sections.iter())
        .flat_map(|section| section.rows.iter().map(move |row| (section, row)))
        .map(|(section, row)| Line {
            section: section.name,
            item: row.advice.as_deref(),
            row: Some((section, row)),
            bytes: Some(row.bytes),
            hours: None,
            usd: row.usd,
            usd_a_month: row.usd_a_month,
        });
    let lines: Vec<_> = bill.chain(savings).chain(tables).collect();
    let text =
        |of: &dyn Fn(&Line<'_>) -> Option<String>| Values::Text(lines.iter().map(of).collect());
    let figure =
        |of: &dyn Fn(&Line<'_>) -> Option<f64>| Values::Number(lines.iter().map(of).collect());
    let mut columns = vec![
        ("section", text(&|line| Some(line.section.to_owned()))),
        ("item", text(&|line| line.item.map(str::to_owned))),
    ];
    let mut names: Vec<&str> = Vec::new();
    for name in cost.sections.iter().flat_map(|section| &section.by) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    for name in names {
        let value = |line: &Line<'_>| {
            let (section, row) = line.row?;
            let column = section.by.iter().position(|by| *by == name)?;
            row.values.get(column).cloned().flatten()
        };
        columns.push((name, text(&value)));
    }
    columns.extend([
        ("bytes_out", figure(&|line| line.row.map(|(_, row)| row.bytes_out))),
        ("bytes_in", figure(&|line| line.row.map(|(_, row)| row.bytes_in))),
        ("bytes", figure(&|line| line.bytes)),
        ("hours", figure(&|line| line.hours)),
        ("share", figure(&|line| line.row.and_then(|(_, row)| row.share))),
        ("usd", figure(&|line| Some(line.usd))),
        ("usd_a_month", figure(&|line| line.usd_a_month)),
    ]);
    columns.into_iter().map(|(name, values)| (name.to_owned(), values)).collect()
}

/// The answer for people.
fn text(cost: &Cost, sql: bool) -> String {
    let mut text = format!("{}\n", wrapped(&cost.sentence, 0));
    if let (Some(start), Some(end)) = (&cost.start, &cost.end) {
        let _ = writeln!(text, "\n{} to {}, {}", safe(start), safe(end), hours(cost.hours));
    }
    if !cost.bill.is_empty() {
        let _ = writeln!(text, "\n{}", bill(cost).trim_end());
    }
    for (at, saving) in cost.savings.iter().enumerate() {
        let line = format!(
            "{} {} ({}): {}{}",
            if at == 0 { "what would save:" } else { "                " },
            saving.advice,
            amount(saving.bytes, "bytes"),
            money(saving.usd),
            month(saving.usd_a_month),
        );
        let begin = if at == 0 { "\n" } else { "" };
        let _ = writeln!(text, "{begin}{}", wrapped(&line, 17));
    }
    for section in &cost.sections {
        let _ = writeln!(text, "\n{}\n{}", section.title, table(section).trim_end());
        if sql {
            for line in section.sql.lines() {
                let _ = writeln!(text, "    {}", safe(line));
            }
        }
    }
    if !cost.notes.is_empty() {
        text.push('\n');
    }
    for note in &cost.notes {
        let _ = writeln!(text, "{}", wrapped(&format!("note: {note}"), 2));
    }
    text
}

fn month(usd: Option<f64>) -> String {
    usd.map_or_else(String::new, |usd| format!(", {} in 30 days", money(usd)))
}

/// What is paid for.
fn bill(cost: &Cost) -> String {
    let names = ["what is paid for", "", "in this time", "in 30 days"];
    let mut aligned = Aligned::new(1, names.map(str::to_owned).to_vec());
    let most = cost.bill.iter().map(|charge| charge.usd).fold(0.0, f64::max);
    for charge in &cost.bill {
        let quantity = match charge.unit {
            "hours" => hours(charge.quantity),
            unit => amount(charge.quantity, unit),
        };
        let values = vec![
            charge.title.to_owned(),
            quantity,
            money(charge.usd),
            charge.usd_a_month.map_or_else(|| "-".to_owned(), money),
        ];
        aligned.line(values, (most > 0.0).then(|| charge.usd / most));
    }
    let total = |of: fn(&cost::answer::Charge) -> Option<f64>| {
        cost.bill.iter().map(of).sum::<Option<f64>>()
    };
    let values = vec![
        "(all)".to_owned(),
        String::new(),
        total(|charge| Some(charge.usd)).map_or_else(String::new, money),
        total(|charge| charge.usd_a_month).map_or_else(|| "-".to_owned(), money),
    ];
    aligned.line(values, None);
    aligned.text()
}

/// The rows of a table. A column that says nothing in any row is left out.
fn table(section: &Section) -> String {
    let is_told = |column: usize| {
        column == 0
            || section.rows.iter().any(|row| row.values.get(column).is_some_and(Option::is_some))
    };
    let columns: Vec<_> = (0..section.by.len()).filter(|column| is_told(*column)).collect();
    let has_ways = section.rows.iter().any(|row| row.bytes_in > 0.0);
    let mut names: Vec<_> =
        columns.iter().map(|column| section.by[*column].replace('_', " ")).collect();
    if has_ways {
        names.extend(["out", "in"].map(str::to_owned));
    }
    names.extend(["bytes", "share", "cost", "in 30 days"].map(str::to_owned));
    let mut aligned = Aligned::new(columns.len(), names);
    let bytes = |bytes: f64| amount(bytes, "bytes");
    for row in &section.rows {
        let value = |column: &usize| {
            let value = row.values.get(*column).cloned().flatten();
            value.unwrap_or_else(|| if *column == 0 { "(not known)" } else { "" }.to_owned())
        };
        let mut values: Vec<_> = columns.iter().map(value).collect();
        if has_ways {
            values.extend([bytes(row.bytes_out), bytes(row.bytes_in)]);
        }
        values.extend([
            bytes(row.bytes),
            row.share.map_or_else(String::new, percent),
            money(row.usd),
            row.usd_a_month.map_or_else(|| "-".to_owned(), money),
        ]);
        aligned.line(values, row.share);
    }
    if let Some(others) = section.others {
        let mut values = vec![format!("({} others)", count(others.rows))];
        values.resize(columns.len() + if has_ways { 2 } else { 0 }, String::new());
        let share = (section.bytes > 0.0).then(|| percent(others.bytes / section.bytes));
        values.extend([bytes(others.bytes), share.unwrap_or_default(), money(others.usd)]);
        aligned.line(values, None);
    }
    aligned.text()
}
