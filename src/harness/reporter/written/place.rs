//! Where a report goes, and how it gets there: whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::app::setting::nearest;
use crate::harness::reporter::ReporterError;
use crate::harness::target::Suite;
use crate::sys::process;

/// What a path of a report may have in it, for several binaries are run in turn.
const PLACEHOLDERS: [&str; 2] = ["package", "binary"];
/// Where in a report its suite is named at the latest, in bytes.
const HEAD: u64 = 4096;
/// How old an unfinished report is that nobody goes on with; to write one takes milliseconds.
const ABANDONED: Duration = Duration::from_secs(60);

/// The place of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The flag that asked for it.
    pub flag: &'static str,
    /// The file.
    pub path: PathBuf,
}

impl Place {
    /// The place that was asked for with this flag, `{package}` and `{binary}` filled in.
    ///
    /// # Errors
    /// [`ReporterError::Placeholder`] where something else stands between such brackets.
    pub fn new(flag: &'static str, asked: &Path, suite: &Suite) -> Result<Place, ReporterError> {
        let Some(text) = asked.to_str() else {
            return Ok(Place { flag, path: asked.to_owned() });
        };
        let (mut path, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let Some((word, behind)) = after.split_once('}') else { break };
            path.push_str(before);
            match word {
                "package" => path.push_str(&suite.package),
                "binary" => path.push_str(&suite.binary),
                _ => {
                    return Err(ReporterError::Placeholder {
                        flag,
                        path: asked.to_owned(),
                        placeholder: word.to_owned(),
                        suggestion: nearest(word, PLACEHOLDERS.into_iter()),
                    });
                }
            }
            rest = behind;
        }
        path.push_str(rest);
        Ok(Place { flag, path: path.into() })
    }

    /// Sees to it, before anything runs, that a report can be written: its directory is made, and a file in it.
    ///
    /// # Errors
    /// [`ReporterError::Report`] with the reason why it could not.
    pub fn prepare(&self) -> Result<(), ReporterError> {
        let prepared = match fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            // A device or a pipe: what it takes is seen when it gets it.
            Ok(metadata) if !metadata.is_file() => Ok(()),
            _ => self.begin().and_then(|(partial, _)| fs::remove_file(partial)),
        };
        prepared.map_err(|source| self.error(source))
    }

    /// Puts a report there in one step: whoever looks, and whatever ends this process, finds the old one or this one.
    ///
    /// # Errors
    /// [`ReporterError::Report`]; what was there before still is.
    pub fn put(&self, bytes: &[u8]) -> Result<(), ReporterError> {
        let put = match fs::metadata(&self.path) {
            // Not a file that could be replaced: a device, a pipe.
            Ok(metadata) if !metadata.is_file() => {
                File::options().write(true).open(&self.path).and_then(|mut file| file.write_all(bytes))
            }
            _ => self.replace(bytes),
        };
        put.map_err(|source| self.error(source))
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let (partial, mut file) = self.begin()?;
        let written = file.write_all(bytes).and_then(|()| fs::rename(&partial, self.target()));
        written.inspect_err(|_| {
            // It is of no use, and the disk may be full.
            let _ = fs::remove_file(&partial);
        })
    }

    /// A file of this process beside the one to be.
    fn begin(&self) -> io::Result<(PathBuf, File)> {
        let target = self.target();
        if let Some(directory) = target.parent() {
            fs::create_dir_all(directory)?;
        }
        let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        let name = name.to_string_lossy();
        sweep(&target, &name);
        let partial = target.with_file_name(format!(".{name}.{}.partial", std::process::id()));
        let file = File::create(&partial)?;
        Ok((partial, file))
    }

    /// The file itself, where the path is a link to it: it is the file that is replaced, not the link.
    fn target(&self) -> PathBuf {
        fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone())
    }

    /// The suite whose report is there, where it is one: what stands in its head between these.
    pub fn holds(&self, before: &str, after: &str) -> Option<String> {
        let file =
            File::open(&self.path).ok().filter(|file| file.metadata().is_ok_and(|data| data.is_file()))?;
        let mut head = Vec::new();
        file.take(HEAD).read_to_end(&mut head).ok()?;
        let head = String::from_utf8_lossy(&head).into_owned();
        let (_, rest) = head.split_once(before)?;
        rest.split_once(after).map(|(suite, _)| suite.to_owned())
    }

    fn error(&self, source: io::Error) -> ReporterError {
        ReporterError::Report { flag: self.flag, path: self.path.clone(), source }
    }
}

/// Removes what a process that was killed has left of this report. Not what is young: the process may be there where this
/// one cannot see it, in another container that has the directory too.
fn sweep(target: &Path, name: &str) {
    let Some(directory) = target.parent() else { return };
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let partial = entry.file_name();
        let is_dead =
            partial.to_str().and_then(|partial| writer(partial, name)).is_some_and(process::is_gone);
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_dead && age().is_some_and(|age| age >= ABANDONED) {
            // Another run may have done it.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Who wrote `.NAME.PID.partial`.
fn writer(partial: &str, name: &str) -> Option<u32> {
    let pid = partial.strip_prefix('.')?.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(".partial")?;
    pid.parse().ok()
}
