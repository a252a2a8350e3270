//! From tokens to tree (the grammar of upstream `text/template/parse/parse.go`).
//!
//! Go stops at the first error, and so does this parser: a template has no separators to recover at.

use crate::ast::{Branch, Command, Node, Operand, OperandKind, Pipe, Tree};
use crate::error::TemplateError;
use crate::functions;
use crate::lex::{Kind, Lexer, Token};
use crate::number::{parse_char, parse_number, unquote};
use firedrill_source::Span;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// How deeply actions and parentheses may nest before the parser gives up, to keep the stack bounded.
const MAX_DEPTH: usize = 200;

/// The variables that Prometheus declares before the text.
const DECLARED: [&str; 5] = ["$", "$labels", "$externalLabels", "$externalURL", "$value"];

type Result<T> = std::result::Result<T, TemplateError>;

/// Parses a text.
pub(crate) fn parse(text: &str) -> Result<Tree> {
    let mut parser = Parser {
        text,
        lexer: Lexer::new(text),
        tokens: Vec::new(),
        last_line: 1,
        last_span: Span::default(),
        variables: DECLARED.to_vec(),
        action_line: None,
        range_depth: 0,
        depth: 0,
        defines: BTreeMap::new(),
    };
    let root = parser.main()?;
    Ok(Tree {
        root,
        defines: parser.defines,
        uses: OnceLock::new(),
        usual: OnceLock::new(),
    })
}

struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// Tokens put back, the next one last.
    tokens: Vec<Token>,
    /// Line and place of the token read last: where Go says an error is.
    last_line: usize,
    last_span: Span,
    variables: Vec<&'a str>,
    /// Line at which the current action began.
    action_line: Option<usize>,
    range_depth: usize,
    depth: usize,
    defines: BTreeMap<String, Vec<Node>>,
}

/// What ended a list of nodes.
enum Ending {
    End,
    /// `else`, with what follows it in the same action.
    Else,
}

enum Item {
    Node(Node),
    Ending(Ending),
}

