"""Chains of reads over the store: a Memory-Network layer on top of recall (Sukhbaatar et al. 2015).

lookups      texts, names, words, links and cosines of memories, each fetched once in a question
hop_features    what each hop can go by: features of the candidates of one read
hops         the chain: u ← H·u + o along a beam of paths, forward and backward
reasons      what joins one memory of a path to the next, in words
linking      links between memories: told, and found by one hop
parameters   what the features weigh, as learned
fit          how that is learned
"""
