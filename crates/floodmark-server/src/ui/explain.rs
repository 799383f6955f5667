//! `explain`: where a change in traffic comes from.

use std::sync::Arc;

use floodmark_discover::View;
use floodmark_investigate::Before;
use floodmark_investigate::explain::{ExplainQuestion, explain};
use serde::Deserialize;
use serde_json::json;

use crate::state::State;
use crate::ui::Failure;
use crate::ui::account::{account_of_all, notes_of_all};
use crate::ui::lines::Lines;
use crate::ui::viewed::Viewed;

/// What is to be explained.
#[derive(Debug, Deserialize)]
pub(crate) struct OfView {
    view: View,
    /// The measure, by its name or as an aggregate in SQL; None for the one that moved.
    #[serde(default)]
    measure: Option<String>,
}

/// Answers `explain`. Without something brushed it looks for a spike or a dip in what the timeline spans.
pub(crate) async fn run(
    state: &Arc<State>,
    question: OfView,
    lines: &Lines,
) -> Result<(), Failure> {
    let session = state.session().await?;
    let Viewed { mut subject, windows } = Viewed::open(&session, &question.view).await?;
    if let (None, Some(span)) = (windows.during, windows.span) {
        subject = subject.and(&span.condition("event_time"));
    }
    let asked = ExplainQuestion {
        during: windows.during,
        before: (question.view.before.and(windows.before))
            .map(|before| Before::Windows(vec![before])),
        measure: question.measure.filter(|measure| !measure.is_empty()),
        ..ExplainQuestion::default()
    };
    let work = explain(&subject, &asked);
    let answer = lines.during(|| subject.latest(), Box::pin(work)).await?;
    lines.tell(&json!({ "answer": answer })).await;
    let reports = subject.reports();
    let mut notes = notes_of_all(&reports);
    notes.extend(state.who_troubles());
    let end = json!({
        "seconds": lines.seconds(),
        "account": account_of_all(&reports),
        "notes": notes,
    });
    lines.tell(&json!({ "end": end })).await;
    Ok(())
}
