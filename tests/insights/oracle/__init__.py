"""What the first metrics must say about the two real sets, written from the definitions alone.

`definitions.md` beside this file gives the reading of each definition; nothing here knows the product's code.
Load a set with `maven.load(folder)` or `adventure_works.load(folder)`, ask `metrics.expected(facts, name, ...)`.
"""
