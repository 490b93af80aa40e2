//! Lengths in, packs out.
//!
//! [`plan`] places examples into packs of a fixed capacity by global best-fit-decreasing: the longest example
//! first, each into the fullest pack that still has room for it. A [`Plan`] is a pure function of the lengths
//! and the capacity. The fill functions turn it into the arrays that a trainer reads; [`lower_bound`] tells
//! how few packs any plan could need.
//!
//! ```
//! let plan = chatloom_pack::plan(&[3, 5, 2, 6], 8)?;
//! let packs: Vec<&[usize]> = plan.packs().collect();
//! assert_eq!(packs, [&[3, 2][..], &[1, 0]]);
//! # Ok::<(), chatloom_pack::PackError>(())
//! ```
mod bins;
mod bound;
mod error;
mod fill;
mod order;
mod plan;

pub use bound::lower_bound;
pub use error::PackError;
pub use fill::{IGNORED, cu_seqlens, gather, mask_first_labels, pack_offsets, position_ids, seq_lengths};
pub use plan::{Plan, plan};
