//! The lints, one file each, and the one walk that runs them.

use firedrill_source::Code;

/// The name of a lint.
pub fn name_of(code: Code) -> &'static str {
    let _ = code;
    "unnamed"
}
