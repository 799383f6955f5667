//! A dataset and a catalog that are being asked.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::prelude::SessionContext;
use floodmark_formats::{Table, table};
use floodmark_who::Who;
use futures::StreamExt;

use crate::catalog::{
    CATALOG, Catalog, DATABASE, INFORMATION_SCHEMA, LOGS, REJECTED, Relation, THREAT_IPS,
    TableDefinition, View, information, log_relation, refused, register, threat_ips,
};
use crate::dialect::functions::{self, who::Asked};
use crate::dialect::typing::literals;
use crate::dialect::{self, Kind, Parsed, Statement, TableName, names};
use crate::error::{Error, ErrorKind, Result};
use crate::execute::Execution;
use crate::limits::{FOLDERS_FOUND_MAX, VIEWS_DEPTH_MAX};
use crate::query::{Engine, Query, Written};
use crate::report::Metrics;
use crate::scan::{
    Dataset, HiveFrom, HiveTableProvider, LogTable, RejectedTable, ScanContext, Summary, summarise,
};
use crate::store::{self, ListHints, Location, Store};

/// The workgroup of sessions that name none, as in Athena.
const WORKGROUP: &str = "primary";

/// A dataset that is being asked.
#[derive(Debug)]
pub struct Session<'a> {
    engine: &'a Engine,
    dataset: Arc<Dataset>,
    catalog: Catalog,
    database: String,
    /// Whose prepared statements are meant.
    workgroup: String,
    unload_copy: Option<RowsCopy>,
    tables_location: Option<String>,
}

/// Takes a copy of each batch of rows on their way to files.
pub type RowsCopy = Arc<dyn CopyRows>;

/// What takes a copy of rows on their way to files.
pub trait CopyRows: std::fmt::Debug + Send + Sync {
    /// Takes the columns, before the first batch.
    ///
    /// # Errors
    ///
    /// Those of whoever keeps it, which end the statement.
    fn begin(&self, schema: &SchemaRef) -> Result<()>;

    /// Takes a batch.
    ///
    /// # Errors
    ///
    /// Those of whoever keeps it, which end the statement.
    fn copy(&self, batch: &RecordBatch) -> Result<()>;
}

/// What a name in FROM stands for.
enum Found {
    Table(Box<TableDefinition>),
    View(Box<View>),
    Log(&'static Arc<floodmark_formats::Table>),
    Rejected,
    ThreatIps,
    Information,
}

/// A query that was planned.
pub(crate) struct Planned {
    state: SessionState,
    plan: LogicalPlan,
    metrics: Arc<Metrics>,
    notes: Vec<String>,
    /// The first column that was given no name, as far as the text tells.
    unnamed: Option<usize>,
    /// Finds the place in the SQL that an error is about.
    locate: Box<dyn Fn(Error) -> Error + Send + Sync>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(engine: &'a Engine, dataset: Arc<Dataset>, catalog: Catalog) -> Self {
        let (database, workgroup) = (DATABASE.to_owned(), WORKGROUP.to_owned());
        Self {
            engine,
            dataset,
            catalog,
            database,
            workgroup,
            unload_copy: None,
            tables_location: None,
        }
    }

    /// The same session, in which names without a database are looked up in this one.
    ///
    /// # Errors
    ///
    /// `NotFound` if the catalog has no such database.
    pub async fn in_database(mut self, database: &str) -> Result<Self> {
        let database = database.to_lowercase();
        // As in Athena nobody needs the database `default` who names another one with each table.
        let is_known = database == LOGS || database == DATABASE;
        if !is_known && self.catalog().database(&database).await?.is_none() {
            return Err(refused::schema_not_found(&database)
                .hint("`SHOW DATABASES` lists the databases of the catalog"));
        }
        self.database = database;
        Ok(self)
    }

    /// The same session, in which names without a database are looked up in this one, whether it exists or not: as in Athena, only a name
    /// that is looked up there is not found.
    pub fn with_database(mut self, database: &str) -> Self {
        self.database = database.to_lowercase();
        self
    }

