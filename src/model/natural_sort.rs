//! Natural order: `web-2` before `web-10`.

use std::cmp::Ordering;

/// Compares two names as people do: runs of digits by their value, the rest letter by letter without regard to case;
/// ties are broken by the plain comparison, so that the order is total.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        match (left.first(), right.first()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (number_left, rest_left) = split_number(left);
                let (number_right, rest_right) = split_number(right);
                let by_value = number_left.len().cmp(&number_right.len()).then_with(|| number_left.cmp(number_right));
                if by_value != Ordering::Equal {
                    return by_value;
                }
                (left, right) = (rest_left, rest_right);
            }
            (Some(x), Some(y)) => {
                let by_letter = x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase());
                if by_letter != Ordering::Equal {
                    return by_letter;
                }
                (left, right) = (&left[1..], &right[1..]);
            }
        }
    }
}

/// The leading digits without leading zeros, and the rest.
fn split_number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let zeros = text[..end].iter().take_while(|byte| **byte == b'0').count();
    (&text[zeros.min(end)..end], &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_sort_by_value() {
        let mut names = ["web-10", "web-2", "Web-1", "web-002", "api", "web"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["api", "web", "Web-1", "web-002", "web-2", "web-10"]);
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "[a-c0-2]{0,6}", b in "[a-c0-2]{0,6}", c in "[a-c0-2]{0,6}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
                prop_assert!(natural(&a, &c).is_le());
            }
            prop_assert_eq!(natural(&a, &b).is_eq(), a == b);
        }
    }
}
