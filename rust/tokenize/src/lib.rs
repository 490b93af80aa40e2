//! chatloom-tokenize.
