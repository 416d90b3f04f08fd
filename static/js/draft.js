// Nothing typed is lost: drafts, their copy in this browser, the active time, a submission that can wait.
attune.onSheet((sheet, { on, find, alter, form, words, signal }) => {
  const fields = form.elements;
  const bar = find("[data-saved]");
  const notice = find("[data-notice]");
  const [load, device, keep] = notice.querySelectorAll("button");
  const copy = `draft.${words.id}`;
  // The cookie's is fresher after signing in again.
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? fields.csrfmiddlewaretoken.value;
  const [QUIET, AGAIN, IDLE] = [400, 3000, 60000];

  let revision = +fields.revision.value;
  let base = revision;
  let changed, underway, outrun, sent, timer, retry, newest, submitter, other;

  function tell(state, word, sentence = "") {
    bar.dataset.saved = state;
    bar.textContent = word;
    notice.hidden = !sentence;
    notice.firstChild.textContent = sentence;
    notice.lastChild.hidden = !outrun;
    [load.hidden, device.hidden] = [other, !other];
  }

  function soon(delay) {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  }

  function answers(...but) {
    const data = new URLSearchParams(new FormData(form));
    for (const name of ["csrfmiddlewaretoken", ...but]) data.delete(name);
    return data;
  }
  const said = () => `${answers("revision", "seconds")}`;

  async function post(leaving) {
    const mine = ++revision;
    fields.revision.value = mine;
    const headers = { "X-CSRFToken": token() };
    const answer = await fetch(words.draft, { method: "POST", body: answers(), keepalive: leaving, headers }).catch(() => ({}));
    if (signal.aborted) return;
    const { status, redirected, ok } = answer;
    if (status === 403 || redirected) return again(words.wSignedOut);
    if (![200, 409, 410].includes(status)) return again();
    const { revision: newer, detail } = await answer.json();
    if (!ok) return newer > mine && newer <= revision || ask(detail, newer);
    base = newer;
    revision = Math.max(revision, base);
    if (changed) return;
    if (!leaving) attune.forget(copy); // the next page may be older
    tell("saved", words.wSaved);
  }

  async function save() {
    clearTimeout(timer);
    if (!changed || outrun || underway || sent || signal.aborted) return;
    changed = false;
    underway = true;
    tell("saving", words.wSaving);
    await post();
    underway = false;
    if (changed && bar.dataset.saved !== "unsaved") soon(QUIET);
  }

  function again(sentence) {
    changed = true;
    if (signal.aborted) return;
    tell("unsaved", words.wUnsaved, sentence);
    soon(AGAIN);
  }

  // Neither of two drafts gives way by itself.
  function ask(sentence, from) {
    outrun = changed = true;
    newest = from;
    keep.hidden = !from && !other;
    tell("unsaved", words.wNotSaved, sentence);
  }
  on(load, "click", () => {
    changed = false;
    location.reload();
  });
  on(device, "click", () => {
    [other] = [said(), fill(other)];
    device.ariaPressed = device.ariaPressed !== "true";
  });
  on(keep, "click", () => {
    revision = newest;
    outrun = other = false;
    save();
  });

  on(form, "input change", ({ target }) => {
    if (!target.name) return;
    changed = true;
    if (!other) attune.remember(copy, JSON.stringify([base, said(), revision, Date.now(), fields.seconds.value]));
    if (bar.dataset.saved === "saved") tell("saving", words.wSaving);
    soon(QUIET);
  });

  function flush(leaving) {
    if (!changed || outrun || sent) return;
    changed = false;
    post(leaving);
  }
  on(window, "beforeunload pagehide", flush);
  on(document, "visibilitychange", () => document.hidden && flush());

  function fill(text) {
    const data = new URLSearchParams(text);
    sheet.attune.grow?.(data);
    for (const field of fields) {
      if (!field.name) continue;
      if (/radio|checkbox/.test(field.type)) field.checked = data.getAll(field.name).includes(field.value);
      else if (data.has(field.name)) field.value = data.get(field.name);
    }
    alter(fields.revision);
    sheet.attune.show?.();
  }

  // The copy goes on where it was, unless others came meanwhile.
  const [from, text, used, at, spent] = JSON.parse(attune.recall(copy, "[]"));
  if (!text || text === said()) attune.forget(copy);
  else if (from === base) {
    revision = used + 1;
    fields.seconds.value = spent;
    fill(text);
  } else {
    other = text;
    ask(attune.fill(words.wOther, { time: `${new Date(at)}`.slice(16, 21) }), base);
  }

  // Active: visible, and stirred within a minute.
  let seconds = +fields.seconds.value;
  let stirred = Date.now();
  on(document, "keydown pointerdown pointermove wheel touchmove", () => { stirred = Date.now(); });
  function tick() {
    if (!document.hidden && Date.now() - stirred < IDLE) {
      fields.seconds.value = seconds++;
      if (seconds % words.beat === 0) alter(fields.seconds); // a reader holds it, too
    }
    const shown = fields.seconds.value;
    find("[data-clock]").textContent = `${shown / 60 | 0}:${String(shown % 60).padStart(2, "0")}`;
  }
  const clock = setInterval(tick, 1000);
  tick();

  // What cannot be sent stays, and goes as soon as it can.
  function hold(sentence) {
    sent = false;
    again(sentence);
    stop();
    retry = setTimeout(send, AGAIN);
  }
  function send() {
    if (!sent && !signal.aborted) form.requestSubmit(submitter);
  }

  on(form, "submit", (event) => { submitter = event.submitter; });
  on(sheet, "htmx:configRequest", ({ detail }) => detail.formData.set("csrfmiddlewaretoken", token()));
  const stop = () => [timer, retry].forEach(clearTimeout);
  on(form, "htmx:beforeRequest", () => {
    sent = true;
    stop();
    tell("saving", words.wSending);
  });
  // A flag stays in its dialog.
  function fail(what, sentence) {
    if (what === form) hold(sentence);
    else what.querySelector(".error").hidden = false;
  }
  on(sheet, "htmx:sendError htmx:responseError", ({ target, detail: { xhr: { status } } }) => {
    if (target !== form || !status || status >= 500 || status === 429) return fail(target, words.wHeld);
    sent = false;
    if (status === 409) return post();
    tell("unsaved", words.wNotSaved, words.wRefused);
  });
  // Only the sign-in page answers from elsewhere.
  on(sheet, "htmx:beforeOnLoad", (event) => {
    const { target, detail: { xhr: { status, responseURL } } } = event;
    if (responseURL !== target.action) {
      event.preventDefault();
      fail(target, words.wSignedOut);
    } else if (target === form && status < 400) attune.forget(copy);
  });
  on(window, "online", () => retry ? send() : save());
  signal.addEventListener("abort", () => {
    clearInterval(clock);
    stop();
  });
});
