"""The first look: a question in, read heads' attention over memories out.

encoder, corpus      words to keys; the memories of a namespace, now or as they were
bm25, centring       likeness by words; by key, once the mean is taken away
sequence, view       the order of writing; the memory matrix and what is derived from it once
question_cues, time_match   what kind of memory a question looks for, its names and times in the memories
candidates           which few of all memories are looked at
features             what there is to say about each of them
controller           what it hears of a question, and what it says to each read head
read_heads           content → gate → shift → sharpen over the candidates, and the mix of the heads
confidence           how sure it is that the answer is there at all
first_look, fusion   all of this in a row; several questions' readings as one
parameters, fit      what is learned, and how
"""
