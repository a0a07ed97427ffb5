"""The condition language: one way to write a condition or a calculation, wherever config may hold one.

    revenue_365d >= 5000 and country in ('GB', 'DE') and not has_tag('churned')

`language.parse(written, scope)` → `tree.Expression`, a small frozen typed tree, or `RuleInvalid` with the offset of the
trouble. A condition is written as a text or in blocks (`sugar`); a `scope.Scope` says which names, parameters, tags and
campaigns there are at a place, and what its rows lack. `sql.render(expression, target)` prints the tree for an engine,
`words.describe(expression, locale)` in English or Chinese, `as_json.to_json` for programs; `explain.judged` is the
tree with the verdict of every clause. `aggregate.read(mapping)` reads `{sum: orders.amount, where: "…", within: 90d}`,
the one way to write an aggregate inside a definition. Users read docs/rules.md.

NULL means "unknown", and unknown is "no" where a condition decides. `/` and `*` give a float; division by zero is NULL;
`like` is case-sensitive and has no escape character; a text literal compared with a time is read as ISO 8601.
Adding a function is one entry in `operators.FUNCTIONS` and its words in the catalogue. sqlglot is seen by `language`
only.
"""
