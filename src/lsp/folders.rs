//! The repositories that open files are in, judged in a thread of their own.
//!
//! Apart from the conversation with the client, which must answer while something is judged or rendered. What is known is
//! handed over as a whole ([`Known`]), never changed by both.

use super::diagnostics;
use super::position::Encoding;
use super::uri;
use crate::config::FILE_NAME;
use crate::pipeline::{CheckRequest, Snapshot, Workspace};
use crate::source::walk::{self, Unsaved};
use crate::source::{FileId, go_path};
use crate::yaml::{self, Text};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use lsp_server::{Message, Notification};
use lsp_types::notification::{LogMessage, Notification as _, PublishDiagnostics, ShowMessage};
use lsp_types::{Diagnostic, LogMessageParams, MessageType, PublishDiagnosticsParams, ShowMessageParams, Uri};
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long nothing has to be typed before it is judged.
const QUIET: Duration = Duration::from_millis(120);
/// How long is waited at most for nothing to be typed.
const PATIENCE: Duration = Duration::from_millis(600);

/// What is said where a rule or a reader panicked.
const FAULT: &str = "seaworthy failed while it judged this file: this is a fault in seaworthy, not in the manifest";

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// A file was opened.
    Opened {
        /// Its absolute path.
        path: String,
        /// Its name as the client spells it.
        uri: Uri,
        /// The client's number for the text.
        version: i32,
        /// The text.
        text: String,
    },
    /// An open file is another text now.
    Changed {
        /// Its absolute path.
        path: String,
        /// The client's number for the text.
        version: i32,
        /// The text.
        text: String,
    },
    /// An open file was saved.
    Saved(String),
    /// A file was closed.
    Closed(String),
    /// Files changed on disk: absolute paths, and whether one came or went.
    OnDisk(Vec<(String, bool)>),
    /// Directories are worked in, or no longer: absolute paths.
    Folders {
        /// Those that came.
        added: Vec<String>,
        /// Those that went.
        removed: Vec<String>,
    },
}

/// What is known, and of which texts.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Of each directory, what is known of it.
    pub folders: Vec<(String, Arc<Snapshot>)>,
    /// The versions of the open texts that it is known of.
    pub versions: HashMap<String, i32>,
}

impl Known {
    /// What is known of the directory that a file is in.
    pub fn of(&self, path: &str) -> Option<&Arc<Snapshot>> {
        let around = self.folders.iter().filter(|(root, _)| is_in(path, root));
        around.max_by_key(|(root, _)| root.len()).map(|(_, snapshot)| snapshot)
    }
}

/// What both threads look at; each takes the whole out or puts the whole in.
pub type Shared = Arc<Mutex<Arc<Known>>>;

struct Open {
    uri: Uri,
    version: i32,
    text: Text,
    is_saved: bool,
}

/// A directory, and what is known of it.
struct Folder {
    root: String,
    /// What is walked: the directory, or a file that is in none.
    paths: Vec<String>,
    workspace: Option<Workspace>,
    /// It has to be walked again.
    is_stale: bool,
    /// Why nothing is known of it, as it was told last.
    trouble: Option<String>,
}

/// The thread that judges.
pub struct Judge {
    request: CheckRequest,
    encoding: Encoding,
    client: Sender<Message>,
    shared: Shared,
    /// Whether the client tells of changes on disk.
    is_told: bool,
    folders: Vec<Folder>,
    open: BTreeMap<String, Open>,
}

fn is_in(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || root.ends_with('/'))
}

impl Judge {
    /// Begins without any directory. `request` says how is judged; its paths are not used. Where the client does not tell
    /// of changes on disk, they are looked for whenever a file is opened or saved.
    pub fn new(
        request: CheckRequest,
        encoding: Encoding,
        client: Sender<Message>,
        shared: Shared,
        is_told: bool,
    ) -> Self {
        Self { request, encoding, client, shared, is_told, folders: Vec::new(), open: BTreeMap::new() }
    }

