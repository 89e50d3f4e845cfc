//! The examples are the flat files beside this folder; this library is empty.
