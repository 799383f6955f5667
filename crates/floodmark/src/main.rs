//! The command line: one file a command. It renders what the library answers, and has no logic of its own.

mod commands;
mod demo;
mod failure;
mod progress;
mod render;
mod report_text;
mod resolving;
mod settings;
mod shell;
mod signals;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::main()
}
