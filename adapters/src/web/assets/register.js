// `/passkeys/register`: adds a passkey to the account that the link is for.

import { call } from "./api.js";
import { announce, show } from "./card.js";
import { authenticatorNames, deviceName } from "./device.js";
import { explain } from "./explain.js";
import { takeLink, wholeLink } from "./link.js";
import { aaguid, asJson, canCreate, create, forget } from "./passkey.js";
import { fromNow, said, speak, timeOf } from "./texts.js";

/** Where the browser looks for an authenticator first. */
const HERE = ["client-device"];
const ELSEWHERE = ["security-key", "hybrid"];
/** What a passkey is called when nothing is known of it. */
const UNNAMED = "Passkey";

const link = takeLink("codeID");
const suggested = await deviceName();
let account = {};
/** Asked for before they are needed, while the page is read. */
let names;

if (!link) {
  show("common.incomplete", { tone: "bad" });
} else if (!isSecureContext) {
  show("register.insecure", { tone: "bad", action: openSecurely });
} else if (!canCreate()) {
  show("register.unsupported", { tone: "bad", action: navigator.clipboard && copyLink });
} else {
  attempt(inspect);
}

/** Runs a step; what goes wrong in it is explained, with a way on. */
async function attempt(step) {
  try {
    await step();
  } catch (error) {
    explainStep(error, step);
  }
}

function explainStep(error, step) {
  const again = () => attempt(step);
  switch (error.id) {
    case "LINK-CodeInvalid":
      // The link has changed since it was looked at; looking again tells how.
      return step === inspect ? show("register.invalid", { tone: "bad" }) : attempt(inspect);
    case "PASSKEY-TooMany":
      return show("register.full", { tone: "bad", account, action: again });
    default:
      return explain(error, again);
  }
}

/** Asks what the link is good for, and shows that. */
async function inspect() {
  await look();
  showLink();
}

async function look() {
  account = await call(`passlink/v1/links/${encodeURIComponent(link.id)}/_inspect`, {
    code: link.code,
  });
  await speak(account.language);
}

/** Shows the link as it was when it was looked at. */
function showLink() {
  const values = { email: () => account.maskedEmail };
  switch (account.state) {
    case "LINK_STATE_OPEN":
      return ready();
    case "LINK_STATE_EXPIRED":
      return show("register.expired", { tone: "bad", values, action: () => attempt(resend) });
    case "LINK_STATE_REDEEMED":
      return show("register.redeemed", { tone: "bad" });
    case "LINK_STATE_REPLACED":
      return show("register.replaced", { tone: "bad", values });
    case "LINK_STATE_REVOKED":
      return show("register.revoked", { tone: "bad" });
    default:
      return show("register.invalid", { tone: "bad" });
  }
}

function ready() {
  const values = { time: () => timeOf(account.expirationDate) };
  const action = (name) => attempt(() => register(cleaned(name), HERE));
  names ??= authenticatorNames();
  show("register.ready", { values, account, name: suggested, action });
}

/** A name without what no name may have: line breaks and other control characters. */
function cleaned(name) {
  return name.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
}

/** Begins a ceremony, has the browser create a passkey, and adds it to the account. */
async function register(name, hints) {
  const stop = new AbortController();
  show("register.waiting", { tone: "busy", account, action: () => stop.abort() });
  const user = encodeURIComponent(account.userId);
  const begun = await call(`v2/users/${user}/passkeys`, { code: link });
  const options = begun.publicKeyCredentialCreationOptions.publicKey;
  let credential;
  try {
    credential = await create(options, hints, stop.signal);
  } catch (error) {
    return notCreated(error, name);
  }
  const passkeyName = await nameOf(credential, name);
  const path = `v2/users/${user}/passkeys/${encodeURIComponent(begun.passkeyId)}`;
  await save({ path, options, credential, passkeyName });
}

