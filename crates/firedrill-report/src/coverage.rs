//! Reports of coverage: what no test has seen, for people and for the tools that show it beside the lines.

mod cobertura;
mod html;
mod json;
mod lcov;
mod lines;
mod text;

pub use cobertura::write_cobertura;
pub use html::write_coverage_html;
pub use json::write_coverage_json;
pub use lcov::write_lcov;
pub use text::write_coverage;
