"""Read heads over the store: a question in, attention over memories out.

words, keywords      index words of any script; BM25 over the memories that hold them
centre               cosines between a question and every key, after the mean is taken away
sequence, view       the order of writing; the memory matrix and what is derived from it once
intent, dates, named, parts, question   what a question asks for: a place, a time, a name, several things
candidates           which few of all memories are looked at
evidence             what there is to say about each of them
heads                content → gate → shift → sharpen over the candidates, and the controller that mixes the heads
confidence           how sure it is that the answer is there at all
reader               all of this in a row
parameters, learn    what is learned, and how
usage                who is archived when memory is full
"""
