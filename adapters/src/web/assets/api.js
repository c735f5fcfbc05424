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

/** Posts `body` to a path of the API; answers the JSON that comes back. */
export async function call(path, body) {
  const response = await post(path, body);
  const answer = await response.json().catch(() => undefined);
  if (response.ok && answer) {
    return answer;
  }
  throw new ApiError(answer?.details?.[0]?.id, Number(response.headers.get("retry-after")));
}

async function post(path, body) {
  try {
    return await fetch(new URL(`../${path}`, location.href), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new ApiError();
  }
}
