//! The workload that Floodmark is measured on, and the floor that it is measured against.

mod arguments;
mod clients;
mod clock;
mod ddl;
mod decode;
mod draw;
mod floor;
mod generate;
mod inflate;
mod logs;
mod names;
mod objects;
mod root_cause;

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::arguments::Arguments;

const USAGE: &str = "\
usage: floodmark-bench COMMAND --folder DIR [OPTIONS]

  generate   write logs below DIR/<log>, under the keys that AWS gives them
      --log nlb|alb|vpc_flow|cloudfront|waf|all   [all]
      --objects N   how many objects a log      [24]
      --lines N     how many records an object  [100000]
      --hours N     over how many hours, the last one ending at 2024-10-05T03:00  [6]
      --seed N      [1]
  floor      inflate the objects of DIR/<log> on two threads, find the delimiters, print lines and fields
      --log nlb|alb|vpc_flow|cloudfront|waf     [nlb]
      --inflate-only   only inflate
      --answer         also answer the benchmark's question, to check other programs
  inflate    compare inflaters on all objects below DIR, in CPU seconds of one thread
      --runs N      [5]
  names      compare how fast addresses and user agents are named, in CPU seconds of one thread
      --runs N      [5]
  ddl        print the statement that makes the documented Athena table of a log over DIR
      --log nlb|alb|vpc_flow|cloudfront|waf     [nlb]
      --table NAME     the table's name         [that of the log]
      --partitioned    with a projected day, of ten years
      --columns        only the columns: name, type, and the name in Floodmark's own table
  decode     compare the decoder of a log with that of the user's table, in CPU seconds of one thread
      --log nlb|alb|vpc_flow|cloudfront|waf|all [all]
      --runs N      [5]
  root-cause FOLDER   find the causes of all instances of a localisation benchmark, score them, time the search
      each a Parquet or CSV file: text columns are the dimensions, `real` is measured, `predict` was expected
      --labels FILE    [FOLDER/labels.csv with `file,causes`, or FOLDER/injection_info.csv with `timestamp,set`]
";

fn main() -> ExitCode {
    let arguments = Arguments::of(std::env::args().skip(1).collect());
    let done = arguments.and_then(|arguments| match arguments.command.as_str() {
        "generate" => generate::run(&arguments),
        "floor" => floor::run(&arguments),
        "ddl" => ddl::run(&arguments),
        "decode" => decode::run(&arguments),
        "inflate" => inflate::run(&arguments),
        "names" => names::run(&arguments),
        "root-cause" => root_cause::run(&arguments),
        "" => Err("no command".to_owned()),
        other => Err(format!("unknown command `{other}`")),
    });
    let written = match &done {
        Ok(text) => io::stdout().write_all(text.as_bytes()),
        Err(message) => write!(io::stderr(), "error: {message}\n\n{USAGE}"),
    };
    if done.is_ok() && written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
