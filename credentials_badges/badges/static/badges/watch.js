// What is not finished is fetched again until it is, and takes the place of what is shown; without this script, the
// page loads itself anew.
const EVERY = 1000;
const AFTER_FAILURE = 5000;

const watched = document.getElementById("watched");
const said = document.getElementById("watched-state");

async function look() {
  let wait = AFTER_FAILURE;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) return location.reload(); // Signed out meanwhile, or it is gone.
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      show(page.getElementById("watched"), page.getElementById("watched-state"));
      wait = EVERY;
    }
  } catch {
    // The server is away for a moment.
  }
  again(wait);
}

function show(fresh, state) {
  watched.replaceChildren(...fresh.childNodes);
  watched.dataset.unfinished = fresh.dataset.unfinished;
  if (said.textContent !== state.textContent) said.textContent = state.textContent; // Which is read out.
}

function again(wait) {
  if (watched.dataset.unfinished === "yes") setTimeout(look, wait);
}

again(EVERY);
