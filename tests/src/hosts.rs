/// Hosts that tests give to domains. All lead to this machine, here and in browsers.
pub const HOSTS: [&str; 5] = [
    "login.example.com",
    "acme.localhost",
    "id.acme.localhost",
    "globex.localhost",
    "unknown.localhost",
];
