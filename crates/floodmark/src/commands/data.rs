//! `floodmark data`: the files that tell countries, autonomous systems, AWS's ranges and threats.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use floodmark_engine::Error;
use floodmark_formats::time::{SECOND, iso};
use floodmark_who::data::{self, DataFile, Import, Kind, Listing, Outcome, UpdateOptions};
use floodmark_who::{DATA_FOLDER, system_clock};
use serde_json::{Value, json};

use crate::commands;
use crate::failure;
use crate::render::safe;
use crate::report_text::{bytes, count, things};
use crate::settings::Settings;

/// Keep the files that tell countries, autonomous systems, AWS's address ranges and threats
///
/// Nothing is downloaded but by `data update`, and nothing else is asked for while a query runs: all of it works offline with what is
/// there.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: floodmark data update
Example: floodmark data import GeoLite2-Country.mmdb")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(ListArguments),
    Update(UpdateArguments),
    Import(ImportArguments),
    Remove(RemoveArguments),
}

/// Show the files at hand with their dates and licences, and the sources that can be brought
#[derive(Args, Debug)]
#[command(after_help = "Example: floodmark data list --format json")]
struct ListArguments {
    /// How the answer is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,
}

/// Download data: sources by name, what was downloaded before, or what lies at an address
///
/// Without a name, what was downloaded before is brought up to date; the first time, the usual sources are brought. What cannot be
/// read never takes the place of what is there.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: floodmark data update aws-ranges iptoasn-asn
Example: floodmark data update aws-ranges --from https://mirror.example.com/aws/
Example: floodmark data update blocklist --from https://lists.example.com/bad.txt --as threat-list")]
struct UpdateArguments {
    /// Which data
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// Another address: of the file, or of a folder with a `/` at its end
    #[arg(long, value_name = "URL", requires = "names")]
    from: Option<String>,

    #[command(flatten)]
    described: Described,

    /// How the answer is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,
}

/// Take a file of your own: an MMDB, ranges as CSV or TSV, AWS's ip-ranges.json, or a list of addresses
///
/// The file is checked and copied; what could not be read of it is told.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: floodmark data import ipinfo_lite.mmdb
Example: floodmark data import bad-addresses.txt --as threat-list --name office-list")]
struct ImportArguments {
    /// The file
    file: PathBuf,

    /// Its name among the data [default: made of the file's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    #[command(flatten)]
    described: Described,

    /// How the answer is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,
}

/// Remove data
#[derive(Args, Debug)]
#[command(after_help = "Example: floodmark data remove geolite2-country")]
struct RemoveArguments {
    /// Which data
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
}

/// What the user knows of a file.
#[derive(Args, Debug)]
struct Described {
    /// What the file holds [default: the file tells]
    #[arg(id = "kind", long = "as", value_name = "KIND", value_parser = kinds())]
    kind: Option<Kind>,

    /// The licence of the data, to be shown with them
    #[arg(long, value_name = "TEXT")]
    licence: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// JSON
    Json,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let folder = settings.who_folder()?.join(DATA_FOLDER);
    match &arguments.action {
        Action::List(arguments) => {
            let listing = data::list(&folder).map_err(Error::from)?;
            write(&match arguments.format {
                Form::Text => listing_text(&listing, system_clock()),
                Form::Json => format!("{}\n", listing_json(&listing)),
            })?;
            for trouble in &listing.troubles {
                failure::warn(trouble, None);
            }
            Ok(())
        }
        Action::Update(arguments) => update(arguments, &folder, settings),
        Action::Import(arguments) => {
            let import = Import {
                path: &arguments.file,
                kind: arguments.described.kind,
                name: arguments.name.as_deref(),
                licence: arguments.described.licence.as_deref(),
                now: system_clock(),
            };
            let (file, rejected) = data::import(&folder, &import).map_err(Error::from)?;
            write(&match arguments.format {
                Form::Text => brought_text(&file, "imported"),
                Form::Json => format!("{}\n", file_json(&file, true)),
            })?;
            warn_of_rejected(&file, &rejected);
            Ok(())
        }
        Action::Remove(arguments) => {
            for name in &arguments.names {
                data::remove(&folder, name).map_err(Error::from)?;
                write(&format!("{name}: removed\n"))?;
            }
            Ok(())
        }
    }
}

/// Updates each by itself: what fails is told, and does not stop the others.
fn update(arguments: &UpdateArguments, folder: &Path, settings: &Settings) -> anyhow::Result<()> {
    let names = match arguments.names.as_slice() {
        [] => data::due(folder).map_err(Error::from)?,
        names => names.to_vec(),
    };
    if arguments.from.is_some() && names.len() > 1 {
        return Err(Error::invalid_query("`--from` takes one name")
            .hint("update one after the other, each from its address")
            .into());
    }
    let runtime = commands::runtime(settings)?;
    let options = UpdateOptions {
        from: arguments.from.as_deref(),
        kind: arguments.described.kind,
        licence: arguments.described.licence.as_deref(),
        now: system_clock(),
    };
    let mut told = vec![];
    let mut first = None;
    for name in &names {
        match runtime.block_on(data::update(folder, name, &options)) {
            Ok(outcome) => {
                let (file, what) = match &outcome {
                    Outcome::Brought { file, before: Some(_), .. } => (file, "updated"),
                    Outcome::Brought { file, before: None, .. } => (file, "brought"),
                    Outcome::Current(file) => (file, "current"),
                };
                if arguments.format == Form::Text {
                    write(&brought_text(file, what))?;
                }
                if let Outcome::Brought { first_rejected, .. } = &outcome {
                    warn_of_rejected(file, first_rejected);
                }
                told.push(json!({"outcome": what, "file": file_json(file, true)}));
            }
            Err(error) => {
                told.push(json!({"outcome": "failed", "name": name, "error": error.to_string()}));
                match &first {
                    None => first = Some(error),
                    Some(_) => failure::warn(&error.to_string(), error.hint_text()),
                }
            }
        }
    }
    if arguments.format == Form::Json {
        write(&format!("{}\n", Value::from(told)))?;
    }
    first.map_or(Ok(()), |error| Err(Error::from(error).into()))
}

