// Nothing typed is lost: drafts, their copy in this browser, the active time, a submission that can wait.
attune.onSheet((sheet, { on, find, alter, form, words, signal }) => {
  const fields = form.elements;
  const bar = find("[data-saved]");
  const notice = find("[data-notice]");
  const copy = `draft.${words.id}`;
  const cookie = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  const [QUIET, AGAIN, IDLE] = [400, 3000, 60000]; // milliseconds

  let revision = Number(fields.revision.value);
  let changed, underway, outrun, sent;
  let timer, retry, newest, submitter;

  // One word in the bar; a sentence has a line of its own.
  function tell(state, word, sentence = "") {
    bar.dataset.saved = state;
    bar.textContent = word;
    notice.hidden = !sentence;
    notice.querySelector("span").textContent = sentence;
    notice.querySelector("div").hidden = !outrun;
  }

  function soon(delay) {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  }

  function answers() {
    const data = new URLSearchParams(new FormData(form));
    data.delete("csrfmiddlewaretoken");
    return data;
  }

  // After signing in again in another tab, the cookie's token is the fresher one.
  async function post(keepalive) {
    const mine = ++revision;
    fields.revision.value = String(mine);
    const headers = { Accept: "application/json", "X-CSRFToken": cookie() ?? fields.csrfmiddlewaretoken.value };
    await settle(await fetch(words.draft, { method: "POST", body: answers(), keepalive, headers }), mine);
  }

  async function save() {
    clearTimeout(timer);
    if (!changed || outrun || underway || sent || signal.aborted) return;
    changed = false;
    underway = true;
    tell("saving", words.wSaving);
    try {
      await post(false);
    } catch {
      again();
    }
    underway = false;
    if (changed && bar.dataset.saved !== "unsaved") soon(QUIET);
  }

  async function settle(answer, mine) {
    if (signal.aborted) return;
    if ([409, 410].includes(answer.status)) return choose(await answer.json(), mine);
    if (answer.status === 403 || answer.redirected) return again(words.wSignedOut);
    if (!answer.ok) return again();
    revision = Math.max(revision, (await answer.json()).revision);
    if (changed) return;
    attune.forget(copy);
    tell("saved", words.wSaved);
  }

  function again(sentence) {
    changed = true;
    if (signal.aborted) return;
    tell("unsaved", words.wUnsaved, sentence);
    soon(AGAIN);
  }

  // A newer revision from elsewhere: the person says which one stays.
  function choose(newer, mine) {
    if (newer.revision > mine && newer.revision <= revision) return; // our own next one was faster
    outrun = changed = true;
    newest = newer.revision;
    find("[data-keep]").hidden = !newest;
    tell("unsaved", words.wNotSaved, newer.detail ?? words.wNewer);
  }
  on(find("[data-load]"), "click", () => {
    changed = false;
    attune.forget(copy);
    location.reload();
  });
  on(find("[data-keep]"), "click", () => {
    revision = newest;
    outrun = false;
    save();
  });

  function note({ target }) {
    if (!target.name) return;
    changed = true;
    attune.remember(copy, JSON.stringify([revision + 1, String(answers())]));
    if (bar.dataset.saved === "saved") tell("saving", words.wSaving);
    soon(QUIET);
  }
  on(form, "input change", note);

  // Leaving takes along what is not sent yet; beforeunload comes before the next page is asked for.
  function flush() {
    if (!changed || outrun || sent) return;
    changed = false;
    post(true).catch(() => again());
  }
  on(window, "beforeunload pagehide", flush);
  on(document, "visibilitychange", () => document.hidden && flush());

  // The copy here is newer than the server's draft when the last words never arrived.
  function restore() {
    const [newer, text] = JSON.parse(attune.recall(copy, "[0]"));
    if (newer <= revision) return attune.forget(copy);
    const data = new URLSearchParams(text);
    sheet.attune.grow?.(data);
    for (const field of fields) {
      if (["radio", "checkbox"].includes(field.type)) field.checked = data.getAll(field.name).includes(field.value);
      else if (data.has(field.name)) field.value = data.get(field.name);
    }
    changed = true;
    alter(fields.revision);
    sheet.attune.show?.();
  }
  restore();

  // Active: the page is visible and something was done within the last minute.
  let seconds = Number(fields.seconds.value);
  let stirred = Date.now();
  on(document, "keydown pointerdown pointermove wheel touchmove", () => { stirred = Date.now(); });
  function tick() {
    if (!document.hidden && Date.now() - stirred < IDLE) fields.seconds.value = seconds++;
    const shown = fields.seconds.value;
    find("[data-clock]").textContent = `${Math.floor(shown / 60)}:${String(shown % 60).padStart(2, "0")}`;
  }
  const clock = setInterval(tick, 1000);
  tick();

  // Submitted once; while the server is out of reach the sheet stays, and goes as soon as it can.
  function hold(sentence) {
    sent = false;
    changed = true;
    tell("unsaved", words.wUnsaved, sentence);
    retry = setTimeout(send, AGAIN);
  }
  function send() {
    if (!sent && !signal.aborted) form.requestSubmit(submitter);
  }

  on(form, "submit", (event) => { submitter = event.submitter; });
  on(form, "htmx:configRequest", ({ detail }) => {
    if (cookie()) detail.formData.set("csrfmiddlewaretoken", cookie());
  });
  function stop() {
    clearTimeout(timer);
    clearTimeout(retry);
  }
  on(form, "htmx:beforeRequest", () => {
    sent = true;
    stop();
    tell("saving", words.wSending);
  });
  on(form, "htmx:sendError", () => hold(words.wHeld));
  on(form, "htmx:responseError", ({ detail: { xhr } }) => {
    if (xhr.status >= 500 || xhr.status === 429) return hold(words.wHeld);
    sent = false;
    tell("unsaved", words.wNotSaved, words.wRefused);
  });
  // Only the way to the sign-in page leads elsewhere; it must not take the sheet's place.
  on(form, "htmx:beforeOnLoad", (event) => {
    const { status, responseURL } = event.detail.xhr;
    if (responseURL !== form.action) {
      event.preventDefault();
      hold(words.wSignedOut);
    } else if (status < 400) attune.forget(copy);
  });
  on(window, "online", () => (retry ? send() : save()));
  signal.addEventListener("abort", () => {
    clearInterval(clock);
    stop();
  });
});
