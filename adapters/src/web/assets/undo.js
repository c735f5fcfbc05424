// `/passkeys/undo`: removes a passkey that was added by mistake, or by somebody else.

import { ApiError, call } from "./api.js";
import { confirm } from "./confirm.js";
import { speak } from "./texts.js";

const states = { ask: "undo.ask", done: "undo.done", invalid: "undo.invalid" };

/** Whose passkey it is, and whether a token can go with it. */
async function look(id, code) {
  const account = await call(`passlink/v1/passkeys/${id}/_inspect_undo`, { code });
  await speak(account.language);
  if (account.state === "UNDO_STATE_EXPIRED") {
    throw new ApiError("LINK-CodeInvalid");
  }
  return { account, choice: account.canRevokeToken && "labels.revoke_token" };
}

const path = (id) => `passlink/v1/passkeys/${id}/_undo`;
confirm("passkeyID", path, states, { look, choiceName: "revokeToken" });