    /// The same session with the prepared statements of another workgroup than `primary`.
    pub fn in_workgroup(mut self, workgroup: &str) -> Self {
        workgroup.clone_into(&mut self.workgroup);
        self
    }

    /// The same session, in which somebody gets the rows that `UNLOAD` writes.
    pub fn with_unload_copy(mut self, copy: RowsCopy) -> Self {
        self.unload_copy = Some(copy);
        self
    }

    /// The same session, in which `CREATE TABLE AS` that names no location writes below this one.
    pub fn with_tables_location(mut self, location: &str) -> Self {
        self.tables_location = Some(location.to_owned());
        self
    }

    pub(crate) fn tables_location(&self) -> Option<&str> {
        self.tables_location.as_deref()
    }

    pub(crate) fn unload_copy(&self) -> Option<RowsCopy> {
        self.unload_copy.clone()
    }

    /// The workgroup whose prepared statements are meant.
    pub(crate) fn workgroup(&self) -> &str {
        &self.workgroup
    }

    /// The database that names without one are looked up in.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Runs one statement. A query runs while its rows are taken.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` with a place in the SQL where it has one; errors of reading come with the rows.
    pub async fn query(&self, statement: Statement) -> Result<Query> {
        match statement.kind {
            Kind::Query(parsed) => self.select(parsed).await,
            Kind::Other(other) => {
                let Statement { source: sql, start, parameters, .. } = statement;
                let execution = Execution { session: self, sql, start, parameters: &parameters };
                Box::pin(execution.run(&other)).await
            }
        }
    }

    /// Plans a plain query and does not run it, so that what is wrong with it is known. Any other statement is only read.
    ///
    /// # Errors
    ///
    /// Those of [`Session::query`] that come before anything is read.
    pub async fn validate(&self, statement: Statement) -> Result<()> {
        match statement.kind {
            Kind::Query(parsed) => self.plan(parsed).await?.schema().map(|_| ()),
            Kind::Other(_) => Ok(()),
        }
    }

    /// The statement that another one executes, with its values: that of `EXECUTE`. Any other stays what it is.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such prepared statement, and those of reading it.
    pub async fn executed(&self, statement: Statement) -> Result<Statement> {
        let Kind::Other(other) = &statement.kind else { return Ok(statement) };
        let Statement { source: sql, start, .. } = &statement;
        let (sql, parameters) = (Arc::clone(sql), &statement.parameters);
        let execution = Execution { session: self, sql, start: *start, parameters };
        match execution.executed(other).await? {
            Some(executed) => Ok(executed),
            None => Ok(statement),
        }
    }

    /// The query that stands in a range of a text.
    pub(crate) fn inner(&self, sql: &str, range: &Range<usize>) -> Result<Parsed> {
        match dialect::parse_one(sql, range.clone())?.kind {
            Kind::Query(parsed) => Ok(parsed),
            Kind::Other(_) => Err(Error::invalid_query("a query must stand here")),
        }
    }

    pub(crate) async fn select(&self, parsed: Parsed) -> Result<Query> {
        self.plan(parsed).await?.run().await
    }

    pub(crate) async fn explain(
        &self,
        parsed: Parsed,
        verbose: bool,
        analyze: bool,
    ) -> Result<Query> {
        let mut planned = self.plan(parsed).await?;
        planned.plan = LogicalPlanBuilder::from(planned.plan).explain(verbose, analyze)?.build()?;
        planned.run().await
    }

