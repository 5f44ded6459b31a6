"use strict";
// Everything here is a convenience: without it the pages do the same by forms and links.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// Times in the reader's own zone, and as the browser writes them where it speaks the page's language.
const said = document.documentElement.lang;
const own = navigator.language.slice(0, 2) === said.slice(0, 2) ? navigator.language : said;
const hours = new Intl.DateTimeFormat(own, {dateStyle: "medium", timeStyle: "medium"});
for (const time of document.querySelectorAll("time")) {
  time.title = `${time.textContent} UTC`;
  time.textContent = hours.format(new Date(time.dateTime));
}

// Menus that do not fit begin where the reader is; tables that do not fit stack their cells, each with its column's name.
for (const here of document.querySelectorAll("nav li [aria-current]")) {
  const list = here.closest("ul");
  list.scrollLeft = here.offsetLeft - (list.clientWidth - here.offsetWidth) / 2;
}
for (const table of document.querySelectorAll(".scroll table")) {
  const names = [...table.querySelectorAll("th")].map((head) => head.textContent);
  for (const row of table.tBodies[0].rows) [...row.cells].forEach((cell, at) => { cell.dataset.label = names[at]; });
  table.classList.add("stacked");
}

// Copying.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  });
}

// A veil is lifted where it is; without a script the page of the asset does it.
for (const form of document.querySelectorAll("form[data-unveil]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    body.set("plain", "yes");
    const answer = await fetch(form.action, {method: "POST", body}).catch(() => null);
    if (!answer?.ok || answer.redirected) { form.submit(); return; }
    const shown = document.createElement({Image: "img", Video: "video"}[form.dataset.unveil] || "audio");
    shown.src = await answer.text();
    shown.alt = form.dataset.name;
    shown.controls = true;
    // Who came by keyboard goes on from here.
    shown.tabIndex = -1;
    form.parentElement.replaceChildren(shown);
    shown.focus();
  });
}

// What cannot be undone asks once more.
for (const form of document.querySelectorAll("form[data-ask]")) {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.ask)) event.preventDefault(); });
}

// A page that waits for news asks for it, and is loaded again when there is some.
const live = document.querySelector("[data-live]");
const look = async () => {
  try {
    const answer = await fetch(live.dataset.live, {cache: "no-store"});
    if (answer.ok && (await answer.text()) !== live.dataset.state) { location.reload(); return; }
  } catch { /* away for a moment */ }
  setTimeout(look, document.hidden ? 5000 : 700);
};
if (live) setTimeout(look, 700);

// Passkeys: what the authenticator says goes into the form.
const passkey = document.querySelector("form[data-passkey]");
const put = (name, value) => { passkey.elements[`passkey_${name}`].value = text(value); };
const create = async (set) => {
  const name = passkey.elements.name.value.trim();
  if (!name) { passkey.elements.name.focus(); return false; }
  const made = await navigator.credentials.create({publicKey: {
    challenge: bytes(set.challenge), rp: {name: "stagedoor", id: set.host}, attestation: "none",
    user: {id: bytes(set.user), name, displayName: name},
    pubKeyCredParams: [{type: "public-key", alg: -7}, {type: "public-key", alg: -8}, {type: "public-key", alg: -257}],
    authenticatorSelection: {residentKey: "required", userVerification: "required"},
  }});
  put("id", made.rawId);
  put("client", made.response.clientDataJSON);
  put("data", made.response.getAuthenticatorData());
  put("proof", made.response.getPublicKey());
  return true;
};
const use = async (set) => {
  const got = await navigator.credentials.get({publicKey: {
    challenge: bytes(set.challenge), rpId: set.host, userVerification: "required",
  }});
  put("id", got.rawId);
  put("client", got.response.clientDataJSON);
  put("data", got.response.authenticatorData);
  put("proof", got.response.signature);
  return true;
};
// A passkey belongs to a name, never to an address.
if (passkey && window.PublicKeyCredential && isSecureContext && !/^[\d.]+$|^\[/.test(passkey.dataset.host)) {
  const button = passkey.querySelector("button[data-use-passkey]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      const ready = await (passkey.dataset.passkey === "create" ? create : use)(passkey.dataset);
      if (ready) passkey.submit();
    } catch (error) {
      if (error.name !== "NotAllowedError") passkey.querySelector("[role=status]").textContent = error.message;
    }
  });
}
