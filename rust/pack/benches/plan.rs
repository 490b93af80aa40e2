//! A million lengths to a plan, and how many packs it needs beyond the lower bound.
#![allow(missing_docs, clippy::print_stdout, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
use chatloom_pack::{lower_bound, plan};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

/// Lengths like those of chats: log-normal, a median of 700 tokens and a long tail, cut at the capacity.
fn chat_lengths(count: usize, capacity: u32) -> Vec<u32> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        f64::from((state >> 32) as u32) / f64::from(u32::MAX)
    };
    let mut normal = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
    let mut length = || (700.0 * (1.1 * normal()).exp()).clamp(5.0, f64::from(capacity));
    (0..count).map(|_| length() as u32).collect()
}

fn a_million_lengths(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan 1M chat lengths");
    group.sample_size(20);
    for capacity in [4096, 8192, 32768, 131_072] {
        let lengths = chat_lengths(1_000_000, capacity);
        let bound = lower_bound(&lengths, capacity).unwrap_or(0);
        let packs = plan(&lengths, capacity).map_or(0, |plan| plan.len());
        println!("{capacity}: {packs} packs, {} beyond the lower bound of {bound}", packs - bound);
        group.bench_function(capacity.to_string(), |bencher| {
            bencher.iter(|| plan(black_box(&lengths), capacity));
        });
    }
    group.finish();
}

criterion_group!(benches, a_million_lengths);
criterion_main!(benches);
