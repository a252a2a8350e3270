//! What is known about each metric, and from where.
