// One call by a client of `@zitadel/client`, and all that a caller can see of its outcome, as JSON.

import { fromJson, toJson } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { AuthService } from "@zitadel/proto/zitadel/auth_pb.js";
import { ErrorDetailSchema } from "@zitadel/proto/zitadel/message_pb.js";

/** Calls a method of a service by its name (`sendMyPasswordlessLink`), with a request as JSON. */
export async function call(client, method, request = {}, service = AuthService) {
  const seen = {};
  const options = { onHeader: (headers) => (seen.headers = Object.fromEntries(headers)) };
  const { input, output } = service.method[method];
  try {
    const answer = await client[method](fromJson(input, request), options);
    return { ...seen, answer: toJson(output, answer) };
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const details = error.findDetails(ErrorDetailSchema).map(({ id, message }) => ({ id, message }));
    const metadata = Object.fromEntries(error.metadata);
    return { ...seen, error: { code: error.code, text: error.rawMessage, details, metadata } };
  }
}
