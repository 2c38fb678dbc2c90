"""The first look at a memory that is too large to be compared with a question as a whole.

views       such memories of one process: kept beside the store, brought up to each state, made anew in doubt
kept        what is kept of one: codes, words, order, dates, a sample
entries     which entry of it is which memory, told by the few that changed
kept_order  the order of writing
dates       when memories happened and what times they tell, sorted
sample      memories that stand for all
large_view  one state of such a memory
found       the few that may be looked at: by codes, by rare words, by time, their neighbours
local_view  these few with the sample: a small memory of their own, to which recall's formulas are applied
look        all of this in a row
healing     a file of it that was damaged is dropped, and the verb that met it carried out once more
"""