    /// Plans a query.
    pub(crate) async fn plan(&self, mut parsed: Parsed) -> Result<Planned> {
        let metrics = Arc::new(Metrics::default());
        let scan = self.scan(&metrics);
        let mut notes = Vec::new();
        let mut found: Vec<(TableName, Found)> = Vec::new();
        for depth in 0.. {
            let mut inlined = false;
            for name in parsed.tables() {
                if found.iter().any(|(known, _)| known.is_same(&name)) {
                    continue;
                }
                match self.find(&name).await.map_err(|error| error.at(name.position))? {
                    Found::View(view) => {
                        parsed
                            .inline_view(&name, &view.sql, &view.default_database)
                            .map_err(|error| in_view(error, &view.name))?;
                        inlined = true;
                    }
                    other => found.push((name, other)),
                }
            }
            if !inlined {
                break;
            }
            if depth >= VIEWS_DEPTH_MAX {
                let message = format!("views are nested deeper than {VIEWS_DEPTH_MAX}");
                return Err(Error::new(ErrorKind::LimitReached, message)
                    .hint("a view may read itself through another one"));
            }
        }
        let with_hidden: Vec<TableName> = (found.iter())
            .filter(|(_, what)| {
                !matches!(what, Found::Rejected | Found::ThreatIps | Found::Information)
            })
            .map(|(name, _)| name.clone())
            .collect();
        parsed.hidden_for(&with_hidden);
        let mut tables: Vec<(TableName, Arc<dyn TableProvider>)> = Vec::new();
        for (name, what) in found {
            let provider: Arc<dyn TableProvider> = match what {
                Found::Table(definition) => {
                    if name.database.is_none() && self.shadows_log(&definition.name) {
                        notes.push(format!(
                            "`{0}` is the table of the catalog; the logs at `--from` are `{LOGS}.{0}`",
                            definition.name
                        ));
                    }
                    let from = HiveFrom {
                        catalog: self.catalog().clone(),
                        stores: Arc::clone(self.engine.stores()),
                    };
                    Arc::new(HiveTableProvider::new(&scan, *definition, from, &parsed.hidden)?)
                }
                Found::View(view) => {
                    let message = format!("the view `{}` was not replaced", view.name);
                    return Err(Error::new(ErrorKind::Internal, message));
                }
                Found::Log(table) => Arc::new(LogTable::new(scan.clone(), table, &parsed.hidden)),
                Found::Rejected => Arc::new(RejectedTable::new(scan.clone())),
                Found::ThreatIps => threat_ips(self.who())?,
                Found::Information => information(self, &name.name, &mut notes).await?,
            };
            tables.push((name, provider));
        }
        let state = self.engine.state();
        let mut config = state.config().clone();
        config.options_mut().catalog.default_schema.clone_from(&self.database);
        config.options_mut().catalog.create_default_catalog_and_schema = false;
        let asked = Asked { who: Arc::clone(self.engine.who()), metrics: Arc::clone(&metrics) };
        functions::who::ask(config.options_mut(), asked);
        let state = SessionStateBuilder::new_from_existing(state.clone())
            .with_config(config)
            .with_catalog_list(register(&self.database, tables)?)
            .build();
        let (source, place) = (Arc::clone(&parsed.source), parsed.place);
        let unnamed = parsed.unnamed();
        let locate = move |error: Error| error.locate(&source, place.0, place.1);
        let plan = literals::narrow(parsed.plan(&state).await.map_err(&locate)?)?;
        Ok(Planned { state, plan, metrics, notes, unnamed, locate: Box::new(locate) })
    }

    fn scan(&self, metrics: &Arc<Metrics>) -> ScanContext {
        ScanContext {
            dataset: Arc::clone(&self.dataset),
            metrics: Arc::clone(metrics),
            io: self.engine.io(),
            keep_going: self.engine.options().keep_going,
        }
    }

    fn shadows_log(&self, name: &str) -> bool {
        !self.dataset.places.is_empty() && table::find(name).is_some()
    }

    /// Whether a catalog's name is that of the one catalog.
    pub(crate) fn is_catalog(&self, name: &str) -> Result<()> {
        if name.eq_ignore_ascii_case(CATALOG) {
            return Ok(());
        }
        Err(Error::not_found(format!("Catalog '{name}' does not exist"))
            .code("CATALOG_NOT_FOUND")
            .hint("the only catalog is `AwsDataCatalog`"))
    }

