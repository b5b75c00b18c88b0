// Choosing a photo: drop, click, paste or camera; made upright and smaller on the device; the checklist; consent.

import { look } from "./checklist.js";
import { $, announce, make } from "./dom.js";
import { go, onEnter } from "./screens.js";
import { forget, state } from "./state.js";
import { hush, tell } from "./words.js";

const LONGEST = 1600; // pixels: what the service works with at most
const LARGEST = 60 * 2 ** 20; // bytes of a file that is worth opening
const MARKS = { good: ["✓", "Good"], poor: ["!", "Could be better"], bad: ["✕", "Not usable"], later: ["…", "Later"] };

export function startPhoto() {
  $("pick").addEventListener("click", () => $("file").click());
  $("snap").addEventListener("click", () => $("camera").click());
  for (const id of ["file", "camera"]) {
    $(id).addEventListener("change", (event) => {
      const [file] = event.target.files;
      event.target.value = ""; // the same file may be chosen again
      if (file) take(file);
    });
  }
  acceptDrops($("photo"), take);
  addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (file && !$("photo").hidden) take(file);
  });
  $("other-photo").addEventListener("click", restart);
  $("to-gowns").addEventListener("click", forward);
  $("consent").addEventListener("change", () => { $("consent-hint").textContent = ""; });
  onEnter("photo", () => render());
}

/** Begin with another photo. */
export function restart() {
  forget();
  $("consent").checked = false;
  hush($("photo-problem"));
  go("photo");
}

function acceptDrops(zone, then) {
  const mark = (over) => $("drop").classList.toggle("over", over);
  zone.addEventListener("dragover", (event) => { event.preventDefault(); mark(true); });
  zone.addEventListener("dragleave", () => mark(false));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    const [file] = event.dataTransfer.files;
    if (file) then(file);
  });
}

async function take(file) {
  hush($("photo-problem"));
  try {
    const { canvas, original } = await drawn(file);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.94));
    forget();
    state.photo = { blob, url: URL.createObjectURL(blob), width: canvas.width, height: canvas.height };
    state.photo.checks = look(canvas, original);
    render();
    announce("Your photo is here. Below it is a first look at it.");
  } catch (problem) {
    tell($("photo-problem"), problem, { photo: () => $("pick").click() });
  }
}

/** The picture of a file, upright and bounded, on a canvas, and its first size. Rejects with a problem. */
export async function drawn(file) {
  if (file.size > LARGEST) throw { code: "ImageTooLarge" };
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw { code: "ImageLoadError" };
  }
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = make("canvas", { width: Math.round(scale * bitmap.width), height: Math.round(scale * bitmap.height) });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const original = { width: bitmap.width, height: bitmap.height };
  bitmap.close();
  return { canvas, original };
}

function render() {
  const { photo } = state;
  $("choose").hidden = Boolean(photo);
  $("preview").hidden = !photo;
  if (!photo) return;
  $("preview-image").src = photo.url;
  $("checks").replaceChildren(...photo.checks.map(row));
  $("to-gowns").disabled = photo.checks.some((check) => check.state === "bad");
}

function row({ name, state: outcome, words }) {
  const [mark, meaning] = MARKS[outcome];
  return make("li", { className: outcome },
    make("span", { className: "mark", textContent: mark, "aria-hidden": "true" }),
    make("span", {}, make("b", { textContent: name }), make("span", { className: "unseen", textContent: ` – ${meaning}: ` }),
      make("span", { className: "reason", textContent: words })));
}

function forward() {
  if ($("consent").checked) return go("gowns");
  $("consent-hint").textContent = "Please tick the box first: without it we may not use your photo.";
  return $("consent").focus();
}
