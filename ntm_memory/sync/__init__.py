"""The same memory on several machines by a plain folder: a log of changes a device, merged in any order.

Each device writes what changed in its own memory as lines of its own file, and takes in the lines of the others. What a
line tells is a part of a memory's state: values with stamps of a hybrid logical clock (`stamps`). Parts are joined
(`registers`) so that any order, any repetition and any split of them gives the same state; from the state follows what
the memory says (`projection`).
"""
