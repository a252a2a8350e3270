//! The engine: steps at once against single steps.
//!
//! An input that is an expression up to its first NUL is evaluated over series that it finds; any other input is choices
//! from which expression and series are made.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../../crates/firedrill-eval/tests/support/agree.rs"]
mod agree;
#[path = "../../../crates/firedrill-eval/tests/support/random.rs"]
mod random;

use random::Case;

fuzz_target!(|input: &[u8]| {
    let (text, bytes) = match input.iter().position(|&byte| byte == 0) {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &[][..]),
    };
    let given = std::str::from_utf8(text)
        .ok()
        .and_then(|text| Case::of_text(text, bytes));
    agree::check(&given.unwrap_or_else(|| Case::generate(input)));
});
