//! Messages of the API in protobuf, from JSON and to JSON.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor};
use serde_json::Value;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let files = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
    DescriptorPool::decode(&files[..]).unwrap()
});

/// The method of `/<package>.<Service>/<Method>`.
fn method(rpc: &str) -> MethodDescriptor {
    let (service, name) = rpc.trim_start_matches('/').split_once('/').expect(rpc);
    let service = POOL.get_service_by_name(service).expect(rpc);
    service.methods().find(|method| method.name() == name).expect(rpc)
}

/// A request to a method, in protobuf.
pub fn request(rpc: &str, json: &Value) -> Vec<u8> {
    DynamicMessage::deserialize(method(rpc).input(), json).expect(rpc).encode_to_vec()
}

/// The answer of a method, which came in protobuf.
pub fn answer(rpc: &str, octets: &[u8]) -> Value {
    let output: MessageDescriptor = method(rpc).output();
    serde_json::to_value(DynamicMessage::decode(output, octets).expect(rpc)).unwrap()
}
