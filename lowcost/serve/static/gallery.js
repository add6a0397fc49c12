// A gallery of cells by type of which only what is in view is in the document: ten thousand scroll like ten.

import { element } from "./station.js";

const HEAD = 32;
const NARROWEST = 86; // of a column, px
const BELOW = 20; // what stands below a picture, px
const SETTLED_MS = 90; // without scrolling, after which pictures are asked for
const BEYOND = 240; // px above and below the view that are there already

export class Gallery {
  /**
   * @param root the listbox
   * @param types names of types in the order of their groups
   * @param describe returns what a screen reader says of a cell: (cell, place, total)
   * @param t words
   */
  constructor(root, types, describe, t) {
    this.root = root;
    this.types = types;
    this.describe = describe;
    this.t = t;
    this.cells = new Map();
    this.groups = [];
    this.here = null;
    this.chosen = new Set();
    this.sheet = element("div", { role: "presentation" });
    root.replaceChildren(this.sheet);
    root.addEventListener("scroll", () => this.#soon(), { passive: true });
    new ResizeObserver(() => this.arrange()).observe(root);
  }

  /** Takes these cells in place of those before. */
  take(cells) {
    this.cells = new Map(cells.map((cell) => [cell.id, cell]));
  }

  /** Groups and places the cells anew, after they or the size of the window changed; what was chosen stays so. */
  arrange() {
    const byType = new Map(this.types.map((name) => [name, []]));
    for (const cell of this.cells.values()) if (!cell.deleted) byType.get(cell.type)?.push(cell);
    const width = this.root.clientWidth;
    this.columns = Math.max(1, Math.floor((width - 8) / NARROWEST));
    this.stepX = Math.min(110, Math.floor((width - 8) / this.columns));
    this.stepY = this.stepX + BELOW;
    this.groups = [];
    this.places = new Map();
    let top = 0;
    for (const [type, cells] of byType) {
      if (!cells.length) continue;
      cells.sort((a, b) => byPerson(a) - byPerson(b) || a.probability - b.probability || a.id - b.id);
      const height = HEAD + Math.ceil(cells.length / this.columns) * this.stepY + 8;
      const group = { type, cells, top, height, node: null, tiles: new Map() };
      cells.forEach((cell, index) => this.places.set(cell.id, { group, index }));
      this.groups.push(group);
      top += height;
    }
    for (const id of this.chosen) if (!this.places.has(id)) this.chosen.delete(id);
    if (!this.places.has(this.here)) this.here = this.groups[0]?.cells[0].id ?? null;
    this.sheet.style.height = `${top}px`;
    this.sheet.replaceChildren();
    this.draw();
  }

  /** What a person acts on: the chosen cells, or the one they are at. */
  get acted() {
    return this.chosen.size ? [...this.chosen] : this.here === null ? [] : [this.here];
  }

  /** The cell that follows when those that are acted on leave their group. */
  follower() {
    const place = this.places.get(this.here);
    if (!place) return null;
    const leaving = new Set(this.acted);
    const { cells } = place.group;
    const others = [...cells.slice(place.index + 1), ...cells.slice(0, place.index).reverse()];
    return others.find((cell) => !leaving.has(cell.id))?.id ?? this.groups[this.groups.indexOf(place.group) + 1]?.cells[0].id ?? null;
  }

  /** Goes to a cell and brings it into view. */
  go(id, extend = false) {
    const place = this.places.get(id);
    if (!place) return;
    if (extend) [this.here, id].forEach((each) => each !== null && this.chosen.add(each));
    this.here = id;
    const top = place.group.top + HEAD + Math.floor(place.index / this.columns) * this.stepY;
    if (top - HEAD < this.root.scrollTop) this.root.scrollTop = top - HEAD;
    else if (top + this.stepY > this.root.scrollTop + this.root.clientHeight) this.root.scrollTop = top + this.stepY - this.root.clientHeight;
    this.draw();
  }

  /** Goes by columns and rows, across groups. */
  step(columns, rows, extend) {
    const place = this.places.get(this.here);
    if (!place) return;
    const { group, index } = place;
    const at = this.groups.indexOf(group);
    const column = index % this.columns;
    let target = index + columns + rows * this.columns;
    let cells = group.cells;
    const isLastRow = Math.floor(index / this.columns) === Math.floor((cells.length - 1) / this.columns);
    if (target < 0) {
      cells = this.groups[at - 1]?.cells;
      if (!cells) return;
      const last = cells.length - 1;
      target = columns ? last : Math.min(last, last - (last % this.columns) + column);
    } else if (target >= cells.length) {
      if (rows && !isLastRow) target = cells.length - 1;
      else {
        cells = this.groups[at + 1]?.cells;
        if (!cells) return;
        target = columns ? 0 : Math.min(column, cells.length - 1);
      }
    }
    this.go(cells[target].id, extend);
  }

  toggle(id) {
    if (!this.chosen.delete(id)) this.chosen.add(id);
    this.draw();
  }

  choose(ids) {
    this.chosen = new Set(ids);
    this.draw();
  }

  /** Draws what is in view. */
  draw() {
    const from = this.root.scrollTop - BEYOND;
    const to = this.root.scrollTop + this.root.clientHeight + BEYOND;
    for (const group of this.groups) {
      if (group.top > to || group.top + group.height < from) {
        group.node?.remove();
        group.node = null;
        group.tiles.clear();
        continue;
      }
      group.node ??= this.#group(group);
      const first = Math.max(0, Math.floor((from - group.top - HEAD) / this.stepY)) * this.columns;
      const last = Math.min(group.cells.length, (Math.floor((to - group.top - HEAD) / this.stepY) + 1) * this.columns);
      for (const [index, tile] of group.tiles) {
        if (index < first || index >= last) {
          tile.remove();
          group.tiles.delete(index);
        }
      }
      for (let index = first; index < last; index++) {
        let tile = group.tiles.get(index);
        if (!tile) {
          tile = this.#tile(group, index);
          group.tiles.set(index, tile);
          const next = group.tiles.get(index + 1); // document order is what a screen reader follows
          group.node.insertBefore(tile, next ?? null);
        }
        const { id, picture } = group.cells[index];
        const isChosen = String(this.chosen.has(id));
        if (tile.ariaSelected !== isChosen) tile.ariaSelected = isChosen;
        tile.classList.toggle("here", id === this.here);
        if (!this.isScrolling && !tile.firstChild.src) tile.firstChild.src = picture;
      }
    }
    const isThere = this.here !== null && this.root.querySelector(`#cell-${this.here}`);
    if (isThere) this.root.setAttribute("aria-activedescendant", `cell-${this.here}`);
    else this.root.removeAttribute("aria-activedescendant");
  }

  #group(group) {
    const label = `${this.t(`type.${group.type}`)} ${group.cells.length}`;
    const head = element("div", { class: "head", "aria-hidden": "true" }, label);
    const node = element("div", { class: `group type-${group.type}`, role: "group", "aria-label": label, "data-type": group.type }, head);
    node.style.top = `${group.top}px`;
    node.style.height = `${group.height}px`;
    const after = this.groups.slice(this.groups.indexOf(group) + 1).find((each) => each.node?.isConnected);
    this.sheet.insertBefore(node, after?.node ?? null);
    return node;
  }

