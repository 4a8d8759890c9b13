// The console's entry: pages work without it; it keeps them up to date and adds keys.
import { follow } from "./live.js";
import { keepChart } from "./chart.js";
import { addKeys } from "./keys.js";
import { addForms } from "./forms.js";

const redraw = keepChart();
addKeys();
addForms();
if (document.body.hasAttribute("data-live")) follow(redraw);
