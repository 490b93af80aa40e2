//! chatloom-pack.
