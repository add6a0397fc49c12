// Corrections on their way: kept in the browser until the station has them, sent in order, each done once.

import { ask, pause, uuid } from "./station.js";

const LONGEST_PAUSE_MS = 15_000;

export class Outbox {
  /**
   * @param slide number of the slide
   * @param listener has `sent(answer, entry)`, `refused(refusal, entry)`, `waits(count, isOffline)`
   */
  constructor(slide, listener) {
    this.address = `/api/v1/slides/${slide}/corrections`;
    this.store = `outbox.${slide}`;
    this.listener = listener;
    this.entries = JSON.parse(localStorage.getItem(this.store) ?? "[]");
    this.work = Promise.resolve();
    this.isAtWork = false;
    if (this.entries.length) this.#start();
  }

  get isEmpty() {
    return this.entries.length === 0;
  }

  /** Whether something that was not sent yet concerns a cell. */
  concerns(id) {
    return this.entries.some(({ act }) => act.cells?.some((cell) => cell.id === id));
  }

  /** Adds a correction; it is safe as soon as this returns. */
  add(act) {
    this.entries.push({ key: uuid(), act });
    this.#keep();
    this.#start();
    return this.work;
  }

  #keep() {
    localStorage.setItem(this.store, JSON.stringify(this.entries));
    this.listener.waits(this.entries.length, false);
  }

  #start() {
    if (this.isAtWork) return;
    this.isAtWork = true;
    this.work = this.#send().finally(() => (this.isAtWork = false));
  }

  async #send() {
    let wait = 500;
    while (this.entries.length) {
      const entry = this.entries[0];
      try {
        const answer = await ask("POST", this.address, entry);
        this.entries.shift();
        this.listener.sent(answer, entry);
        wait = 500;
      } catch (refusal) {
        if (refusal.passes) {
          this.listener.waits(this.entries.length, true);
          await pause(wait);
          wait = Math.min(2 * wait, LONGEST_PAUSE_MS);
          continue;
        }
        this.entries = []; // what follows was meant for cells as they are not
        this.listener.refused(refusal, entry);
      }
      this.#keep();
    }
  }
}
