// Reads {name: blocks} and writes {name: html}.
const { createElement } = require("react");
const { renderToStaticMarkup } = require("react-dom/server");
const { Message } = require("slack-blocks-to-jsx");

const views = JSON.parse(require("fs").readFileSync(0, "utf8"));
const drawn = Object.entries(views).map(([name, blocks]) => [
  name,
  renderToStaticMarkup(
    createElement(Message, { blocks, logo: "", name, theme: "light", withoutWrapper: true }),
  ),
]);
process.stdout.write(JSON.stringify(Object.fromEntries(drawn)));
