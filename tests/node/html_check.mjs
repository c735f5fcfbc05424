// Checks HTML files against the standard and for accessibility. Prints what is wrong, a JSON line
// each. Mail programs need what three rules forbid: styles in attributes, attributes in the place of
// styles, and Outlook's comments.
import { HtmlValidate } from "html-validate";

const checker = new HtmlValidate({
  root: true,
  extends: ["html-validate:standard", "html-validate:a11y", "html-validate:document"],
  rules: {
    "no-inline-style": "off",
    "no-deprecated-attr": "off",
    "no-conditional-comment": "off",
    "require-sri": ["error", { target: "crossorigin" }],
  },
});

for (const file of process.argv.slice(2)) {
  const { results } = await checker.validateFile(file);
  for (const { line, message, ruleId } of results.flatMap(({ messages }) => messages)) {
    console.log(JSON.stringify({ file, line, message, rule: ruleId }));
  }
}
