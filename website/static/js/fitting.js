// While a gown is put on: "Processing…", the stages as the service tells them, and a way to stop.

import { $, announce, blobOf } from "./dom.js";
import { restart } from "./photo.js";
import { showResult } from "./result.js";
import { go, setBusy } from "./screens.js";
import { tryOn } from "./service.js";
import { keep, state } from "./state.js";
import { hush, tell } from "./words.js";

const STAGES = ["queued", "seeing", "fitting", "finishing"];
let running = null; // the AbortController of what is being fitted

export function startFitting() {
  $("cancel").addEventListener("click", () => running?.abort());
}

/** Put the gowns on, one after the other; what has been made by then stays if one fails. */
export async function wear(gowns) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  begin();
  try {
    for (const [index, gown] of gowns.entries()) {
      const many = gowns.length > 1 ? ` ${index + 1} of ${gowns.length}: ${gown.name}` : "";
      $("processing-words").textContent = `Processing…${many}`;
      keep(await fitted(gown, { onStage: showStage, signal: mine.signal }));
    }
    finish(mine);
    showResult();
    announce(`Here you are, in ${state.current.gown.name}.`);
  } catch (problem) {
    finish(mine);
    if (problem.name === "AbortError") {
      if (running === null) go(state.current ? "result" : "gowns");
      return;
    }
    if (state.current) showResult();
    tell($("result-problem"), problem, { photo: restart, gowns: () => go("gowns"), again: () => wear(gowns) });
  }
}

/** A result, ready to be kept. */
export async function fitted(gown, wishes) {
  const answer = await tryOn(gown, wishes);
  const blob = blobOf(answer.image, "image/jpeg");
  return { gown, fit: wishes.fit ?? {}, answer, blob, url: URL.createObjectURL(blob) };
}

function begin() {
  setBusy(true);
  hush($("result-problem"));
  go("result");
  $("done").hidden = true;
  $("tried").hidden = true;
  $("processing").hidden = false;
  $("processing-image").src = state.photo.url;
  showStage({ stage: "queued", place: 0, left_s: 0 });
}

function finish(mine) {
  if (running !== mine) return;
  running = null;
  setBusy(false);
  $("processing").hidden = true;
}

function showStage({ stage, place, left_s: left }) {
  const now = STAGES.indexOf(stage);
  for (const item of $("stages").children) {
    const index = STAGES.indexOf(item.dataset.stage);
    item.className = index < now ? "past" : index === now ? "now" : "";
    if (index === now && !item.hasAttribute("aria-current")) {
      item.setAttribute("aria-current", "step");
      announce(`Processing… ${item.textContent}`);
    }
    if (index !== now) item.removeAttribute("aria-current");
  }
  const before = place > 1 ? `${place - 1} before you. ` : "";
  $("eta").textContent = left > 1 ? `${before}About ${Math.ceil(left)} seconds.` : before;
}
