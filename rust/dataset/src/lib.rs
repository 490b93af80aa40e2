//! chatloom-dataset.
