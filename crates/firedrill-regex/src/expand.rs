//! Replacement texts with `$1` and `${name}`, as Go's `Regexp.Expand` reads them.

use crate::Regex;

impl Regex {
    /// `template` with its references filled from the first match in `text`; `None` where nothing matches. A reference
    /// to a group that does not exist or took no part is empty.
    pub fn expand(&self, text: &str, template: &str) -> Option<String> {
        let groups = self.compiled.captures(text)?;
        let mut result = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('$') {
            result.push_str(before);
            if let Some(tail) = after.strip_prefix('$') {
                result.push('$');
                rest = tail;
            } else if let Some((name, tail)) = reference(after) {
                let group = match number(name) {
                    Some(number) => groups.get(number),
                    None => groups.name(name),
                };
                result.push_str(group.map_or("", |group| group.as_str()));
                rest = tail;
            } else {
                result.push('$');
                rest = after;
            }
        }
        result.push_str(rest);
        Some(result)
    }
}

/// Splits `1_x rest` or `{1}rest` into the longest possible name and what follows.
fn reference(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{');
    let body = inner.unwrap_or(text);
    let end = body
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(body.len());
    let (name, tail) = body.split_at(end);
    if name.is_empty() {
        return None;
    }
    match inner {
        Some(_) => Some((name, tail.strip_prefix('}')?)),
        None => Some((name, tail)),
    }
}

/// The number of a group: digits only, no leading zero.
fn number(name: &str) -> Option<usize> {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = name.len() > 1 && name.starts_with('0');
    (digits && !leading_zero).then(|| name.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_filled_as_go_fills_them() {
        let regex = Regex::anchored("(?P<host>[a-z]+):([0-9]*)").unwrap();
        for (template, expected) in [
            ("$1", "web"),
            ("${2}0", "800"),
            ("$2_x", ""),
            ("${host}-$0", "web-web:80"),
            ("$$1", "$1"),
            ("${1", "${1"),
            ("$9$01", ""),
            ("a$ b", "a$ b"),
        ] {
            assert_eq!(
                regex.expand("web:80", template).as_deref(),
                Some(expected),
                "{template}"
            );
        }
        assert_eq!(regex.expand("none", "$1"), None);
    }
}
