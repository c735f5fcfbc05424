// One call by a client of `@zitadel/client`, and all that a caller can see of its outcome, as JSON.

import { toJson } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { AuthService } from "@zitadel/proto/zitadel/auth_pb.js";
import { ErrorDetailSchema } from "@zitadel/proto/zitadel/message_pb.js";

/** Calls a method of `AuthService` by its name (`sendMyPasswordlessLink`) with an empty request. */
export async function call(client, method) {
  const seen = {};
  const options = { onHeader: (headers) => (seen.headers = Object.fromEntries(headers)) };
  try {
    const answer = await client[method]({}, options);
    return { ...seen, answer: toJson(AuthService.method[method].output, answer) };
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const details = error.findDetails(ErrorDetailSchema).map(({ id, message }) => ({ id, message }));
    const metadata = Object.fromEntries(error.metadata);
    return { ...seen, error: { code: error.code, text: error.rawMessage, details, metadata } };
  }
}
