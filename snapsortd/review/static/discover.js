// The groups: they are fetched when they have been found, named in a field, and made labels of.

import { attempt, base, handlers, newStep, post } from "./common.js";

const found = document.getElementById("found");
const zoom = document.getElementById("zoom");

async function load() {
  const answer = await fetch(`${base}/groups`).catch(() => null);
  const content = document.createElement("template");
  content.innerHTML = answer ? await answer.text() : '<p class="empty">snapsortctl review has ended: start it again</p>';
  found.replaceChildren(answer?.ok ? content.content : content.content.querySelector(".empty"));
  found.setAttribute("aria-busy", "false");
  fields()[0]?.select();
}

const fields = () => [...found.querySelectorAll("input:enabled")];

handlers.label = async (button) => {
  const section = button.closest("section");
  const field = section.querySelector("input");
  const next = fields()[fields().indexOf(field) + 1] ?? fields()[0];
  field.disabled = button.disabled = true;
  const asked = { step: newStep(), group: section.dataset.group, name: field.value.trim() };
  const made = await attempt(() => post("label", asked));
  section.classList.toggle("gone", made !== null);
  if (made) {
    section.querySelector(".sure").textContent = made.said;
    if (next !== field) next.select();
  } else {
    field.disabled = button.disabled = false;
    field.focus();
  }
};

handlers.zoom = (button) => {
  document.getElementById("full").src = `${base}/picture/${button.dataset.image}/1600`;
  zoom.showModal();
};

zoom.addEventListener("click", () => zoom.close());

found.addEventListener("keydown", (event) => {
  const field = event.target.closest("input");
  if (!field) return;
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Enter") handlers.label(field.closest("section").querySelector("[data-do=label]"));
  else if (event.key === "Escape") field.value = field.dataset.found;
  else if (by) fields().at((fields().indexOf(field) + by) % fields().length).select();
  else return;
  event.preventDefault();
});

load();
