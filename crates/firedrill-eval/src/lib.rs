//! The PromQL engine: expressions over series, evaluated across time in columns.
