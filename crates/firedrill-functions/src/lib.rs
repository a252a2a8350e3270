//! The table of PromQL functions: names, signatures, and what the rest of firedrill needs to know of each.
//!
//! One row a function. The parser takes arity and types from here, the engine attaches a kernel to every [`Func`], the
//! lints ask what kind of metric a function wants, and `explain` prints the sentence.

mod table;

pub use table::FUNCTIONS;

use std::fmt;

/// The type of a PromQL expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// A number.
    Scalar,
    /// A text.
    String,
    /// At most one sample per series.
    Vector,
    /// A window of samples per series.
    Matrix,
    /// No type: the hole that a syntax error leaves.
    None,
}

impl ValueType {
    /// The name in upstream's documentation and in most of its messages: `instant vector`.
    pub fn documented(self) -> &'static str {
        match self {
            ValueType::Scalar => "scalar",
            ValueType::String => "string",
            ValueType::Vector => "instant vector",
            ValueType::Matrix => "range vector",
            ValueType::None => "none",
        }
    }

    /// The raw name that a few messages of upstream use: `matrix`.
    pub fn raw(self) -> &'static str {
        match self {
            ValueType::Vector => "vector",
            ValueType::Matrix => "matrix",
            other => other.documented(),
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.documented())
    }
}

/// What may follow the declared arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variadic {
    /// Nothing: exactly the declared ones.
    No,
    /// The last declared argument may be left out, or stand up to this many times.
    Optional(usize),
    /// The last declared argument may be left out or repeated at will.
    Any,
}

/// What a function expects of the metric it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Nothing in particular.
    Anything,
    /// A counter: falls are taken for restarts.
    Counter,
    /// A gauge: the level itself is what matters.
    Gauge,
    /// Histogram buckets, classic or native.
    Buckets,
}

/// One row of the table.
#[derive(Debug)]
pub struct Function {
    /// Which function it is.
    pub id: Func,
    /// Its name; case counts.
    pub name: &'static str,
    /// Types of the declared arguments.
    pub args: &'static [ValueType],
    /// Whether the last one is optional or repeatable.
    pub variadic: Variadic,
    /// Type of the result.
    pub returns: ValueType,
    /// Behind `promql-experimental-functions`.
    pub experimental: bool,
    /// What metric it is made for.
    pub wants: Wants,
    /// What it computes, as half a sentence.
    pub summary: &'static str,
}

impl Function {
    /// The function of that name. Names are case-sensitive.
    pub fn by_name(name: &str) -> Option<&'static Function> {
        let mut place = place_of(name.as_bytes());
        loop {
            let row = FUNCTIONS.get(usize::from(PLACES[place]))?;
            if row.name == name {
                return Some(row);
            }
            place = next_place(place);
        }
    }

    /// Fewest arguments.
    pub fn min_args(&self) -> usize {
        match self.variadic {
            Variadic::No => self.args.len(),
            Variadic::Optional(_) | Variadic::Any => self.args.len() - 1,
        }
    }

    /// Most arguments; `None` where there is no bound.
    pub fn max_args(&self) -> Option<usize> {
        match self.variadic {
            Variadic::No => Some(self.args.len()),
            Variadic::Optional(extra) => Some(self.args.len() - 1 + extra),
            Variadic::Any => None,
        }
    }

    /// The declared type of argument `index`, counted from 0; further ones have the type of the last.
    pub fn arg_type(&self, index: usize) -> ValueType {
        self.args
            .get(index)
            .or(self.args.last())
            .copied()
            .unwrap_or(ValueType::None)
    }

    /// `rate(range vector)`: the call with the types of its arguments.
    pub fn signature(&self) -> String {
        let mut parts: Vec<String> = self.args.iter().map(|arg| arg.documented().to_owned()).collect();
        if let Some(last) = parts.pop() {
            parts.push(match self.variadic {
                Variadic::No => last,
                Variadic::Optional(1) => format!("[{last}]"),
                Variadic::Optional(_) | Variadic::Any => format!("[{last} …]"),
            });
        }
        format!("{}({})", self.name, parts.join(", "))
    }
}

/// How many places [`PLACES`] has: some for each function, so that few names meet.
const PLACE_COUNT: usize = 512;
const NO_FUNCTION: u8 = u8::MAX;

