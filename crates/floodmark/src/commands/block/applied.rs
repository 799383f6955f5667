//! Rules that are put into AWS and taken back, and the list of them.

use std::io::{BufRead, IsTerminal};
use std::path::Path;

use floodmark_aws::Access;
use floodmark_block::apply::{self, ApplyOptions, Asker, Record, RecordState};
use floodmark_block::render;
use floodmark_block::rule::Plan;
use floodmark_engine::Error;
use floodmark_formats::time::{SECOND, iso};

use crate::commands::block::{Arguments, now, write};
use crate::render::aligned::Aligned;
use crate::render::safe;
use crate::settings::Settings;
use crate::shell::talk;

/// Who asks AWS, as the settings say.
pub(crate) async fn access(settings: &Settings) -> floodmark_aws::Result<Access> {
    Box::pin(Access::open(&settings.aws_options())).await
}

/// Shows what the plan changes, asks, and changes it.
pub(crate) async fn apply(
    arguments: &Arguments,
    settings: &Settings,
    folder: &Path,
    plan: &Plan,
) -> anyhow::Result<()> {
    let asker = Asker::of(&access(settings).await?, plan);
    let difference = Box::pin(apply::difference(&asker, plan)).await?;
    for note in &plan.notes {
        talk(&format!("note: {}\n", safe(note)));
    }
    write(&difference.to_string())?;
    if difference.is_empty() {
        talk("AWS holds all of it already: nothing is changed\n");
        return Ok(());
    }
    confirm(arguments, "change AWS so?")?;
    let options = ApplyOptions { folder, now: now() };
    if let Some(record) = Box::pin(apply::apply(&asker, plan, &difference, options)).await? {
        talk(&format!(
            "applied; `floodmark block --undo {} --apply` takes it back\n",
            safe(&record.id)
        ));
    }
    Ok(())
}

/// Takes back what was applied of a plan.
pub(crate) async fn undo_plan(
    arguments: &Arguments,
    settings: &Settings,
    folder: &Path,
    plan: &Plan,
) -> anyhow::Result<()> {
    let record = apply::newest(folder, &plan.name)?.ok_or_else(|| {
        Error::not_found(format!("nothing that was applied here is `{}`", plan.name))
            .hint("`floodmark block list` shows what was")
    })?;
    Box::pin(undo(arguments, settings, folder, record)).await
}

/// Takes back what was applied, by the ids of the records; without `--apply`, writes what does.
pub(crate) async fn undo_records(
    arguments: &Arguments,
    settings: &Settings,
    folder: &Path,
) -> anyhow::Result<()> {
    if arguments.targets.is_empty() {
        return Err(Error::invalid_query("it is not said what to undo")
            .hint("`floodmark block list` shows the ids; or repeat the command with `--undo`")
            .into());
    }
    for id in &arguments.targets {
        let record = apply::read(folder, id)?;
        if settings.apply {
            Box::pin(undo(arguments, settings, folder, record)).await?;
        } else {
            write(&render::render(&record.plan.undo(), arguments.form)?)?;
        }
    }
    Ok(())
}

async fn undo(
    arguments: &Arguments,
    settings: &Settings,
    folder: &Path,
    record: Record,
) -> anyhow::Result<()> {
    let steps: Vec<_> = record.standing().map(|step| format!("{step}\n")).collect();
    if steps.is_empty() {
        talk(&format!("nothing of `{}` is left to take back\n", safe(&record.id)));
        return Ok(());
    }
    talk(&format!("what was applied as `{}`:\n", safe(&record.id)));
    write(&steps.into_iter().rev().collect::<String>())?;
    confirm(arguments, "take it back?")?;
    let access = access(settings).await?;
    let access = match &record.region {
        Some(region) => access.in_region(region),
        None => access,
    };
    let asker = Asker::of(&access, &record.plan);
    let options = ApplyOptions { folder, now: now() };
    let undone = Box::pin(apply::undo(&asker, record, options)).await?;
    for left in &undone.left {
        talk(&format!("note: {}\n", safe(left)));
    }
    talk(if undone.left.is_empty() {
        "taken back\n"
    } else {
        "taken back, but for what the notes say\n"
    });
    Ok(())
}

/// Shows the records, the newest first.
pub(crate) fn list(folder: &Path) -> anyhow::Result<()> {
    let records = apply::list(folder)?;
    for trouble in &records.troubles {
        talk(&format!("warning: {}\n", safe(trouble)));
    }
    if records.records.is_empty() {
        talk("nothing was applied from here\n");
        return Ok(());
    }
    let names = ["id", "way", "state", "written", "to end"].map(str::to_owned).to_vec();
    let mut aligned = Aligned::new(names.len(), names);
    let time = |seconds: i64| iso(seconds.saturating_mul(SECOND));
    for record in &records.records {
        let values = vec![
            record.id.clone(),
            record.plan.way.to_string(),
            state(record.state).to_owned(),
            time(record.written),
            record.plan.expires.map(time).unwrap_or_default(),
        ];
        aligned.line(values, None);
    }
    write(&aligned.text())
}

fn state(state: RecordState) -> &'static str {
    match state {
        RecordState::Begun => "cut off",
        RecordState::Applied => "applied",
        RecordState::TakenBack => "failed, taken back",
        RecordState::Stuck => "failed, not taken back",
        RecordState::Undone => "taken back",
    }
}

/// Asks before AWS is changed.
fn confirm(arguments: &Arguments, question: &str) -> anyhow::Result<()> {
    if arguments.yes {
        return Ok(());
    }
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Err(Error::invalid_query("AWS is not changed, because nobody can be asked")
            .hint("`--yes` says yes beforehand")
            .into());
    }
    talk(&format!("{question} [y/N] "));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    let message = "AWS is not changed, because the answer was no";
    Err(Error::new(floodmark_engine::ErrorKind::Cancelled, message).into())
}