impl Parser<'_> {
    fn next(&mut self) -> Token {
        let token = self.tokens.pop().unwrap_or_else(|| self.lexer.next_token());
        self.last_line = token.line;
        self.last_span = token.span;
        token
    }

    fn peek(&mut self) -> Token {
        let token = self.next();
        self.tokens.push(token);
        token
    }

    fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.tokens.push(token);
        token
    }

    #[cold]
    fn error<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(TemplateError {
            message: message.into(),
            line: self.last_line,
            action_line: None,
            span: self.last_span,
        })
    }

    fn unexpected<T>(&self, token: &Token, context: &str) -> Result<T> {
        let described = token.describe(self.text, self.lexer.error());
        if token.kind == Kind::Error {
            let started = self.action_line.filter(|&line| line != token.line);
            return Err(TemplateError {
                message: described,
                line: self.last_line,
                action_line: started,
                span: token.span,
            });
        }
        let message = format!("unexpected {described} in {context}");
        Err(TemplateError {
            message,
            line: self.last_line,
            action_line: None,
            span: token.span,
        })
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Token> {
        let token = self.next_non_space();
        if token.kind == kind {
            Ok(token)
        } else {
            self.unexpected(&token, context)
        }
    }

    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.error("template nests too deeply")
        } else {
            Ok(())
        }
    }

    fn main(&mut self) -> Result<Vec<Node>> {
        let mut root = Vec::new();
        loop {
            let token = self.peek();
            if token.kind == Kind::Eof {
                // Parsed once and shared, a template is kept for long.
                root.shrink_to_fit();
                return Ok(root);
            }
            if token.kind == Kind::LeftDelim {
                let delim = self.next();
                let after = self.next_non_space();
                if after.kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.tokens.push(after);
                self.tokens.push(delim);
            }
            match self.text_or_action()? {
                Item::Node(node) => root.push(node),
                Item::Ending(Ending::End) => return self.error("unexpected {{end}}"),
                Item::Ending(Ending::Else) => return self.error("unexpected {{else}}"),
            }
        }
    }

    /// `{{define "name"}}…{{end}}`: a tree of its own, without the variables of the text.
    fn definition(&mut self) -> Result<()> {
        const CONTEXT: &str = "define clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        self.separate(name, CONTEXT)
    }

    /// The body of a `define` or `block`.
    fn separate(&mut self, name: String, context: &str) -> Result<()> {
        let outer_variables = std::mem::replace(&mut self.variables, vec!["$"]);
        let outer_action = self.action_line.take();
        let outer_depth = std::mem::take(&mut self.range_depth);
        let (list, ending) = self.item_list()?;
        if matches!(ending, Ending::Else) {
            return self.error(format!("unexpected {{{{else}}}} in {context}"));
        }
        let empty = |list: &[Node]| {
            list.iter()
                .all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
        };
        match self.defines.get(&name) {
            Some(known) if !empty(known) => {
                if !empty(&list) {
                    let name = firedrill_value::quote(&name);
                    return self.error(format!("template: multiple definition of template {name}"));
                }
            }
            _ => {
                self.defines.insert(name, list);
            }
        }
        self.variables = outer_variables;
        self.action_line = outer_action;
        self.range_depth = outer_depth;
        Ok(())
    }

    fn item_list(&mut self) -> Result<(Vec<Node>, Ending)> {
        let mut list = Vec::new();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => list.push(node),
                Item::Ending(ending) => return Ok((list, ending)),
            }
        }
        self.error("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Result<Item> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.span.slice(self.text).into()))),
            Kind::LeftDelim => {
                self.action_line = Some(token.line);
                self.enter()?;
                let item = self.action()?;
                self.depth -= 1;
                self.action_line = None;
                Ok(item)
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    fn action(&mut self) -> Result<Item> {
        let token = self.next_non_space();
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break => {
                self.loop_exit("{{break}}")?;
                Node::Break
            }
            Kind::Continue => {
                self.loop_exit("{{continue}}")?;
                Node::Continue
            }
            Kind::Else => {
                let next = self.peek_non_space();
                if !matches!(next.kind, Kind::If | Kind::With) {
                    self.expect(Kind::RightDelim, "else")?;
                }
                return Ok(Item::Ending(Ending::Else));
            }
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::Ending(Ending::End));
            }
            Kind::If => Node::If(self.control("if")?),
            Kind::Range => Node::Range(self.control("range")?),
            Kind::With => Node::With(self.control("with")?),
            Kind::Template => {
                const CONTEXT: &str = "template clause";
                let token = self.next_non_space();
                let name = self.template_name(&token, CONTEXT)?;
                let next = self.next_non_space();
                let pipe = if next.kind == Kind::RightDelim {
                    None
                } else {
                    self.tokens.push(next);
                    Some(self.pipeline(CONTEXT, Kind::RightDelim)?)
                };
                Node::Template {
                    name,
                    pipe,
                    span: token.span,
                }
            }
            _ => {
                self.tokens.push(token);
                Node::Action(self.pipeline("command", Kind::RightDelim)?)
            }
        };
        Ok(Item::Node(node))
    }

    fn loop_exit(&mut self, text: &str) -> Result<()> {
        let next = self.next_non_space();
        if next.kind != Kind::RightDelim {
            return self.unexpected(&next, text);
        }
        if self.range_depth == 0 {
            return self.error(format!("{text} outside {{{{range}}}}"));
        }
        Ok(())
    }

    fn block(&mut self) -> Result<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        self.separate(name.clone(), CONTEXT)?;
        Ok(Node::Template {
            name,
            pipe: Some(pipe),
            span: token.span,
        })
    }

    fn template_name(&mut self, token: &Token, context: &str) -> Result<String> {
        match token.kind {
            Kind::String | Kind::RawString => self.unquoted(token),
            _ => self.unexpected(token, context),
        }
    }

    fn unquoted(&self, token: &Token) -> Result<String> {
        match unquote(token.span.slice(self.text)) {
            Some(value) => Ok(value),
            None => self.error("invalid syntax"),
        }
    }

    fn control(&mut self, context: &str) -> Result<Branch> {
        let mark = self.variables.len();
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        let in_range = usize::from(context == "range");
        self.range_depth += in_range;
        let (list, ending) = self.item_list()?;
        self.range_depth -= in_range;
        let mut otherwise = None;
        if matches!(ending, Ending::Else) {
            let next = self.peek().kind;
            let chained = (context == "if" && next == Kind::If) || (context == "with" && next == Kind::With);
            if chained {
                self.next();
                self.enter()?;
                let branch = self.control(context)?;
                self.depth -= 1;
                let node = if context == "if" {
                    Node::If(branch)
                } else {
                    Node::With(branch)
                };
                otherwise = Some(vec![node]);
            } else {
                let (list, ending) = self.item_list()?;
                if matches!(ending, Ending::Else) {
                    return self.error("expected end; found {{else}}");
                }
                otherwise = Some(list);
            }
        }
        self.variables.truncate(mark);
        Ok(Branch {
            pipe,
            list,
            otherwise,
        })
    }

    fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipe> {
        let first = self.peek_non_space();
        let mut pipe = Pipe {
            variables: Vec::new(),
            assigns: false,
            // Nearly always all there is.
            commands: Vec::with_capacity(1),
            span: first.span,
        };
        while self.declaration(&mut pipe, context)? {}
        loop {
            let token = self.next_non_space();
            if token.kind == end {
                self.check_pipeline(&pipe, context)?;
                pipe.commands.shrink_to_fit();
                pipe.span = Span {
                    start: pipe.span.start,
                    end: token.span.start.max(pipe.span.start),
                };
                return Ok(pipe);
            }
            match token.kind {
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.tokens.push(token);
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return self.unexpected(&token, context),
            }
        }
    }

    /// Reads `$x :=`, `$x =` or `$x,` if one is next; says whether another may follow.
    fn declaration(&mut self, pipe: &mut Pipe, context: &str) -> Result<bool> {
        let variable = self.peek_non_space();
        if variable.kind != Kind::Variable {
            return Ok(false);
        }
        self.next();
        let after = self.next();
        let next = if after.kind == Kind::Space {
            self.next_non_space()
        } else {
            after
        };
        let name = variable.span.slice(self.text);
        match next.kind {
            Kind::Assign | Kind::Declare => {
                pipe.assigns = next.kind == Kind::Assign;
                pipe.variables.push(name.to_owned());
                self.variables.push(name);
                Ok(false)
            }
            Kind::Char if next.span.slice(self.text) == "," => {
                pipe.variables.push(name.to_owned());
                self.variables.push(name);
                if context == "range" && pipe.variables.len() < 2 {
                    return match self.peek_non_space().kind {
                        Kind::Variable | Kind::RightDelim | Kind::RightParen => Ok(true),
                        _ => self.error("range can only initialize variables"),
                    };
                }
                self.error(format!("too many declarations in {context}"))
            }
            _ => {
                if after.kind == Kind::Space {
                    self.tokens.push(next);
                }
                self.tokens.push(after);
                self.tokens.push(variable);
                Ok(false)
            }
        }
    }

    fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Result<()> {
        if pipe.commands.is_empty() {
            return self.error(format!("missing value for {context}"));
        }
        for (i, command) in pipe.commands.iter().enumerate().skip(1) {
            let literal = matches!(
                command.args[0].kind,
                OperandKind::Bool(_)
                    | OperandKind::Dot
                    | OperandKind::Nil
                    | OperandKind::Number { .. }
                    | OperandKind::String { .. }
            );
            if literal {
                return self.error(format!("non executable command in pipeline stage {}", i + 1));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Result<Command> {
        let first = self.peek_non_space();
        let mut command = Command {
            args: Vec::with_capacity(1),
            span: first.span,
        };
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                command.span = command.span.to(operand.span);
                command.args.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.tokens.push(token),
                Kind::Pipe => {}
                _ => return self.unexpected(&token, "operand"),
            }
            break;
        }
        if command.args.is_empty() {
            self.error("empty command")
        } else {
            command.args.shrink_to_fit();
            Ok(command)
        }
    }

    fn operand(&mut self) -> Result<Option<Operand>> {
        let Some(term) = self.term()? else { return Ok(None) };
        if self.peek().kind != Kind::Field {
            return Ok(Some(term));
        }
        let mut span = self.peek().span;
        let mut fields = Vec::with_capacity(1);
        while self.peek().kind == Kind::Field {
            let token = self.next();
            span = span.to(token.span);
            fields.push(token.span.slice(self.text)[1..].to_owned());
        }
        let kind = match term.kind {
            OperandKind::Field(mut names) => {
                names.reserve_exact(fields.len());
                names.extend(fields);
                OperandKind::Field(names)
            }
            OperandKind::Variable(mut names) => {
                names.reserve_exact(fields.len());
                names.extend(fields);
                OperandKind::Variable(names)
            }
            OperandKind::Bool(_)
            | OperandKind::String { .. }
            | OperandKind::Number { .. }
            | OperandKind::Nil
            | OperandKind::Dot => {
                let text = firedrill_value::quote(&term.to_string());
                return self.error(format!("unexpected . after term {text}"));
            }
            OperandKind::Function(_) | OperandKind::Pipe(_) | OperandKind::Chain(..) => {
                OperandKind::Chain(Box::new(term), fields)
            }
        };
        Ok(Some(Operand { kind, span }))
    }

    fn term(&mut self) -> Result<Option<Operand>> {
        let token = self.next_non_space();
        let text = token.span.slice(self.text);
        let kind = match token.kind {
            Kind::Identifier => {
                if !functions::is_known(text) {
                    return self.error(format!("function {} not defined", firedrill_value::quote(text)));
                }
                OperandKind::Function(text.to_owned())
            }
            Kind::Dot => OperandKind::Dot,
            Kind::Nil => OperandKind::Nil,
            Kind::Variable => {
                if !self.variables.contains(&text) {
                    return self.error(format!("undefined variable {}", firedrill_value::quote(text)));
                }
                OperandKind::Variable(vec![text.to_owned()])
            }
            Kind::Field => OperandKind::Field(vec![text[1..].to_owned()]),
            Kind::Bool => OperandKind::Bool(text == "true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                let parsed = if token.kind == Kind::CharConstant {
                    parse_char(text)
                } else {
                    parse_number(text)
                };
                match parsed {
                    Ok(value) => OperandKind::Number {
                        text: text.to_owned(),
                        value,
                    },
                    Err(message) => return self.error(message),
                }
            }
            Kind::LeftParen => {
                self.enter()?;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.depth -= 1;
                OperandKind::Pipe(Box::new(pipe))
            }
            Kind::String | Kind::RawString => {
                let value = self.unquoted(&token)?;
                OperandKind::String {
                    quoted: text.to_owned(),
                    value: value.into(),
                }
            }
            _ => {
                self.tokens.push(token);
                return Ok(None);
            }
        };
        Ok(Some(Operand {
            kind,
            span: token.span,
        }))
    }
}
