// What to call a passkey that its owner gives no name.

/** How long the names of authenticators may take, in milliseconds. */
const PATIENCE = 3_000;
/** The names of devices, by what browsers say of them; the first that fits holds. */
const DEVICES = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/CrOS/, "Chromebook"],
  [/Macintosh/, "Mac"],
  [/Windows/, "Windows"],
  [/Linux/, "Linux"],
];

/** What people call this device: `Pixel 9`, `iPhone`, `Windows`; nothing if that can't be told. */
export async function deviceName() {
  return (await model()) || kind();
}

/**
 * What people call kinds of authenticators (`iCloud Keychain`), by AAGUID. Nobody waits for long for
 * it: a passkey is named after the device without it.
 */
export async function authenticatorNames() {
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(new URL("aaguids.json", import.meta.url), { signal });
    return (await response.json()).names ?? {};
  } catch {
    return {};
  }
}

async function model() {
  const values = await navigator.userAgentData?.getHighEntropyValues(["model"]).catch(() => {});
  return values?.model;
}

function kind() {
  const { userAgent, maxTouchPoints } = navigator;
  const found = DEVICES.find(([sign]) => sign.test(userAgent))?.[1] ?? "";
  // An iPad calls itself a Mac; no Mac has a touch screen.
  return found === "Mac" && maxTouchPoints > 1 ? "iPad" : found;
}
