//! Files, byte spans, line index, and findings as plain data.
//!
//! Everything that points into a user's file does so with a [`Location`]: a file and a byte range. Lines and columns
//! are computed from it at the very end, by whoever prints.

mod bytes;
mod diagnostic;
mod file;
mod fix;
mod span;
mod suggest;

pub use bytes::{find_byte, find_either, find_other, find_twice};
pub use diagnostic::{Code, Diagnostic, Edit, Fix, Label, Safety, Severity, Subject};
pub use file::{FileId, LineColumn, SourceFile, Sources};
pub use fix::repaired;
pub use span::{Location, Span, Spanned};
pub use suggest::{Names, nearest};
