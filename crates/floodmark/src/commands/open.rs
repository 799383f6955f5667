//! `floodmark open`: the page in the browser, over logs at any place.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;
use floodmark_engine::Error;
use floodmark_server::{Announcement, Token};

use crate::commands::serve::{self, Runtimes, Serving};
use crate::failure;
use crate::settings::Settings;
use crate::shell::talk;
use crate::signals::Signals;

/// A free port of this machine.
const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Look at logs in the browser
///
/// Starts a server on a free port over these places, and opens its page in the system's browser: the timeline with a range to drag, the
/// fields with their top values, the rows, what explains a spike, who an address is, the rule that blocks it, and an editor for SQL.
/// Only this machine is answered. Ctrl-C ends it.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: floodmark open s3://my-logs/AWSLogs/
Example: floodmark open logs/ --no-browser")]
pub(crate) struct Arguments {
    /// Where the logs lie: a file, a folder, a glob, or s3://bucket/prefix. Several are allowed
    #[arg(value_name = "PATH", required_unless_present_any = ["from", "print_token"])]
    paths: Vec<String>,

    /// Print the address of the page, and open no browser
    #[arg(long)]
    no_browser: bool,

    /// Print the token that the page and its API ask for, and end
    #[arg(long)]
    print_token: bool,

    #[command(flatten)]
    serving: Serving,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    if arguments.print_token {
        return print_token(settings);
    }
    for path in &arguments.paths {
        check(path)?;
    }
    let mut serving = arguments.serving.clone();
    serving.from.extend(arguments.paths.iter().cloned());
    let runtimes = Runtimes::start(settings)?;
    let outcome = runtimes.answers.block_on(async {
        let mut signals = Signals::take()?;
        let queries = runtimes.queries.handle();
        let opened = serve::listen(&serving, ADDRESS, false, settings, queries);
        let server = serve::or_stopped(Box::pin(opened), &mut signals).await?;
        let page = server.announcement().page();
        talk(&format!("page: {page}\nCtrl-C ends it\n"));
        if !arguments.no_browser
            && let Err(error) = browse(&server.page_once())
        {
            failure::warn(
                &format!("no browser could be started: {error}"),
                Some("open the address above in a browser of this machine"),
            );
        }
        let stopped = async {
            signals.next().await;
        };
        server.run(stopped).await;
        Ok(())
    });
    runtimes.end();
    outcome
}

/// Refuses a path of this machine that leads nowhere: a page over nothing would not say so.
fn check(path: &str) -> Result<(), Error> {
    let is_plain = !path.contains("://") && !path.contains(['*', '?', '[']);
    if is_plain && !Path::new(path).exists() {
        return Err(Error::not_found(format!("there is nothing at `{path}`"))
            .hint("name a file, a folder, a glob, or s3://bucket/prefix"));
    }
    Ok(())
}

/// Prints the token of the server that runs, or of the next one.
fn print_token(settings: &Settings) -> anyhow::Result<()> {
    let folder = serve::folder(settings)?;
    let token = match Announcement::find(&folder) {
        Ok(server) if !server.page_token.is_empty() => server.page_token,
        _ => Token::kept(&folder)?.reveal().to_owned(),
    };
    Ok(writeln!(std::io::stdout(), "{token}")?)
}

/// Opens an address in the system's browser, which goes on by itself.
fn browse(address: &str) -> Result<(), Error> {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let started = Command::new(program)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut child = started.map_err(|error| serve::not_started(program, error))?;
    // Whoever ends it collects it; how it ends says nothing, since a browser that runs already ends it at once.
    std::thread::spawn(move || child.wait());
    Ok(())
}
