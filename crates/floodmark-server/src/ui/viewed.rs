//! A view of the page as the rows that it means.

use std::sync::Arc;

use floodmark_discover::{View, Windows, condition, windows};
use floodmark_engine::{Error, Session};
use floodmark_formats::{Table, table};
use floodmark_investigate::{Subject, SubjectOptions, Window};

/// The rows of a view, and its windows of time.
pub(crate) struct Viewed<'a> {
    /// The rows that meet its filters, of any time.
    pub(crate) subject: Subject<'a>,
    /// Its windows of time.
    pub(crate) windows: Windows,
}

impl<'a> Viewed<'a> {
    /// Opens a view.
    ///
    /// # Errors
    ///
    /// `NotFound` and `InvalidQuery` for a log, fields and filters that are none, and those of listing.
    pub(crate) async fn open(session: &'a Session<'a>, view: &View) -> Result<Self, Error> {
        let table = log(view)?;
        let condition = condition(table, session.who(), view)?;
        let options = SubjectOptions { log: Some(&view.log), condition: condition.as_deref() };
        let subject = Subject::open(session, options).await?;
        Ok(Self { subject, windows: windows(view)? })
    }

    /// What was brushed, or else what the timeline spans; None is all time.
    pub(crate) fn window(&self) -> Option<Window> {
        self.windows.during.or(self.windows.span)
    }
}

/// The log of a view.
fn log(view: &View) -> Result<&'static Arc<Table>, Error> {
    table::find(&view.log).ok_or_else(|| {
        Error::not_found(format!("there is no log of the name `{}`", view.log))
            .hint("reload the page: the server may have other logs now")
    })
}

/// The rows of a view's log, whatever its filters are.
///
/// # Errors
///
/// `NotFound` if there is no such log, and those of listing.
pub(crate) async fn all_rows<'a>(
    session: &'a Session<'a>,
    view: &View,
) -> Result<Subject<'a>, Error> {
    log(view)?;
    Subject::open(session, SubjectOptions { log: Some(&view.log), condition: None }).await
}
