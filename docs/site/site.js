// The search: without it, the list of pages is there all the same. The words are loaded when somebody begins to search.
"use strict";

const up = document.body.dataset.up;
const box = document.querySelector("search");
const input = box.querySelector("input");
const list = document.getElementById("found");
const MOST = 12;
let words = null;
let chosen = -1;

box.hidden = false;

function load() {
  if (words !== null) return;
  words = [];
  const script = document.createElement("script");
  script.src = `${up}words.js`;
  script.addEventListener("load", () => {
    words = window.siteWords.map(([address, page, heading, text]) => ({
      address, page, heading, text,
      title: `${page} ${heading}`.toLowerCase(),
      all: `${page} ${heading} ${text}`.toLowerCase(),
    }));
    show();
  });
  document.head.append(script);
}

function search(asked) {
  const wanted = asked.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [];
  return words
    .filter((part) => wanted.every((word) => part.all.includes(word)))
    .map((part) => ({ part, worth: wanted.reduce((sum, word) => sum + worth(part, word), 0) }))
    .sort((one, other) => other.worth - one.worth)
    .slice(0, MOST)
    .map((found) => found.part);
}

function worth(part, word) {
  if (part.heading.toLowerCase() === word) return 8;
  return part.title.includes(word) ? 4 : 1;
}

function excerpt(text, asked) {
  const at = text.toLowerCase().indexOf(asked.toLowerCase().split(/\s+/)[0]);
  const from = Math.max(0, at - 40);
  return (from > 0 ? "…" : "") + text.slice(from, from + 120);
}

function line(part, place) {
  const item = document.createElement("li");
  item.id = `found-${place}`;
  item.role = "option";
  const link = document.createElement("a");
  link.href = up + part.address;
  link.tabIndex = -1;
  const title = document.createElement("strong");
  title.textContent = part.heading === part.page ? part.page : `${part.page} › ${part.heading}`;
  const text = document.createElement("span");
  text.textContent = excerpt(part.text, input.value.trim());
  link.append(title, text);
  item.append(link);
  return item;
}

function show() {
  const found = search(input.value);
  chosen = found.length > 0 ? 0 : -1;
  list.replaceChildren(...found.map(line));
  if (found.length === 0 && input.value.trim() !== "" && words.length > 0) {
    const none = document.createElement("li");
    none.textContent = "Nothing found.";
    list.append(none);
  }
  const open = list.childElementCount > 0;
  list.hidden = !open;
  input.setAttribute("aria-expanded", String(open));
  mark();
}

function mark() {
  [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === chosen)));
  if (chosen < 0) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", `found-${chosen}`);
  list.children[chosen].scrollIntoView({ block: "nearest" });
}

function close() {
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
}

input.addEventListener("focus", load);
input.addEventListener("input", show);
input.addEventListener("keydown", (event) => {
  const last = list.querySelectorAll("a").length - 1;
  if (event.key === "ArrowDown") chosen = Math.min(chosen + 1, last);
  else if (event.key === "ArrowUp") chosen = Math.max(chosen - 1, 0);
  else if (event.key === "Enter") return list.querySelectorAll("a")[chosen]?.click();
  else if (event.key === "Escape") return close();
  else return;
  event.preventDefault();
  mark();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
  event.preventDefault();
  input.focus();
});
document.addEventListener("click", (event) => {
  if (!box.contains(event.target)) close();
});
