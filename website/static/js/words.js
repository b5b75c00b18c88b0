// Every code of the service, in words that a bride understands, and the way on. tests/test_website.py holds this
// list and the service's codes together.

import { make } from "./dom.js";

const PHOTO = ["photo", "Use another photo"];
const GOWN = ["gowns", "Choose another gown"];
const AGAIN = ["again", "Try again"];

// code: [title, words, ways on]
export const WORDS = {
  InputValidationError: ["Something did not add up", "One of the settings was not understood. Starting from your photo again will put it right.", [PHOTO]],
  ImageLoadError: ["We cannot open this picture", "It is not a JPEG, PNG or WebP, or it was damaged on its way. A screenshot of the photo usually works.", [PHOTO, GOWN]],
  ImageTooLarge: ["This picture is very large", "Please use one of at most 12 MB and 25 megapixels. Sending the photo to yourself in a messenger makes it smaller.", [PHOTO, GOWN]],
  ImageTooSmall: ["This picture is very small", "We need at least 256 pixels on each side to see the details. Is there a larger copy of it?", [PHOTO, GOWN]],
  NoPersonError: ["We could not find you", "Nobody could be made out in the photo. Stand in front of a calm background, in good light, with all of you in the picture.", [PHOTO]],
  MultiplePeopleError: ["There is company in the photo", "We saw more than one person and would not want to dress the wrong one. Please use a photo of you alone.", [PHOTO]],
  PoseError: ["We could not see how you stand", "Shoulders and hips need to be visible. Face the camera, with your arms a little away from your sides.", [PHOTO]],
  GownNotFoundError: ["We could not find the gown", "Please use a picture that shows the whole gown, worn and from the front, before a plain wall.", [GOWN]],
  PipelineError: ["That was our fault", "Something went wrong in our fitting room. Nothing is wrong with your picture.", [AGAIN, GOWN]],
  ContentModerationError: ["We cannot use this picture", "Our automatic check refused it, and it can be wrong. Please use another picture, or ask the shop.", [PHOTO, GOWN]],
  MalformedRequest: ["Your photo did not arrive whole", "The connection broke off on the way. Please try once more.", [AGAIN, PHOTO]],
  ConsentMissing: ["One small thing first", "Please tick the box below your photo, so that we may use it for your preview.", [PHOTO]],
  UnknownGown: ["This gown has left the collection", "Please choose another one.", [GOWN]],
  UnknownShare: ["This link has ended", "Shared pictures live for a day, or until they are deleted.", [AGAIN]],
  NotFound: ["There is nothing here", "Let us go back to the gowns.", [GOWN]],
  MethodNotAllowed: ["There is nothing here", "Let us go back to the gowns.", [GOWN]],
  ForeignRequest: ["This came from another website", "For your safety we only answer our own page. Please open it anew.", [AGAIN]],
  SlowUpload: ["Your connection is slow just now", "The photo took too long to arrive. Please try again where the signal is better.", [AGAIN]],
  TooManyRequests: ["One moment, please", "You have tried on a great deal in a short time. Take a breath, look at your favourites, and go on in a moment.", [AGAIN, GOWN]],
  Busy: ["The fitting room is full", "Many brides are trying on gowns right now. Your photo is safe here with you; please try again in a moment.", [AGAIN, GOWN]],
  Unavailable: ["The fitting room is closed for a moment", "It should open again very soon. Your photo is still here with you.", [AGAIN, GOWN]],
  ShareRefused: ["No link can be made just now", "Please download the picture and send it yourself.", []],
  Timeout: ["This took too long", "We stopped waiting, so that you need not. Please try again in a moment.", [AGAIN, GOWN]],
  Offline: ["You seem to be offline", "We could not reach our fitting room. Is your connection all right?", [AGAIN]],
};

/** Show a problem in its place. `ways`: name of a way on -> what it does; those without one are left out. */
export function tell(place, problem, ways = {}) {
  const [title, words, on] = WORDS[problem.code] ?? WORDS.PipelineError;
  const detail = problem.code === "PoseError" && problem.detail ? ` ${problem.detail}` : "";
  const wait = problem.retry_after ? ` (In about ${problem.retry_after} seconds.)` : "";
  const buttons = on.filter(([way]) => ways[way]).map(([way, label], index) => {
    const button = make("button", { type: "button", className: index ? "quiet" : "primary", textContent: label });
    button.addEventListener("click", () => { hush(place); ways[way](); });
    return button;
  });
  place.replaceChildren(
    make("h2", { textContent: title }),
    make("p", { textContent: words + detail + wait }),
    make("div", { className: "row" }, ...buttons),
  );
  place.dataset.code = problem.code;
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
}

export function hush(place) {
  place.hidden = true;
  place.replaceChildren();
}
