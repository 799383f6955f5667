//! The doctor: what is wrong with a table that a query would only show as no rows, or as wrong ones.

mod definition;
mod fields;
mod folder;
mod lines;
mod placeholders;
mod projected;
mod rule;
mod sample;
mod subject;
mod text;
mod values;

pub use rule::{Finding, RULES, Rule, Severity};
pub use text::Checked;

use std::sync::Arc;
use std::time::Duration;

use regex::Regex;

use crate::catalog::{Partition, PartitionFilter, TableDefinition};
use crate::check::rule::LOCATION_UNREADABLE;
use crate::check::sample::{Extent, Sample, Spot};
use crate::check::subject::Subject;
use crate::error::Result;
use crate::limits::{
    CHECKED_LISTED_MAX, CHECKED_OPENED_MAX, CHECKED_PARTITIONS_MAX, CHECKED_TIME_MAX,
    CHECKED_WELL_LISTED_MAX, CHECKED_WELL_OPENED_MAX, CHECKED_WELL_TIME_MAX,
};
use crate::scan::now;
use crate::session::Session;

pub(crate) use fields::columns_of;
pub(crate) use lines::{HeaderLines, Kind, header_of};

/// A quick look, as `CREATE TABLE` takes it.
const QUICK: Extent = Extent {
    listed_max: CHECKED_LISTED_MAX,
    opened_max: CHECKED_OPENED_MAX,
    time_max: CHECKED_TIME_MAX,
};

/// A thorough look.
const THOROUGH: Extent = Extent {
    listed_max: CHECKED_WELL_LISTED_MAX,
    opened_max: CHECKED_WELL_OPENED_MAX,
    time_max: CHECKED_WELL_TIME_MAX,
};

impl Session<'_> {
    /// What should be said about a table that is made.
    pub(crate) async fn check(&self, table: &TableDefinition) -> Vec<String> {
        let findings = self.examine(table, Vec::new(), QUICK).await.findings;
        findings.iter().map(Finding::line).collect()
    }

    /// What should be said about partitions that are added.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for a partition outside of the bucket of its table.
    pub(crate) async fn check_partitions(
        &self,
        table: &TableDefinition,
        partitions: &[Partition],
    ) -> Result<Vec<String>> {
        for partition in partitions {
            definition::within_bucket(&table.location, &partition.location)?;
        }
        let findings = self.examine(table, partitions.to_vec(), QUICK).await.findings;
        Ok(findings.iter().map(Finding::line).collect())
    }

    /// What is wrong with a table of the catalog, found thoroughly.
    ///
    /// # Errors
    ///
    /// Those of reading the catalog.
    pub async fn check_table(&self, table: &TableDefinition) -> Result<Checked> {
        let all = PartitionFilter::default();
        let partitions = if table.partition_keys.is_empty() {
            Vec::new()
        } else {
            self.catalog().registered_partitions(table, &all).await?
        };
        Ok(self.check_definition(table, partitions).await)
    }

    /// What is wrong with a table and its partitions, found thoroughly.
    pub(crate) async fn check_definition(
        &self,
        table: &TableDefinition,
        partitions: Vec<Partition>,
    ) -> Checked {
        self.examine(table, partitions, THOROUGH).await
    }

    async fn examine(
        &self,
        table: &TableDefinition,
        mut partitions: Vec<Partition>,
        extent: Extent,
    ) -> Checked {
        partitions.truncate(CHECKED_PARTITIONS_MAX);
        let subject = Subject::new(table, partitions);
        let mut checked = Checked::of(table);
        let findings = &mut checked.findings;
        definition::check(&subject, now(), findings);
        // Nothing is asked of a bucket that is only an example.
        if findings.iter().any(Finding::spares_listing) {
            return checked;
        }
        let mut sample =
            match self.sample(spots(&subject), projected::folders(&subject), extent).await {
                Ok(sample) => sample,
                Err(late) => {
                    findings.push(late);
                    return checked;
                }
            };
        folder::check(&subject, &sample, findings);
        projected::check(&subject, &sample, now(), findings);
        lines::check(&subject, &mut sample, findings);
        checked.objects_listed = sample.spots.iter().map(|found| found.objects.len()).sum();
        checked.objects_opened = sample.starts.len();
        checked
    }

    /// Looks at some places, for a bounded time.
    pub(crate) async fn sample(
        &self,
        spots: Vec<Spot>,
        folders: Option<Regex>,
        extent: Extent,
    ) -> std::result::Result<Sample, Finding> {
        let first = spots.first().map(|spot| spot.location.clone()).unwrap_or_default();
        let stores = Arc::clone(self.engine().stores());
        let looking = self
            .engine()
            .io()
            .spawn(async move { sample::take(&stores, spots, folders, extent).await });
        let stop = looking.abort_handle();
        let late = |time: Duration| {
            let text = format!("`{first}` could not be looked into within {} s", time.as_secs());
            Finding::new(&LOCATION_UNREADABLE, text)
        };
        match tokio::time::timeout(extent.time_max, looking).await {
            Ok(Ok(sample)) => Ok(sample),
            Ok(Err(_)) => Err(Finding::new(&LOCATION_UNREADABLE, "the look at it ended early")),
            Err(_) => {
                stop.abort();
                Err(late(extent.time_max))
            }
        }
    }

    /// A quick look at one place.
    pub(crate) async fn glance(&self, location: &str) -> Option<Sample> {
        let spot = Spot { location: location.to_owned(), partition: None };
        self.sample(vec![spot], None, QUICK).await.ok()
    }
}

/// Where the objects of a table lie.
fn spots(subject: &Subject) -> Vec<Spot> {
    let own = |location: String| vec![Spot { location, partition: None }];
    if subject.projection.is_some() {
        return own(projected::root(subject));
    }
    if subject.partitions.is_empty() {
        return own(subject.definition.location.clone());
    }
    let keys = &subject.definition.partition_keys;
    let spot = |partition: &Partition| {
        let values = keys
            .iter()
            .zip(&partition.values)
            .map(|(key, value)| format!("{}={}", key.name, value.as_deref().unwrap_or("NULL")));
        Spot {
            location: partition.location.clone(),
            partition: Some(values.collect::<Vec<_>>().join("; ")),
        }
    };
    subject.partitions.iter().map(spot).collect()
}
