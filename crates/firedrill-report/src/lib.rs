//! Findings and test results as text, short lines and JSON.
