//! Robots rules and canonical URLs against public test data; the data and its licences are in `tests/data`.

mod robots;
mod url;
