// What this page knows. It lives in this tab's memory and is gone with it; only the shortlist's names outlive a reload.

const KEY = "shortlist";

export const state = {
  photo: null, // {blob, url, width, height}, made smaller and without metadata
  gowns: [], // as /api/gowns lists them
  ownGown: null, // {id: "own", name, tags: {}, thumb, file}
  results: [], // {gown, fit, answer, blob, url}, newest first
  current: null, // the result that is looked at
  shortlist: new Set(JSON.parse(sessionStorage.getItem(KEY) ?? "[]")),
};

export function toggleShortlist(id) {
  if (!state.shortlist.delete(id)) state.shortlist.add(id);
  sessionStorage.setItem(KEY, JSON.stringify([...state.shortlist]));
}

/** Let go of every picture. */
export function forget() {
  for (const kept of [state.photo, ...state.results]) if (kept) URL.revokeObjectURL(kept.url);
  if (state.ownGown) URL.revokeObjectURL(state.ownGown.thumb);
  Object.assign(state, { photo: null, ownGown: null, results: [], current: null });
}

/** Keep a result: one for each gown. */
export function keep(result) {
  const old = state.results.find((other) => other.gown.id === result.gown.id);
  if (old) URL.revokeObjectURL(old.url);
  state.results = [result, ...state.results.filter((other) => other !== old)];
  state.current = result;
}
