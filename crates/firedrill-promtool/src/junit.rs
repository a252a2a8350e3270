//! `promtool test rules --junit`: one suite a file, one case a test (upstream `util/junitxml`).

/// The document.
#[derive(Clone, Debug, Default)]
pub struct Junit {
    /// One suite a file, in the order of the arguments.
    pub suites: Vec<JunitSuite>,
}

/// A test file.
#[derive(Clone, Debug, Default)]
pub struct JunitSuite {
    /// Its path as given.
    pub name: String,
    /// Local time at its start, `2006-01-02T15:04:05`; empty if the file could not be read.
    pub timestamp: String,
    /// The tests that ran.
    pub cases: Vec<JunitCase>,
    /// Why the file could not be read.
    pub error: Option<String>,
}

/// An entry of `tests`.
#[derive(Clone, Debug, Default)]
pub struct JunitCase {
    /// Its name.
    pub name: String,
    /// One text an error.
    pub failures: Vec<String>,
}

impl Junit {
    /// The document as promtool writes it: one line, no declaration.
    pub fn to_xml(&self) -> String {
        let mut out = String::from("<testsuites>");
        for suite in &self.suites {
            let failures: usize = suite.cases.iter().map(|case| case.failures.len()).sum();
            let errors = usize::from(suite.error.is_some());
            // A file that could not be read counts as a test of its own.
            let tests = suite.cases.len() + errors;
            out.push_str(&format!(
                "<testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\" \
                 timestamp=\"{}\">",
                escape(&suite.name),
                escape(&suite.timestamp)
            ));
            for case in &suite.cases {
                out.push_str(&format!("<testcase name=\"{}\">", escape(&case.name)));
                for failure in &case.failures {
                    out.push_str(&format!("<failure>{}</failure>", escape(failure)));
                }
                out.push_str("</testcase>");
            }
            if let Some(error) = &suite.error {
                out.push_str(&format!(
                    "<testcase name=\"unknown\"><error>{}</error></testcase>",
                    escape(error)
                ));
            }
            out.push_str("</testsuite>");
        }
        out.push_str("</testsuites>");
        out
    }
}

/// Text as Go's encoding/xml writes it; characters that XML does not have become U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}' => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
    out
}
