// One field: outlines of its cells, which are chosen, added, split, merged and deleted on it.

import { ask, uuid, words } from "./station.js";

const byId = (id) => document.getElementById(id);
const page = byId("field");
const { slide, field } = page.dataset;
const sheet = byId("sheet");
const marks = byId("marks");
const t = await words();
const chosen = new Set();
let cells = new Map();
let tool = "look";
let first = null;
let zoom = 1;

const say = (text) => (byId("said").textContent = text);

async function load() {
  const told = await ask("GET", `/api/v1/fields/${field}`);
  cells = new Map(told.cells.map((cell) => [cell.id, cell]));
  for (const id of chosen) if (!cells.has(id)) chosen.delete(id);
  marks.replaceChildren(...told.cells.map(outline));
}

function outline(cell) {
  const polygon = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
  polygon.setAttribute("points", cell.polygon.map((point) => point.join(",")).join(" "));
  polygon.setAttribute("class", `type-${cell.type}`);
  polygon.setAttribute("tabindex", "0");
  polygon.setAttribute("role", "button");
  polygon.setAttribute("aria-label", `${t(`type.${cell.type}`)} ${cell.number}`);
  polygon.dataset.cell = cell.id;
  mark(polygon);
  return polygon;
}

function mark(polygon) {
  const isChosen = chosen.has(Number(polygon.dataset.cell));
  polygon.classList.toggle("chosen", isChosen);
  polygon.setAttribute("aria-pressed", isChosen);
}

async function correct(act) {
  try {
    await ask("POST", `/api/v1/slides/${slide}/corrections`, { key: uuid(), act });
    say(t("script.saved"));
  } catch (refusal) {
    say(refusal.status ? refusal.message : t("script.offline"));
  }
  chosen.clear();
  first = null;
  await load();
}

const seen = (ids) => [...ids].map((id) => ({ id, version: cells.get(id).version }));

function place(event) {
  const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(sheet.getScreenCTM().inverse());
  return [x, y];
}

function choose(polygon) {
  const id = Number(polygon.dataset.cell);
  if (!chosen.delete(id)) chosen.add(id);
  mark(polygon);
  byId("kind").value = cells.get(id).type;
}

sheet.addEventListener("click", (event) => {
  const polygon = event.target.closest("[data-cell]");
  if (tool === "add") {
    const [x, y] = place(event);
    correct({ action: "add", field_id: Number(field), x, y, type: byId("kind").value });
  } else if (tool === "split" && polygon) {
    const id = Number(polygon.dataset.cell);
    if (first?.id === id) correct({ action: "split", cells: seen([id]), first: first.point, second: place(event) });
    else {
      first = { id, point: place(event) };
      say(t("script.second_point"));
    }
  } else if (polygon) choose(polygon);
});
sheet.addEventListener("keydown", (event) => {
  const polygon = event.target.closest("[data-cell]");
  if (!polygon || !["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  choose(polygon);
});

for (const button of document.querySelectorAll("[data-tool]")) {
  button.addEventListener("click", () => {
    tool = button.dataset.tool;
    first = null;
    say(t("field.help"));
    for (const each of document.querySelectorAll("[data-tool]")) each.setAttribute("aria-pressed", each === button);
  });
}
byId("merge").addEventListener("click", () => {
  if (chosen.size < 2) say(t("script.choose_two"));
  else correct({ action: "merge", cells: seen(chosen), type: byId("kind").value });
});
byId("remove").addEventListener("click", () => {
  if (!chosen.size) say(t("script.choose_first"));
  else correct({ action: "delete", cells: seen(chosen) });
});
byId("kind").addEventListener("change", () => {
  if (chosen.size && tool === "look") correct({ action: "retype", cells: seen(chosen), type: byId("kind").value });
});
byId("undo").addEventListener("click", () => correct({ action: "undo" }));
byId("larger").addEventListener("click", () => scale(1.5));
byId("smaller").addEventListener("click", () => scale(1 / 1.5));

/** Where all of the field is seen at once, as a share of the width. */
function whole() {
  const { width, height } = sheet.viewBox.baseVal;
  const room = sheet.parentElement;
  return Math.min(1, (room.clientHeight * width) / (room.clientWidth * height));
}

function scale(factor) {
  zoom = Math.min(8, Math.max(whole(), zoom * factor));
  sheet.style.width = `${100 * zoom}%`;
}

await load();
scale(whole());
const wanted = marks.querySelector(`[data-cell="${CSS.escape(page.dataset.cell)}"]`);
if (wanted) {
  choose(wanted);
  scale(2 / zoom);
  wanted.scrollIntoView({ block: "center", inline: "center" });
}
page.dataset.ready = "true";