    /// What a database and a name stand for, in the catalog or among the logs.
    ///
    /// # Errors
    ///
    /// Those of the catalog.
    pub async fn known_relation(&self, database: &str, name: &str) -> Result<Option<Relation>> {
        self.relation(&database.to_lowercase(), &name.to_lowercase()).await
    }

    /// The same for names in lower case.
    pub(crate) async fn relation(&self, database: &str, name: &str) -> Result<Option<Relation>> {
        if database == LOGS {
            return Ok(table::find(name).map(|table| Relation::Table(log_relation(table))));
        }
        if let Some(relation) = self.catalog().relation(database, name).await? {
            return Ok(Some(relation));
        }
        let is_default = database == self.database || database == DATABASE;
        let log = if is_default { table::find(name) } else { None };
        Ok(log.map(|table| Relation::Table(log_relation(table))))
    }

    /// What a name in FROM stands for. The catalog comes before the logs.
    async fn find(&self, name: &TableName) -> Result<Found> {
        if let Some(catalog) = &name.catalog {
            self.is_catalog(catalog)?;
        }
        let database = name.database.as_deref().unwrap_or(&self.database);
        if database == INFORMATION_SCHEMA {
            return Ok(Found::Information);
        }
        if database != LOGS
            && let Some(relation) = self.catalog().relation(database, &name.name).await?
        {
            return Ok(match relation {
                Relation::Table(table) => Found::Table(Box::new(table)),
                Relation::View(view) => Found::View(Box::new(view)),
            });
        }
        if database == LOGS || name.database.is_none() || database == DATABASE {
            if let Some(table) = table::find(&name.name) {
                return Ok(Found::Log(table));
            }
            if name.name == REJECTED {
                return Ok(Found::Rejected);
            }
            if name.name == THREAT_IPS {
                return Ok(Found::ThreatIps);
            }
        }
        if database != LOGS && self.catalog().database(database).await?.is_none() {
            return Err(refused::schema_not_found(database)
                .hint("`SHOW DATABASES` lists the databases of the catalog"));
        }
        let mut names: Vec<String> = match database {
            LOGS => Vec::new(),
            database => {
                let relations = self.catalog().relations(database).await?;
                relations.iter().map(|relation| relation.name().to_owned()).collect()
            }
        };
        let logs = table::all()
            .iter()
            .flat_map(|table| std::iter::once(&table.log_type.name).chain(table.log_type.aliases));
        names.extend(logs.map(|name| (*name).to_owned()));
        let error = refused::table_not_found(database, &name.name);
        Err(match dialect::nearest(&name.name, &names) {
            Some(nearest) => error.hint(format!("did you mean `{nearest}`?")),
            None => error.hint(
                "`SHOW TABLES` lists the tables of the catalog, `floodmark tables --from PATH` the logs at a path",
            ),
        })
    }

    /// The keys or paths of what lies below a location, relative to it. Of each folder one object suffices.
    pub(crate) async fn keys_below(&self, location: &str) -> Result<Vec<String>> {
        let parsed = Location::parse(location)?;
        let store = self.open(&parsed).await?;
        let io = self.engine.io();
        let keep_going = self.engine.options().keep_going;
        let base = match &parsed {
            Location::S3 { prefix, .. } => prefix.trim_end_matches('/').to_owned(),
            _ => location.trim_end_matches('/').to_owned(),
        };
        let task = io.spawn(async move {
            let hints = ListHints { keep_going, may_be_empty: true, ..ListHints::default() };
            let mut objects = store::list(&store, &parsed, hints);
            let mut keys: Vec<String> = Vec::new();
            let mut folders = std::collections::HashSet::new();
            while let Some(object) = objects.next().await {
                let object = object?;
                let key = object.key.strip_prefix(&base).unwrap_or(&object.key);
                let key = key.trim_start_matches('/');
                let folder = key.rfind('/').map_or("", |slash| &key[..slash]);
                if folders.insert(folder.to_owned()) {
                    if folders.len() > FOLDERS_FOUND_MAX {
                        let message = format!("there are more than {FOLDERS_FOUND_MAX} folders");
                        return Err(Error::new(ErrorKind::LimitReached, message));
                    }
                    keys.push(key.to_owned());
                }
            }
            Ok(keys)
        });
        task.await.map_err(|error| {
            Error::new(ErrorKind::Internal, "the listing ended early").because(error)
        })?
    }

