"use strict";
// Lays out and links what Python found out; works out nothing itself. All texts are set as text, never as HTML.
(() => {
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const root = document.documentElement;
  const by = (id) => document.getElementById(id);
  const text = (number) => facts.strings[number];
  const language = () => (root.dataset.lang === "en" ? 0 : 1);
  const say = (key, values = {}) =>
    facts.texts[key][language()].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const packets = new Map(facts.packets.map((packet) => [packet.n, packet]));

  function make(tag, look, content, attributes = {}) {
    const element = document.createElement(tag);
    if (look) element.className = look;
    if (content !== undefined) element.textContent = content;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  // ── one packet: the same bytes in tree, hex and boxes ────────────────────────────────────────────
  const [HAS_BOX, OPENS, OPTIONAL] = [1, 2, 4];
  const opened = new Set();
  let shown = null; // the packet
  let bytes = "";
  let nodes = []; // {element, depth, label, name, start, length, parent, branch}
  let byteCells = [];
  let boxes = []; // {elements, first, bits, name, header, data}
  let chosen = null;

  const range = (start, length) => ({ start, end: start + length });
  const overlaps = (one, other) => one.start < other.end && other.start < one.end;

  function show(number, { focus = false, scroll = false } = {}) {
    const packet = packets.get(number);
    if (!packet) return;
    const before = chosen && chosen.name;
    const same = shown === packet && chosen ? chosen.index : undefined;
    shown = packet;
    for (const row of by("list").querySelectorAll("[data-packet]")) {
      const isIt = Number(row.dataset.packet) === number;
      row.setAttribute("aria-selected", String(isIt));
      if (isIt) {
        by("list").setAttribute("aria-activedescendant", row.id);
        row.scrollIntoView({ block: "nearest" });
      }
    }
    bytes = atob(packet.bytes);
    drawTree();
    drawBytes();
    drawNest();
    drawBoxes();
    const cut = bytes.length < packet.wire;
    by("cut").textContent = cut ? say("page.cut", { kept: `${bytes.length} B`, size: `${packet.wire} B` }) : "";
    const again = nodes[same] || (before && nodes.find((node) => node.name === before));
    choose(again || null);
    if (focus) by("list").focus({ preventScroll: !scroll });
    if (scroll) by("packets").scrollIntoView();
  }

  function drawTree() {
    const tree = by("tree");
    tree.replaceChildren();
    const path = [];
    nodes = shown.tree.map(([depth, label, name, start, length], index) => {
      const node = { depth, label: text(label), name: text(name), start, length, index, branch: false };
      path[depth] = node;
      node.parent = depth ? path[depth - 1] : null;
      if (node.parent) node.parent.branch = true;
      return node;
    });
    for (const node of nodes) {
      const element = make("div", node.depth ? "node" : "node top", undefined, {
        role: "treeitem", id: `node-${node.index}`, "aria-level": String(node.depth + 1),
      });
      element.style.paddingLeft = `${0.6 + node.depth * 1.1}rem`;
      element.append(make("span", "twist"), make("span", "text", node.label));
      node.element = element;
      element.addEventListener("click", (event) => {
        if (event.target.className === "twist" && node.branch) toggle(node);
        else choose(node);
      });
      element.addEventListener("dblclick", () => node.branch && toggle(node));
      hover(element, () => [node]);
      tree.append(element);
    }
    refold();
  }

  const key = (node) => node.name || node.label;
  const isOpen = (node) => (node.depth === 0 && node.name !== "frame") !== opened.has(key(node));

  function toggle(node) {
    if (opened.has(key(node))) opened.delete(key(node));
    else opened.add(key(node));
    refold();
  }

  function refold() {
    for (const node of nodes) {
      node.visible = !node.parent || (node.parent.visible && isOpen(node.parent));
      node.element.hidden = !node.visible;
      node.element.style.display = node.visible ? "" : "none";
      if (node.branch) {
        node.element.setAttribute("aria-expanded", String(isOpen(node)));
        node.element.firstChild.textContent = isOpen(node) ? "▾" : "▸";
      }
    }
  }

  function drawBytes() {
    const place = by("bytes");
    place.replaceChildren();
    byteCells = [];
    const width = place.clientWidth < 430 ? 8 : 16;
    for (let at = 0; at < bytes.length; at += width) {
      const line = make("div", "line");
      const letters = make("span", "letters");
      line.append(make("span", "offset", at.toString(16).padStart(4, "0")));
      for (let index = at; index < at + width; index += 1) {
        const gap = index % 8 === 0 && index > at ? " gap" : "";
        if (index >= bytes.length) {
          line.append(make("span", `byte${gap}`, "  ", { "aria-hidden": "true" }));
          continue;
        }
        const code = bytes.charCodeAt(index);
        const cell = make("span", `byte${gap}`, code.toString(16).padStart(2, "0"), {
          role: "button", tabindex: index ? "-1" : "0", "data-at": String(index),
        });
        const letter = make("span", "byte", code > 32 && code < 127 ? String.fromCharCode(code) : "·", {
          "aria-hidden": "true", "data-at": String(index),
        });
        byteCells.push([cell, letter]);
        line.append(cell);
        letters.append(letter);
      }
      line.append(letters);
      place.append(line);
    }
  }

  function nodeAt(index) {
    // the smallest field that holds the byte; of equals the outermost
    let best = null;
    for (const node of nodes) {
      if (node.name === "frame" || node.start < 0 || node.start > index || node.start + node.length <= index) continue;
      if (!best || node.length < best.length) best = node;
    }
    return best;
  }

  function drawNest() {
    const place = by("nest");
    place.replaceChildren();
    const row = make("div", "parts");
    const title = (english, chinese) => text(language() ? chinese : english);
    for (const [sort, name, english, chinese, size, level] of shown.nest.parts) {
      const part = make(sort === "header" ? "button" : "div", `part ${sort} level-${level}`, title(english, chinese));
      part.append(make("span", "", `${size} B`));
      if (sort === "unseen") part.title = say("nest.unseen");
      if (sort === "header") {
        part.type = "button";
        part.addEventListener("click", () => choose(nodes.find((node) => node.name === name && !node.depth)));
        hover(part, () => nodes.filter((node) => node.name === name && !node.depth));
      }
      row.append(part);
    }
    place.append(row);
    for (const [english, chinese, size, first, last] of shown.nest.units) {
      const unit = make("div", "unit");
      const left = row.children[first];
      const right = row.children[last];
      unit.style.marginLeft = `${left.offsetLeft - row.offsetLeft}px`;
      unit.style.width = `${right.offsetLeft + right.offsetWidth - left.offsetLeft}px`;
      unit.append(make("span", "", `${title(english, chinese)} · ${size} B`));
      place.append(unit);
    }
  }

  function drawBoxes() {
    const place = by("boxes");
    place.replaceChildren();
    boxes = [];
    const columns = place.clientWidth < 560 ? 16 : 32;
    for (const header of shown.headers) {
      if (!header.boxes.some((box) => box[2] & HAS_BOX && box[1])) continue;
      place.append(make("div", "header-title", text(header.title)));
      const ruler = make("div", "ruler");
      ruler.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
      for (let bit = 0; bit < columns; bit += 1) ruler.append(make("span", "", String(bit)));
      const grid = make("div", "grid");
      grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
      let row = 0;
      let known = -1;
      const drawn = header.boxes.filter((box) => box[2] & HAS_BOX && box[1] > 0 && box[0] >= 0);
      for (const box of drawn.sort((one, other) => one[0] - other[0])) {
        const first = Math.floor(box[0] / columns);
        if (first !== known) {
          row += 1;
          known = first;
        }
        row = drawBox(grid, header, box, row, columns);
        known = Math.floor((box[0] + box[1] - 1) / columns);
      }
      place.append(ruler, grid);
    }
    if (boxes.length) boxes[0].elements[0].tabIndex = 0;
  }

  function drawBox(grid, header, data, row, columns) {
    const [start, bits, marks, label, value, plain, raw, name, item] = data;
    const pieces = [];
    const [begin, end] = [Math.floor(start / columns), Math.floor((start + bits - 1) / columns)];
    const rows = end - begin > 3 ? [begin, end] : Array.from({ length: end - begin + 1 }, (_, at) => begin + at);
    rows.forEach((at, index) => {
      const left = Math.max(start - at * columns, 0);
      const right = Math.min(start + bits - at * columns, columns);
      pieces.push({ left, right, row: row + index, last: index === rows.length - 1 });
    });
    const widest = pieces.reduce((best, one) => (one.right - one.left > best.right - best.left ? one : best));
    const entry = { elements: [], name: text(name), header, first: header.first * 8 + start, bits, data };
    for (const piece of pieces) {
      const main = piece === widest;
      const look = `box${marks & OPTIONAL ? " open" : ""}${piece.last ? "" : " up"}${bits === 1 ? " flag" : ""}`;
      const element = make(main ? "button" : "div", look + (bits === 1 && text(raw) === "1" ? " on" : ""));
      element.style.gridColumn = `${piece.left + 1} / ${piece.right + 1}`;
      element.style.gridRow = String(piece.row);
      if (main) {
        const called = (marks & OPENS ? text(item) : text(label).replace(" (raw)", "")) || "…";
        element.type = "button";
        element.tabIndex = -1;
        const abbreviation = text(name).split(".").pop().replaceAll("_", " ").toUpperCase();
        const room = ((piece.right - piece.left) * by("boxes").clientWidth) / columns / 7.4;
        const fits = called.split(" ").every((word) => word.length <= room);
        element.append(make("b", "", bits === 1 || !fits ? abbreviation : called));
        if (text(raw) && bits > 0) element.append(make("span", "raw", text(raw)));
        const worth = bits <= 8 && text(raw) ? text(plain) : text(value);
        if (bits > 1 && worth && worth !== text(raw)) element.append(make("span", "value", worth));
        element.setAttribute("aria-label", `${text(label)} ${text(value)}`);
        element.title = text(value) ? `${text(label)} = ${text(value)}` : text(label);
        entry.elements.unshift(element);
      } else entry.elements.push(element);
      element.addEventListener("click", () => choose(nodeOf(entry) || { box: entry, ...bounds(entry) }));
      hover(element, () => [nodeOf(entry) || { box: entry, ...bounds(entry) }]);
      grid.append(element);
    }
    boxes.push(entry);
    return row + rows.length - 1;
  }

  const bounds = (box) => {
    const start = Math.floor(box.first / 8);
    return { start, length: Math.ceil((box.first + box.bits) / 8) - start, name: box.name, label: text(box.data[3]) };
  };

  const nodeOf = (box) => {
    const { start } = bounds(box);
    return nodes.find((node) => node.name === box.name && node.start === start);
  };

  function hover(element, find) {
    element.addEventListener("pointerenter", () => light("hot", find()[0]));
    element.addEventListener("pointerleave", () => light("hot", null));
  }

  // Lights up what belongs to a node: itself, its bytes, its box, or those inside it.
  function light(look, target) {
    for (const element of document.querySelectorAll(`.detail .${look}`)) element.classList.remove(look);
    if (!target) return;
    if (target.element) target.element.classList.add(look);
    if (target.start < 0 || !target.length) return;
    for (let at = target.start; at < Math.min(target.start + target.length, byteCells.length); at += 1)
      for (const cell of byteCells[at]) cell.classList.add(look);
    const same = boxes.filter((box) => box === target.box || (box.name && box.name === target.name && bounds(box).start === target.start));
    const inside = boxes.filter((box) => overlaps(range(box.first, box.bits), range(target.start * 8, target.length * 8)));
    for (const box of same.length ? same : inside) for (const element of box.elements) element.classList.add(look);
  }

  function choose(target, { reveal = true } = {}) {
    chosen = target;
    light("chosen", target);
    if (target && target.element && reveal) {
      for (let node = target.parent; node; node = node.parent)
        if (!isOpen(node)) toggle(node);
      within(by("tree"), target.element);
      by("tree").setAttribute("aria-activedescendant", target.element.id);
      for (const node of nodes) node.element.setAttribute("aria-selected", String(node === target));
    }
    if (target && byteCells[target.start]) within(by("bytes"), byteCells[target.start][0]);
    explain(target);
  }

  function within(container, element) {
    const [outer, inner] = [container.getBoundingClientRect(), element.getBoundingClientRect()];
    if (inner.top < outer.top) container.scrollTop -= outer.top - inner.top + 4;
    else if (inner.bottom > outer.bottom) container.scrollTop += inner.bottom - outer.bottom + 4;
  }

  function explain(target) {
    const place = by("meaning");
    place.replaceChildren();
    if (!target) {
      place.append(make("p", "remark", say("page.choose")));
      return;
    }
    place.append(make("p", "what", target.label));
    const where = target.start >= 0 && target.length ? `${target.start}–${target.start + target.length - 1}` : "";
    const remark = make("p", "remark");
    if (target.name) remark.append(make("code", "", target.name));
    if (where) remark.append(`${target.name ? " · " : ""}${["bytes", "字节"][language()]} ${where}`);
    place.append(remark);
    const lesson = facts.lessons[target.name];
    if (!lesson) return;
    const asides = [];
    if (lesson.unit) asides.push(say("page.unit", { unit: lesson.unit[language()] }));
    if (lesson.section) asides.push(lesson.section);
    if (lesson.meaning) place.append(make("p", "", lesson.meaning[language()]));
    if (asides.length) place.append(make("p", "remark", asides.join(" · ")));
    if (lesson.mistake) {
      const mistake = make("p", "mistake");
      mistake.append(make("b", "", `${say("page.mistake")} `), lesson.mistake[language()]);
      place.append(mistake);
    }
  }

  // ── input ────────────────────────────────────────────────────────────────────────────────────────
  by("list").addEventListener("click", (event) => {
    const row = event.target.closest("[data-packet]");
    if (row) show(Number(row.dataset.packet));
  });
  const order = facts.packets.map((packet) => packet.n);
  by("list").addEventListener("keydown", (event) => {
    const at = shown ? order.indexOf(shown.n) : -1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: order.length - 1, PageDown: at + 12, PageUp: at - 12 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(order[Math.min(Math.max(to, 0), order.length - 1)]);
  });
  by("tree").addEventListener("keydown", (event) => {
    const visible = nodes.filter((node) => node.visible);
    const at = visible.indexOf(chosen);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: visible.length - 1 }[event.key];
    if (to !== undefined) choose(visible[Math.min(Math.max(to, 0), visible.length - 1)]);
    else if (event.key === "ArrowRight" && at >= 0 && chosen.branch) isOpen(chosen) ? choose(visible[at + 1]) : toggle(chosen);
    else if (event.key === "ArrowLeft" && at >= 0) chosen.branch && isOpen(chosen) ? toggle(chosen) : chosen.parent && choose(chosen.parent);
    else return;
    event.preventDefault();
  });
  by("bytes").addEventListener("click", (event) => {
    const at = event.target.dataset.at;
    if (at !== undefined) chooseByte(Number(at));
  });
  by("bytes").addEventListener("pointerover", (event) => {
    const at = event.target.dataset.at;
    light("hot", at === undefined ? null : nodeAt(Number(at)));
  });
  by("bytes").addEventListener("pointerleave", () => light("hot", null));
  by("bytes").addEventListener("keydown", (event) => {
    const at = Number(event.target.dataset.at);
    const width = by("bytes").clientWidth < 430 ? 8 : 16;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + width, ArrowUp: at - width, Home: 0, End: byteCells.length - 1, Enter: at, " ": at }[event.key];
    if (to === undefined || !byteCells[to]) return;
    event.preventDefault();
    chooseByte(to);
  });
  function chooseByte(at) {
    for (const [cell] of byteCells) cell.tabIndex = -1;
    byteCells[at][0].tabIndex = 0;
    choose(nodeAt(at));
    byteCells[at][0].focus({ preventScroll: true });
  }
  by("boxes").addEventListener("keydown", (event) => {
    const at = boxes.findIndex((box) => box.elements[0] === event.target);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = boxes[at + step];
    if (!step || at < 0 || !next) return;
    event.preventDefault();
    boxes[at].elements[0].tabIndex = -1;
    next.elements[0].tabIndex = 0;
    next.elements[0].focus();
    choose(nodeOf(next) || { box: next, ...bounds(next) });
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-packet]");
    if (!link || !packets.has(Number(link.dataset.packet))) return;
    event.preventDefault();
    show(Number(link.dataset.packet), { focus: true, scroll: true });
  });

  // ── terms ────────────────────────────────────────────────────────────────────────────────────────
  const tip = by("tip");
  function explainTerm(button) {
    const [meaning, section] = facts.terms[button.dataset.term];
    tip.replaceChildren(meaning[language()], make("b", "", section));
    tip.hidden = false;
    const box = button.getBoundingClientRect();
    const left = Math.min(box.left, innerWidth - tip.offsetWidth - 16);
    tip.style.left = `${Math.max(left, 8) + scrollX}px`;
    const above = box.bottom + tip.offsetHeight + 12 > innerHeight;
    tip.style.top = `${(above ? box.top - tip.offsetHeight - 6 : box.bottom + 6) + scrollY}px`;
    button.setAttribute("aria-describedby", "tip");
  }
  for (const button of document.querySelectorAll(".term")) {
    for (const event of ["pointerenter", "focus", "click"]) button.addEventListener(event, () => explainTerm(button));
    for (const event of ["pointerleave", "blur"]) button.addEventListener(event, () => (tip.hidden = true));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tip.hidden = true;
  });

  // ── plots ────────────────────────────────────────────────────────────────────────────────────────
  const SVG = "http://www.w3.org/2000/svg";
  function draw(parent, tag, attributes, content) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (content !== undefined) element.textContent = content;
    parent.append(element);
    return element;
  }

  function ticks(most, count) {
    const rough = most / count || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
    const made = [];
    for (let at = 0; at <= most * 1.0001; at += step) made.push(at);
    return made;
  }
  const short = (value) =>
    value >= 1e6 ? `${+(value / 1e6).toPrecision(3)} M` : value >= 1e4 ? `${+(value / 1e3).toPrecision(3)} k` : String(+value.toPrecision(4));

  // One plot: `points` are {x, y, number, look, label}; `paint` draws lines and bars below them.
  const everything = [...facts.plots.bursts, ...facts.plots.windows];
  const lasted = everything.reduce((most, one) => Math.max(most, one[1]), 1e-6);
  function plot(title, note, axis, points, paint) {
    const figure = make("figure", "chart");
    figure.append(make("figcaption", "", title), make("p", "help", note));
    const keys = make("div", "keys");
    for (const side of ["client", "server"]) {
      if (!points.some((point) => point.look.startsWith(side))) continue;
      const entry = make("span", side);
      entry.append(make("i"), say(`word.${side}`));
      keys.append(entry);
    }
    by("charts").append(figure);
    const width = Math.max(figure.clientWidth, 280);
    const height = width < 600 ? 230 : 270;
    const [left, right, top, bottom] = [56, 14, 24, 40];
    const most = { x: lasted, y: points.reduce((high, point) => Math.max(high, point.y), 0) * 1.04 || 1 };
    const x = (value) => left + (value / most.x) * (width - left - right);
    const y = (value) => height - bottom - (value / most.y) * (height - top - bottom);
    const picture = document.createElementNS(SVG, "svg");
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, role: "application", tabindex: "0", "aria-label": `${title}. ${say("page.axis.time")}` }))
      picture.setAttribute(name, value);
    for (const value of ticks(most.y, 4)) {
      draw(picture, "line", { x1: left, x2: width - right, y1: y(value), y2: y(value), class: "grid-line" });
      draw(picture, "text", { x: left - 7, y: y(value) + 4, "text-anchor": "end" }, short(value));
    }
    for (const value of ticks(most.x, Math.max(Math.floor(width / 130), 2)))
      draw(picture, "text", { x: x(value), y: height - bottom + 16, "text-anchor": "middle" }, short(value));
    draw(picture, "line", { x1: left, x2: width - right, y1: height - bottom, y2: height - bottom, class: "axis" });
    draw(picture, "text", { x: width - right, y: height - 6, "text-anchor": "end" }, say("page.axis.time"));
    draw(picture, "text", { x: 4, y: 12 }, axis);
    paint(picture, x, y);
    const readout = make("p", "readout", "", { "aria-live": "polite" });
    const aim = draw(picture, "circle", { r: 6, class: "aim", visibility: "hidden" });
    let current = -1;
    const point = (index) => {
      current = index;
      const one = points[index];
      aim.setAttribute("cx", x(one.x));
      aim.setAttribute("cy", y(one.y));
      aim.setAttribute("visibility", "visible");
      readout.textContent = one.label;
    };
    points.forEach((one, index) => {
      const dot = draw(picture, "circle", { cx: x(one.x), cy: y(one.y), r: one.small ? 2 : 3.2, class: `dot point ${one.look}` });
      draw(dot, "title", {}, one.label);
      dot.addEventListener("click", () => show(one.number, { focus: true, scroll: true }));
      dot.addEventListener("pointerenter", () => point(index));
    });
    picture.addEventListener("keydown", (event) => {
      const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: points.length - 1 }[event.key];
      if (to !== undefined) point(Math.min(Math.max(to, 0), points.length - 1));
      else if (event.key === "Enter" && current >= 0) show(points[current].number, { focus: true, scroll: true });
      else return;
      event.preventDefault();
    });
    figure.append(keys, picture, readout);
  }

  const when = (seconds) => `${seconds.toFixed(6)} s`;
  function steps(picture, x, y, look, list) {
    // a value holds until the next one
    let path = "";
    for (const [at, value] of list) path += path ? `H${x(at)}V${y(value)}` : `M${x(at)} ${y(value)}`;
    if (path) draw(picture, "path", { d: path, class: `step ${look}` });
  }

  function drawPlots() {
    by("charts").replaceChildren();
    const { bursts, rtt, windows } = facts.plots;
    for (const side of ["client", "server"]) {
      const sent = bursts.filter((one) => one[2] === side && one[5] !== "ack");
      const acks = bursts.filter((one) => one[2] !== side && one[5] === "ack");
      if (!sent.length) continue;
      const points = sent.map(([number, time, , first, last, kind]) => ({
        x: time, y: last, number, look: kind === "resent" ? `${side} resent` : side, small: true,
        label: `#${number} · ${when(time)} · seq ${first}…${last - 1}`,
      }));
      plot(say("page.sequence", { who: say(`word.${side}`) }), say("page.sequence.note"), say("page.axis.bytes"), points, (picture, x, y) => {
        steps(picture, x, y, side === "client" ? "server" : "client", acks.map((one) => [one[1], one[3]]));
        for (const [, time, , first, last, kind] of sent)
          draw(picture, "line", { x1: x(time), x2: x(time), y1: y(first), y2: y(last), class: `bar ${side}${kind === "resent" ? " resent" : ""}` });
      });
    }
    if (rtt.length)
      plot(say("page.rtt"), say("page.rtt.note"), say("page.axis.rtt"), rtt.map(([number, time, side, took, of]) => ({
        x: time, y: took, number, look: side, label: `#${of} → #${number} · ${when(time)} · ${+took.toPrecision(4)} ms`,
      })), () => {});
    if (windows.length)
      plot(say("page.window"), say("page.window.note"), say("page.axis.window"), windows.map(([number, time, side, size]) => ({
        x: time, y: size, number, look: side, small: true, label: `#${number} · ${when(time)} · ${size} B`,
      })), (picture, x, y) => {
        for (const side of ["client", "server"])
          steps(picture, x, y, side, windows.filter((one) => one[2] === side).map((one) => [one[1], one[3]]));
      });
  }

  // ── language, width, printing ────────────────────────────────────────────────────────────────────
  by("language").addEventListener("click", () => {
    const isEnglish = root.dataset.lang === "en";
    root.dataset.lang = isEnglish ? "zh-Hans" : "en";
    root.lang = root.dataset.lang;
    by("language").textContent = isEnglish ? "English" : "中文";
    by("language").lang = isEnglish ? "en" : "zh-Hans";
    redraw();
  });
  function redraw() {
    drawPlots();
    if (shown) show(shown.n);
  }
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    redraw();
  });
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details")) one.open = true;
  });
  drawPlots();
  const asked = /^#p(\d+)$/.exec(location.hash);
  if (order.length) show(asked ? Number(asked[1]) : order[0]);
})();
