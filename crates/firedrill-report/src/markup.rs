//! Text inside of XML and HTML.

/// Text of an XML element. Characters that XML does not have become U+FFFD.
pub(crate) fn xml_text(text: &str) -> String {
    escaped(text, |c| match c {
        '\r' => Some("&#13;"),
        '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'.. => None,
        _ => Some("\u{fffd}"),
    })
}

/// Text of an attribute of XML: there, breaks of lines would be read as blanks.
pub(crate) fn xml_attribute(text: &str) -> String {
    xml_text(text)
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
        .replace('\n', "&#10;")
        .replace('\t', "&#9;")
}

/// Text that means nothing but itself in HTML, in elements and in quoted attributes. Characters that HTML does not allow,
/// and those that turn the direction of what follows, become U+FFFD.
pub(crate) fn html(text: &str) -> String {
    escaped(text, |c| match c {
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Some("\u{fffd}"),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some("\u{fffd}"),
        _ => None,
    })
}

/// Escapes what is markup everywhere, and whatever has a replacement of its own.
fn escaped(text: &str, replacement: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => match replacement(c) {
                Some(other) => out.push_str(other),
                None => out.push(c),
            },
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_an_attribute() {
        assert_eq!(
            xml_attribute("a\"b'<c>&\n\t\r\u{1}\u{fffe}\u{202e}"),
            "a&quot;b&#39;&lt;c&gt;&amp;&#10;&#9;&#13;\u{fffd}\u{fffd}\u{202e}"
        );
    }

    #[test]
    fn elements_keep_quotes_and_lines() {
        assert_eq!(xml_text("\"a'\n<b>\u{b}"), "\"a'\n&lt;b&gt;\u{fffd}");
    }

    #[test]
    fn nothing_in_a_page_is_markup_or_turns_it_round() {
        assert_eq!(
            html("<a href=\"x\" y='z'>&\u{1b}\u{202e}é\u{2066}\n"),
            "&lt;a href=&quot;x&quot; y=&#39;z&#39;&gt;&amp;\u{fffd}\u{fffd}é\u{fffd}\n"
        );
    }
}
