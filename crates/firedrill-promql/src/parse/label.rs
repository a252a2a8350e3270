//! Lists of labels in parentheses, as `by`, `on` and their kin take them.

use super::Parser;
use crate::Few;
use crate::ast::Name;
use crate::lex::{Kind, Token};
use crate::shared;
use crate::strings;
use firedrill_value::quote_bytes;

const CONTEXT: &str = "grouping opts";

impl Parser<'_> {
    /// `(a, "b c",)`.
    pub(super) fn parse_label_list(&mut self) -> Few<Name> {
        if self.take_if(Kind::LeftParen).is_none() {
            self.unexpected(CONTEXT, "\"(\"");
            return Few::default();
        }
        // Labels are gathered elsewhere first, so that no more room is taken than they need.
        let mut labels = std::mem::take(&mut self.room.labels);
        while !self.ahead
            && let Some(found) = self.lexer.usual_label()
        {
            self.taken_end = found.end;
            labels.push(Name {
                text: shared::text(self.text_of(found.label)),
                span: found.label.span(),
            });
            if found.end == found.label.end {
                break;
            }
        }
        if !self.take_close(b')') {
            self.parse_other_labels(&mut labels);
        }
        let list = Few::split_off(&mut labels, 0);
        self.room.labels = labels;
        list
    }

    /// Labels from the first on that is not written in the usual way, and the closing parenthesis.
    fn parse_other_labels(&mut self, labels: &mut Vec<Name>) {
        loop {
            let token = self.peek();
            match token.kind {
                Kind::RightParen => break,
                Kind::String => labels.extend(self.parse_quoted_label(token)),
                kind if kind.is_label_name() => {
                    self.take();
                    labels.push(Name {
                        text: shared::text(self.text_of(token)),
                        span: token.span(),
                    });
                }
                _ => {
                    self.unexpected(CONTEXT, "label");
                    self.skip_to(Kind::RightParen);
                    break;
                }
            }
            match self.peek_kind() {
                Kind::Comma => {
                    self.take();
                }
                Kind::RightParen => break,
                _ => {
                    self.unexpected(CONTEXT, "\",\" or \")\"");
                    self.skip_to(Kind::RightParen);
                    break;
                }
            }
        }
        self.take_if(Kind::RightParen);
    }

    fn parse_quoted_label(&mut self, token: Token) -> Option<Name> {
        self.take();
        let bytes = strings::unquote(self.text_of(token));
        match std::str::from_utf8(&bytes).ok() {
            Some(text) if !text.is_empty() => Some(Name {
                text: shared::text(text),
                span: token.span(),
            }),
            _ => {
                let shown = quote_bytes(&bytes);
                self.error(token.span(), format!("invalid label name for grouping: {shown}"));
                None
            }
        }
    }
}
