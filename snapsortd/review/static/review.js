// The review: images are chosen by keys or mouse, decided at once, and can be taken back.

import { after, all, before, below, facts, select, selected, selectNone, sibling } from "./cards.js";
import { attempt, base, handlers, isTyping, newStep, post, say } from "./common.js";
import { isDragged, selectByRectangle } from "./lasso.js";
import { loadOnSight } from "./more.js";

const CHUNK = 8;
const $ = (id) => document.getElementById(id);

let current = null;
let anchor = null;
const steps = new Map(); // What left the page by each step: cards with the place that each had.
let working = Promise.resolve();

// --- the image that the keys are about

function show(card, { focus = true } = {}) {
  if (current) current.tabIndex = -1;
  current = card;
  const panel = $("panel");
  if (!panel) return;
  panel.classList.toggle("nothing", !card);
  if (!card) return;
  card.tabIndex = 0;
  if (focus) {
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }
  const { name, path, why, labels } = facts(card);
  $("large").src = `${base}/picture/${card.dataset.id}/1600`;
  $("name").textContent = name;
  $("name").title = path;
  $("why").textContent = why;
  $("bars").replaceChildren(...labels.map(bar));
  panel.querySelector("[data-do=accept] span").textContent = card.closest(".group").dataset.what;
  const next = sibling(card, 1);
  if (next) new Image().src = `${base}/picture/${next.dataset.id}/1600`;
}

function bar({ label, share, score, target, folder }, index) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "bar";
  const key = document.createElement("kbd");
  key.textContent = index + 1;
  const meter = document.createElement("progress");
  meter.max = 1;
  meter.value = share;
  meter.setAttribute("aria-hidden", "true");
  button.append(key, span("label", label), span("score", score), meter, span("target", target));
  button.title = folder;
  button.addEventListener("click", () => decide({ label }));
  return button;
}

function span(style, text) {
  const found = document.createElement("span");
  found.className = style;
  found.textContent = text;
  return found;
}

// --- selection

function selectTo(card) {
  const cards = all();
  const [from, to] = [cards.indexOf(anchor ?? current), cards.indexOf(card)].sort((a, b) => a - b);
  selectNone();
  cards.slice(Math.max(from, 0), to + 1).forEach((each) => select(each, true));
}

function go(card, event) {
  if (!card) return;
  if (event.shiftKey) {
    anchor ??= current;
    selectTo(card);
  } else {
    selectNone();
    anchor = null;
  }
  show(card);
}

// --- decisions

function decide({ label = "", leave = false } = {}) {
  const chosen = selected();
  const cards = chosen.length ? chosen : current ? [current] : [];
  if (!cards.length) return;
  const step = newStep();
  const next = neighbour(cards);
  steps.set(step, []);
  takeAway(cards, step);
  anchor = null;
  show(next);
  const ids = cards.map((card) => card.dataset.id);
  run(async () => {
    let done = 0;
    const size = leave ? ids.length : CHUNK;
    for (let at = 0; at < ids.length; at += size) {
      const part = { step, images: ids.slice(at, at + size), label, leave };
      const found = await attempt(() => post("act", part));
      done += settle(step, found, part.images);
      if (ids.length > size) say(`${done} of ${ids.length}`);
    }
    if (done) say(words(done, label, leave));
  });
}

function decideGroup(group, leave) {
  const step = newStep();
  const cards = [...group.querySelectorAll(".card")];
  const total = count(group);
  steps.set(step, []);
  takeAway(cards, step);
  group.querySelector(".more")?.remove();
  const away = { group, count: count(group) };
  setCount(group, 0);
  show(all()[0] ?? null);
  run(async () => {
    const { kind, rule } = group.dataset;
    let before = null;
    let done = 0;
    let failed = 0;
    do {
      const found = await attempt(() => post("act_on_group", { step, kind, rule, before, leave }));
      if (!found) break;
      before = found.before;
      done += found.done.length;
      failed += Object.keys(found.failed).length;
      settle(step, found, []);
      say(`${done} of ${total}`);
    } while (before !== null);
    if (failed || away.count) setCount(group, failed);
    if (done) say(words(done, "", leave));
  });
}

const words = (number, label, leave) =>
  `${number === 1 ? "1 image" : `${number} images`} ${leave ? "left" : label ? `filed as ${label}` : "done"} – z takes it back`;

function run(work) {
  working = working.then(work);
}

function settle(step, found, asked) {
  if (!found) {
    bringBack(step, asked);
    return 0;
  }
  const failed = Object.entries(found.failed);
  if (failed.length) {
    bringBack(step, failed.map(([id]) => id));
    say(failed.length === 1 ? failed[0][1] : `${failed.length} images stay: ${failed[0][1]}`, true);
  }
  return found.done.length;
}

