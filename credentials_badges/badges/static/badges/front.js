// The first page of the administration renews itself, unless somebody is at work in it.
"use strict";
const EVERY = 30000;

function isInUse(front) {
  return document.hidden || front.contains(document.activeElement) || front.querySelector("details[open]") !== null;
}

async function renew() {
  const front = document.getElementById("front");
  if (isInUse(front)) return;
  const answer = await fetch(location.href, {headers: {Accept: "text/html"}}).catch(() => null);
  if (!answer || !answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("front");
  if (fresh && !isInUse(front)) front.replaceWith(fresh);
}

setInterval(renew, EVERY);
