// Sharing: the device's own sheet where there is one; otherwise a copy, or a link that ends.

import { $ } from "./dom.js";
import { reach } from "./service.js";
import { state } from "./state.js";
import { WORDS } from "./words.js";

let link = null; // {path, key} of the link that was made last

export function startShare() {
  $("share").addEventListener("click", share);
  $("copy-picture").addEventListener("click", copyPicture);
  $("make-link").addEventListener("click", () => attempt(makeLink));
  $("delete-link").addEventListener("click", () => attempt(deleteLink));
  $("copy-link").addEventListener("click", async () => {
    await navigator.clipboard.writeText($("link").value);
    say("The link is copied.");
  });
}

async function share() {
  const { blob, gown } = state.current;
  const file = new File([blob], `my-gown-preview-${gown.id}.jpg`, { type: blob.type });
  if (navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file], title: "Look what I tried on" });
      return;
    } catch (error) {
      if (error.name === "AbortError") return; // she has closed the sheet
    }
  }
  forgetLink();
  say("");
  $("share-dialog").showModal();
}

async function copyPicture() {
  try {
    const bitmap = await createImageBitmap(state.current.blob);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    const png = await canvas.convertToBlob({ type: "image/png" }); // the only kind that every clipboard takes
    await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
    say("The picture is copied. Paste it into a message.");
  } catch {
    say("Your browser does not let us copy pictures. Please download it instead.");
  }
}

async function makeLink() {
  const body = new FormData();
  body.append("picture", state.current.blob, "picture");
  body.append("seal", state.current.answer.seal);
  link = await (await reach("/api/share", { method: "POST", body })).json();
  $("link").value = location.origin + link.path;
  $("link-made").hidden = false;
  $("link").focus();
  $("link").select();
  say("Your link is ready.");
}

async function deleteLink() {
  await reach(link.path.replace("/s/", "/api/share/"), { method: "DELETE", headers: { "X-Delete-Key": link.key } });
  forgetLink();
  say("The link is deleted. Nobody can see the picture there any more.");
  $("make-link").focus();
}

function forgetLink() {
  link = null;
  $("link-made").hidden = true;
  $("link").value = "";
}

async function attempt(step) {
  try {
    await step();
  } catch (problem) {
    const [title, words] = WORDS[problem.code] ?? WORDS.PipelineError;
    say(`${title}. ${words}`);
  }
}

function say(words) {
  $("share-status").textContent = words;
}
