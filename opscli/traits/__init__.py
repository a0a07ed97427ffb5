"""The facts about each customer: definitions → one fused SQL pass per entity, at any as_of.

`traits.py` reads a traits file, `resolve.py` types and orders the traits of a whole project, `compile.py` prints them.
Counts and sums of nothing are 0; every other trait without data is NULL, which a condition reads as unknown.
"""
