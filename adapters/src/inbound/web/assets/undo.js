// `/passkeys/undo`: removes a passkey that was added by mistake, or by somebody else.

import { dropAdded } from "./added.js";
import { confirm } from "./confirm.js";
import { dateOf } from "./texts.js";

function view({ state, passkeyName, creationDate, expirationDate, canRevokeToken }, id) {
  const facts = [
    ["labels.passkey", () => passkeyName],
    ["labels.added", () => dateOf(creationDate)],
  ];
  const until = [["labels.valid_until", () => dateOf(expirationDate)]];
  const token = { revokeToken: true };
  switch (state) {
    case "UNDO_STATE_DONE":
      dropAdded(id);
      return {
        state: "undo.gone",
        tone: "good",
        facts,
        orders: canRevokeToken && (() => token),
        done: true,
      };
    case "UNDO_STATE_EXPIRED":
      return { state: "undo.invalid", tone: "bad", facts, until };
    default:
      return {
        state: "undo.ask",
        facts,
        until,
        choice: canRevokeToken && "labels.revoke_token",
        orders: (ticked) => ticked && token,
      };
  }
}

confirm("passkeyID", {
  inspect: (id) => `passlink/v1/passkeys/${id}/_inspect_undo`,
  act: (id) => `passlink/v1/passkeys/${id}/_undo`,
  done: "undo.done",
  invalid: "undo.invalid",
  view,
  ended: dropAdded,
});
