//! What would change in a file, as a unified diff that `patch` and `git apply` understand.

use similar::TextDiff;
use std::io::{self, Write};

/// Writes the difference between two texts of a file, with three lines around each change.
pub(crate) fn write_diff(out: &mut dyn Write, name: &str, old: &str, new: &str) -> io::Result<()> {
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff()
        .context_radius(3)
        .header(name, name)
        .to_writer(out)
}
