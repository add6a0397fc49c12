// Shows how far a training is, and what came of it as soon as it is done.

import { ask, pause } from "./station.js";

const running = document.querySelector("[data-training]");

while (running) {
  await pause(1500);
  if (document.hidden) continue;
  const told = await ask("GET", `/api/v1/trainings/${running.dataset.training}`).catch(() => null);
  if (!told) continue;
  if (told.state !== "running") {
    location.reload();
    break;
  }
  const bar = running.querySelector("progress");
  bar.max = Math.max(told.total, 1);
  bar.value = told.done;
  running.querySelector("[data-done]").textContent = told.done;
  running.querySelector("[data-total]").textContent = told.total;
}
