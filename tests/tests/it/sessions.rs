//! Sessions: back ends that sign people in with their passkeys.

use passlink_tests::{Api, Key, Passlink, SoftwarePasskey, passkeys::*, sessions::*};
use serde_json::json;

mod signing_in;
mod web_applications;
