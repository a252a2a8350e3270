//! Reasons, told from small tests.
