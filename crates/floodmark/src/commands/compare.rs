//! `floodmark compare`: groups of rows at two times, side by side.

use clap::Args;
use floodmark_investigate::compare::{self, Change, CompareQuestion, Comparison, Mark};
use floodmark_investigate::{Before, Window};

use crate::commands::asked::{self, Asked, Records};
use crate::render::aligned::Aligned;
use crate::render::columns::{self, Values};
use crate::render::{Format, Output, figures};
use crate::report_text::count;
use crate::settings::Settings;

/// Compare two times side by side, group by group
///
/// Groups rows by columns, by the log's further dimensions or by expressions, and shows the groups that changed the most. Where the
/// times are not equally long, what was before is scaled.
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

    /// The time in UTC that is looked at, such as `2024-10-05T02:00/03:00`
    #[arg(long, value_name = "WINDOW", required = true)]
    during: String,

    /// What it is compared with: a window, `previous-day` or `previous-week`; several windows count together [default: as long just
    /// before]
    #[arg(long, value_name = "WINDOW")]
    before: Vec<String>,

    /// What is measured: one of the log's measures by name, or an aggregate in SQL [default: the count of records]
    #[arg(long, value_name = "MEASURE")]
    measure: Option<String>,

    /// How many groups are shown
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: usize,
}

const EXAMPLES: &str = "\
Examples:
  floodmark compare logs/ --by client_ip --during 2024-10-05T02:00/03:00
  floodmark compare logs/ --by domain_name --during 2024-10-05T02 --before previous-day --measure p95_duration";

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let question = CompareQuestion {
        by: &arguments.by,
        measure: arguments.measure.as_deref(),
        during: Window::parse(&arguments.during)?,
        before: &Before::parse(&arguments.before)?,
        limit: arguments.limit,
    };
    let asked = &arguments.asked;
    let mut windows = question.before.of(question.during)?;
    windows.push(question.during);
    asked.run(settings, &arguments.records, &windows, async |subject, output| {
        let plan = compare::plan(subject, &question)?;
        if asked.sql {
            return asked::print_sql(&plan.sql);
        }
        let mut answer =
            asked::answered(subject, &plan.sql, settings, compare::ask(subject, &plan)).await?;
        if asked::resolved(subject, settings, answer.addresses()).await? {
            answer = compare::ask(subject, &plan).await?;
        }
        if answer.groups_during == 0 {
            asked.tell_nothing(subject, &[plan.during]).await?;
        }
        if answer.groups_before == 0 {
            asked.tell_nothing(subject, &plan.before).await?;
        }
        if asked.format() == Format::Table {
            let before: Vec<_> =
                plan.before.iter().map(|window| figures::window(*window)).collect();
            let heading = format!(
                "{} during {} against {}{}\n\n",
                answer.measure.title,
                figures::window(plan.during),
                before.join(" and "),
                if answer.scale == 1.0 {
                    String::new()
                } else {
                    format!(", scaled by {} to the same length", figures::factor(answer.scale))
                }
            );
            output.text(&heading)?;
            output.text(&text(&answer))
        } else {
            write(&answer, output)
        }
    })
}

/// One figure of a change.
type Figure = fn(&Change) -> Option<f64>;

fn mark(mark: Option<Mark>) -> Option<&'static str> {
    mark.map(|mark| match mark {
        Mark::New => "new",
        Mark::Gone => "gone",
    })
}

fn write(answer: &Comparison, output: &mut Output) -> anyhow::Result<()> {
    let others = (answer.other_groups > 0).then(|| answer.others.unwrap_or_default());
    let shown = answer.rows.len();
    let rank = (1..=shown as i64).map(Some).chain(others.map(|_| None));
    let mut columns = vec![("rank".to_owned(), Values::Whole(rank.collect()))];
    for (at, name) in answer.by.iter().enumerate() {
        let values = answer.rows.iter().map(|row| row.values[at].clone());
        columns.push((name.clone(), Values::Text(values.chain(others.map(|_| None)).collect())));
        if answer.is_address[at] {
            let values = answer.rows.iter().map(|row| row.values[at].as_deref());
            let names = values.map(|value| Some(answer.names.get(value?)?.to_owned()));
            let names = names.chain(others.map(|_| None)).collect();
            columns.push((format!("{name}_name"), Values::Text(names)));
        }
    }
    let is_scaled = answer.scale != 1.0;
    let figures: [(&str, Figure, bool); 6] = [
        ("before", |change| change.before, !is_scaled),
        ("before_counted", |change| change.before_counted, true),
        ("during", |change| change.during, true),
        ("difference", |change| change.difference, !is_scaled),
        ("factor", |change| change.factor, false),
        ("share", |change| change.share, false),
    ];
    for (name, figure, may_be_whole) in figures {
        let amounts = answer.rows.iter().map(|row| &row.change).chain(others.as_ref()).map(figure);
        let is_whole = may_be_whole && answer.is_whole;
        columns.push((name.to_owned(), Values::amounts(amounts.collect(), is_whole)));
    }
    let marks = answer.rows.iter().map(|row| mark(row.mark).map(str::to_owned));
    let marks = marks.chain(others.map(|_| None));
    columns.push(("mark".to_owned(), Values::Text(marks.collect())));
    let groups = answer.rows.iter().map(|_| Some(1));
    let groups = groups.chain(others.map(|_| Some(answer.other_groups as i64)));
    columns.push(("groups".to_owned(), Values::Whole(groups.collect())));
    output.batch(&columns::batch(columns)?)
}

fn text(answer: &Comparison) -> String {
    let unit = answer.measure.unit.as_str();
    let mut names = answer.by.clone();
    names.extend(["before", "during", "difference", "factor", "share", ""].map(str::to_owned));
    let mut aligned = Aligned::new(answer.by.len(), names);
    let mut line = |mut values: Vec<String>, change: &Change, mark: &str| {
        values.resize(answer.by.len(), String::new());
        // A scaled amount has no parts of a thing.
        let rounded = change.before.map(|before| {
            if answer.is_whole && answer.scale != 1.0 { before.round() } else { before }
        });
        values.push(figures::amount(rounded, unit));
        values.push(figures::amount(change.during, unit));
        let difference = match rounded {
            Some(before) if answer.is_whole => change.during.map(|during| during - before),
            _ => change.difference,
        };
        values.push(figures::difference(difference, unit));
        values.push(change.factor.map_or_else(|| figures::NONE.to_owned(), figures::factor));
        values.push(figures::percent(change.share));
        values.push(mark.to_owned());
        aligned.line(values, None);
    };
    for row in &answer.rows {
        line(
            figures::named(&row.values, &answer.names),
            &row.change,
            mark(row.mark).unwrap_or_default(),
        );
    }
    if answer.other_groups > 0 {
        let name = format!("({} others)", count(answer.other_groups));
        line(vec![name], &answer.others.unwrap_or_default(), "");
    }
    if let Some(total) = answer.total.filter(|_| !answer.rows.is_empty()) {
        line(vec!["(all)".to_owned()], &total, "");
    }
    aligned.text()
}
