// `/passkeys/revoke`: "this wasn't me" makes a link useless.

import { confirm } from "./confirm.js";

confirm("codeID", (id) => `passlink/v1/links/${id}/_revoke`, {
  ask: "revoke.ask",
  done: "revoke.done",
  invalid: "revoke.invalid",
});
