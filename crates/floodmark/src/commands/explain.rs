//! `floodmark explain`: where a change in traffic comes from.

use std::fmt::Write;

use clap::Args;
use floodmark_investigate::explain::answer::{
    Answer, Contributor, Direction, Explanation, MeasureMoved, Quiet,
};
use floodmark_investigate::explain::text::{amount, factor, number, percent, subject};
use floodmark_investigate::explain::{self, ExplainQuestion};
use floodmark_investigate::limits::{CONTRIBUTORS_MAX, EARLIER_WINDOWS_MAX};
use floodmark_investigate::{Before, Window};

use crate::commands::asked::{self, Asked};
use crate::render::aligned::{Aligned, wrapped};
use crate::render::columns::{self, Values};
use crate::render::{Format, Output, figures, safe};
use crate::settings::Settings;

/// Find out where a change in traffic comes from
///
/// Compares a window of time with the time before, looks through all columns, their combinations and hierarchies (networks of addresses,
/// paths, families of user agents, classes of statuses, parents of domains), and gives the few contributors that carry the change, each
/// counted again by an exact query. Without `--during` it looks for spikes and dips itself, and explains the largest.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    asked: Asked,

    /// The time in UTC that is explained, such as `2024-10-05T02:00/03:00` [default: the largest spike or dip]
    #[arg(long, value_name = "WINDOW")]
    during: Option<String>,

    /// What it is compared with: a window, `previous-day` or `previous-week`; several windows count together [default: as long just
    /// before]
    #[arg(long, value_name = "WINDOW")]
    before: Vec<String>,

    /// What is explained: one of the log's measures by name, or an aggregate in SQL [default: the one that moved]
    #[arg(long, value_name = "MEASURE")]
    measure: Option<String>,

    /// How many earlier windows are read too, where the logs hold them, to learn how much values vary by themselves
    #[arg(long, value_name = "NUMBER", default_value_t = EARLIER_WINDOWS_MAX as u8,
        value_parser = clap::value_parser!(u8).range(..=20))]
    earlier: u8,

    /// How many contributors are shown at most
    #[arg(long, value_name = "NUMBER", default_value_t = CONTRIBUTORS_MAX as u8,
        value_parser = clap::value_parser!(u8).range(1..))]
    limit: u8,
}

const EXAMPLES: &str = "\
Examples:
  floodmark explain logs/
  floodmark explain logs/ --during 2024-10-05T02:00/03:00 --before previous-day --where 'target_port = 443'
  floodmark explain logs/ --during 2024-10-05T02:00/03:00 --measure sent_bytes --format json";

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let before = Before::parse(&arguments.before)?;
    let question = ExplainQuestion {
        during: arguments.during.as_deref().map(Window::parse).transpose()?,
        before: (!arguments.before.is_empty()).then_some(before),
        measure: arguments.measure.clone(),
        earlier_max: arguments.earlier.into(),
        contributors_max: arguments.limit.into(),
    };
    let asked = &arguments.asked;
    asked.run_in(Format::Table, settings, async |subject, output| {
        let work = explain::explain(subject, &question);
        let mut answer = asked::answered(subject, "", settings, work).await?;
        if let Answer::Explained(explained) = &mut answer
            && asked::resolved(subject, settings, explained.values()).await?
        {
            explain::name(subject, explained);
        }
        write(&answer, asked.format_or(Format::Table), asked.sql, output)
    })
}

/// Writes an answer in a format: for people, as JSON, or the contributors as rows.
pub(crate) fn write(
    answer: &Answer,
    format: Format,
    sql: bool,
    output: &mut Output,
) -> anyhow::Result<()> {
    match (format, answer) {
        (Format::Json | Format::Ndjson, _) => {
            let json = match format {
                Format::Json => serde_json::to_string_pretty(answer)?,
                _ => serde_json::to_string(answer)?,
            };
            output.text(&format!("{json}\n"))
        }
        (Format::Table, Answer::Quiet(quiet)) => output.text(&quiet_text(quiet)),
        (Format::Table, Answer::Explained(answer)) => output.text(&text(answer, sql)),
        (_, Answer::Quiet(_)) => output.batch(&columns::batch(rows(&[]))?),
        (_, Answer::Explained(answer)) => {
            output.batch(&columns::batch(rows(&answer.contributors))?)
        }
    }
}

