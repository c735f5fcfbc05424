// `/passkeys/register`: adds a passkey to the account that the link is for.

import { addedBy, keepAdded } from "./added.js";
import { ApiError, call } from "./api.js";
import { show } from "./card.js";
import { authenticatorNames, deviceName } from "./device.js";
import { elsewhere, wayOutOfApp } from "./elsewhere.js";
import { explain } from "./explain.js";
import { surroundingApp } from "./inapp.js";
import {
  idInAddressBar,
  putBack,
  remember,
  shortened,
  showId,
  takeLink,
  takeOut,
  wholeLink,
} from "./link.js";
import { aaguid, aborted, asJson, canCreate, create, forget } from "./passkey.js";
import { fromNow, speak, timeOf } from "./texts.js";

/** Where the browser looks for an authenticator first. */
const HERE = ["client-device"];
const ELSEWHERE = ["security-key", "hybrid"];
/** What a passkey is called when nothing is known of it. */
const UNNAMED = "Passkey";
/** What fails sooner than this, in milliseconds, was refused by the browser and not by its user. */
const AT_ONCE = 1_000;

const shownId = idInAddressBar("codeID");
const link = takeLink("codeID");
/** An app hands on what is in the address bar, so the link stays there until it is used. */
const inApp = surroundingApp() !== undefined;
if (inApp && link && !link.registered) {
  putBack("codeID", link);
}
const linkPath = `passlink/v1/links/${encodeURIComponent(link?.id)}`;
const suggested = await deviceName();
let account;
/** Asked for before they are needed, while the page is read. */
let names;

if (!link) {
  await showAdded(shownId);
} else if (!isSecureContext) {
  stranded("register.insecure", { action: openSecurely }, secureLink());
} else if (!canCreate()) {
  stranded("register.unsupported");
} else {
  attempt(link.created ? resume : inspect);
}

/** Shows what a link without its code added in this browser. */
async function showAdded(id) {
  const added = addedBy(id);
  if (!added) {
    return show("common.incomplete", { tone: "bad" });
  }
  await speak(added.language);
  showDone(id, added);
}

/** Shows a state in which another browser or device may help: the link can be taken there. */
function stranded(state, { action, ...options } = {}, url = wholeLink("codeID", link)) {
  putBack("codeID", link);
  const onwards = () => {
    if (!inApp) {
      takeOut();
    }
    action();
  };
  const more = () => elsewhere(url.href, shortened("codeID", url).href);
  show(state, { tone: "bad", ...options, action: action && onwards, more });
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
  account = await call(`${linkPath}/_inspect`, { code: link.code });
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
    case "LINK_STATE_REDEEMED": {
      const added = link.registered ? { name: link.registered } : addedBy(link.id);
      return added ? showDone(link.id, added) : show("register.redeemed", { tone: "bad" });
    }
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
  const more = inApp && (() => wayOutOfApp(wholeLink("codeID", link).href));
  show("register.ready", { values, account, name: suggested, action, more });
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
  const code = { id: link.id, code: link.code };
  let begun, credential, asked;
  try {
    begun = await call(`v2/users/${user}/passkeys`, { code }, stop.signal);
    asked = performance.now();
    const options = begun.publicKeyCredentialCreationOptions.publicKey;
    // The server waits no longer either.
    const late = setTimeout(() => stop.abort(), options.timeout);
    credential = await create(options, hints, stop.signal).finally(() => clearTimeout(late));
  } catch (error) {
    if (error instanceof ApiError) {
      throw error;
    }
    return notCreated(error, name, performance.now() - asked);
  }
  const passkeyName = await Promise.race([nameOf(credential, name), aborted(stop.signal)]);
  const created = {
    path: `v2/users/${user}/passkeys/${encodeURIComponent(begun.passkeyId)}`,
    passkeyId: begun.passkeyId,
    rp: begun.publicKeyCredentialCreationOptions.publicKey.rp,
    credential: plain(asJson(credential)),
    passkeyName,
  };
  return stop.signal.aborted ? withdraw(created, name) : save(created);
}

/** Nothing but data, which a tab's history can keep, whatever a password manager makes. */
function plain(object) {
  return JSON.parse(JSON.stringify(object));
}

/** The name that was chosen; without one that of the authenticator, else that of the device. */
async function nameOf(credential, name) {
  const chosen = name !== suggested && name;
  return chosen || (await names)[aaguid(credential)] || suggested || UNNAMED;
}

