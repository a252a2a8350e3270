//! Unit tests of rules: series in, alerts out; a run is a stream of events.
