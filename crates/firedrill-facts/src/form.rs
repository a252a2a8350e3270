//! What a file with facts is, told by its content.

use crate::metadata;

/// A source of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// What a target exposes: text format or OpenMetrics.
    Exposition,
    /// A saved answer of a server's metadata API.
    Metadata,
    /// A facts file (TOML).
    FactsFile,
    /// Go source code.
    Go,
}

impl Form {
    /// Tells what a text is. What looks like nothing else counts as an exposition.
    pub fn of(text: &str) -> Form {
        if metadata::is_metadata(text) {
            return Form::Metadata;
        }
        let mut comment = false;
        for line in text.lines() {
            let line = line.trim();
            // Go's licences and build tags.
            comment |= line.starts_with("/*");
            if comment {
                comment = !line.contains("*/");
                continue;
            }
            if line.is_empty() || line.starts_with("//") {
                continue;
            }
            if line.starts_with("# TYPE ") || line.starts_with("# HELP ") || line.starts_with("# UNIT ") {
                return Form::Exposition;
            }
            if line.starts_with('#') {
                continue;
            }
            let is_word =
                |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
            if line
                .strip_prefix("package ")
                .is_some_and(|rest| is_word(rest.split("//").next().unwrap_or("").trim()))
            {
                return Form::Go;
            }
            let key = line.split_once('=').map(|(key, _)| key.trim());
            let toml = line.starts_with('[')
                || key.is_some_and(|key| key.split('.').all(|part| is_word(&part.replace(['"', '-'], "_"))));
            return if toml { Form::FactsFile } else { Form::Exposition };
        }
        Form::Exposition
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_content() {
        for (text, form) in [
            ("# HELP x y\n# TYPE x gauge\nx 1\n", Form::Exposition),
            ("x{a=\"b\"} 1\n", Form::Exposition),
            ("{\"my.metric\",a=\"b\"} 1\n", Form::Exposition),
            ("", Form::Exposition),
            ("# made by hand\n[depth]\ntype = \"gauge\"\n", Form::FactsFile),
            ("depth.type = \"gauge\"\n", Form::FactsFile),
            ("/* licence\n*/\n// +build x\npackage main // here\n", Form::Go),
            (
                "{\"status\":\"success\",\"data\":{\"x\":[{\"type\":\"gauge\",\"help\":\"\",\"unit\":\"\"}]}}",
                Form::Metadata,
            ),
            (
                "{\"data\":[{\"target\":{},\"metric\":\"x\",\"type\":\"gauge\"}]}",
                Form::Metadata,
            ),
        ] {
            assert_eq!(Form::of(text), form, "{text}");
        }
    }
}
