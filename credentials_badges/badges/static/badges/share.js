// Copies and prints. Without this script, what is to be copied can be selected, and the browser prints the page.
"use strict";

const count = () => {
  const form = document.getElementById("count");
  if (form) {
    fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => {});
  }
};

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    const status = document.getElementById("copied");
    status.textContent = "";
    try {
      await navigator.clipboard.writeText(field.value);
      status.textContent = button.dataset.done || "Copied";
      count();
    } catch {
      field.select();
      status.textContent = button.dataset.failed || "It could not be copied: copy what is selected.";
    }
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
