// Requests, responses and errors as parts of a page. Whatever a service says becomes text, never markup.

export function element(name, settings = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(settings)) {
    if (key === "class") node.className = value;
    else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const TOKENS = {
  json: /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g,
  xml: /(<[^>]+>)/g,
};
const LONGEST = 100000; // characters that are coloured: more only makes the page slow

function tokenKind(language, match) {
  if (language === "xml") return "key";
  return match[1] ? (match[2] ? "key" : "string") : match[3] ? "number" : "word";
}

// The text in a code element, its tokens in spans.
export function coloured(code, text, language) {
  code.replaceChildren();
  if (!TOKENS[language] || text.length > LONGEST) {
    code.textContent = text;
    return code;
  }
  let place = 0;
  for (const match of text.matchAll(TOKENS[language])) {
    const token = language === "json" && match[2] ? match[1] : match[0];
    code.append(text.slice(place, match.index), element("span", { class: `t-${tokenKind(language, match)}` }, token));
    place = match.index + token.length;
  }
  code.append(text.slice(place));
  return code;
}

export const headersText = (headers) => headers.map(([name, value]) => `${name}: ${value}`).join("\n");

export function requestText(request) {
  const head = [`${request.method} ${request.url}`, headersText(request.headers)].filter(Boolean).join("\n");
  return request.body ? `${head}\n\n${request.body}` : head;
}

function block(label, text, language = "") {
  const code = coloured(element("code"), text, language);
  const box = element("div", { class: "code" }, element("pre", { tabindex: "0", role: "region", "aria-label": label }, code));
  if (navigator.clipboard) {
    const button = element("button", { type: "button", class: "copy" }, "Copy", element("span", { class: "unseen" }, ` ${label}`));
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      button.firstChild.data = "Copied";
      setTimeout(() => { button.firstChild.data = "Copy"; }, 1500);
    });
    box.append(button);
  }
  return box;
}

function pane(label, text, language, problem = "") {
  return element("div", { class: "pane" }, element("h5", {}, label),
    text ? block(label, text, language) : element("p", { class: "none" }, problem || "No value"));
}

function folded(label, text) {
  return element("details", { class: "more" }, element("summary", {}, label), block(label, text));
}

function fileOf(file) {
  const size = `${file.size.toLocaleString("en")} bytes of ${file.type}`;
  const box = element("p", {}, `${size}. `);
  if (!file.content) return box;
  const bytes = Uint8Array.from(atob(file.content), (character) => character.charCodeAt(0));
  const link = element("a", { download: "response" }, "Save");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  box.append(link);
  return box;
}

const tone = (status) => (status < 300 ? "good" : status < 400 ? "" : "bad");

function statusLine(shown, milliseconds) {
  const time = milliseconds === undefined ? null : element("span", { class: "quiet" }, `${milliseconds} ms`);
  const type = shown.media_type ? element("span", { class: "quiet" }, shown.media_type) : null;
  const status = element("strong", { class: `status ${tone(shown.status)}` }, `${shown.status} ${shown.reason}`);
  return element("p", { class: "status-line" }, status, type, time);
}

function details(shown) {
  return [
    shown.deviations?.length
      ? element("details", { class: "more", open: "" },
        element("summary", {}, `Differs from the document in ${shown.deviations.length} places`),
        element("ul", {}, ...shown.deviations.map((text) => element("li", {}, text))))
      : null,
    shown.headers?.length ? folded("Header fields", headersText(shown.headers)) : null,
    shown.raw ? folded("As received", shown.raw) : null,
  ];
}

function sides(shown) {
  if (shown.json === undefined) return null;
  return element("div", { class: "sides" }, pane("JSON", shown.json, "json"), pane("XML", shown.xml, "xml", shown.xml_problem));
}

const SENT = {
  no: "Nothing was sent.",
  unknown: "It may have been carried out: look for its effect before you send it again.",
  yes: "",
};

export function responseOf(reply) {
  const shown = reply.response;
  return [
    statusLine(shown, reply.milliseconds),
    shown.file ? fileOf(shown.file) : sides(shown),
    ...details(shown),
  ];
}

export function errorOf(reply, homeless = []) {
  const shown = reply.error;
  if (shown.problems && !homeless.length) {
    return [element("p", { class: "problem", "data-refused": "" }, `${shown.message}, beside the fields.`)];
  }
  const code = shown.code ? element("span", { class: "quiet" }, ` code ${shown.code}`) : null;
  const note = shown.status ? "" : SENT[shown.sent] ?? "";
  return [
    shown.status ? statusLine(shown, reply.milliseconds) : null,
    element("div", { class: "problem" },
      element("p", {}, element("strong", {}, shown.kind), code),
      element("p", { class: "message" }, shown.message),
      note && shown.kind !== "InvalidArguments" ? element("p", {}, note) : null,
      homeless.length ? element("ul", {}, ...homeless.map((each) => element("li", {}, `${each.place}: ${each.message}`))) : null),
    sides(shown),
    ...details(shown),
  ];
}
