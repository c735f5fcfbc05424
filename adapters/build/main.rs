//! Compiles the `.proto` files to messages and services, and writes what the reference shows of them. Needs
//! no `protoc`.

mod archive;
#[path = "../src/inbound/api/protocols/bindings.rs"]
mod bindings;
mod calls;
mod collection;
mod comments;
#[path = "../src/inbound/api/services/error_rows.rs"]
mod error_rows;
mod errors;
mod examples;
mod fields;
mod methods;
mod openapi;
mod reference;
mod schemas;

use std::{env, error::Error, fs, path::PathBuf};

use prost_reflect::DescriptorPool;

const ROOT: &str = "proto";
const FILES: &[&str] = &[
    "google/rpc/error_details.proto",
    "google/rpc/status.proto",
    "passlink/v1/link_service.proto",
    "passlink/v1/passkey_service.proto",
    "zitadel/auth.proto",
    "zitadel/message.proto",
    "zitadel/object.proto",
    "zitadel/object/v2/object.proto",
    "zitadel/session/v2/session_service.proto",
    "zitadel/user.proto",
    "zitadel/user/v2/user_service.proto",
];
/// Described by reflection; a library serves it.
const DESCRIBED: &str = "grpc/health/v1/health.proto";
/// Stands for the server's URL, which the domain that is asked replaces.
const SERVER: &str = "https://server.invalid";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={ROOT}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let descriptors = out.join("descriptors.bin");
    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(FILES)?
        .open_file(DESCRIBED)?;
    let compiled = compiler.encode_file_descriptor_set();
    fs::write(&descriptors, &compiled)?;
    connectrpc_build::Config::new()
        .descriptor_set(descriptors)
        .files(FILES)
        .include_file("api.rs")
        .emit_rerun_directives(false)
        .compile()?;

    let calls = calls::all(&DescriptorPool::decode(compiled.as_slice())?)?;
    let document = openapi::document(&calls)?;
    fs::write(out.join("openapi.json"), document.to_string())?;
    // In quotes, since it may hold what YAML reads otherwise.
    let yaml = serde_saphyr::to_string(&document)?.replace(SERVER, &format!("\"{SERVER}\""));
    fs::write(out.join("openapi.yaml"), yaml)?;
    fs::write(out.join("reference.json"), reference::of(&calls).to_string())?;
    fs::write(out.join("collection.json"), collection::of(&calls).to_string())?;
    let files = FILES.iter().copied().chain([DESCRIBED]);
    fs::write(out.join("proto.tar.gz"), archive::of(ROOT, files)?)?;
    Ok(())
}