function neighbour(cards) {
  const gone = new Set(cards);
  const from = gone.has(current) ? current : cards[0];
  for (let next = after(from); next; next = after(next)) if (!gone.has(next)) return next;
  for (let next = before(from); next; next = before(next)) if (!gone.has(next)) return next;
  return null;
}

function takeAway(cards, step) {
  for (const card of cards) {
    const group = card.closest(".group");
    steps.get(step).push({ card, grid: card.parentElement, next: card.nextElementSibling, group });
    card.remove();
    setCount(group, count(group) - 1);
  }
}

function bringBack(step, ids = null) {
  const back = (steps.get(step) ?? []).filter(({ card }) => ids === null || ids.includes(card.dataset.id));
  for (const { card, grid, next, group } of back.toReversed()) {
    grid.insertBefore(card, next?.parentElement === grid ? next : grid.querySelector(".more"));
    select(card, false);
    setCount(group, count(group) + 1);
  }
  if (steps.has(step)) steps.set(step, steps.get(step).filter((each) => !back.includes(each)));
  if (back.length) show(back[0].card);
}

const count = (group) => Number(group.querySelector("h2 .badge").textContent);

function setCount(group, number) {
  group.querySelectorAll("h2 .badge, .number").forEach((each) => (each.textContent = number));
  group.hidden = number <= 0 && !group.querySelector(".card");
  const total = [...document.querySelectorAll(".group")].reduce((sum, each) => sum + count(each), 0);
  document.querySelector("[data-unsure]").textContent = total;
  $("nothing").hidden = total > 0;
  $("panel").hidden = total <= 0;
}

handlers.undo = () =>
  run(async () => {
    const found = await attempt(() => post("undo"));
    if (!found?.step) return;
    if (steps.get(found.step)?.length) bringBack(found.step);
    else location.reload();
    steps.delete(found.step);
  });

handlers.accept = () => decide();
handlers.leave = () => decide({ leave: true });
handlers["accept-all"] = (button) => decideGroup(button.closest(".group"), false);
handlers["leave-all"] = (button) => decideGroup(button.closest(".group"), true);
handlers.open = () => current && attempt(() => post("open", { image: current.dataset.id }));
handlers.reveal = () => current && attempt(() => post("reveal", { image: current.dataset.id }));
handlers.help = () => $("help").showModal();
handlers.zoom = () => {
  if (!current) return;
  $("full").src = $("large").src;
  $("zoom").showModal();
};
handlers.correct = () => {
  if (!current) return;
  $("label").value = "";
  $("chooser").showModal();
};
handlers.chosen = () => {
  const label = $("label").value.trim();
  if (!label) return;
  $("chooser").close();
  decide({ label });
};

// --- keys and mouse

const KEYS = {
  ArrowRight: (event) => go(sibling(current, 1), event),
  ArrowLeft: (event) => go(sibling(current, -1), event),
  ArrowDown: (event) => go(below(current, 1), event),
  ArrowUp: (event) => go(below(current, -1), event),
  Enter: () => decide(),
  " ": () => select(current, current.getAttribute("aria-selected") !== "true"),
  Escape: () => selectNone(),
  a: () => current.closest(".group").querySelectorAll(".card").forEach((card) => select(card, true)),
  l: () => handlers.leave(),
  c: () => handlers.correct(),
  o: () => handlers.open(),
  r: () => handlers.reveal(),
  f: () => handlers.zoom(),
};

document.addEventListener("keydown", (event) => {
  if (event.target.closest("dialog[open]")) {
    if (event.target.id === "label" && event.key === "Enter") handlers.chosen();
    else if (event.key === "f" && event.target.closest("#zoom")) $("zoom").close();
    return;
  }
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "?") return handlers.help();
  if (event.target.closest("button, a") && (event.key === "Enter" || event.key === " ")) return;
  const label = current && /^[1-9]$/.test(event.key) && facts(current).labels[event.key - 1]?.label;
  if (label) decide({ label });
  else if (current && KEYS[event.key]) KEYS[event.key](event);
  else return;
  event.preventDefault();
});

$("groups").addEventListener("click", (event) => {
  const card = event.target.closest(".card");
  if (!card || isDragged()) return;
  if (event.shiftKey) {
    anchor ??= current;
    selectTo(card);
  } else if (event.ctrlKey || event.metaKey) {
    select(card, card.getAttribute("aria-selected") !== "true");
  } else {
    selectNone();
    anchor = null;
  }
  show(card);
});

$("groups").addEventListener("dblclick", (event) => event.target.closest(".card") && handlers.zoom());
$("zoom")?.addEventListener("click", () => $("zoom").close());
$("help").addEventListener("click", (event) => event.target === $("help") && $("help").close());

selectByRectangle($("groups"), show);
loadOnSight(document);
show(document.querySelector("#groups .card"));
