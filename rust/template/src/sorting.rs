//! Sorting by comparisons that can fail.
use crate::Error;

/// As many are put in order one by one.
const FEW: usize = 8;

/// Sorts, equal items staying as they are; `comes_before` tells whether its first must come before its second.
pub(crate) fn sort<T: Copy>(
    items: &mut [T],
    comes_before: &mut dyn FnMut(&T, &T) -> Result<bool, Error>,
) -> Result<(), Error> {
    if items.len() <= FEW {
        return insert_each(items, comes_before);
    }
    let (left, right) = items.split_at_mut(items.len() / 2);
    sort(left, comes_before)?;
    sort(right, comes_before)?;
    if let (Some(last), Some(first)) = (left.last(), right.first())
        && comes_before(first, last)?
    {
        let merged = merge(left, right, comes_before)?;
        items.copy_from_slice(&merged);
    }
    Ok(())
}

fn insert_each<T: Copy>(
    items: &mut [T],
    comes_before: &mut dyn FnMut(&T, &T) -> Result<bool, Error>,
) -> Result<(), Error> {
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && comes_before(&items[at], &items[at - 1])? {
            items.swap(at, at - 1);
            at -= 1;
        }
    }
    Ok(())
}

fn merge<T: Copy>(
    mut left: &[T],
    mut right: &[T],
    comes_before: &mut dyn FnMut(&T, &T) -> Result<bool, Error>,
) -> Result<Vec<T>, Error> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let (Some(first), Some(second)) = (left.first(), right.first()) {
        if comes_before(second, first)? {
            merged.push(*second);
            right = &right[1..];
        } else {
            merged.push(*first);
            left = &left[1..];
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
    Ok(merged)
}
