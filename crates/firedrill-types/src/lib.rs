//! What can be proved about an expression: label flow and value ranges.
