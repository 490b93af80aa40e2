//! The extension module `chatloom._core`.
