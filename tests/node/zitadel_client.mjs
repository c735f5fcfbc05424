// Calls as a service written for ZITADEL does, by `@zitadel/client`:
// zitadel_client.mjs grpc|grpc-web URL TOKEN CALL... Each call is `{version, method, request}` as
// JSON, with `session` for the version of sessions. Prints the outcome of each as a line of JSON.

import { createServerTransport } from "@zitadel/client/node";
import { createAuthServiceClient } from "@zitadel/client/v1";
import { createSessionServiceClient, createUserServiceClient } from "@zitadel/client/v2";
import { createClientTransport } from "@zitadel/client/web";
import { AuthService } from "@zitadel/proto/zitadel/auth_pb.js";
import { SessionService } from "@zitadel/proto/zitadel/session/v2/session_service_pb.js";
import { UserService } from "@zitadel/proto/zitadel/user/v2/user_service_pb.js";
import { call } from "./call.mjs";

const [protocol, baseUrl, token, ...calls] = process.argv.slice(2);
const transports = { grpc: createServerTransport, "grpc-web": createClientTransport };
const transport = transports[protocol](token, { baseUrl });
const clients = {
  v1: [createAuthServiceClient(transport), AuthService],
  v2: [createUserServiceClient(transport), UserService],
  session: [createSessionServiceClient(transport), SessionService],
};
for (const text of calls) {
  const { version, method, request } = JSON.parse(text);
  const [client, service] = clients[version];
  console.log(JSON.stringify(await call(client, method, request, service)));
}
