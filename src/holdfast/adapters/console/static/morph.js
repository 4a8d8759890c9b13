// Makes an element's content like some HTML, touching only what differs: focus, selection and open details stay.

export function morph(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  matchChildren(element, template.content);
}

function matchChildren(element, wanted) {
  const byId = new Map();
  for (const child of element.children) if (child.id) byId.set(child.id, child);
  let at = element.firstChild;
  for (const next of [...wanted.childNodes]) {
    const known = next.id ? byId.get(next.id) : undefined;
    if (known) {
      byId.delete(next.id);
      if (known === at) at = at.nextSibling;
      else element.insertBefore(known, at);
      matchNode(known, next);
    } else if (at && !at.id && !next.id && isAlike(at, next)) {
      const here = at;
      at = at.nextSibling;
      matchNode(here, next);
    } else {
      element.insertBefore(next, at);
    }
  }
  while (at) {
    const after = at.nextSibling;
    at.remove();
    at = after;
  }
}

function isAlike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName;
}

function matchNode(node, wanted) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.data !== wanted.data) node.data = wanted.data;
    return;
  }
  if (!isAlike(node, wanted)) {
    node.replaceWith(wanted);
    return;
  }
  for (const { name } of [...node.attributes]) {
    const ours = name === "open" && node.nodeName === "DETAILS";
    if (!ours && !wanted.hasAttribute(name)) node.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  matchChildren(node, wanted);
}
