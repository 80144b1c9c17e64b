"use strict";
// Django's administration leaves some fields without a name for those who cannot see where they stand.
(() => {
  const words = element => (element ? element.textContent.trim().replace(/:$/, "") : "");
  const column = field => {
    const cell = field.closest("td");
    const heading = cell && cell.closest("table").tHead;
    return heading ? words([...heading.rows[0].cells].find(each => [...cell.classList].some(name => each.classList.contains(`column-${name.replace("field-", "")}`))) || (cell.classList.contains("delete") ? heading.rows[0].lastElementChild : null)) : "";
  };
  const row = field => words((field.closest(".form-row, fieldset") || document).querySelector("label, legend, h2"));
  const name = field => {
    const isNamed = field.getAttribute("aria-label") || (field.labels && field.labels.length);
    if (!isNamed) field.setAttribute("aria-label", column(field) || row(field) || field.name);
  };
  const look = () => {
    document.querySelectorAll("#content input:not([type=hidden], [type=submit], [type=button]), #content select, #content textarea").forEach(name);
    document.querySelectorAll(".select2-selection, .select2-selection__rendered").forEach(box => box.setAttribute("aria-label", column(box) || row(box)));
    document.querySelectorAll(".help-tooltip[aria-label]").forEach(each => each.setAttribute("role", "img"));
    document.querySelectorAll("#changelist-filter a").forEach(each => { if (!words(each)) each.textContent = "–"; });
  };
  // Other scripts add fields, some of them late.
  look();
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
})();