    /// Opens the store of a location.
    pub(crate) async fn open(&self, location: &Location) -> Result<Store> {
        self.engine.stores().open(location).await
    }

    /// What is known of addresses on this machine.
    pub fn who(&self) -> &Arc<Who> {
        self.engine.who()
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine
    }

    pub(crate) fn dataset(&self) -> &Arc<Dataset> {
        &self.dataset
    }

    /// The name in FROM of a log at the places of this session: its own, unless a table of the catalog has that.
    ///
    /// # Errors
    ///
    /// Those of the catalog.
    pub async fn name_of_log(&self, table: &Table) -> Result<String> {
        let name = table.log_type.name;
        Ok(match self.catalog().relation(&self.database, name).await? {
            Some(_) => format!("{LOGS}.{name}"),
            None => name.to_owned(),
        })
    }

    /// What lies there, without reading it all.
    ///
    /// # Errors
    ///
    /// Those of listing and fetching.
    pub async fn summary(&self) -> Result<Summary> {
        let dataset = Arc::clone(&self.dataset);
        let keep_going = self.engine.options().keep_going;
        let task = self.engine.io().spawn(async move { summarise(&dataset, keep_going).await });
        task.await.map_err(|error| {
            Error::new(ErrorKind::Internal, "the summary ended early").because(error)
        })?
    }
}

/// The rows under the names that Athena shows.
fn shown(rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let schema = names::shown_schema(&rows.schema());
    if schema == rows.schema() {
        return rows;
    }
    let of = Arc::clone(&schema);
    let rows = rows.map(move |batch| {
        let (_, columns, count) = batch?.into_parts();
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&of), columns, &options)?)
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, rows))
}

/// An error of a view's query, whose place is not one of the text that is asked.
fn in_view(error: Error, view: &str) -> Error {
    let message = format!("in the view `{view}`: {}", error.athena_text());
    Error::new(error.kind(), message).because(error)
}

impl Planned {
    /// The columns of the result, with the types that they have once the plan is settled.
    pub(crate) fn schema(&self) -> Result<SchemaRef> {
        let (analyzer, options) = (self.state.analyzer(), self.state.config_options());
        let settled = analyzer.execute_and_check(self.plan.clone(), options, |_, _| {});
        let settled = settled.map_err(|error| (self.locate)(Error::from(error)))?;
        Ok(names::shown_schema(settled.schema().as_arrow()))
    }

    /// The first column that has no name.
    pub(crate) fn unnamed(&self) -> Option<usize> {
        let fields = self.plan.schema().fields();
        self.unnamed.or_else(|| fields.iter().position(|field| names::is_unnamed(field.name())))
    }

    /// The same plan with another one around it.
    pub(crate) fn map(
        mut self,
        change: impl FnOnce(LogicalPlan) -> Result<LogicalPlan>,
    ) -> Result<Self> {
        self.plan = change(self.plan)?;
        Ok(self)
    }

    /// Begins to run.
    pub(crate) async fn run(self) -> Result<Query> {
        let begun = async {
            let context = SessionContext::new_with_state(self.state);
            context.execute_logical_plan(self.plan).await?.execute_stream().await
        };
        let rows =
            begun.await.map_err(|error| (self.locate)(dialect::errors::of_planning(error)))?;
        let rows = shown(rows);
        let (metrics, notes, written) = (self.metrics, self.notes, Arc::new(Written::default()));
        Ok(Query { schema: rows.schema(), rows, metrics, notes, written })
    }
}
