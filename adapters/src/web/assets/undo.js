// `/passkeys/undo`: removes a passkey that was added by mistake, or by somebody else.

import { confirm } from "./confirm.js";

confirm("passkeyID", (id) => `passlink/v1/passkeys/${id}/_undo`, {
  ask: "undo.ask",
  done: "undo.done",
  invalid: "undo.invalid",
});
