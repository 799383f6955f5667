//! What the tests stand on: an engine over some files, looks at them, and SQL.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use floodmark_discover::view::{Look, View};
use floodmark_discover::{Kept, Told, look, told};
use floodmark_engine::athena::rows;
use floodmark_engine::{Engine, EngineOptions, Result, Session};
use floodmark_investigate::{Subject, SubjectOptions};

/// Enough memory for all rows of a test.
pub(crate) const ENOUGH: usize = 256 << 20;

/// Some files with logs, and what is kept of them.
pub(crate) struct Ground {
    session: Session<'static>,
    pub(crate) kept: Arc<Kept>,
}

/// What a look told, the last of each panel.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) timeline: Option<told::Timeline>,
    pub(crate) fields: Option<told::Fields>,
    pub(crate) rows: Option<told::Rows>,
    pub(crate) row: Option<told::Row>,
    pub(crate) compare: Option<told::Compare>,
    pub(crate) groups: Option<told::Groups>,
    pub(crate) hours: Option<told::Hours>,
    pub(crate) end: told::End,
    /// All messages, in their order.
    pub(crate) all: Vec<Told>,
}

/// Runs a future to its end.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("threads");
    runtime.block_on(future)
}

/// A path of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// A look at a log that wants nothing yet.
pub(crate) fn a_look(log: &str) -> Look {
    let view = View { log: log.to_owned(), ..View::default() };
    Look { view, ..Look::default() }
}

impl Ground {
    /// Logs at a place.
    pub(crate) async fn at(path: &Path, bytes_max: usize) -> Self {
        Self::with_home(path, bytes_max, None).await
    }

    /// Logs at a place, with files about addresses.
    pub(crate) async fn with_home(path: &Path, bytes_max: usize, home: Option<&Path>) -> Self {
        let options = EngineOptions {
            threads: 2,
            who_folder: home.map(Path::to_owned),
            ..EngineOptions::default()
        };
        // It lives as long as the test.
        let engine: &'static Engine = Box::leak(Box::new(Engine::new(options).expect("an engine")));
        let places = [path.to_str().expect("a path in UTF-8").to_owned()];
        let session = engine.open(&places).await.expect("a session");
        Self { session, kept: Arc::new(Kept::new(bytes_max)) }
    }

    /// Looks, and hears all that is told.
    pub(crate) async fn try_look(&self, question: &Look) -> Result<Heard> {
        let log = Some(question.view.log.as_str());
        let subject = Subject::open(&self.session, SubjectOptions { log, condition: None }).await?;
        let mut heard = Heard::default();
        // Servers move a look between threads.
        let tell = |told| heard.all.push(told);
        Box::pin(sendable(look(&self.kept, &subject, question, tell))).await?;
        for told in heard.all.clone() {
            match told {
                Told::Progress(_) => {}
                Told::Timeline(panel) => heard.timeline = Some(panel),
                Told::Fields(panel) => heard.fields = Some(panel),
                Told::Rows(panel) => heard.rows = Some(panel),
                Told::Row(panel) => heard.row = Some(panel),
                Told::Compare(panel) => heard.compare = Some(panel),
                Told::Groups(panel) => heard.groups = Some(panel),
                Told::Hours(panel) => heard.hours = Some(panel),
                Told::End(end) => heard.end = end,
            }
        }
        assert!(matches!(heard.all.last(), Some(Told::End(_))), "the end comes last");
        let account = &heard.end.account;
        assert_eq!(account.lines, account.rows + account.headers + account.rejected);
        Ok(heard)
    }

    /// Looks; it must succeed.
    pub(crate) async fn look(&self, question: &Look) -> Heard {
        self.try_look(question).await.unwrap_or_else(|error| panic!("{question:?}: {error}"))
    }

    /// Begins to look, and gives up before it is done.
    pub(crate) async fn give_up(&self, question: &Look) {
        let log = Some(question.view.log.as_str());
        let options = SubjectOptions { log, condition: None };
        let subject = Subject::open(&self.session, options).await.expect("a subject");
        let mut looking = Box::pin(look(&self.kept, &subject, question, |_| {}));
        assert!(futures::poll!(&mut looking).is_pending());
    }

    /// Looks while another one who began to read the same is not heard any more.
    pub(crate) async fn look_beside_a_stalled_one(&self, question: &Look) -> Heard {
        let log = Some(question.view.log.as_str());
        let options = SubjectOptions { log, condition: None };
        let subject = Subject::open(&self.session, options).await.expect("a subject");
        let mut stalled = Box::pin(look(&self.kept, &subject, question, |_| {}));
        assert!(futures::poll!(&mut stalled).is_pending());
        self.look(question).await
    }

    /// The rows of a statement, as Athena writes them.
    pub(crate) async fn sql(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        self.try_sql(sql).await.unwrap_or_else(|error| panic!("{sql}\n{error}"))
    }

    async fn try_sql(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let subject = Subject::open(&self.session, SubjectOptions::default()).await?;
        let mut all = Vec::new();
        for batch in subject.ask(sql).await? {
            all.extend(rows(&batch)?);
        }
        Ok(all)
    }

    /// The session's log as the page knows it.
    pub(crate) async fn described(&self, log: &str) -> floodmark_discover::Log {
        let summary = self.session.summary().await.expect("a summary");
        let found = summary.logs.iter().find(|found| found.log_type.name == log).expect("the log");
        let table = floodmark_formats::table::find(log).expect("a table");
        floodmark_discover::describe(table, self.session.who(), found)
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

/// A cell of an answer that is a number; NULL is 0.
pub(crate) fn number(cell: Option<&String>) -> f64 {
    cell.map_or(0.0, |text| text.parse().unwrap_or_else(|_| panic!("{text} is no number")))
}

/// Whether two amounts are the same, but for how sums of fractions are rounded.
pub(crate) fn is_near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * (1.0 + a.abs().max(b.abs()))
}
