//! Templates inside labels and annotations.

use super::Reader;
use crate::codes;
use firedrill_source::{Diagnostic, Severity, Span, nearest};
use firedrill_template::{FUNCTION_NAMES, Template, TemplateError};
use firedrill_yaml::Scalar;

impl Reader<'_> {
    /// Parses a template and reports what Go would refuse.
    pub(crate) fn template(&mut self, source: &Scalar, what: &str) -> Result<Template, TemplateError> {
        let parsed = Template::parse(&source.text);
        if let Err(error) = &parsed {
            let length = source.text.len();
            let range = Span::new(
                (error.span.start as usize).min(length),
                (error.span.end as usize).min(length),
            );
            let at = self.location(source.locate(self.source(), range));
            let unknown_function =
                error.message.starts_with("function ") && error.message.ends_with(" not defined");
            let code = if unknown_function {
                codes::UNKNOWN_TEMPLATE_FUNCTION
            } else {
                codes::TEMPLATE_SYNTAX
            };
            let mut finding = Diagnostic::new(
                code,
                Severity::Error,
                at,
                format!("{what} is no valid template: {}", error.message),
            )
            .note(self.consequence);
            finding.help = help(&error.message);
            if source.used_at != source.span {
                finding = finding.related(self.location(source.used_at), "used here");
            }
            self.diagnostics.push(finding);
        }
        parsed
    }
}

fn help(message: &str) -> Option<String> {
    let quoted = message.split('"').nth(1).unwrap_or("");
    if message.starts_with("undefined variable") {
        return Some(match quoted {
            "$label" | "$lables" | "$Labels" => "the labels are in `$labels`".to_owned(),
            "$values" | "$Value" => "the value is in `$value`".to_owned(),
            _ => "templates know $labels, $value, $externalLabels and $externalURL".to_owned(),
        });
    }
    if message.starts_with("function ") {
        if let Some(near) = nearest(quoted, FUNCTION_NAMES.iter().copied()) {
            return Some(format!(
                "did you mean `{near}`? functions of Helm, Alertmanager or Sprig do not exist in rules"
            ));
        }
        return Some("functions of Helm, Alertmanager or Sprig do not exist in rules; see the template reference of Prometheus".to_owned());
    }
    None
}
