//! Repository chores, as functions that tests can call.

pub mod generate;

use std::path::PathBuf;

/// The root of the repository.
pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}
