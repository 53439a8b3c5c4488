//! Strict decoding of built-in kinds as the API server does it.
//!
//! Apart from `schema` (data) and from `server_rules` (what holds between fields): here a tree meets a definition.
