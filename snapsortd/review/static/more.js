// More images are loaded when the end of a group comes into view.

import { base } from "./common.js";

const watching = new IntersectionObserver(
  (seen) => seen.filter((each) => each.isIntersecting).forEach(({ target }) => more(target)),
  { rootMargin: "1200px" },
);

async function more(mark) {
  watching.unobserve(mark);
  const { kind, rule } = mark.closest(".group").dataset;
  const query = new URLSearchParams({ kind, rule, before: mark.dataset.before });
  const answer = await fetch(`${base}/cards?${query}`).catch(() => null);
  if (!answer?.ok || !mark.isConnected) return;
  const found = document.createElement("template");
  found.innerHTML = await answer.text();
  const next = found.content.querySelector(".more");
  mark.replaceWith(found.content);
  if (next) watching.observe(next);
}

export function loadOnSight(part) {
  part.querySelectorAll(".more").forEach((mark) => watching.observe(mark));
}
