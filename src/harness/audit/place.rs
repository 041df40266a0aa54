//! From `mod name;` to its file, as the compiler looks for it.

use std::path::{Path, PathBuf};

/// A module under way: where its children's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The directory of the file that is read.
    file_directory: PathBuf,
    /// The directory in which `mod name;` is looked for.
    module_directory: PathBuf,
    /// Whether we are in a `mod name { … }` of the file.
    inline: bool,
}

impl Place {
    /// The root file of a crate, whatever its name is: its modules are beside it.
    pub(super) fn root(file: &Path) -> Place {
        let directory = directory(file);
        Place { file_directory: directory.clone(), module_directory: directory, inline: false }
    }

    /// A file that `mod name;` led to by its name: `name/mod.rs` has its modules beside it, `name.rs` in `name/`.
    fn file(file: &Path, name: &str) -> Place {
        let place = Place::root(file);
        if file.file_name().is_some_and(|file_name| file_name == "mod.rs") {
            return place;
        }
        let module_directory = place.file_directory.join(name);
        Place { module_directory, ..place }
    }

    /// Inside `mod name { … }`, whose `#[path]` names a directory.
    pub(super) fn inline(&self, name: &str, path: Option<&str>) -> Place {
        let module_directory = match path {
            Some(path) => self.beside_path_attribute().join(path),
            None => self.module_directory.join(name),
        };
        Place { file_directory: self.file_directory.clone(), module_directory, inline: true }
    }

    /// The file of `mod name;` and the place inside of it, if there is such a file.
    pub(super) fn module(&self, name: &str, path: Option<&str>) -> Option<(PathBuf, Place)> {
        if let Some(path) = path {
            let file = self.beside_path_attribute().join(path);
            // Such a file has its modules beside it, whatever its name is.
            return file.is_file().then(|| (file.clone(), Place::root(&file)));
        }
        let flat = self.module_directory.join(format!("{name}.rs"));
        let nested = self.module_directory.join(name).join("mod.rs");
        let file = [flat, nested].into_iter().find(|file| file.is_file())?;
        let place = Place::file(&file, name);
        Some((file, place))
    }

    /// The file of `include!("…")`.
    pub(super) fn included(&self, path: &str) -> Option<PathBuf> {
        let file = self.file_directory.join(path);
        file.is_file().then_some(file)
    }

    /// What `#[path]` is relative to: the file's directory, but within an inline module that module's.
    fn beside_path_attribute(&self) -> &Path {
        if self.inline { &self.module_directory } else { &self.file_directory }
    }
}

fn directory(file: &Path) -> PathBuf {
    file.parent().map(Path::to_path_buf).unwrap_or_default()
}
