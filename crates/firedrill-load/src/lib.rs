//! Series from text, whatever form it has: series notation, unit tests, scripts, exposition and OpenMetrics.
//!
//! A text is told by its content ([`Form`]). Times in the texts are kept where they have some; what has none is placed by
//! [`Loader::finish`]: notation begins where everything else begins, a scrape without timestamps stands at the end.
//!
//! ```
//! # use firedrill_load::{LoadOptions, Loader};
//! # use firedrill_source::{FileId, SourceFile};
//! let mut loader = Loader::new(LoadOptions::default());
//! loader.add(FileId(0), &SourceFile::new("a.txt", "up{job=\"api\"} 1 1 0\n")).unwrap();
//! let loaded = loader.finish().unwrap();
//! assert_eq!((loaded.start, loaded.end), (0, 120_000));
//! ```

mod exposition;
mod form;
mod loader;
mod notation;
mod script;
mod unit_test;

pub use exposition::{Exposition, ExpositionSample, parse_exposition};
pub use form::{Form, form_of};
pub use loader::{LoadOptions, Loaded, Loader, Summary};

use firedrill_source::{FileId, Location, Span};
use std::fmt;

/// Why a text gives no series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// What is wrong.
    pub message: String,
    /// Where, in which text.
    pub location: Location,
    /// What to do.
    pub help: Option<String>,
}

impl LoadError {
    fn new(file: FileId, span: Span, message: impl Into<String>) -> Self {
        LoadError {
            message: message.into(),
            location: Location::new(file, span),
            help: None,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for LoadError {}
