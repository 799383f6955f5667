//! `floodmark tables`: what lies at a path.

use clap::{Args, ValueEnum};
use floodmark_engine::Engine;
use floodmark_engine::scan::{FoundLog, Summary};
use floodmark_formats::time::{Micros, iso};
use serde_json::json;

use crate::commands;
use crate::render::safe;
use crate::report_text::{bytes, count};
use crate::settings::Settings;

/// Show what lies at a path, without reading it all
///
/// Log types with their objects, size, time range, accounts, regions and resources, told by the objects' names, and by a look
/// into those whose names do not tell. What is not recognised is listed too.
#[derive(Args, Debug)]
#[command(after_help = "Example: floodmark tables --from s3://my-logs/")]
pub(crate) struct Arguments {
    /// Where the logs lie: a file, a folder, a glob, or s3://bucket/prefix. May be repeated
    #[arg(long, value_name = "PATH", required = true, num_args = 1.., action = clap::ArgAction::Append)]
    from: Vec<String>,

    /// How the answer is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// One JSON object
    Json,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let summary = commands::runtime(settings)?.block_on(async {
        let engine = Engine::new(settings.engine_options())?;
        engine.open(&arguments.from).await?.summary().await
    })?;
    let text = match arguments.format {
        Form::Text => text(&summary),
        Form::Json => format!("{}\n", json(&summary)),
    };
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?;
    Ok(())
}

/// The summary for people.
pub(crate) fn text(summary: &Summary) -> String {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_header([
        "table",
        "objects",
        "size",
        "from",
        "to",
        "accounts",
        "regions",
        "resources",
    ]);
    let time = |time: Option<Micros>| time.map_or_else(|| "?".to_owned(), iso);
    for log in &summary.logs {
        table.add_row([
            log.log_type.name.to_owned(),
            count(log.objects),
            bytes(log.bytes),
            time(log.first),
            time(log.last),
            names(&log.accounts),
            names(&log.regions),
            names(&log.resources),
        ]);
    }
    let mut text = if summary.logs.is_empty() {
        "no log that is known\n".to_owned()
    } else {
        format!("{}\n", table.trim_fmt())
    };
    if summary.unknown_total > 0 {
        text.push_str(&format!("\nnot recognised: {}\n", count(summary.unknown_total)));
        for (path, size) in summary.unknown.iter().take(10) {
            text.push_str(&format!("  {} ({})\n", safe(path), bytes(*size)));
        }
        if summary.unknown_total > 10 {
            text.push_str(&format!("  and {} more\n", count(summary.unknown_total - 10)));
        }
    }
    if summary.not_looked_into > 0 {
        let number = count(summary.not_looked_into);
        text.push_str(&format!(
            "\nnot looked into, because there are so many without a name of AWS's: {number}\n"
        ));
    }
    if summary.passed_over > 0 {
        let number = count(summary.passed_over);
        text.push_str(&format!(
            "\npassed over (folder markers, AWS's test files, hidden objects): {number}\n"
        ));
    }
    for trouble in &summary.troubles {
        text.push_str(&format!("\nwarning: {}\n", safe(trouble)));
    }
    if summary.troubles_total > summary.troubles.len() as u64 {
        text.push_str(&format!("\nwarning: {} in all\n", count(summary.troubles_total)));
    }
    text
}

fn names(names: &std::collections::BTreeSet<String>) -> String {
    let mut shown: Vec<_> = names.iter().take(3).map(|name| safe(name).into_owned()).collect();
    if names.len() > 3 {
        shown.push(format!("+{}", names.len() - 3));
    }
    shown.join(" ")
}

fn json(summary: &Summary) -> serde_json::Value {
    let log = |log: &FoundLog| {
        json!({
            "table": log.log_type.name,
            "objects": log.objects,
            "bytes": log.bytes,
            "first": log.first.map(iso),
            "last": log.last.map(iso),
            "accounts": log.accounts,
            "regions": log.regions,
            "resources": log.resources,
        })
    };
    json!({
        "logs": summary.logs.iter().map(log).collect::<Vec<_>>(),
        "unknown": summary.unknown.iter().map(|(path, size)| json!({"path": path, "bytes": size})).collect::<Vec<_>>(),
        "unknown_total": summary.unknown_total,
        "not_looked_into": summary.not_looked_into,
        "passed_over": summary.passed_over,
        "troubles": summary.troubles,
        "troubles_total": summary.troubles_total,
    })
}
