//! `seaworthy lsp`: a language server over standard input and output.
//!
//! Apart from the command line because its answers depend on what is open and half written. It judges by the same
//! functions (`pipeline::Workspace`) and adds nothing to what `check` says.
//!
//! Two threads: this one reads what the client says and answers questions about the open text, from what is known at the
//! moment; the other one (`folders`) walks, judges and publishes diagnostics. Positions are bytes inside, and whatever
//! the client counts outside (`position`).

mod actions;
mod completion;
mod cursor;
mod definition;
mod diagnostics;
mod documents;
mod fields;
mod folders;
mod hover;
mod objects;
mod position;
mod uri;

use crate::pipeline::{CheckRequest, Snapshot};
use crate::yaml::ByteRange;
use crossbeam_channel::{Sender, unbounded};
use documents::{Document, Documents};
use folders::{Event, Judge, Known, Shared};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{self as note, Notification as _};
use lsp_types::request::{self as ask, Request as _};
use lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionOrCommand, CodeActionParams,
    CodeActionProviderCapability, CompletionList, CompletionOptions, CompletionParams, CompletionResponse,
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWatchedFilesRegistrationOptions,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    FileChangeType, FileSystemWatcher, GlobPattern, GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverContents,
    HoverParams, HoverProviderCapability, InitializeParams, InitializeResult, Location, MarkupContent, MarkupKind,
    OneOf, Registration, RegistrationParams, SaveOptions, ServerCapabilities, ServerInfo, TextDocumentPositionParams,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri,
    WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};
use position::{Encoding, Lines};
use serde::de::DeserializeOwned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

/// What is watched on disk: what a walk reads, what a chart is rendered from, and what decides what is read.
const WATCHED: &str = "**/{*.yaml,*.yml,*.json,*.tpl,Kustomization,Kptfile,seaworthy.toml,.gitignore}";

/// Serves a client on standard input and output until it says `exit`, or nothing more. Tells whether it said `shutdown`
/// before, as the protocol wants it.
///
/// `request` says how is judged (versions, CRDs, cluster, catalogue); its paths are not used.
///
/// # Errors
///
/// When the client does not begin as the protocol wants it.
pub fn serve(request: &CheckRequest) -> Result<bool, String> {
    // Nobody waits for the threads of the connection: what had to be said before `exit` has been read by the client.
    let (connection, _threads) = Connection::stdio();
    let (id, params) = connection.initialize_start().map_err(|error| error.to_string())?;
    let params: InitializeParams = serde_json::from_value(params).map_err(|error| format!("initialize: {error}"))?;
    Ok(Server::start(&connection, id, params, request).run(&connection))
}

struct Server {
    encoding: Encoding,
    capabilities: ClientCapabilities,
    documents: Documents,
    shared: Shared,
    events: Sender<Event>,
    client: Sender<Message>,
    is_shut_down: bool,
}

