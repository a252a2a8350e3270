//! Tokens of the series notation: items between blanks, and histogram literals.

use super::{Kind, Lexer, Token};
impl Lexer<'_> {
    pub(super) fn series_token(&mut self) -> Token {
        self.emit(Kind::Eof, 0)
    }
    pub(super) fn histogram_token(&mut self) -> Token {
        self.emit(Kind::Eof, 0)
    }
}
