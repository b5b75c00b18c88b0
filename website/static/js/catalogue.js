// The gowns: filters, shortlist, and a picture of one's own.

import { $, make } from "./dom.js";
import { drawn } from "./photo.js";
import { onEnter } from "./screens.js";
import { state, toggleShortlist } from "./state.js";
import { hush, tell } from "./words.js";

const FILTERS = { silhouette: "Silhouette", neckline: "Neckline", sleeve: "Sleeve", colour: "Colour", length: "Length" };
const chosen = {}; // filter -> value
let tryOn = () => {};

/** `wear` is called with the list of gowns to try on. */
export async function startCatalogue(wear) {
  tryOn = wear;
  onEnter("gowns", render);
  $("own").addEventListener("click", () => $("own-file").click());
  $("own-file").addEventListener("change", takeOwn);
  $("try-shortlist").addEventListener("click", () => tryOn(everything().filter((gown) => state.shortlist.has(gown.id))));
  try {
    state.gowns = await (await fetch("/api/gowns")).json();
  } catch {
    tell($("gown-problem"), { code: "Offline" }, { again: () => location.reload() });
  }
  adorn();
  filters();
  render();
}

/** The welcome screen's arches show two of the gowns. */
function adorn() {
  for (const [id, gown] of [["arch-1", state.gowns.at(-1)], ["arch-2", state.gowns[1]]]) {
    if (!gown) continue;
    $(id).addEventListener("load", () => $(id).classList.add("there"));
    $(id).src = gown.product;
  }
}

function filters() {
  const selects = Object.entries(FILTERS).map(([key, label]) => {
    const values = [...new Set(state.gowns.map((gown) => gown.tags[key]))].sort();
    const select = make("select", { name: key },
      make("option", { value: "", textContent: "Any" }),
      ...values.map((value) => make("option", { value, textContent: value })));
    select.addEventListener("change", () => { chosen[key] = select.value; render(); });
    return make("label", {}, label, select);
  });
  $("filters").replaceChildren(...selects);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
}

function everything() {
  return state.ownGown ? [state.ownGown, ...state.gowns] : state.gowns;
}

function render() {
  const shown = everything().filter((gown) => gown.file
    || Object.entries(chosen).every(([key, value]) => !value || gown.tags[key] === value));
  $("count").textContent = shown.length === 1 ? "1 gown" : `${shown.length} gowns`;
  $("gown-list").replaceChildren(...shown.map(card));
  if (!shown.length) {
    $("gown-list").append(make("li", { className: "empty", textContent: "No gown has all of this. Let one wish go, and look again." }));
  }
  showShortlist();
}

function showShortlist() {
  const count = everything().filter((gown) => state.shortlist.has(gown.id)).length;
  $("try-shortlist").hidden = count === 0;
  $("try-shortlist").textContent = `Try my shortlist (${count})`;
}

function card(gown) {
  const wear = make("button", { type: "button", className: "quiet try", textContent: "Try it on", "aria-label": `Try on ${gown.name}` });
  wear.addEventListener("click", () => tryOn([gown]));
  const heart = make("button", { type: "button", className: "heart", "aria-label": `${gown.name} on my shortlist` });
  const mark = () => {
    heart.setAttribute("aria-pressed", String(state.shortlist.has(gown.id)));
    heart.textContent = state.shortlist.has(gown.id) ? "♥" : "♡";
  };
  heart.addEventListener("click", () => { toggleShortlist(gown.id); mark(); showShortlist(); });
  mark();
  const picture = make("img", { src: gown.thumb, alt: "", width: 360, height: 480, loading: "lazy" });
  return make("li", { className: "gown" },
    make("div", { className: "gown-picture" }, picture),
    make("h2", { textContent: gown.name }),
    make("p", { className: "small", textContent: tagsOf(gown) }),
    make("div", { className: "row" }, wear, heart));
}

export function tagsOf({ tags }) {
  const sleeve = { long: "long sleeves", short: "short sleeves", cap: "cap sleeves" }[tags.sleeve] ?? tags.sleeve;
  return [tags.silhouette, tags.neckline, sleeve, tags.colour].filter(Boolean).join(" · ");
}

async function takeOwn(event) {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  hush($("gown-problem"));
  try {
    const { canvas } = await drawn(file);
    const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    state.ownGown = { id: "own", name: "Your own gown", tags: {}, thumb: URL.createObjectURL(small), file: small };
    render();
    tryOn([state.ownGown]);
  } catch (problem) {
    tell($("gown-problem"), problem, { gowns: () => $("own").click() });
  }
}
