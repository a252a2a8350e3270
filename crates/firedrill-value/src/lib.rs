//! Labels, time, numbers and their text forms as Prometheus and Go write them.

pub mod almost;
pub mod calendar;
mod duration;
mod float;
pub mod histogram;
pub mod kahan;
mod labels;
mod quote;
mod sample;
mod shared;

pub use duration::{Duration, DurationError};
pub use float::{FloatError, format_e, format_f, format_g, format_g_precision, parse_float};
pub use histogram::{FloatHistogram, ResetHint};
pub use labels::{
    Label, Labels, LabelsBuilder, METRIC_NAME, format_pairs, is_legacy_label_name, is_legacy_metric_name,
};
pub use quote::{quote, quote_bytes, quote_char};
pub use sample::{STALE_NAN, Timestamp, is_stale};
pub use shared::{shared_slot, shared_text};
