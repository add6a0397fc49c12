// Verification by keyboard, as on a differential counter, or by finger; every correction is kept at once.

import { Gallery, byPerson } from "./gallery.js";
import { Outbox } from "./outbox.js";
import { ask, pause, words } from "./station.js";

const byId = (id) => document.getElementById(id);
const page = byId("verify");
const root = byId("gallery");
const detail = byId("detail");
const slide = page.dataset.slide;
const isBlind = page.dataset.blind === "true";
const t = await words();
const keys = [...document.querySelectorAll(".key")];
const types = ["unidentified", ...keys.map((key) => key.dataset.type).filter((name) => name !== "unidentified")];
const typeOfKey = new Map(keys.map((key) => [key.dataset.key.toLowerCase(), key.dataset.type]));
const isWide = matchMedia("(min-width: 64rem)");
let revision = null;
let isStale = false;
let looksFor = null;

const say = (text) => (byId("said").textContent = text);

const gallery = new Gallery(root, types, describe, t);

const outbox = new Outbox(slide, {
  sent(answer) {
    if (revision !== null && answer.revision !== revision + 1) isStale = true;
    revision = answer.revision;
    for (const cell of answer.cells) take(cell);
    refresh();
  },
  refused(refusal) {
    say(refusal.message);
    load();
  },
  waits(count, isOffline) {
    if (isOffline) say(t("script.offline"));
    else if (!count) say(t("script.saved"));
  },
});

function describe(cell, place, total) {
  const type = t(`type.${cell.type}`);
  if (byPerson(cell)) return `${type}, ${t("script.person")}, ${place} / ${total}`;
  return t("script.cell", { type, probability: Math.round(100 * cell.probability), place, total });
}

/** Takes over what the station says of a cell, unless something newer is on its way. */
function take(cell) {
  const known = gallery.cells.get(cell.id);
  if (!outbox.concerns(cell.id)) gallery.cells.set(cell.id, { ...cell, picture: known?.picture ?? cell.picture });
}

async function load(sentence) {
  const summary = await ask("GET", `/api/v1/slides/${slide}/summary`);
  const cells = await ask("GET", `/api/v1/slides/${slide}/cells`);
  if (!outbox.isEmpty) return;
  revision = summary.revision;
  isStale = false;
  gallery.take(cells);
  refresh();
  if (sentence) say(sentence);
}

/** Brings everything in line with the cells. */
function refresh() {
  gallery.arrange();
  let counted = 0;
  const counts = new Map(types.map((name) => [name, 0]));
  for (const cell of gallery.cells.values()) if (!cell.deleted) counts.set(cell.type, (counts.get(cell.type) ?? 0) + 1);
  for (const key of keys) {
    key.querySelector("b").textContent = counts.get(key.dataset.type);
    counted += counts.get(key.dataset.type);
  }
  const isNone = counted === 0;
  root.hidden = isNone;
  byId("none").hidden = !isNone;
  byId("tally").textContent = gallery.chosen.size ? t("script.selected", { count: gallery.chosen.size }) : "";
  look(false);
}

/** Adds a correction of what is acted on, and shows it at once. */
function correct(act, change) {
  const ids = gallery.acted.filter((id) => gallery.cells.has(id));
  if (!ids.length) return say(t("script.choose_first"));
  const next = gallery.follower();
  const seen = ids.map((id) => gallery.cells.get(id)).filter((cell) => Object.entries(change).some(([name, value]) => cell[name] !== value));
  const cells = seen.map(({ id, version }) => ({ id, version }));
  for (const id of ids) {
    const cell = gallery.cells.get(id);
    const changes = seen.includes(cell);
    gallery.cells.set(id, { ...cell, ...change, version: cell.version + (changes ? 1 : 0) });
  }
  gallery.chosen.clear();
  if (cells.length) outbox.add({ ...act, cells });
  refresh();
  if (next !== null) gallery.go(next);
  look(false);
}

async function name(type) {
  const count = gallery.acted.length;
  if (isBlind && !(await call(type))) return;
  if (!isBlind) correct({ action: "retype", type }, { type, confirmed: true });
  if (count) say(t("script.named", { count, type: t(`type.${type}`) }));
}

