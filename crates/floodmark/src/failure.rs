//! What a failure looks like, and the exit code that it gives.

use std::io::Write;

use floodmark_engine::{Error, ErrorKind};

use crate::render::safe;

/// The exit code of a kind of error. The manual lists them.
pub(crate) fn exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Internal => 1,
        ErrorKind::InvalidQuery => 2,
        ErrorKind::NotFound => 3,
        ErrorKind::AccessDenied => 4,
        ErrorKind::Unavailable => 5,
        ErrorKind::LimitReached => 6,
        ErrorKind::NotSupported => 7,
        ErrorKind::Cancelled => 130,
    }
}

/// An error with the SQL that it is about.
#[derive(Debug)]
pub(crate) struct InSql {
    pub(crate) error: Error,
    pub(crate) sql: String,
}

impl std::fmt::Display for InSql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for InSql {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}

/// A program that was run has ended so: it told why itself.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: u8,
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the program ended with {}", self.code)
    }
}

impl std::error::Error for Ended {}

/// Says what went wrong in one line or two, with the place in the SQL and what to try; gives the exit code.
pub(crate) fn tell(failure: &anyhow::Error) -> u8 {
    // Whoever read our output has seen enough.
    if is_closed_pipe(failure) {
        return 0;
    }
    if let Some(Ended { code }) = failure.downcast_ref::<Ended>() {
        return *code;
    }
    if let Some(error) = failure.downcast_ref::<floodmark_aws::Error>() {
        return tell(&anyhow::Error::new(Error::from(error.copy())));
    }
    let mut text = format!("error: {}\n", safe(&format!("{failure:#}")));
    let (error, sql) = match failure.downcast_ref::<InSql>() {
        Some(in_sql) => (Some(&in_sql.error), Some(in_sql.sql.as_str())),
        None => (failure.downcast_ref::<Error>(), None),
    };
    if let Some(error) = error {
        // In Athena's words where it has its own for this.
        let message = match error.athena_code() {
            Some(_) => error.athena_text(),
            None => error.to_string(),
        };
        text = format!("error: {}\n", safe(&message));
        if let (Some(position), Some(sql)) = (error.position(), sql) {
            let line = position
                .line
                .checked_sub(1)
                .and_then(|line| sql.lines().nth(usize::try_from(line).unwrap_or(usize::MAX)));
            if let Some(line) = line.filter(|line| line.chars().count() <= 2000) {
                let column = usize::try_from(position.column.saturating_sub(1)).unwrap_or(0);
                let before: String = line.chars().take(column).collect();
                let width = unicode_width::UnicodeWidthStr::width(safe(&before).as_ref());
                text.push_str(&format!("  {}\n  {}^\n", safe(line), " ".repeat(width)));
            }
        }
        if let Some(hint) = error.hint_text() {
            text.push_str(&format!("hint: {}\n", safe(hint)));
        }
    }
    // There is nobody to tell if even this cannot be written.
    let _ = std::io::stderr().write_all(text.as_bytes());
    match error {
        Some(error) => exit_code(error.kind()),
        None => 1,
    }
}

/// Says what does not stop the command, with what to try.
pub(crate) fn warn(message: &str, hint: Option<&str>) {
    let mut text = format!("warning: {}\n", safe(message));
    if let Some(hint) = hint {
        text.push_str(&format!("hint: {}\n", safe(hint)));
    }
    // There is nobody to tell if even this cannot be written.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Says in two lines that there is a defect, and where.
pub(crate) fn tell_defect(defect: &std::panic::PanicHookInfo<'_>) {
    let place = defect.location().map(ToString::to_string).unwrap_or_default();
    let message = defect.payload_as_str().unwrap_or("it gives no reason");
    let text = format!(
        "error: a defect of Floodmark at {place}: {}\nhint: please report it, with the command and the kind of log\n",
        safe(message)
    );
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Whether the reader of our output has gone, as `head` does.
fn is_closed_pipe(failure: &anyhow::Error) -> bool {
    failure.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
