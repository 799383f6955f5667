//! `floodmark env`: what a shell must set so that its tools ask a server that runs.

use std::io::Write;

use clap::{Args, ValueEnum};
use floodmark_server::Announcement;
use floodmark_server::client::{self, Variable};

use crate::commands::serve;
use crate::settings::Settings;

/// Print the lines that make a shell's tools ask the server that runs
///
/// Clients get the server's address, keys that stand for nothing (so that real ones do not leave), a region if they have none, and
/// the server's token and certificate if there are any. Other endpoints and profiles are taken away.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: eval \"$(floodmark env)\"
Example: floodmark env --shell fish | source
Example: floodmark env --shell powershell | Out-String | Invoke-Expression")]
pub(crate) struct Arguments {
    /// The shell that reads the lines: `sh` is bash and zsh, too
    #[arg(long, value_name = "SHELL", default_value = "sh")]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Sh,
    Fish,
    Powershell,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let server = Announcement::find(&serve::folder(settings)?)?;
    let look = |name: &str| std::env::var_os(name);
    let variables = client::variables(&server, settings.region.as_deref(), look);
    let lines: String =
        variables.iter().map(|variable| line(variable, arguments.shell) + "\n").collect();
    std::io::stdout().write_all(lines.as_bytes())?;
    Ok(())
}

/// The line of a shell that makes a change. Whatever stands in a value, it stays one.
fn line(variable: &Variable, shell: Shell) -> String {
    let name = variable.name;
    match (shell, &variable.value) {
        (Shell::Sh, Some(value)) => format!("export {name}='{}'", value.replace('\'', "'\\''")),
        (Shell::Sh, None) => format!("unset {name}"),
        (Shell::Fish, Some(value)) => {
            let value = value.replace('\\', "\\\\").replace('\'', "\\'");
            format!("set -gx {name} '{value}'")
        }
        (Shell::Fish, None) => format!("set -e {name}"),
        (Shell::Powershell, Some(value)) => {
            // Curved quotes end a text there, too.
            let is_quote =
                |character: &char| "'\u{2018}\u{2019}\u{201a}\u{201b}".contains(*character);
            let quoted = value.chars().flat_map(|character| {
                std::iter::repeat_n(character, if is_quote(&character) { 2 } else { 1 })
            });
            format!("$env:{name} = '{}'", quoted.collect::<String>())
        }
        (Shell::Powershell, None) => {
            format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_in_every_shell() {
        let check = |shell, value: &str, expect: &str| {
            let variable = Variable { name: "A", value: Some(value.to_owned()) };
            assert_eq!(line(&variable, shell), expect);
        };
        check(Shell::Sh, "a'b;$(c)`d`", "export A='a'\\''b;$(c)`d`'");
        check(Shell::Fish, "a'b\\", "set -gx A 'a\\'b\\\\'");
        check(Shell::Powershell, "a'b\u{2019}$c", "$env:A = 'a''b\u{2019}\u{2019}$c'");
    }
}