/** A blind reader's calls are kept apart from the slide's corrections; returns whether they are kept. */
async function call(type) {
  const ids = gallery.acted;
  const next = gallery.follower();
  try {
    for (let start = 0; start < ids.length; start += 1000) {
      await ask("POST", `/api/v1/slides/${slide}/reviews/mine/calls`, { cells: ids.slice(start, start + 1000), type });
    }
  } catch (refusal) {
    say(refusal.status ? refusal.message : t("script.offline"));
    return false;
  }
  for (const id of ids) gallery.cells.set(id, { ...gallery.cells.get(id), type, confirmed: true });
  gallery.chosen.clear();
  refresh();
  gallery.go(next);
  look(false);
  return true;
}

function confirmTypes() {
  if (isBlind) return;
  const count = gallery.acted.length;
  correct({ action: "confirm" }, { confirmed: true });
  if (count) say(t("script.confirmed", { count }));
}

function remove() {
  if (isBlind) return;
  const count = gallery.acted.length;
  correct({ action: "delete" }, { deleted: true });
  if (count) say(t("script.deleted", { count }));
}

async function undo() {
  if (isBlind) return;
  const before = new Map([...gallery.cells].map(([id, cell]) => [id, cell.version]));
  await outbox.add({ action: "undo" });
  const back = [...gallery.cells.values()].find((cell) => cell.version !== before.get(cell.id) && !cell.deleted);
  if (!back) return;
  gallery.go(back.id);
  look(false);
  say(t("script.undone"));
}

/** Shows the cell that one is at closely: beside the gallery where there is room, or else when asked for. */
async function look(isAsked) {
  const id = gallery.here;
  if (isAsked && !isWide.matches) detail.hidden = false;
  const cell = gallery.cells.get(id);
  if (!cell || (detail.hidden && !isWide.matches)) return;
  const wanted = `${id}.${cell.version}.${cell.type}`;
  if (looksFor === wanted) return;
  looksFor = wanted;
  if (!isAsked) await new Promise((resolve) => setTimeout(resolve, 180));
  if (looksFor !== wanted) return;
  if (!outbox.isEmpty) await outbox.work;
  const answer = await fetch(`/cells/${id}/look`).catch(() => null);
  if (looksFor !== wanted) return;
  if (!answer?.ok) {
    looksFor = null;
    return;
  }
  detail.innerHTML = await answer.text(); // of this station's own template, in which everything is escaped
  detail.hidden = false;
  if (isAsked && !isWide.matches) detail.querySelector("[data-close]").focus();
}

function close() {
  if (isWide.matches || detail.hidden) return false;
  detail.hidden = true;
  looksFor = null;
  root.focus();
  return true;
}

async function verify() {
  if (!navigator.onLine) return say(t("script.offline_sign"));
  await outbox.work;
  const count = [...gallery.cells.values()].filter((cell) => !cell.deleted).length;
  if (!confirm(t(isBlind ? "script.sure_blind" : "script.sure", { count }))) return;
  try {
    await ask("POST", `/api/v1/slides/${slide}/reviews`, { blind: isBlind });
    await ask("POST", `/api/v1/slides/${slide}/reviews/mine/done`, { revision });
    say(t("script.verified"));
    location.assign(isBlind ? `/slides/${slide}` : `/slides/${slide}/report`);
  } catch (refusal) {
    if (refusal.status === 409) await load();
    say(refusal.status ? refusal.message : t("script.offline"));
  }
}

root.addEventListener("keydown", (event) => {
  const isForward = document.dir === "rtl" ? -1 : 1;
  const steps = { ArrowRight: [isForward, 0], ArrowLeft: [-isForward, 0], ArrowDown: [0, 1], ArrowUp: [0, -1], PageDown: [0, 5], PageUp: [0, -5] };
  const key = event.key.toLowerCase();
  const isCommand = event.ctrlKey || event.metaKey;
  if (event.altKey) return;
  if (steps[event.key]) gallery.step(...steps[event.key], event.shiftKey);
  else if (event.key === "Home") gallery.go(gallery.groups[0]?.cells[0].id);
  else if (event.key === "End") gallery.go(gallery.groups.at(-1)?.cells.at(-1).id);
  else if (event.key === " ") gallery.here !== null && gallery.toggle(gallery.here);
  else if (event.key === "Enter") look(true);
  else if (event.key === "Escape") close() || gallery.choose([]);
  else if (event.key === "Delete" || event.key === "Backspace") remove();
  else if (key === "z") undo();
  else if (key === "v" && !isCommand) confirmTypes();
  else if (key === "a" && isCommand) gallery.choose(gallery.places.get(gallery.here)?.group.cells.map((cell) => cell.id) ?? []);
  else if (!isCommand && typeOfKey.has(key)) name(typeOfKey.get(key));
  else return;
  event.preventDefault();
  tell();
});

