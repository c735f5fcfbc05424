// Base64url without padding (RFC 4648, section 5), for browsers that have it not built in.

/** The octets of a text. */
export function fromBase64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** The text of an `ArrayBuffer`. */
export function toBase64url(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (octet) => String.fromCharCode(octet)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
