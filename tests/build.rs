//! Describes the messages of the API, by which the harness writes requests and reads answers.

use std::{env, error::Error, fs, path::PathBuf};

const ROOT: &str = "../adapters/proto";
const FILES: &[&str] = &[
    "passlink/v1/link_service.proto",
    "passlink/v1/passkey_service.proto",
    "zitadel/auth.proto",
    "zitadel/session/v2/session_service.proto",
    "zitadel/user/v2/user_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={ROOT}");
    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler.include_imports(true).open_files(FILES)?;
    let file = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(file, compiler.encode_file_descriptor_set())?;
    Ok(())
}
