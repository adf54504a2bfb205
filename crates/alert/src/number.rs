//! Printing numbers without the formatting machinery, which costs more than the rest of an alert.

/// Appends `number` in decimal digits.
pub(crate) fn push(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0; 20];
    let mut rest = number;
    let mut at = digits.len();
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        at = place;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(at..).unwrap_or_default());
}

/// Appends a number that may be negative.
pub(crate) fn push_signed(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    push(out, number.unsigned_abs());
}

/// The last two decimal digits of a number.
pub(crate) fn two_digits(number: u32) -> [u8; 2] {
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn prints_as_the_standard_library_does(number: i64) {
            let mut out = b"x".to_vec();
            push_signed(&mut out, number);
            prop_assert_eq!(out, format!("x{number}").into_bytes());
        }
    }

    #[test]
    fn the_smallest_and_largest_fit() {
        let mut out = Vec::new();
        push(&mut out, 0);
        push_signed(&mut out, i64::MIN);
        push(&mut out, u64::MAX);
        assert_eq!(out, b"0-922337203685477580818446744073709551615");
        assert_eq!((two_digits(7), two_digits(59)), (*b"07", *b"59"));
    }
}