    /// Takes events in until nobody sends any more, and judges whenever it is quiet.
    pub fn run(mut self, events: &Receiver<Event>) {
        while let Ok(event) = events.recv() {
            let patience = Instant::now() + PATIENCE;
            let mut is_typed = self.take_guarded(event);
            loop {
                let left = patience.saturating_duration_since(Instant::now());
                let wait = if is_typed { QUIET.min(left) } else { Duration::ZERO };
                match events.recv_timeout(wait) {
                    Ok(event) => is_typed &= self.take_guarded(event),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            if catch_unwind(AssertUnwindSafe(|| self.judge())).is_err() {
                self.begin_anew();
            }
        }
    }

    fn take_guarded(&mut self, event: Event) -> bool {
        catch_unwind(AssertUnwindSafe(|| self.take(event))).unwrap_or_else(|_| {
            self.begin_anew();
            false
        })
    }

    /// Forgets what a fault of ours may have left half done; everything is walked again.
    fn begin_anew(&mut self) {
        self.folders.iter_mut().for_each(|folder| folder.workspace = None);
        self.log(FAULT);
    }

    /// Takes an event in; tells whether it was but a key.
    fn take(&mut self, event: Event) -> bool {
        match event {
            Event::Opened { path, uri, version, text } => {
                let text = yaml::decode_bytes(text.into_bytes());
                let is_saved = is_on_disk(&path, &text);
                self.open.insert(path.clone(), Open { uri, version, text, is_saved });
                self.touch(&path);
                self.look_again(&path, true);
            }
            Event::Changed { path, version, text } => {
                if let Some(open) = self.open.get_mut(&path) {
                    let text = yaml::decode_bytes(text.into_bytes());
                    (open.version, open.text, open.is_saved) = (version, text, false);
                    self.touch(&path);
                }
                return true;
            }
            Event::Saved(path) => {
                if let Some(open) = self.open.get_mut(&path) {
                    open.is_saved = is_on_disk(&path, &open.text);
                    self.touch(&path);
                    self.look_again(&path, false);
                }
            }
            Event::Closed(path) => {
                if let Some(closed) = self.open.remove(&path) {
                    self.publish(closed.uri, Vec::new(), None);
                    self.on_disk(&path, false);
                }
            }
            Event::OnDisk(changes) => changes.iter().for_each(|(path, is_new)| self.on_disk(path, *is_new)),
            Event::Folders { added, removed } => {
                self.folders.retain(|folder| !removed.contains(&folder.root));
                for root in added {
                    self.add_folder(root.clone(), vec![root]);
                }
            }
        }
        false
    }

    fn add_folder(&mut self, root: String, paths: Vec<String>) {
        if !self.folders.iter().any(|folder| folder.root == root) {
            self.folders.push(Folder { root, paths, workspace: None, is_stale: false, trouble: None });
        }
    }

    /// The directory that a file is in; where the client names none, the repository it is in, or else it alone.
    fn folder_of(&mut self, path: &str) -> Option<&mut Folder> {
        if !self.folders.iter().any(|folder| is_in(path, &folder.root)) {
            let root = walk::root_of(path, FILE_NAME).unwrap_or_else(|| path.to_owned());
            self.add_folder(root.clone(), vec![root]);
        }
        self.folders.iter_mut().filter(|folder| is_in(path, &folder.root)).max_by_key(|folder| folder.root.len())
    }

    /// Puts the text of an open file into what is known of its directory.
    fn touch(&mut self, path: &str) {
        let Some(open) = self.open.get(path) else { return };
        let (text, is_saved) = (open.text.clone(), open.is_saved);
        let Some(folder) = self.folder_of(path) else { return };
        if let Some(workspace) = &mut folder.workspace
            && !workspace.change(path, text, is_saved)
        {
            // What is on disk and was not met is left out on purpose.
            folder.is_stale |= !Path::new(path).exists();
        }
    }

    /// Walks the directory of a file again where nobody has told of what has happened to it, or where the file came after
    /// the last walk.
    fn look_again(&mut self, path: &str, is_new: bool) {
        let is_told = self.is_told;
        let Some(folder) = self.folder_of(path) else { return };
        if let Some(workspace) = &folder.workspace {
            folder.is_stale |= !is_told || (is_new && workspace.file(path).is_none());
        }
    }

    /// A file that is not open changed, came or went.
    fn on_disk(&mut self, path: &str, is_new: bool) {
        if self.open.contains_key(path) {
            return;
        }
        for folder in self.folders.iter_mut().filter(|folder| is_in(path, &folder.root)) {
            let Some(workspace) = &mut folder.workspace else { continue };
            let decides = matches!(go_path::file_name(path), FILE_NAME | ".gitignore");
            if decides || is_new || (workspace.file(path).is_some() && !workspace.read_again(path)) {
                folder.is_stale = true;
            } else if workspace.file(path).is_none() {
                workspace.changed_beside();
            }
        }
    }

    fn unsaved_in(&self, root: &str) -> Unsaved {
        let inside = self.open.iter().filter(|(path, open)| is_in(path, root) && !open.is_saved);
        inside.map(|(path, open)| (path.clone(), open.text.clone())).collect()
    }

    /// Walks what has to be walked, judges what has changed, and tells the client.
    fn judge(&mut self) {
        let wanted: Vec<usize> = (0..self.folders.len())
            .filter(|at| self.open.keys().any(|path| is_in(path, &self.folders[*at].root)))
            .collect();
        let mut faults: HashMap<String, &'static str> = HashMap::new();
        for at in wanted {
            let judged = catch_unwind(AssertUnwindSafe(|| {
                self.walk(at);
                let open = &self.open;
                if let Some(workspace) = &mut self.folders[at].workspace {
                    let open: Vec<FileId> = open.keys().filter_map(|path| workspace.file(path)).collect();
                    workspace.judge(|files| open.iter().any(|file| files.contains(file)));
                }
            }));
            if judged.is_err() {
                let folder = &mut self.folders[at];
                folder.workspace = None;
                faults.insert(folder.root.clone(), FAULT);
                self.log(FAULT);
            }
        }
        let folders = self
            .folders
            .iter()
            .filter_map(|folder| Some((folder.root.clone(), Arc::new(folder.workspace.as_ref()?.snapshot()))));
        let versions = self.open.iter().map(|(path, open)| (path.clone(), open.version)).collect();
        let known = Arc::new(Known { folders: folders.collect(), versions });
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&known);
        for (path, open) in &self.open {
            let fault = faults.iter().find(|(root, _)| is_in(path, root)).map(|(_, fault)| diagnostics::failed(fault));
            let found = known.of(path).and_then(|snapshot| Some((snapshot, snapshot.file(path)?)));
            let mut diagnostics: Vec<Diagnostic> =
                found.map(|(snapshot, file)| diagnostics::of_file(snapshot, file, self.encoding)).unwrap_or_default();
            diagnostics.extend(fault);
            self.publish(open.uri.clone(), diagnostics, Some(open.version));
        }
    }

    fn walk(&mut self, at: usize) {
        let folder = &self.folders[at];
        if folder.workspace.is_some() && !folder.is_stale {
            return;
        }
        let mut request = self.request.clone();
        request.paths.clone_from(&folder.paths);
        request.instead = self.unsaved_in(&folder.root);
        request.editing = true;
        let opened = match &folder.workspace {
            Some(workspace) => workspace.open_again(&request),
            None => Workspace::open(&request, &mut std::io::empty()),
        };
        let folder = &mut self.folders[at];
        folder.is_stale = false;
        match opened {
            Ok(workspace) => {
                folder.workspace = Some(workspace);
                folder.trouble = None;
            }
            Err(error) => {
                folder.workspace = None;
                let why = error.to_string();
                if folder.trouble.as_ref() != Some(&why) {
                    folder.trouble = Some(why.clone());
                    let params = ShowMessageParams { typ: MessageType::ERROR, message: format!("seaworthy: {why}") };
                    self.tell(ShowMessage::METHOD, params);
                }
            }
        }
    }

    fn publish(&self, uri: Uri, diagnostics: Vec<Diagnostic>, version: Option<i32>) {
        self.tell(PublishDiagnostics::METHOD, PublishDiagnosticsParams { uri, diagnostics, version });
    }

    fn log(&self, message: &str) {
        self.tell(LogMessage::METHOD, LogMessageParams { typ: MessageType::ERROR, message: message.to_owned() });
    }

    fn tell(&self, method: &str, params: impl serde::Serialize) {
        // A client that is gone needs nothing more.
        let _ = self.client.send(Message::Notification(Notification::new(method.to_owned(), params)));
    }
}

fn is_on_disk(path: &str, text: &Text) -> bool {
    std::fs::read(path).is_ok_and(|bytes| yaml::decode_bytes(bytes).text == text.text)
}

/// The directories that a client works in, as paths.
pub fn roots(uris: impl IntoIterator<Item = Uri>) -> Vec<String> {
    uris.into_iter().filter_map(|uri| uri::to_path(&uri)).collect()
}