  #tile(group, index) {
    const cell = group.cells[index];
    const image = element("img", { alt: "", draggable: "false" });
    const note = byPerson(cell) ? "✓" : `${Math.round(100 * cell.probability)} %`;
    const tile = element(
      "div",
      {
        id: `cell-${cell.id}`,
        class: byPerson(cell) || cell.probability >= 0.8 ? "tile" : "tile unsure",
        role: "option",
        draggable: "true",
        "data-cell": cell.id,
        "aria-label": this.describe(cell, index + 1, group.cells.length),
        "aria-posinset": index + 1,
        "aria-setsize": group.cells.length,
      },
      image,
      element("span", { "aria-hidden": "true", dir: "ltr" }, note),
    );
    tile.style.width = `${this.stepX - 4}px`;
    tile.style.height = `${this.stepY - 2}px`;
    tile.style.insetInlineStart = `${4 + (index % this.columns) * this.stepX}px`;
    tile.style.top = `${HEAD + Math.floor(index / this.columns) * this.stepY}px`;
    return tile;
  }

  #soon() {
    this.isScrolling = true;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.isScrolling = false;
      this.draw();
    }, SETTLED_MS);
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }
}

/** Whether a person gave a cell its type, or said that it is right. */
export function byPerson(cell) {
  return cell.confirmed || cell.type !== cell.machine_type;
}
