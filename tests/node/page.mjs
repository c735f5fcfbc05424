// What the page of `page_server.mjs` runs: a caller in a browser.

import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { AuthService } from "@zitadel/proto/zitadel/auth_pb.js";
import { call } from "./call.mjs";

const transports = {
  connect: createConnectTransport,
  "connect+proto": (options) => createConnectTransport({ ...options, useBinaryFormat: true }),
  "grpc-web": createGrpcWebTransport,
};

/** Calls a method by a protocol; answers what the page could see of the outcome. */
window.call = ({ protocol, baseUrl, token, method, timeoutMs }) => {
  const bearer = (next) => (request) => {
    if (token) request.header.set("Authorization", `Bearer ${token}`);
    return next(request);
  };
  const options = { baseUrl, interceptors: [bearer], defaultTimeoutMs: timeoutMs };
  return call(createClient(AuthService, transports[protocol](options)), method);
};
