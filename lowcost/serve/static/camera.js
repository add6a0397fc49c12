// The station's camera: a live picture, how sharp it is beside the best that was seen, and a button.

import { ask, element, pause, words } from "./station.js";

const byId = (id) => document.getElementById(id);
const page = byId("camera");
const t = await words();
const taken = new Map();
let best = 0;

async function look(slide) {
  const told = await ask("GET", `/slides/${slide}/camera/view`);
  byId("view").src = `/slides/${slide}/camera/view.jpg?${told.number}.${Date.now()}`;
  await byId("view").decode().catch(() => null);
  best = Math.max(0.995 * best, told.sharpness); // the best fades, as one moves to another place
  const percent = best ? Math.round((100 * told.sharpness) / best) : 0;
  byId("meter").value = percent;
  byId("percent").textContent = `${percent} %`;
  byId("verdict").textContent = told.verdict_label;
  byId("verdict").className = `badge ${told.verdict ?? ""}`;
  const width = told.edge_width_um;
  byId("width").textContent = width ? t("script.width", { width: width.toFixed(2), limit: told.limit_um.toFixed(2) }) : "";
  byId("reason").textContent = told.reason;
  byId("take").disabled = false;
}

async function take(slide) {
  byId("take").disabled = true;
  byId("said").textContent = t("script.taking");
  try {
    const upload = await ask("POST", `/api/v1/slides/${slide}/camera`);
    byId("said").textContent = t("script.analysing");
    add(upload);
  } catch (refusal) {
    byId("said").textContent = refusal.message || t("script.offline");
  }
  byId("take").disabled = false;
}

function add(upload) {
  const state = element("p", {}, t("script.analysing"));
  const reason = element("p", { class: "reasons", dir: "auto" });
  const picture = element("div", { class: "noimage", "aria-hidden": "true" }, "…");
  const item = element("li", {}, picture, element("div", {}, element("p", { class: "file" }, element("bdi", {}, upload.name)), state, reason));
  taken.set(upload.field_id, { item, state, reason, picture });
  byId("photographs").prepend(item);
}

/** Shows what the station says of the photographs that were taken here. */
async function follow(slide) {
  const kinds = { accepted: "good", doubtful: "doubt" };
  for (const field of await ask("GET", `/slides/${slide}/progress`)) {
    const shown = taken.get(field.id);
    if (!shown || field.state === "queued") continue;
    const verdict = field.state === "failed" ? "failed" : field.verdict;
    shown.state.textContent = t(`script.${verdict}`);
    shown.state.className = kinds[verdict] ?? "retake";
    shown.reason.textContent = field.reason;
    if (field.state === "done") {
      const source = `/api/v1/fields/${field.id}/pictures/thumbnail.jpg`;
      shown.picture.replaceWith(element("img", { src: source, alt: field.name, width: 160, height: 120 }));
    }
    taken.delete(field.id);
    byId("said").textContent = "";
  }
}

async function live() {
  for (;;) {
    if (!document.hidden) {
      try {
        await look(page.dataset.slide);
        if (byId("view").dataset.lost) byId("said").textContent = "";
        delete byId("view").dataset.lost;
      } catch (refusal) {
        byId("view").dataset.lost = "true";
        byId("said").textContent = refusal.message || t("script.offline");
        await pause(3000);
      }
    }
    await pause(150);
  }
}

if (page) {
  const { slide } = page.dataset;
  byId("take").addEventListener("click", () => take(slide));
  addEventListener("keydown", (event) => {
    if (event.key !== " " || event.target.closest("button, a, select, input") || byId("take").disabled) return;
    event.preventDefault();
    take(slide);
  });
  live();
  for (;;) {
    await pause(2000);
    if (taken.size) await follow(slide).catch(() => null);
  }
}
