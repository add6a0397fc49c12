// What every page's script needs: the words of the language, and requests that carry the session's secret.

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

const table = fetch(meta("words")).then((answer) => (answer.ok ? answer.json() : {}), () => ({}));

/** Returns a function that gives a text with its places filled. */
export async function words() {
  const known = await table;
  return (key, values = {}) => (known[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** What the station refused; `status` is 0 where there was no connection. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  /** Whether the same request may succeed later. */
  get passes() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Sends a request; `body` is sent as JSON unless it is a Blob. Throws a Refusal. */
export async function ask(method, address, body, headers = {}, signal = undefined) {
  const isBlob = body instanceof Blob;
  const sent = { "X-CSRF-Token": meta("csrf"), Accept: "application/json", ...headers };
  if (body !== undefined && !isBlob) sent["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address, { method, headers: sent, body: isBlob || body === undefined ? body : JSON.stringify(body), signal });
  } catch (error) {
    throw new Refusal(0, error.message);
  }
  if (answer.status === 401) location.assign("/sign-in");
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    const detail = Array.isArray(told.detail) ? told.detail.map((each) => each.msg).join("; ") : told.detail;
    throw new Refusal(answer.status, detail ?? answer.statusText);
  }
  return answer.status === 204 ? null : answer.json();
}

/** Waits so many milliseconds, or less if the connection comes back meanwhile. */
export function pause(ms) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
  });
}

/** Returns a random UUID; browsers give theirs on encrypted pages only, and the bench's network has none. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Returns an element with attributes and children; texts are never markup. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
