//! One execution of a statement, from its submission to its end.

use serde::{Deserialize, Serialize};

use crate::results::columns::ColumnInfo;

/// What is known of an execution: it is kept in the history as this.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Execution {
    pub(crate) id: String,
    /// The statement as it was sent, without blanks around it and the `;` at its end.
    pub(crate) query: String,
    /// `DML`, `DDL` or `UTILITY`.
    pub(crate) statement_type: String,
    /// `SELECT`, `CREATE_TABLE`; None where Athena has no word.
    pub(crate) substatement: Option<String>,
    pub(crate) database: String,
    pub(crate) catalog: String,
    pub(crate) workgroup: String,
    pub(crate) parameters: Vec<String>,
    /// Where the client finds the result in S3; None if it is managed.
    pub(crate) output_location: Option<String>,
    /// The place that was asked for, as it is compared with that of a request that is sent again; empty for a managed result.
    #[serde(default)]
    pub(crate) requested: String,
    /// What the client said beside the location.
    #[serde(default)]
    pub(crate) output_configuration: OutputConfiguration,
    /// For how many minutes an older result will do; None if none will.
    pub(crate) reuse_minutes: Option<u32>,
    pub(crate) is_reused: bool,
    pub(crate) submitted_ms: i64,
    pub(crate) completed_ms: Option<i64>,
    pub(crate) state: ExecutionState,
    pub(crate) failure: Option<Failure>,
    pub(crate) statistics: Statistics,
    /// What the result tells of its columns.
    pub(crate) columns: Vec<ColumnInfo>,
    /// Whether the result is lines, not rows.
    pub(crate) is_lines: bool,
    /// How many rows a statement wrote, 0 if it only reads; None where Athena says nothing.
    pub(crate) update_count: Option<u64>,
    /// The list of the files that were written.
    pub(crate) manifest: Option<String>,
    /// Whose result file it has: its own, or that of the execution whose result it takes.
    pub(crate) result_of: String,
    /// The process that runs it.
    pub(crate) owner: String,
}

impl Execution {
    /// Whether there is a file with its rows: a statement that writes has none, but the `UNLOAD` of a managed result.
    pub(crate) fn has_rows(&self) -> bool {
        match self.substatement.as_deref() {
            Some("INSERT" | "CREATE_TABLE_AS_SELECT") => false,
            Some("UNLOAD") => self.output_location.is_none(),
            _ => true,
        }
    }
}

/// What a client says of its result's file beside the location. Files lie on this machine: it is told again, and nothing more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OutputConfiguration {
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_configuration: Option<EncryptionConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_bucket_owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acl_configuration: Option<AclConfiguration>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EncryptionConfiguration {
    encryption_option: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AclConfiguration {
    #[serde(rename = "S3AclOption")]
    s3_acl_option: String,
}

/// Where an execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ExecutionState {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl ExecutionState {
    /// Whether nothing more happens.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// Its name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// Why an execution did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// What `StateChangeReason` says.
    pub(crate) reason: String,
    /// 1 is ours, 2 the user's; None for a cancelled one.
    pub(crate) category: Option<u32>,
    /// Athena's number of the error.
    pub(crate) error_type: u32,
}

/// What an execution took, times in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statistics {
    pub(crate) queued_ms: u64,
    pub(crate) planning_ms: u64,
    pub(crate) engine_ms: u64,
    pub(crate) service_ms: u64,
    pub(crate) total_ms: u64,
    /// The bytes that were read where the data lie, compressed as they are.
    pub(crate) scanned_bytes: u64,
    /// The rows that were read.
    pub(crate) input_rows: u64,
    pub(crate) output_rows: u64,
    pub(crate) output_bytes: u64,
    /// Lines that are no rows, or could not be read.
    pub(crate) rejected_lines: u64,
    /// How many troubles with objects there were that were passed over.
    #[serde(default)]
    pub(crate) troubles: u64,
}
