// An OpenID provider, for `tests/src/identity_provider.rs`: `oidc-provider`, which is not ours, behind
// a door that counts requests and can misbehave: oidc_provider.mjs PORT. The issuer is
// http://localhost:PORT.
//
// Each line of stdin is a command, `{command, args}`, each line of stdout its answer. Prints `ready`
// first, and ends with stdin.

import * as crypto from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";
import { createMemoryAdapter } from "oidc-provider/lib/adapters/memory_adapter.js";

// What the provider has to say is no answer to a command.
console.info = console.error;

const port = Number(process.argv[2]);
const issuer = `http://localhost:${port}`;
const SCOPES = "openid email profile passlink.links";
const CLAIMS = {
  email: ["email", "email_verified"],
  profile: ["name", "preferred_username", "locale", "org"],
};
/** What lives for an hour. */
const LIVES = [
  "AccessToken",
  "AuthorizationCode",
  "ClientCredentials",
  "Grant",
  "IdToken",
  "Interaction",
  "Session",
];
/** What signed tokens begin with, if a test says nothing else. */
const HEADER = { alg: "RS256", typ: "at+jwt" };

/** Claims by subject: persons, and clients that speak for themselves. */
const accounts = new Map();
/** What access tokens and introspection tell of an account besides `sub`. */
let tokenClaims = ["auth_time", ...CLAIMS.email, ...CLAIMS.profile];

/** Each key has a name of its own, and one algorithm. */
const newKey = {
  RS256: () => crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: () => crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }),
};
const jwk = (key, alg, kid) => ({ ...key.export({ format: "jwk" }), use: "sig", alg, kid });

const newKeys = (name) =>
  ["RS256", "ES256"].map((alg) => ({ alg, kid: `${alg}-${name}`, ...newKey[alg]() }));
let generation = 1;
let keys = newKeys(generation);
const stranger = newKeys("stranger");
const keysOfPasslink = newKeys("passlink");

const app = {
  grant_types: ["authorization_code", "client_credentials"],
  redirect_uris: ["https://app.example.com/callback"],
};
const service = { grant_types: ["client_credentials"], redirect_uris: [], response_types: [] };
const clients = [
  { client_id: "app", ...app },
  { client_id: "other", ...app },
  { client_id: "backend", ...service },
  { client_id: "passlink", ...service },
].map((client) => ({ ...client, client_secret: `the secret: 100%+ of ${client.client_id}` }));
clients.push({
  client_id: "passlink-key",
  token_endpoint_auth_method: "private_key_jwt",
  jwks: { keys: keysOfPasslink.map(({ alg, kid, publicKey }) => jwk(publicKey, alg, kid)) },
  ...service,
});

/** A resource is an audience, whose query says what its tokens are like: `?format=opaque&alg=ES256`. */
function resource(url) {
  const [audience, query] = url.split("?");
  const wanted = new URLSearchParams(query);
  return {
    audience,
    scope: SCOPES,
    accessTokenFormat: wanted.get("format") ?? "jwt",
    jwt: { sign: { alg: wanted.get("alg") ?? "RS256" } },
  };
}

const adapter = createMemoryAdapter();
/** The access tokens that are JWTs, which the provider itself does not keep. */
const issued = new Map();

function newProvider() {
  const provider = new Provider(issuer, {
    adapter,
    clients,
    jwks: { keys: keys.map(({ alg, kid, privateKey }) => jwk(privateKey, alg, kid)) },
    cookies: { keys: ["nobody needs to guess this"] },
    scopes: SCOPES.split(" "),
    claims: CLAIMS,
    pkce: { required: () => true },
    ttl: Object.fromEntries(LIVES.map((it) => [it, 3600])),
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...accounts.get(sub), sub }) }),
    // Whoever has signed in has agreed to everything.
    async loadExistingGrant({ oidc }) {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope(SCOPES);
      for (const url of Object.keys(oidc.resourceServers)) grant.addResourceScope(url, SCOPES);
      await grant.save();
      return grant;
    },
    extraTokenClaims({ oidc }, { accountId, clientId }) {
      const { authTime: auth_time } = oidc.entities.AuthorizationCode ?? {};
      const known = Object.entries({ auth_time, ...accounts.get(accountId ?? clientId) });
      const told = ([name, value]) => tokenClaims.includes(name) && value !== undefined;
      return Object.fromEntries(known.filter(told));
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_, { clientId }) => clientId.startsWith("passlink") },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: { enabled: true, getResourceServerInfo: (_, url) => resource(url) },
    },
  });
  provider.on("server_error", (_, error) => console.error(error));
  // `oidc-provider` answers at UserInfo for no token that has an audience. Other providers do, and
  // Passlink asks there with the token that it was given: so this one does as well.
  provider.use(async (ctx, next) => {
    await next();
    const token = ctx.oidc?.entities.AccessToken;
    if (ctx.oidc?.route === "token" && token?.format === "jwt") issued.set(ctx.body.access_token, token);
  });
  const { AccessToken } = provider;
  const find = AccessToken.find.bind(AccessToken);
  AccessToken.find = async (value, options) => {
    if (Provider.ctx?.oidc?.route !== "userinfo") return find(value, options);
    const token = issued.get(value) ?? (await find(value, options));
    if (token) token.aud = undefined;
    return token;
  };
  return provider;
}
let provider = newProvider();

