//! firedrill

fn main() {}
