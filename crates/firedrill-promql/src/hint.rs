//! Help for common slips: what the writer probably meant.

use crate::lex::{Kind, Token};
use firedrill_source::Span;

/// Help for what the lexer refuses.
pub(crate) fn for_lexer_error(text: &str, span: Span, message: &str) -> Option<String> {
    if message.starts_with("unknown escape sequence") {
        return Some("double the backslash, or put the text between backquotes".to_owned());
    }
    let rest = text.get(span.start as usize..)?;
    let help = match rest.chars().next()? {
        '&' => "PromQL spells it `and`",
        '|' => "PromQL spells it `or`",
        '“' | '”' | '„' | '‘' | '’' | '«' | '»' => "these are typographic quotes: write \" or '",
        '–' | '—' | '−' => "this is a dash: write - for minus",
        '×' => "PromQL spells it `*`",
        '÷' => "PromQL spells it `/`",
        '≥' => "PromQL spells it `>=`",
        '≤' => "PromQL spells it `<=`",
        '≠' => "PromQL spells it `!=`",
        '\u{a0}' | '\u{200b}' | '\u{feff}' => "an invisible character stands here: write an ordinary blank",
        '$' => "variables are not expanded in rules: write the value itself",
        '=' if rest.starts_with("=~") => "`=~` matches labels: it belongs inside `{}`",
        '!' if rest.starts_with("!~") => "`!~` matches labels: it belongs inside `{}`",
        '!' => "there is no `!`: use `unless`, or `!=`",
        _ => return None,
    };
    Some(help.to_owned())
}

/// Help for a token that stands where it must not.
pub(crate) fn for_token(text: &str, token: Token) -> Option<String> {
    let rest = text.get(token.start as usize..)?;
    let help = match token.kind {
        Kind::Assign if rest.starts_with("=>") => "PromQL spells it `>=`",
        Kind::Assign if rest.starts_with("=<") => "PromQL spells it `<=`",
        Kind::Assign => "PromQL compares with `==`",
        Kind::Greater if text[..token.start as usize].ends_with('<') => "PromQL spells it `!=`",
        Kind::LeftParen if text[..token.start as usize].trim_end().ends_with(']') => {
            "the window belongs to the selector inside the parentheses, as in `rate(metric[5m])`"
        }
        Kind::By | Kind::Without => "`by` and `without` belong to an aggregation such as `sum`",
        Kind::Identifier => match rest[..token.span().len()].to_ascii_lowercase().as_str() {
            "not" => "there is no `not`: use `unless`, or `!=`",
            "where" | "if" | "having" => "there is no such word: compare, or use `and`",
            _ => return None,
        },
        _ => return None,
    };
    Some(help.to_owned())
}
