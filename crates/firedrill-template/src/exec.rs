//! Running a template (upstream `text/template/exec.go`).

use crate::ast::{Branch, Command, Node, Operand, OperandKind, Pipe, Tree, template_text};
use crate::builtins;
use crate::error::ExpandError;
use crate::functions::{self, Param};
use crate::time;
use crate::value::{DOT_TYPE, DotFields, Value, string};
use firedrill_source::Span;
use firedrill_value::{FloatHistogram, Labels, Timestamp};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// Templates that call themselves deeper than this fail as Go's do at its own, far higher limit: the stack here is
/// smaller.
const MAX_TEMPLATE_DEPTH: usize = 150;

/// Most nodes that one expansion may visit; only a runaway loop gets there.
const MAX_WORK: usize = 5_000_000;

/// Most bytes that one expansion may print.
const MAX_OUTPUT: usize = 64 << 20;

/// How much further to the right Go sees the first line: the length of the declarations that Prometheus puts before it.
const DECLARATIONS_LEN: usize = 112;

/// What a template is expanded for.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// Labels of the sample (`$labels`).
    pub labels: &'a Labels,
    /// The server's external labels (`$externalLabels`).
    pub external_labels: &'a Labels,
    /// The server's address (`$externalURL`).
    pub external_url: &'a str,
    /// The sample's value (`$value`).
    pub value: f64,
    /// The native histogram that the sample has instead of a value, if it has.
    pub histogram: Option<&'a Arc<FloatHistogram>>,
    /// When it is evaluated.
    pub time: Timestamp,
}

/// The world outside a template.
pub trait Context {
    /// Evaluates a PromQL expression at the time of evaluation, for the function `query`.
    ///
    /// # Errors
    /// With the text that the template's error shall show.
    fn query(&mut self, expr: &str) -> Result<Vec<Sample>, String>;
}

/// A sample that `query` found.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its labels, `__name__` included.
    pub labels: Rc<BTreeMap<String, String>>,
    /// Its value.
    pub value: f64,
    /// The native histogram that it has instead of a value, if it has.
    pub histogram: Option<Arc<FloatHistogram>>,
}

impl Sample {
    /// A sample with these labels.
    pub fn new(labels: &Labels, value: f64) -> Self {
        Sample {
            labels: Rc::new(to_map(labels)),
            value,
            histogram: None,
        }
    }

    /// The same with a native histogram instead of its value, if one is given.
    #[must_use]
    pub fn with_histogram(self, histogram: Option<Arc<FloatHistogram>>) -> Self {
        Sample { histogram, ..self }
    }
}

/// Runs a tree.
pub(crate) fn run<'c>(
    tree: &Tree,
    text: &str,
    data: &Data<'_>,
    context: &'c mut dyn Context,
    seen: Option<&'c mut dyn FnMut(Span, bool)>,
) -> Result<String, ExpandError> {
    let labels = Rc::new(to_map(data.labels));
    let external_labels = Rc::new(to_map(data.external_labels));
    let variables = vec![
        ("$".to_owned(), Value::Dot),
        ("$labels".to_owned(), Value::Labels(labels.clone())),
        (
            "$externalLabels".to_owned(),
            Value::Labels(external_labels.clone()),
        ),
        ("$externalURL".to_owned(), string(data.external_url)),
        ("$value".to_owned(), Value::number(data.value, data.histogram)),
    ];
    let mut machine = Machine {
        tree,
        text,
        data,
        labels,
        external_labels,
        context,
        seen,
        out: String::new(),
        variables,
        node: Place {
            span: Span::default(),
            text: NodeText::None,
        },
        define: None,
        depth: 0,
        work: 0,
    };
    match machine.list(&Value::Dot, &tree.root) {
        Ok(_) => Ok(machine.out),
        Err(message) => Err(machine.explain(message)),
    }
}

fn to_map(labels: &Labels) -> BTreeMap<String, String> {
    labels
        .iter()
        .map(|label| (label.name.to_string(), label.value.to_string()))
        .collect()
}

type Result<T, E = String> = std::result::Result<T, E>;

/// What running a list ended with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

