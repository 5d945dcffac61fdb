// The few sentences that scripts say, in the page's language (templates/_layout/document.html).
const known = JSON.parse(document.querySelector('meta[name="texts"]')?.content || "{}");

export function text(name, values = {}) {
  return (known[name] || name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}
