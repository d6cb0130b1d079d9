// The fields of a form: what they hold, as a tree; what they are filled with; what is wrong with them.

let count = 0;

const controlOf = (field) => field.querySelector("[data-control]");
const membersOf = (box) => [...box.querySelectorAll("[data-field]")]
  .filter((field) => field.parentElement.closest("[data-field]") === (box.matches("[data-field]") ? box : null));
const partOf = (list, name) => list.querySelector(`:scope > [data-inside] > ${name}`);
const itemsOf = (list) => [...partOf(list, "[data-items]").children];
const wholeOf = (field) => field.querySelector(":scope > [data-whole]:not([hidden])"); // written as JSON
const fieldOf = (item) => item.querySelector("[data-field]");

// Names the parts of fields for one another: labels, descriptions, errors.
export function prepare(box) {
  for (const field of box.querySelectorAll("[data-field]")) {
    if (field.dataset.ready) continue;
    field.dataset.ready = "yes";
    const id = `field-${count += 1}`;
    const control = ["object", "array"].includes(field.dataset.kind) ? field : controlOf(field);
    const texts = [field.querySelector(":scope > [data-hint]"), field.querySelector(":scope > [data-error]")];
    const ids = texts.filter(Boolean).map((text, index) => (text.id = `${id}-${index}`));
    control.setAttribute("aria-describedby", ids.join(" "));
    if (control === field) continue;
    control.id = id;
    field.querySelector(":scope > label").htmlFor = id;
    if (field.querySelector(":scope > label .need")) control.setAttribute("aria-required", "true");
    const list = field.querySelector("[data-list]");
    if (list) {
      list.id = `${id}-list`;
      control.setAttribute("list", list.id);
    }
  }
}

// The tree of a form: texts, with the number of each file; `places` maps the path of each field to it.
export function read(form) {
  const files = [], places = new Map();

  function valueOf(field, path) {
    places.set(JSON.stringify(path), field);
    const kind = field.dataset.kind, whole = wholeOf(field);
    if (whole) return whole.value;
    if (kind === "object") return treeOf(membersOf(field), path);
    if (kind === "array") return itemsOf(field).map((item, index) => valueOf(fieldOf(item), [...path, index]));
    const control = controlOf(field);
    if (kind !== "file") return control.value;
    return control.files.length ? { file: files.push(control.files[0]) - 1 } : "";
  }

  function treeOf(fields, path) {
    return Object.fromEntries(fields.map((field) => [field.dataset.name, valueOf(field, [...path, field.dataset.name])]));
  }

  return { tree: treeOf(membersOf(form), []), files, places };
}

export function addItem(list) {
  const item = partOf(list, "template").content.firstElementChild.cloneNode(true);
  partOf(list, "[data-items]").append(item);
  prepare(item);
  return item;
}

// Fills fields with plain data: JSON as it is.
export function fill(form, data) {
  const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

  function put(field, value) {
    const kind = field.dataset.kind, control = controlOf(field);
    if (value === undefined || (value === null && kind !== "json")) return;
    const folded = field.parentElement.closest("details.later");
    if (folded) folded.open = true;
    if (wholeOf(field)) wholeOf(field).value = JSON.stringify(value, null, 2);
    else if (kind === "object") putAll(membersOf(field), value);
    else if (kind === "array") {
      partOf(field, "[data-items]").replaceChildren();
      for (const item of Array.isArray(value) ? value : []) put(fieldOf(addItem(field)), item);
    } else if (kind === "enum") {
      const option = [...control.options].find((each) => each.value !== "" && each.text === asText(value));
      if (option) control.value = option.value;
    } else if (kind === "date-time") {
      const moment = new Date(value);
      if (!Number.isNaN(moment.getTime())) {
        moment.setMinutes(moment.getMinutes() - moment.getTimezoneOffset());
        control.value = moment.toISOString().slice(0, 19);
      }
    } else if (kind === "json") control.value = JSON.stringify(value, null, 2);
    else if (kind !== "file") control.value = asText(value);
  }

  function putAll(fields, values) {
    for (const field of fields) put(field, Object(values)[field.dataset.name]);
  }

  putAll(membersOf(form), data);
}

// Switches a field with others inside to JSON, beginning with a text, or back to these fields, filled from it.
export function writeAsJson(form, field, isJson, text) {
  const whole = field.querySelector(":scope > [data-whole]"), button = field.querySelector(":scope > .way > [data-way]");
  if (isJson) whole.value = text;
  else {
    let value;
    try { value = JSON.parse(whole.value); } catch { /* it stays as it was */ }
    whole.hidden = true;
    if (value !== undefined) {
      for (const list of field.querySelectorAll("[data-items]")) list.replaceChildren();
      for (const control of field.querySelectorAll("[data-control]")) control.value = "";
      fill(form, { [field.dataset.name]: value });
    }
  }
  whole.hidden = !isJson;
  field.querySelector(":scope > [data-inside]").hidden = isJson;
  button.setAttribute("aria-pressed", String(isJson));
}

// Problems

const errorOf = (field) => field.querySelector(":scope > [data-error]");
const marked = (field) => wholeOf(field) ?? (["object", "array"].includes(field.dataset.kind) ? field : controlOf(field));

export function clearProblems(form) {
  for (const field of form.querySelectorAll("[data-field]")) {
    errorOf(field).hidden = true;
    marked(field).removeAttribute("aria-invalid");
  }
}

// Shows each problem beside the field that it belongs to, or the nearest around it; returns those that have none.
export function showProblems(form, places, problems) {
  const homeless = [];
  let first = null;
  clearProblems(form);
  for (const problem of problems) {
    let path = problem.path, field = places.get(JSON.stringify(path));
    while (!field && path.length) {
      path = path.slice(0, -1);
      field = places.get(JSON.stringify(path));
    }
    if (!field) {
      homeless.push(problem);
      continue;
    }
    const error = errorOf(field), inside = problem.path.slice(path.length);
    const text = inside.length ? `${problem.place}: ${problem.message}` : problem.message;
    error.textContent = error.hidden ? text : `${error.textContent}; ${text}`;
    error.hidden = false;
    marked(field).setAttribute("aria-invalid", "true");
    for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (!first || (first.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_PRECEDING)) first = field;
  }
  return { homeless, first: first && (wholeOf(first) ?? controlOf(first) ?? first) };
}