/// The contributors as columns, a row each.
fn rows(contributors: &[Contributor]) -> Vec<(String, Values)> {
    let text = |of: &dyn Fn(&Contributor) -> String| {
        Values::Text(contributors.iter().map(|one| Some(of(one))).collect())
    };
    let figure = |of: &dyn Fn(&Contributor) -> Option<f64>| {
        Values::Number(contributors.iter().map(of).collect())
    };
    let columns = [
        ("contributor", text(&|one| subject(one))),
        ("direction", text(&|one| direction(one).to_owned())),
        ("metric_control", figure(&|one| Some(one.change.before))),
        ("metric_test", figure(&|one| Some(one.change.during))),
        ("difference", figure(&|one| Some(one.change.difference))),
        ("relative_difference", figure(&|one| one.relative_difference)),
        ("expected_metric_test", figure(&|one| one.expected_metric_test)),
        ("unexpected_difference", figure(&|one| one.unexpected_difference)),
        ("relative_unexpected_difference", figure(&|one| one.relative_unexpected_difference)),
        ("apriori_support", figure(&|one| one.apriori_support)),
        ("contribution", figure(&|one| Some(one.contribution))),
        ("share", figure(&|one| one.share)),
        ("gain", figure(&|one| Some(one.gain))),
        ("condition", text(&|one| one.condition.clone())),
        ("sql", text(&|one| one.sql.clone())),
    ];
    columns.into_iter().map(|(name, values)| (name.to_owned(), values)).collect()
}

fn direction(contributor: &Contributor) -> &'static str {
    match contributor.direction {
        Direction::Up => "up",
        Direction::Down => "down",
    }
}

fn quiet_text(quiet: &Quiet) -> String {
    format!("{}\n", wrapped(&quiet.sentence, 0))
}

/// The answer for people.
fn text(answer: &Explanation, sql: bool) -> String {
    let mut text = String::new();
    spikes(&mut text, answer);
    let before: Vec<_> = answer.before.iter().map(|window| figures::window(*window)).collect();
    let _ = writeln!(
        text,
        "{} during {} against {}\n",
        answer.measure.title,
        figures::window(answer.during),
        before.join(" and "),
    );
    let _ = writeln!(text, "{}", wrapped(&answer.sentence, 0));
    if !answer.contributors.is_empty() {
        let _ = writeln!(text, "\n{}", table(answer));
    }
    for (at, contributor) in answer.contributors.iter().enumerate() {
        details(&mut text, at + 1, contributor, answer, sql);
    }
    if !answer.unchanged.is_empty() {
        let unchanged = answer.unchanged.iter().map(|one| {
            let (was, is) = (one.change.before_scaled, one.change.during);
            let unit = &answer.amount_unit;
            format!("{} {} ({} and {})", one.column, one.value, amount(was, unit), amount(is, unit))
        });
        let line = format!("as before: {}", unchanged.collect::<Vec<_>>().join("; "));
        let _ = writeln!(text, "{}", wrapped(&line, 2));
    }
    let moved: Vec<_> = answer.measures.iter().filter(|measure| measure.moved).map(moved).collect();
    if !moved.is_empty() {
        let line = format!("also moved: {}", moved.join("; "));
        let _ = writeln!(text, "{}", wrapped(&line, 2));
    }
    for note in &answer.notes {
        let _ = writeln!(text, "{}", wrapped(&format!("note: {note}"), 2));
    }
    text
}

fn spikes(text: &mut String, answer: &Explanation) {
    for (at, spike) in answer.spikes.iter().enumerate() {
        let _ = writeln!(
            text,
            "{} {}: {}, {} where {} were to be expected{}",
            if spike.is_dip { "dip" } else { "spike" },
            figures::window(spike.window),
            spike.title,
            amount(spike.amount, &spike.unit),
            amount(spike.expected.round(), &spike.unit),
            if at == 0 { " (explained here)" } else { "" },
        );
    }
    if !answer.spikes.is_empty() {
        text.push('\n');
    }
}

