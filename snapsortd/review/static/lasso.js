// A rectangle that is drawn with the mouse selects the images that it touches.

import { all, select, selected } from "./cards.js";

let dragged = false;

export const isDragged = () => dragged;

export function selectByRectangle(area, done) {
  area.addEventListener("pointerdown", (start) => {
    if (start.pointerType !== "mouse" || start.button || start.target.closest("button") || start.shiftKey) return;
    dragged = false;
    const box = document.createElement("div");
    box.id = "lasso";
    const move = (event) => {
      const [x, y] = [event.clientX - start.clientX, event.clientY - start.clientY];
      if (!dragged && Math.hypot(x, y) < 8) return;
      if (!dragged) document.body.append(box);
      dragged = true;
      const [left, top] = [Math.min(start.clientX, event.clientX), Math.min(start.clientY, event.clientY)];
      const [width, height] = [Math.abs(x), Math.abs(y)];
      Object.assign(box.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
      for (const card of all()) {
        const at = card.getBoundingClientRect();
        select(card, at.left < left + width && at.right > left && at.top < top + height && at.bottom > top);
      }
      event.preventDefault();
    };
    const end = () => {
      document.removeEventListener("pointermove", move);
      box.remove();
      if (dragged && selected().length) done(selected()[0]);
      setTimeout(() => (dragged = false));
    };
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", end, { once: true });
  });
}
