//! A directory that appears whole or not at all.
use crate::Error;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

pub(crate) const MANIFEST: &str = "manifest.json";
/// The rows that could not be used, where a run keeps them.
const REJECTED: &str = "rejected.jsonl";

/// The directory under construction, beside where it shall be; removed again unless it is published.
pub(crate) struct Staging {
    target: PathBuf,
    path: PathBuf,
    /// The directories above it that were made for it, from the innermost.
    parents: Vec<PathBuf>,
    published: bool,
}

impl Staging {
    pub(crate) fn create(target: &Path, overwrite: bool) -> Result<Self, Error> {
        if target.file_name().is_none() {
            return Err(Error::OutputUnnamed { path: target.to_owned() });
        }
        check(target, overwrite)?;
        let parent = parent(target);
        let parents = missing(parent);
        // Dropped, and so cleaned up after, where any of what follows fails.
        let mut staging = Self { target: target.to_owned(), path: PathBuf::new(), parents, published: false };
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        staging.path = create_beside(target, "partial")?;
        Ok(staging)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a small file that lasts.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.path.join(name);
        let written = File::create_new(&path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(Error::io("write", path))
    }

    /// Gives the directory its name.
    pub(crate) fn publish(mut self, overwrite: bool) -> Result<(), Error> {
        sync_directory(&self.path)?;
        check(&self.target, overwrite)?;
        let replaced = self.set_aside()?;
        if let Err(error) = fs::rename(&self.path, &self.target) {
            if let Some(aside) = replaced {
                // The earlier output goes back to its place; the run fails for the reason it already has.
                let _ = fs::rename(aside.join("old"), &self.target).and_then(|()| fs::remove_dir(aside));
            }
            return Err(Error::io("rename to", &self.target)(error));
        }
        self.published = true;
        sync_directory(parent(&self.target))?;
        match replaced {
            Some(old) => fs::remove_dir_all(&old).map_err(Error::io("remove", old)),
            None => Ok(()),
        }
    }

    /// Moves what stands in the target's place into a directory of its own, and tells which.
    fn set_aside(&self) -> Result<Option<PathBuf>, Error> {
        if !self.target.exists() {
            return Ok(None);
        }
        let aside = create_beside(&self.target, "replaced")?;
        fs::rename(&self.target, aside.join("old")).map_err(Error::io("rename", &self.target))?;
        Ok(Some(aside))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.published {
            // The run fails for a reason of its own, which is the one to tell.
            let _ = fs::remove_dir_all(&self.path);
            let _ = self.parents.iter().try_for_each(fs::remove_dir);
        }
    }
}

/// A directory and those above it, as far as they are not there, from the innermost.
fn missing(directory: &Path) -> Vec<PathBuf> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    directory.ancestors().take_while(is_missing).map(Path::to_owned).collect()
}

/// Makes the entries of a directory last.
pub(crate) fn sync_directory(path: &Path) -> Result<(), Error> {
    if cfg!(unix) {
        File::open(path).and_then(|directory| directory.sync_all()).map_err(Error::io("sync", path))?;
    }
    Ok(())
}

fn check(target: &Path, overwrite: bool) -> Result<(), Error> {
    if fs::symlink_metadata(target).is_err() {
        return Ok(());
    }
    if !overwrite {
        return Err(Error::OutputExists { path: target.to_owned() });
    }
    if is_empty_or_ours(target).unwrap_or(false) {
        return Ok(());
    }
    Err(Error::NotOurs { path: target.to_owned() })
}

/// Whether a directory holds nothing but what an earlier run wrote, so that it may be replaced.
fn is_empty_or_ours(target: &Path) -> std::io::Result<bool> {
    let names: Vec<_> =
        fs::read_dir(target)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<_>>()?;
    let is_ours = |name: &OsString| {
        let name = name.to_string_lossy();
        name == MANIFEST || name == REJECTED || is_shard(&target.join(&*name), &name)
    };
    Ok(names.is_empty() || names.iter().all(is_ours) && is_manifest(&fs::read(target.join(MANIFEST))?))
}

/// Whether this is a directory of arrays, named as shards are.
fn is_shard(path: &Path, name: &str) -> bool {
    let is_array = |entry: std::io::Result<fs::DirEntry>| {
        entry.is_ok_and(|entry| Path::new(&entry.file_name()).extension().is_some_and(|end| end == "npy"))
    };
    let numbered =
        name.strip_prefix("shard-").is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
    numbered && fs::read_dir(path).is_ok_and(|mut entries| entries.all(is_array))
}

fn is_manifest(text: &[u8]) -> bool {
    let Ok(manifest) = serde_json::from_slice::<serde_json::Value>(text) else { return false };
    manifest["schema_version"].is_u64() && manifest["content"]["shards"].is_array()
}

fn create_beside(target: &Path, purpose: &str) -> Result<PathBuf, Error> {
    let mut attempt = 0_u32;
    loop {
        let mut name = OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(format!(".{purpose}-{}-{attempt}", std::process::id()));
        let path = parent(target).join(name);
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => attempt += 1,
            created => return created.map(|()| path.clone()).map_err(Error::io("create", path)),
        }
    }
}

fn parent(target: &Path) -> &Path {
    target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
