//! The investigator's questions, as SQL and small statistics: SQL in, batches out.

mod answer;
pub mod backtest;
pub mod compare;
pub mod contribution;
pub mod cost;
pub mod counting;
pub mod drivers;
pub mod explain;
pub mod grouping;
pub mod limits;
pub mod measure;
pub mod naming;
pub mod spikes;
pub mod subject;
pub mod timeline;
pub mod top;
pub mod traffic;
pub mod window;

pub use counting::Counting;
pub use measure::Measure;
pub use naming::Names;
pub use spikes::{Spike, SpikeOptions, Timeline};
pub use subject::{Subject, SubjectOptions};
pub use window::{Before, Window};
