//! `look`: the panels of a view.

use std::sync::Arc;

use floodmark_discover::{Look, Told, look};

use crate::state::State;
use crate::ui::Failure;
use crate::ui::lines::{Lines, Outbox};
use crate::ui::viewed::all_rows;

/// Answers `look`.
pub(crate) async fn run(state: &Arc<State>, question: Look, lines: &Lines) -> Result<(), Failure> {
    let session = state.session().await?;
    let subject = all_rows(&session, &question.view).await?;
    state.load_who().await;
    let outbox: Outbox<Told> = Outbox::default();
    let work = look(&state.page.kept, &subject, &question, |told| outbox.put(told));
    lines.forward(&outbox, Box::pin(work)).await?;
    Ok(())
}