impl Server {
    fn start(connection: &Connection, id: RequestId, params: InitializeParams, request: &CheckRequest) -> Self {
        let encoding = Encoding::negotiate(&params.capabilities);
        let result = InitializeResult {
            capabilities: capabilities(encoding),
            server_info: Some(ServerInfo {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        };
        let client = connection.sender.clone();
        let _ = client.send(Response::new_ok(id, result).into());
        let shared = Shared::default();
        let (events, received) = unbounded();
        let is_told = tells_of_changes(&params.capabilities);
        let judge = Judge::new(request.clone(), encoding, client.clone(), Arc::clone(&shared), is_told);
        std::thread::spawn(move || judge.run(&received));
        let _ = events.send(Event::Folders { added: folders::roots(worked_in(&params)), removed: Vec::new() });
        let documents = Documents::new();
        let capabilities = params.capabilities;
        Self { encoding, capabilities, documents, shared, events, client, is_shut_down: false }
    }

    fn run(mut self, connection: &Connection) -> bool {
        for message in &connection.receiver {
            match message {
                Message::Request(request) => self.answer(request),
                Message::Notification(notification) if notification.method == note::Exit::METHOD => {
                    return self.is_shut_down;
                }
                Message::Notification(notification) => {
                    // What cannot be understood, or makes a fault of ours come out, must not end the conversation.
                    let _ = catch_unwind(AssertUnwindSafe(|| self.note(notification)));
                }
                Message::Response(_) => {}
            }
        }
        false
    }

    fn answer(&mut self, request: Request) {
        let id = request.id.clone();
        let answered = if self.is_shut_down {
            Ok(Err((ErrorCode::InvalidRequest, "the server is shut down".to_owned())))
        } else {
            catch_unwind(AssertUnwindSafe(|| self.respond(request)))
        };
        let response = match answered {
            Ok(Ok(value)) => Response::new_ok(id, value),
            Ok(Err((code, message))) => Response::new_err(id, code as i32, message),
            Err(_) => Response::new_err(id, ErrorCode::InternalError as i32, "a fault in seaworthy".to_owned()),
        };
        let _ = self.client.send(response.into());
    }

    fn respond(&mut self, request: Request) -> Answer {
        match request.method.as_str() {
            ask::Shutdown::METHOD => {
                self.is_shut_down = true;
                Ok(serde_json::Value::Null)
            }
            ask::HoverRequest::METHOD => answered(&self.hover(&params(request.params)?)),
            ask::Completion::METHOD => answered(&self.completion(&params(request.params)?)),
            ask::GotoDefinition::METHOD => answered(&self.definition(&params(request.params)?)),
            ask::CodeActionRequest::METHOD => answered(&self.code_action(&params(request.params)?)),
            method => Err((ErrorCode::MethodNotFound, format!("there is no {method}"))),
        }
    }

    fn note(&mut self, notification: Notification) {
        let (method, params) = (notification.method, notification.params);
        match method.as_str() {
            note::Initialized::METHOD => self.watch(),
            note::DidOpenTextDocument::METHOD => {
                let Some(DidOpenTextDocumentParams { text_document: opened }) = read(params) else { return };
                let Some(path) = uri::to_path(&opened.uri) else { return };
                let (uri, version, text) = (opened.uri, opened.version, opened.text);
                let document = Document { uri: uri.clone(), version, text: text.clone() };
                self.documents.insert(path.clone(), document);
                self.tell(Event::Opened { path, uri, version, text });
            }
            note::DidChangeTextDocument::METHOD => {
                let Some(DidChangeTextDocumentParams { text_document: of, content_changes }) = read(params) else {
                    return;
                };
                let Some(path) = uri::to_path(&of.uri) else { return };
                let Some(document) = self.documents.get_mut(&path) else { return };
                document.change(of.version, content_changes, self.encoding);
                let (version, text) = (document.version, document.text.clone());
                self.tell(Event::Changed { path, version, text });
            }
            note::DidSaveTextDocument::METHOD => {
                let saved: Option<DidSaveTextDocumentParams> = read(params);
                if let Some(path) = saved.and_then(|saved| uri::to_path(&saved.text_document.uri)) {
                    self.tell(Event::Saved(path));
                }
            }
            note::DidCloseTextDocument::METHOD => {
                let closed: Option<DidCloseTextDocumentParams> = read(params);
                if let Some(path) = closed.and_then(|closed| uri::to_path(&closed.text_document.uri)) {
                    self.documents.remove(&path);
                    self.tell(Event::Closed(path));
                }
            }
            note::DidChangeWatchedFiles::METHOD => {
                let Some(DidChangeWatchedFilesParams { changes }) = read(params) else { return };
                let changes = changes.into_iter();
                let changes =
                    changes.filter_map(|event| Some((uri::to_path(&event.uri)?, event.typ != FileChangeType::CHANGED)));
                self.tell(Event::OnDisk(changes.collect()));
            }
            note::DidChangeWorkspaceFolders::METHOD => {
                let Some(DidChangeWorkspaceFoldersParams { event }) = read(params) else { return };
                self.tell(Event::Folders {
                    added: folders::roots(event.added.into_iter().map(|folder| folder.uri)),
                    removed: folders::roots(event.removed.into_iter().map(|folder| folder.uri)),
                });
            }
            _ => {}
        }
    }

    fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// Asks the client to tell of changes on disk, where it can be asked.
    fn watch(&self) {
        if !tells_of_changes(&self.capabilities) {
            return;
        }
        let watcher = FileSystemWatcher { glob_pattern: GlobPattern::String(WATCHED.to_owned()), kind: None };
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: vec![watcher] };
        let registration = Registration {
            id: "watched".to_owned(),
            method: note::DidChangeWatchedFiles::METHOD.to_owned(),
            register_options: serde_json::to_value(options).ok(),
        };
        let params = RegistrationParams { registrations: vec![registration] };
        let id = RequestId::from("watched".to_owned());
        let request = Request::new(id, ask::RegisterCapability::METHOD.to_owned(), params);
        let _ = self.client.send(request.into());
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An open text, its path, and what is known around it.
    fn open(&self, uri: &Uri) -> Option<Place<'_>> {
        let path = uri::to_path(uri)?;
        let document = self.documents.get(&path)?;
        let known = self.known();
        let snapshot = known.of(&path).map(Arc::clone).unwrap_or_default();
        let is_current = known.versions.get(&path) == Some(&document.version);
        Some(Place { document, snapshot, path, is_current })
    }

    fn hover(&self, params: &HoverParams) -> Option<Hover> {
        let TextDocumentPositionParams { text_document, position } = &params.text_document_position_params;
        let place = self.open(&text_document.uri)?;
        let lines = Lines::new(&place.document.text, self.encoding);
        let offset = lines.offset(*position);
        let cursor = cursor::at(&place.document.text, offset);
        let mut told: Vec<String> = Vec::new();
        let mut range = cursor.as_ref().map(|cursor| cursor.range);
        if let Some(file) = place.snapshot.file(&place.path).filter(|_| place.is_current) {
            let findings = place.snapshot.sets.iter().flat_map(|set| &set.findings);
            for finding in findings {
                let Some(span) = diagnostics::place(finding, &place.snapshot).filter(|span| span.file == file) else {
                    continue;
                };
                let text = hover::about_finding(finding);
                let is_here = (span.range.start as usize..=span.range.end as usize).contains(&offset);
                if is_here && !told.contains(&text) {
                    range = range.or(Some(span.range));
                    told.push(text);
                }
            }
        }
        let about = cursor.as_ref().map(|cursor| hover::about(cursor, &place.snapshot)).unwrap_or_default();
        if !about.is_empty() {
            told.insert(0, about);
        }
        let value = told.join("\n\n---\n\n");
        let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
        (!told.is_empty()).then(|| Hover { contents, range: range.map(|range| lines.range(range)) })
    }

    fn completion(&self, params: &CompletionParams) -> Option<CompletionResponse> {
        let TextDocumentPositionParams { text_document, position } = &params.text_document_position;
        let place = self.open(&text_document.uri)?;
        let text = &place.document.text;
        let lines = Lines::new(text, self.encoding);
        let file = place.snapshot.file(&place.path);
        let question = completion::Question { text, file, snapshot: &place.snapshot, lines: &lines };
        let items = completion::complete(&question, lines.offset(*position));
        Some(CompletionResponse::List(CompletionList { is_incomplete: false, items }))
    }

    fn definition(&self, params: &GotoDefinitionParams) -> Option<GotoDefinitionResponse> {
        let TextDocumentPositionParams { text_document, position } = &params.text_document_position_params;
        let place = self.open(&text_document.uri)?;
        let text = &place.document.text;
        let cursor = cursor::at(text, Lines::new(text, self.encoding).offset(*position))?;
        let word = text.get(cursor.range.start as usize..cursor.range.end as usize)?.trim_matches(['"', '\'']);
        let found = definition::find(&cursor, word, place.snapshot.file(&place.path), &place.snapshot);
        let locations =
            found.into_iter().filter_map(|span| diagnostics::location(span, &place.snapshot, self.encoding));
        let locations: Vec<Location> = locations.collect();
        (!locations.is_empty()).then_some(GotoDefinitionResponse::Array(locations))
    }

    fn code_action(&self, params: &CodeActionParams) -> Option<Vec<CodeActionOrCommand>> {
        let place = self.open(&params.text_document.uri)?;
        // Edits are made for the text that was judged; for another one they would be wrong.
        let file = place.snapshot.file(&place.path).filter(|_| place.is_current)?;
        let lines = Lines::new(&place.document.text, self.encoding);
        let range = ByteRange::new(lines.offset(params.range.start) as u32, lines.offset(params.range.end) as u32);
        let workspace = self.capabilities.workspace.as_ref();
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let asked = actions::Asked {
            file,
            range,
            only: params.context.only.as_deref(),
            diagnostics: &params.context.diagnostics,
            documents: &self.documents,
            encoding: self.encoding,
            versioned: edits.and_then(|edits| edits.document_changes) == Some(true),
        };
        Some(actions::at(&asked, &place.snapshot))
    }
}

/// An open text, and what is known around it.
struct Place<'s> {
    document: &'s Document,
    snapshot: Arc<Snapshot>,
    path: String,
    /// Whether what is known is of the text as it is now.
    is_current: bool,
}

/// What is answered to a request, or why nothing is.
type Answer = Result<serde_json::Value, (ErrorCode, String)>;

fn params<P: DeserializeOwned>(params: serde_json::Value) -> Result<P, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

fn answered(answer: &impl serde::Serialize) -> Answer {
    serde_json::to_value(answer).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}

fn read<P: DeserializeOwned>(params: serde_json::Value) -> Option<P> {
    serde_json::from_value(params).ok()
}

/// Whether a client can be asked to tell of changes on disk.
fn tells_of_changes(capabilities: &ClientCapabilities) -> bool {
    let workspace = capabilities.workspace.as_ref();
    let watching = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
    watching.and_then(|watching| watching.dynamic_registration) == Some(true)
}

/// The directories that the client works in.
#[expect(deprecated, reason = "some clients name nothing but the root that was all there was before workspace folders")]
fn worked_in(params: &InitializeParams) -> Vec<Uri> {
    match params.workspace_folders.as_deref() {
        Some(folders) if !folders.is_empty() => folders.iter().map(|folder| folder.uri.clone()).collect(),
        _ => params.root_uri.iter().cloned().collect(),
    }
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([" ", "-"].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::new(actions::FIX_ALL)]),
            ..CodeActionOptions::default()
        })),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    }
}
