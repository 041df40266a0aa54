//! A libtest binary without tests.
