// Photographs are sent one after the other in pieces, from where the last connection broke, until they are kept.

import { forget, keep, kept } from "./kept.js";
import { Refusal, ask, element, pause, words } from "./station.js";

const PIECE = 512 * 1024;
const LONGEST_PAUSE_MS = 20_000;

const page = document.getElementById("capture");
const list = document.getElementById("photographs");
const said = document.getElementById("said");
const slide = page.dataset.slide;
const t = await words();
const queue = [];
const shown = new Map(); // of photographs by the number of their field
let isSending = false;

class Photograph {
  constructor(file, address = null, key = undefined) {
    this.file = file;
    this.field = null;
    this.address = address;
    this.key = key;
    const name = element("p", { class: "file" }, element("bdi", {}, file.name));
    this.progress = element("progress", { max: 100, value: 0, "aria-label": file.name });
    this.state = element("p", {}, t("script.waiting"));
    this.reason = element("p", { class: "reasons", dir: "auto", hidden: "" });
    const image = element("img", { alt: file.name, width: 160, height: 120 });
    image.src = URL.createObjectURL(file);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    image.addEventListener("error", () => image.replaceWith(element("div", { class: "noimage", "aria-hidden": "true" }, "▢")), { once: true });
    this.item = element("li", {}, image, element("div", {}, name, this.state, this.progress, this.reason));
    list.prepend(this.item);
  }

  /** Keeps it in the browser until the station has it. */
  async keep() {
    const { file, address, key } = this;
    this.key = await keep({ slide, file, address, ...(key === undefined ? {} : { key }) });
  }

  async forget() {
    if (this.key !== undefined) await forget(this.key);
  }

  say(text, kind = "") {
    this.state.textContent = text;
    this.state.className = kind;
  }

  /** Sends until the photograph is kept, however often the connection breaks. */
  async send() {
    for (let wait = 1000; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      try {
        await this.attempt(() => (wait = 500));
        await this.forget();
        return;
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        const isGone = refusal.status === 404 && this.address !== null;
        if (isGone) this.address = null;
        else if (!refusal.passes && refusal.status !== 409) {
          this.progress.hidden = true;
          this.say(refusal.message, "retake");
          await this.forget();
          return;
        }
        this.say(refusal.status ? refusal.message : t("script.waiting"));
        await pause(wait);
      }
    }
  }

  async attempt(progressed) {
    let upload;
    if (this.address === null) {
      upload = await ask("POST", `/api/v1/slides/${slide}/uploads`, { name: this.file.name, size: this.file.size });
      this.address = `/api/v1/uploads/${upload.id}`;
      if (this.key !== undefined) await this.keep();
    } else {
      upload = await ask("GET", this.address);
    }
    while (upload.field_id === null) {
      const start = upload.received;
      const piece = this.file.slice(start, start + PIECE, "application/offset+octet-stream");
      const stop = AbortSignal.timeout ? AbortSignal.timeout(60_000) : undefined; // a socket that died says nothing
      upload = await ask("PATCH", this.address, piece, { "Upload-Offset": String(start) }, stop);
      progressed();
      const percent = Math.floor((100 * upload.received) / this.file.size);
      this.progress.value = percent;
      this.say(t("script.sending", { percent }));
    }
    this.field = upload.field_id;
    this.progress.hidden = true;
    this.say(t("script.analysing"));
    shown.get(this.field)?.item.remove(); // the same photograph again
    shown.set(this.field, this);
  }

  /** Shows what the station says of the field. */
  tell(field) {
    if (field.state === "queued") return;
    const verdict = field.state === "failed" ? "failed" : field.verdict;
    const kinds = { accepted: "good", doubtful: "doubt" };
    this.say(t(`script.${verdict}`), kinds[verdict] ?? "retake");
    this.reason.textContent = field.reason;
    this.reason.lang = field.language;
    this.reason.hidden = !field.reason;
  }
}

async function work() {
  if (isSending) return;
  isSending = true;
  while (queue.length) {
    await queue[0].send();
    queue.shift();
  }
  isSending = false;
}

async function take(event) {
  const most = Number(page.dataset.most);
  const files = [...event.target.files];
  event.target.value = "";
  for (const file of files) {
    if (file.size > most) {
      said.textContent = t("script.large", { name: file.name });
      continue;
    }
    const photograph = new Photograph(file);
    await photograph.keep();
    queue.push(photograph);
    work();
  }
}

async function follow() {
  const tags = {};
  for (;;) {
    if (!document.hidden) {
      try {
        await tell(tags);
        if (said.textContent === t("script.offline")) said.textContent = "";
      } catch {
        said.textContent = t("script.offline");
      }
    }
    await pause(2000);
  }
}

async function tell(seen) {
  const summary = await ask("GET", `/api/v1/slides/${slide}/summary`);
  const known = `${summary.revision}.${shown.size}`;
  if (seen.known === known) return;
  for (const field of await ask("GET", `/slides/${slide}/progress`)) shown.get(field.id)?.tell(field);
  document.getElementById("running").hidden = false;
  document.getElementById("counted").textContent = summary.counted;
  document.getElementById("counting").value = Math.min(summary.counted, summary.target);
  const most = Object.entries(summary.differential.shares)
    .filter(([, share]) => share.count)
    .sort(([, first], [, second]) => second.count - first.count)
    .slice(0, 4);
  const figures = ({ percent, low, high }) => ({ share: percent.toFixed(1), low: low.toFixed(1), high: high.toFixed(1) });
  document.getElementById("shares").replaceChildren(
    ...most.map(([name, share]) => element("span", { class: "badge" }, t("script.limits", { type: t(`type.${name}`), ...figures(share) }))),
  );
  seen.known = known;
}

document.getElementById("camera").addEventListener("change", take);
document.getElementById("pick").addEventListener("change", take);
addEventListener("beforeunload", (event) => {
  if (queue.length) {
    event.preventDefault();
    event.returnValue = t("script.leave");
  }
});
for (const { file, address, key } of await kept(slide)) queue.push(new Photograph(file, address, key));
work();
page.dataset.ready = "true";
follow();