/// Index into the table for each place, as names are spread over them; a name whose place is taken has the next.
static PLACES: [u8; PLACE_COUNT] = {
    assert!(FUNCTIONS.len() < NO_FUNCTION as usize);
    let mut places = [NO_FUNCTION; PLACE_COUNT];
    let mut index = 0;
    while index < FUNCTIONS.len() {
        let mut place = place_of(FUNCTIONS[index].name.as_bytes());
        while places[place] != NO_FUNCTION {
            place = next_place(place);
        }
        places[place] = index as u8;
        index += 1;
    }
    places
};

/// Where a name is looked up first: its length and three of its letters tell most names apart.
const fn place_of(name: &[u8]) -> usize {
    let length = name.len();
    if length == 0 {
        return 0;
    }
    let letters = [name[0], name[length / 2], name[length - 1], length as u8];
    (u32::from_le_bytes(letters).wrapping_mul(0x9e37_79b1) >> 16) as usize % PLACE_COUNT
}

const fn next_place(place: usize) -> usize {
    (place + 1) % PLACE_COUNT
}

macro_rules! functions {
    ($($id:ident)*) => {
        /// Every PromQL function. The engine matches on it without a wildcard, so a new row needs a kernel to compile.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the table documents each")]
        pub enum Func { $($id),* }
    };
}

functions! {
    Abs Absent AbsentOverTime Acos Acosh Asin Asinh Atan Atanh AvgOverTime Ceil Changes Clamp ClampMax ClampMin Cos Cosh
    CountOverTime DayOfMonth DayOfWeek DayOfYear DaysInMonth Deg Delta Deriv DoubleExponentialSmoothing End Exp
    FirstOverTime Floor HistogramAvg HistogramCount HistogramFraction HistogramQuantile HistogramQuantiles HistogramStddev
    HistogramStdvar HistogramSum Hour Idelta Increase Info Irate LabelJoin LabelReplace LastOverTime Ln Log10 Log2
    MadOverTime MaxOf MaxOverTime MinOf MinOverTime Minute Month Pi PredictLinear PresentOverTime QuantileOverTime Rad
    Range Rate Resets Round Scalar Sgn Sin Sinh Sort SortByLabel SortByLabelDesc SortDesc Sqrt Start StartTimestamp
    StddevOverTime StdvarOverTime Step SumOverTime Tan Tanh Time Timestamp TsOfFirstOverTime TsOfLastOverTime
    TsOfMaxOverTime TsOfMinOverTime Vector Year
}

impl Func {
    /// Its row in the table.
    pub fn row(self) -> &'static Function {
        // The enum and the table stand in the same order; a test holds them to it.
        &FUNCTIONS[self as usize]
    }

    /// Whether the result depends on the time of evaluation even when every selector below is pinned by `@`.
    pub fn depends_on_time(self) -> bool {
        matches!(
            self,
            Func::DaysInMonth
                | Func::DayOfMonth
                | Func::DayOfWeek
                | Func::DayOfYear
                | Func::Hour
                | Func::Minute
                | Func::Month
                | Func::Year
                | Func::PredictLinear
                | Func::Time
                | Func::Timestamp
                | Func::Start
                | Func::End
                | Func::Step
                | Func::Range
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_unique_and_in_the_order_of_the_enum() {
        for (i, row) in FUNCTIONS.iter().enumerate() {
            assert_eq!(row.id as usize, i, "{}", row.name);
            assert_eq!(Function::by_name(row.name).map(|found| found.id), Some(row.id));
            assert!(
                !row.summary.is_empty() && !row.summary.ends_with('.'),
                "{}",
                row.name
            );
        }
        assert!(FUNCTIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn arity_follows_the_declaration() {
        let arity = |name| Function::by_name(name).map(|f| (f.min_args(), f.max_args()));
        assert_eq!(arity("rate"), Some((1, Some(1))));
        assert_eq!(arity("round"), Some((1, Some(2))));
        assert_eq!(arity("time"), Some((0, Some(0))));
        assert_eq!(arity("hour"), Some((0, Some(1))));
        assert_eq!(arity("label_join"), Some((3, None)));
        assert_eq!(arity("histogram_quantiles"), Some((3, Some(12))));
        assert_eq!(arity("Rate"), None);
    }
}
