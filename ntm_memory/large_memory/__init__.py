"""The first look at a memory that is too large to be compared with a question as a whole.

kept        codes and words of what there is, carried from one state of memory to the next
large_view  such a memory with what is derived from it once: means, a sample that stands for all
dates       when memories happened and what times they tell, sorted
found       the few that may be looked at: by codes, by rare words, by time, their neighbours
local_view  these few with the sample: a small memory of their own, to which recall's formulas are applied
look        all of this in a row
"""
