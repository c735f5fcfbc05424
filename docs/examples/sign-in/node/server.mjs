// A web application that signs people in with their passkeys, by Passlink. Node.js 20 or later, and no packages.
//
// PASSLINK_TOKEN=… node server.mjs

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const { PASSLINK_TOKEN, PASSLINK_URL = "http://localhost:8080", PORT = "3000" } = process.env;
const { APP_ORIGIN = `http://localhost:${PORT}` } = process.env;
if (!PASSLINK_TOKEN) throw new Error("PASSLINK_TOKEN is not set");

const page = readFileSync(new URL("../page.html", import.meta.url));

/** How long somebody may take to sign in, and how long they then are, in seconds. */
const PATIENCE = 300;
const SIGNED_IN = 12 * 60 * 60;

/** The sessions of Passlink by the cookies of browsers: sign-ins that were begun, and people who are signed in. */
const begun = new Map();
const signedIn = new Map();

/** What people are told, by the id of Passlink's error. */
const MESSAGES = {
  "PASSKEY-ValidateFailed": "That passkey did not work.",
  "SESSION-NotFound": "That took too long. Please start again.",
};

/** An answer that is an error. */
class Refused extends Error {
  constructor(status, id, message) {
    super(message);
    Object.assign(this, { status, id });
  }
}

/** Calls Passlink. The token is the app's, and no browser sees it. */
async function passlink(method, path, body) {
  const answer = await fetch(PASSLINK_URL + path, {
    method,
    headers: { authorization: `Bearer ${PASSLINK_TOKEN}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, json.details?.[0]?.id, json.message);
  return json;
}

/** Remembers a session under a new name that nobody can guess; the cookie that has it. */
function remember(kept, cookie, session, seconds) {
  for (const [name, { ends }] of kept) if (ends < Date.now()) kept.delete(name);
  const name = randomBytes(32).toString("base64url");
  kept.set(name, { session, ends: Date.now() + seconds * 1000 });
  return setCookie(cookie, name, seconds);
}

function setCookie(cookie, value, seconds) {
  const secure = APP_ORIGIN.startsWith("https:") ? "; Secure" : "";
  return `${cookie}=${value}; Max-Age=${seconds}; Path=/; HttpOnly; SameSite=Lax${secure}`;
}

/** The session that a cookie stands for. */
function recall(kept, cookie, request) {
  const cookies = (request.headers.cookie ?? "").split("; ").map((it) => it.split("="));
  const { session, ends } = kept.get(Object.fromEntries(cookies)[cookie]) ?? {};
  return ends > Date.now() ? session : undefined;
}

function forget(kept, session) {
  for (const [name, it] of kept) if (it.session === session) kept.delete(name);
}

async function begin(request, { loginName }) {
  const { sessionId, challenges } = await passlink("POST", "/v2/sessions", {
    checks: loginName ? { user: { loginName: String(loginName) } } : {},
    challenges: { webAuthN: { domain: new URL(APP_ORIGIN).hostname } },
    lifetime: `${PATIENCE}s`,
  });
  const cookie = remember(begun, "sign-in", sessionId, PATIENCE);
  return { json: challenges.webAuthN.publicKeyCredentialRequestOptions, cookies: [cookie] };
}

async function finish(request, credential) {
  const session = recall(begun, "sign-in", request);
  if (!session) throw new Refused(404, "SESSION-NotFound");
  forget(begun, session);
  await passlink("PATCH", `/v2/sessions/${session}`, {
    checks: { webAuthN: { credentialAssertionData: credential } },
    lifetime: `${SIGNED_IN}s`,
  });
  const person = await whoHas(session);
  if (!person) throw new Refused(400, "PASSKEY-ValidateFailed");
  await signOut(request);
  // A new name, which nobody can have known before.
  const cookie = remember(signedIn, "session", session, SIGNED_IN);
  return { json: { name: person.displayName }, cookies: [cookie, setCookie("sign-in", "", 0)] };
}

/** Who has signed in with a passkey on a device that recognised them: `id`, `loginName`, `displayName` … */
async function whoHas(session) {
  const { factors } = (await passlink("GET", `/v2/sessions/${session}`)).session;
  return factors?.webAuthN?.userVerified ? factors.user : undefined;
}

/** Passlink is asked each time: a session can end there, when its passkey is removed or its user is locked. */
async function me(request) {
  const session = recall(signedIn, "session", request);
  const person = session && (await whoHas(session).catch(unlessItEnded));
  return { json: { name: person?.displayName } };
}

async function signOut(request) {
  const session = recall(signedIn, "session", request);
  if (session) await passlink("DELETE", `/v2/sessions/${session}`).catch(unlessItEnded);
  forget(signedIn, session);
  return { json: {}, cookies: [setCookie("session", "", 0)] };
}

function unlessItEnded(error) {
  if (error.id !== "SESSION-NotFound") throw error;
}

const ROUTES = {
  "GET /me": me,
  "POST /sign-in/begin": begin,
  "POST /sign-in/finish": finish,
  "POST /sign-out": signOut,
};

/** The body, which is JSON and not long. */
async function bodyOf(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > 65_536) throw new Error("the body is too long");
  }
  return JSON.parse(text || "{}");
}

async function answer(request) {
  // Browsers say which page sends. Another one must not sign people in or out.
  const isOurs = request.method === "GET" || request.headers.origin === APP_ORIGIN;
  const act = ROUTES[`${request.method} ${request.url}`];
  if (!isOurs || !act) return { status: isOurs ? 404 : 403, json: { message: "That can't be done here." } };
  try {
    return await act(request, await bodyOf(request));
  } catch (error) {
    const message = MESSAGES[error.id];
    if (message) return { status: error.status, json: { message } };
    console.error(`${request.method} ${request.url}: ${error.message}`);
    return { status: 500, json: { message: "That did not work. Please try again later." } };
  }
}

createServer(async (request, response) => {
  if (request.method === "GET" && request.url === "/") {
    const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": "frame-ancestors 'none'" };
    response.writeHead(200, headers).end(page);
    return;
  }
  const { status = 200, json, cookies = [] } = await answer(request);
  const headers = { "content-type": "application/json", "cache-control": "no-store", "set-cookie": cookies };
  response.writeHead(status, headers).end(JSON.stringify(json));
}).listen(Number(PORT), "127.0.0.1", () => console.log(`The app is at ${APP_ORIGIN}`));
