// Nothing typed is lost: drafts, the active time, and a submission that waits for the network.
attune.onSheet((sheet, signal) => {
  "use strict";
  const words = sheet.dataset;
  const form = sheet.querySelector("form.sheet");
  const fields = form.elements;
  const bar = sheet.querySelector("[data-saved]");
  const on = (target, event, act) => target.addEventListener(event, act, { signal });
  const cookie = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  const QUIET = 400;
  const LONGEST_WAIT = 15000;

  let revision = Number(fields.revision.value);
  let changed = false;
  let underway = false;
  let lost = false;
  let wait = 1000;
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));

  function tell(state, text, ...more) {
    bar.dataset.saved = state;
    bar.replaceChildren(text, ...more);
  }

  function soon(delay) {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  }

  function body() {
    fields.revision.value = String(++revision);
    const data = new URLSearchParams(new FormData(form));
    data.delete("csrfmiddlewaretoken");
    return data;
  }

  // The token in the cookie is the fresher one after signing in again in another tab.
  const post = (keepalive) => fetch(words.draft, {
    method: "POST",
    body: body(),
    keepalive,
    headers: { Accept: "application/json", "X-CSRFToken": cookie() ?? fields.csrfmiddlewaretoken.value },
  });

  async function save() {
    clearTimeout(timer);
    if (!changed || lost || underway || signal.aborted) return;
    changed = false;
    underway = true;
    tell("saving", words.wSaving);
    try {
      settle(await post(false));
    } catch {
      again(words.wUnsaved);
    }
    underway = false;
    if (changed && !timer) soon(QUIET);
  }

  async function settle(answer) {
    if (signal.aborted) return;
    if (answer.ok && !answer.redirected) {
      const draft = await answer.json();
      revision = Math.max(revision, draft.revision);
      wait = 1000;
      if (!changed) tell("saved", words.wSaved);
    } else if (answer.status === 409) {
      outrun(await answer.json());
    } else {
      again(answer.status === 403 || answer.redirected ? words.wSignedOut : words.wUnsaved);
    }
  }

  function again(text) {
    changed = true;
    if (signal.aborted) return;
    tell("unsaved", text);
    soon(wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  // A newer revision from another window is never written over by itself: the person says which one stays.
  function outrun(newer) {
    lost = true;
    changed = true;
    const load = option(words.wLoad, () => location.reload());
    const keep = option(words.wKeep, () => {
      revision = newer.revision ?? revision;
      lost = false;
      save();
    });
    tell("unsaved", newer.detail ?? words.wNewer, newer.revision === undefined ? "" : keep, load);
  }

  function option(text, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", act);
    return button;
  }

  function note() {
    changed = true;
    if (!lost && bar.dataset.saved !== "unsaved") tell("saving", words.wSaving);
    soon(QUIET);
  }

  const counts = (event) => event.target.name && !event.target.closest("dialog") && note();
  on(form, "input", counts);
  on(form, "change", counts);
  on(window, "online", () => { wait = 1000; save(); });

  // Leaving: what the pause has not sent yet goes along, also when a save is still on its way.
  function flush() {
    if (!changed || lost || sent) return;
    changed = false;
    post(true).catch(() => again(words.wUnsaved));
  }
  on(window, "pagehide", flush);
  on(document, "visibilitychange", () => document.visibilityState === "hidden" && flush());

  // Active time: the page is visible and something was done within the last minute.
  const IDLE = 60000;
  let seconds = Number(fields.seconds.value);
  let stirred = Date.now();
  const stir = () => { stirred = Date.now(); };
  for (const event of ["keydown", "pointerdown", "pointermove", "wheel", "touchmove"]) {
    document.addEventListener(event, stir, { signal, passive: true });
  }

  function tick() {
    if (document.visibilityState === "visible" && Date.now() - stirred < IDLE) seconds += 1;
    fields.seconds.value = String(seconds);
    sheet.querySelector("[data-clock]").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
  const clock = setInterval(tick, 1000);
  signal.addEventListener("abort", () => clearInterval(clock));
  seconds -= 1;
  tick();

  // Submitting: once; and when the server is out of reach the sheet stays, and goes as soon as it can.
  let sent = false;
  let button = null;
  let holding = 0;
  signal.addEventListener("abort", () => clearTimeout(holding));

  on(form, "submit", (event) => { button = event.submitter ?? fields.then?.[0] ?? null; });
  on(form, "htmx:configRequest", (event) => {
    if (cookie()) event.detail.parameters.csrfmiddlewaretoken = cookie();
  });
  on(form, "htmx:beforeRequest", () => {
    sent = true;
    clearTimeout(timer);
    clearTimeout(holding);
    tell("saving", words.wSending);
  });

  function hold() {
    sent = false;
    tell("unsaved", words.wHeld);
    attune.say(words.wHeld);
    holding = setTimeout(send, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  function send() {
    if (!signal.aborted && !sent) form.requestSubmit(button);
  }

  on(form, "htmx:sendError", hold);
  on(form, "htmx:timeout", hold);
  on(form, "htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    if (status >= 500 || status === 429) return hold();
    sent = false;
    tell("unsaved", words.wRefused);
    attune.say(words.wRefused);
  });
  on(window, "online", () => { if (holding && !sent) send(); });
});
