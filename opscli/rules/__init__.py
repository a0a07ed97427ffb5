"""The condition language: one way to write a condition or a calculation, wherever config may hold one.

    revenue_365d >= 5000 and country in ('GB', 'DE') and not has_tag('churned')

`language.parse(text, names)` → `tree.Expression`, a small frozen typed tree, or `RuleInvalid` with the offset of the
trouble. `sql.render(expression, target)` prints it for an engine, `words.describe(expression, locale)` in English or
Chinese; `explain.leaves(expression)` lists what must be looked up to see why it holds. `aggregate.read(mapping)` reads
`{sum: orders.amount, where: "…", within: 90d}`, the one way to write an aggregate inside a definition.

NULL means "unknown", and unknown is "no" where a condition decides. `/` and `*` give a float; division by zero is NULL;
`like` is case-sensitive and has no escape character; a text literal compared with a time is read as ISO 8601.
Adding a function is one entry in `operators.FUNCTIONS`. sqlglot is seen by `language` only.
"""
