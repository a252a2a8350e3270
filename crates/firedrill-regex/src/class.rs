//! Classes of characters that have names: `\d`, `[:alpha:]`, `\p{Greek}`.

/// The members of `\d`, `\s` and `\w`, as the inside of a class. Only ASCII, unlike in the regex crate.
pub(crate) fn perl(letter: u8) -> Option<&'static str> {
    Some(match letter.to_ascii_lowercase() {
        b'd' => "0-9",
        b's' => r"\t\n\f\r\x20",
        b'w' => "0-9A-Za-z_",
        _ => return None,
    })
}

/// The members of `[:name:]`.
pub(crate) fn posix(name: &str) -> Option<&'static str> {
    Some(match name {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => r"\x00-\x7f",
        "blank" => r"\t\x20",
        "cntrl" => r"\x00-\x1f\x7f",
        "digit" => "0-9",
        "graph" => r"\x21-\x7e",
        "lower" => "a-z",
        "print" => r"\x20-\x7e",
        "punct" => r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
        "space" => r"\t\n\x0b\f\r\x20",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => return None,
    })
}

/// `\p{name}` in the regex crate's syntax, or its complement. Only general categories and scripts are known to Go; case
/// and underscores do not count.
pub(crate) fn unicode(name: &str, negated: bool) -> Option<String> {
    let plain: String = name
        .chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let p = if negated { 'P' } else { 'p' };
    Some(match plain.as_str() {
        "any" if negated => NOTHING.to_owned(),
        "any" => r"\x{0}-\x{10FFFF}".to_owned(),
        "ascii" if negated => r"\x{80}-\x{10FFFF}".to_owned(),
        "ascii" => r"\x00-\x7f".to_owned(),
        "assigned" if negated => r"\p{gc=Cn}".to_owned(),
        "assigned" => r"\P{gc=Cn}".to_owned(),
        // Surrogates are no characters of a text.
        "cs" | "surrogate" if negated => r"\x{0}-\x{10FFFF}".to_owned(),
        "cs" | "surrogate" => NOTHING.to_owned(),
        known if CATEGORIES.split_ascii_whitespace().any(|c| c == known) => {
            format!(r"\{p}{{gc={known}}}")
        }
        known => {
            let script = SCRIPTS
                .split_ascii_whitespace()
                .find(|script| script.replace('_', "").eq_ignore_ascii_case(known))?;
            format!(r"\{p}{{Script={script}}}")
        }
    })
}

/// The inside of a class without members.
const NOTHING: &str = r"[^\x{0}-\x{10FFFF}]";

/// General categories and their long names, in lower case without underscores.
const CATEGORIES: &str = "c cc cf cn co l lc ll lm lo lt lu m mc me mn n nd nl no p pc pd pe pf pi po ps s sc sk sm so z \
    zl zp zs other control cntrl format unassigned privateuse letter casedletter lowercaseletter modifierletter \
    otherletter titlecaseletter uppercaseletter mark combiningmark spacingmark enclosingmark nonspacingmark number \
    decimalnumber digit letternumber othernumber punctuation punct connectorpunctuation dashpunctuation \
    closepunctuation finalpunctuation initialpunctuation otherpunctuation openpunctuation symbol currencysymbol \
    modifiersymbol mathsymbol othersymbol separator lineseparator paragraphseparator spaceseparator";

/// The scripts of Unicode 15.
const SCRIPTS: &str = "Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali \
    Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee \
    Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan \
    Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi \
    Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi \
    Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki \
    Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean \
    Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi \
    Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong \
    Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian \
    Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi \
    Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese \
    Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan \
    Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_known_to_the_regex_crate() {
        for name in CATEGORIES
            .split_ascii_whitespace()
            .chain(SCRIPTS.split_ascii_whitespace())
        {
            for negated in [false, true] {
                let class = format!("[{}]", unicode(name, negated).unwrap());
                assert!(regex::Regex::new(&class).is_ok(), "{class}");
            }
        }
        for name in ["any", "ASCII", "Assigned", "Cs"] {
            assert!(regex::Regex::new(&format!("[{}]", unicode(name, true).unwrap())).is_ok());
        }
        assert_eq!(unicode("Alphabetic", false), None);
        assert_eq!(unicode("Grek", false), None);
    }
}
