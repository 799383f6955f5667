//! `floodmark top`: the largest groups of rows.

use clap::Args;
use floodmark_investigate::Window;
use floodmark_investigate::top::{self, Top, TopQuestion};

use crate::commands::asked::{self, Asked, Records};
use crate::render::aligned::Aligned;
use crate::render::columns::{self, Values};
use crate::render::{Format, Output, figures};
use crate::report_text::count;
use crate::settings::Settings;

/// Show the largest groups: top talkers, top paths, top errors
///
/// Groups rows by columns, by the log's further dimensions (`floodmark describe LOG` lists both) or by expressions in SQL, and shows the
/// largest groups with their share of all, and what the others are together.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    asked: Asked,

    #[command(flatten)]
    records: Records,

    /// What to group by: columns or expressions, separated by commas. May be repeated
    #[arg(long, value_name = "COLUMN", required = true)]
    by: Vec<String>,

    /// What is measured: one of the log's measures by name, or an aggregate in SQL [default: the count of records]
    #[arg(long, value_name = "MEASURE")]
    measure: Option<String>,

    /// Only rows of this time in UTC, such as `2024-10-05T02:00/03:00`
    #[arg(long, value_name = "WINDOW")]
    during: Option<String>,

    /// How many groups are shown
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: usize,
}

const EXAMPLES: &str = "\
Examples:
  floodmark top logs/ --by client_ip
  floodmark top logs/ --by domain_name,tls_protocol_version --measure 'sum(sent_bytes)' --during 2024-10-05T02:00/03:00
  floodmark top s3://my-logs/AWSLogs/ --log vpc_flow --by srcaddr --where \"action = 'REJECT'\" --format csv";

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let during = arguments.during.as_deref().map(Window::parse).transpose()?;
    let question = TopQuestion {
        by: &arguments.by,
        measure: arguments.measure.as_deref(),
        during,
        limit: arguments.limit,
    };
    let asked = &arguments.asked;
    let windows: Vec<Window> = during.into_iter().collect();
    asked.run(settings, &arguments.records, &windows, async |subject, output| {
        let plan = top::plan(subject, &question)?;
        if asked.sql {
            return asked::print_sql(&plan.sql);
        }
        let mut answer =
            asked::answered(subject, &plan.sql, settings, top::ask(subject, &plan)).await?;
        if settings.resolve.is_some() {
            let limit = settings.resolve.unwrap_or_default();
            let of_groups = top::addresses_of_registry(subject, &plan, limit).await?;
            let shown = of_groups.iter().map(String::as_str).chain(answer.addresses());
            if asked::resolved(subject, settings, shown).await? {
                answer = top::ask(subject, &plan).await?;
            }
        }
        if answer.rows.is_empty() && answer.others.is_none() {
            asked.tell_nothing(subject, &windows).await?;
        }
        write(&answer, asked.format(), output)
    })
}

fn write(top: &Top, format: Format, output: &mut Output) -> anyhow::Result<()> {
    if format == Format::Table { output.text(&text(top)) } else { output.batch(&batch(top)?) }
}

fn batch(top: &Top) -> anyhow::Result<datafusion::arrow::array::RecordBatch> {
    let others = top.others;
    let shown = top.rows.len();
    let rank = (1..=shown as i64).map(Some).chain(others.map(|_| None));
    let mut columns = vec![("rank".to_owned(), Values::Whole(rank.collect()))];
    for (at, name) in top.by.iter().enumerate() {
        let values = top.rows.iter().map(|row| row.values[at].clone()).chain(others.map(|_| None));
        columns.push((name.clone(), Values::Text(values.collect())));
        if top.is_address[at] {
            let values = top.rows.iter().map(|row| row.values[at].as_deref());
            let names = values.map(|value| Some(top.names.get(value?)?.to_owned()));
            let names = names.chain(others.map(|_| None)).collect();
            columns.push((format!("{name}_name"), Values::Text(names)));
        }
    }
    let amounts = top.rows.iter().map(|row| row.amount).chain(others.map(|others| others.amount));
    columns.push((top.measure.name.clone(), Values::amounts(amounts.collect(), top.is_whole)));
    let shares = top.rows.iter().map(|row| row.share).chain(others.map(|others| others.share));
    columns.push(("share".to_owned(), Values::Number(shares.collect())));
    let whole = others.map(|_| top.whole.filter(|whole| *whole > 0.0).map(|_| 1.0));
    let running = top.rows.iter().map(|row| row.running_share).chain(whole);
    columns.push(("running_share".to_owned(), Values::Number(running.collect())));
    let groups =
        top.rows.iter().map(|_| Some(1)).chain(others.map(|others| Some(others.groups as i64)));
    columns.push(("groups".to_owned(), Values::Whole(groups.collect())));
    columns::batch(columns)
}

fn text(top: &Top) -> String {
    let unit = top.measure.unit.as_str();
    let mut names = top.by.clone();
    names.push(top.measure.name.clone());
    if top.measure.is_additive {
        names.extend(["share".to_owned(), "running".to_owned()]);
    }
    let mut aligned = Aligned::new(top.by.len(), names);
    let most = top.rows.iter().filter_map(|row| row.amount).fold(0.0, f64::max);
    for row in &top.rows {
        let mut values = figures::named(&row.values, &top.names);
        values.push(figures::amount(row.amount, unit));
        if top.measure.is_additive {
            values.extend([figures::percent(row.share), figures::percent(row.running_share)]);
        }
        aligned.line(values, row.amount.filter(|_| most > 0.0).map(|amount| amount / most));
    }
    let mut last = |name: String, amount: Option<f64>, shares: [Option<f64>; 2]| {
        let mut values = vec![name];
        values.resize(top.by.len(), String::new());
        values.push(figures::amount(amount, unit));
        if top.measure.is_additive {
            values.extend(shares.map(figures::percent));
        }
        aligned.line(values, None);
    };
    if let Some(others) = top.others {
        let name = format!("({} others)", count(others.groups));
        last(name, others.amount, [others.share, Some(1.0)]);
    }
    if let Some(whole) = top.whole.filter(|_| !top.rows.is_empty()) {
        last("(all)".to_owned(), Some(whole), [Some(1.0), None]);
    }
    aligned.text()
}