function tell() {
  byId("tally").textContent = gallery.chosen.size ? t("script.selected", { count: gallery.chosen.size }) : "";
  look(false);
}

root.addEventListener("click", (event) => {
  const tile = event.target.closest("[data-cell]");
  if (!tile) return;
  const id = Number(tile.dataset.cell);
  const isSeveral = byId("several").getAttribute("aria-pressed") === "true" || event.ctrlKey || event.metaKey;
  if (isSeveral) gallery.toggle(id);
  else if (event.shiftKey) between(id);
  else gallery.choose([]);
  gallery.go(id);
  tell();
});

/** Chooses everything from where one is to a cell of the same group. */
function between(id) {
  const [from, to] = [gallery.places.get(gallery.here), gallery.places.get(id)];
  if (!from || from.group !== to.group) return;
  const [first, last] = [from.index, to.index].sort((a, b) => a - b);
  gallery.choose([...gallery.chosen, ...to.group.cells.slice(first, last + 1).map((cell) => cell.id)]);
}

root.addEventListener("dblclick", () => look(true));

page.addEventListener("dragstart", (event) => {
  const tile = event.target.closest?.("[data-cell]");
  if (!tile) return;
  const id = Number(tile.dataset.cell);
  if (!gallery.chosen.has(id)) gallery.choose([]);
  gallery.go(id);
  event.dataTransfer.setData("text/plain", String(id));
});
page.addEventListener("dragover", (event) => {
  const target = event.target.closest("[data-type]");
  for (const each of page.querySelectorAll(".over")) each.classList.toggle("over", each === target);
  if (!target) return;
  target.classList.add("over");
  event.preventDefault();
});
page.addEventListener("drop", (event) => {
  const target = event.target.closest("[data-type]");
  for (const each of page.querySelectorAll(".over")) each.classList.remove("over");
  if (!target) return;
  event.preventDefault();
  name(target.dataset.type);
});

for (const key of keys) key.addEventListener("click", () => name(key.dataset.type));
byId("undo").addEventListener("click", undo);
byId("confirm").addEventListener("click", confirmTypes);
byId("remove").addEventListener("click", remove);
byId("look").addEventListener("click", () => look(true));
byId("done")?.addEventListener("click", verify);
byId("several").addEventListener("click", ({ currentTarget }) => {
  currentTarget.setAttribute("aria-pressed", currentTarget.getAttribute("aria-pressed") !== "true");
});
byId("help").addEventListener("click", ({ currentTarget }) => {
  byId("helptext").hidden = !byId("helptext").hidden;
  currentTarget.setAttribute("aria-expanded", !byId("helptext").hidden);
});
detail.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]") && !close()) detail.hidden = true;
  const outline = event.target.closest("[data-outline]");
  if (!outline) return;
  const isBare = detail.querySelector(".zoom").classList.toggle("bare");
  outline.setAttribute("aria-pressed", !isBare);
});
detail.addEventListener("change", (event) => {
  const { attribute } = event.target.dataset;
  const cell = gallery.cells.get(gallery.here);
  if (!attribute || !cell || isBlind) return;
  gallery.cells.set(cell.id, { ...cell, version: cell.version + 1 });
  looksFor = `${cell.id}.${cell.version + 1}.${cell.type}`; // what is shown is right, and keeps the focus
  outbox.add({ action: "describe", cells: [{ id: cell.id, version: cell.version }], attribute, value: event.target.value });
});
detail.addEventListener("keydown", (event) => event.key === "Escape" && close());

say(t("script.loading"));
try {
  if (!outbox.isEmpty) await outbox.work;
  await load();
  say("");
} catch (refusal) {
  say(refusal.message || t("script.offline"));
}
root.focus();
page.dataset.ready = "true";

for (;;) {
  await pause(4000);
  if (document.hidden || !outbox.isEmpty) continue;
  const summary = await ask("GET", `/api/v1/slides/${slide}/summary`).catch(() => null);
  if (summary && outbox.isEmpty && (isStale || summary.revision !== revision)) await load(t("script.changed")).catch(() => null);
}
