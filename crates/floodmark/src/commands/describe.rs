//! `floodmark describe`: the columns of a table, and what can be measured and grouped by.

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use floodmark_engine::catalog::Relation;
use floodmark_engine::scan::REJECTED_COLUMNS;
use floodmark_engine::{Error, REJECTED, THREAT_IPS, THREAT_IPS_COLUMNS};
use floodmark_formats::{LogType, table};

use crate::render::safe;

/// Show a table's columns with types, units and meaning, and what it measures
#[derive(Args, Debug)]
#[command(after_help = "Example: floodmark describe nlb")]
pub(crate) struct Arguments {
    /// The table, by our name or AWS's; without it, all tables are listed
    table: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let text = text(arguments.table.as_deref())?;
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?;
    Ok(())
}

/// The columns of a table, or all tables.
pub(crate) fn text(table: Option<&str>) -> anyhow::Result<String> {
    match table {
        Some(name) => describe(&name.to_ascii_lowercase()),
        None => Ok(list()),
    }
}

/// The tables and views of a database of the catalog; nothing if there are none.
pub(crate) fn relations(database: &str, relations: &[Relation]) -> String {
    if relations.is_empty() {
        return String::new();
    }
    let mut rows = rows();
    rows.set_header(["table", "what it is"]);
    for relation in relations {
        let what = match relation {
            Relation::Table(table) => table.comment.as_deref().unwrap_or("table"),
            Relation::View(_) => "view",
        };
        rows.add_row([safe(relation.name()), safe(what)]);
    }
    format!("\nin the database {}:\n\n{}\n", safe(database), rows.trim_fmt())
}

/// The columns of a table or a view of the catalog.
pub(crate) fn relation(relation: &Relation) -> String {
    let mut rows = rows();
    let (database, place) = match relation {
        Relation::Table(table) => {
            rows.set_header(["column", "type", "comment"]);
            for column in table.columns.iter().chain(&table.partition_keys) {
                let comment = column.comment.as_deref().unwrap_or_default();
                let is_key = table.partition_keys.contains(column);
                let comment =
                    if is_key { format!("partition key {comment}") } else { comment.into() };
                rows.add_row([
                    safe(&column.name),
                    safe(&column.hive_type),
                    safe(comment.trim_end()),
                ]);
            }
            (&table.database, table.location.as_str())
        }
        Relation::View(view) => {
            rows.set_header(["column", "type"]);
            for (name, trino_type) in &view.columns {
                rows.add_row([safe(name), safe(trino_type)]);
            }
            (&view.database, "view")
        }
    };
    let name = safe(relation.name());
    format!("{}.{name}: {}\n\n{}\n", safe(database), safe(place), rows.trim_fmt())
}

/// What the table of threat lists is.
const THREAT_IPS_TITLE: &str = "The entries of the threat lists that you imported";

/// What the table of rejected lines is.
const REJECTED_TITLE: &str = "The lines of all logs that are no rows, with the reason";

fn rows() -> Table {
    let mut rows = Table::new();
    rows.load_preset(presets::NOTHING);
    if let Some((width, _)) = terminal_size::terminal_size() {
        rows.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.0);
    }
    rows
}

fn list() -> String {
    let mut rows = rows();
    rows.set_header(["table", "also", "what it is"]);
    for table in table::all() {
        let log_type = table.log_type;
        rows.add_row([log_type.name, &log_type.aliases.join(" "), log_type.title]);
    }
    rows.add_row([REJECTED, "", REJECTED_TITLE]);
    rows.add_row([THREAT_IPS, "", THREAT_IPS_TITLE]);
    format!("{}\n", rows.trim_fmt())
}

fn describe(name: &str) -> anyhow::Result<String> {
    let own = [
        (REJECTED, REJECTED_TITLE, REJECTED_COLUMNS),
        (THREAT_IPS, THREAT_IPS_TITLE, THREAT_IPS_COLUMNS),
    ];
    if let Some((name, title, columns)) = own.iter().find(|(own, ..)| *own == name) {
        let mut rows = rows();
        rows.set_header(["column", "type", "meaning"]);
        for (column, column_type, meaning) in *columns {
            rows.add_row([column, column_type, meaning]);
        }
        return Ok(format!("{name}: {title}\n\n{}\n", rows.trim_fmt()));
    }
    let found = table::find(name).ok_or_else(|| {
        let names: Vec<_> = table::all().iter().map(|table| table.log_type.name).collect();
        Error::not_found(format!("there is no table `{name}`"))
            .hint(format!("the tables are {}", names.join(", ")))
    })?;
    let log_type = found.log_type;
    let mut rows = rows();
    rows.set_header(["column", "type", "unit", "kind", "meaning"]);
    for column in &found.columns {
        let described = column.column;
        let name = if column.hidden {
            format!("\"{}\"", described.name)
        } else {
            described.name.to_owned()
        };
        rows.add_row([
            &name,
            described.column_type.athena(),
            described.unit,
            described.kind.words(),
            described.meaning,
        ]);
    }
    let mut text = format!("{}: {}\n", log_type.name, log_type.title);
    if !log_type.aliases.is_empty() {
        text.push_str(&format!("also: {}\n", log_type.aliases.join(", ")));
    }
    text.push_str(&format!("{}\n\n{}\n", log_type.page, rows.trim_fmt()));
    text.push_str(&format!("\nmeasures:\n\n{}\n", measures(log_type).trim_fmt()));
    if !log_type.dimensions.is_empty() {
        let rows = dimensions(log_type);
        text.push_str(&format!("\nto group by beside the columns:\n\n{}\n", rows.trim_fmt()));
    }
    Ok(text)
}

fn measures(log_type: &LogType) -> Table {
    let mut rows = rows();
    rows.set_header(["measure", "unit", "what it is", "as SQL"]);
    for measure in log_type.measures {
        rows.add_row([measure.name, measure.unit, measure.title, &measure.sql()]);
    }
    rows
}

fn dimensions(log_type: &LogType) -> Table {
    let mut rows = rows();
    rows.set_header(["name", "kind", "as SQL"]);
    for dimension in log_type.dimensions {
        rows.add_row([dimension.name, dimension.kind.words(), dimension.sql]);
    }
    rows
}
