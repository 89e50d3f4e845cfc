//! What the compiler says of a wrong `#[derive(Extract)]`, word for word.
//!
//! After a change that is meant, `TRYBUILD=overwrite cargo test -p dragline-derive --test ui` writes the
//! messages anew.

#[test]
fn wrong_items_do_not_compile_and_the_message_is_at_the_fault() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