/// The contributors, what remains, and the total.
fn table(answer: &Explanation) -> String {
    let names = ["", "contributor", "before", "during", "change", "share", ""];
    let mut aligned = Aligned::new(2, names.map(str::to_owned).to_vec());
    let unit = &answer.amount_unit;
    for (at, one) in answer.contributors.iter().enumerate() {
        let values = vec![
            (at + 1).to_string(),
            subject(one),
            amount(one.change.before, unit),
            amount(one.change.during, unit),
            factor(one.change.ratio),
            one.share.map_or_else(String::new, percent),
        ];
        aligned.line(values, one.share.map(|share| share.clamp(0.0, 1.0)));
    }
    // The total of a percentile is one, where parts are shares of rows.
    let all =
        [("(all others)", &answer.rest, unit), ("(all)", &answer.total, &answer.measure.unit)];
    for (name, change, unit) in all {
        let values = vec![
            String::new(),
            name.to_owned(),
            amount(change.before, unit),
            amount(change.during, unit),
            factor(change.ratio),
        ];
        aligned.line(values, None);
    }
    aligned.text()
}

/// What is known of one contributor.
fn details(text: &mut String, at: usize, one: &Contributor, answer: &Explanation, sql: bool) {
    let unit = &answer.amount_unit;
    let _ = writeln!(text, "{}", wrapped(&format!("{at}. {}", subject(one)), 3));
    let values = one.conditions.iter().flat_map(|condition| &condition.values);
    let named = values.filter_map(|value| Some((value, answer.names.get(value)?)));
    for (value, name) in named.take(NAMES_SHOWN) {
        let _ = writeln!(text, "{}", wrapped(&format!("   {value} is {name}"), 5));
    }
    for common in &one.also {
        let line = format!(
            "   {} have {} {}",
            percent(common.coverage),
            common.column,
            common.values.join(" or ")
        );
        let _ = writeln!(text, "{}", wrapped(&line, 5));
    }
    for peculiar in &one.peculiar {
        let line = format!(
            "   {}: {}, all others {}",
            peculiar.title.to_lowercase(),
            amount(peculiar.value, &peculiar.unit),
            amount(peculiar.others, &peculiar.unit)
        );
        let _ = writeln!(text, "{}", wrapped(&line, 5));
    }
    if let Some(clients) = &one.clients {
        let _ = writeln!(
            text,
            "   clients: {} before, {} during; {} new, {} vanished",
            number(clients.before as f64),
            number(clients.during as f64),
            number(clients.new as f64),
            number(clients.vanished as f64),
        );
        if clients.before.max(clients.during) > 1 {
            for client in clients.busiest.iter().take(CLIENTS_SHOWN) {
                let name = client.client.as_deref().unwrap_or("NULL");
                let _ = writeln!(
                    text,
                    "     {:<39} {} → {}{}",
                    safe(name),
                    amount(client.before, unit),
                    amount(client.during, unit),
                    answer
                        .names
                        .get(name)
                        .map(|name| format!(" · {}", safe(name)))
                        .unwrap_or_default()
                );
            }
        }
    }
    if let Some(unexpected) = one.unexpected_difference {
        let line = format!(
            "   unexpected: {} (it would be {} if it had changed as all others did)",
            amount(unexpected, unit),
            amount(one.expected_metric_test.unwrap_or(0.0), unit)
        );
        let _ = writeln!(text, "{}", wrapped(&line, 5));
    }
    for note in &one.notes {
        let _ = writeln!(text, "{}", wrapped(&format!("   note: {note}"), 5));
    }
    if sql {
        let _ = writeln!(text, "   proof:");
        for line in one.sql.lines() {
            let _ = writeln!(text, "     {}", safe(line));
        }
    }
    text.push('\n');
}

/// How many named addresses of a contributor are shown to people.
const NAMES_SHOWN: usize = 5;

/// How many clients of a contributor are shown to people.
const CLIENTS_SHOWN: usize = 5;

fn moved(measure: &MeasureMoved) -> String {
    let value = |value: Option<f64>| {
        value.map_or_else(|| "none".to_owned(), |value| amount(value, &measure.unit))
    };
    format!(
        "{} {} ({} to {})",
        measure.title,
        factor(measure.ratio),
        value(measure.before),
        value(measure.during)
    )
}
