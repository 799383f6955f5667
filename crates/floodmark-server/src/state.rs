//! What all requests share.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use floodmark_buckets::Buckets;
use floodmark_discover::Kept;
use floodmark_engine::scan::Summary;
use floodmark_engine::{Dataset, Engine, Result, Session};
use floodmark_who::Fact;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, Semaphore};

use crate::executions::execution::Execution;
use crate::executions::{Executions, QueryOptions, ResultPlace};
use crate::limits::{UI_SUMMARY_KEPT, UI_WORK_MAX};
use crate::listen::{Ending, Tell};
use crate::s3::{S3, Upstream};
use crate::ui::Lookups;

/// The bucket of results that name no other.
const RESULTS: &str = "athena-results";

/// What all requests share.
pub(crate) struct State {
    /// Runs SQL; has the catalog.
    pub(crate) engine: Arc<Engine>,
    /// The logs whose tables are in the database `logs`.
    dataset: Arc<Dataset>,
    /// The buckets that are folders of this machine.
    pub(crate) buckets: Arc<Buckets>,
    /// Answers requests to S3.
    pub(crate) s3: S3,
    /// All executions of statements.
    pub(crate) executions: Executions,
    /// Where results go for which nobody names a place.
    pub(crate) results: ResultPlace,
    /// Tells those who wait that the server ends.
    pub(crate) ending: Ending,
    /// On which threads statements run.
    pub(crate) runtime: Handle,
    /// Room for what the page asks.
    pub(crate) page_work: Semaphore,
    /// What the page needs.
    pub(crate) page: PageFacts,
    /// What lay at the places of the logs, and when that was.
    summary: Mutex<Option<(Instant, Arc<Summary>)>>,
    tell: Tell,
}

/// What the page needs of the server.
#[derive(Clone, Debug)]
pub(crate) struct PageFacts {
    /// The rows that are kept for its next question.
    pub(crate) kept: Arc<Kept>,
    /// Whom it may have asked about addresses; None if nobody.
    pub(crate) lookups: Option<Lookups>,
    /// The address of its API, with a slash at its end.
    pub(crate) url: String,
    /// The command that prints its token.
    pub(crate) token_command: String,
}

/// What a state is made of.
pub(crate) struct Parts<'a> {
    pub(crate) engine: Arc<Engine>,
    pub(crate) buckets: Arc<Buckets>,
    /// The folder of the history and of managed results.
    pub(crate) folder: &'a Path,
    /// The logs whose tables are in the database `logs`.
    pub(crate) from: &'a [String],
    /// Whether buckets that are not here are asked for in the real S3.
    pub(crate) pass_through: bool,
    pub(crate) queries: QueryOptions,
    /// On which threads statements run.
    pub(crate) runtime: Handle,
    pub(crate) page: PageFacts,
    pub(crate) tell: Tell,
}

impl State {
    /// Opens everything.
    ///
    /// # Errors
    ///
    /// `AccessDenied` or `Unavailable` if the folder cannot be used, and those of opening the logs.
    pub(crate) async fn open(parts: Parts<'_>) -> Result<Self> {
        let Parts { engine, buckets, folder, from, pass_through, queries, runtime, page, tell } =
            parts;
        let own = runtime.clone();
        let executions = Executions::open(folder, queries, runtime).await?;
        let results = ResultPlace::S3 { bucket: RESULTS.to_owned(), prefix: String::new() };
        // What a server that was killed left half written.
        buckets.clean()?;
        if buckets.has_own() && buckets.find(RESULTS).is_none() {
            buckets.create(RESULTS)?;
        }
        let dataset = engine.dataset(from).await?;
        let upstream = pass_through.then(|| Upstream::of(Arc::clone(&engine)));
        let s3 = S3::new(Arc::clone(&buckets), upstream);
        Ok(Self {
            engine,
            dataset,
            buckets,
            s3,
            executions,
            results,
            ending: Ending::new(),
            runtime: own,
            page_work: Semaphore::new(UI_WORK_MAX),
            page,
            summary: Mutex::default(),
            tell,
        })
    }

    /// A session over the catalog and the logs.
    ///
    /// # Errors
    ///
    /// Those of opening the catalog.
    pub(crate) async fn session(&self) -> Result<Session<'_>> {
        self.engine.session(&self.dataset).await
    }

    /// What lies at the places of the logs. It is kept for a short time, because large buckets take long to list and pages are loaded
    /// again and again; not if something could not be read, or nothing is there yet.
    ///
    /// # Errors
    ///
    /// Those of opening the catalog, and of listing.
    pub(crate) async fn summary(&self, is_anew: bool) -> Result<Arc<Summary>> {
        // Those who ask meanwhile wait for the same listing.
        let mut kept = self.summary.lock().await;
        if let Some((since, summary)) = &*kept
            && !is_anew
            && since.elapsed() < UI_SUMMARY_KEPT
        {
            return Ok(Arc::clone(summary));
        }
        let summary = Arc::new(self.session().await?.summary().await?);
        let is_whole = summary.troubles_total == 0 && !summary.logs.is_empty();
        *kept = is_whole.then(|| (Instant::now(), Arc::clone(&summary)));
        Ok(summary)
    }

    /// Reads the files about addresses that have not been read yet, where that keeps nobody else waiting. What is wrong with them is
    /// told by [`State::who_troubles`].
    pub(crate) async fn load_who(&self) {
        let who = Arc::clone(self.engine.who());
        let load = move || Fact::ALL.map(|fact| who.has(fact).is_ok());
        // A defect in there shows again where the fact is asked for.
        let _ = tokio::task::spawn_blocking(load).await;
    }

    /// Which files about addresses could not be used, and why.
    pub(crate) fn who_troubles(&self) -> Vec<String> {
        self.engine.who().troubles()
    }

    /// Tells whoever runs the server a line.
    pub(crate) fn tell(&self, line: &str) {
        self.tell.say(line);
    }

    /// Tells how a query ended.
    pub(crate) fn tell_query(&self, execution: &Execution) {
        let statistics = &execution.statistics;
        let mut line = format!(
            "{} {} {} in {} ms, {} bytes read, {} rows",
            execution.id,
            execution.substatement.as_deref().unwrap_or(&execution.statement_type),
            execution.state.name().to_lowercase(),
            statistics.total_ms,
            statistics.scanned_bytes,
            statistics.output_rows,
        );
        if statistics.rejected_lines > 0 {
            line.push_str(&format!(
                "; {} lines are no rows: the table `rejected` has them",
                statistics.rejected_lines
            ));
        }
        if statistics.troubles > 0 {
            line.push_str(&format!(
                "; {} objects or folders could not be read, and were passed over",
                statistics.troubles
            ));
        }
        if let Some(failure) = &execution.failure {
            line.push_str(&format!(": {}", failure.reason));
        }
        self.tell(&line);
    }
}
