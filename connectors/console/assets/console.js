// The page of a connector as a console: forms, the request as it is typed, the response. The server does all that
// matters; what this script gets is shown as text.
import { addItem, clearProblems, fill, prepare, read, showProblems, writeAsJson } from "./console_form.js";
import { coloured, element, errorOf, requestText, responseOf } from "./console_shown.js";

const meta = (name) => document.querySelector(`meta[name="console-${name}"]`)?.content ?? "";
const token = meta("token"), address = meta("address");
const target = document.querySelector("[data-target]");
const notice = document.querySelector("[data-notice]");
const dialog = document.querySelector("[data-confirm]");
const PREVIEWED = 256 * 1024; // bytes of a file that is sent again with each preview
const PAUSE = 250; // milliseconds without a key before a preview is asked for

async function post(operation, verb, call, files = [], signal = undefined) {
  const body = new FormData();
  body.append("call", JSON.stringify(call));
  files.forEach((file, index) => body.append(`file${index}`, file, file.name));
  try {
    const response = await fetch(`${address}${encodeURIComponent(operation)}/${verb}`, {
      method: "POST", body, signal, headers: { "X-Console-Token": token }, credentials: "same-origin",
    });
    if (response.ok) return await response.json();
    return { error: { kind: `The console answered ${response.status}`, message: (await response.text()).trim(), sent: "no" } };
  } catch (error) {
    if (error.name === "AbortError") return null;
    return { error: { kind: "The console does not answer", message: "Is it still running in the terminal?", sent: "unknown" } };
  }
}

const isReal = () => Boolean(target.selectedOptions[0].dataset.real);

function showTarget() {
  const name = target.selectedOptions[0].text;
  notice.classList.toggle("real", isReal());
  notice.textContent = isReal()
    ? `Calls go to the service itself: ${target.value.startsWith("saved:") ? `with the connection “${name}”` : name}. What changes something is sent once you have confirmed it.`
    : "Calls go to a sandbox on this machine. Nothing leaves it.";
  target.closest("label").classList.toggle("real", isReal());
}

// Asks before something is sent to the service itself; resolves to whether it is to be.
function confirmed(reply) {
  const { target: name, does, destroys } = reply.confirm;
  const where = target.value.startsWith("saved:") ? `, with the connection “${name}”` : "";
  dialog.querySelector("[data-confirm-text]").textContent = `It goes to the service itself${where}. The operation ${does}.`;
  dialog.querySelector("[data-confirm-send]").classList.toggle("danger", destroys);
  dialog.querySelector("[data-confirm-request]").textContent = requestText(reply.request);
  return new Promise((resolve) => {
    let agreed = false;
    dialog.querySelector("[data-confirm-send]").onclick = () => { agreed = true; dialog.close(); };
    dialog.querySelector("[data-confirm-cancel]").onclick = () => dialog.close();
    dialog.onclose = () => resolve(agreed);
    dialog.showModal();
    dialog.querySelector("[data-confirm-cancel]").focus();
  });
}

class Form {
  constructor(operation, panel) {
    this.operation = operation;
    this.form = panel.querySelector("[data-form]");
    this.result = panel.querySelector("[data-result]");
    this.state = panel.querySelector("[data-state]");
    this.preview = panel.querySelector("[data-preview]");
    this.judged = false; // problems are shown once somebody wanted to send
    prepare(this.form);
    this.form.addEventListener("input", () => this.later());
    this.form.addEventListener("change", () => this.later());
    this.form.addEventListener("click", (event) => this.clicked(event));
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.form.addEventListener("reset", () => this.cleared());
    this.update();
  }