const ENDPOINTS = {
  "/.well-known/openid-configuration": "discovery",
  "/jwks": "jwks",
  "/token/introspection": "introspection",
  "/me": "user_info",
  "/token": "token",
};
const counts = {};
const faults = {};
/** Requests that wait for the fault of their endpoint to change. */
const held = {};

/** What an endpoint does instead of its work. */
const MISBEHAVIOUR = {
  hold: (endpoint, request, response) => (held[endpoint] ??= []).push([request, response]),
  refuse: (_, request, response) => response.writeHead(500).end(),
  nonsense: (_, request, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Welcome</title>"),
  huge(_, request, response) {
    response.writeHead(200, { "content-type": "application/json" }).write('{"a":"');
    const more = () => {
      while (response.write("a".repeat(65536)));
    };
    response.on("drain", more);
    more();
  },
  // What is there would be right: only that it was fetched from there is not.
  redirect: (_, request, response) =>
    response.writeHead(302, { location: `${issuer}/elsewhere${request.url}` }).end(),
  says: (_, request, response, answer) =>
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer)),
  errs: (_, request, response, [status, answer]) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer)),
};

function serve(endpoint, request, response) {
  const fault = faults[endpoint] ?? "none";
  const [kind, answer] = typeof fault === "string" ? [fault] : Object.entries(fault)[0];
  if (kind === "none") provider.callback()(request, response);
  else MISBEHAVIOUR[kind](endpoint, request, response, answer);
}

const ELSEWHERE = "/elsewhere";
const server = createServer(async (request, response) => {
  const path = request.url.split("?")[0];
  if (path.startsWith("/interaction/")) {
    // Signs in whom the app named, without a question.
    const { params } = await provider.interactionDetails(request, response);
    await provider.interactionFinished(request, response, { login: { accountId: params.login_hint } });
    return;
  }
  const endpoint = path.startsWith(ELSEWHERE) ? "elsewhere" : (ENDPOINTS[path] ?? "another");
  counts[endpoint] = (counts[endpoint] ?? 0) + 1;
  if (endpoint === "elsewhere") request.url = request.url.slice(ELSEWHERE.length);
  serve(endpoint, request, response);
});

/** A JWS of anything at all, also of what no library would sign. */
function sign({ header, claims, by_stranger }) {
  const alg = header.alg ?? HEADER.alg;
  const among = (all) => all.find((it) => it.alg.slice(0, 2) === alg.slice(0, 2)) ?? all[0];
  // A stranger names the provider's key as well.
  const { kid } = among(keys);
  // `null` takes a field away.
  const fields = Object.entries({ ...HEADER, kid, ...header }).filter(([, value]) => value !== null);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${encode(Object.fromEntries(fields))}.${encode(claims)}`;
  return `${input}.${signature(alg, among(by_stranger ? stranger : keys), input)}`;
}

function signature(alg, { privateKey, publicKey }, input) {
  const hash = `sha${alg.slice(2)}`;
  switch (alg.slice(0, 2)) {
    case "RS":
      return crypto.sign(hash, input, privateKey).toString("base64url");
    case "PS": {
      const padding = crypto.constants.RSA_PKCS1_PSS_PADDING;
      const saltLength = crypto.constants.RSA_PSS_SALTLEN_DIGEST;
      return crypto.sign(hash, input, { key: privateKey, padding, saltLength }).toString("base64url");
    }
    case "ES":
      return crypto.sign(hash, input, { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
    case "HS": {
      const secret = publicKey.export({ format: "pem", type: "spki" });
      return crypto.createHmac(hash, secret).update(input).digest("base64url");
    }
    default:
      return "";
  }
}

const listen = () => new Promise((done) => server.listen(port, "127.0.0.1", done));

const COMMANDS = {
  account: ({ sub, claims }) => void accounts.set(sub, claims),
  token_claims: (names) => void (tokenClaims = names),
  rotate(keepOld) {
    generation += 1;
    keys = [...newKeys(generation), ...(keepOld ? keys : [])];
    // The provider reads its keys when it is made.
    provider = newProvider();
  },
  fault({ endpoint, fault }) {
    faults[endpoint] = fault;
    const waiting = held[endpoint] ?? [];
    held[endpoint] = [];
    for (const [request, response] of waiting) serve(endpoint, request, response);
  },
  count: (endpoint) => counts[endpoint] ?? 0,
  sign,
  stranger: () => jwk(stranger[0].publicKey, stranger[0].alg, keys[0].kid),
  private_key: (alg) =>
    keysOfPasslink.find((key) => key.alg === alg).privateKey.export({ format: "pem", type: "pkcs8" }),
  down: () =>
    new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    }),
  up: listen,
};

await listen();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const { command, args } = JSON.parse(line);
  const reply = await Promise.try(COMMANDS[command], args).then(
    (result) => ({ result: result ?? null }),
    (error) => ({ error: String(error.stack ?? error) }),
  );
  console.log(JSON.stringify(reply));
}
process.exit();
