// The history: what is listed is chosen by fields, and each entry can be taken back or corrected.

import { attempt, base, handlers, newStep, post } from "./common.js";

const filters = document.querySelector(".filters");
let typed = 0;

function address(before = null) {
  const query = new URLSearchParams();
  for (const field of filters.querySelectorAll("input, select")) if (field.value) query.set(field.name, field.value);
  if (before) query.set("before", before);
  return `${base}/history?${query}`;
}

filters.addEventListener("change", () => location.assign(address()));
filters.addEventListener("input", (event) => {
  clearTimeout(typed);
  if (event.target.type === "search") typed = setTimeout(() => location.assign(address()), 600);
});

handlers.older = (button) => location.assign(address(button.dataset.before));

handlers["take-back"] = async (button) => {
  const row = button.closest(".row");
  const found = await attempt(() => post("take_back", { step: newStep(), entry: Number(row.dataset.entry) }));
  if (found) row.classList.add("gone");
  row.querySelectorAll(".actions > *").forEach((each) => (each.disabled = found !== null));
};

document.addEventListener("change", async (event) => {
  const choice = event.target.closest("select[data-do=correct]");
  if (!choice?.value) return;
  const row = choice.closest(".row");
  const body = { step: newStep(), entry: Number(row.dataset.entry), label: choice.value };
  const found = await attempt(() => post("correct", body));
  if (found) row.classList.add("gone");
  else choice.value = "";
});
