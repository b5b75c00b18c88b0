// Advanced tools: what the nets saw, and the fit by hand.

import { $, blobOf, make } from "./dom.js";
import { fitted } from "./fitting.js";
import { restart } from "./photo.js";
import { go, onEnter } from "./screens.js";
import { keep, state } from "./state.js";
import { hush, tell } from "./words.js";

const VIEWS = {
  result: ["Result", "You in the gown, with the fit that you have set."],
  masks: ["Masks", "Warm: you. Cool: the clothes that are replaced. Everything else is the room."],
  pose: ["Pose and anchors", "The joints that were found, and the lines that the gown hangs on: shoulders, bust, waist, hips."],
  warp: ["Warped gown", "The gown alone, bent to your posture."],
};
const SLIDERS = { // name: [label, least, most]
  bust: ["Bust", 0.7, 1.3], waist: ["Waist", 0.7, 1.3], hips: ["Hips", 0.7, 1.3], hem: ["Hem", 0.7, 1.3],
  x: ["Left and right", -0.5, 0.5], y: ["Up and down", -0.5, 0.5],
};
const NODES = { prepare: "Reading the pictures", segmentation: "Telling you from your clothes", pose: "Finding your posture", cyclegan: "Putting the gown on" };
const PAUSE_MS = 350; // a slider that still moves is not worth a try-on
let shown = null; // the result on this screen, with its views
let timer = 0;
let running = null;

export function startTools() {
  for (const [name, [label]] of Object.entries(VIEWS)) {
    const radio = make("input", { type: "radio", name: "view", value: name, checked: name === "result" });
    radio.addEventListener("change", showView);
    $("views").append(make("label", {}, radio, label));
  }
  for (const [name, [label, min, max]] of Object.entries(SLIDERS)) {
    const slider = make("input", { type: "range", min, max, step: 0.01, value: neutral(name), name, id: `fit-${name}` });
    const output = make("output", { for: `fit-${name}` });
    slider.addEventListener("input", () => { showNumber(slider, output); later(); });
    $("fit").append(make("label", {}, label, slider, output));
  }
  $("fit").addEventListener("submit", (event) => event.preventDefault());
  $("reset-fit").addEventListener("click", () => { setFit({}); render(); });
  $("leave-tools").addEventListener("click", () => go("result"));
  $("use-fit").addEventListener("click", () => { keep(shown); shown = null; go("result"); });
  onEnter("tools", () => {
    shown = null;
    setFit(state.current.fit);
    $("tool-image").src = state.current.url;
    render();
  });
}

const neutral = (name) => (name === "x" || name === "y" ? 0 : 1);

function setFit(fit) {
  for (const label of $("fit").children) {
    const [slider, output] = label.querySelectorAll("input, output");
    slider.value = fit[slider.name] ?? neutral(slider.name);
    showNumber(slider, output);
  }
}

function showNumber(slider, output) {
  const value = Number(slider.value) - neutral(slider.name);
  output.textContent = `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.round(100 * Math.abs(value))} %`;
  slider.setAttribute("aria-valuetext", output.textContent);
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(render, PAUSE_MS);
}

async function render() {
  clearTimeout(timer);
  running?.abort();
  const mine = new AbortController();
  running = mine;
  const fit = Object.fromEntries([...new FormData($("fit"))].map(([name, value]) => [name, Number(value)]));
  hush($("tools-problem"));
  working(true);
  try {
    const made = await fitted(state.current.gown, { fit, views: ["masks", "pose", "warp"], signal: mine.signal });
    if (running !== mine) return;
    shown = made;
    showView();
    showTimings(made.answer);
    working(false);
  } catch (problem) {
    if (problem.name === "AbortError" || running !== mine) return;
    working(false);
    tell($("tools-problem"), problem, { again: render, photo: restart, gowns: () => go("gowns") });
  }
}

function working(now) {
  $("tool-image").parentElement.classList.toggle("working", now);
  $("tool-status").textContent = now ? "Processing…" : "Up to date.";
  $("use-fit").disabled = now || !shown;
}

function showView() {
  if (!shown) return;
  const view = document.querySelector("[name=view]:checked").value;
  const [label, words] = VIEWS[view];
  const old = $("tool-image").src;
  $("tool-image").src = view === "result" ? shown.url : URL.createObjectURL(blobOf(shown.answer.views[view], "image/jpeg"));
  $("tool-image").alt = label;
  $("tool-caption").textContent = words;
  if (old.startsWith("blob:") && ![shown, state.photo, ...state.results].some(({ url }) => url === old)) URL.revokeObjectURL(old);
}

function showTimings({ timings_ms: times, model_versions: versions, waited_ms: waited }) {
  const rows = Object.entries(times).map(([node, ms]) => [NODES[node] ?? node, `${Math.round(ms)} ms`, versions[node]]);
  rows.unshift(["Waiting and reading", `${waited} ms`, ""]);
  $("timings").tBodies[0].replaceChildren(...rows.map(([name, ms, version]) => make("tr", {},
    make("th", { scope: "row", textContent: name }), make("td", { textContent: ms }), make("td", { textContent: version }))));
}
