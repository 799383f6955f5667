//! `floodmark timeline`: a measure over time, with its spikes.

use clap::Args;
use floodmark_engine::Error;
use floodmark_formats::time::{Micros, iso};
use floodmark_investigate::timeline::{self, Course, Line, TimelineQuestion};
use floodmark_investigate::{Spike, Window, window};

use crate::commands::asked::{self, Asked, Records};
use crate::render::aligned::{Aligned, short};
use crate::render::chart::{self, Buckets};
use crate::render::columns::{self, Values};
use crate::render::{Format, figures};
use crate::report_text::things;
use crate::settings::Settings;

/// Draw a measure over time, and find its spikes and dips
///
/// With `--by`, the largest values of a column have a line each. Each bucket counts what began in it.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    asked: Asked,

    #[command(flatten)]
    records: Records,

    /// A column or expression whose five largest values have a line each
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,

    /// The length of a bucket, such as `10s`, `1m` or `1h`; `auto` chooses one
    #[arg(long, value_name = "LENGTH", default_value = "auto")]
    every: String,

    /// What is measured: one of the log's measures by name, or an aggregate in SQL [default: the count of records]
    #[arg(long, value_name = "MEASURE")]
    measure: Option<String>,

    /// Only rows of this time in UTC, such as `2024-10-05T02:00/03:00`
    #[arg(long, value_name = "WINDOW")]
    during: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  floodmark timeline logs/
  floodmark timeline logs/ --by client_ip --every 5m --measure sent_bytes
  floodmark timeline logs/ --during 2024-10-05T02:00/03:00 --every 10s --format csv";

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let during = arguments.during.as_deref().map(Window::parse).transpose()?;
    let question = TimelineQuestion {
        by: arguments.by.as_deref(),
        measure: arguments.measure.as_deref(),
        during,
        every: every(&arguments.every)?,
    };
    let asked = &arguments.asked;
    let windows: Vec<Window> = during.into_iter().collect();
    asked.run(settings, &arguments.records, &windows, async |subject, output| {
        let plan = timeline::plan(subject, &question).await?;
        if asked.sql {
            return asked::print_sql(&plan.sql);
        }
        let answer =
            asked::answered(subject, &plan.sql, settings, timeline::ask(subject, &plan)).await?;
        let Some(course) = answer else {
            asked.tell_nothing(subject, &windows).await?;
            return Ok(());
        };
        if asked.format() == Format::Table {
            output.text(&text(&course, asked))
        } else {
            output.batch(&batch(&course)?)
        }
    })
}

fn every(text: &str) -> Result<Option<Micros>, Error> {
    if text == "auto" {
        return Ok(None);
    }
    window::length(text).map(Some).ok_or_else(|| {
        Error::invalid_query(format!("`{text}` is no length of time"))
            .hint("write it as `10s`, `1m`, `1h` or `1d`, or leave it to `auto`")
    })
}

/// A row a bucket, and where there are several lines, a row a line and bucket.
fn batch(course: &Course) -> anyhow::Result<datafusion::arrow::array::RecordBatch> {
    let (mut starts, mut values, mut amounts) = (Vec::new(), Vec::new(), Vec::new());
    for line in &course.lines {
        for (at, amount) in line.amounts.iter().enumerate() {
            starts.push(Some(iso(course.start + course.bucket * i64::try_from(at)?)));
            values.push(line.value.clone());
            amounts.push(*amount);
        }
    }
    let mut all = vec![("bucket".to_owned(), Values::Text(starts))];
    if let Some(by) = &course.by {
        all.push((by.clone(), Values::Text(values)));
    }
    all.push((course.measure.name.clone(), Values::amounts(amounts, course.is_whole)));
    columns::batch(all)
}

