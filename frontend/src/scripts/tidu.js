// Every page works without this file; each module below makes one thing more comfortable.
import "./requests.js";
import "./confirm.js";
import "./oversize.js";
import "./submit.js";
import "./menus.js";
import "./search.js";
import { enhance } from "./enhance.js";
import { unsaved } from "./unsaved.js";
import { drafts } from "./drafts.js";
import { uploads } from "./uploads.js";
import { shrinking } from "./shrink.js";
import { buttons } from "./buttons.js";
import { pictures } from "./pictures.js";
import { voice } from "./voice.js";
import { position } from "./position.js";

enhance(buttons);
enhance(pictures);
enhance(voice);
enhance(position);
enhance(uploads);
enhance(shrinking);
enhance(unsaved);
enhance(drafts);
enhance((root) => root.querySelector("[data-focus]")?.focus());