/** Why the browser created nothing. Nothing was used up either: each way leads to another try. */
function notCreated(error, name, after) {
  const again = (hints) => () => attempt(() => register(name, hints));
  switch (error.name) {
    case "AbortError":
    case "NotAllowedError": {
      const options = { tone: "bad", account, action: again(HERE) };
      const atOnce = error.name === "NotAllowedError" && after < AT_ONCE;
      // In some apps nothing comes of it, and only Cancel or the end of the time ends the wait.
      return (atOnce || inApp ? stranded : show)("register.cancelled", options);
    }
    case "InvalidStateError":
      return exists(again(ELSEWHERE));
    case "ConstraintError":
    case "NotSupportedError":
      return stranded("register.unsuitable", { account, action: again(ELSEWHERE) });
    case "SecurityError":
      return stranded("register.wrong_site", { values: { host: () => location.host } });
    default:
      return stranded("register.failed", { account, action: again(HERE) });
  }
}

/** Shows that this device needs no passkey more, and the link for another. */
function exists(action) {
  stranded("register.exists", { tone: "good", account, action });
}

/**
 * Adds a passkey that the browser has created. Without an answer, it can be sent again; also after
 * the page was loaded again.
 */
async function save(created) {
  const { path, credential, passkeyName } = created;
  const stop = new AbortController();
  remember({ created });
  show("common.loading", { tone: "busy", action: () => stop.abort() });
  try {
    await call(path, { publicKeyCredential: credential, passkeyName }, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) {
      return attempt(() => withdraw(created, passkeyName));
    }
    return isRefusal(error) ? refused(error, created) : unsaved(created);
  }
  done(created);
}

function unsaved(created) {
  const action = () => attempt(() => save(created));
  show("register.unsaved", { tone: "bad", account, action });
}

/** Goes on where the page was left while the server was asked to add a passkey. */
async function resume() {
  await look();
  return account.state === "LINK_STATE_OPEN" ? unsaved(link.created) : save(link.created);
}

/** Drops a passkey at its user's word, unless it was added before that came. */
async function withdraw(created, name) {
  show("common.loading", { tone: "busy" });
  await look();
  if (account.state !== "LINK_STATE_OPEN") {
    // To send it again tells whether it is this one that was added.
    return save(created);
  }
  await drop(created);
  const action = () => attempt(() => register(name, HERE));
  show("register.cancelled", { tone: "bad", account, action });
}

/** Has the device forget a passkey that was not added. */
async function drop(created) {
  remember({ created: undefined });
  await forget(created);
}

function done({ passkeyId, passkeyName: name }) {
  link.registered = name;
  remember({ created: undefined, registered: name });
  keepAdded(link.id, { passkeyId, name, language: account.language });
  showDone(link.id, { name });
}

/** Shows that this browser added a passkey: also when the page is opened again. */
function showDone(id, { name }) {
  showId("codeID", id);
  show("register.done", { tone: "good", values: { name: () => name }, account, done: true });
}

/**
 * Why a passkey was not added. It may have been, and the answer lost: then it no longer verifies,
 * and the link is used. Where somebody else used the link, the code is refused instead.
 */
async function refused(error, created) {
  const { passkeyName } = created;
  const again = (hints) => () => attempt(() => register(passkeyName, hints));
  if (error.id === "PASSKEY-Exists") {
    remember({ created: undefined });
    return exists(again(ELSEWHERE));
  }
  await look();
  if (account.state === "LINK_STATE_REDEEMED" && error.id === "PASSKEY-ValidateFailed") {
    return done(created);
  }
  await drop(created);
  if (account.state !== "LINK_STATE_OPEN") {
    return showLink();
  }
  switch (error.id) {
    case "PASSKEY-TooMany":
      return show("register.full", { tone: "bad", account, action: again(HERE) });
    case "REQUEST-Invalid":
      return stranded("register.failed", { account, action: ready });
    default:
      return stranded("register.failed", { account, action: again(HERE) });
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
    await call(`${linkPath}/_resend`, { code: link.code });
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

/** The link over an encrypted connection. */
function secureLink() {
  const url = wholeLink("codeID", link);
  url.protocol = "https:";
  return url;
}

function openSecurely() {
  location.replace(secureLink());
}
