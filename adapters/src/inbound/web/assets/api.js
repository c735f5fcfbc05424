// Calls to Passlink. Pages and API share an origin, and the path that a proxy may put before both.

/** How long an answer may take, in milliseconds. */
const PATIENCE = 30_000;

/** Why a call failed: the error's id in the API's table, or none when there was no answer. */
export class ApiError extends Error {
  constructor(id, retryAfter) {
    super(id ?? "no answer");
    this.id = id;
    /** The seconds to wait, where the answer says so. */
    this.retryAfter = retryAfter;
  }
}

/**
 * Posts `body` to a path of the API; answers the JSON that comes back. `signal` ends the wait, with
 * its reason as the error; what was asked may be done all the same.
 */
export async function call(path, body, signal) {
  const response = await post(path, body, signal);
  const answer = await response.json().catch(() => undefined);
  signal?.throwIfAborted();
  if (response.ok && answer) {
    return answer;
  }
  throw new ApiError(answer?.details?.[0]?.id, Number(response.headers.get("retry-after")));
}

async function post(path, body, signal) {
  // Not every browser that creates passkeys has `AbortSignal.any`.
  const stop = new AbortController();
  setTimeout(() => stop.abort(), PATIENCE);
  signal?.addEventListener("abort", () => stop.abort());
  try {
    return await fetch(new URL(`../${path}`, location.href), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      signal: stop.signal,
    });
  } catch {
    signal?.throwIfAborted();
    throw new ApiError();
  }
}
