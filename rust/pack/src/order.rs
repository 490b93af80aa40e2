//! Examples by length, longest first.

const DIGIT_BITS: u32 = 16;

/// Indexes of `lengths` from the longest to the shortest, equal ones in source order.
///
/// A radix sort of one or two digits: linear, and its tables do not grow with the lengths.
pub(crate) fn longest_first(lengths: &[u32]) -> Vec<u32> {
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let mut order: Vec<u32> = (0..).take(lengths.len()).collect();
    for shift in [0, DIGIT_BITS] {
        if longest >> shift > 0 {
            order = sorted_by_digit(&order, |example| !(lengths[example as usize] >> shift) & 0xFFFF);
        }
    }
    order
}

fn sorted_by_digit(order: &[u32], digit: impl Fn(u32) -> u32) -> Vec<u32> {
    let mut places = vec![0_usize; 1 << DIGIT_BITS];
    for &example in order {
        places[digit(example) as usize] += 1;
    }
    let mut before = 0;
    for place in &mut places {
        before += std::mem::replace(place, before);
    }
    let mut sorted = vec![0; order.len()];
    for &example in order {
        let place = &mut places[digit(example) as usize];
        sorted[*place] = example;
        *place += 1;
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::longest_first;
    use proptest::prelude::*;
    use std::cmp::Reverse;

    proptest! {
        #[test]
        fn equals_a_stable_sort(lengths in prop::collection::vec(prop_oneof![0..9_u32, 65_530..65_542_u32, any::<u32>()], 0..60)) {
            let mut expected: Vec<u32> = (0..).take(lengths.len()).collect();
            expected.sort_by_key(|&example| Reverse(lengths[example as usize]));
            prop_assert_eq!(longest_first(&lengths), expected);
        }
    }
}
