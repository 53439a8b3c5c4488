//! Git repositories made for a test.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A repository that goes when the test ends.
pub struct Repository {
    pub directory: tempfile::TempDir,
}

impl Repository {
    /// One with a first commit of these files on the branch `main`, and a branch `work` checked out. None, and a word about
    /// it, where git is not installed.
    pub fn new(files: &[(&str, &str)]) -> Option<Self> {
        let repository = Self { directory: tempfile::tempdir().expect("a directory") };
        if Command::new("git").arg("--version").output().is_err() {
            eprintln!("SKIPPED: git is not installed");
            return None;
        }
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        for (path, text) in files {
            repository.write(path, text);
        }
        repository.commit("first");
        repository.git(&["checkout", "--quiet", "-b", "work"]);
        Some(repository)
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    pub fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.directory.path())
            .output()
            .expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).expect("it was there");
    }
}
