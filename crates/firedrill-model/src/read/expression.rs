//! Expressions inside YAML scalars.

use super::Reader;
use crate::{Expression, codes};
use firedrill_promql::{ParseError, ParseErrorKind, parse};
use firedrill_source::{Diagnostic, Label, Severity, Span};
use firedrill_yaml::{NodeRef, Scalar};

impl<'t> Reader<'t> {
    /// Reads and parses an expression. Nothing at all where the text is empty; who needs one reports that.
    pub(crate) fn expression(&mut self, node: NodeRef<'t>, what: &'static str) -> Option<Expression> {
        let source = self.expression_text(node, what)?;
        Some(self.parsed_expression(source))
    }

    /// The text of an expression; `None` where it is empty or no text.
    pub(crate) fn expression_text(&mut self, node: NodeRef<'t>, what: &'static str) -> Option<Scalar> {
        self.text(node, what).filter(|source| !source.text.is_empty())
    }

    /// Parses the text of an expression.
    pub(crate) fn parsed_expression(&mut self, source: Scalar) -> Expression {
        let parsed = parse(&source.text, &self.features);
        let valid = parsed.errors.is_empty();
        for error in &parsed.errors {
            let finding = self.promql_error(&source, error);
            self.diagnostics.push(finding);
        }
        Expression {
            source,
            expr: parsed.expr,
            valid,
        }
    }

    /// An error of an expression as a finding.
    pub(crate) fn promql_error(&self, source: &Scalar, error: &ParseError) -> Diagnostic {
        let place = |span: Span| {
            let length = source.text.len();
            let range = Span::new((span.start as usize).min(length), (span.end as usize).min(length));
            self.location(source.locate(self.source(), range))
        };
        let blank = error.message == "no expression found in input";
        let code = match error.kind {
            _ if blank => codes::MISSING_EXPR,
            ParseErrorKind::Syntax => codes::PROMQL_SYNTAX,
            ParseErrorKind::Type => codes::PROMQL_TYPE,
            ParseErrorKind::Feature => codes::FEATURE_NOT_AVAILABLE,
            ParseErrorKind::Dialect => codes::WRONG_DIALECT,
        };
        let at = if blank {
            self.location(source.span)
        } else {
            place(error.span)
        };
        let message = if blank {
            "the expression is empty: it holds blanks or comments only".to_owned()
        } else {
            error.message.clone()
        };
        let mut finding = Diagnostic::new(code, Severity::Error, at, message).note(self.consequence);
        finding.help = error.help.clone();
        if let Some(expected) = &error.expected {
            finding.primary.text = format!("expected {expected}");
        }
        if let Some((span, text)) = error.related {
            finding.related.push(Label::new(place(span), text));
        }
        if source.used_at != source.span {
            finding = finding.related(self.location(source.used_at), "used here");
        }
        finding
    }
}
