//! Grammars of single values that many kinds share: names, labels, selectors, percentages.
//!
//! Apart from the kinds because each grammar is one rule of the server's with one wording, whoever asks.
//! A grammar returns the server's complaints, none for a good value, and allocates only for a bad one.

pub mod int_or_percent;
pub mod ip;
pub mod label_selector;
pub mod names;
pub mod ports;
pub mod resource_name;