  call(extra = {}) {
    const { tree, files, places } = read(this.form);
    const accept = this.form.querySelector("[data-accept]")?.value ?? "";
    const contentType = this.form.querySelector("[data-content-type]")?.value ?? "";
    return { files, places, call: { arguments: tree, target: target.value, accept, contentType, ...extra } };
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.update(), PAUSE);
  }

  async update() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = new AbortController();
    const { call, files, places } = this.call();
    const large = files.filter((file) => file.size > PREVIEWED);
    const sent = files.map((file) => (file.size > PREVIEWED ? new File([], file.name, { type: file.type }) : file));
    const reply = await post(this.operation, "preview", call, sent, this.asking.signal);
    if (!reply) return;
    this.texts = reply.arguments ?? {};
    this.show(reply, places);
    if (large.length && reply.request) {
      this.state.textContent = `Without the content of ${large.map((file) => file.name).join(", ")}, which is sent.`;
      this.state.hidden = false;
    }
  }

  // The request, or why there is none.
  show(reply, places) {
    this.preview.parentElement.parentElement.classList.toggle("stale", !reply.request);
    if (reply.request) {
      coloured(this.preview, requestText(reply.request), "");
      this.state.hidden = true;
      if (this.judged) clearProblems(this.form);
      this.result.querySelector("[data-refused]")?.parentElement.replaceChildren();
      return;
    }
    const problems = reply.error?.problems ?? [];
    this.state.hidden = false;
    this.state.textContent = problems.length
      ? `Not complete: ${problems.map((problem) => `${problem.place.split(".").pop()} ${problem.message}`).slice(0, 3).join(", ")}${problems.length > 3 ? ", …" : ""}`
      : reply.error?.message ?? "";
    if (this.judged) showProblems(this.form, places, problems);
  }

  async send() {
    clearTimeout(this.timer);
    this.judged = true;
    const button = this.form.querySelector("[data-send]");
    button.disabled = true;
    button.textContent = "Sending…";
    this.result.setAttribute("aria-busy", "true");
    try {
      const { call, files, places } = this.call();
      let reply = await post(this.operation, "call", call, files);
      if (reply.confirm) {
        this.show(reply, places);
        if (!(await confirmed(reply))) {
          this.result.replaceChildren(element("p", { class: "none" }, "Not sent."));
          return;
        }
        reply = await post(this.operation, "call", { ...call, confirmed: reply.confirm.mark }, files);
      }
      this.shown(reply, places);
    } finally {
      button.disabled = false;
      button.textContent = "Send";
      this.result.removeAttribute("aria-busy");
    }
  }

  shown(reply, places) {
    if (reply.request || reply.error?.problems) this.show(reply, places);
    if (!reply.error) clearProblems(this.form);
    const problems = showProblems(this.form, places, reply.error?.problems ?? []);
    const parts = reply.error ? errorOf(reply, problems.homeless) : responseOf(reply);
    this.result.replaceChildren(element("h4", {}, "Response"), ...parts.filter(Boolean));
    if (problems.first) problems.first.focus();
  }

  async choose(button) {
    const field = button.closest("[data-field]"), label = field.querySelector("label.listed");
    const select = label.querySelector("select");
    button.disabled = true;
    const { call, files } = this.call({ parameter: button.dataset.choose });
    const empty = files.map((file) => new File([], file.name)); // choices do not depend on what is in files
    let reply = await post(this.operation, "choices", call, empty);
    if (reply.confirm) {
      reply = await confirmed(reply)
        ? await post(this.operation, "choices", { ...call, confirmed: reply.confirm.mark }, empty)
        : { error: { message: "they were not asked for." } };
    }
    button.disabled = false;
    const error = field.querySelector(":scope > [data-error]");
    error.hidden = !reply.error;
    if (reply.error) {
      error.textContent = `The choices cannot be had: ${reply.error.message}`;
      return;
    }
    const options = reply.choices.map(([value, title]) => {
      const option = element("option", {}, title === value ? value : `${title} (${value})`);
      option.value = value;
      return option;
    });
    const more = reply.count > options.length ? `, the first ${options.length} of ${reply.count}` : "";
    select.replaceChildren(element("option", { value: "" }, options.length ? `Choose…${more}` : "There are none"), ...options);
    select.onchange = () => {
      if (!select.value) return;
      field.querySelector("[data-control]").value = select.value;
      this.later();
    };
    label.hidden = false;
    select.focus();
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-add]")) {
      addItem(button.closest("[data-field]")).querySelector("[data-control], [data-add]")?.focus();
      this.later();
    } else if (button.matches("[data-remove]")) {
      const list = button.closest("[data-kind='array']");
      button.closest("li").remove();
      list.querySelector(":scope > [data-inside] > [data-add]").focus();
      this.later();
    } else if (button.matches("[data-way]")) {
      const field = button.closest("[data-field]"), isJson = button.getAttribute("aria-pressed") !== "true";
      writeAsJson(this.form, field, isJson, this.texts?.[field.dataset.name] ?? "");
      this.update();
    } else if (button.matches("[data-choose]")) this.choose(button);
    else if (button.matches("[data-fill]")) {
      fill(this.form, JSON.parse(this.form.dataset.example));
      this.update();
    }
  }

  cleared() {
    this.judged = false;
    clearProblems(this.form);
    for (const list of this.form.querySelectorAll("[data-items]")) list.replaceChildren();
    for (const label of this.form.querySelectorAll("label.listed")) label.hidden = true;
    for (const button of this.form.querySelectorAll("[data-way][aria-pressed='true']")) button.click();
    this.result.replaceChildren();
    setTimeout(() => this.update()); // once the controls are empty
  }
}

const forms = [];

async function open(box) {
  const button = box.querySelector("[data-open]"), panel = box.querySelector(".panel");
  const opens = panel.hidden;
  panel.hidden = !opens;
  button.setAttribute("aria-expanded", String(opens));
  button.firstChild.data = opens ? "Close" : "Try it";
  box.closest(".operation").classList.toggle("trying", opens);
  if (!opens || panel.childElementCount) return;
  const operation = box.dataset.try;
  panel.append(element("p", { class: "none", role: "status" }, "Loading…"));
  let text = "";
  try {
    const response = await fetch(`${address}${encodeURIComponent(operation)}/form`, { credentials: "same-origin" });
    text = await response.text();
    if (!response.ok) throw new Error(text);
  } catch (error) {
    panel.replaceChildren(element("p", { class: "problem" }, `There is no form: ${error.message}`));
    return;
  }
  const parsed = new DOMParser().parseFromString(text, "text/html"); // of the console itself, which escapes every text
  panel.replaceChildren(...parsed.body.childNodes);
  forms.push(new Form(operation, panel));
  panel.querySelector("[data-control]")?.focus({ preventScroll: true });
}

target.value = "sandbox"; // a browser restores what was chosen: a real connection is chosen anew
target.addEventListener("change", () => {
  showTarget();
  for (const form of forms) form.update();
});
showTarget();
for (const box of document.querySelectorAll("[data-try]")) {
  box.querySelector("[data-open]").addEventListener("click", () => open(box));
}
