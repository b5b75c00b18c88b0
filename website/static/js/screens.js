// One page, five screens. The address's fragment names the screen, so that "back" does what it should.

import { $ } from "./dom.js";
import { state } from "./state.js";

const SCREENS = ["welcome", "photo", "gowns", "result", "tools"];
const NEEDS = {
  gowns: () => state.photo,
  result: () => state.photo && (state.current || busy),
  tools: () => state.current,
};
const entered = {}; // screen -> what to do when it is shown
let busy = false;

/** Call `then` whenever the screen is shown. */
export function onEnter(screen, then) {
  entered[screen] = then;
}

/** While a gown is being fitted, the result's screen may be shown without a result. */
export function setBusy(now) {
  busy = now;
}

export function go(screen) {
  if (location.hash === `#${screen}`) show();
  else location.hash = screen;
}

function show() {
  let screen = location.hash.slice(1);
  if (screen === "main") return; // the link that skips to the content
  if (!SCREENS.includes(screen)) screen = "welcome";
  if (NEEDS[screen] && !NEEDS[screen]()) screen = state.photo ? "gowns" : "photo";
  for (const name of SCREENS) $(name).hidden = name !== screen;
  for (const step of document.querySelectorAll("[data-step]")) {
    const here = step.dataset.step === (screen === "tools" ? "result" : screen);
    if (here) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
  entered[screen]?.();
  if (screen !== "welcome" || document.activeElement !== document.body) {
    $(`${screen}-title`).focus({ preventScroll: true });
  }
  scrollTo({ top: 0, behavior: "instant" });
}

export function startScreens() {
  addEventListener("hashchange", show);
  show();
}
