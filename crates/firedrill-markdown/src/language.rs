//! What a fence says about its content.

/// The languages of blocks that matter to alert rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// YAML of any kind.
    Yaml,
    /// PromQL expressions.
    PromQl,
    /// Go source code.
    Go,
    /// Plain text and whatever else may hold what a target exposes.
    Exposition,
}

impl Language {
    /// The language of an info string: its first word, or a file name in its place (`prometheus.yml`), in any case. Attributes
    /// behind it, and braces around it as pandoc has them, are passed over. `None` for languages that do not matter.
    pub fn of(info: &str) -> Option<Language> {
        let info = info.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '.'));
        let end = info.find(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | ',' | ':' | '='));
        let word = info[..end.unwrap_or(info.len())].to_ascii_lowercase();
        let kind = word.rsplit('.').next().unwrap_or(&word);
        match kind {
            "yaml" | "yml" => Some(Language::Yaml),
            "promql" => Some(Language::PromQl),
            "go" | "golang" => Some(Language::Go),
            "prom" | "prometheus" | "openmetrics" | "metrics" | "text" | "txt" => Some(Language::Exposition),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_strings_name_languages_or_files() {
        for (info, language) in [
            ("yaml", Some(Language::Yaml)),
            ("YAML title=\"alerts.yml\"", Some(Language::Yaml)),
            ("yml{1,3-4}", Some(Language::Yaml)),
            ("{.yaml .numberLines}", Some(Language::Yaml)),
            ("yaml:rules.yml", Some(Language::Yaml)),
            ("config/prometheus.yml", Some(Language::Yaml)),
            ("promql", Some(Language::PromQl)),
            ("queries.promql", Some(Language::PromQl)),
            ("Go", Some(Language::Go)),
            ("main.go", Some(Language::Go)),
            ("prometheus", Some(Language::Exposition)),
            ("text", Some(Language::Exposition)),
            ("", None),
            ("{}", None),
            ("logql", None),
            ("toml", None),
        ] {
            assert_eq!(Language::of(info), language, "{info}");
        }
    }
}
