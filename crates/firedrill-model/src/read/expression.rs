//! Expressions inside YAML scalars.

use super::Reader;
use crate::{Expression, codes};
use firedrill_promql::{Expr, ParseError, ParseErrorKind, parse};
use firedrill_source::{Diagnostic, Label, Severity, Span};
use firedrill_yaml::{NodeRef, Scalar};

impl<'t> Reader<'t> {
    /// Reads and parses an expression. Nothing at all where the text is empty; who needs one reports that.
    pub(crate) fn expression(&mut self, node: NodeRef<'t>, what: &'static str) -> Option<Expression> {
        let mut expression = unparsed(self.expression_text(node, what)?);
        self.parse_expression(&mut expression);
        Some(expression)
    }

    /// The text of an expression; `None` where it is empty or no text.
    pub(crate) fn expression_text(&mut self, node: NodeRef<'t>, what: &'static str) -> Option<Scalar> {
        self.text(node, what).filter(|source| !source.text.is_empty())
    }

    /// Parses the text of an expression.
    pub(crate) fn parse_expression(&mut self, expression: &mut Expression) {
        let source = &expression.source;
        let parsed = parse(&source.text, &self.features);
        for error in &parsed.errors {
            let finding = self.promql_error(source, error);
            self.diagnostics.push(finding);
        }
        expression.valid = parsed.errors.is_empty();
        expression.expr = parsed.expr;
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

/// An expression of which only the text is known, for [`Reader::parse_expression`].
pub(super) fn unparsed(source: Scalar) -> Expression {
    Expression {
        source,
        expr: Expr::default(),
        valid: false,
    }
}
