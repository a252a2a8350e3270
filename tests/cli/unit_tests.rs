//! unit_tests
