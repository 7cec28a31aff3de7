// What all pages share: requests, what is said after an action, and undo.

export const base = document.body.dataset.base;

export async function post(address, body = {}) {
  const answer = await fetch(`${base}/${address}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const found = await answer.json().catch(() => ({ error: "snapsortctl review has ended" }));
  if (!answer.ok) throw new Error([found.error, found.hint].filter(Boolean).join(" – "));
  return found;
}

let hiding = 0;

export function say(text, isError = false) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.classList.toggle("error", isError);
  said.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => said.classList.remove("shown"), isError ? 12000 : 5000);
}

export async function attempt(action) {
  try {
    const found = await action();
    if (found?.said) say(found.said);
    return found;
  } catch (error) {
    say(error instanceof TypeError ? "snapsortctl review has ended: start it again" : error.message, true);
    return null;
  }
}

export const newStep = () => `${Date.now()}.${Math.random()}`;

export function thumbnail(image) {
  const found = document.createElement("img");
  found.src = `${base}/picture/${image}/480`;
  found.alt = "";
  found.loading = "lazy";
  return found;
}

export const isTyping = (event) =>
  event.target.closest("input:not([type=range]), select, textarea, dialog[open]") !== null;

// Pages that keep what they have shown replace this.
export const handlers = {
  undo: async () => {
    const found = await attempt(() => post("undo"));
    if (found?.step) location.reload();
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  const handler = button && handlers[button.dataset.do];
  if (handler) handler(button);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "z" && !isTyping(event) && !event.altKey) {
    event.preventDefault();
    handlers.undo();
  }
});

// A picture that cannot be read leaves its place to the name.
document.addEventListener("error", (event) => event.target.classList?.add("unreadable"), true);
