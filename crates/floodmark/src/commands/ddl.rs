//! `floodmark ddl`: the statements that make the logs' tables in Athena.

use clap::Args;
use floodmark_engine::{DdlOptions, Engine, Error, FoundTables, ddl_of};
use floodmark_formats::{LogType, table};

use crate::commands;
use crate::render::safe;
use crate::settings::Settings;
use crate::shell::talk;

/// Write the statements that make the logs' tables in Athena
///
/// For one log type it is the table of AWS's documentation. With `--from`, it is one table for each log that lies there: at its
/// place right above the folders of the years, in the order of the fields that its files have, with a partition projection of
/// the days from the first one found, and of accounts and regions where there are several. The statements run in Athena and in
/// `floodmark query`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The log type, by our name or AWS's; without it, all logs at `--from`
    log_type: Option<String>,

    /// Where the log lies: s3://bucket/prefix/ or a folder, right above the folders of the years for a projection
    #[arg(long, value_name = "PLACE", conflicts_with = "from")]
    location: Option<String>,

    /// Where to look for logs: a folder or s3://bucket/prefix. May be repeated
    #[arg(long, value_name = "PATH", num_args = 1.., action = clap::ArgAction::Append)]
    from: Vec<String>,

    /// The table's name [default: the one in AWS's documentation]
    #[arg(long, value_name = "NAME")]
    table: Option<String>,

    /// Write tables without partitions
    #[arg(long)]
    no_projection: bool,
}

const EXAMPLES: &str = "\
Examples:
  floodmark ddl nlb --location s3://my-logs/AWSLogs/111122223333/elasticloadbalancing/us-east-1/
  floodmark ddl --from s3://my-logs/ > tables.sql
  floodmark ddl vpc_flow --from logs/ --table flows --database security";

/// The bucket, account and region of AWS's examples.
const EXAMPLE: [(&str, &str); 3] =
    [("{account}", "111122223333"), ("{region}", "us-east-1"), ("{resource}", "example")];

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let log_type = arguments.log_type.as_deref().map(log_type).transpose()?;
    let database = Some(settings.database.as_str()).filter(|database| *database != "default");
    let from = match (&arguments.location, log_type) {
        (Some(location), None) => std::slice::from_ref(location),
        _ => arguments.from.as_slice(),
    };
    let mut text = String::new();
    if from.is_empty() {
        let log_type = log_type.ok_or_else(|| {
            Error::invalid_query("there is nothing to write a table for")
                .hint("name a log type, or say with `--from` where logs lie")
        })?;
        let location = arguments.location.clone().unwrap_or_else(|| example(log_type));
        let options = DdlOptions {
            database,
            name: arguments.table.as_deref(),
            location: &location,
            projection: !arguments.no_projection,
        };
        let sql = ddl_of(log_type, &options).ok_or_else(|| {
            Error::not_found(format!("Athena has no table for `{}`", log_type.name))
        })?;
        if arguments.location.is_none() {
            talk("note: the location is an example: say with `--location` where the log lies\n");
        } else if !arguments.no_projection && !sql.contains("PARTITIONED BY") {
            talk(&format!(
                "note: `{}` is not right above the folders of the years, so that the table has no partitions\n",
                safe(&location)
            ));
        }
        text.push_str(&format!("{sql};\n"));
    } else {
        let question = FoundTables {
            log_type,
            database,
            name: arguments.table.as_deref(),
            projection: !arguments.no_projection,
        };
        let tables = commands::runtime(settings)?.block_on(async {
            let engine = Engine::new(settings.engine_options())?;
            engine.open(from).await?.found_tables(&question).await
        })?;
        if tables.is_empty() {
            return Err(Error::not_found(format!("there is no such log at {}", from.join(", ")))
                .hint("`floodmark tables --from PATH` shows what lies there")
                .into());
        }
        for (at, found) in tables.iter().enumerate() {
            let blank = if at > 0 { "\n" } else { "" };
            text.push_str(&format!("{blank}{};\n", found.sql));
            for note in &found.notes {
                talk(&format!("note: {}: {}\n", found.log_type.name, safe(note)));
            }
        }
    }
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?;
    Ok(())
}

fn log_type(name: &str) -> anyhow::Result<&'static LogType> {
    let found = table::find(&name.to_ascii_lowercase()).ok_or_else(|| {
        let names: Vec<_> = table::all().iter().map(|table| table.log_type.name).collect();
        Error::not_found(format!("there is no log type `{name}`"))
            .hint(format!("the log types are {}", names.join(", ")))
    })?;
    Ok(found.log_type)
}

/// A location in the words of AWS's examples.
fn example(log_type: &LogType) -> String {
    let folder = log_type.folder.split("{yyyy}").next().unwrap_or_default();
    let folder =
        EXAMPLE.iter().fold(folder.to_owned(), |text, (name, value)| text.replace(name, value));
    format!("s3://amzn-s3-demo-bucket/{folder}")
}
