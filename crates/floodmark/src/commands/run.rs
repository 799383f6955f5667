//! `floodmark run`: a program whose Athena is this machine, for as long as it runs.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Child, Command, ExitStatus};

use anyhow::Context;
use clap::Args;
use floodmark_server::Announcement;
use floodmark_server::client;
use tokio::sync::oneshot;

use crate::commands::serve::{self, Runtimes, Serving};
use crate::failure::Ended;
use crate::settings::Settings;
use crate::signals::Signals;

/// A free port of this machine.
const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Run a program with this machine as its Athena
///
/// Starts a server on a free port, sets the variables that `floodmark env` prints, and ends with the program: with its exit code, or
/// with 128 and the number of the signal that ended it.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: floodmark run --from s3://my-logs/AWSLogs/ -- jupyter lab
Example: floodmark run -- python notebook.py")]
pub(crate) struct Arguments {
    #[command(flatten)]
    serving: Serving,

    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let runtimes = Runtimes::start(settings)?;
    let status = runtimes.answers.block_on(async {
        let mut signals = Signals::take()?;
        let queries = runtimes.queries.handle();
        let opened = serve::listen(&arguments.serving, ADDRESS, false, settings, queries);
        let server = serve::or_stopped(Box::pin(opened), &mut signals).await?;
        let mut child = start(arguments, server.announcement(), settings)?;
        let pid = child.id();
        let (ended, has_ended) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.run(async {
            // It ends as well if nobody can tell it.
            let _ = has_ended.await;
        }));
        let mut waiting = tokio::task::spawn_blocking(move || child.wait());
        let status = loop {
            tokio::select! {
                status = &mut waiting => break status,
                signal = signals.next() => pass_on(signal, pid),
            }
        };
        let _ = ended.send(());
        serving.await?;
        anyhow::Ok(status??)
    });
    runtimes.end();
    match code(status?) {
        0 => Ok(()),
        code => Err(Ended { code }.into()),
    }
}

/// Starts the program, with the variables.
fn start(
    arguments: &Arguments,
    server: &Announcement,
    settings: &Settings,
) -> anyhow::Result<Child> {
    let (program, rest) = arguments.program.split_first().context("there is no program")?;
    let mut command = Command::new(program);
    command.args(rest);
    let look = |name: &str| std::env::var_os(name);
    for variable in client::variables(server, settings.region.as_deref(), look) {
        match variable.value {
            Some(value) => command.env(variable.name, value),
            None => command.env_remove(variable.name),
        };
    }
    let name = program.to_string_lossy();
    Ok(command.spawn().map_err(|error| serve::not_started(&name, error))?)
}

/// Passes a signal on to the program.
#[cfg(unix)]
fn pass_on(signal: &str, pid: u32) {
    // A terminal sends Ctrl-C to all programs that it runs, and to be told twice means something else to some.
    if signal == "INT" && std::io::stdin().is_terminal() {
        return;
    }
    // A program that has ended meanwhile needs no signal.
    let _ = Command::new("/bin/sh")
        .args(["-c", "kill -s \"$1\" \"$2\"", "sh", signal, &pid.to_string()])
        .stderr(std::process::Stdio::null())
        .status();
}

/// The system tells all programs of a console.
#[cfg(not(unix))]
fn pass_on(_signal: &str, _pid: u32) {}

/// The exit code of a program: its own, or 128 and its signal as shells have it.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    u8::try_from(status.code().unwrap_or(1) & 0xff).unwrap_or(1)
}
