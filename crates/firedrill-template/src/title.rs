//! The function `title`: the first letter of every word in upper case, the rest untouched.

/// Words as Unicode cuts them (UAX 29, as far as case matters): letters, digits and `_`, with `'`, `.` and `:` inside a
/// word, and `.`, `,`, `;` and `'` inside a number.
pub(crate) fn title(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at_start = true;
    for (i, &c) in chars.iter().enumerate() {
        if is_word(c) {
            let cased = c.is_lowercase() || c.is_uppercase();
            if at_start && cased {
                let mut upper = c.to_uppercase();
                out.extend(upper.next());
                out.extend(upper.flat_map(char::to_lowercase));
                at_start = false;
            } else {
                out.push(c);
            }
            continue;
        }
        let before = i.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(i + 1).copied();
        let between = |test: fn(char) -> bool| before.is_some_and(test) && after.is_some_and(test);
        let joins = match c {
            '\'' | '\u{2019}' | '.' | '\u{2024}' => between(char::is_alphabetic) || between(char::is_numeric),
            ':' | '\u{b7}' => between(char::is_alphabetic),
            ',' | ';' => between(char::is_numeric),
            _ => false,
        };
        at_start |= !joins;
        out.push(c);
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn words_begin_in_upper_case() {
        for (text, expected) in [
            ("foo bar-baz o'neil FOO", "Foo Bar-Baz O'neil FOO"),
            ("a_b c", "A_b C"),
            ("x.y z:w", "X.y Z:w"),
            ("1abc", "1Abc"),
            ("3rd", "3Rd"),
            ("10.5k", "10.5K"),
            ("aa,bb", "Aa,Bb"),
            ("foo/bar", "Foo/Bar"),
            ("ßtr", "Sstr"),
            ("a1b 2c", "A1b 2C"),
        ] {
            assert_eq!(title(text), expected);
        }
    }
}
