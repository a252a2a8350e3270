//! Compares with values that Go 1.26 computed on amd64.

use super::*;

/// Lines `function x y result`, floats as hexadecimal bits. Another, longer list may be named by `FIREDRILL_GOMATH`.
fn recorded() -> String {
    match std::env::var("FIREDRILL_GOMATH") {
        Ok(path) => std::fs::read_to_string(path).unwrap(),
        Err(_) => include_str!("../../tests/fixtures/gomath.txt").to_owned(),
    }
}

fn compute(function: &str, x: f64, y: f64) -> f64 {
    match function {
        "exp" => exp(x),
        "log" => log(x),
        "log1p" => logarithm::log1p(x),
        "log2" => log2(x),
        "log10" => log10(x),
        "sin" => sin(x),
        "cos" => cos(x),
        "tan" => tan(x),
        "asin" => asin(x),
        "acos" => acos(x),
        "atan" => atan(x),
        "sinh" => sinh(x),
        "cosh" => cosh(x),
        "tanh" => tanh(x),
        "asinh" => asinh(x),
        "acosh" => acosh(x),
        "atanh" => atanh(x),
        "pow" => pow(x, y),
        "atan2" => atan2(x, y),
        "fmod" => fmod(x, y),
        other => panic!("unknown function {other}"),
    }
}

#[test]
fn every_bit_is_gos() {
    let mut differences = Vec::new();
    let mut count = 0;
    for line in recorded().lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| f64::from_bits(u64::from_str_radix(fields[at], 16).unwrap());
        let (x, y, expected) = (number(1), number(2), number(3));
        let got = compute(fields[0], x, y);
        count += 1;
        if got.to_bits() != expected.to_bits() && !(got.is_nan() && expected.is_nan()) {
            differences.push(format!("{}({x:e}, {y:e}) = {got:e}, Go: {expected:e}", fields[0]));
        }
    }
    assert!(count > 1000, "only {count} values");
    assert!(
        differences.is_empty(),
        "{} of {count} differ:\n{}",
        differences.len(),
        differences[..differences.len().min(40)].join("\n")
    );
}
