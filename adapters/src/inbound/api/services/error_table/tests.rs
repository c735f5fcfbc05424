use std::collections::BTreeSet;

use connectrpc::ConnectError;
use strum::IntoEnumIterator;

use super::ApiError;

/// HTTP status, code, text and id.
type Row = (u16, u32, String, String);

/// The rows of the table in `docs/api.md`. What varies (`<field>`) is empty.
fn documented() -> BTreeSet<Row> {
    let api = include_str!("../../../../../../docs/api.md");
    let section = api.split("## Errors").nth(1).unwrap().split("\n## ").next().unwrap();
    let cells = section.lines().map(|line| line.split(" | ").collect::<Vec<_>>());
    let rows = cells.filter_map(|cells| match cells[..] {
        [_, http, code, text, id] => {
            let bare = |cell: &str| cell.trim_matches(['`', ' ', '|']).to_owned();
            let text = bare(text).replace("<field>", "").replace("<why>", "");
            Some((http.parse().ok()?, code.parse().ok()?, text, bare(id)))
        }
        _ => None,
    });
    rows.collect()
}

#[test]
fn the_docs_have_each_row_of_the_table_and_no_other() {
    let rows = ApiError::iter().map(|error| {
        let (code, text, id) = error.row();
        let status = ConnectError::from(error).http_status().as_u16();
        (status, code.grpc_code(), text.into_owned(), id.to_owned())
    });
    assert_eq!(rows.collect::<BTreeSet<_>>(), documented());
}
