//! Whether any text can satisfy several expressions at once: a search through the product of their automata.

use crate::{Regex, syntax};
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax::Config as Syntax;
use regex_automata::{Anchored, Input};
use std::collections::{HashSet, VecDeque};

/// Largest automaton, in bytes. Patterns of matchers are small; what is larger stays unproved.
const AUTOMATON_LIMIT: usize = 1 << 20;
/// Most states of the product that are visited.
const STATE_LIMIT: usize = 10_000;

/// Whether no text matches all of the first expressions and none of the second ones. Without a first expression the answer
/// is `None`, as it is where the automata grow too large. All expressions are taken as anchored at both ends.
pub fn no_text_fits(wanted: &[&Regex], unwanted: &[&Regex]) -> Option<bool> {
    if wanted.is_empty() {
        return None;
    }
    let automata = wanted.iter().chain(unwanted);
    let automata: Vec<dense::DFA<Vec<u32>>> = automata
        .map(|regex| automaton(regex.pattern()))
        .collect::<Option<_>>()?;
    let bytes = representatives(&automata);
    let input = Input::new("").anchored(Anchored::Yes);
    let start: Vec<StateID> = automata
        .iter()
        .map(|dfa| dfa.start_state_forward(&input).ok())
        .collect::<Option<_>>()?;
    let mut seen = HashSet::from([start.clone()]);
    let mut queue = VecDeque::from([start]);
    while let Some(states) = queue.pop_front() {
        let at = |index: usize| {
            let dfa = &automata[index];
            dfa.is_match_state(dfa.next_eoi_state(states[index]))
        };
        if (0..wanted.len()).all(at) && !(wanted.len()..automata.len()).any(at) {
            return Some(false);
        }
        for &byte in &bytes {
            let next: Vec<StateID> = automata
                .iter()
                .zip(&states)
                .map(|(dfa, &state)| dfa.next_state(state, byte))
                .collect();
            let dead = automata
                .iter()
                .zip(&next)
                .take(wanted.len())
                .any(|(dfa, &state)| dfa.is_dead_state(state));
            if automata
                .iter()
                .zip(&next)
                .any(|(dfa, &state)| dfa.is_quit_state(state))
            {
                return None;
            }
            if !dead && seen.insert(next.clone()) {
                if seen.len() > STATE_LIMIT {
                    return None;
                }
                queue.push_back(next);
            }
        }
    }
    Some(true)
}

fn automaton(pattern: &str) -> Option<dense::DFA<Vec<u32>>> {
    let translated = syntax::translate(pattern).ok()?;
    let limits = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .dfa_size_limit(Some(AUTOMATON_LIMIT))
        .determinize_size_limit(Some(2 * AUTOMATON_LIMIT));
    let nest = syntax::MAX_HEIGHT * 3;
    dense::Builder::new()
        .configure(limits)
        .syntax(Syntax::new().nest_limit(nest))
        .build(&format!(r"\A(?s:{})\z", translated.pattern))
        .ok()
}

/// One byte of each class of bytes that all automata treat alike.
fn representatives(automata: &[dense::DFA<Vec<u32>>]) -> Vec<u8> {
    let class = |byte: u8| automata.iter().map(move |dfa| dfa.byte_classes().get(byte));
    (0..=u8::MAX)
        .filter(|&byte| byte == 0 || !class(byte).eq(class(byte - 1)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty(wanted: &[&str], unwanted: &[&str]) -> Option<bool> {
        let compile = |pattern: &&str| Regex::anchored(pattern).expect("valid");
        let wanted: Vec<Regex> = wanted.iter().map(compile).collect();
        let unwanted: Vec<Regex> = unwanted.iter().map(compile).collect();
        no_text_fits(
            &wanted.iter().collect::<Vec<_>>(),
            &unwanted.iter().collect::<Vec<_>>(),
        )
    }

    #[test]
    fn contradictions_are_proved_and_nothing_else() {
        assert_eq!(empty(&["5.."], &["5.*"]), Some(true));
        assert_eq!(empty(&["5.*"], &["5.."]), Some(false));
        assert_eq!(empty(&["a|b"], &["a", "b|c"]), Some(true));
        assert_eq!(empty(&["a.*", "b.*"], &[]), Some(true));
        assert_eq!(empty(&["a.*", ".*b"], &[]), Some(false));
        assert_eq!(empty(&[".*"], &[".+"]), Some(false), "the empty text is left");
        assert_eq!(empty(&[".+"], &[".*"]), Some(true));
        assert_eq!(empty(&["é+"], &["(é|e)*"]), Some(true));
        assert_eq!(empty(&[], &["a"]), None);
        assert_eq!(empty(&[r"\Qa.b\E"], &[r"a\.b"]), Some(true), "Go's quoting");
    }

    #[test]
    fn what_grows_too_large_stays_unproved() {
        assert_eq!(empty(&["(a|b)*a(a|b){18}"], &["c"]), None);
        assert_ne!(empty(&["[a-z]{900}", "[a-z]{800}"], &[]), Some(false));
    }
}
