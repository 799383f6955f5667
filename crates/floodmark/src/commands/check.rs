//! `floodmark check`: what is wrong with tables.

use std::path::Path;

use anyhow::Context;
use clap::{Args, ValueEnum};
use floodmark_engine::catalog::{Relation, TableDefinition};
use floodmark_engine::check::{Checked, Finding, Severity};
use floodmark_engine::{Engine, Error, Session};
use serde_json::json;

use crate::commands;
use crate::render::safe;
use crate::report_text::{count, things};
use crate::settings::Settings;

/// Find out why a table gives no rows, or wrong ones
///
/// Looks at the definition, at the names of objects and at the first lines of some, and says what is wrong: placeholders,
/// locations and partitions without objects, projections that miss the data, header lines, patterns and columns that do not fit
/// the lines, objects of other logs. Each finding comes with its correction, as SQL where there is some. Nothing is changed.
///
/// The exit code is 0 if nothing is wrong, and 2 if something is. Notes are nothing wrong.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A table of the catalog, a file with `CREATE EXTERNAL TABLE`, or the statement itself; without it, all tables of the
    /// database
    table: Option<String>,

    /// How the findings are written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,
}

const EXAMPLES: &str = "\
Examples:
  floodmark check nlb_logs
  floodmark check tables.sql
  floodmark check --database security --format json";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// One JSON array
    Json,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let checked = commands::runtime(settings)?.block_on(async {
        let engine = Engine::new(settings.engine_options())?;
        let session = engine.open(&[]).await?.in_database(&settings.database).await?;
        check(&session, arguments.table.as_deref()).await
    })?;
    let text = match arguments.format {
        Form::Text => checked.iter().map(text).collect(),
        Form::Json => format!("{}\n", serde_json::Value::from_iter(checked.iter().map(json))),
    };
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?;
    let wrong = checked.iter().filter(|checked| checked.is_wrong()).count() as u64;
    if wrong > 0 {
        let all = things(checked.len() as u64, "table");
        let message = format!("something is wrong with {} of {all}", count(wrong));
        return Err(Error::invalid_query(message).into());
    }
    Ok(())
}

async fn check(session: &Session<'_>, what: Option<&str>) -> anyhow::Result<Vec<Checked>> {
    let Some(what) = what else {
        let relations = session.catalog().relations(session.database()).await?;
        let mut checked = Vec::new();
        for relation in relations {
            if let Relation::Table(table) = relation {
                checked.push(session.check_table(&table).await?);
            }
        }
        if checked.is_empty() {
            let message = format!("there is no table in the database `{}`", session.database());
            return Err(Error::not_found(message)
                .hint("name another one with `--database`, or a file with `CREATE EXTERNAL TABLE`")
                .into());
        }
        return Ok(checked);
    };
    if Path::new(what).is_file() {
        let sql = std::fs::read_to_string(what)
            .with_context(|| format!("cannot read the SQL in `{what}`"))?;
        return in_sql(session, &sql).await;
    }
    if what.contains(char::is_whitespace) {
        return in_sql(session, what).await;
    }
    let table = table(session, what).await?;
    Ok(vec![session.check_table(&table).await?])
}

async fn in_sql(session: &Session<'_>, sql: &str) -> anyhow::Result<Vec<Checked>> {
    let checked = session.check_sql(sql).await;
    Ok(checked.map_err(|error| crate::failure::InSql { error, sql: sql.to_owned() })?)
}

async fn table(session: &Session<'_>, name: &str) -> anyhow::Result<TableDefinition> {
    let plain = name.to_lowercase().replace(['`', '"'], "");
    let (database, last) = plain.split_once('.').unwrap_or((session.database(), &plain));
    match session.catalog().relation(database, last).await? {
        Some(Relation::Table(table)) => Ok(table),
        Some(Relation::View(_)) => {
            Err(Error::invalid_query(format!("`{name}` is a view, and only tables are checked"))
                .into())
        }
        None => Err(Error::not_found(format!(
            "there is no table `{last}` in the database `{database}`, and no file `{name}`"
        ))
        .hint("`SHOW TABLES` lists the tables of the catalog")
        .into()),
    }
}

fn name(checked: &Checked) -> String {
    format!("{}.{}", checked.database, checked.table)
}

fn text(checked: &Checked) -> String {
    let name = name(checked);
    let looked = format!(
        "{} listed, {} looked into",
        things(checked.objects_listed as u64, "object"),
        count(checked.objects_opened as u64)
    );
    if checked.findings.is_empty() {
        return format!("{}: nothing is wrong ({looked})\n", safe(&name));
    }
    let number = things(checked.findings.len() as u64, "finding");
    let mut text = format!("{}: {number} ({looked})\n", safe(&name));
    let mut findings: Vec<&Finding> = checked.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.rule.severity));
    for finding in findings {
        text.push_str(&format!(
            "\n{} {}: {}\n",
            finding.rule.severity,
            finding.rule.code,
            safe(&finding.text)
        ));
        if let Some(correction) = &finding.correction {
            for (at, line) in correction.lines().enumerate() {
                let start = if at == 0 { "  correction: " } else { "    " };
                text.push_str(&format!("{start}{}\n", safe(line)));
            }
        }
    }
    text.push('\n');
    text
}

fn json(checked: &Checked) -> serde_json::Value {
    let finding = |finding: &Finding| {
        json!({
            "code": finding.rule.code,
            "severity": Severity::name(finding.rule.severity),
            "text": finding.text,
            "correction": finding.correction,
        })
    };
    json!({
        "database": checked.database,
        "table": checked.table,
        "findings": checked.findings.iter().map(finding).collect::<Vec<_>>(),
        "objects_listed": checked.objects_listed,
        "objects_opened": checked.objects_opened,
    })
}