fn text(course: &Course, asked: &Asked) -> String {
    let buckets = course.lines.first().map_or(0, |line| line.amounts.len());
    let end = course.start + course.bucket * i64::try_from(buckets).unwrap_or(0);
    let shown = Window { start: course.start, end };
    let mut text = format!(
        "{} per {}, {}\n\n",
        course.measure.title,
        length(course.bucket),
        figures::window(shown)
    );
    if course.by.is_some() {
        text.push_str(&lines(course));
    } else if let Some(line) = course.lines.first() {
        let marked = |at: usize| {
            let start = course.start + course.bucket * i64::try_from(at).unwrap_or(0);
            course.spikes.iter().any(|spike| spike.window.contains(start))
        };
        text.push_str(&chart::chart(&of(course, line), marked));
    }
    for spike in &course.spikes {
        text.push_str(&format!("\n{}\n", sentence(course, spike)));
    }
    if let Some(largest) = course.spikes.first() {
        text.push_str(&format!("\n{}\n", explain(asked, largest.window)));
    }
    if course.rows_before > 0 {
        text.push_str(&format!(
            "\nnot shown: {} that began before what the logs hold, and ended later\n",
            things(course.rows_before, "row")
        ));
    }
    if course.rows_undated > 0 {
        text.push_str(&format!(
            "\nnot shown: {} without a time\n",
            things(course.rows_undated, "row")
        ));
    }
    text
}

fn of<'a>(course: &'a Course, line: &'a Line) -> Buckets<'a> {
    Buckets {
        start: course.start,
        bucket: course.bucket,
        amounts: &line.amounts,
        unit: &course.measure.unit,
    }
}

/// A line of characters for each value.
fn lines(course: &Course) -> String {
    let names: Vec<_> = (course.lines.iter())
        .map(|line| line.value.as_deref().map_or_else(|| "(all others)".to_owned(), short))
        .collect();
    let margin = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let width = chart::width().saturating_sub(margin + 30).max(20);
    let by = course.by.clone().unwrap_or_default();
    let heading = [&by, "each line has its own scale", "largest", "all"].map(str::to_owned);
    let mut aligned = Aligned::new(2, heading.to_vec());
    for (line, name) in course.lines.iter().zip(names) {
        let amounts = || line.amounts.iter().flatten().copied();
        let unit = &course.measure.unit;
        let all = course.measure.is_additive.then(|| amounts().sum());
        let values = vec![
            name,
            chart::sparkline(&line.amounts, width),
            figures::amount(amounts().reduce(f64::max), unit),
            figures::amount(all, unit),
        ];
        aligned.line(values, None);
    }
    aligned.text()
}

/// What was found, in words.
fn sentence(course: &Course, spike: &Spike) -> String {
    let unit = &course.measure.unit;
    let what = if spike.is_dip { "dip" } else { "spike" };
    let peak = if spike.is_dip { "least" } else { "peak" };
    let factor = if spike.factor.is_finite() {
        format!(", {} times as usual", figures::factor(spike.factor))
    } else {
        String::new()
    };
    let amounts = if course.measure.is_additive {
        format!(
            "{} where {} were to be expected{factor}",
            figures::amount(Some(spike.amount), unit),
            figures::amount(Some(spike.expected.round()), unit),
        )
    } else {
        factor.trim_start_matches(", ").to_owned()
    };
    format!(
        "{what} {}: {amounts}; {peak} {} per {}",
        figures::window(spike.window),
        figures::amount(Some(spike.peak), unit),
        length(course.bucket)
    )
}

/// The command that goes on from here.
fn explain(asked: &Asked, window: Window) -> String {
    let paths: Vec<_> = asked.paths().iter().map(|path| shell_word(path)).collect();
    format!(
        "where it comes from: floodmark explain {}{} --during {}",
        paths.join(" "),
        asked.options(),
        figures::window(window)
    )
}

/// A text as one word of a shell.
fn shell_word(text: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn length(length: Micros) -> String {
    let seconds = length / 1_000_000;
    match seconds {
        1 => "second".to_owned(),
        60 => "minute".to_owned(),
        3600 => "hour".to_owned(),
        86_400 => "day".to_owned(),
        _ if seconds % 86_400 == 0 => format!("{} days", seconds / 86_400),
        _ if seconds % 3600 == 0 => format!("{} hours", seconds / 3600),
        _ if seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        _ => format!("{seconds} seconds"),
    }
}
