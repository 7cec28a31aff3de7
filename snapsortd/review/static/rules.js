// The rules: a slider tries another threshold on past images, and a button saves it.

import { attempt, handlers, newStep, post, thumbnail } from "./common.js";

let waiting = 0;

document.addEventListener("input", (event) => {
  if (event.target.type !== "range") return;
  const slider = event.target;
  const box = slider.closest(".threshold");
  box.querySelector("output").textContent = Number(slider.value).toFixed(2);
  box.querySelector("[data-do=save]").disabled = slider.value === slider.dataset.now;
  clearTimeout(waiting);
  waiting = setTimeout(() => attempt(() => replay(slider, box)), 150);
});

async function replay(slider, box) {
  const value = slider.value;
  const found = await post("replay", { rule: box.closest(".rule").dataset.rule, value: Number(value) });
  if (slider.value !== value) return;
  const { gained = 0, lost = 0, gained_regretted: wrong = 0, lost_regretted: right = 0 } = found.counts;
  const parts = [];
  if (gained) parts.push(`${gained} more would be filed${wrong ? ` (${wrong} of them were corrected)` : ""}`);
  if (lost) parts.push(`${lost} would stay${right ? ` (${right} of them were taken back or corrected)` : ""}`);
  const said = parts.length ? parts.join(", ") : "nothing would change";
  box.querySelector(".tried").textContent = `Of ${found.images} past images: ${said}.`;
  fill(box.querySelector(".gained"), found.gained);
  fill(box.querySelector(".lost"), found.lost);
}

function fill(list, images) {
  list.replaceChildren(
    ...images.map(({ image, name, regretted }) => {
      const item = document.createElement("li");
      item.append(thumbnail(image));
      item.title = name;
      item.classList.toggle("regretted", regretted);
      return item;
    }),
  );
}

handlers.save = async (button) => {
  const box = button.closest(".threshold");
  const slider = box.querySelector("input");
  const rule = box.closest(".rule").dataset.rule;
  const found = await attempt(() => post("threshold", { step: newStep(), rule, value: Number(slider.value) }));
  if (!found) return;
  slider.dataset.now = slider.value;
  button.disabled = true;
};
