// Keeps the running differential and the fields of a slide up to date while photographs come in.

import { ask, pause, uuid, words } from "./station.js";

const live = document.getElementById("live");
const said = document.getElementById("said");
const slide = live.dataset.slide;
const t = await words();
let tag = "";

async function refresh() {
  let answer;
  try {
    answer = await fetch(`/slides/${slide}/live${location.search}`, { headers: tag ? { "If-None-Match": tag } : {} });
  } catch {
    said.textContent = t("script.offline");
    return;
  }
  if (said.textContent === t("script.offline")) said.textContent = "";
  if (answer.redirected) location.reload();
  if (answer.status !== 200) return;
  tag = answer.headers.get("ETag") ?? "";
  const { leaveOut, again } = live.contains(document.activeElement) ? document.activeElement.dataset : {};
  live.innerHTML = await answer.text(); // of this station's own template, in which everything is escaped
  if (leaveOut) live.querySelector(`[data-leave-out="${CSS.escape(leaveOut)}"]`)?.focus();
  if (again) live.querySelector(`[data-again="${CSS.escape(again)}"]`)?.focus();
}

live.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-leave-out], [data-again]");
  if (!button) return;
  button.disabled = true;
  const { leaveOut, again, value } = button.dataset;
  const act = { action: "leave_out", field_id: Number(leaveOut), left_out: value === "true" };
  try {
    if (again) await ask("POST", `/api/v1/fields/${again}/analyse`);
    else await ask("POST", `/api/v1/slides/${slide}/corrections`, { key: uuid(), act });
  } catch (refusal) {
    said.textContent = refusal.message || t("script.offline");
    button.disabled = false;
  }
  await refresh();
});

const second = document.getElementById("second");
second?.addEventListener("click", async () => {
  if (!confirm(second.dataset.sure)) return;
  try {
    await ask("POST", `/api/v1/slides/${slide}/reviews`, { blind: true });
    location.assign(`/slides/${slide}/verify`);
  } catch (refusal) {
    said.textContent = refusal.message || t("script.offline");
  }
});

for (;;) {
  if (!document.hidden) await refresh();
  await pause(1500);
}
