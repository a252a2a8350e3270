//! Templates inside labels and annotations.

use super::Reader;
use super::labels::Named;
use crate::codes;
use firedrill_source::{Diagnostic, Severity, Span, nearest};
use firedrill_template::{Template, TemplateError};
use firedrill_yaml::Scalar;

impl Reader<'_> {
    /// Parses a template and reports what Go would refuse.
    pub(crate) fn template(
        &mut self,
        source: &mut Scalar,
        what: Named<'_>,
    ) -> Result<Template, TemplateError> {
        let parsed = Template::parse_shared(&source.text);
        if let Ok(template) = &parsed {
            source.text = template.shared_text().clone();
        }
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

/// The variables that Prometheus declares.
const VARIABLES: [&str; 4] = ["$labels", "$value", "$externalLabels", "$externalURL"];

/// Functions of other template languages, and what does the same here.
const ELSEWHERE: [(&str, &str); 8] = [
    ("upper", "`toUpper`"),
    ("lower", "`toLower`"),
    ("default", "`{{ or $labels.x \"fallback\" }}`, or `if` and `else`"),
    ("trim", "`reReplaceAll`"),
    ("round", "`printf \"%.0f\" $value`"),
    ("mul", "arithmetic in the expression of the rule"),
    ("div", "arithmetic in the expression of the rule"),
    ("add", "arithmetic in the expression of the rule"),
];

fn help(message: &str) -> Option<String> {
    let quoted = message.split('"').nth(1).unwrap_or("");
    if message.starts_with("undefined variable") {
        return Some(match nearest(quoted, VARIABLES) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("templates know {}", VARIABLES.join(", ")),
        });
    }
    if message.starts_with("function ") {
        if let Some((_, instead)) = ELSEWHERE.iter().find(|(name, _)| *name == quoted) {
            return Some(format!("rules have no `{quoted}`; use {instead}"));
        }
        let known = nearest(quoted, firedrill_template::FUNCTION_NAMES);
        return Some(known.map_or_else(
            || "functions of Helm, Alertmanager or Sprig do not exist in rules".to_owned(),
            |near| format!("did you mean `{near}`?"),
        ));
    }
    let hint = match message {
        "unexpected \">\" in operand" | "unexpected \"<\" in operand" | "unexpected \"=\" in command" => {
            "compare with a function: `gt`, `lt`, `ge`, `le`, `eq`, `ne`, as in `{{ if gt $value 1.0 }}`"
        }
        "unexpected \"*\" in operand" | "unexpected \"/\" in operand" => {
            "templates do not compute; do it in the expression, or let `query` do it"
        }
        _ if message.starts_with("bad character U+005B") => "write `{{ index $labels \"name\" }}`",
        _ if message.starts_with("bad character U+002D") => {
            "a name with a dash goes through `index`: `{{ index $labels \"some-name\" }}`"
        }
        _ if message.starts_with("unrecognized character in action: U+201") => {
            "these are typographic quotes; use plain ones"
        }
        "unexpected EOF" => "an `if`, `range` or `with` lacks its `{{ end }}`",
        "unclosed action" => "the closing `}}` is missing",
        _ => return None,
    };
    Some(hint.to_owned())
}
