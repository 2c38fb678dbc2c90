"""Programs that look for what nobody thought of: kills, power cuts, interleavings, full disks, broken input.

Each program has a short form that the tests run and a long form, `python -m bench.faults NAME`; each can be pointed at
a version that is broken on purpose (its control), at which it must fail. What a pass does not prove stands at the top
of each module.
"""
