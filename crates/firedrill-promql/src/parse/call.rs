//! Calls of functions and lists of arguments.

use super::{Parser, Tree};
use crate::Few;
use crate::ast::{Call, Expr, ExprKind, FunctionName};
use crate::error::{ParseError, ParseErrorKind};
use crate::lex::{Kind, Token};
use crate::metricsql;
use firedrill_functions::{FUNCTIONS, Function};
use firedrill_source::{Span, nearest};
use firedrill_value::quote;

/// Arguments: where they start among [`super::Room::arguments`], their greatest height, and the parentheses around them.
pub(super) struct Arguments {
    pub(super) first: usize,
    pub(super) height: usize,
    pub(super) parens: Span,
}

impl Parser<'_> {
    /// A call; its name was taken and `(` is next.
    pub(super) fn parse_call(&mut self, name: Token) -> Tree {
        let arguments = self.parse_arguments();
        let text = self.text_of(name);
        let function = Function::by_name(text);
        match function {
            None => {
                let foreign = metricsql::knows(text);
                let kind = if foreign {
                    ParseErrorKind::Dialect
                } else {
                    ParseErrorKind::Syntax
                };
                let mut error = ParseError::new(
                    kind,
                    name.span(),
                    format!("unknown function with name {}", quote(text)),
                );
                error.help = if foreign {
                    Some(format!(
                        "only VictoriaMetrics knows `{text}`: write it in PromQL, or keep it in files that only vmalert loads"
                    ))
                } else {
                    nearest(text, FUNCTIONS.iter().map(|f| f.name))
                        .map(|near| format!("did you mean `{near}`?"))
                };
                self.push_error(error);
            }
            Some(function) if function.experimental && !self.features.experimental_functions => {
                self.feature_error(
                    name.span(),
                    "promql-experimental-functions",
                    format!("function {} is not enabled", quote(text)),
                );
            }
            Some(_) => {}
        }
        let span = Span {
            start: name.start,
            end: arguments.parens.end,
        };
        let args = Few::split_off(&mut self.room.arguments, arguments.first);
        self.grow(arguments.height, |spare| Expr {
            kind: ExprKind::Call(spare.calls.filled(Call {
                name: FunctionName {
                    text: function.map_or_else(|| text.to_owned().into(), |known| known.name.into()),
                    span: name.span(),
                },
                function,
                args,
                parens: arguments.parens,
            })),
            span,
        })
    }

    /// `(a, b)`; whatever stands at the place of `(` if it is missing is an error.
    pub(super) fn parse_arguments(&mut self) -> Arguments {
        let mut arguments = Arguments {
            first: self.room.arguments.len(),
            height: 0,
            parens: Span::default(),
        };
        let Some(open) = self.take_if(Kind::LeftParen) else {
            self.unexpected_here();
            arguments.parens = Span::at(self.peek().start as usize);
            return arguments;
        };
        if self.peek_kind() != Kind::RightParen {
            self.parse_argument_list(&mut arguments);
        }
        self.close_paren();
        arguments.parens = self.span_from(open.start);
        arguments
    }

    fn parse_argument_list(&mut self, arguments: &mut Arguments) {
        loop {
            let argument = self.parse_expr(0);
            arguments.height = arguments.height.max(argument.height);
            self.room.arguments.push(argument.expr);
            let Some(comma) = self.take_if(Kind::Comma) else {
                return;
            };
            let next = self.peek();
            if !next.kind.starts_operand() {
                // Upstream takes the list for finished whatever comes next, and says no more of that.
                self.error(comma.span(), "trailing commas not allowed in function call args");
                self.failed_at = Some(next.start);
                return;
            }
        }
    }
}
