//! The lints, one file each, and the one walk that runs them.
