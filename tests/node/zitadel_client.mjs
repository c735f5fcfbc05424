// Calls as a service written for ZITADEL does, by `@zitadel/client`:
// zitadel_client.mjs grpc|grpc-web URL TOKEN METHOD... Prints the outcome of each as a line of JSON.

import { createServerTransport } from "@zitadel/client/node";
import { createAuthServiceClient } from "@zitadel/client/v1";
import { createClientTransport } from "@zitadel/client/web";
import { call } from "./call.mjs";

const [protocol, baseUrl, token, ...methods] = process.argv.slice(2);
const transports = { grpc: createServerTransport, "grpc-web": createClientTransport };
const client = createAuthServiceClient(transports[protocol](token, { baseUrl }));
for (const method of methods) console.log(JSON.stringify(await call(client, method)));