/** The name that was chosen; without one that of the authenticator, else that of the device. */
async function nameOf(credential, name) {
  const chosen = name !== suggested && name;
  return chosen || (await names)[aaguid(credential)] || suggested || UNNAMED;
}

/** Why the browser created nothing. Nothing was used up either: each way leads to another try. */
function notCreated(error, name) {
  const again = (hints) => () => attempt(() => register(name, hints));
  switch (error.name) {
    case "AbortError":
    case "NotAllowedError":
      return show("register.cancelled", { tone: "bad", account, action: again(HERE) });
    case "InvalidStateError":
      return show("register.exists", { tone: "good", account, action: again(ELSEWHERE) });
    case "ConstraintError":
    case "NotSupportedError":
      return show("register.unsuitable", { tone: "bad", account, action: again(ELSEWHERE) });
    case "SecurityError":
      return show("register.wrong_site", { tone: "bad", values: { host: () => location.host } });
    default:
      return show("register.failed", { tone: "bad", account, action: again(HERE) });
  }
}

/** Adds a passkey that the browser has created. Without an answer, it can be sent again. */
async function save(created) {
  const { path, credential, passkeyName } = created;
  show("common.loading", { tone: "busy" });
  try {
    await call(path, { publicKeyCredential: asJson(credential), passkeyName });
  } catch (error) {
    if (isRefusal(error)) {
      return refused(error, created);
    }
    const action = () => attempt(() => save(created));
    return show("register.unsaved", { tone: "bad", account, action });
  }
  done(created);
}

function done({ passkeyName }) {
  show("register.done", { tone: "good", values: { name: () => passkeyName }, account });
}

/**
 * Why a passkey was not added. It may have been, and the answer lost: then it no longer verifies,
 * and the link is used. Where somebody else used the link, the code is refused instead.
 */
async function refused(error, created) {
  const { options, credential, passkeyName } = created;
  const again = (hints) => () => attempt(() => register(passkeyName, hints));
  if (error.id === "PASSKEY-Exists") {
    return show("register.exists", { tone: "good", account, action: again(ELSEWHERE) });
  }
  await look();
  if (account.state === "LINK_STATE_REDEEMED" && error.id === "PASSKEY-ValidateFailed") {
    return done(created);
  }
  await forget(options, credential);
  if (account.state !== "LINK_STATE_OPEN") {
    return showLink();
  }
  switch (error.id) {
    case "PASSKEY-TooMany":
      return show("register.full", { tone: "bad", account, action: again(HERE) });
    case "REQUEST-Invalid":
      return show("register.failed", { tone: "bad", account, action: ready });
    default:
      return show("register.failed", { tone: "bad", account, action: again(HERE) });
  }
}

/** Whether the answer is about what was sent, and not about the server's health or its limits. */
function isRefusal({ id }) {
  const passing = ["REQUEST-Deadline", "REQUEST-TooMany"];
  return id !== undefined && !id.startsWith("SERVICE-") && !passing.includes(id);
}

/** Has a new link mailed in place of an expired one. */
async function resend() {
  show("common.loading", { tone: "busy" });
  const values = { email: () => account.maskedEmail };
  try {
    await call(`passlink/v1/links/${encodeURIComponent(link.id)}/_resend`, { code: link.code });
  } catch (error) {
    if (error.id === "LINK-CodeInvalid") {
      return show("register.not_resent", { tone: "bad" });
    }
    if (error.id === "LINK-TooMany") {
      values.when = () => fromNow(error.retryAfter);
      return show("register.later", { tone: "bad", values, action: () => attempt(resend) });
    }
    throw error;
  }
  show("register.resent", { tone: "good", values });
}

function openSecurely() {
  const url = wholeLink("codeID", link);
  url.protocol = "https:";
  location.replace(url);
}

async function copyLink() {
  const url = wholeLink("codeID", link).href;
  const copied = navigator.clipboard.writeText(url).then(() => said("labels.copied"), () => url);
  announce(await copied);
}
