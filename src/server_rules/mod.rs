//! The API server's own validation of built-in kinds, beyond types.
//!
//! Apart because each rule restates one of the server's, in its words, and is added to without touching anything else.
