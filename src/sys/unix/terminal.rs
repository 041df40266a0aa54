//! The terminal that stdout may be, asked through its driver.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use crate::sys::terminal::Size;

/// The size of the terminal that stdout is, right now; `None` where it is none, or does not say.
pub fn size() -> Option<Size> {
    let mut told = MaybeUninit::<libc::winsize>::zeroed();
    // SAFETY: TIOCGWINSZ writes one `winsize` to the pointer it is given and reads nothing.
    let asked = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, told.as_mut_ptr()) };
    // SAFETY: `winsize` is four integers, and all-zero bytes are a value of it even where nothing was written.
    let told = unsafe { told.assume_init() };
    let size = Size { rows: told.ws_row, columns: told.ws_col };
    (asked == 0 && size.rows > 0 && size.columns > 0).then_some(size)
}