fn write(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// What was brought, for people: its amount, date and licence.
fn brought_text(file: &DataFile, what: &str) -> String {
    let mut text = format!(
        "{}: {what}, {} of the kind {}, of {}, licence: {}\n",
        safe(&file.name),
        things(file.rows, "range"),
        file.kind,
        date(file),
        safe(licence(file)),
    );
    if let Some(attribution) = &file.attribution {
        text.push_str(&format!("  {}\n", safe(attribution)));
    }
    text
}

fn warn_of_rejected(file: &DataFile, first: &[String]) {
    if file.rejected > 0 {
        let lines = things(file.rejected, "line");
        let text =
            format!("{lines} of {} could not be read, such as {}", file.name, first.join("; "));
        failure::warn(&text, None);
    }
}

fn listing_text(listing: &Listing, now: i64) -> String {
    let mut text = String::new();
    if listing.files.is_empty() {
        text.push_str("no data yet\n");
    } else {
        let mut table = comfy_table::Table::new();
        table.load_preset(comfy_table::presets::NOTHING);
        table.set_header([
            "name", "kind", "used", "ranges", "size", "of", "checked", "licence", "source",
        ]);
        for file in &listing.files {
            table.add_row([
                safe(&file.name).into_owned(),
                file.kind.to_string(),
                if listing.is_used(file) { "yes" } else { "no" }.to_owned(),
                count(file.rows),
                bytes(file.bytes),
                date(file),
                age(now - file.checked),
                safe(licence(file)).into_owned(),
                safe(&file.source.join(" ")).into_owned(),
            ]);
        }
        text.push_str(&format!("{}\n", table.trim_fmt()));
        for attribution in listing.files.iter().filter_map(|file| file.attribution.as_ref()) {
            text.push_str(&format!("\n{}\n", safe(attribution)));
        }
    }
    let is_there = |name: &str| listing.files.iter().any(|file| file.name == name);
    let others: Vec<_> = data::SOURCES.iter().filter(|source| !is_there(source.name)).collect();
    if !others.is_empty() {
        text.push_str("\n`floodmark data update NAME` brings:\n\n");
        let mut table = comfy_table::Table::new();
        table.load_preset(comfy_table::presets::NOTHING);
        for source in others {
            table.add_row([source.name, source.kind.as_str(), source.title, source.licence]);
        }
        text.push_str(&format!("{}\n", table.trim_fmt()));
    }
    text
}

fn listing_json(listing: &Listing) -> Value {
    let files = listing.files.iter().map(|file| file_json(file, listing.is_used(file)));
    let sources = data::SOURCES.iter().map(|source| {
        json!({
            "name": source.name, "kind": source.kind.as_str(), "title": source.title,
            "urls": source.urls, "licence": source.licence,
        })
    });
    json!({
        "files": files.collect::<Vec<_>>(),
        "sources": sources.collect::<Vec<_>>(),
        "troubles": listing.troubles,
    })
}

fn file_json(file: &DataFile, is_used: bool) -> Value {
    let time = |seconds: i64| iso(seconds.saturating_mul(SECOND));
    json!({
        "name": file.name,
        "kind": file.kind.as_str(),
        "used": is_used,
        "rows": file.rows,
        "rejected": file.rejected,
        "bytes": file.bytes,
        "date": file.date.map(time),
        "fetched": time(file.fetched),
        "checked": time(file.checked),
        "licence": file.licence,
        "attribution": file.attribution,
        "source": file.source,
    })
}

/// The day that data are of.
fn date(file: &DataFile) -> String {
    let time = file.date.map(|seconds| iso(seconds.saturating_mul(SECOND)));
    time.and_then(|time| time.get(..10).map(str::to_owned)).unwrap_or_else(|| "?".to_owned())
}

fn licence(file: &DataFile) -> &str {
    file.licence.as_deref().unwrap_or("not known")
}

/// How long ago something was, in the largest unit that fits.
fn age(seconds: i64) -> String {
    let units = [(86400, "day"), (3600, "hour"), (60, "minute")];
    let unit = units.into_iter().find(|(length, _)| seconds >= *length);
    unit.map_or("now".to_owned(), |(length, unit)| {
        format!("{} ago", things((seconds / length).unsigned_abs(), unit))
    })
}

/// The kinds by their names.
fn kinds() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(Kind::ALL.map(Kind::as_str))
        .map(|name| Kind::parse(&name).expect("it is one of the names"))
}
