// `/passkeys/revoke`: "this wasn't me" makes a link useless.

import { confirm } from "./confirm.js";
import { dateOf } from "./texts.js";

/** What is told of a link that can't be revoked, and need not. */
const ENDED = {
  LINK_STATE_REDEEMED: { state: "register.redeemed", tone: "bad" },
  LINK_STATE_REPLACED: { state: "register.replaced", tone: "bad" },
  LINK_STATE_REVOKED: { state: "revoke.gone", tone: "good", done: true },
};

function view({ state, maskedEmail, creationDate, expirationDate }) {
  const facts = [["labels.requested", () => dateOf(creationDate)]];
  const until = [["labels.valid_until", () => dateOf(expirationDate)]];
  const values = { email: () => maskedEmail };
  const open = { state: "revoke.ask", until, orders: () => ({}) };
  return { facts, values, ...(ENDED[state] ?? open) };
}

confirm("codeID", {
  inspect: (id) => `passlink/v1/links/${id}/_inspect_revocation`,
  act: (id) => `passlink/v1/links/${id}/_revoke`,
  done: "revoke.done",
  invalid: "revoke.invalid",
  view,
});
