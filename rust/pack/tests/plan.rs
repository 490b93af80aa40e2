//! The plan against a naive twin.
#![allow(clippy::unwrap_used)]
use chatloom_pack::{PackError, lower_bound, plan};
use proptest::prelude::*;
use std::cmp::Reverse;

fn naive_best_fit_decreasing(lengths: &[u32], capacity: u32) -> Vec<Vec<usize>> {
    let mut examples: Vec<usize> = (0..lengths.len()).collect();
    examples.sort_by_key(|&example| Reverse(lengths[example]));
    let mut packs: Vec<(u32, Vec<usize>)> = Vec::new();
    for example in examples {
        let length = lengths[example];
        match packs.iter_mut().filter(|(room, _)| *room >= length).min_by_key(|(room, _)| *room) {
            Some((room, pack)) => {
                *room -= length;
                pack.push(example);
            }
            None => packs.push((capacity - length, vec![example])),
        }
    }
    packs.into_iter().map(|(_, pack)| pack).collect()
}

fn fewest_packs(lengths: &[u32], rooms: &mut Vec<u32>, capacity: u32) -> usize {
    let Some((&length, rest)) = lengths.split_first() else { return rooms.len() };
    let mut fewest = usize::MAX;
    for bin in 0..rooms.len() {
        if rooms[bin] >= length {
            rooms[bin] -= length;
            fewest = fewest.min(fewest_packs(rest, rooms, capacity));
            rooms[bin] += length;
        }
    }
    rooms.push(capacity - length);
    fewest = fewest.min(fewest_packs(rest, rooms, capacity));
    rooms.pop();
    fewest
}

fn lengths_and_capacity(examples: usize) -> impl Strategy<Value = (Vec<u32>, u32)> {
    prop_oneof![1..8_u32, 8..40_u32, 40..3000_u32].prop_flat_map(move |capacity| {
        let length = prop_oneof![1..=capacity, 1..=capacity.div_ceil(4), capacity.div_ceil(2)..=capacity];
        (prop::collection::vec(length, 0..examples), Just(capacity))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn equals_the_naive_twin((lengths, capacity) in lengths_and_capacity(200)) {
        let plan = plan(&lengths, capacity).unwrap();
        let packs: Vec<Vec<usize>> = plan.packs().map(<[usize]>::to_vec).collect();
        prop_assert_eq!(packs, naive_best_fit_decreasing(&lengths, capacity));
    }

    #[test]
    fn places_each_example_once_and_keeps_the_capacity((lengths, capacity) in lengths_and_capacity(200)) {
        let plan = plan(&lengths, capacity).unwrap();
        let mut placed = plan.order().to_vec();
        placed.sort_unstable();
        prop_assert_eq!(placed, (0..lengths.len()).collect::<Vec<_>>());
        for pack in plan.packs() {
            prop_assert!(pack.iter().map(|&example| lengths[example]).sum::<u32>() <= capacity);
        }
        prop_assert!(plan.len() >= lower_bound(&lengths, capacity).unwrap());
        prop_assert_eq!(plan.is_empty(), lengths.is_empty());
    }

    #[test]
    fn the_bound_lies_between_the_volume_and_the_optimum((lengths, capacity) in lengths_and_capacity(8)) {
        let bound = lower_bound(&lengths, capacity).unwrap();
        prop_assert!(bound >= lengths.iter().sum::<u32>().div_ceil(capacity) as usize);
        prop_assert!(bound <= fewest_packs(&lengths, &mut Vec::new(), capacity));
    }
}

#[test]
fn the_bound_sees_what_volume_does_not() {
    assert_eq!(lower_bound(&[6, 6, 6, 4, 4, 5], 10), Ok(4));
    assert_eq!(lower_bound(&[6, 6, 6, 5, 5], 10), Ok(4));
    assert_eq!(lower_bound(&[7, 7, 7, 4, 4, 4], 10), Ok(5));
}

#[test]
fn a_huge_capacity_costs_nothing() {
    let capacity = u32::try_from(i32::MAX).unwrap();
    assert_eq!(plan(&[capacity, 1, capacity - 1], capacity).unwrap().order(), [0, 2, 1]);
}

#[test]
fn refuses_what_it_cannot_place() {
    assert_eq!(plan(&[1, 9, 2], 8), Err(PackError::TooLong { example: 1, length: 9, max_length: 8 }));
    assert_eq!(plan(&[1, 0, 9], 8), Err(PackError::Empty { example: 1 }));
    assert_eq!(plan(&[], 0), Err(PackError::Capacity { max_length: 0 }));
    assert_eq!(plan(&[1], 1 << 31), Err(PackError::Capacity { max_length: 1 << 31 }));
    assert!(plan(&[], 8).unwrap().is_empty());
}

#[test]
fn errors_say_what_to_do() {
    let error = plan(&[1, 9, 2], 8).unwrap_err().to_string();
    assert_eq!(
        error,
        "example 1 has 9 tokens, more than the 8 of a pack: raise `max_length`, or drop or shorten it"
    );
    assert_eq!(plan(&[0], 8).unwrap_err().to_string(), "example 0 has no tokens: leave it out");
    assert_eq!(plan(&[1], 0).unwrap_err().to_string(), "`max_length` is 0, expected 1 to 2147483647");
}
