//! Tests of the layers of settings and their faults.
