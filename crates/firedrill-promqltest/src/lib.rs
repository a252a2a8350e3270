//! Prometheus' `.test` scripts: series are loaded, expressions evaluated, results compared (upstream `promql/promqltest`).
//!
//! ```
//! let script = firedrill_promqltest::parse("load 1m\n  up 1 0\n\neval instant at 1m up\n  up 0\n").unwrap();
//! assert!(script.run().failures.is_empty());
//! ```

mod check;
mod expect;
mod load;
mod pin;
mod run;
mod script;

pub use run::{Failure, Report};
pub use script::{Script, ScriptError, parse, parse_within};
