//! Compiles the `.proto` files to messages and services. Needs no `protoc`.

use std::{env, error::Error, fs, path::PathBuf};

const ROOT: &str = "proto";
const FILES: &[&str] = &[
    "google/rpc/error_details.proto",
    "google/rpc/status.proto",
    "passlink/v1/link_service.proto",
    "zitadel/auth.proto",
    "zitadel/message.proto",
    "zitadel/object.proto",
    "zitadel/object/v2/object.proto",
    "zitadel/user.proto",
    "zitadel/user/v2/user_service.proto",
];
/// Described by reflection; a library serves it.
const DESCRIBED: &str = "grpc/health/v1/health.proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={ROOT}");
    let descriptors = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(FILES)?
        .open_file(DESCRIBED)?;
    fs::write(&descriptors, compiler.encode_file_descriptor_set())?;
    connectrpc_build::Config::new()
        .descriptor_set(descriptors)
        .files(FILES)
        .include_file("api.rs")
        .emit_rerun_directives(false)
        .compile()?;
    Ok(())
}
