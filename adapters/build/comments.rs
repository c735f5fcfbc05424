//! What the comments in the `.proto` files say, as one line a paragraph.

use prost_reflect::FileDescriptor;

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
