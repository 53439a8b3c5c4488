//! The whole way from paths to a report, on one screen.
