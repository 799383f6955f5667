//! The investigator's questions, as SQL and small statistics: SQL in, batches out.

pub mod counting;
pub mod contribution;
pub mod drivers;
pub mod explain;
pub mod limits;
pub mod spikes;
pub mod subject;
pub mod window;

pub use counting::Counting;
pub use spikes::{Spike, SpikeOptions, Timeline};
pub use subject::{Subject, SubjectOptions};
pub use window::{Before, Window};
