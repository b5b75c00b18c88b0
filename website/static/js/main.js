// The page's start: each part takes care of its own screen.

import { startCatalogue } from "./catalogue.js";
import { $ } from "./dom.js";
import { startFitting, wear } from "./fitting.js";
import { startPhoto } from "./photo.js";
import { startResult } from "./result.js";
import { go, startScreens } from "./screens.js";
import { startShare } from "./share.js";
import { startTools } from "./tools.js";

document.documentElement.classList.toggle("touch", navigator.maxTouchPoints > 0);
$("start").addEventListener("click", () => go("photo"));
startPhoto();
startFitting();
startResult();
startShare();
startTools();
startCatalogue(wear);
startScreens();
