//! `floodmark shell`: SQL over logs, one question after the other.

use std::io::{BufRead, IsTerminal, Read};

use anyhow::Context;
use clap::Args;
use floodmark_engine::{Engine, Error, ErrorKind};
use reedline::Signal;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{Receiver, channel};

use crate::commands;
use crate::failure;
use crate::render::Format;
use crate::settings::Settings;
use crate::shell::editor::{self, Ask};
use crate::shell::input::{self, Piece};
use crate::shell::{Flow, Opening, Shell, talk};

/// How long a statement from a pipe may be, in bytes: four times what Athena takes.
const STATEMENT_BYTES_MAX: usize = 1 << 20;

/// Ask logs in SQL, one question after the other
///
/// A statement ends with `;` and may go over several lines. Tab completes, the history is kept, `\?` lists the commands. What
/// is known of the logs stays known from question to question. From a pipe, statements and commands are read line by line,
/// and the first that fails ends it.
#[derive(Args, Debug)]
#[command(after_help = "Example: floodmark shell --from s3://my-logs/AWSLogs/")]
pub(crate) struct Arguments {
    /// Where the logs lie: a file, a folder, a glob, or s3://bucket/prefix. May be repeated
    #[arg(long, value_name = "PATH", num_args = 1.., action = clap::ArgAction::Append)]
    from: Vec<String>,

    /// How results are written [default: a table on a terminal, csv in a pipe]
    #[arg(long, value_name = "FORMAT", env = "FLOODMARK_FORMAT")]
    format: Option<Format>,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let runtime = commands::runtime(settings)?;
    let engine = Engine::new(settings.engine_options())?;
    let mut shell = Shell::open(&Opening {
        runtime: &runtime,
        engine: &engine,
        from: &arguments.from,
        format: arguments.format,
        settings,
    })?;
    // The line editor draws on standard error.
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        converse(&mut shell, settings)
    } else {
        read(&mut shell, &runtime)
    }
}

/// Asks a person. What fails is told, and the next question may come.
fn converse(shell: &mut Shell<'_>, settings: &Settings) -> anyhow::Result<()> {
    let mut editor = editor::open(shell.names(), settings);
    let version = env!("CARGO_PKG_VERSION");
    talk(&format!("Floodmark {version} asks {}\n`\\?` for help, `\\q` to leave\n", shell.places()));
    loop {
        let input = match editor.read_line(&Ask)? {
            Signal::Success(input) => input,
            Signal::CtrlD => return Ok(()),
            _ => continue,
        };
        // A session that ends badly loses nothing this way. The answer matters more than a full disk.
        let _ = editor.sync_history();
        let (pieces, _) = input::split(&input);
        match shell.run(&pieces) {
            Ok(Flow::Continue) => {}
            Ok(Flow::Leave) => return Ok(()),
            Err(failure) => {
                failure::tell(&failure);
            }
        }
    }
}

/// Runs what comes through a pipe, each statement as soon as its `;` is there.
fn read(shell: &mut Shell<'_>, runtime: &Runtime) -> anyhow::Result<()> {
    let mut lines = lines();
    let mut buffer = String::new();
    while let Some(line) = next(&mut lines, runtime)? {
        let may_end =
            buffer.is_empty() || line.contains(';') || line.trim_start().starts_with('\\');
        buffer.push_str(&line);
        if buffer.len() > STATEMENT_BYTES_MAX {
            let message = format!("a statement is longer than {STATEMENT_BYTES_MAX} bytes");
            return Err(Error::new(ErrorKind::LimitReached, message).into());
        }
        if may_end {
            let (pieces, rest) = input::split(&buffer);
            if shell.run(&pieces)? == Flow::Leave {
                return Ok(());
            }
            buffer = rest.to_owned();
        }
    }
    let (pieces, rest) = input::split(&buffer);
    if shell.run(&pieces)? == Flow::Continue && !rest.is_empty() {
        // The end of the input ends the last statement as well as a `;` does.
        shell.run(&[Piece::Statement(rest.trim())])?;
    }
    Ok(())
}

/// The next line, or None at the end of the input. Ctrl-C ends the waiting too: the first query took it from the system.
fn next(
    lines: &mut Receiver<std::io::Result<String>>,
    runtime: &Runtime,
) -> anyhow::Result<Option<String>> {
    runtime.block_on(async {
        tokio::select! {
            line = lines.recv() => line.transpose().context("cannot read the SQL"),
            _ = tokio::signal::ctrl_c() => Err(Error::new(ErrorKind::Cancelled, "stopped").into()),
        }
    })
}

/// The lines of standard input, read by a thread of their own that nobody has to wait for.
fn lines() -> Receiver<std::io::Result<String>> {
    let (sender, receiver) = channel(1);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            let mut bytes = Vec::new();
            let limit = STATEMENT_BYTES_MAX as u64 + 1;
            let line = match (&mut input).take(limit).read_until(b'\n', &mut bytes) {
                Ok(0) => return,
                Ok(_) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
                Err(error) => Err(error),
            };
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
