//! Repository chores, as functions that tests can call.

pub mod catalogue;
pub mod generate;

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder with recorded data beside the repository, which may be absent.
pub fn shared(root: &Path) -> PathBuf {
    std::env::var_os("FIREDRILL_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from)
}
