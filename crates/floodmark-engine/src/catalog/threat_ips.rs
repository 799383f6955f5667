//! The entries of the threat lists that the user brought, as a table.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::catalog::{MemTable, TableProvider};
use floodmark_formats::time::SECOND;
use floodmark_who::Who;

use crate::error::Result;

/// The table's name.
pub const THREAT_IPS: &str = "threat_ips";

/// The columns: name, type in Athena's words, and meaning.
pub const THREAT_IPS_COLUMNS: &[(&str, &str, &str)] = &[
    ("network", "string", "The address or network, as a CIDR."),
    ("list", "string", "The name of the list."),
    ("note", "string", "What the list says of it."),
    ("added", "timestamp", "When the list was imported."),
];

/// All entries, list after list.
pub(crate) fn threat_ips(who: &Who) -> Result<Arc<dyn TableProvider>> {
    let entries: Vec<_> =
        who.threats()?.into_iter().flat_map(|threats| threats.entries()).collect();
    let networks = entries.iter().map(|entry| Some(entry.network.to_string()));
    let lists = entries.iter().map(|entry| Some(entry.list));
    let notes = entries.iter().map(|entry| entry.note);
    let added = entries.iter().map(|entry| Some(entry.added.saturating_mul(SECOND)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(networks.collect::<StringViewArray>()),
        Arc::new(lists.collect::<StringViewArray>()),
        Arc::new(notes.collect::<StringViewArray>()),
        Arc::new(added.collect::<TimestampMicrosecondArray>()),
    ];
    let fields = THREAT_IPS_COLUMNS.iter().map(|(name, kind, _)| {
        let data_type = match *kind {
            "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
            _ => DataType::Utf8View,
        };
        Field::new(*name, data_type, true)
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)
        .map_err(datafusion::error::DataFusionError::from)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}