/// The node being evaluated, for messages.
#[derive(Clone)]
struct Place<'t> {
    span: Span,
    text: NodeText<'t>,
}

/// A node whose text is only made when it is needed.
#[derive(Clone)]
enum NodeText<'t> {
    None,
    Pipe(&'t Pipe),
    Action(&'t Pipe),
    Command(&'t Command),
    Operand(&'t Operand),
    Template(&'t str, Option<&'t Pipe>),
}

struct Machine<'t, 'c> {
    tree: &'t Tree,
    text: &'t str,
    data: &'t Data<'t>,
    labels: Rc<BTreeMap<String, String>>,
    external_labels: Rc<BTreeMap<String, String>>,
    context: &'c mut dyn Context,
    /// Who wants to know which branches are entered.
    seen: Option<&'c mut dyn FnMut(Span, bool)>,
    out: String,
    variables: Vec<(String, Value)>,
    node: Place<'t>,
    define: Option<&'t str>,
    depth: usize,
    work: usize,
}

impl<'t> Machine<'t, '_> {
    fn explain(&self, message: String) -> ExpandError {
        let offset = (self.node.span.start as usize).min(self.text.len());
        let before = &self.text[..offset];
        let line = before.matches('\n').count() + 1;
        let column = before
            .rfind('\n')
            .map_or(offset + DECLARATIONS_LEN, |at| offset - at - 1);
        let node = match &self.node.text {
            NodeText::None => String::new(),
            NodeText::Pipe(pipe) => pipe.to_string(),
            NodeText::Action(pipe) => format!("{{{{{pipe}}}}}"),
            NodeText::Command(command) => command.to_string(),
            NodeText::Operand(operand) => operand.to_string(),
            NodeText::Template(name, pipe) => template_text(name, *pipe),
        };
        ExpandError {
            message,
            line,
            column,
            node,
            define: self.define.map(str::to_owned),
            span: self.node.span,
        }
    }

    fn at_operand(&mut self, operand: &'t Operand) {
        self.node = Place {
            span: operand.span,
            text: NodeText::Operand(operand),
        };
    }

    fn at_pipe(&mut self, pipe: &'t Pipe) {
        self.node = Place {
            span: pipe.span,
            text: NodeText::Pipe(pipe),
        };
    }

    fn list(&mut self, dot: &Value, list: &'t [Node]) -> Result<Flow> {
        for node in list {
            let flow = self.walk(dot, node)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn walk(&mut self, dot: &Value, node: &'t Node) -> Result<Flow> {
        self.work += 1;
        if self.work > MAX_WORK || self.out.len() > MAX_OUTPUT {
            return Err("template runs for too long".to_owned());
        }
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Action(pipe) => {
                let value = self.pipeline(dot, pipe)?;
                if pipe.variables.is_empty() {
                    self.node = Place {
                        span: pipe.span,
                        text: NodeText::Action(pipe),
                    };
                    self.out.push_str(&self.show(&value));
                }
            }
            Node::If(branch) => return self.branch(dot, branch, false),
            Node::With(branch) => return self.branch(dot, branch, true),
            Node::Range(branch) => return self.range(dot, branch),
            Node::Template { name, pipe, span } => self.template(dot, name, pipe.as_ref(), *span)?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    /// What an action prints for a value.
    fn show(&self, value: &Value) -> String {
        value.print(&self.dot_fields())
    }

    fn dot_fields(&self) -> DotFields<'_> {
        DotFields {
            labels: &self.labels,
            external_labels: &self.external_labels,
            external_url: self.data.external_url,
            value: self.data.value,
            histogram: self.data.histogram,
        }
    }

    fn branch(&mut self, dot: &Value, branch: &'t Branch, with: bool) -> Result<Flow> {
        let mark = self.variables.len();
        let value = self.pipeline(dot, &branch.pipe)?;
        let entered = value.truth();
        self.tell(&branch.pipe, entered);
        let flow = if entered {
            self.list(if with { &value } else { dot }, &branch.list)
        } else if let Some(otherwise) = &branch.otherwise {
            self.list(dot, otherwise)
        } else {
            Ok(Flow::On)
        };
        self.variables.truncate(mark);
        flow
    }

    /// Tells whether a branch is entered.
    fn tell(&mut self, condition: &Pipe, entered: bool) {
        if let Some(seen) = &mut self.seen {
            seen(condition.span, entered);
        }
    }

    fn range(&mut self, dot: &Value, branch: &'t Branch) -> Result<Flow> {
        let mark = self.variables.len();
        let value = self.pipeline(dot, &branch.pipe)?;
        let pipe = &branch.pipe;
        let items: Box<dyn Iterator<Item = (Value, Value)>> = match &value {
            Value::Samples(list) => {
                let list = list.borrow().clone();
                Box::new((0..).map(Value::Int).zip(list.into_iter().map(Value::Sample)))
            }
            Value::Labels(map) => {
                let pairs: Vec<_> = map.iter().map(|(k, v)| (string(k), string(v))).collect();
                Box::new(pairs.into_iter())
            }
            Value::Args(map) => {
                let pairs: Vec<_> = map.iter().map(|(k, v)| (string(k), v.clone())).collect();
                Box::new(pairs.into_iter())
            }
            Value::Int(count) => {
                if pipe.variables.len() > 1 {
                    return Err(format!(
                        "can't use {count} to iterate over more than one variable"
                    ));
                }
                Box::new((0..*count).map(|i| (Value::None, Value::Int(i))))
            }
            Value::None => Box::new(std::iter::empty()),
            other => return Err(format!("range can't iterate over {}", self.show(other))),
        };
        let inner = self.variables.len();
        let mut ran = false;
        for (key, item) in items {
            if !std::mem::replace(&mut ran, true) {
                self.tell(pipe, true);
            }
            self.bind(pipe, inner, key, &item)?;
            let flow = self.list(&item, &branch.list)?;
            self.variables.truncate(inner);
            if flow == Flow::Break {
                break;
            }
        }
        if !ran {
            self.tell(pipe, false);
        }
        let flow = match &branch.otherwise {
            Some(otherwise) if !ran => self.list(dot, otherwise),
            _ => Ok(Flow::On),
        };
        self.variables.truncate(mark);
        flow
    }

    /// Gives the variables of `range $key, $item := …` their values for one round.
    fn bind(&mut self, pipe: &Pipe, top: usize, key: Value, item: &Value) -> Result<()> {
        let bound: &[(&String, Value)] = match pipe.variables.as_slice() {
            [] => &[],
            [one] => &[(one, item.clone())],
            [first, second, ..] => &[(first, key), (second, item.clone())],
        };
        for (index, (name, value)) in bound.iter().enumerate() {
            if pipe.assigns {
                self.assign(name, value.clone())?;
            } else if let Some(slot) = self.variables.get_mut(top - bound.len() + index) {
                slot.1 = value.clone();
            }
        }
        Ok(())
    }

    fn template(&mut self, dot: &Value, name: &'t str, pipe: Option<&'t Pipe>, span: Span) -> Result<()> {
        let place = Place {
            span,
            text: NodeText::Template(name, pipe),
        };
        self.node = place.clone();
        let Some((name, list)) = self.tree.defines.get_key_value(name) else {
            return Err(format!("template {} not defined", firedrill_value::quote(name)));
        };
        if self.depth == MAX_TEMPLATE_DEPTH {
            return Err("exceeded maximum template depth (100000)".to_owned());
        }
        let argument = match pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Value::None,
        };
        let outer = std::mem::replace(&mut self.variables, vec![("$".to_owned(), argument.clone())]);
        let outer_define = self.define.replace(name);
        self.depth += 1;
        self.list(&argument, list)?;
        self.depth -= 1;
        self.define = outer_define;
        self.variables = outer;
        Ok(())
    }

    fn pipeline(&mut self, dot: &Value, pipe: &'t Pipe) -> Result<Value> {
        self.at_pipe(pipe);
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.command(dot, command, value)?);
        }
        let value = value.unwrap_or(Value::None);
        for name in &pipe.variables {
            if pipe.assigns {
                self.assign(name, value.clone())?;
            } else {
                self.variables.push((name.clone(), value.clone()));
            }
        }
        Ok(value)
    }

    fn assign(&mut self, name: &str, value: Value) -> Result<()> {
        match self.variables.iter_mut().rev().find(|(known, _)| known == name) {
            Some(slot) => {
                slot.1 = value;
                Ok(())
            }
            None => Err(format!("undefined variable: {name}")),
        }
    }

    fn command(&mut self, dot: &Value, command: &'t Command, last: Option<Value>) -> Result<Value> {
        let first = &command.args[0];
        match &first.kind {
            OperandKind::Function(name) => {
                self.at_operand(first);
                let place = Place {
                    span: command.span,
                    text: NodeText::Command(command),
                };
                return self.call(dot, name, place, &command.args[1..], last);
            }
            OperandKind::Field(names) => {
                self.at_operand(first);
                return self.fields(dot, dot.clone(), names, &command.args, last);
            }
            OperandKind::Chain(inner, names) => {
                self.at_operand(first);
                let value = self.chain_start(dot, inner, first)?;
                return self.fields(dot, value, names, &command.args, last);
            }
            OperandKind::Variable(names) => {
                self.at_operand(first);
                return self.variable(dot, names, &command.args, last);
            }
            OperandKind::Pipe(pipe) => {
                self.not_a_function(&command.args, last.is_some())?;
                return self.pipeline(dot, pipe);
            }
            _ => {}
        }
        self.at_operand(first);
        self.not_a_function(&command.args, last.is_some())?;
        match &first.kind {
            OperandKind::Nil => Err("nil is not a command".to_owned()),
            _ => self.literal(dot, first),
        }
    }

    fn chain_start(&mut self, dot: &Value, inner: &'t Operand, chain: &Operand) -> Result<Value> {
        match &inner.kind {
            OperandKind::Nil => Err(format!("indirection through explicit nil in {chain}")),
            OperandKind::Pipe(pipe) => self.pipeline(dot, pipe),
            OperandKind::Function(name) => {
                self.at_operand(inner);
                let place = self.node.clone();
                self.call(dot, name, place, &[], None)
            }
            _ => self.any_argument(dot, inner),
        }
    }

    fn not_a_function(&self, args: &[Operand], has_last: bool) -> Result<()> {
        if args.len() > 1 || has_last {
            return Err(format!("can't give argument to non-function {}", args[0]));
        }
        Ok(())
    }

    fn variable(
        &mut self,
        dot: &Value,
        names: &[String],
        args: &'t [Operand],
        last: Option<Value>,
    ) -> Result<Value> {
        let found = self.variables.iter().rev().find(|(name, _)| *name == names[0]);
        let Some((_, value)) = found else {
            return Err(format!("undefined variable: {}", names[0]));
        };
        let value = value.clone();
        if names.len() == 1 {
            self.not_a_function(args, last.is_some())?;
            return Ok(value);
        }
        self.fields(dot, value, &names[1..], args, last)
    }

    /// `.a.b.c arg`: fields one after the other; the last may be a method and takes the arguments.
    fn fields(
        &mut self,
        dot: &Value,
        mut value: Value,
        names: &[String],
        args: &'t [Operand],
        last: Option<Value>,
    ) -> Result<Value> {
        let mut in_interface = false;
        for (i, name) in names.iter().enumerate() {
            let is_last = i + 1 == names.len();
            let arguments = if is_last {
                args.get(1..).unwrap_or_default()
            } else {
                &[]
            };
            let piped = if is_last { last.clone() } else { None };
            (value, in_interface) = self.field(dot, value, name, in_interface, arguments, piped)?;
        }
        Ok(value)
    }

    /// One field; also says whether Go would still see an interface around the value.
    fn field(
        &mut self,
        dot: &Value,
        receiver: Value,
        name: &str,
        in_interface: bool,
        args: &'t [Operand],
        last: Option<Value>,
    ) -> Result<(Value, bool)> {
        let has_args = !args.is_empty() || last.is_some();
        let type_name = if in_interface {
            "interface {}"
        } else {
            receiver.type_name()
        };
        let map_key = |found: Option<Value>, zero: Value| {
            if has_args {
                Err(format!("{name} is not a method but has arguments"))
            } else {
                Ok(found.unwrap_or(zero))
            }
        };
        let no_field = || format!("can't evaluate field {name} in type {type_name}");
        match &receiver {
            Value::Time(_) | Value::Duration(_) => {
                let mut values = Vec::new();
                let Some(params) = time::method_params(&receiver, name) else {
                    return Err(no_field());
                };
                let given = args.len() + usize::from(last.is_some());
                if given != params.len() {
                    return Err(format!(
                        "wrong number of args for {name}: want {} got {given}",
                        params.len()
                    ));
                }
                for (arg, param) in args.iter().zip(params) {
                    values.push(self.argument(dot, arg, *param)?);
                }
                if let Some(last) = last {
                    values.push(check_type(last, params[params.len() - 1])?);
                }
                Ok((time::call_method(&receiver, name, &values)?, false))
            }
            Value::Dot => {
                let found = match name {
                    "Labels" => Value::Labels(self.labels.clone()),
                    "ExternalLabels" => Value::Labels(self.external_labels.clone()),
                    "ExternalURL" => string(self.data.external_url),
                    "Value" => Value::number(self.data.value, self.data.histogram),
                    _ => return Err(format!("can't evaluate field {name} in type {DOT_TYPE}")),
                };
                if has_args {
                    return Err(format!("{name} has arguments but cannot be invoked as function"));
                }
                Ok((found, name == "Value"))
            }
            Value::Histogram(histogram) => {
                let number = match name {
                    "Count" => histogram.count,
                    "Sum" => histogram.sum,
                    "ZeroCount" => histogram.zero_count,
                    "ZeroThreshold" => histogram.zero_threshold,
                    _ => return Err(no_field()),
                };
                Ok((Value::Float(number), false))
            }
            Value::Labels(map) => Ok((map_key(map.get(name).map(string), string(""))?, false)),
            Value::Args(map) => Ok((map_key(map.get(name).cloned(), Value::None)?, true)),
            Value::Sample(sample) => {
                let found = match name {
                    "Labels" => Value::Labels(sample.labels.clone()),
                    "Value" => Value::number(sample.value, sample.histogram.as_ref()),
                    _ => return Err(no_field()),
                };
                if has_args {
                    return Err(format!("{name} has arguments but cannot be invoked as function"));
                }
                Ok((found, name == "Value"))
            }
            Value::None if in_interface => Err(format!("nil pointer evaluating interface {{}}.{name}")),
            Value::None => Ok((Value::None, false)),
            _ => Err(no_field()),
        }
    }

    fn call(
        &mut self,
        dot: &Value,
        name: &'t str,
        place: Place<'t>,
        args: &'t [Operand],
        last: Option<Value>,
    ) -> Result<Value> {
        let params = functions::params(name);
        let count = args.len() + usize::from(last.is_some());
        let fixed = params.fixed.len();
        match params.rest {
            Some(_) if count < fixed => {
                return Err(format!(
                    "wrong number of args for {name}: want at least {fixed} got {}",
                    args.len()
                ));
            }
            None if count != fixed => {
                return Err(format!(
                    "wrong number of args for {name}: want {fixed} got {count}"
                ));
            }
            _ => {}
        }
        if matches!(name, "and" | "or") {
            let mut value = Value::None;
            for arg in args {
                value = self.any_argument(dot, arg)?;
                if value.truth() == (name == "or") {
                    return Ok(value);
                }
            }
            return Ok(last.unwrap_or(value));
        }
        let mut values = Vec::with_capacity(count);
        for (i, arg) in args.iter().enumerate() {
            let param = params.fixed.get(i).copied().or(params.rest).unwrap_or(Param::Any);
            values.push(self.argument(dot, arg, param)?);
        }
        if let Some(last) = last {
            let param = params
                .fixed
                .get(count - 1)
                .copied()
                .or(params.rest)
                .unwrap_or(Param::Any);
            values.push(check_type(last, param)?);
        }
        let result = if builtins::is_builtin(name) {
            let callee = args.first().map(ToString::to_string);
            builtins::call(name, &values, &self.dot_fields(), callee.as_deref())
        } else {
            functions::call(name, &values, self.data, self.context)
        };
        result.map_err(|message| {
            self.node = place;
            format!("error calling {name}: {message}")
        })
    }

    /// An argument for a parameter of a given type.
    fn argument(&mut self, dot: &Value, arg: &'t Operand, param: Param) -> Result<Value> {
        self.at_operand(arg);
        let value = match &arg.kind {
            OperandKind::Bool(_) | OperandKind::Number { .. } | OperandKind::String { .. } => {
                return match (param, &arg.kind) {
                    (Param::Any, _) => self.literal(dot, arg),
                    (Param::String, OperandKind::String { value, .. }) => Ok(string(value)),
                    (Param::String, _) => Err(format!("expected string; found {arg}")),
                    (Param::Int, OperandKind::Number { value, .. }) => value
                        .int
                        .map(Value::Int)
                        .ok_or_else(|| format!("expected integer; found {arg}")),
                    (Param::Int, _) => Err(format!("expected integer; found {arg}")),
                    (Param::Sample | Param::Samples, _) => Err(format!(
                        "can't handle {arg} for arg of type {}",
                        param.type_name()
                    )),
                };
            }
            OperandKind::Nil => {
                return match param {
                    Param::Any => Ok(Value::None),
                    Param::Sample | Param::Samples => Ok(Value::None),
                    _ => Err(format!("cannot assign nil to {}", param.type_name())),
                };
            }
            _ => self.any_argument(dot, arg)?,
        };
        check_type(value, param)
    }

    /// An argument for a parameter that takes anything.
    fn any_argument(&mut self, dot: &Value, arg: &'t Operand) -> Result<Value> {
        self.at_operand(arg);
        match &arg.kind {
            OperandKind::Dot => Ok(dot.clone()),
            OperandKind::Nil => Ok(Value::None),
            OperandKind::Field(names) => self.fields(dot, dot.clone(), names, &[], None),
            OperandKind::Variable(names) => self.variable(dot, names, &[], None),
            OperandKind::Pipe(pipe) => self.pipeline(dot, pipe),
            OperandKind::Function(name) => {
                let place = self.node.clone();
                self.call(dot, name, place, &[], None)
            }
            OperandKind::Chain(inner, names) => {
                let value = self.chain_start(dot, inner, arg)?;
                self.fields(dot, value, names, &[], None)
            }
            OperandKind::Bool(_) | OperandKind::Number { .. } | OperandKind::String { .. } => {
                self.literal(dot, arg)
            }
        }
    }

    /// A constant where any type will do.
    fn literal(&self, dot: &Value, operand: &Operand) -> Result<Value> {
        match &operand.kind {
            OperandKind::Dot => Ok(dot.clone()),
            OperandKind::Bool(value) => Ok(Value::Bool(*value)),
            OperandKind::String { value, .. } => Ok(string(value)),
            OperandKind::Number { text, value } => {
                match (value.complex, value.looks_float, value.float, value.int) {
                    (Some((re, im)), ..) => Ok(Value::Complex(re, im)),
                    (None, true, Some(float), _) => Ok(Value::Float(float)),
                    (None, _, _, Some(int)) => Ok(Value::Int(int)),
                    _ => Err(format!("{text} overflows int")),
                }
            }
            _ => Err(format!(
                "can't evaluate command {}",
                firedrill_value::quote(&operand.to_string())
            )),
        }
    }
}

/// Whether a computed value may be given to a parameter of that type.
fn check_type(value: Value, param: Param) -> Result<Value> {
    let fits = match (param, &value) {
        (Param::Any, _)
        | (Param::String, Value::Str(_))
        | (Param::Int, Value::Int(_))
        | (Param::Sample, Value::Sample(_) | Value::None)
        | (Param::Samples, Value::Samples(_) | Value::None) => true,
        (_, Value::None) => return Err(format!("invalid value; expected {}", param.type_name())),
        _ => false,
    };
    if fits {
        Ok(value)
    } else {
        Err(format!(
            "wrong type for value; expected {}; got {}",
            param.type_name(),
            value.type_name()
        ))
    }
}
