//! A file without a name, in memory where the system can.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::io;
use std::os::fd::OwnedFd;

/// A new empty file, readable and writable, close-on-exec. `name` shows in `/proc`; `fixed_size` asks for one that can
/// be sealed.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn create(name: &CStr, sealable: bool) -> io::Result<OwnedFd> {
    use std::os::fd::FromRawFd;
    let flags = libc::MFD_CLOEXEC | if sealable { libc::MFD_ALLOW_SEALING } else { 0 };
    // SAFETY: `name` ends in a zero byte and outlives the call.
    let fd = super::call::check(unsafe { libc::memfd_create(name.as_ptr(), flags) })?;
    // SAFETY: the call just gave us this descriptor; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Makes the file keep its size for ever, whoever has it.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn seal_size(fd: &OwnedFd) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let seals = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
    // SAFETY: changes only the seals of a descriptor that we hold.
    super::call::check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_ADD_SEALS, seals) })?;
    Ok(())
}

/// A new empty file, readable and writable, close-on-exec, already unlinked from the temporary directory.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn create(name: &CStr, _sealable: bool) -> io::Result<OwnedFd> {
    let name = name.to_string_lossy();
    loop {
        let random = crate::sys::seam::random_u64();
        let path = std::env::temp_dir().join(format!("{name}-{}-{random:016x}", std::process::id()));
        match std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
            Ok(file) => {
                std::fs::remove_file(&path)?;
                return Ok(file.into());
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Sizes cannot be sealed here.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn seal_size(_fd: &OwnedFd) -> io::Result<()> {
    Ok(())
}
