// The one place that speaks to /api/tryon: sends the pictures, reads the stages, returns the answer.

import { state } from "./state.js";

/**
 * One try-on of the current photo. `onStage` gets {stage, place, left_s}. Rejects with a problem document
 * ({code, detail, retry_after}), or with an AbortError when `signal` says so.
 */
export async function tryOn(gown, { fit = {}, views = [], format = "jpeg", onStage = () => {}, signal }) {
  const body = new FormData();
  body.append("photo", state.photo.blob, "photo");
  body.append("consent", "yes");
  body.append("fit", JSON.stringify(fit));
  body.append("format", format);
  if (views.length) body.append("views", views.join(","));
  if (gown.file) body.append("gown", gown.file, "gown");
  else body.append("gown_id", gown.id);
  const response = await reach("/api/tryon", { method: "POST", body, signal, headers: { Accept: "text/event-stream" } });
  for await (const { event, data } of events(response.body, signal)) {
    if (event === "stage") onStage(data);
    else if (event === "result") return data;
    else if (event === "problem") throw data;
  }
  throw { code: "MalformedRequest" }; // the stream ended in the middle
}

/** fetch, whose failures are problem documents. */
export async function reach(address, request) {
  let response;
  try {
    response = await fetch(address, request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw { code: "Offline" };
  }
  if (response.ok) return response;
  let problem;
  try {
    problem = await response.json();
  } catch {
    problem = { code: response.status === 503 ? "Busy" : "PipelineError" };
  }
  throw problem;
}

/** The server-sent events of a stream, their data parsed. */
async function* events(stream, signal) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  const parts = [];
  let tail = ""; // the end of what has been read, for an end of event that lies across two chunks
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      parts.push(value);
      tail = (tail + value).slice(-4);
      if (!value.includes("\n\r\n") && !value.includes("\n\n") && !/\n\r?\n$/.test(tail)) continue;
      const blocks = parts.splice(0).join("").split(/\r?\n\r?\n/);
      parts.push(blocks.pop());
      for (const block of blocks) {
        const found = parsed(block);
        if (found) yield found;
      }
    }
  } catch (error) {
    if (signal?.aborted) throw new DOMException("stopped", "AbortError");
    throw { code: "Offline", detail: String(error) };
  }
}

function parsed(block) {
  const lines = block.split(/\r?\n/);
  const of = (name) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join("\n");
  return of("event") ? { event: of("event"), data: JSON.parse(of("data")) } : null;
}
