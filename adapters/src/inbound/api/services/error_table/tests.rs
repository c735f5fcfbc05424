use std::collections::BTreeSet;

use connectrpc::ConnectError;
use strum::IntoEnumIterator;

use super::{ApiError, Row, rows};

#[test]
fn every_error_has_its_row_and_every_row_its_error() {
    let of = |row: &Row| (row.id, row.status);
    let errors: BTreeSet<_> = ApiError::iter().map(|error| of(&error.row())).collect();
    assert_eq!(errors, rows::ALL.iter().map(of).collect::<BTreeSet<_>>());
    assert_eq!(errors.len(), rows::ALL.len(), "no two rows are alike");
}

#[test]
fn an_error_is_told_as_its_row_has_it() {
    for error in ApiError::iter() {
        let row = error.row();
        let text = row.text.replace("<field>", "").replace("<why>", "");
        let told = ConnectError::from(error);
        assert_eq!(told.http_status().as_u16(), row.status, "{}", row.id);
        assert_eq!(told.code.grpc_code(), row.code, "{}", row.id);
        assert_eq!(told.message.unwrap(), format!("{text} ({})", row.id));
    }
}
