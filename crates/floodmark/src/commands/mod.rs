//! The commands: one file each, one line here each.

pub(crate) mod asked;
mod block;
mod check;
mod compare;
mod completions;
mod cost;
mod data;
mod ddl;
mod demo;
pub(crate) mod describe;
mod env;
pub(crate) mod explain;
mod inventory;
mod man;
mod open;
pub(crate) mod query;
mod run;
mod serve;
mod shell;
pub(crate) mod tables;
mod timeline;
mod top;
mod whois;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use floodmark_engine::ErrorKind;

use crate::failure;
use crate::settings::{self, Settings};

/// Finds out where a flood of network traffic came from.
///
/// Reads the logs that AWS leaves in S3 where they lie, and answers Athena's SQL on this machine.
#[derive(Debug, Parser)]
#[command(name = "floodmark", version, after_help = EXIT_CODES, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Commands,
    #[command(flatten)]
    settings: Settings,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 defect, 2 wrong SQL or arguments, 3 not found, 4 access denied, \
5 unavailable, 6 limit reached, 7 not supported, 130 stopped";

#[derive(Debug, Subcommand)]
enum Commands {
    Query(query::Arguments),
    Shell(shell::Arguments),
    Top(top::Arguments),
    Compare(compare::Arguments),
    Timeline(timeline::Arguments),
    Tables(tables::Arguments),
    Describe(describe::Arguments),
    Ddl(ddl::Arguments),
    Check(check::Arguments),
    Demo(demo::Arguments),
    Explain(explain::Arguments),
    Cost(cost::Arguments),
    Data(data::Arguments),
    Whois(whois::Arguments),
    Block(Box<block::Arguments>),
    Open(Box<open::Arguments>),
    Serve(Box<serve::Arguments>),
    Env(env::Arguments),
    Run(Box<run::Arguments>),
    Inventory(inventory::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// The whole command, as it is parsed, completed and documented.
pub(crate) fn command() -> Command {
    // The help is the same for everybody, whatever is set.
    Arguments::command().mut_args(|argument| argument.hide_env_values(true))
}

pub(crate) fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    std::panic::set_hook(Box::new(failure::tell_defect));
    match std::panic::catch_unwind(|| run(&arguments)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => ExitCode::from(failure::tell(&failure)),
        // The hook has told it.
        Err(_) => ExitCode::from(failure::exit_code(ErrorKind::Internal)),
    }
}

fn run(arguments: &[OsString]) -> anyhow::Result<()> {
    let command = settings::with_file(command(), settings::home_of(arguments))?;
    let matches: ArgMatches = command.get_matches_from(arguments);
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let settings = arguments.settings;
    match arguments.command {
        Commands::Query(arguments) => query::run(&arguments, &settings),
        Commands::Shell(arguments) => shell::run(&arguments, &settings),
        Commands::Top(arguments) => top::run(&arguments, &settings),
        Commands::Compare(arguments) => compare::run(&arguments, &settings),
        Commands::Timeline(arguments) => timeline::run(&arguments, &settings),
        Commands::Tables(arguments) => tables::run(&arguments, &settings),
        Commands::Describe(arguments) => describe::run(&arguments),
        Commands::Ddl(arguments) => ddl::run(&arguments, &settings),
        Commands::Check(arguments) => check::run(&arguments, &settings),
        Commands::Demo(arguments) => demo::run(&arguments, &settings),
        Commands::Explain(arguments) => explain::run(&arguments, &settings),
        Commands::Cost(arguments) => cost::run(&arguments, &settings),
        Commands::Data(arguments) => data::run(&arguments, &settings),
        Commands::Whois(arguments) => whois::run(&arguments, &settings),
        Commands::Block(arguments) => block::run(&arguments, &settings),
        Commands::Open(arguments) => open::run(&arguments, &settings),
        Commands::Serve(arguments) => serve::run(&arguments, &settings),
        Commands::Env(arguments) => env::run(&arguments, &settings),
        Commands::Run(arguments) => run::run(&arguments, &settings),
        Commands::Inventory(arguments) => inventory::run(&arguments, &settings),
        Commands::Completions(arguments) => completions::run(&arguments),
        Commands::Man(arguments) => man::run(&arguments),
    }
}

/// How large the stacks of working threads are, in bytes: a condition of thousands of terms is a deep tree, and walked by recursion.
const STACK_BYTES: usize = 16 << 20;

/// The threads that commands compute on.
pub(crate) fn runtime(settings: &Settings) -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if settings.threads > 0 {
        builder.worker_threads(settings.threads);
    }
    Ok(builder.thread_stack_size(STACK_BYTES).enable_all().build()?)
}
