//! What the comments in the `.proto` files say, as one line a paragraph.

use prost_reflect::{FileDescriptor, MessageDescriptor};

/// What is said of the thing at this path of a file (`SourceCodeInfo.Location.path`).
pub fn at(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let mut locations = info.into_iter().flat_map(|info| &info.location);
    let comment = locations.find(|location| location.path == path);
    let comment = comment.map(|it| it.leading_comments()).unwrap_or_default();
    let lines = |paragraph: &str| paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let paragraphs = comment.trim().split("\n\n").map(lines);
    paragraphs.collect::<Vec<_>>().join("\n\n").trim().to_owned()
}

/// What is said of a message, and of the choices between its fields.
pub fn of_message(message: &MessageDescriptor) -> String {
    let file = message.parent_file();
    let choices = message.oneofs().map(|oneof| at(&file, oneof.path()));
    let parts = [at(&file, message.path())].into_iter().chain(choices);
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}
