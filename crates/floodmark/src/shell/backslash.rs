//! The backslash commands: each is declared once, in the list here.

use floodmark_engine::Error;

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Help,
    Describe,
    Found,
    From,
    Database,
    Format,
    Expanded,
    Output,
    Timing,
    Report,
    Quit,
}

/// A backslash command.
pub(crate) struct Command {
    /// Its names, the usual one first.
    pub(crate) names: &'static [&'static str],
    pub(crate) argument: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) action: Action,
}

pub(crate) static ALL: &[Command] = &[
    Command {
        names: &["\\d"],
        argument: "[TABLE]",
        meaning: "list all tables, or the columns of one",
        action: Action::Describe,
    },
    Command {
        names: &["\\dt"],
        argument: "",
        meaning: "show what lies at the places that are asked",
        action: Action::Found,
    },
    Command {
        names: &["\\from"],
        argument: "[PATH…]",
        meaning: "show what is asked, or ask other places",
        action: Action::From,
    },
    Command {
        names: &["\\database"],
        argument: "[NAME]",
        meaning: "show or set the database of names without one",
        action: Action::Database,
    },
    Command {
        names: &["\\format"],
        argument: "[FORMAT]",
        meaning: "show or set how results are written",
        action: Action::Format,
    },
    Command {
        names: &["\\x"],
        argument: "[on|off]",
        meaning: "write rows one under the other, a line a column",
        action: Action::Expanded,
    },
    Command {
        names: &["\\o"],
        argument: "[FILE]",
        meaning: "write results to a file; without one, show them again",
        action: Action::Output,
    },
    Command {
        names: &["\\timing"],
        argument: "[on|off]",
        meaning: "say how long each statement took",
        action: Action::Timing,
    },
    Command {
        names: &["\\report"],
        argument: "[FORM]",
        meaning: "show or set the report after each statement: text, json or none",
        action: Action::Report,
    },
    Command {
        names: &["\\?", "\\h"],
        argument: "",
        meaning: "show this help",
        action: Action::Help,
    },
    Command {
        names: &["\\q"],
        argument: "",
        meaning: "leave, as Ctrl-D does",
        action: Action::Quit,
    },
];

/// A command line taken apart: the command and its arguments.
pub(crate) fn parse(line: &str) -> Result<(Action, Vec<String>), Error> {
    let line = line.trim().trim_end_matches(';');
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let command = ALL.iter().find(|command| command.names.contains(&name)).ok_or_else(|| {
        Error::invalid_query(format!("there is no command `{name}`")).hint("`\\?` lists them")
    })?;
    let arguments = arguments(rest)?;
    let arguments_max = match command.argument {
        "" => 0,
        several if several.ends_with("…]") => usize::MAX,
        _ => 1,
    };
    if arguments.len() > arguments_max {
        let usage = format!("{name} {}", command.argument);
        return Err(Error::invalid_query(format!("too much after `{name}`"))
            .hint(format!("write `{}`", usage.trim_end())));
    }
    Ok((command.action, arguments))
}

/// Words separated by space; quotes of either kind keep the space in a word.
fn arguments(text: &str) -> Result<Vec<String>, Error> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in text.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            Some(_) => word.get_or_insert_default().push(character),
            None if matches!(character, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            None if character.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    match quote {
        Some(open) => Err(Error::invalid_query(format!("the quote {open} is not closed"))),
        None => Ok(words),
    }
}

/// What a switch is set to by its argument; without one it is turned.
pub(crate) fn switch(argument: Option<&String>, now: bool) -> Result<bool, Error> {
    match argument.map(String::as_str) {
        None => Ok(!now),
        Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(other) => Err(Error::invalid_query(format!("`{other}` is no position of a switch"))
            .hint("write `on` or `off`")),
    }
}

/// The commands and keys, for people.
pub(crate) fn help() -> String {
    let mut text = "SQL ends with `;` and may go over several lines\n\n".to_owned();
    for command in ALL {
        let usage = format!("{} {}", command.names.join(" "), command.argument);
        text.push_str(&format!("  {usage:<20} {}\n", command.meaning));
    }
    text.push_str(
        "\nTab completes tables, columns and keywords; arrows and Ctrl-R go through the history;\n\
         Ctrl-C drops the input or stops the running query; Ctrl-D leaves\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::{Action, parse};

    #[test]
    fn a_command_is_taken_apart() {
        let check = |line: &str, action: Action, arguments: &[&str]| {
            let (found, words) = parse(line).unwrap();
            assert_eq!(found, action);
            assert_eq!(words, arguments);
        };
        check("\\d", Action::Describe, &[]);
        check("\\d nlb;", Action::Describe, &["nlb"]);
        check("\\h", Action::Help, &[]);
        check("\\from a  'b c'/d \"\"", Action::From, &["a", "b c/d", ""]);
        assert_eq!(parse("\\dd").unwrap_err().hint_text(), Some("`\\?` lists them"));
        assert_eq!(parse("\\x on off").unwrap_err().hint_text(), Some("write `\\x [on|off]`"));
        assert_eq!(parse("\\o 'x").unwrap_err().to_string(), "the quote ' is not closed");
    }
}
