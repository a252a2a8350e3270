//! A parser of Go's syntax (`regexp/syntax` with Perl flags) that writes the same expression for the regex crate.

use crate::RegexError;
use crate::class;
use std::fmt::Write as _;

/// Deepest nesting that Go accepts.
pub(crate) const MAX_HEIGHT: u32 = 1000;
/// Most repetitions that Go accepts, nested ones multiplied.
const MAX_REPEAT: u32 = 1000;
/// Most instructions that Go accepts.
const MAX_SIZE: usize = (128 << 20) / 40;

/// An expression for the regex crate.
#[derive(Debug)]
pub(crate) struct Translated {
    /// Its pattern; all groups are without names.
    pub(crate) pattern: String,
    /// Names of the groups by index; group 0 is the whole match.
    pub(crate) group_names: Vec<Option<String>>,
    /// About how many instructions it takes.
    pub(crate) weight: usize,
}

/// Checks a pattern and translates it.
pub(crate) fn translate(pattern: &str) -> Result<Translated, RegexError> {
    let mut parser = Parser {
        whole: pattern,
        rest: pattern,
        out: String::with_capacity(pattern.len() + 8),
        group_names: vec![None],
        open: Vec::new(),
        group: Measure::default(),
        last: None,
    };
    parser.parse()?;
    let size = parser.group.size;
    Ok(Translated {
        pattern: parser.out,
        group_names: parser.group_names,
        weight: size,
    })
}

/// What Go limits in a piece of an expression.
#[derive(Clone, Copy, Default)]
struct Measure {
    /// Repetitions, multiplied along the worst path.
    repeat: u32,
    /// Instructions.
    size: usize,
    /// Levels.
    height: u32,
}

/// What a repetition operator would repeat: the output up to `end`.
#[derive(Clone, Copy)]
struct Atom {
    end: usize,
    measure: Measure,
}

struct Parser<'a> {
    whole: &'a str,
    rest: &'a str,
    out: String,
    group_names: Vec<Option<String>>,
    /// The groups around the one that is being read.
    open: Vec<Measure>,
    /// The group that is being read.
    group: Measure,
    last: Option<Atom>,
}

