// Explorers on pages. Their pictures come from files that the build has drawn (live_explorers.py): buttons choose a
// file, sliders and switches lead through its tree to a picture.

const files = new Map(); // what was fetched, by address

async function read(address) {
  if (!files.has(address)) {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address} answers ${response.status}`);
    const unpacked = response.body.pipeThrough(new DecompressionStream("gzip"));
    files.set(address, await new Response(unpacked).json());
  }
  return files.get(address);
}

// A slider that had more positions than the chosen layer or network has moves back to the last one.
function fit(slider, count) {
  const words = JSON.parse(slider.dataset.words);
  slider.max = count - 1;
  slider.setAttribute("aria-valuetext", words[slider.value]);
  slider.parentElement.querySelector("output").textContent = words[slider.value];
}

function addressOf(explorer) {
  const pressed = explorer.querySelectorAll("form > :not([hidden]) input[type=radio]:checked");
  return [explorer.dataset.address, ...[...pressed].map((input) => input.value)].join("-") + ".bin";
}

function showNeeded(form) {
  const mode = form.querySelector('[name="mode"]:checked')?.value;
  for (const control of form.children) {
    control.hidden = mode !== undefined && !control.dataset.modes.split(" ").includes(mode);
  }
}

async function redraw(explorer) {
  const form = explorer.querySelector("form");
  showNeeded(form);
  const address = addressOf(explorer);
  const { parts, tree } = await read(address);
  if (address !== addressOf(explorer)) return; // another button was pressed while this file came
  let branch = tree;
  for (const input of form.querySelectorAll(":scope > :not([hidden]) input")) {
    if (input.type === "range") {
      fit(input, branch.length);
      branch = branch[input.value];
    } else if (input.type === "checkbox") {
      branch = branch[Number(input.checked)];
    }
  }
  const pieces = branch.map((place) => parts[place]);
  const words = pieces.pop();
  explorer.querySelector(".explorer-figures").innerHTML = pieces.map((piece) => `<div>${piece}</div>`).join("");
  explorer.querySelector(".explorer-words").innerHTML = words;
}

function start(explorer) {
  const form = explorer.querySelector("form");
  form.reset(); // a browser that comes back to a page keeps what was chosen, but not the picture
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    redraw(explorer).catch((error) => {
      explorer.querySelector(".explorer-words").textContent =
        `This picture cannot be shown: ${error.message}. Is the site still reachable?`;
    });
  });
}

document.querySelectorAll(".explorer").forEach(start);
