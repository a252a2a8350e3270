//! The report, for which texts that were put away are read once more, those of a few files at a time.

use crate::commands::to_stdout;
use crate::files::Text;
use crate::threads::spread;
use firedrill_report::{CheckSummary, Format, Style, write_check, write_findings, write_summary};
use firedrill_source::{Diagnostic, FileId, Sources};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// So many bytes of texts are read for one turn of findings.
const TURN_BYTES: usize = 512 * 1024;

/// What is shown, and how.
pub(super) struct Shown<'a> {
    pub(super) sources: &'a Sources,
    /// In their order.
    pub(super) findings: &'a [Diagnostic],
    pub(super) format: Format,
    pub(super) style: Style,
    pub(super) summary: CheckSummary,
}

/// The files whose texts were put away.
pub(super) struct Away<'a>(FxHashMap<FileId, &'a Text>);

impl<'a> Away<'a> {
    pub(super) fn among(texts: impl Iterator<Item = (FileId, &'a Text)>) -> Away<'a> {
        Away(texts.filter(|(_, text)| text.is_away()).collect())
    }

    /// The first findings, so many that the texts of their files fit into one turn, and those files.
    fn turn<'f>(
        &self,
        findings: &'f [Diagnostic],
    ) -> (&'f [Diagnostic], &'f [Diagnostic], Vec<(FileId, &'a Text)>) {
        let (mut bytes, mut files) = (0, FxHashMap::default());
        let fit = findings.iter().position(|finding| {
            let related = finding.related.iter();
            let labels = related.chain(std::iter::once(&finding.primary));
            for file in labels.map(|label| label.location.file) {
                if let Some(text) = self.0.get(&file)
                    && files.insert(file, *text).is_none()
                {
                    bytes += text.bytes();
                }
            }
            bytes > TURN_BYTES
        });
        // The one that was too much is taken along: so there is one at least.
        let (now, later) = findings.split_at(fit.map_or(findings.len(), |last| last + 1));
        (now, later, files.into_iter().collect())
    }
}

impl Shown<'_> {
    /// Writes it to standard output.
    ///
    /// # Errors
    /// If a file has changed since it was judged.
    pub(super) fn show(&self, away: &Away<'_>) -> Result<(), String> {
        let mut done = Ok(());
        to_stdout(|out| {
            if away.0.is_empty() {
                return write_check(
                    out,
                    self.format,
                    self.style,
                    self.sources,
                    self.findings,
                    self.summary,
                    &spread,
                );
            }
            let mut rest = self.findings;
            while !rest.is_empty() {
                let (now, later, files) = away.turn(rest);
                let sources = match self.with_texts(files) {
                    Ok(sources) => sources,
                    Err(problem) => {
                        done = Err(problem);
                        return Ok(());
                    }
                };
                write_findings(out, self.format, self.style, &sources, now, &spread)?;
                rest = later;
            }
            if self.format == Format::Text {
                write_summary(out, self.style, self.findings, self.summary)?;
            }
            Ok(())
        });
        done
    }

    /// The sources, with the texts of these files.
    fn with_texts(&self, files: Vec<(FileId, &Text)>) -> Result<Sources, String> {
        let read = |(id, text): (FileId, &Text)| Ok((id, text.loaded()?.into_owned().source));
        let loaded: Result<Vec<_>, String> = files.into_par_iter().map(read).collect();
        let mut sources = self.sources.clone();
        for (id, source) in loaded? {
            sources.replace(id, source);
        }
        Ok(sources)
    }
}