impl<'a> Parser<'a> {
    fn parse(&mut self) -> Result<(), RegexError> {
        // The repetition operator directly before, which must not be followed by another.
        let mut last_repeat: Option<&'a str> = None;
        while let Some(c) = self.rest.chars().next() {
            let before = self.rest;
            let mut repeated = false;
            match c {
                '(' => self.parse_open()?,
                ')' => self.parse_close()?,
                '|' => {
                    self.out.push('|');
                    self.advance(1);
                    self.last = None;
                    self.group.size += 1;
                }
                '^' | '$' | '.' => {
                    self.out.push(c);
                    self.advance(1);
                    self.push_atom(1);
                }
                '[' => self.parse_class()?,
                '*' | '+' | '?' => {
                    self.advance(1);
                    let (least, most) = match c {
                        '*' => (0, None),
                        '+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    self.repeat(before, last_repeat, &c.to_string(), least, most, false)?;
                    repeated = true;
                }
                '{' => match counts(before) {
                    Some((least, most, length)) => {
                        let operator = &before[..length];
                        self.advance(length);
                        let limit = i64::from(MAX_REPEAT);
                        if !(0..=limit).contains(&least) || most.is_some_and(|m| m > limit || m < least) {
                            return fail("invalid repeat count", operator);
                        }
                        let least = u32::try_from(least).unwrap_or(0);
                        let most = most.map(|m| u32::try_from(m).unwrap_or(0));
                        self.repeat(before, last_repeat, operator, least, most, true)?;
                        repeated = true;
                    }
                    None => {
                        self.push_literal('{');
                        self.advance(1);
                    }
                },
                '\\' => self.parse_escape()?,
                c => {
                    self.push_literal(c);
                    self.advance(c.len_utf8());
                }
            }
            last_repeat = repeated.then_some(before);
        }
        if self.open.is_empty() {
            Ok(())
        } else {
            fail("missing closing )", self.whole)
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    /// Notes that what was just written is something that can be repeated.
    fn push_atom(&mut self, size: usize) {
        let measure = Measure {
            repeat: 1,
            size,
            height: 1,
        };
        self.push_measured(measure);
    }

    fn push_measured(&mut self, measure: Measure) {
        self.last = Some(Atom {
            end: self.out.len(),
            measure,
        });
        let whole = &mut self.group;
        whole.size = whole.size.saturating_add(measure.size);
        whole.repeat = whole.repeat.max(measure.repeat);
        whole.height = whole.height.max(measure.height);
    }

    fn push_literal(&mut self, c: char) {
        write_char(&mut self.out, u32::from(c));
        self.push_atom(1);
    }

    fn parse_open(&mut self) -> Result<(), RegexError> {
        let text = self.rest;
        if !text.starts_with("(?") {
            self.advance(1);
            self.open_group("(", None);
            return Ok(());
        }
        let named = ["(?P<", "(?<"]
            .into_iter()
            .find_map(|prefix| text.strip_prefix(prefix).map(|inner| (prefix, inner)));
        if let Some((prefix, inner)) = named {
            let Some(length) = inner.find('>') else {
                return fail("invalid named capture", text);
            };
            let name = &inner[..length];
            let used = prefix.len() + length + 1;
            let valid = !name.is_empty() && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric());
            if !valid {
                return fail("invalid named capture", &text[..used]);
            }
            self.advance(used);
            self.open_group("(", Some(name.to_owned()));
            return Ok(());
        }
        self.parse_flags(text)
    }

    /// `(?i)` or `(?i:`.
    fn parse_flags(&mut self, text: &str) -> Result<(), RegexError> {
        let (mut negated, mut any) = (false, false);
        let mut used = text.len();
        for (at, c) in text.char_indices().skip(2) {
            used = at + c.len_utf8();
            match c {
                'i' | 'm' | 's' | 'U' => any = true,
                '-' if !negated => {
                    negated = true;
                    any = false;
                }
                ':' | ')' if any || !negated => {
                    let group = &text[..used];
                    self.advance(used);
                    if c == ':' {
                        self.open_group(&flag_text(group, ':'), Some(String::new()));
                    } else if group.len() > "(?)".len() {
                        self.out.push_str(&flag_text(group, ')'));
                    }
                    return Ok(());
                }
                _ => break,
            }
        }
        fail("invalid or unsupported Perl syntax", &text[..used])
    }

    /// Starts a group; a name that is empty means that the group does not capture.
    fn open_group(&mut self, opening: &str, name: Option<String>) {
        if name.as_deref() != Some("") {
            self.group_names.push(name);
        }
        self.out.push_str(opening);
        self.open.push(std::mem::take(&mut self.group));
        self.last = None;
    }

    fn parse_close(&mut self) -> Result<(), RegexError> {
        let Some(outer) = self.open.pop() else {
            return fail("unexpected )", self.whole);
        };
        self.advance(1);
        self.out.push(')');
        let inner = std::mem::replace(&mut self.group, outer);
        let measure = Measure {
            repeat: inner.repeat.max(1),
            size: inner.size.saturating_add(2),
            height: inner.height + 1,
        };
        self.push_measured(measure);
        self.check_height(measure.height)
    }

    fn check_height(&self, height: u32) -> Result<(), RegexError> {
        if height > MAX_HEIGHT {
            return fail("expression nests too deeply", self.whole);
        }
        Ok(())
    }

    /// Repeats what was read last. `before` is the text from the operator on, the rest of the pattern what follows it.
    fn repeat(
        &mut self,
        before: &'a str,
        last_repeat: Option<&'a str>,
        operator: &str,
        least: u32,
        most: Option<u32>,
        counted: bool,
    ) -> Result<(), RegexError> {
        let mut operator = operator.to_owned();
        if self.rest.starts_with('?') {
            self.advance(1);
            operator.push('?');
        }
        let until_here = |from: &'a str| &from[..from.len() - self.rest.len()];
        if let Some(from) = last_repeat {
            return fail("invalid nested repetition operator", until_here(from));
        }
        let Some(atom) = self.last else {
            return fail("missing argument to repetition operator", until_here(before));
        };
        let count = most.unwrap_or(least);
        let mut measure = atom.measure;
        if counted {
            measure.repeat = if most == Some(0) {
                1
            } else {
                measure.repeat.saturating_mul(count.max(1))
            };
            if count >= 2 && measure.repeat > MAX_REPEAT {
                return fail("invalid repeat count", until_here(before));
            }
            measure.size = measure.size.saturating_mul(count.max(1) as usize);
        }
        measure.size = measure.size.saturating_add(1);
        measure.height += 1;
        if measure.size > MAX_SIZE {
            return fail("expression too large", self.whole);
        }
        self.check_height(measure.height)?;
        // Flags may stand between the operator and what it repeats: Ex: `a(?i)*`.
        self.out.insert_str(atom.end, &operator);
        self.group.size = self.group.size.saturating_sub(atom.measure.size);
        self.push_measured(measure);
        Ok(())
    }

    fn parse_escape(&mut self) -> Result<(), RegexError> {
        let text = self.rest;
        let letter = text.as_bytes().get(1).copied();
        match letter {
            Some(b'A' | b'z') => self.out.push_str(&text[..2]),
            // Word boundaries look at ASCII only.
            Some(b'b') => self.out.push_str(r"(?-u:\b)"),
            Some(b'B') => self.out.push_str(r"(?-u:\B)"),
            Some(b'C') => return fail("invalid escape sequence", &text[..2]),
            Some(b'Q') => {
                let quoted = &text[2..];
                let end = quoted.find(r"\E");
                for c in quoted[..end.unwrap_or(quoted.len())].chars() {
                    self.push_literal(c);
                }
                self.advance(end.map_or(text.len(), |end| end + 4));
                return Ok(());
            }
            Some(b'p' | b'P') => {
                let (class, used) = unicode_class(text)?;
                let _ = write!(self.out, "[{class}]");
                self.advance(used);
                self.push_atom(1);
                return Ok(());
            }
            Some(letter) if class::perl(letter).is_some() => {
                let negation = if letter.is_ascii_uppercase() { "^" } else { "" };
                let members = class::perl(letter).unwrap_or_default();
                let _ = write!(self.out, "[{negation}{members}]");
            }
            _ => {
                let (code, used) = escaped_char(text)?;
                write_char(&mut self.out, code);
                self.advance(used);
                self.push_atom(1);
                return Ok(());
            }
        }
        self.advance(2);
        self.push_atom(1);
        Ok(())
    }

    fn parse_class(&mut self) -> Result<(), RegexError> {
        let whole = self.rest;
        self.advance(1);
        self.out.push('[');
        if self.rest.starts_with('^') {
            self.out.push('^');
            self.advance(1);
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if !self.parse_named_class()? {
                self.parse_class_range(whole)?;
            }
        }
        self.advance(1);
        self.out.push(']');
        self.push_atom(1);
        Ok(())
    }

    /// `[:alpha:]`, `\pL` or `\d` inside a class; false if something else stands there.
    fn parse_named_class(&mut self) -> Result<bool, RegexError> {
        let text = self.rest;
        if let Some(inner) = text.strip_prefix("[:")
            && let Some(length) = inner.find(":]")
        {
            let name = &inner[..length];
            let (negated, plain) = name.strip_prefix('^').map_or((false, name), |n| (true, n));
            let Some(members) = class::posix(plain) else {
                return fail("invalid character class range", &text[..length + 4]);
            };
            self.write_members(negated, members);
            self.advance(length + 4);
            return Ok(true);
        }
        match text.as_bytes() {
            [b'\\', b'p' | b'P', ..] => {
                let (class, used) = unicode_class(text)?;
                let _ = write!(self.out, "[{class}]");
                self.advance(used);
                Ok(true)
            }
            [b'\\', letter, ..] => {
                let Some(members) = class::perl(*letter) else {
                    return Ok(false);
                };
                self.write_members(letter.is_ascii_uppercase(), members);
                self.advance(2);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn write_members(&mut self, negated: bool, members: &str) {
        let negation = if negated { "^" } else { "" };
        let _ = write!(self.out, "[{negation}{members}]");
    }

    fn parse_class_range(&mut self, whole: &str) -> Result<(), RegexError> {
        let text = self.rest;
        let low = self.parse_class_char(whole)?;
        let mut high = low;
        if self.rest.len() >= 2 && self.rest.starts_with('-') && !self.rest.starts_with("-]") {
            self.advance(1);
            high = self.parse_class_char(whole)?;
            if high < low {
                let range = &text[..text.len() - self.rest.len()];
                return fail("invalid character class range", range);
            }
        }
        // Surrogates are no characters of a text: leave them out.
        let pieces = [(low, high.min(0xd7ff)), (low.max(0xe000), high)];
        let inside = |&(from, to): &(u32, u32)| from <= to;
        let mut written = false;
        for (from, to) in pieces.into_iter().filter(inside) {
            if from == to {
                let _ = write!(self.out, r"\x{{{from:x}}}");
            } else {
                let _ = write!(self.out, r"\x{{{from:x}}}-\x{{{to:x}}}");
            }
            written = true;
        }
        if !written {
            self.out.push_str(r"[^\x{0}-\x{10FFFF}]");
        }
        Ok(())
    }

    fn parse_class_char(&mut self, whole: &str) -> Result<u32, RegexError> {
        let Some(c) = self.rest.chars().next() else {
            return fail("missing closing ]", whole);
        };
        if c == '\\' {
            let (code, used) = escaped_char(self.rest)?;
            self.advance(used);
            return Ok(code);
        }
        self.advance(c.len_utf8());
        Ok(u32::from(c))
    }
}

fn fail<T>(what: &str, part: &str) -> Result<T, RegexError> {
    Err(RegexError {
        message: format!("{what}: `{part}`"),
    })
}

/// The opening of a group with flags, without an empty negation that the regex crate would refuse.
fn flag_text(group: &str, end: char) -> String {
    let mut text = String::from("(?");
    let mut seen = [false; 2];
    let flags = &group[2..group.len() - 1];
    let (set, cleared) = flags.split_once('-').unwrap_or((flags, ""));
    // The last word on a flag counts, and the regex crate wants each but once.
    for (index, (part, sign)) in [(set, ""), (cleared, "-")].into_iter().enumerate() {
        for flag in ['i', 'm', 's', 'U'] {
            let overruled = index == 0 && cleared.contains(flag);
            if part.contains(flag) && !overruled {
                if !seen[index] {
                    text.push_str(sign);
                    seen[index] = true;
                }
                text.push(flag);
            }
        }
    }
    if text.len() == 2 && end == ')' {
        return String::new();
    }
    text.push(end);
    text
}

/// Writes a character so that it stands for itself anywhere.
fn write_char(out: &mut String, code: u32) {
    match char::from_u32(code) {
        Some(c) if c.is_ascii_alphanumeric() || !c.is_ascii() => out.push(c),
        Some(_) => {
            let _ = write!(out, r"\x{{{code:x}}}");
        }
        // A surrogate matches nothing.
        None => out.push_str(r"[^\x{0}-\x{10FFFF}]"),
    }
}

/// `{n}`, `{n,}`, `{n,m}`: least, most and length in bytes. Anything else is no repetition. -1 is a number out of range.
fn counts(text: &str) -> Option<(i64, Option<i64>, usize)> {
    let inner = text.strip_prefix('{')?;
    let (mut least, rest) = count(inner)?;
    let (most, rest) = match rest.strip_prefix(',') {
        None => (Some(least), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => {
            let (most, rest) = count(rest)?;
            if most < 0 {
                least = -1;
            }
            (Some(most), rest)
        }
    };
    let rest = rest.strip_prefix('}')?;
    Some((least, most, text.len() - rest.len()))
}

/// A count without leading noughts; -1 if it is too large.
fn count(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() || digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    const TOO_MANY_DIGITS: usize = 9;
    let value = if digits.len() >= TOO_MANY_DIGITS {
        -1
    } else {
        digits.parse().unwrap_or(-1)
    };
    Some((value, rest))
}

/// `\pL`, `\p{Greek}`, `\P{^Greek}` as the inside of a class, and its length in bytes.
fn unicode_class(text: &str) -> Result<(String, usize), RegexError> {
    let mut negated = text.starts_with(r"\P");
    let after = text.get(2..).unwrap_or("");
    let (name, used) = match after.chars().next() {
        Some('{') => match text.find('}') {
            Some(end) => (&text[3..end], end + 1),
            None => return fail("invalid character class range", text),
        },
        Some(c) => (&after[..c.len_utf8()], 2 + c.len_utf8()),
        None => return fail("invalid character class range", text),
    };
    let plain = name
        .strip_prefix('^')
        .inspect(|_| negated = !negated)
        .unwrap_or(name);
    match class::unicode(plain, negated) {
        Some(class) => Ok((class, used)),
        None => fail("invalid character class range", &text[..used]),
    }
}

/// The character that an escape stands for, and its length in bytes.
fn escaped_char(text: &str) -> Result<(u32, usize), RegexError> {
    let mut chars = text.chars();
    chars.next();
    let Some(c) = chars.next() else {
        return fail("trailing backslash at end of expression", "");
    };
    let used = |rest: &str| text.len() - rest.len();
    let octal = |c: char| c.to_digit(8);
    match c {
        '0'..='7' => {
            let mut code = octal(c).unwrap_or(0);
            let mut more = 0;
            while more < 2
                && let Some(digit) = chars.clone().next().and_then(octal)
            {
                chars.next();
                code = code * 8 + digit;
                more += 1;
            }
            // A single digit other than nought would be a back-reference.
            if c == '0' || more > 0 {
                return Ok((code, used(chars.as_str())));
            }
        }
        'x' => {
            if let Some(code) = hexadecimal(&mut chars) {
                return Ok((code, used(chars.as_str())));
            }
        }
        'a' => return Ok((0x07, 2)),
        'f' => return Ok((0x0c, 2)),
        'n' => return Ok((0x0a, 2)),
        'r' => return Ok((0x0d, 2)),
        't' => return Ok((0x09, 2)),
        'v' => return Ok((0x0b, 2)),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => return Ok((u32::from(c), 2)),
        _ => {}
    }
    fail("invalid escape sequence", &text[..used(chars.as_str())])
}

/// `41` or `{1f600}` after `\x`.
fn hexadecimal(chars: &mut std::str::Chars<'_>) -> Option<u32> {
    let first = chars.next()?;
    if first != '{' {
        let high = first.to_digit(16);
        let low = chars.next()?.to_digit(16);
        return Some(high? * 16 + low?);
    }
    let mut code = 0;
    let mut any = false;
    loop {
        match chars.next()? {
            '}' => return any.then_some(code),
            c => {
                code = code * 16 + c.to_digit(16)?;
                any = true;
                if code > 0x10_ffff {
                    return None;
                }
            }
        }
    }
}
