// The ceremony in the browser (WebAuthn Level 3), with what older browsers lack.

import { fromBase64url, toBase64url } from "./base64url.js";

/** Whether this browser can create passkeys, on a page that is open securely. */
export const canCreate = () => typeof globalThis.PublicKeyCredential === "function";

/**
 * Has an authenticator create a credential. `options` are those of the API, as JSON; `hints` say
 * where to look first; `signal` ends it, also in browsers that don't heed it.
 */
export async function create(options, hints, signal) {
  const wanted = { ...options, hints };
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON?.(wanted) ?? parsed(wanted);
  const created = navigator.credentials.create({ publicKey, signal });
  const credential = await Promise.race([created, aborted(signal)]);
  if (!credential) {
    created.then((late) => forget({ rp: options.rp, credential: late })).catch(() => {});
    // Some browsers answer with nothing where they refuse.
    throw new DOMException("nothing created", signal.aborted ? "AbortError" : "NotAllowedError");
  }
  return credential;
}

/** Comes when `signal` does. */
export function aborted(signal) {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

/** The credential as the API takes it. */
export function asJson(credential) {
  try {
    return credential.toJSON();
  } catch {
    // Older browsers, and password managers that bring an object of their own.
    return serialised(credential);
  }
}

/** Which kind of authenticator it is, as a UUID; nothing where it doesn't tell. */
export function aaguid(credential) {
  const data = credential.response.getAuthenticatorData?.();
  const octets = data ? new Uint8Array(data, 37, 16) : new Uint8Array();
  if (octets.every((octet) => octet === 0)) {
    return undefined;
  }
  const hex = Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Tells the authenticator that nobody knows this credential, so that it isn't offered again. */
export async function forget({ rp, credential }) {
  const unknown = { rpId: rp.id, credentialId: credential.id };
  await PublicKeyCredential.signalUnknownCredential?.(unknown).catch(() => {});
}

function parsed(options) {
  const { challenge, user, excludeCredentials = [] } = options;
  return {
    ...options,
    challenge: fromBase64url(challenge),
    user: { ...user, id: fromBase64url(user.id) },
    excludeCredentials: excludeCredentials.map((it) => ({ ...it, id: fromBase64url(it.id) })),
  };
}

function serialised({ id, rawId, type, authenticatorAttachment, response, ...credential }) {
  return {
    id,
    rawId: toBase64url(rawId),
    type,
    authenticatorAttachment: authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults?.() ?? {},
    response: {
      clientDataJSON: toBase64url(response.clientDataJSON),
      attestationObject: toBase64url(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  };
}
