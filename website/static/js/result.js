// The result: before and after, keeping it, several gowns side by side.

import { tagsOf } from "./catalogue.js";
import { $, announce, blobOf, download, make } from "./dom.js";
import { restart } from "./photo.js";
import { go, onEnter } from "./screens.js";
import { tryOn } from "./service.js";
import { forget, state } from "./state.js";
import { hush, tell } from "./words.js";

export function startResult() {
  $("slide").addEventListener("input", () => $("slider").style.setProperty("--at", `${$("slide").value}%`));
  $("download-jpeg").addEventListener("click", () => download(state.current.blob, fileName("jpg")));
  $("download-png").addEventListener("click", downloadPng);
  $("another-gown").addEventListener("click", () => go("gowns"));
  $("upload-another").addEventListener("click", restart);
  $("advanced").addEventListener("click", () => go("tools"));
  $("forget").addEventListener("click", () => {
    forget();
    go("welcome");
    announce("Your photo and all pictures of you are deleted.");
  });
  onEnter("result", () => { if (state.current && $("processing").hidden) showResult(); });
}

/** Show the current result. */
export function showResult() {
  const { gown, answer, url } = state.current;
  $("done").hidden = false;
  $("before").src = state.photo.url;
  $("after").src = url;
  $("after").alt = `After: you in ${gown.name}`;
  $("slide").value = 50;
  $("slider").style.setProperty("--at", "50%");
  $("result-gown").textContent = gown.name;
  $("result-tags").textContent = tagsOf(gown);
  $("warnings").replaceChildren(...answer.warnings.map((words) => make("li", { textContent: words })));
  sideBySide();
}

function sideBySide() {
  $("tried").hidden = state.results.length < 2;
  $("tried-list").replaceChildren(...state.results.map((result) => {
    const look = make("button", { type: "button", className: "link", textContent: "Look closer", "aria-label": `Look closer at ${result.gown.name}` });
    look.addEventListener("click", () => {
      state.current = result;
      hush($("result-problem"));
      showResult();
      $("result-title").focus();
      scrollTo({ top: 0 });
    });
    return make("li", { className: result === state.current ? "current" : "" },
      make("figure", { className: "framed" }, make("img", { src: result.url, alt: `You in ${result.gown.name}` })),
      make("h3", { textContent: result.gown.name }),
      make("div", { className: "row" }, look));
  }));
}

function fileName(suffix) {
  return `my-gown-preview-${state.current.gown.id}.${suffix}`;
}

/** Without loss, so it is made anew: what the page shows is a JPEG, because that arrives four times as fast. */
async function downloadPng() {
  const { gown, fit } = state.current;
  const button = $("download-png");
  hush($("result-problem"));
  button.disabled = true;
  button.textContent = "Preparing…";
  try {
    const answer = await tryOn(gown, { fit, format: "png" });
    download(blobOf(answer.image, "image/png"), fileName("png"));
    announce("Your PNG is downloaded.");
  } catch (problem) {
    tell($("result-problem"), problem, { again: downloadPng });
  } finally {
    button.disabled = false;
    button.textContent = "Download PNG";
  }
}
