//! The end of the server, for those who wait.

use tokio::sync::watch;

/// Tells whoever waits that the server ends: what waits for a query to end answers at once then.
#[derive(Clone, Debug)]
pub(crate) struct Ending(watch::Sender<bool>);

impl Ending {
    /// An end that has not come yet.
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// The end has come.
    pub(crate) fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Waits for the end.
    pub(crate) async fn wait(&self) {
        // It cannot fail while we hold the sender.
        let _ = self.0.subscribe().wait_for(|ends| *ends).await;
    }
}
