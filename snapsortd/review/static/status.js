// The status: filing can be paused and continued.

import { attempt, handlers, post } from "./common.js";

async function send(order, body = {}) {
  if (await attempt(() => post(order, body))) location.reload();
}

handlers.pause = (button) => send("pause", button.dataset.seconds ? { seconds: Number(button.dataset.seconds) } : {});
handlers.resume = () => send("resume");
