// The images on the page: what is known of each, which are selected, and which one is beside another.

export const all = () => [...document.querySelectorAll("#groups .card")];
export const facts = (card) => JSON.parse(card.dataset.image);

export const selected = () => [...document.querySelectorAll("#groups .card[aria-selected=true]")];
export const select = (card, on) => card.setAttribute("aria-selected", String(on));
export const selectNone = () => selected().forEach((card) => select(card, false));

export function sibling(card, by) {
  let found = card;
  while (found && by) {
    const next = by > 0 ? after(found) : before(found);
    if (!next) break;
    found = next;
    by -= Math.sign(by);
  }
  return found === card ? null : found;
}

export function after(card) {
  const next = card.nextElementSibling;
  if (next?.classList.contains("card")) return next;
  let group = card.closest(".group");
  while ((group = group.nextElementSibling)) {
    const first = group.querySelector?.(".card");
    if (first) return first;
  }
  return null;
}

export function before(card) {
  const previous = card.previousElementSibling;
  if (previous) return previous;
  let group = card.closest(".group");
  while ((group = group.previousElementSibling)) {
    const cards = group.querySelectorAll?.(".card");
    if (cards?.length) return cards[cards.length - 1];
  }
  return null;
}

export function below(card, by) {
  const middle = card.offsetLeft + card.offsetWidth / 2;
  let found = card;
  let row = null;
  let best = null;
  while ((found = by > 0 ? after(found) : before(found))) {
    if (row === null && Math.abs(found.offsetTop - card.offsetTop) > 4) row = found.offsetTop;
    if (row === null) continue;
    if (Math.abs(found.offsetTop - row) > 4) break;
    const distance = Math.abs(found.offsetLeft + found.offsetWidth / 2 - middle);
    if (!best || distance < best.distance) best = { distance, card: found };
  }
  return best?.card ?? null;
}
